/* A follower: one reader's place in one experiment's log.
 *
 * DESIGN: it is told the log in tellings: what there was when it began to read, in as many turns as
 * it takes, and then what has come meanwhile. Whether the experiment has ended is asked before the
 * log's last entry, and that before the log is read, so the end is told only behind everything
 * else. What waits when a telling begins decides how much of it is thinned, so a reader who cannot
 * keep up is told less. What one follower was told is kept as an echo for those at the same place:
 * it is as if they had read in that moment too. */
#include "server/api/stream/follower.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/api/present.h"

/* Points of a stream: buckets for all its runs together, and of each run at most and at least. A
 * run is thinned when more than FAR_BEHIND epochs for each of its points wait, or when it has more
 * and they come faster than singly: a bucket is then about its share of the run so far. */
enum {
    STREAM_POINTS = 200000,
    RUN_POINTS_MAX = 2000,
    RUN_POINTS_MIN = 200,
    FAR_BEHIND = 5,
    FAST = FRAME_EPOCHS
};

struct follower {
    struct lab *lab;
    struct echo *echo;
    int n_runs;
    struct watch *watch;
    uint64_t seen; /* the watch's version when the log was last read to its end */
    int is_new;    /* not read yet */
    int is_over;
    struct frame_cursor cursor;
    struct echo_telling telling;
    int is_telling;  /* in the middle of it */
    int is_measured; /* the three below are of it; else only echoes were heard of it so far */
    int64_t until;      /* its last entry */
    const char *ending; /* the experiment's state that ends it; NULL: it goes on */
    int n_in_state[RUN_STATES]; /* its runs then, unless it is gone */
    int64_t *waiting;   /* [n_runs] epochs of a run, if they may be too many; NULL: of none */
    int64_t *reached;   /* [n_runs] the last epoch of an envelope that was sent; NULL: none was */
};

int follower_points(int n_runs)
{
    int points = STREAM_POINTS / (n_runs > 0 ? n_runs : 1);
    return points > RUN_POINTS_MAX ? RUN_POINTS_MAX : points < RUN_POINTS_MIN ? RUN_POINTS_MIN
                                                                               : points;
}

