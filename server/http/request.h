/* A request from its line to the end of its reply. Private. */
#ifndef SERVER_HTTP_REQUEST_H
#define SERVER_HTTP_REQUEST_H

#include "server/http/gate/target.h"
#include "server/http/later/hold.h"
#include "server/http/reply/reply.h"
#include "server/http/server.h"

enum { REQUEST_ID_BYTES = 65 };

enum request_phase {
    REQUEST_HEAD,    /* its line was read */
    REQUEST_BODY,    /* its head was accepted */
    REQUEST_AT_DESK, /* suspended until its work is done; held in between, maybe */
    REQUEST_REPLIED
};

struct stream;

struct http_request {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct client *client; /* NULL only if its allocation failed */
    enum request_phase phase;
    enum http_method method;
    const char *method_name; /* valid as long as the connection reads nothing new */
    int is_head;             /* HEAD, which handlers see as GET */
    char id[REQUEST_ID_BYTES];
    int64_t began_ns;
    const char *route; /* a string constant, for log and metrics */

    char *body; /* owned; NUL-terminated when not NULL */
    size_t body_bytes, body_capacity;

    struct reply reply;
    struct http_request *next; /* in a queue of the desk */
    enum http_effort effort;   /* of its work */
    http_work_fn work;
    void *work_context;
    struct hold hold;

    struct stream *stream; /* its reply, until either ends */

    int told_status; /* what was sent, for the log; 0: nothing */
    int64_t told_bytes;
    int is_stream;

    struct target target;
    const char *raw; /* the target as it came, in `room` */
    char room[];
};

/* For MHD_OPTION_URI_LOG_CALLBACK: begins a request; NULL without memory. */
void *request_begin(void *context, const char *raw, struct MHD_Connection *connection);

/* The access handler. */
enum MHD_Result request_handle(void *context, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *upload,
                               size_t *n_upload, void **request_context);

/* For MHD_OPTION_NOTIFY_COMPLETED: logs and frees it. */
void request_end(void *context, struct MHD_Connection *connection, void **request_context,
                 enum MHD_RequestTerminationCode code);

/* Its client has closed its side, or its connection broke: the end of a stream and of a hold. */
void request_client_left(struct http_request *request);

/* Notes what was sent, for the log. NULL is fine. */
void request_was_told(struct http_request *request, int status, size_t n_bytes);

#endif
