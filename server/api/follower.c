/* A follower: one reader's place in one experiment's log.
 *
 * DESIGN: whether the experiment has ended is asked before the log is read, so the end is told only
 * behind everything else. What waits at the beginning of a catch-up decides how much of it is
 * thinned. What one follower was told is kept as an echo for those at the same place: it is as if
 * they had read in that moment too, so it counts only while the watch's version is that moment's. */
#include "server/api/follower.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/api/present.h"

/* Far behind: more epochs of a run wait than FAR_BEHIND. Then they come as about POINTS_A_RUN
 * buckets, unless all points were asked for. */
enum { FAR_BEHIND = 10000, POINTS_A_RUN = 2000 };

struct follower {
    struct lab *lab;
    struct echo *echo;
    char id[ENGINE_ID_BYTES];
    int n_runs;
    int exact;
    struct watch *watch;
    uint64_t seen; /* the watch's version when the log was last read to its end */
    int is_new;    /* not read yet */
    int is_catching_up; /* the last read ended without room: there are more entries */
    int is_over;
    struct frame_cursor cursor;
    int64_t *waiting; /* [n_runs] epochs a run was far behind with; NULL while none is */
    int64_t *reached; /* [n_runs] the last epoch of an envelope that was sent; NULL while none was */
};

struct follower *follower_create(struct lab *lab, struct echo *echo, const char *id, int n_runs,
                                 int exact, const struct frame_cursor *cursor,
                                 struct error *error)
{
    struct follower *follower = memory_array(1, sizeof *follower, error);
    if (follower == NULL)
        return NULL;
    follower->watch = watch_open(lab_watches(lab), id, error);
    if (follower->watch == NULL) {
        free(follower);
        return NULL;
    }
    follower->lab = lab;
    follower->echo = echo;
    strncpy(follower->id, id, sizeof follower->id - 1);
    follower->n_runs = n_runs;
    follower->exact = exact;
    follower->is_new = 1;
    follower->cursor = *cursor;
    return follower;
}

void follower_destroy(struct follower *follower)
{
    if (follower == NULL)
        return;
    watch_close(lab_watches(follower->lab), follower->watch);
    free(follower->waiting);
    free(follower->reached);
    free(follower);
}

int follower_is_ready(const struct follower *follower)
{
    return !follower->is_over && (follower->is_new || follower->is_catching_up ||
                                  watch_version(follower->watch) != follower->seen);
}

int follower_is_over(const struct follower *follower)
{
    return follower->is_over;
}

struct frame_cursor follower_cursor(const struct follower *follower)
{
    return follower->cursor;
}

/* Where reading goes on: behind the cursor's entry, or at it when it was sent in part. */
static int64_t after(const struct frame_cursor *cursor)
{
    return cursor->n_sent >= FRAME_ALL ? cursor->sequence : cursor->sequence - 1;
}

/* --- thinning --- */

static int note_waiting(void *context, int run, int64_t n_epochs)
{
    struct follower *follower = context;
    if (follower->waiting == NULL)
        follower->waiting = memory_array((size_t)follower->n_runs, sizeof(int64_t), NULL);
    if (follower->waiting != NULL)
        follower->waiting[run] = n_epochs;
    return follower->waiting == NULL; /* without memory every point is sent */
}

static int measure_backlog(struct follower *follower)
{
    if (follower->exact || follower->is_catching_up)
        return 0;
    free(follower->waiting);
    follower->waiting = NULL;
    return engine_each_waiting(lab_engine(follower->lab), follower->id, after(&follower->cursor),
                               FAR_BEHIND, note_waiting, follower, NULL);
}

static int buckets_for(const struct follower *follower, const struct engine_entry *entry)
{
    if (entry->n_buckets > 0)
        return follower->exact ? 0 : POINTS_A_RUN;
    int64_t waiting = follower->waiting == NULL ? 0 : follower->waiting[entry->run];
    if (waiting == 0)
        return 0;
    int64_t n = (int64_t)entry->n * POINTS_A_RUN / waiting;
    return n < 1 ? 1 : n > FRAME_BUCKETS_MAX ? FRAME_BUCKETS_MAX : (int)n;
}

