/* Axes: the directions a landscape is asked for along, found from a query. */
#ifndef SERVER_API_EXPLAIN_AXES_H
#define SERVER_API_EXPLAIN_AXES_H

#include "server/api/explain/look.h"

enum { AXES_PATH_POINTS = 65 };

struct axes {
    const char *kind;
    int n;               /* 1 or 2 */
    double *origin;      /* [n_parameters] */
    double *directions[2]; /* [n_parameters] */
    double from[2], to[2];
    double here[2];      /* where the run's parameters stand; NaN: not in this plane */
    char names[2][96];
    long parameter;      /* of a single parameter's line, else -1 */
    /* of kind path: */
    size_t n_path;
    int64_t path_epochs[AXES_PATH_POINTS];
    double path[AXES_PATH_POINTS][2]; /* along the two directions */
    double shares[2];                 /* of the path's squared distances */
};

/* From ?kind=, ?x=, ?y= and ?span= of the look's request. -1 with ERROR_INVALID, ERROR_TOO_LARGE,
 * ERROR_NOT_FOUND, ERROR_MEMORY or what a replay may say. Clear it in any case. */
int axes_find(struct axes *axes, struct look *look, struct error *error);
void axes_clear(struct axes *axes);

#endif
