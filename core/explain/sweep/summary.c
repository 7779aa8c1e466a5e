/* Quantiles and counts of one setting's runs. */
#include "core/explain/sweep/summary.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/math/statistics.h"
#include "core/base/memory.h"

static const struct outcome *outcome_at(const struct sweep_table *table, size_t setting,
                                        size_t start)
{
    return &table->outcomes[setting * table->n_starts + start];
}

/* The losses of what has ended, into losses[n_starts], sorted; how many. */
static size_t take_losses(const struct sweep_table *table, size_t setting, const size_t *picks,
                          size_t n, double *losses)
{
    size_t n_taken = 0;
    for (size_t i = 0; i < n; i++) {
        const struct outcome *outcome = outcome_at(table, setting, picks == NULL ? i : picks[i]);
        if (outcome->has_ended)
            losses[n_taken++] = outcome->loss;
    }
    statistics_sort(losses, n_taken);
    return n_taken;
}

/* As statistics_quantile, also when the last ones are infinite. */
static double quantile(const double *sorted, size_t n, double share)
{
    double above = sorted[(size_t)ceil((double)(n - 1) * share)];
    return isfinite(above) ? statistics_quantile(sorted, n, share) : above;
}

double summary_median(const struct sweep_table *table, size_t setting, const size_t *picks,
                      size_t n, double *space)
{
    size_t n_taken = take_losses(table, setting, picks, n, space);
    return n_taken == 0 ? NAN : quantile(space, n_taken, 0.5);
}

int summary_of(const struct sweep_table *table, size_t setting, struct summary *out,
               struct error *error)
{
    *out = (struct summary){.q10 = NAN, .median = NAN, .q90 = NAN, .lowest = NAN, .mean = NAN};
    double *losses = memory_array(table->n_starts, sizeof *losses, error);
    if (losses == NULL)
        return -1;
    for (size_t i = 0; i < table->n_starts; i++)
        if (outcome_at(table, setting, i)->has_ended)
            out->fates[outcome_at(table, setting, i)->fate]++;
    out->n = take_losses(table, setting, NULL, table->n_starts, losses);
    if (out->n > 0) {
        out->q10 = quantile(losses, out->n, 0.1);
        out->median = quantile(losses, out->n, 0.5);
        out->q90 = quantile(losses, out->n, 0.9);
        out->lowest = losses[0];
        out->mean = statistics_mean(losses, out->n);
    }
    free(losses);
    return 0;
}
