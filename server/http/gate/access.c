/* Access: tokens checked, links exchanged for cookies, strangers told what to do.
 *
 * DESIGN: whatever is shown is hashed before it is compared, so neither its length nor where it
 * differs can be measured.
 *
 * A browser that follows a link from another site does not send a SameSite=Strict cookie along, not
 * even one that it got in the redirect before. Fetch metadata tells us of such a request; its page
 * then reloads itself, which is a request of our own site and has the cookie, or is refused for
 * good. */
#include "server/http/gate/access.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server/base/text.h"
#include "server/http/reply/reply.h"
#include "server/http/request.h"

static const char bearer[] = "Bearer ", argument[] = "token=";

static int is_digest_of(const unsigned char expected[DIGEST_BYTES], const char *text,
                        size_t n_bytes)
{
    unsigned char got[DIGEST_BYTES];
    digest_of(text, n_bytes, got);
    return sodium_memcmp(got, expected, DIGEST_BYTES) == 0;
}

int access_init(struct access *access, const char *token, uint16_t port, struct error *error)
{
    static const char purpose[] = "descent cookie";
    unsigned char value[DIGEST_BYTES];
    memset(access, 0, sizeof *access);
    if (token == NULL)
        return 0;
    if (sodium_init() < 0)
        return error_set(error, ERROR_INTERNAL, "libsodium cannot start");
    access->is_closed = 1;
    digest_of(token, strlen(token), access->token_digest);
    crypto_generichash(value, sizeof value, (const unsigned char *)purpose, sizeof purpose,
                       access->token_digest, sizeof access->token_digest);
    sodium_bin2base64(access->cookie, sizeof access->cookie, value, sizeof value,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    digest_of(access->cookie, strlen(access->cookie), access->cookie_digest);
    snprintf(access->cookie_name, sizeof access->cookie_name, "descent-%u", port);
    return 0;
}

/* --- what was shown ------------------------------------------------------------------------- */

static int has_bearer(const struct http_request *request)
{
    const char *given = http_header(request, "Authorization");
    size_t n = sizeof bearer - 1;
    if (given == NULL || strncasecmp(given, bearer, n) != 0)
        return 0;
    given += n + strspn(given + n, " ");
    return is_digest_of(request->server->access.token_digest, given, strlen(given));
}

static int has_cookie(const struct http_request *request)
{
    const struct access *access = &request->server->access;
    const char *given =
        MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, access->cookie_name);
    return given != NULL && is_digest_of(access->cookie_digest, given, strlen(given));
}

/* --- the link ------------------------------------------------------------------------------- */

/* Takes the query of the raw target apart: 1 if a "token=" in it is right, and then the others are
 * added to `rest` behind "?" and "&". */
static int find_token(const struct http_request *request, struct text *rest)
{
    const char *at = strchr(request->raw, '?');
    int is_found = 0;
    while (at != NULL && *at != '\0') {
        size_t n = strcspn(++at, "&");
        if (n >= sizeof argument - 1 && strncmp(at, argument, sizeof argument - 1) == 0) {
            const char *given = at + sizeof argument - 1;
            is_found |= is_digest_of(request->server->access.token_digest, given,
                                     n - (sizeof argument - 1));
        } else if (n > 0) {
            text_printf(rest, "%c%.*s", rest->n_bytes == 0 ? '?' : '&', (int)n, at);
        }
        at += n;
    }
    return is_found;
}

/* 303 to the same path without the token. A path that a browser would take for another host's
 * ("//host", "/\host") is not followed. */
static void exchange(struct http_request *request, const struct text *rest)
{
    const struct access *access = &request->server->access;
    const struct target *target = &request->target;
    const char *path =
        target->authority == NULL ? request->raw : target->authority + target->authority_bytes;
    size_t n_path = strcspn(path, "?");
    struct text location = {0};
    char cookie[ACCESS_NAME_BYTES + ACCESS_COOKIE_BYTES + 64];
    if (n_path == 0 || path[0] != '/' || path[1] == '/' || path[1] == '\\')
        path = "/", n_path = 1;
    text_add(&location, path, n_path);
    text_add(&location, rest->bytes, rest->n_bytes);
    snprintf(cookie, sizeof cookie, "%s=%s; HttpOnly; SameSite=Strict; Path=/", access->cookie_name,
             access->cookie);
    http_reply_header(request, "Location", location.failed ? "/" : location.bytes);
    http_reply_header(request, "Set-Cookie", cookie);
    http_reply(request, 303, NULL, NULL, 0);
    text_clear(&location);
}

static int exchange_link(struct http_request *request)
{
    struct text rest = {0};
    int is_link = request->method == HTTP_GET && find_token(request, &rest);
    if (is_link)
        exchange(request, &rest);
    text_clear(&rest);
    return is_link;
}

/* --- refusing ------------------------------------------------------------------------------- */

#define PAGE(extra)                                                                                \
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"                              \
    "<meta name=\"viewport\" content=\"width=device-width\">\n" extra                              \
    "<title>Descent: a link is needed</title>\n"                                                   \
    "<h1>This server needs a link</h1>\n"                                                          \
    "<p>Please open it with the link from your teacher, the one that ends with "                   \
    "<code>?token=…</code>. Your browser then remembers it until it is closed.</p>\n"            \
    "<p>Did you just use that link? Then <a href=\"\">open this page again</a>.</p>\n"             \
    "<p>Scripts send the header <code>Authorization: Bearer TOKEN</code>.</p>\n"                   \
    "</html>\n"

static const char page[] = PAGE("");
static const char page_once_more[] = PAGE("<meta http-equiv=\"refresh\" content=\"0\">\n");

/* A person's browser asks for a page. */
static int wants_page(const struct http_request *request)
{
    const char *accept = http_header(request, "Accept");
    return request->method == HTTP_GET && accept != NULL && strstr(accept, "text/html") != NULL;
}

static int comes_from_elsewhere(const struct http_request *request)
{
    const char *site = http_header(request, "Sec-Fetch-Site");
    return site != NULL && (strcmp(site, "cross-site") == 0 || strcmp(site, "same-site") == 0);
}

static void refuse(struct http_request *request)
{
    http_reply_header(request, "WWW-Authenticate", "Bearer");
    if (!wants_page(request))
        http_reply_problem(request, 401,
                           "this server needs its token: send Authorization: Bearer TOKEN, or open "
                           "the link with ?token= once in a browser",
                           NULL);
    else if (comes_from_elsewhere(request))
        reply_still(request, 401, "text/html; charset=utf-8", page_once_more,
                    sizeof page_once_more - 1);
    else
        reply_still(request, 401, "text/html; charset=utf-8", page, sizeof page - 1);
}

static int is_open(const struct http_request *request)
{
    const char *open_path = request->server->config.open_path;
    return !request->server->access.is_closed ||
           (open_path != NULL && strcmp(request->target.path, open_path) == 0);
}

int access_admit(struct http_request *request)
{
    if (is_open(request))
        return 1;
    if (exchange_link(request))
        return 0;
    if (has_bearer(request) || has_cookie(request))
        return 1;
    refuse(request);
    return 0;
}
