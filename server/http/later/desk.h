/* Desks: threads for handlers that may take long, and a bounded queue before them for work of each
 * effort. Private.
 *
 * A desk takes no work of more effort than its own. Of the least and the middle effort there is one
 * desk each, which is so never found taken by longer work; the others take any, the longest first,
 * so that many short ones cannot keep a long one waiting for ever either.
 *
 * One lock guards the queues of those waiting and the list of those done; it is never held while
 * work runs or anything else is called. */
#ifndef SERVER_HTTP_LATER_DESK_H
#define SERVER_HTTP_LATER_DESK_H

#include "core/base/error.h"

struct desk;
struct http_request;
struct http_server;

/* Starts n_long threads for work of any effort and one for each lesser one, with every signal
 * blocked, that ring the server's bell when they have something done. n_waiting_max: of each
 * effort. NULL with ERROR_MEMORY or ERROR_STORAGE. */
struct desk *desk_create(struct http_server *server, int n_long, int n_waiting_max,
                         struct error *error);

/* Queues request->work by request->effort; 0, or -1 when that queue is full or the desks are
 * closed. From now until desk_take_done gives it back, the request's reply is the desk's. */
int desk_submit(struct desk *desk, struct http_request *request);

/* The requests whose work is done since the last call, linked by `next`, oldest first. */
struct http_request *desk_take_done(struct desk *desk);

int desk_n_waiting(struct desk *desk); /* of every effort */

/* Lets the threads finish all that is queued, and joins them. What they did is still to be taken.
 */
void desk_close(struct desk *desk);

/* After desk_close and a last desk_take_done. NULL is fine. */
void desk_destroy(struct desk *desk);

#endif
