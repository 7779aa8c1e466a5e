/* Standardised columns. */
#include "core/data/scaling.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/data/split.h"

/* One column of a data set, and which samples count. */
struct column {
    const double *values; /* the first sample's */
    size_t stride;
    size_t n_samples;
    const unsigned char *parts;
};

void scaling_destroy(struct scaling *scaling)
{
    if (!scaling) {
        return;
    }
    free(scaling->mean);
    free(scaling->sd);
    free(scaling);
}

static int is_used(const struct column *column, size_t sample)
{
    return !column->parts || column->parts[sample] == PART_TRAIN;
}

/* Mean and standard deviation over the samples used. */
static void fit_column(const struct column *column, double *out_mean, double *out_sd)
{
    size_t n = 0;
    double sum = 0.0, squares = 0.0, first = 0.0;
    int is_constant = 1;
    for (size_t i = 0; i < column->n_samples; i++) {
        double x = column->values[i * column->stride];
        if (!is_used(column, i)) {
            continue;
        }
        first = n == 0 ? x : first;
        is_constant &= x == first;
        sum += x;
        n++;
    }
    double mean = sum / (double)n;
    for (size_t i = 0; i < column->n_samples; i++) {
        double difference = column->values[i * column->stride] - mean;
        squares += is_used(column, i) ? difference * difference : 0.0;
    }
    *out_mean = is_constant ? first : mean;
    *out_sd = is_constant ? 1.0 : sqrt(squares / (double)n);
}

/* Whether every sample's scaled value is a number, those not used for the fit too. */
static int is_scalable(const struct column *column, double mean, double sd)
{
    for (size_t i = 0; i < column->n_samples; i++) {
        if (!isfinite((column->values[i * column->stride] - mean) / sd)) {
            return 0;
        }
    }
    return 1;
}

static struct scaling *scaling_create(size_t n_columns, struct error *error)
{
    struct scaling *scaling = memory_array(1, sizeof *scaling, error);
    if (!scaling) {
        return NULL;
    }
    scaling->n_columns = n_columns;
    scaling->mean = memory_array(n_columns, sizeof *scaling->mean, error);
    scaling->sd = memory_array(n_columns, sizeof *scaling->sd, error);
    if (!scaling->mean || !scaling->sd) {
        scaling_destroy(scaling);
        return NULL;
    }
    return scaling;
}

struct scaling *scaling_fit(const struct dataset *dataset, enum scaling_of of,
                            const unsigned char *parts, struct error *error)
{
    int is_target = of == SCALING_TARGETS;
    size_t n = is_target ? dataset->n_targets : dataset->n_features;
    struct scaling *scaling = scaling_create(n, error);
    for (size_t k = 0; k < n && scaling; k++) {
        const struct column column = {(is_target ? dataset->targets : dataset->features) + k, n,
                                      dataset->n_samples, parts};
        fit_column(&column, &scaling->mean[k], &scaling->sd[k]);
        if (!is_scalable(&column, scaling->mean[k], scaling->sd[k])) {
            error_set(error, ERROR_INVALID,
                      "%s %s cannot be standardised: its values are too large or too close "
                      "together",
                      is_target ? "target" : "feature",
                      dataset->names[is_target ? dataset->n_features + k : k]);
            scaling_destroy(scaling);
            scaling = NULL;
        }
    }
    return scaling;
}

void scaling_apply(const struct scaling *scaling, double *rows, size_t n_rows)
{
    size_t n = scaling ? scaling->n_columns : 0;
    for (size_t i = 0; i < n_rows * n; i++) {
        rows[i] = (rows[i] - scaling->mean[i % n]) / scaling->sd[i % n];
    }
}

void scaling_undo(const struct scaling *scaling, double *rows, size_t n_rows)
{
    size_t n = scaling ? scaling->n_columns : 0;
    for (size_t i = 0; i < n_rows * n; i++) {
        rows[i] = rows[i] * scaling->sd[i % n] + scaling->mean[i % n];
    }
}
