/* A data set: samples in rows, features then targets, dense doubles. */
#include "core/data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    free(dataset->rows);
    free(dataset->classes);
    free(dataset->names);
    free(dataset->targets);
    free(dataset->features);
    free(dataset);
}

size_t dataset_row(const struct dataset *dataset, size_t sample)
{
    return dataset->rows ? dataset->rows[sample] : sample;
}

static int is_taken(const struct dataset *dataset, size_t column, const char *name)
{
    size_t k = 0;
    while (k < column && strcmp(dataset->names[k], name) != 0) {
        k++;
    }
    return k < column;
}

void dataset_distinguish(struct dataset *dataset)
{
    char name[DATASET_NAME_BYTES], number[24];
    for (size_t k = 0; k < dataset->n_features + dataset->n_targets; k++) {
        memcpy(name, dataset->names[k], sizeof name);
        for (size_t n = 2; is_taken(dataset, k, name); n++) {
            int n_number = snprintf(number, sizeof number, "_%zu", n);
            snprintf(name, sizeof name, "%.*s%s", DATASET_NAME_BYTES - 1 - n_number,
                     dataset->names[k], number);
        }
        memcpy(dataset->names[k], name, sizeof name);
    }
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
