/* Samples to learn from, to watch with, and to judge with. */
#include "core/data/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/rng.h"
#include "core/base/memory.h"

const char *part_name(enum part part)
{
    static const char *const names[PART_COUNT] = {"train", "validation", "test"};
    return names[part];
}

void split_sizes(const struct split *split, size_t n, size_t out_sizes[PART_COUNT])
{
    size_t n_validation = (size_t)floor(split->validation * (double)n + 0.5);
    size_t n_test = (size_t)floor(split->test * (double)n + 0.5);
    n_validation = n_validation < n ? n_validation : n;
    n_test = n_test < n - n_validation ? n_test : n - n_validation;
    out_sizes[PART_TRAIN] = n - n_validation - n_test;
    out_sizes[PART_VALIDATION] = n_validation;
    out_sizes[PART_TEST] = n_test;
}

unsigned char *split_assign(const struct split *split, size_t n, struct error *error)
{
    size_t sizes[PART_COUNT];
    unsigned char *parts = memory_array(n, sizeof *parts, error);
    uint32_t *order = memory_array(n, sizeof *order, error);
    if (!parts || !order) {
        free(parts);
        free(order);
        return NULL;
    }
    struct rng rng;
    rng_seed(&rng, split->seed);
    rng_permutation(&rng, order, n);
    split_sizes(split, n, sizes);
    size_t i = 0;
    for (int part = 0; part < PART_COUNT; part++) {
        for (size_t end = i + sizes[part]; i < end; i++) {
            parts[order[i]] = (unsigned char)part;
        }
    }
    free(order);
    return parts;
}

struct dataset *split_take(const struct dataset *whole, const unsigned char *parts, enum part part,
                           struct error *error)
{
    size_t n = 0, n_features = whole->n_features, n_targets = whole->n_targets;
    for (size_t i = 0; i < whole->n_samples; i++) {
        n += parts[i] == part;
    }
    struct dataset *taken = dataset_create(n, n_features, n_targets, error);
    if (!taken) {
        return NULL;
    }
    taken->rows = memory_array(n, sizeof *taken->rows, error);
    if (!taken->rows) {
        dataset_destroy(taken);
        return NULL;
    }
    if (whole->n_classes > 0) {
        if (dataset_add_classes(taken, whole->n_classes, error)) {
            dataset_destroy(taken);
            return NULL;
        }
        memcpy(taken->classes, whole->classes, whole->n_classes * sizeof *taken->classes);
    }
    memcpy(taken->names, whole->names, (n_features + n_targets) * sizeof *taken->names);
    double *features = taken->features, *targets = taken->targets;
    uint32_t *rows = taken->rows;
    for (size_t i = 0; i < whole->n_samples; i++) {
        if (parts[i] != part) {
            continue;
        }
        memcpy(features, whole->features + i * n_features, n_features * sizeof *features);
        memcpy(targets, whole->targets + i * n_targets, n_targets * sizeof *targets);
        features += n_features;
        targets += n_targets;
        *rows++ = (uint32_t)i;
    }
    return taken;
}
