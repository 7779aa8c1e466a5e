/* The listening socket, and how many come in. Private.
 *
 * We accept, not libmicrohttpd: at its limit it leaves new clients hanging in the backlog (trap
 * T8), and without free descriptors it may spin. Loop thread. */
#ifndef SERVER_HTTP_CONNECTION_LISTENER_H
#define SERVER_HTTP_CONNECTION_LISTENER_H

#include "server/http/server.h"

/* How many connections the descriptor limit allows, after raising the soft limit to the hard one;
 * at most `wanted` unless that is 0. */
int listener_connections_max(int wanted);

/* Binds, listens, watches; sets server->port. 0 or -1. */
int listener_open(struct http_server *server, struct error *error);

/* Accepts again after a pause for lack of descriptors. */
void listener_go_on(struct http_server *server);

void listener_close(struct http_server *server);

#endif
