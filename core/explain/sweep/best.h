/* The best settings of an axis: an interval, never one value. */
#ifndef CORE_EXPLAIN_SWEEP_BEST_H
#define CORE_EXPLAIN_SWEEP_BEST_H

#include "core/explain/sweep/summary.h"

enum { BEST_RESAMPLES = 1000, BEST_SEED = 20262 };

/* Settings stand in the order of their values along the axis. Indices are of settings. */
struct best {
    int is_found;       /* some setting has a finite median */
    size_t lowest;      /* the one with the lowest median, the first of equals */
    double median;      /* that median */
    size_t first, last; /* the settings around it, without a gap, within BEST_WITHIN of it */
    size_t low, high;   /* 95 % of the lowest of BEST_RESAMPLES bootstraps over the starts lie
                           between these (drawn with BEST_SEED) */
    int is_sure;        /* more than one start, and low and high at most one step apart */
};

#define BEST_WITHIN 0.05 /* of the lowest median: not worse by more than 5 % */

/* -1 with ERROR_MEMORY. */
int best_find(const struct sweep_table *table, struct best *out, struct error *error);

/* Where runs begin to collapse or diverge as the value grows, beside those that do at any value
 * because of their start. */
struct boundary {
    double baseline;      /* lowest share of collapsed runs of any setting: the starts' doing */
    int is_found;         /* the share of the others passes one half, and stays above */
    size_t below, above;  /* between these neighbours */
    double part;          /* how far from one to the other, 0..1, by the straight line */
};

void boundary_find(const struct sweep_table *table, struct boundary *out);

#endif
