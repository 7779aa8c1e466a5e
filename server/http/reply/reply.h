/* A reply: recorded by a handler on any thread, sent by the loop thread. Private. */
#ifndef SERVER_HTTP_REPLY_REPLY_H
#define SERVER_HTTP_REPLY_REPLY_H

#include "server/base/text.h"
#include "server/http/server.h"

enum reply_kind { REPLY_NONE, REPLY_BYTES, REPLY_SLICES, REPLY_STREAM, REPLY_NOT_MODIFIED };

/* Starts zeroed. */
struct reply {
    enum reply_kind kind;
    int status;
    struct text headers; /* "name\0value\0..." */
    char *body;          /* owned; or NULL, and then */
    const void *still;   /* bytes that stay for the life of the process */
    size_t n_bytes;
    http_read_fn read; /* of slices */
    struct http_stream_source stream;
    http_end_fn end; /* of slices and streams, until the source is handed over */
    void *source;
};

int reply_has_header(const struct reply *reply, const char *name);

/* As http_reply with bytes that stay for ever. */
void reply_still(struct http_request *request, int status, const char *content_type,
                 const void *bytes, size_t n_bytes);

/* 1 if the client says in If-None-Match that it has what the quoted etag stands for. */
int reply_is_known(const struct http_request *request, const char *etag);

/* Hands the recorded reply to libmicrohttpd (500 if there is none). Loop thread, within its access
 * handler. MHD_NO closes the connection. */
enum MHD_Result reply_send(struct http_request *request);

/* Frees what was not handed over. */
void reply_clear(struct reply *reply);

#endif
