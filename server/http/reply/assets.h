/* The page, compiled into the binary: path, type, bytes, strong ETag. */
#ifndef SERVER_HTTP_REPLY_ASSETS_H
#define SERVER_HTTP_REPLY_ASSETS_H

#include <stddef.h>

struct http_request;

/* One file of static/, made into build/assets.c by the Makefile. */
struct asset {
    const char *path;         /* "/main.js"; "/" for index.html */
    const char *content_type;
    const char *etag;         /* quoted */
    const unsigned char *bytes;
    size_t n_bytes;
    const unsigned char *gzip; /* the same, compressed; NULL when not worth it */
    size_t n_gzip_bytes;
};

/* Generated; ends with a path of NULL. */
extern const struct asset assets[];

/* Answers a GET of an asset (200 with security headers, or 304) and returns 1; 0 when the path is
 * none of them. No path ever reaches the file system. */
int assets_reply(struct http_request *request);

#endif
