/* The lowest median, its neighbours that are as good, and how sure that is. */
#include "core/explain/sweep/best.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/rng.h"
#include "core/base/memory.h"

/* The setting with the lowest of medians[n], the first of equals; n if none is finite. */
static size_t lowest_of(const double *medians, size_t n)
{
    size_t lowest = n;
    for (size_t s = 0; s < n; s++)
        if (isfinite(medians[s]) && (lowest == n || medians[s] < medians[lowest]))
            lowest = s;
    return lowest;
}

static void find_medians(const struct sweep_table *table, const size_t *picks, double *space,
                         double *out_medians)
{
    for (size_t s = 0; s < table->n_settings; s++)
        out_medians[s] = summary_median(table, s, picks, table->n_starts, space);
}

/* Widens out->first..last as far as the medians are within reach of the lowest. */
static void find_interval(const double *medians, size_t n, struct best *out)
{
    double reach = medians[out->lowest] + BEST_WITHIN * fabs(medians[out->lowest]);
    out->median = medians[out->lowest];
    out->first = out->last = out->lowest;
    while (out->first > 0 && medians[out->first - 1] <= reach)
        out->first--;
    while (out->last + 1 < n && medians[out->last + 1] <= reach)
        out->last++;
}

/* Counts in hits[n_settings] how often each is the lowest of a resample of the starts. */
static void count_lowest(const struct sweep_table *table, size_t *picks, double *space,
                         double *medians, size_t *hits)
{
    struct rng rng;
    rng_seed(&rng, BEST_SEED);
    for (int k = 0; k < BEST_RESAMPLES; k++) {
        for (size_t i = 0; i < table->n_starts; i++)
            picks[i] = (size_t)rng_randint(&rng, 0, (int64_t)table->n_starts);
        find_medians(table, picks, space, medians);
        size_t lowest = lowest_of(medians, table->n_settings);
        if (lowest < table->n_settings)
            hits[lowest]++;
    }
}

/* The settings that leave out 2.5 % of all hits on either side. */
static void find_sure(const size_t *hits, size_t n, struct best *out)
{
    size_t n_hits = 0, before = 0;
    for (size_t s = 0; s < n; s++)
        n_hits += hits[s];
    out->low = n;
    for (size_t s = 0; s < n; s++) {
        before += hits[s];
        if (out->low == n && (double)before > 0.025 * (double)n_hits)
            out->low = s;
        if ((double)before >= 0.975 * (double)n_hits) {
            out->high = s;
            return;
        }
    }
}

int best_find(const struct sweep_table *table, struct best *out, struct error *error)
{
    size_t n = table->n_settings, *picks = NULL, *hits = NULL;
    double *medians = NULL, *space = NULL;
    int result = -1;
    memset(out, 0, sizeof *out);
    picks = memory_array(table->n_starts, sizeof *picks, error);
    hits = memory_array(n, sizeof *hits, error);
    medians = memory_array(n, sizeof *medians, error);
    space = memory_array(table->n_starts, sizeof *space, error);
    if (picks == NULL || hits == NULL || medians == NULL || space == NULL)
        goto out;
    result = 0;
    find_medians(table, NULL, space, medians);
    out->lowest = lowest_of(medians, n);
    out->is_found = out->lowest < n;
    if (!out->is_found)
        goto out;
    find_interval(medians, n, out);
    count_lowest(table, picks, space, medians, hits);
    find_sure(hits, n, out);
    out->is_sure = table->n_starts > 1 && out->high - out->low <= 1;
out:
    free(space);
    free(medians);
    free(hits);
    free(picks);
    return result;
}

/* Share of a setting's ended runs that collapsed or diverged; NaN if none has ended. */
static double failed_share(const struct sweep_table *table, size_t setting)
{
    size_t n = 0, n_failed = 0;
    for (size_t i = 0; i < table->n_starts; i++) {
        const struct outcome *outcome = &table->outcomes[setting * table->n_starts + i];
        n += outcome->has_ended != 0;
        n_failed += outcome->has_ended &&
                    (outcome->fate == FATE_COLLAPSED || outcome->fate == FATE_DIVERGED);
    }
    return n == 0 ? NAN : (double)n_failed / (double)n;
}

void boundary_find(const struct sweep_table *table, struct boundary *out)
{
    memset(out, 0, sizeof *out);
    out->baseline = 1.0;
    for (size_t s = 0; s < table->n_settings; s++)
        out->baseline = fmin(out->baseline, failed_share(table, s));
    double half = out->baseline + 0.5 * (1.0 - out->baseline);
    for (size_t s = table->n_settings; s-- > 1 && failed_share(table, s) >= half;) {
        double before = failed_share(table, s - 1), after = failed_share(table, s);
        if (before < half) {
            out->is_found = 1;
            out->below = s - 1;
            out->above = s;
            out->part = (half - before) / (after - before);
        }
    }
}
