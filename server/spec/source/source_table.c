/* A data set given as a table of numbers. */
#include "server/spec/source/source.h"

#include <stdio.h>
#include <string.h>

static struct shape shape_of(const json_t *dataset, struct library *library)
{
    (void)library;
    const json_t *rows = json_object_get(dataset, "rows");
    size_t n_columns = json_array_size(json_array_get(rows, 0));
    size_t n_targets = (size_t)json_integer_value(json_object_get(dataset, "n_targets"));
    n_targets = n_targets < n_columns ? n_targets : n_columns;
    return (struct shape){.n_samples = json_array_size(rows),
                          .n_features = n_columns - n_targets,
                          .n_targets = n_targets};
}

static void check_names(const json_t *names, size_t n_columns, struct faults *faults)
{
    struct place list = {&source_place, "names", 0};

    if (json_array_size(names) != n_columns)
        place_fault(&list, faults, "got a list of %zu, expected %zu names, one for each column",
                    json_array_size(names), n_columns);
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        struct place place = {&list, NULL, i};
        size_t k = 0;
        while (strcmp(name, json_string_value(json_array_get(names, k))) != 0)
            k++;
        if (k < i)
            place_fault(&place, faults, "got \"%s\" again, expected a name of its own", name);
    }
}

static void check(const json_t *dataset, struct library *library, struct faults *faults)
{
    (void)library;
    const json_t *rows = json_object_get(dataset, "rows");
    const json_t *names = json_object_get(dataset, "names");
    size_t n_columns = json_array_size(json_array_get(rows, 0));
    json_int_t n_targets = json_integer_value(json_object_get(dataset, "n_targets"));
    struct place list = {&source_place, "rows", 0};

    for (size_t i = 0; i < json_array_size(rows); i++) {
        size_t n = json_array_size(json_array_get(rows, i));
        struct place row = {&list, NULL, i};
        if (n != n_columns)
            place_fault(&row, faults, "got a list of %zu, expected %zu numbers as in the first row",
                        n, n_columns);
    }
    if (n_targets >= (json_int_t)n_columns)
        faults_add(faults, "/dataset/n_targets",
                   "got %lld, expected 1 to %zu, so that a feature is left", (long long)n_targets,
                   n_columns - 1);
    if (names != NULL)
        check_names(names, n_columns, faults);
}

/* The name of column k where the spec gives none: x1, x2, ..., then y or y1, y2, ... */
static void print_name(char out[DATASET_NAME_BYTES], const struct shape *shape, size_t k)
{
    if (k < shape->n_features)
        snprintf(out, DATASET_NAME_BYTES, "x%zu", k + 1);
    else if (shape->n_targets == 1)
        snprintf(out, DATASET_NAME_BYTES, "y");
    else
        snprintf(out, DATASET_NAME_BYTES, "y%zu", k - shape->n_features + 1);
}

static struct dataset *make(const json_t *dataset, struct library *library, struct error *error)
{
    const struct shape shape = shape_of(dataset, library);
    const json_t *rows = json_object_get(dataset, "rows");
    const json_t *names = json_object_get(dataset, "names");
    struct dataset *made =
        dataset_create(shape.n_samples, shape.n_features, shape.n_targets, error);

    if (made == NULL)
        return NULL;
    for (size_t k = 0; k < shape.n_features + shape.n_targets; k++) {
        const char *name = json_string_value(json_array_get(names, k));
        print_name(made->names[k], &shape, k);
        if (name != NULL)
            snprintf(made->names[k], DATASET_NAME_BYTES, "%s", name);
    }
    for (size_t i = 0; i < shape.n_samples; i++) {
        const json_t *row = json_array_get(rows, i);
        double *features = made->features + i * shape.n_features;
        double *targets = made->targets + i * shape.n_targets;
        for (size_t k = 0; k < shape.n_features; k++)
            features[k] = json_number_value(json_array_get(row, k));
        for (size_t k = 0; k < shape.n_targets; k++)
            targets[k] = json_number_value(json_array_get(row, shape.n_features + k));
    }
    return made;
}

const struct source source_table = {shape_of, check, make, NULL};
