/* Event streams: asleep while there is nothing to say, woken in batches. Private.
 *
 * Loop thread. */
#ifndef SERVER_HTTP_REPLY_STREAM_H
#define SERVER_HTTP_REPLY_STREAM_H

#include "server/http/server.h"

/* Held requests count too: both keep a connection that nobody may shed. */
int streams_are_full(const struct http_server *server);

/* Opens the stream that request->reply describes, whose source is handed over. NULL without
 * memory. */
struct MHD_Response *stream_respond(struct http_request *request);

/* Its reader has closed its side, or its connection broke. */
struct stream;
void stream_reader_left(struct stream *stream);

/* The request of its reply ends before it. */
void stream_forget_request(struct stream *stream);

/* Wakes those whose source is ready. */
void streams_wake_ready(struct http_server *server);

/* Wakes those that gathered news for long enough, and those whose heartbeat is due. */
void streams_wake_due(struct http_server *server);

/* Wakes all, to say goodbye: the server is draining. */
void streams_wake_all(struct http_server *server);

#endif