/* --- reading --- */

struct reading {
    struct follower *follower;
    follower_take_fn take;
    void *context;
    struct text frame;
    struct echo_said *said; /* NULL: what is read is not kept */
    int is_full;
    int is_lost; /* the reader's place is no more */
};

/* Hands the printed frame over, or goes back to where the cursor was. */
static int hand_over(struct reading *reading, const struct frame_cursor *before)
{
    int is_taken =
        !reading->frame.failed && reading->take(reading->context, &reading->frame);
    if (!is_taken) {
        reading->follower->cursor = *before;
        reading->is_full = 1;
    } else if (reading->said != NULL) {
        echo_add(reading->said, &reading->frame, &reading->follower->cursor);
    }
    reading->frame.n_bytes = 0;
    return is_taken;
}

/* 1 if the entry tells again, or in other buckets, what the reader has had already. */
static int is_merged_over(const struct engine_entry *entry, const struct frame_cursor *cursor)
{
    if (entry->sequence == cursor->sequence)
        return !frame_is_place(entry, cursor);
    return entry->since <= cursor->sequence;
}

static int64_t last_epoch(const struct engine_entry *entry)
{
    int64_t last = entry->first - 1;
    for (size_t b = 0; b < entry->n_buckets; b++)
        last += entry->buckets[b].n;
    return last;
}

/* Puts the cursor into an envelope that was merged where the reader was: behind the last epoch it
 * was sent. 0 when that is not known, as it came with an older connection. */
static int find_place(struct follower *follower, const struct engine_entry *entry)
{
    int64_t reached = follower->reached != NULL ? follower->reached[entry->run] : 0;
    if (reached < entry->first)
        return 0;
    follower->cursor.sequence = entry->sequence;
    follower->cursor.n_sent = reached < last_epoch(entry) ? reached : FRAME_ALL;
    return 1;
}

static void note_reached(struct follower *follower, int run, int64_t epoch)
{
    if (follower->reached == NULL)
        follower->reached = memory_array((size_t)follower->n_runs, sizeof(int64_t), NULL);
    if (follower->reached != NULL) /* else a merged entry makes the reader begin anew */
        follower->reached[run] = epoch;
}

/* A frame of an envelope was handed over. */
static void envelope_told(struct reading *reading, const struct engine_entry *entry)
{
    int64_t sent = reading->follower->cursor.n_sent;
    int64_t epoch = sent < FRAME_ALL ? sent : last_epoch(entry);
    note_reached(reading->follower, entry->run, epoch);
    if (reading->said != NULL)
        echo_add_reached(reading->said, entry->run, epoch);
}

static int print_entry(void *context, const struct engine_entry *entry)
{
    struct reading *reading = context;
    struct follower *follower = reading->follower;
    struct frame_cursor *cursor = &follower->cursor;
    if (entry->sequence == cursor->sequence && cursor->n_sent >= FRAME_ALL)
        return 0;
    reading->is_lost = is_merged_over(entry, cursor) && !find_place(follower, entry);
    if (reading->is_lost)
        return 1;
    while (cursor->sequence != entry->sequence || cursor->n_sent < FRAME_ALL) {
        struct frame_cursor before = *cursor;
        frame_print_entry(&reading->frame, follower->id, entry, buckets_for(follower, entry),
                          cursor);
        if (!hand_over(reading, &before))
            return 1;
        if (entry->n_buckets > 0)
            envelope_told(reading, entry);
    }
    return 0;
}

static void print_end(struct reading *reading, const char *state)
{
    struct follower *follower = reading->follower;
    struct frame_cursor before = follower->cursor;
    frame_print_end(&reading->frame, follower->id, state, &follower->cursor);
    follower->is_over = hand_over(reading, &before);
}

/* The experiment's state, "deleted" when it is gone, NULL when the engine failed. */
static const char *state_of(const struct follower *follower)
{
    struct engine_experiment record = {0};
    struct error error = ERROR_INIT;
    if (engine_find(lab_engine(follower->lab), follower->id, &record, &error) != 0)
        return error.kind == ERROR_NOT_FOUND ? "deleted" : NULL;
    const char *state = present_state(&record);
    engine_experiment_clear(&record);
    return state;
}

