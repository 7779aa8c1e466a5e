/* A comparison of two settings, start by start: is the difference more than luck? */
#ifndef CORE_EXPLAIN_SWEEP_COMPARISON_H
#define CORE_EXPLAIN_SWEEP_COMPARISON_H

#include "core/explain/sweep/summary.h"

enum { COMPARISON_STARTS_MIN = 20, COMPARISON_RESAMPLES = 2000, COMPARISON_SEED = 20261 };

/* Of d = loss of a - loss of b, over the starts where both ended with a finite loss. */
struct comparison {
    size_t n;
    size_t n_left_out;         /* starts where one of them diverged or has not ended */
    double mean, low, high;    /* its mean; 95 % of COMPARISON_RESAMPLES bootstrap means lie between
                                  (percentiles, drawn with COMPARISON_SEED) */
    double median, median_size; /* of d; of |d| */
    size_t n_above, n_below;   /* d > 0, d < 0 */
    double sign_p;             /* two-sided sign test; 1 if all d are 0; NaN without a start */
    double other_side;         /* share of the starts on the other side than most */
    int is_enough;             /* n >= COMPARISON_STARTS_MIN: otherwise there is no verdict */
    int is_significant;        /* enough, and the sign test's p is below 0.05; not by the mean, for
                                  a few collapsed runs outweigh all others there */
};

/* -1 with ERROR_MEMORY. */
int comparison_of(const struct sweep_table *table, size_t a, size_t b, struct comparison *out,
                  struct error *error);

#endif
