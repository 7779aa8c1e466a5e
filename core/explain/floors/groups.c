/* Samples with the same inputs. */
#include "core/explain/floors/groups.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/data/distinct.h"
#include "core/explain/floors/constant.h"

int groups_find(struct groups *groups, const struct dataset *dataset, struct error *error)
{
    size_t n = dataset->n_samples;
    *groups = (struct groups){0};
    groups->of = memory_array(n, sizeof *groups->of, error);
    groups->counts = memory_array(n, sizeof *groups->counts, error);
    groups->first = memory_array(n, sizeof *groups->first, error);
    if (!groups->of || !groups->counts || !groups->first ||
        distinct_rows(dataset->features, n, dataset->n_features, groups->of, groups->first,
                      &groups->n, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        groups->counts[groups->of[i]]++;
    }
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
