/* The JSON API: routes and handlers that parse a request, call the lab or the engine, and reply. */
#ifndef SERVER_API_API_H
#define SERVER_API_API_H

#include "server/api/explain/floors_board.h"
#include "server/api/explain/answers.h"
#include "server/api/stream/echo.h"
#include "server/api/call/once.h"
#include "server/http/http.h"
#include "server/lab/lab.h"

/* What handlers need. Filled by main; outlives the HTTP server. */
struct api {
    struct lab *lab;
    const char *version;
    int is_closed;         /* who asks must show a token */
    const char *open_path; /* except for this */
    int64_t started_ms; /* by the wall clock */
    int64_t started_ns; /* by the monotonic one */
    struct echo echo; /* of event streams; begins zeroed */
    struct once_board once; /* ONCE_BOARD_INIT */
    struct answer_board answers; /* ANSWER_BOARD_INIT */
    struct floors_board floors; /* FLOORS_BOARD_INIT; to be cleared */
};

/* The http_dispatch_fn; `context` is the struct api. */
void api_dispatch(void *context, struct http_request *request);

#endif
