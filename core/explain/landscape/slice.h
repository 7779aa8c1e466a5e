/* A slice: the loss along one parameter, exactly, as a piecewise quadratic.
 *
 * Of a network with one hidden layer of relu, leaky_relu or linear units, linear outputs and the
 * squared error: along one parameter every output is affine between the places where a unit
 * switches on a sample, so L = A t^2 + B t + C there, t being the parameter's value. */
#ifndef CORE_EXPLAIN_LANDSCAPE_SLICE_H
#define CORE_EXPLAIN_LANDSCAPE_SLICE_H

#include "core/explain/landscape/terrain.h"

/* Different inputs of the largest data set that is sliced: pieces times inputs are summed. */
enum { SLICE_POINTS_MAX = 4000 };

struct slice_piece {
    double from, to; /* t */
    double a, b, c;
};

struct slice {
    struct slice_piece *pieces; /* [n], side by side, owned */
    size_t n;
    double least_at, least; /* the lowest point in the range, in closed form */
};

/* Whether there is an exact slice of it; if not, why, in *out_why. */
int slice_is_exact(const struct terrain *terrain, const char **out_why);

/* Between from < to. -1 with ERROR_MEMORY. Clear it with slice_clear. */
int slice_init(struct slice *slice, const struct terrain *terrain, const double *parameters,
               size_t parameter, double from, double to, struct error *error);
void slice_clear(struct slice *slice);

#endif
