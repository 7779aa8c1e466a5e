/* Samples with the same inputs.
 *
 * DESIGN. A hash table of group numbers, open and half empty, keyed by the samples' inputs: time
 * and memory O(n_samples), which a sort's would not be. */
#include "core/explain/floors/groups.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/floors/constant.h"

static const double *inputs_of(const struct dataset *dataset, size_t sample)
{
    return dataset->features + sample * dataset->n_features;
}

static size_t hash(const double *inputs, size_t n)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++) {
        double value = inputs[i] + 0.0; /* -0.0 becomes 0.0 */
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        sum = (sum ^ bits) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
    }
    return (size_t)sum;
}

static int same(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i] != b[i]) {
            return 0;
        }
    }
    return 1;
}

/* The sample's group, a new one if it is the first of its kind. table: [mask + 1], group number
 * plus 1 or 0. */
static size_t group_of(struct groups *groups, const struct dataset *dataset, size_t sample,
                       size_t *table, size_t mask)
{
    const double *inputs = inputs_of(dataset, sample);
    size_t at = hash(inputs, dataset->n_features) & mask;
    while (table[at] != 0) {
        size_t group = table[at] - 1;
        if (same(inputs, inputs_of(dataset, groups->first[group]), dataset->n_features)) {
            return group;
        }
        at = (at + 1) & mask;
    }
    table[at] = groups->n + 1;
    groups->first[groups->n] = sample;
    return groups->n++;
}

int groups_find(struct groups *groups, const struct dataset *dataset, struct error *error)
{
    size_t n = dataset->n_samples, size = 4;
    while (size < 2 * n) {
        size *= 2;
    }
    *groups = (struct groups){0};
    groups->of = memory_array(n, sizeof *groups->of, error);
    groups->counts = memory_array(n, sizeof *groups->counts, error);
    groups->first = memory_array(n, sizeof *groups->first, error);
    size_t *table = memory_array(size, sizeof *table, error);
    if (!groups->of || !groups->counts || !groups->first || !table) {
        free(table);
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        groups->of[i] = group_of(groups, dataset, i, table, size - 1);
        groups->counts[groups->of[i]]++;
    }
    free(table);
    return 0;
}

void groups_clear(struct groups *groups)
{
    free(groups->of);
    free(groups->counts);
    free(groups->first);
    *groups = (struct groups){0};
}

void groups_means(const struct groups *groups, const struct dataset *dataset, double *out_means)
{
    size_t n_targets = dataset->n_targets;
    memset(out_means, 0, groups->n * n_targets * sizeof *out_means);
    for (size_t i = 0; i < dataset->n_samples; i++) {
        for (size_t j = 0; j < n_targets; j++) {
            out_means[groups->of[i] * n_targets + j] += dataset->targets[i * n_targets + j];
        }
    }
    for (size_t g = 0; g < groups->n; g++) {
        for (size_t j = 0; j < n_targets; j++) {
            out_means[g * n_targets + j] /= (double)groups->counts[g];
        }
    }
}

int groups_loss(const struct groups *groups, const struct dataset *dataset, enum loss loss,
                double *out_loss, struct error *error)
{
    size_t n = dataset->n_samples, n_targets = dataset->n_targets;
    size_t *ends = memory_array(groups->n, sizeof *ends, error);
    double *values = memory_array(n, sizeof *values, error);
    double sum = 0.0;
    int result = -1;
    if (!ends || !values) {
        goto out;
    }
    for (size_t j = 0; j < n_targets; j++) {
        size_t at = 0;
        for (size_t g = 0; g < groups->n; g++) {
            ends[g] = at;
            at += groups->counts[g];
        }
        for (size_t i = 0; i < n; i++) {
            values[ends[groups->of[i]]++] = dataset->targets[i * n_targets + j];
        }
        for (size_t g = 0; g < groups->n; g++) {
            double *own = values + ends[g] - groups->counts[g];
            sum += constant_sum(loss, own, groups->counts[g]);
        }
    }
    *out_loss = sum / (double)n / (loss_is_mean(loss) ? (double)n_targets : 1.0);
    result = 0;
out:
    free(ends);
    free(values);
    return result;
}