static int read_log(struct reading *reading, uint64_t version)
{
    struct follower *follower = reading->follower;
    const char *state = state_of(follower);
    int is_deleted = state != NULL && strcmp(state, "deleted") == 0;
    if (state == NULL)
        return -1;
    if (!is_deleted && (measure_backlog(follower) != 0 ||
                        engine_read_log(lab_engine(follower->lab), follower->id,
                                        after(&follower->cursor), print_entry, reading, NULL) != 0))
        return -1;
    if (!reading->is_full && !reading->is_lost && (is_deleted || strcmp(state, "done") == 0))
        print_end(reading, state);
    follower->is_catching_up = reading->is_full;
    follower->seen = version;
    return 0;
}

static void name_place(const struct follower *follower, uint64_t version, struct echo_place *place)
{
    memset(place, 0, sizeof *place);
    memcpy(place->id, follower->id, sizeof place->id);
    place->cursor = follower->cursor;
    place->exact = follower->exact;
    place->version = version;
}

/* Tells what another reader was told here. When there is no room for all of it, the rest is read
 * as if the reader had just come. */
static void repeat(struct follower *follower, const struct echo_said *said, follower_take_fn take,
                   void *context)
{
    size_t begin = 0;
    for (int i = 0; i < said->n_frames; i++) {
        struct frame_cursor before = follower->cursor;
        struct text frame = {.bytes = (char *)said->bytes + begin,
                             .n_bytes = said->ends[i] - begin};
        follower->cursor = said->cursors[i];
        if (!take(context, &frame)) {
            follower->cursor = before;
            follower->is_new = 1;
            return;
        }
        if (said->reached[i].epoch > 0)
            note_reached(follower, said->reached[i].run, said->reached[i].epoch);
        begin = said->ends[i];
    }
    follower->is_over = said->is_over;
    follower->seen = said->place.version;
    follower->is_new = 0;
}

/* Reads on in a catch-up, which is this reader's own, or reads what others will ask for too. */
static int read_anew(struct follower *follower, const struct echo_place *place,
                     follower_take_fn take, void *context)
{
    struct reading reading = {.follower = follower, .take = take, .context = context};
    reading.said = follower->is_catching_up ? NULL : echo_begin(follower->echo, place);
    int result = read_log(&reading, place->version);
    if (reading.said != NULL)
        echo_end(reading.said, result == 0 && !reading.is_full && !reading.is_lost,
                 follower->is_over);
    follower->is_new = 0;
    text_clear(&reading.frame);
    return result == 0 && reading.is_lost ? 1 : result;
}

int follower_read(struct follower *follower, follower_take_fn take, void *context)
{
    struct echo_place place;
    if (follower->is_over)
        return 0;
    name_place(follower, watch_version(follower->watch), &place);
    const struct echo_said *said =
        follower->is_catching_up ? NULL : echo_find(follower->echo, &place);
    if (said == NULL)
        return read_anew(follower, &place, take, context);
    repeat(follower, said, take, context);
    return 0;
}

void follower_restart(struct follower *follower)
{
    follower->cursor = (struct frame_cursor){0, FRAME_ALL};
    follower->is_new = 1;
    follower->is_catching_up = 0;
    follower->is_over = 0;
    free(follower->reached);
    follower->reached = NULL;
}

/* --- cursors --- */

struct lookup {
    const struct frame_cursor *cursor;
    int is_found;
};

static int look_up(void *context, const struct engine_entry *entry)
{
    struct lookup *lookup = context;
    const struct frame_cursor *cursor = lookup->cursor;
    lookup->is_found = entry->sequence == cursor->sequence && frame_is_place(entry, cursor);
    return 1;
}

int follower_knows(struct lab *lab, const char *id, const struct frame_cursor *cursor)
{
    struct lookup lookup = {cursor, cursor->sequence == 0 && cursor->n_sent == FRAME_ALL};
    if (cursor->sequence > 0)
        engine_read_log(lab_engine(lab), id, cursor->sequence - 1, look_up, &lookup, NULL);
    return lookup.is_found;
}
