/* Holds: requests whose answer waits for something, asleep without a desk.
 *
 * DESIGN: a held request stays suspended as it was at its desk, and is in server->held, by the time
 * it is due. It goes back to the desks when it is ready (asked at every wake, like streams), when
 * it is due, and when its client leaves (client.h). So libmicrohttpd sees one
 * suspension, however often a request goes to a desk. */
#include "server/http/later/hold.h"

#include "server/base/clock.h"
#include "server/http/connection/client.h"
#include "server/http/later/desk.h"
#include "server/http/reply/stream.h"
#include "server/http/request.h"

enum { DESK_FULL_MS = 100 };

int http_when(struct http_request *request, http_ready_fn ready, int timeout_ms, http_work_fn work,
              void *work_context)
{
    struct hold *hold = &request->hold;
    if (hold->is_over || http_is_stopping(request->server))
        return -1;
    hold->ready = ready;
    hold->due_ms = clock_monotonic_ns() / 1000000 + timeout_ms;
    hold->is_asked = 1;
    request->work = work;
    request->work_context = work_context;
    return 0;
}

void http_move(struct http_request *request, enum http_effort effort, http_work_fn work,
               void *work_context)
{
    text_clear(&request->reply.headers);
    request->hold.ready = NULL;
    request->hold.is_asked = 1;
    request->effort = effort;
    request->work = work;
    request->work_context = work_context;
}

enum http_effort http_effort(const struct http_request *request)
{
    return request->effort;
}

/* Back to a desk, later if all are busy. When the desks are closed, at the end of the server, its
 * work is done here. */
static void send_to_work(struct http_request *request)
{
    struct http_server *server = request->server;
    if (desk_submit(server->desk, request) == 0)
        return;
    if (!server->desks_are_closed) {
        deadline_arm_at(&request->hold.nap, &server->held, server->now_ms + DESK_FULL_MS);
        return;
    }
    request->work(request->work_context, request);
    server->n_at_desk--;
    MHD_resume_connection(request->connection);
}

static void wake(struct http_request *request)
{
    struct hold *hold = &request->hold;
    deadline_disarm(&hold->nap);
    hold->is_asleep = 0;
    send_to_work(request);
}

void hold_client_left(struct http_request *request)
{
    if (!request->hold.is_asleep)
        return;
    request->hold.is_over = 1;
    wake(request);
}

void hold_begin(struct http_request *request)
{
    struct http_server *server = request->server;
    struct hold *hold = &request->hold;
    hold->is_asked = 0;
    if (hold->ready == NULL) {
        send_to_work(request);
        return;
    }
    hold->is_over = server->is_draining || streams_are_full(server) ||
                    (request->client != NULL && request->client->has_left);
    if (hold->is_over || hold->ready(request->work_context)) {
        send_to_work(request);
        return;
    }
    hold->is_asleep = 1;
    deadline_arm_at(&hold->nap, &server->held, hold->due_ms);
}

void holds_end_ready(struct http_server *server)
{
    for (struct deadline *at = server->held.first, *after; at != NULL; at = after) {
        struct http_request *request = PART_OF(http_request, hold.nap, at);
        after = at->after;
        if (request->hold.is_asleep && request->hold.ready(request->work_context))
            wake(request);
    }
}

void holds_end_due(struct http_server *server)
{
    while (deadline_next_ms(&server->held) <= server->now_ms)
        wake(PART_OF(http_request, hold.nap, server->held.first));
}

void holds_end_all(struct http_server *server)
{
    for (struct deadline *at = server->held.first, *after; at != NULL; at = after) {
        struct http_request *request = PART_OF(http_request, hold.nap, at);
        after = at->after;
        request->hold.is_over = 1;
        if (request->hold.is_asleep || server->desks_are_closed)
            wake(request);
    }
}
