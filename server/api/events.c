/* The stream of an experiment: its log from a cursor on, live or not.
 *
 * DESIGN: a follower holds a cursor, not a queue. Asked to read, it prints log entries behind its
 * cursor, as many as fit; with none left it sleeps until its watch moves. Live, catch-up and resume
 * are this one path. Whether the experiment has ended is asked before the log is read, so the end
 * is told only behind everything else. All on the loop thread. */
#include "server/api/call.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/api/frame.h"
#include "server/api/present.h"

/* Far behind: more epochs of a run wait than FAR_BEHIND. Then they come as about POINTS_A_RUN
 * buckets, unless all points were asked for. */
enum { FAR_BEHIND = 10000, POINTS_A_RUN = 2000 };

struct follower {
    struct api *api;
    char id[ENGINE_ID_BYTES];
    int exact; /* ?points=all */
    struct watch *watch;
    uint64_t seen; /* the watch's version when the log was last read to its end */
    int is_catching_up; /* the last read ended with a full buffer: there are more entries */
    int is_over;
    struct frame_cursor cursor;
    struct text frame;
    int n_runs;
    int64_t *waiting; /* [n_runs] epochs a run was far behind with; NULL while none is */
};

static void follower_destroy(void *context)
{
    struct follower *follower = context;
    watch_close(lab_watches(follower->api->lab), follower->watch);
    text_clear(&follower->frame);
    free(follower->waiting);
    free(follower);
}

static int is_ready(void *context)
{
    struct follower *follower = context;
    return follower->is_over || follower->is_catching_up ||
           watch_version(follower->watch) != follower->seen;
}

/* A buffer being filled with whole frames. */
struct filling {
    struct follower *follower;
    char *out;
    size_t size, n_bytes;
    int is_full;
};

