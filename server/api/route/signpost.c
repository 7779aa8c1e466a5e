/* Signposts: for whoever asks for a path that is not served.
 *
 * DESIGN: paths are compared segment by segment, without the "/api/v1" that is easily forgotten. A
 * segment too many or too few costs more than any slip, so the nearest is the one that goes the
 * same way furthest; the index, which has no segments, is behind all that goes any way at all. */
#include "server/api/route/signpost.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server/api/route/routes.h"
#include "server/base/spelling.h"

enum { SEGMENT_BYTES = 64, MISSING = 90, TOO_MANY = 100 };

/* Behind a segment that is `name` in any case, or `path` itself. */
static const char *skip(const char *path, const char *name)
{
    size_t n = strlen(name);
    int is_there = path[0] == '/' && strncasecmp(path + 1, name, n) == 0 &&
                   (path[n + 1] == '/' || path[n + 1] == '\0');
    return is_there ? path + 1 + n : path;
}

static const char *skip_version(const char *path)
{
    return skip(skip(path, "api"), "v1");
}

/* Copies the segment at *path, which begins with "/", in small letters and moves on; 0 at the
 * end. One too long for it is cut: it is like none. */
static int take_segment(const char **path, char out[SEGMENT_BYTES])
{
    size_t n = 0;
    if (**path == '\0')
        return 0;
    for ((*path)++; **path != '/' && **path != '\0'; (*path)++)
        if (n < SEGMENT_BYTES - 1)
            out[n++] = (char)tolower((unsigned char)**path);
    out[n] = '\0';
    return 1;
}

/* SIZE_MAX when they are not alike. */
static size_t segment_distance(const char *pattern, const char *segment)
{
    if (pattern[0] == '{')
        return segment[0] == '\0' ? 1 : 0;
    size_t distance = spelling_distance(pattern, segment);
    return distance > spelling_slips(pattern) ? SIZE_MAX : distance;
}

static size_t path_distance(const char *pattern, const char *path)
{
    char ours[SEGMENT_BYTES], theirs[SEGMENT_BYTES];
    size_t sum = 0;
    for (;;) {
        int is_ours = take_segment(&pattern, ours), is_theirs = take_segment(&path, theirs);
        if (!is_ours && !is_theirs)
            return sum;
        size_t distance = is_ours && is_theirs ? segment_distance(ours, theirs)
                          : is_ours            ? MISSING
                          : theirs[0] == '\0'  ? 1
                                               : TOO_MANY;
        if (distance == SIZE_MAX)
            return SIZE_MAX;
        sum += distance;
    }
}

void signpost_reply(struct http_request *request)
{
    const char *path = skip_version(http_path(request)), *best = NULL;
    size_t best_distance = SIZE_MAX;
    int has_segments = strlen(path) > 1;
    for (const struct route *route = route_table; has_segments && route->pattern != NULL; route++) {
        const char *pattern = skip_version(route->pattern);
        size_t distance = path_distance(pattern, path);
        if (*pattern != '\0' && distance < best_distance) {
            best = route->pattern;
            best_distance = distance;
        }
    }
    char detail[256];
    snprintf(detail, sizeof detail,
             best == NULL ? "nothing is served at this path; GET /api/v1 lists what is"
                          : "nothing is served at this path, did you mean %s? GET /api/v1 lists "
                            "what is",
             best);
    http_reply_problem(request, 404, detail, NULL);
}
