/* The page: found in the compiled-in table, never on disk. */
#include "server/http/reply/assets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/http/http.h"
#include "server/http/reply/reply.h"

enum { ETAG_BYTES = 96 };

static const struct asset *find(const char *path)
{
    for (const struct asset *asset = assets; asset->path != NULL; asset++)
        if (strcmp(asset->path, path) == 0)
            return asset;
    return NULL;
}

/* The weight of `coding` in an Accept-Encoding list; -1 when it is not named. */
static double weight(const char *list, const char *coding)
{
    size_t n_coding = strlen(coding);
    while (list != NULL && *list != '\0') {
        list += strspn(list, " \t,");
        size_t n_item = strcspn(list, ",");
        size_t n_name = strcspn(list, ",; \t");
        if (n_name == n_coding && strncasecmp(list, coding, n_coding) == 0) {
            const char *q = memchr(list, '=', n_item);
            return q == NULL ? 1.0 : strtod(q + 1, NULL);
        }
        list += n_item;
    }
    return -1.0;
}

static int takes_gzip(const struct http_request *request)
{
    const char *accepted = http_header(request, "Accept-Encoding");
    double gzip = weight(accepted, "gzip");
    return gzip >= 0.0 ? gzip > 0.0 : weight(accepted, "*") > 0.0;
}

int assets_reply(struct http_request *request)
{
    const struct asset *asset = find(http_path(request));
    if (asset == NULL)
        return 0;
    http_name_route(request, "/{asset}");
    if (http_method(request) != HTTP_GET) {
        http_allow(request, "GET, HEAD, OPTIONS");
        return 1;
    }
    char etag[ETAG_BYTES];
    int is_gzip = asset->gzip != NULL && takes_gzip(request);
    /* Each coding is a representation of its own and so has a tag of its own. */
    snprintf(etag, sizeof etag, "%.*s%s\"", (int)strlen(asset->etag) - 1, asset->etag,
             is_gzip ? "-gzip" : "");
    http_reply_header(request, "ETag", etag);
    http_reply_header(request, "Cache-Control", "no-cache");
    if (asset->gzip != NULL)
        http_reply_header(request, "Vary", "Accept-Encoding");
    if (is_gzip)
        http_reply_header(request, "Content-Encoding", "gzip");
    reply_still(request, reply_is_known(request, etag) ? 304 : 200, asset->content_type,
                is_gzip ? asset->gzip : asset->bytes,
                is_gzip ? asset->n_gzip_bytes : asset->n_bytes);
    return 1;
}
