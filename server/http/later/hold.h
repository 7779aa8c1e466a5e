/* Holds: requests whose answer waits for something, asleep without a desk. Private.
 *
 * Loop thread, but for http_when and http_move, which belong to the desk that has the request. */
#ifndef SERVER_HTTP_LATER_HOLD_H
#define SERVER_HTTP_LATER_HOLD_H

#include "server/http/server.h"

/* Part of a request; starts zeroed. */
struct hold {
    http_ready_fn ready; /* NULL: it only moves to another desk */
    int64_t due_ms;      /* when it is done without being ready */
    int is_asked;        /* http_when or http_move was called, hold_begin is to come */
    int is_over;         /* no more holding: its client is gone, or the server stops or is full */
    struct deadline nap; /* in the server's held while asleep, or while all desks are busy */
    int is_asleep;
};

/* The request came from its desk with a hold or a move asked for: lets it sleep, or sends it to
 * work again at once when there is nothing to wait for. */
void hold_begin(struct http_request *request);

/* Sends it to work if it is asleep: its client has left. */
void hold_client_left(struct http_request *request);

/* Send to work: those that are ready; those that have waited long enough; all, since the server is
 * stopping. */
void holds_end_ready(struct http_server *server);
void holds_end_due(struct http_server *server);
void holds_end_all(struct http_server *server);

#endif
