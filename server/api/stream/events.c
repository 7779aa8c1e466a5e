/* Event streams: one experiment, or several in one.
 *
 * A stream opens with the floors of its experiments, which follow from their specs.
 *
 * DESIGN: a stream has a follower for each experiment and asks them in turn. Its id is the list of
 * their cursors, so a reader that comes back is put exactly where it was in each. */
#include "server/api/call/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/api/stream/follower.h"

enum { FOLLOWERS_MAX = 16 };

struct stream {
    int n_followers;
    struct follower *followers[FOLLOWERS_MAX];
    const char *reset; /* why the reader must begin anew, until it was told; NULL: it need not */
    struct text opening; /* the floors' frames, and how much of them was said */
    size_t opening_said;
    char *out;         /* the buffer being filled */
    size_t size, n_bytes;
};

static void stream_destroy(void *context)
{
    struct stream *stream = context;
    for (int i = 0; i < stream->n_followers; i++)
        follower_destroy(stream->followers[i]);
    text_clear(&stream->opening);
    free(stream);
}

static int stream_is_ready(void *context)
{
    struct stream *stream = context;
    if (stream->opening_said < stream->opening.n_bytes)
        return 1;
    for (int i = 0; i < stream->n_followers; i++)
        if (follower_is_ready(stream->followers[i]))
            return 1;
    return 0;
}

static int stream_is_over(const struct stream *stream)
{
    for (int i = 0; i < stream->n_followers; i++)
        if (!follower_is_over(stream->followers[i]))
            return 0;
    return 1;
}

static void print_id(struct text *text, const struct stream *stream)
{
    text_printf(text, "id: ");
    for (int i = 0; i < stream->n_followers; i++) {
        struct frame_cursor cursor = follower_cursor(stream->followers[i]);
        text_printf(text, i == 0 ? "" : ",");
        frame_print_cursor(text, &cursor);
    }
    text_printf(text, "\n");
}

/* Puts the id and the frame into the buffer; 0 when there is no room. */
static int take_frame(void *context, const struct text *frame)
{
    struct stream *stream = context;
    struct text id = {0};
    print_id(&id, stream);
    size_t n = id.n_bytes + frame->n_bytes;
    int fits = !id.failed && n <= stream->size - stream->n_bytes;
    if (fits) {
        memcpy(stream->out + stream->n_bytes, id.bytes, id.n_bytes);
        memcpy(stream->out + stream->n_bytes + id.n_bytes, frame->bytes, frame->n_bytes);
        stream->n_bytes += n;
    }
    text_clear(&id);
    return fits;
}

/* The reader is told, and everything comes again. */
static void begin_anew(struct stream *stream)
{
    stream->reset = "older epochs were summed up while they were read";
    for (int i = 0; i < stream->n_followers; i++)
        follower_restart(stream->followers[i]);
}

/* Says whole frames of the opening, as many as fit. They have no id: who comes back has them. */
static void say_opening(struct stream *stream)
{
    const char *frames = stream->opening.bytes + stream->opening_said, *end;
    size_t n = 0;
    while ((end = strstr(frames + n, "\n\n")) != NULL &&
           (size_t)(end + 2 - frames) <= stream->size - stream->n_bytes)
        n = (size_t)(end + 2 - frames);
    memcpy(stream->out + stream->n_bytes, frames, n);
    stream->n_bytes += n;
    stream->opening_said += n;
}

