/* Desks: threads for handlers that may take long, and a bounded queue before them. Private.
 *
 * One lock guards the queue of those waiting and the list of those done; it is never held while
 * work runs or anything else is called. */
#ifndef SERVER_HTTP_LATER_DESK_H
#define SERVER_HTTP_LATER_DESK_H

#include "core/base/error.h"

struct desk;
struct http_request;
struct http_server;

/* Starts n_threads threads, with every signal blocked, that ring the server's bell when they have
 * something done. NULL with ERROR_MEMORY or ERROR_STORAGE. */
struct desk *desk_create(struct http_server *server, int n_threads, int n_waiting_max,
                         struct error *error);

/* Queues request->work; 0, or -1 when the queue is full or the desks are closed. From now
 * until desk_take_done gives it back, the request's reply is the desk's. */
int desk_submit(struct desk *desk, struct http_request *request);

/* The requests whose work is done since the last call, linked by `next`, oldest first. */
struct http_request *desk_take_done(struct desk *desk);

int desk_n_waiting(struct desk *desk);

/* Lets the threads finish all that is queued, and joins them. What they did is still to be taken.
 */
void desk_close(struct desk *desk);

/* After desk_close and a last desk_take_done. NULL is fine. */
void desk_destroy(struct desk *desk);

#endif