struct follower *follower_create(struct lab *lab, struct echo *echo, const char *id, int n_runs,
                                 int points, const struct frame_cursor *cursor,
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
    strncpy(follower->telling.id, id, sizeof follower->telling.id - 1);
    follower->telling.points = points;
    follower->n_runs = n_runs;
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
    return !follower->is_over && (follower->is_new || follower->is_telling ||
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

/* --- a telling begins --- */

static void begin_telling(struct follower *follower)
{
    follower->telling.begin = follower->cursor;
    follower->telling.version = watch_version(follower->watch);
    follower->is_telling = 1;
    follower->is_measured = 0;
    follower->is_new = 0;
}

static void end_telling(struct follower *follower)
{
    follower->is_telling = 0;
    follower->seen = follower->telling.version;
}

static int note_waiting(void *context, int run, int64_t n_epochs)
{
    struct follower *follower = context;
    if (follower->waiting == NULL)
        follower->waiting = memory_array((size_t)follower->n_runs, sizeof(int64_t), NULL);
    if (follower->waiting != NULL)
        follower->waiting[run] = n_epochs;
    return follower->waiting == NULL; /* without memory every point is sent */
}

/* Finds the state that ends the experiment's stream. -1 when the engine failed. */
static int find_ending(struct follower *follower)
{
    struct engine_experiment record = {0};
    struct error error = ERROR_INIT;
    follower->ending = NULL;
    if (engine_find(lab_engine(follower->lab), follower->telling.id, &record, &error) != 0) {
        follower->ending = "deleted";
        return error.kind == ERROR_NOT_FOUND ? 0 : -1;
    }
    if (strcmp(present_state(&record), "done") == 0)
        follower->ending = "done";
    memcpy(follower->n_in_state, record.n_in_state, sizeof follower->n_in_state);
    engine_experiment_clear(&record);
    return 0;
}

static int is_gone(const struct follower *follower)
{
    return follower->ending != NULL && strcmp(follower->ending, "deleted") == 0;
}

/* What there is to be told now; the cursor's place is the beginning. */
static int measure(struct follower *follower)
{
    struct engine *engine = lab_engine(follower->lab);
    const char *id = follower->telling.id;
    begin_telling(follower);
    free(follower->waiting);
    follower->waiting = NULL;
    follower->is_measured = 1;
    if (find_ending(follower) != 0)
        return -1;
    if (is_gone(follower))
        return 0;
    if (engine_last_sequence(engine, id, &follower->until, NULL) != 0)
        return -1;
    return follower->telling.points == 0
               ? 0
               : engine_each_waiting(engine, id, after(&follower->cursor), FAST, note_waiting,
                                     follower, NULL);
}

/* --- thinning --- */

static int64_t last_epoch(const struct engine_entry *entry)
{
    int64_t last = entry->first - 1 + (int64_t)entry->n;
    for (size_t b = 0; b < entry->n_buckets; b++)
        last += entry->buckets[b * (size_t)entry->n_series].n;
    return last;
}

/* Epochs a bucket, as frame_print_entry takes it. */
static int64_t stride_for(const struct follower *follower, const struct engine_entry *entry)
{
    int64_t points = follower->telling.points;
    int64_t waiting = follower->waiting == NULL ? 0 : follower->waiting[entry->run];
    if (points == 0 || (waiting == 0 && entry->n_buckets == 0))
        return 0;
    int64_t last = last_epoch(entry), span = waiting > last ? waiting : last;
    return span > FAR_BEHIND * points ? (span + points - 1) / points : 0;
}

/* --- reading --- */

struct reading {
    struct follower *follower;
    follower_take_fn take;
    void *context;
    struct echo_step step; /* the one being made; its frame is the reading's own */
    int is_full;
    int is_lost; /* the reader's place is no more */
};

/* Hands the printed frame over, or goes back to where the cursor was. An echo is kept in any case:
 * it is printed once. */
static int hand_over(struct reading *reading)
{
    struct follower *follower = reading->follower;
    struct echo_step *step = &reading->step;
    int is_taken = !step->frame.failed && (step->frame.n_bytes == 0 ||
                                           reading->take(reading->context, &step->frame));
    step->telling = follower->telling;
    step->to = follower->cursor;
    if (!step->frame.failed)
        echo_add(follower->echo, step);
    if (!is_taken) {
        follower->cursor = step->from;
        reading->is_full = 1;
    }
    *step = (struct echo_step){.frame = step->frame};
    step->frame.n_bytes = 0;
    return is_taken;
}

/* 1 if the entry tells again, or in other buckets, what the reader has had already. */
static int is_merged_over(const struct engine_entry *entry, const struct frame_cursor *cursor)
{
    if (entry->sequence == cursor->sequence)
        return !frame_is_place(entry, cursor);
    return entry->since <= cursor->sequence;
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

/* Prints one frame of the entry and hands it over. */
static int tell_entry(struct reading *reading, const struct engine_entry *entry)
{
    struct follower *follower = reading->follower;
    struct echo_step *step = &reading->step;
    step->from = follower->cursor;
    frame_print_entry(&step->frame, follower->telling.id, entry, stride_for(follower, entry),
                      &follower->cursor);
    int64_t sent = follower->cursor.n_sent;
    int64_t epoch = sent < FRAME_ALL ? sent : last_epoch(entry);
    step->run = entry->run;
    step->reached = entry->n_buckets > 0 ? epoch : 0;
    if (!hand_over(reading))
        return 0;
    if (entry->n_buckets > 0)
        note_reached(follower, entry->run, epoch);
    return 1;
}

static int print_entry(void *context, const struct engine_entry *entry)
{
    struct reading *reading = context;
    struct follower *follower = reading->follower;
    struct frame_cursor *cursor = &follower->cursor;
    if (entry->sequence > follower->until)
        return 1; /* of the next telling */
    if (entry->sequence == cursor->sequence && cursor->n_sent >= FRAME_ALL)
        return 0;
    reading->is_lost = is_merged_over(entry, cursor) && !find_place(follower, entry);
    if (reading->is_lost)
        return 1;
    while (cursor->sequence != entry->sequence || cursor->n_sent < FRAME_ALL)
        if (!tell_entry(reading, entry))
            return 1;
    return 0;
}

/* The last step of a telling: the experiment's end, or none. */
static void print_last(struct reading *reading)
{
    struct follower *follower = reading->follower;
    reading->step.from = follower->cursor;
    reading->step.is_last = 1;
    reading->step.is_over = follower->ending != NULL;
    if (follower->ending != NULL)
        frame_print_end(&reading->step.frame, follower->telling.id, follower->ending,
                        is_gone(follower) ? NULL : follower->n_in_state, &follower->cursor);
    if (!hand_over(reading))
        return;
    follower->is_over = follower->ending != NULL;
    end_telling(follower);
}

/* Reads on in the telling from the log. */
static int read_log(struct reading *reading)
{
    struct follower *follower = reading->follower;
    struct error error = ERROR_INIT;
    if (!follower->is_measured && measure(follower) != 0)
        return -1;
    if (!is_gone(follower) &&
        engine_read_log(lab_engine(follower->lab), follower->telling.id, after(&follower->cursor),
                        print_entry, reading, &error) != 0) {
        if (error.kind != ERROR_NOT_FOUND)
            return -1;
        follower->ending = "deleted";
    }
    if (!reading->is_full && !reading->is_lost)
        print_last(reading);
    return 0;
}

/* Tells what another reader was told here. */
static void repeat(struct reading *reading, const struct echo_step *step)
{
    struct follower *follower = reading->follower;
    follower->cursor = step->to;
    if (step->frame.n_bytes > 0 && !reading->take(reading->context, &step->frame)) {
        follower->cursor = step->from;
        reading->is_full = 1;
        return;
    }
    if (step->reached > 0)
        note_reached(follower, step->run, step->reached);
    follower->is_over = step->is_over;
    if (step->is_last)
        end_telling(follower);
}

int follower_read(struct follower *follower, follower_take_fn take, void *context)
{
    struct reading reading = {.follower = follower, .take = take, .context = context};
    int result = 0;
    if (follower->is_over)
        return 0;
    if (!follower->is_telling)
        begin_telling(follower);
    while (result == 0 && follower->is_telling && !reading.is_full && !reading.is_lost) {
        const struct echo_step *step =
            echo_find(follower->echo, &follower->telling, &follower->cursor);
        if (step != NULL)
            repeat(&reading, step);
        else
            result = read_log(&reading);
    }
    text_clear(&reading.step.frame);
    return result == 0 && reading.is_lost ? 1 : result;
}

void follower_restart(struct follower *follower)
{
    follower->cursor = (struct frame_cursor){0, FRAME_ALL};
    follower->is_new = 1;
    follower->is_telling = 0;
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
