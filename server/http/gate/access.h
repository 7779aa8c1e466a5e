/* Access: who may ask a server that has a token. Private.
 *
 * The token is shown in one of three ways:
 *   Authorization: Bearer TOKEN     by scripts
 *   GET /any/path?token=TOKEN       by a link: answered with a cookie and a redirect to the same
 *                                   path without the token, so that it stays in no address bar
 *   Cookie: descent-PORT=...        by browsers afterwards
 *
 * The cookie is derived from the token: it outlives a restart and does not give the token away. It
 * carries the port in its name, since browsers send cookies to all ports of a host. Only digests
 * are kept, and compared in constant time; no token is ever logged. Loop thread. */
#ifndef SERVER_HTTP_GATE_ACCESS_H
#define SERVER_HTTP_GATE_ACCESS_H

#include <stdint.h>

#include "core/base/error.h"
#include "server/base/digest.h"

enum { ACCESS_COOKIE_BYTES = 48, ACCESS_NAME_BYTES = 24 };

struct http_request;

struct access {
    int is_closed; /* there is a token */
    unsigned char token_digest[DIGEST_BYTES], cookie_digest[DIGEST_BYTES];
    char cookie[ACCESS_COOKIE_BYTES];    /* its value */
    char cookie_name[ACCESS_NAME_BYTES]; /* "descent-8080" */
};

/* `token` NULL: open to all. -1 with ERROR_INTERNAL when libsodium cannot start. */
int access_init(struct access *access, const char *token, uint16_t port, struct error *error);

/* 1 when the request may go on; 0 after replying: 401, or 303 with the cookie. */
int access_admit(struct http_request *request);

#endif
