/* Parameters: what a query may hold under a name. Private to server/api. */
#ifndef SERVER_API_ROUTE_PARAMETER_H
#define SERVER_API_ROUTE_PARAMETER_H

#include <stdint.h>

#include "core/base/error.h"

enum parameter_type {
    PARAMETER_INTEGER,
    PARAMETER_EPOCH,  /* an integer, or "best" */
    PARAMETER_NUMBER, /* more than the minimum */
    PARAMETER_FLAG,   /* true or false; by itself true */
    PARAMETER_CHOICE,
    PARAMETER_TEXT /* its handler knows */
};

/* A row: the handlers check by it, and the OpenAPI document tells it. */
struct parameter {
    const char *name;
    enum parameter_type type;
    int64_t minimum, maximum; /* of integers, epochs and numbers */
    const char *fallback;     /* what leaving it out says; NULL: see the description */
    const char *choices;      /* "json|csv|ndjson" */
    const char *pattern;      /* of a text, as far as a pattern can say: ECMA 262; or NULL */
    int is_required;
    const char *description;
};

/* The texts given for a parameter, read. 0; or -1 with ERROR_INVALID, which names the parameter,
 * what was given and what is allowed: an integer within the row's limits and low..high; a number
 * within the row's; the place of a word among the choices. */
int parameter_integer(const struct parameter *parameter, const char *text, int64_t low,
                      int64_t high, int64_t *out, struct error *error);
int parameter_number(const struct parameter *parameter, const char *text, double *out,
                     struct error *error);
int parameter_choice(const struct parameter *parameter, const char *text, int *out,
                     struct error *error);

#endif
