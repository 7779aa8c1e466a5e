/* Farewells: a last reply past libmicrohttpd, and closing so that the client can read it. Private.
 *
 * libmicrohttpd can neither reply in the middle of a body nor close gently: closing a socket with
 * unread bytes makes the kernel send a reset, which may overtake the reply on its way to a client
 * that is still sending. Loop thread. */
#ifndef SERVER_HTTP_CONNECTION_FAREWELL_H
#define SERVER_HTTP_CONNECTION_FAREWELL_H

#include "server/http/server.h"

/* Writes a whole problem reply with Connection: close to a socket on which no reply has begun; what
 * does not fit into its buffer is dropped. `request` may be NULL. */
void farewell_say(int fd, struct http_request *request, int status, const char *detail);

/* Takes `fd`, whose sending side is done: drops what still arrives, and closes it when the client
 * has closed its side, or after some seconds. -1 is fine. */
void farewell_linger(struct http_server *server, int fd);

/* Closes those that took too long; all. */
void farewell_end_late(struct http_server *server);
void farewell_end_all(struct http_server *server);

#endif
