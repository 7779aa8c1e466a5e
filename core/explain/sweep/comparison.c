/* Paired differences: their mean by bootstrap, their signs by the sign test. */
#include "core/explain/sweep/comparison.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/math/rng.h"
#include "core/base/math/statistics.h"
#include "core/base/memory.h"

/* Fills differences[n_starts] in the order of the starts; how many. */
static size_t take_differences(const struct sweep_table *table, size_t a, size_t b,
                               double *differences)
{
    size_t n = 0;
    for (size_t i = 0; i < table->n_starts; i++) {
        const struct outcome *of_a = &table->outcomes[a * table->n_starts + i];
        const struct outcome *of_b = &table->outcomes[b * table->n_starts + i];
        if (of_a->has_ended && of_b->has_ended && isfinite(of_a->loss) && isfinite(of_b->loss))
            differences[n++] = of_a->loss - of_b->loss;
    }
    return n;
}

/* means[COMPARISON_RESAMPLES] of n values drawn from values[n], sorted. */
static void resample(const double *values, size_t n, double *means)
{
    struct rng rng;
    rng_seed(&rng, COMPARISON_SEED);
    for (size_t k = 0; k < COMPARISON_RESAMPLES; k++) {
        double sum = 0.0;
        for (size_t i = 0; i < n; i++)
            sum += values[rng_randint(&rng, 0, (int64_t)n)];
        means[k] = sum / (double)n;
    }
    statistics_sort(means, COMPARISON_RESAMPLES);
}

static void count_sides(const double *differences, size_t n, struct comparison *out)
{
    for (size_t i = 0; i < n; i++) {
        out->n_above += differences[i] > 0.0;
        out->n_below += differences[i] < 0.0;
    }
    size_t fewer = out->n_above < out->n_below ? out->n_above : out->n_below;
    out->other_side = (double)fewer / (double)n;
    out->sign_p = statistics_sign_test((int64_t)out->n_above, (int64_t)out->n_below);
}

int comparison_of(const struct sweep_table *table, size_t a, size_t b, struct comparison *out,
                  struct error *error)
{
    *out = (struct comparison){.mean = NAN, .low = NAN, .high = NAN, .median = NAN,
                               .median_size = NAN, .sign_p = NAN, .other_side = NAN};
    double *differences = memory_array(table->n_starts, sizeof *differences, error);
    double *means = memory_array(COMPARISON_RESAMPLES, sizeof *means, error);
    int result = differences == NULL || means == NULL ? -1 : 0;
    if (result != 0)
        goto out;
    size_t n = out->n = take_differences(table, a, b, differences);
    out->n_left_out = table->n_starts - n;
    if (n == 0)
        goto out;
    resample(differences, n, means);
    out->mean = statistics_mean(differences, n);
    out->low = statistics_quantile(means, COMPARISON_RESAMPLES, 0.025);
    out->high = statistics_quantile(means, COMPARISON_RESAMPLES, 0.975);
    count_sides(differences, n, out);
    statistics_sort(differences, n);
    out->median = statistics_quantile(differences, n, 0.5);
    for (size_t i = 0; i < n; i++)
        differences[i] = fabs(differences[i]);
    statistics_sort(differences, n);
    out->median_size = statistics_quantile(differences, n, 0.5);
    out->is_enough = n >= COMPARISON_STARTS_MIN;
    out->is_significant = out->is_enough && out->sign_p < 0.05;
out:
    free(means);
    free(differences);
    return result;
}
