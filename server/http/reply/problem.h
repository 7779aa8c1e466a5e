/* Problems (RFC 9457): what a refusal says. Private. */
#ifndef SERVER_HTTP_REPLY_PROBLEM_H
#define SERVER_HTTP_REPLY_PROBLEM_H

#include <stddef.h>

struct http_request;

/* "Not Found" for 404. */
const char *problem_title(int status);

/* The JSON of a problem, malloc'ed, NULL on memory failure; `request` and `extension` may be NULL,
 * see http_reply_problem. Any thread. */
char *problem_text(const struct http_request *request, int status, const char *detail,
                   const char *extension, size_t *out_n_bytes);

#endif