static ssize_t stream_read(void *context, char *out, size_t size)
{
    struct stream *stream = context;
    stream->out = out;
    stream->size = size;
    stream->n_bytes = 0;
    if (stream->reset != NULL) {
        stream->n_bytes = (size_t)snprintf(
            out, size, "event: reset\ndata: {\"reason\":\"%s\"}\n\n", stream->reset);
        stream->reset = NULL;
    }
    if (stream->opening_said < stream->opening.n_bytes)
        say_opening(stream);
    if (stream->opening_said < stream->opening.n_bytes)
        return (ssize_t)stream->n_bytes;
    for (int i = 0; i < stream->n_followers; i++) {
        int result = !follower_is_ready(stream->followers[i])
                         ? 0
                         : follower_read(stream->followers[i], take_frame, stream);
        if (result < 0)
            return -1;
        if (result > 0) {
            begin_anew(stream);
            return stream->n_bytes > 0 ? (ssize_t)stream->n_bytes : stream_read(stream, out, size);
        }
    }
    return stream->n_bytes == 0 && stream_is_over(stream) ? -1 : (ssize_t)stream->n_bytes;
}

/* --- opening --- */

/* What a request asks for. */
struct wish {
    int n;
    char ids[FOLLOWERS_MAX][ENGINE_ID_BYTES];
    int n_runs[FOLLOWERS_MAX];
    struct frame_cursor cursors[FOLLOWERS_MAX];
    int exact;
    const char *reset;
    int is_new; /* the reader has had nothing: it is told the floors */
};

/* ?points=all is the only value there is. */
static int read_points(struct call *call, struct wish *wish)
{
    int unused;
    wish->exact = http_query(call->request, "points") != NULL;
    return call_query_choice(call, "points", 0, &unused);
}

/* The cursors of a list "17,3.512,0.done"; -1 when it is none for so many experiments. */
static int read_cursors(const char *list, struct wish *wish)
{
    char one[64];
    for (int i = 0; i < wish->n; i++) {
        size_t n = strcspn(list, ",");
        if (n >= sizeof one || (list[n] == ',') != (i < wish->n - 1))
            return -1;
        memcpy(one, list, n);
        one[n] = '\0';
        if (frame_read_id(one, &wish->cursors[i]) != 0)
            return -1;
        list += n + 1;
    }
    return 0;
}

/* Where the reader was; an id of another stream, of the future or of another server is unknown. */
static void read_place(struct call *call, struct wish *wish)
{
    const char *id = http_header(call->request, "Last-Event-ID");
    if (id == NULL)
        id = http_query(call->request, "last_event_id");
    int knows = id != NULL && id[0] != '\0' && read_cursors(id, wish) == 0;
    for (int i = 0; knows && i < wish->n; i++)
        knows = follower_knows(call->api->lab, wish->ids[i], &wish->cursors[i]);
    for (int i = 0; !knows && i < wish->n; i++)
        wish->cursors[i] = (struct frame_cursor){0, FRAME_ALL};
    wish->is_new = !knows;
    if (!knows && id != NULL && id[0] != '\0')
        wish->reset = "the event id is not one of this stream";
}

/* 1 if the reader has had everything there will ever be. */
static int has_all(const struct wish *wish)
{
    for (int i = 0; i < wish->n; i++)
        if (wish->cursors[i].n_sent != FRAME_DONE)
            return 0;
    return 1;
}

static int find_experiments(struct call *call, struct wish *wish, struct error *error)
{
    for (int i = 0; i < wish->n; i++) {
        struct engine_experiment record = {0};
        if (engine_find(lab_engine(call->api->lab), wish->ids[i], &record, error) != 0)
            return -1;
        wish->n_runs[i] = record.n_runs;
        engine_experiment_clear(&record);
    }
    return 0;
}

static struct stream *stream_create(struct call *call, const struct wish *wish,
                                    struct error *error)
{
    struct stream *stream = memory_array(1, sizeof *stream, error);
    if (stream == NULL)
        return NULL;
    stream->reset = wish->reset;
    int n_runs = 0;
    for (int i = 0; i < wish->n; i++)
        n_runs += wish->n_runs[i];
    int points = wish->exact ? 0 : follower_points(n_runs);
    for (int i = 0; i < wish->n; i++) {
        struct follower *follower =
            follower_create(call->api->lab, &call->api->echo, wish->ids[i], wish->n_runs[i],
                            points, &wish->cursors[i], error);
        if (follower == NULL) {
            stream_destroy(stream);
            return NULL;
        }
        stream->followers[stream->n_followers++] = follower;
    }
    return stream;
}

