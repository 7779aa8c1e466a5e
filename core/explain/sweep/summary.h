/* The summary of a setting: what its runs came to, over all their starts. */
#ifndef CORE_EXPLAIN_SWEEP_SUMMARY_H
#define CORE_EXPLAIN_SWEEP_SUMMARY_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/explain/sweep/fate.h"

/* What one run of a sweep came to. */
struct outcome {
    int has_ended; /* 0: not yet, or cancelled; then the rest says nothing */
    double loss;   /* of its last parameters; infinite if it diverged */
    enum fate fate;
};

/* Every setting with every start: outcomes[n_settings][n_starts]. The same start number means the
 * same start values, data and order, so that settings can be compared start by start. */
struct sweep_table {
    size_t n_settings, n_starts;
    const struct outcome *outcomes;
};

struct summary {
    size_t n; /* runs that have ended */
    double q10, median, q90, lowest, mean; /* of their losses; those that diverged count as
                                              infinite; NaN if n is 0 */
    size_t fates[FATE_COUNT];
};

/* Quantiles as NumPy's default: linear between the ordered losses. -1 with ERROR_MEMORY. */
int summary_of(const struct sweep_table *table, size_t setting, struct summary *out,
               struct error *error);

/* The median loss of a setting over the starts picks[n], any of them several times; `space` has n
 * doubles. */
double summary_median(const struct sweep_table *table, size_t setting, const size_t *picks,
                      size_t n, double *space);

#endif
