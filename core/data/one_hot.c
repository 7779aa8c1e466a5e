/* Classes as targets. */
#include "core/data/one_hot.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

static int is_plain(const char *text)
{
    static const char characters[] = "0123456789_"
                                     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return text[0] != '\0' && text[strspn(text, characters)] == '\0';
}

/* "species_setosa", or "species_0", the column's name cut where it must be. */
static void name_column(char out[DATASET_NAME_BYTES], const char *column, size_t class_index,
                        const char *class_name)
{
    char number[24];
    size_t n_column = strlen(column);
    size_t n_left = DATASET_NAME_BYTES - 2 - n_column; /* n_column is at most its bytes - 1 */
    if (class_name && is_plain(class_name) && n_column + 1 < DATASET_NAME_BYTES &&
        strlen(class_name) <= n_left) {
        snprintf(out, DATASET_NAME_BYTES, "%.*s_%.*s", (int)n_column, column, (int)n_left,
                 class_name);
        return;
    }
    int n_number = snprintf(number, sizeof number, "_%zu", class_index);
    size_t n_most = (size_t)(DATASET_NAME_BYTES - 1 - n_number);
    snprintf(out, DATASET_NAME_BYTES, "%.*s%s", (int)(n_column < n_most ? n_column : n_most),
             column, number);
}

int one_hot_targets(struct dataset *dataset, size_t n_classes, const char *const *class_names,
                    struct error *error)
{
    assert(dataset->n_targets == 1);
    size_t n_features = dataset->n_features;
    if (n_classes > DATASET_COLUMNS_MAX - n_features) {
        return error_set(error, ERROR_TOO_LARGE,
                         "got %zu features and %zu classes, expected at most %d columns",
                         n_features, n_classes, DATASET_COLUMNS_MAX);
    }
    double *targets = memory_array(dataset->n_samples, n_classes * sizeof *targets, error);
    char(*names)[DATASET_NAME_BYTES] = memory_array(n_features + n_classes, sizeof *names, error);
    if (!targets || !names) {
        free(targets);
        free(names);
        return -1;
    }
    for (size_t i = 0; i < dataset->n_samples; i++) {
        assert(dataset->targets[i] >= 0 && dataset->targets[i] < (double)n_classes);
        targets[i * n_classes + (size_t)dataset->targets[i]] = 1.0;
    }
    memcpy(names, dataset->names, n_features * sizeof *names);
    for (size_t k = 0; k < n_classes; k++) {
        name_column(names[n_features + k], dataset->names[n_features], k,
                    class_names ? class_names[k] : NULL);
    }
    free(dataset->targets);
    free(dataset->names);
    dataset->targets = targets;
    dataset->names = names;
    dataset->n_targets = n_classes;
    return 0;
}
