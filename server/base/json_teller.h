/* A teller (core/base/teller.h) whose values become JSON. */
#ifndef SERVER_BASE_JSON_TELLER_H
#define SERVER_BASE_JSON_TELLER_H

#include <jansson.h>

#include "core/base/teller.h"

enum { JSON_TELLER_DEPTH_MAX = 16 };

struct json_teller {
    struct teller teller; /* hand this on */
    json_t *open[JSON_TELLER_DEPTH_MAX]; /* owned; the outermost first */
    const char *names[JSON_TELLER_DEPTH_MAX]; /* borrowed until its tell_end; NULL in a list */
    int depth;
    int has_failed;
};

/* Ready to be told the members of one object. */
void json_teller_init(struct json_teller *teller);

/* What was told, a new reference; NULL if memory did not suffice or an object or list was left
 * open. To be called once, in any case. A number that is not finite is null. */
json_t *json_teller_take(struct json_teller *teller);

#endif