/* Moves the follower's frame into the buffer; 0 when it does not fit. */
static int deliver(struct filling *filling)
{
    struct text *frame = &filling->follower->frame;
    if (frame->n_bytes > filling->size - filling->n_bytes) {
        filling->is_full = 1;
        return 0;
    }
    memcpy(filling->out + filling->n_bytes, frame->bytes, frame->n_bytes);
    filling->n_bytes += frame->n_bytes;
    frame->n_bytes = 0;
    return 1;
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

/* What waits at the beginning of a catch-up decides for all of it. */
static int measure_backlog(struct follower *follower)
{
    if (follower->exact || follower->is_catching_up)
        return 0;
    free(follower->waiting);
    follower->waiting = NULL;
    return engine_each_waiting(lab_engine(follower->api->lab), follower->id,
                               after(&follower->cursor), FAR_BEHIND, note_waiting, follower, NULL);
}

static int buckets_for(const struct follower *follower, const struct engine_entry *entry)
{
    int64_t waiting = follower->waiting == NULL ? 0 : follower->waiting[entry->run];
    if (waiting == 0)
        return 0;
    int64_t n = (int64_t)entry->n * POINTS_A_RUN / waiting;
    return n < 1 ? 1 : n > FRAME_BUCKETS_MAX ? FRAME_BUCKETS_MAX : (int)n;
}

/* --- reading --- */

static int print_entry(void *context, const struct engine_entry *entry)
{
    struct filling *filling = context;
    struct follower *follower = filling->follower;
    struct frame_cursor *cursor = &follower->cursor;
    if (entry->sequence == cursor->sequence && cursor->n_sent >= FRAME_ALL)
        return 0;
    do {
        struct frame_cursor before = *cursor;
        frame_print_entry(&follower->frame, entry, buckets_for(follower, entry), cursor);
        if (follower->frame.failed || !deliver(filling)) {
            follower->frame.n_bytes = 0;
            *cursor = before;
            return 1;
        }
    } while (cursor->n_sent < FRAME_ALL);
    return 0;
}

static ssize_t follow(void *context, char *out, size_t size)
{
    struct follower *follower = context;
    struct engine *engine = lab_engine(follower->api->lab);
    struct filling filling = {follower, out, size, 0, 0};
    struct engine_experiment record = {0};
    struct error error = ERROR_INIT;
    if (follower->frame.n_bytes > 0 && !deliver(&filling))
        return 0;
    if (follower->is_over)
        return filling.n_bytes > 0 ? (ssize_t)filling.n_bytes : -1;

    uint64_t version = watch_version(follower->watch);
    const char *state = "deleted";
    int is_ended = 1;
    if (engine_find(engine, follower->id, &record, &error) == 0) {
        state = present_state(&record);
        is_ended = strcmp(state, "done") == 0;
        engine_experiment_clear(&record);
        if (measure_backlog(follower) != 0 ||
            engine_read_log(engine, follower->id, after(&follower->cursor), print_entry, &filling,
                            NULL) != 0)
            return -1;
    } else if (error.kind != ERROR_NOT_FOUND) {
        return -1;
    }
    follower->is_catching_up = filling.is_full;
    follower->seen = version;
    if (!filling.is_full && is_ended) {
        frame_print_end(&follower->frame, follower->id, state, &follower->cursor);
        deliver(&filling);
        follower->is_over = 1;
    }
    return (ssize_t)filling.n_bytes;
}

/* --- opening --- */

/* The log's first entry from a cursor's on: is it the cursor's own? */
struct lookup {
    const struct frame_cursor *cursor;
    int is_found;
};

static int look_up(void *context, const struct engine_entry *entry)
{
    struct lookup *lookup = context;
    const struct frame_cursor *cursor = lookup->cursor;
    lookup->is_found = entry->sequence == cursor->sequence &&
                       (cursor->n_sent >= FRAME_ALL || cursor->n_sent < (int64_t)entry->n);
    return 1;
}

/* The cursor the client asks for; 1 when it names a place in this log, 0 when the client is new or
 * names none (then *out_reason says why). An id of another experiment, of the future or of another
 * server is none. */
static int read_cursor(struct call *call, struct frame_cursor *out, const char **out_reason)
{
    const char *id = http_header(call->request, "Last-Event-ID");
    if (id == NULL)
        id = http_query(call->request, "last_event_id");
    *out_reason = NULL;
    if (id == NULL || id[0] == '\0')
        return 0;
    struct lookup lookup = {out, 0};
    if (frame_read_id(id, out) == 0 && out->sequence > 0)
        engine_read_log(lab_engine(call->api->lab), call->name, out->sequence - 1, look_up, &lookup,
                        NULL);
    if (!lookup.is_found)
        *out_reason = "the event id is not one of this stream";
    return lookup.is_found;
}

static struct follower *follower_create(struct call *call, const struct frame_cursor *cursor,
                                        int n_runs, struct error *error)
{
    struct follower *follower = memory_array(1, sizeof *follower, error);
    if (follower == NULL)
        return NULL;
    follower->api = call->api;
    memcpy(follower->id, call->name, sizeof follower->id - 1);
    follower->cursor = *cursor;
    follower->n_runs = n_runs;
    follower->watch = watch_open(lab_watches(call->api->lab), follower->id, error);
    if (follower->watch == NULL) {
        free(follower);
        return NULL;
    }
    return follower;
}

/* ?points=all is the only value there is. */
static int read_points(struct call *call, int *out_exact)
{
    const char *points = http_query(call->request, "points");
    *out_exact = points != NULL;
    if (points == NULL || strcmp(points, "all") == 0)
        return 0;
    http_reply_problem(call->request, 400,
                       "?points= of a stream expects all (every epoch, never thinned)", NULL);
    return -1;
}

void events_get(struct call *call)
{
    static const struct http_stream_source source = {follow, is_ready, follower_destroy};
    struct engine *engine = lab_engine(call->api->lab);
    struct error error = ERROR_INIT;
    struct engine_experiment record = {0};
    struct frame_cursor cursor = {0, FRAME_ALL};
    const char *reason;
    int exact;
    if (read_points(call, &exact) != 0)
        return;
    if (engine_find(engine, call->name, &record, &error) != 0) {
        http_reply_error(call->request, &error);
        return;
    }
    int is_ended = strcmp(present_state(&record), "done") == 0, n_runs = record.n_runs;
    engine_experiment_clear(&record);

    int resumes = read_cursor(call, &cursor, &reason);
    if (resumes && is_ended && cursor.n_sent == FRAME_DONE) {
        http_reply(call->request, 204, NULL, NULL, 0);
        return;
    }
    if (!resumes)
        cursor = (struct frame_cursor){0, FRAME_ALL};
    struct follower *follower = follower_create(call, &cursor, n_runs, &error);
    if (follower == NULL) {
        http_reply_error(call->request, &error);
        return;
    }
    follower->exact = exact;
    if (reason != NULL)
        frame_print_reset(&follower->frame, reason);
    http_reply_stream(call->request, &source, follower);
}
