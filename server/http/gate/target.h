/* The target of a request line, "/path?name=value", taken apart and decoded once. Private. */
#ifndef SERVER_HTTP_GATE_TARGET_H
#define SERVER_HTTP_GATE_TARGET_H

#include <stddef.h>

/* More is refused: libmicrohttpd keeps a line for each argument, and falls silent when its memory
 * for them runs out. */
enum { TARGET_BYTES_MAX = 4096, TARGET_ARGUMENTS_MAX = 64 };

/* What a request line aims at. Everything points into the bytes given to target_parse. */
struct target {
    const char *path;  /* decoded, begins with "/" ("*" alone for OPTIONS *); "" when faulty */
    const char *query; /* decoded "name\0value\0name\0value\0" */
    size_t query_bytes;
    int n_arguments;       /* as libmicrohttpd counts them: one more than '&' */
    size_t raw_bytes;      /* of the whole target */
    size_t raw_path_bytes; /* how much of the raw target is path (with an authority before it) */
    const char *authority; /* of the absolute form "http://host:port/path", in `raw`; or NULL */
    size_t authority_bytes;
    const char *fault; /* NULL, or what is wrong with it: a sentence for the reply */
};

/* How many bytes target_parse writes at most for a target of n_raw bytes. */
size_t target_room(size_t n_raw);

/* Takes the NUL-terminated `raw` apart; decoded parts go to `room` [target_room(strlen(raw))].
 * Anything a later reader could take for something else is a fault: characters outside visible
 * ASCII, '#', broken or NUL escapes, control characters in the path. '+' in a query is a space. */
void target_parse(struct target *target, const char *raw, char *room);

/* The value of the first argument `name`, or NULL. */
const char *target_query(const struct target *target, const char *name);

/* The name of the n-th argument, counted from 0; NULL behind the last. */
const char *target_query_name(const struct target *target, int n);

#endif
