/* Clients: the connections as we see them: how long each may take, whether it has left. Private.
 *
 * libmicrohttpd only knows inactivity, which a byte a second defeats. So each connection has one
 * deadline at a time: for the head of its request, for the body, or, between requests, for being
 * idle. While a request is being answered it has none.
 *
 * Nor does libmicrohttpd notice every client that leaves: none while a connection is suspended
 * (trap T2), and none whose end comes together with a last piece of a request, since it reads once,
 * finds less than it had room for, and waits for an event that was there already. So our own epoll
 * set watches every connection for its end. Loop thread. */
#ifndef SERVER_HTTP_CONNECTION_CLIENT_H
#define SERVER_HTTP_CONNECTION_CLIENT_H

#include "server/http/server.h"

struct http_request;

struct client {
    struct http_server *server;
    int fd;                       /* libmicrohttpd's */
    struct deadline deadline;     /* in the server's heads, bodies or idle */
    struct http_request *request; /* the one being read or answered, or NULL */
    int lingers;                  /* it may still be sending when its connection is closed */
    struct watch watch;           /* of its end */
    int has_left;                 /* it closed its side, or its connection broke */
    struct client *before, *after;
};

/* For MHD_OPTION_NOTIFY_CONNECTION. */
void client_notify(void *context, struct MHD_Connection *connection, void **socket_context,
                   enum MHD_ConnectionNotificationCode code);

/* The client of a connection; NULL if there was no memory for it (the connection is then being
 * closed). */
struct client *client_of(struct MHD_Connection *connection);

/* The stations of a request. NULL is fine. */
void client_begins_head(struct client *client, struct http_request *request);
void client_begins_body(struct client *client);
void client_waits(struct client *client); /* for its reply */
void client_is_done(struct client *client);

/* Ends the connection: libmicrohttpd sees it broken in its next turn. */
void client_cut(struct client *client);

/* The same with a reset: for a reply that breaks off, which must not look whole to a client of
 * HTTP/1.0, for whom the end of the connection is the end of the reply. NULL is fine. */
void client_reset(struct client *client);

/* Cuts those whose deadline has passed; a request under way gets 408. Has libmicrohttpd look again
 * at those that left. */
void clients_cut_late(struct http_server *server);

/* Cuts the connection that has been idle longest, between requests or before the end of a head. 0,
 * or -1 when none is. */
int clients_shed(struct http_server *server);

/* Cuts those that have no request under way; all. */
void clients_cut_idle(struct http_server *server);
void clients_cut_all(struct http_server *server);

#endif
