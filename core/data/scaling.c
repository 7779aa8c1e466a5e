/* Standardised features. */
#include "core/data/scaling.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/data/split.h"

void scaling_destroy(struct scaling *scaling)
{
    if (!scaling) {
        return;
    }
    free(scaling->mean);
    free(scaling->sd);
    free(scaling);
}

static int is_used(const unsigned char *parts, size_t sample)
{
    return !parts || parts[sample] == PART_TRAIN;
}

/* One feature's mean and standard deviation over the samples used. */
static void fit_feature(const struct dataset *dataset, const unsigned char *parts, size_t k,
                        double *out_mean, double *out_sd)
{
    size_t n = 0, n_features = dataset->n_features;
    double sum = 0.0, squares = 0.0, first = 0.0;
    int is_constant = 1;
    for (size_t i = 0; i < dataset->n_samples; i++) {
        double x = dataset->features[i * n_features + k];
        if (!is_used(parts, i)) {
            continue;
        }
        first = n == 0 ? x : first;
        is_constant &= x == first;
        sum += x;
        n++;
    }
    double mean = sum / (double)n;
    for (size_t i = 0; i < dataset->n_samples; i++) {
        double difference = dataset->features[i * n_features + k] - mean;
        squares += is_used(parts, i) ? difference * difference : 0.0;
    }
    *out_mean = is_constant ? first : mean;
    *out_sd = is_constant ? 1.0 : sqrt(squares / (double)n);
}

/* Whether every sample's scaled value is a number, those not used for the fit too. */
static int is_scalable(const struct dataset *dataset, size_t k, double mean, double sd)
{
    for (size_t i = 0; i < dataset->n_samples; i++) {
        if (!isfinite((dataset->features[i * dataset->n_features + k] - mean) / sd)) {
            return 0;
        }
    }
    return 1;
}

struct scaling *scaling_fit(const struct dataset *dataset, const unsigned char *parts,
                            struct error *error)
{
    struct scaling *scaling = memory_array(1, sizeof *scaling, error);
    if (!scaling) {
        return NULL;
    }
    scaling->n_features = dataset->n_features;
    scaling->mean = memory_array(dataset->n_features, sizeof *scaling->mean, error);
    scaling->sd = memory_array(dataset->n_features, sizeof *scaling->sd, error);
    int failed = !scaling->mean || !scaling->sd;
    for (size_t k = 0; k < dataset->n_features && !failed; k++) {
        fit_feature(dataset, parts, k, &scaling->mean[k], &scaling->sd[k]);
        if (!is_scalable(dataset, k, scaling->mean[k], scaling->sd[k])) {
            error_set(error, ERROR_INVALID,
                      "feature %s cannot be standardised: its values are too large or too close "
                      "together",
                      dataset->names[k]);
            failed = 1;
        }
    }
    if (failed) {
        scaling_destroy(scaling);
        return NULL;
    }
    return scaling;
}

void scaling_apply(const struct scaling *scaling, double *rows, size_t n_rows)
{
    if (!scaling) {
        return;
    }
    size_t n_features = scaling->n_features;
    for (size_t i = 0; i < n_rows; i++) {
        for (size_t k = 0; k < n_features; k++) {
            double *x = &rows[i * n_features + k];
            *x = (*x - scaling->mean[k]) / scaling->sd[k];
        }
    }
}
