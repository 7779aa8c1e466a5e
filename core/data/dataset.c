/* A data set: samples in rows, features then targets, dense doubles. */
#include "core/data/dataset.h"

#include <stdlib.h>

#include "core/base/memory.h"

struct dataset *dataset_create(size_t n_samples, size_t n_features, size_t n_targets,
                               struct error *error)
{
    if (n_features > DATASET_COLUMNS_MAX || n_targets > DATASET_COLUMNS_MAX - n_features) {
        error_set(error, ERROR_TOO_LARGE,
                  "got %zu features and %zu targets, expected at most %d "
                  "columns",
                  n_features, n_targets, DATASET_COLUMNS_MAX);
        return NULL;
    }
    struct dataset *dataset = memory_array(1, sizeof *dataset, error);
    if (!dataset) {
        return NULL;
    }
    dataset->n_samples = n_samples;
    dataset->n_features = n_features;
    dataset->n_targets = n_targets;
    dataset->features = memory_array(n_samples, n_features * sizeof *dataset->features, error);
    dataset->targets = memory_array(n_samples, n_targets * sizeof *dataset->targets, error);
    dataset->names = memory_array(n_features + n_targets, sizeof *dataset->names, error);
    if (!dataset->features || !dataset->targets || !dataset->names) {
        dataset_destroy(dataset);
        return NULL;
    }
    return dataset;
}

void dataset_destroy(struct dataset *dataset)
{
    if (!dataset) {
        return;
    }
    free(dataset->classes);
    free(dataset->names);
    free(dataset->targets);
    free(dataset->features);
    free(dataset);
}

int dataset_add_classes(struct dataset *dataset, size_t n_classes, struct error *error)
{
    dataset->classes = memory_array(n_classes, sizeof *dataset->classes, error);
    if (!dataset->classes) {
        return -1;
    }
    dataset->n_classes = n_classes;
    return 0;
}