static void reply_stream(struct call *call, const struct wish *wish, struct text *opening)
{
    static const struct http_stream_source source = {stream_read, stream_is_ready, stream_destroy};
    struct error error = ERROR_INIT;
    struct stream *stream = stream_create(call, wish, &error);
    if (stream == NULL) {
        http_reply_error(call->request, &error);
        return;
    }
    stream->opening = *opening;
    *opening = (struct text){0};
    http_reply_stream(call->request, &source, stream);
}

/* A stream whose floors are still to be found out, which is done at a desk. */
struct opening {
    struct call call;
    struct wish wish;
};

static void open_at_desk(void *context, struct http_request *request)
{
    struct opening *opening = context;
    struct api *api = opening->call.api;
    struct text frames = {0};
    opening->call.request = request;
    for (int i = 0; i < opening->wish.n; i++) {
        const char *id = opening->wish.ids[i];
        if (floors_board_find(&api->floors, id, &frames))
            continue;
        const struct study *study = shelf_take(lab_shelf(api->lab), id, NULL);
        if (study != NULL) { /* without them the stream opens all the same */
            floors_board_fill(&api->floors, study, NULL);
            floors_board_find(&api->floors, id, &frames);
            shelf_release(lab_shelf(api->lab), study);
        }
    }
    reply_stream(&opening->call, &opening->wish, &frames);
    text_clear(&frames);
    free(opening);
}

static void open_later(struct call *call, const struct wish *wish)
{
    struct error error = ERROR_INIT;
    struct opening *opening = memory_array(1, sizeof *opening, &error);
    if (opening == NULL) {
        http_reply_error(call->request, &error);
        return;
    }
    opening->call = *call;
    opening->wish = *wish;
    if (http_later(call->request, HTTP_MEDIUM, open_at_desk, opening) != 0)
        free(opening);
}

static void open_stream(struct call *call, struct wish *wish)
{
    struct error error = ERROR_INIT;
    struct text frames = {0};
    int n_found = 0;
    if (read_points(call, wish) != 0)
        return;
    if (find_experiments(call, wish, &error) != 0) {
        http_reply_error(call->request, &error);
        return;
    }
    read_place(call, wish);
    if (has_all(wish)) {
        http_reply(call->request, 204, NULL, NULL, 0);
        return;
    }
    for (int i = 0; i < wish->n && wish->is_new; i++)
        n_found += floors_board_find(&call->api->floors, wish->ids[i], &frames);
    if (wish->is_new && n_found < wish->n)
        open_later(call, wish);
    else
        reply_stream(call, wish, &frames);
    text_clear(&frames);
}

void events_get(struct call *call)
{
    struct wish wish = {.n = 1};
    snprintf(wish.ids[0], sizeof wish.ids[0], "%.*s", ENGINE_ID_BYTES - 1, call->name);
    open_stream(call, &wish);
}

void events_of_several(struct call *call)
{
    struct wish wish = {0};
    const char *list = http_query(call->request, "experiments");
    while (list != NULL && *list != '\0' && wish.n < FOLLOWERS_MAX) {
        size_t n = strcspn(list, ",");
        snprintf(wish.ids[wish.n++], ENGINE_ID_BYTES, "%.*s",
                 (int)(n < ENGINE_ID_BYTES ? n : ENGINE_ID_BYTES - 1), list);
        list += list[n] == ',' ? n + 1 : n;
    }
    if (wish.n == 0 || *list != '\0')
        http_reply_problem(call->request, 400,
                           wish.n == 0 ? "?experiments=: got none, expected 1 to 16 ids with "
                                         "commas between them"
                                       : "?experiments=: got more than 16, expected 1 to 16 ids "
                                         "with commas between them",
                           NULL);
    else
        open_stream(call, &wish);
}
