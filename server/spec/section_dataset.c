/* /dataset: formulas to a recipe, rows to a table. */
#include "server/spec/sections.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/data/formula.h"
#include "core/data/generate.h"
#include "server/spec/options.h"
#include "server/spec/place.h"

static const struct place dataset_place = {NULL, "dataset", 0};

static int is_table(const json_t *dataset)
{
    return strcmp(json_string_value(json_object_get(dataset, "kind")), "table") == 0;
}

struct shape section_shape(const json_t *dataset)
{
    const json_t *rows = json_object_get(dataset, "rows");
    const json_t *targets = json_object_get(dataset, "targets");

    if (is_table(dataset)) {
        size_t n_columns = json_array_size(json_array_get(rows, 0));
        size_t n_targets = (size_t)json_integer_value(json_object_get(dataset, "n_targets"));
        n_targets = n_targets < n_columns ? n_targets : n_columns;
        return (struct shape){json_array_size(rows), n_columns - n_targets, n_targets};
    }
    return (struct shape){(size_t)json_integer_value(json_object_get(dataset, "samples")),
                          json_object_size(json_object_get(dataset, "features")),
                          targets != NULL ? json_object_size(targets) : 1};
}

/* --- formulas ------------------------------------------------------------------------------ */

/* Turns the spec into a recipe that borrows its texts; `columns` has room for all of them. */
static void read_recipe(const json_t *dataset, struct generate_column *columns,
                        struct generate_recipe *out)
{
    const struct shape shape = section_shape(dataset);
    const char *draws = json_string_value(json_object_get(dataset, "draws"));
    const json_t *maps[] = {json_object_get(dataset, "features"),
                            json_object_get(dataset, "targets")};
    struct generate_column *column = columns;

    for (int i = 0; i < 2; i++)
        for (void *at = json_object_iter((json_t *)maps[i]); at != NULL;
             at = json_object_iter_next((json_t *)maps[i], at))
            *column++ = (struct generate_column){json_object_iter_key(at),
                                                 json_string_value(json_object_iter_value(at))};
    if (maps[1] == NULL)
        *column = (struct generate_column){"target",
                                           json_string_value(json_object_get(dataset, "target"))};
    *out = (struct generate_recipe){
        .n_samples = shape.n_samples,
        .seed = (uint32_t)json_integer_value(json_object_get(dataset, "seed")),
        .draws = strcmp(draws, "column") == 0 ? GENERATE_COLUMN : GENERATE_ROW,
        .n_features = shape.n_features,
        .features = columns,
        .n_targets = shape.n_targets,
        .targets = columns + shape.n_features};
}

/* The place of a column's formula: /dataset/features/n1, /dataset/target. */
static void column_fault(const json_t *dataset, int is_target, const char *name,
                         const struct error *error, struct faults *faults)
{
    int is_only = is_target && json_object_get(dataset, "targets") == NULL;
    struct place map = {&dataset_place,
                        !is_target ? "features"
                        : is_only  ? "target"
                                   : "targets",
                        0};
    struct place column = {&map, name, 0};

    if (error->kind == ERROR_MEMORY)
        faults_add_memory(faults);
    else
        place_fault(is_only ? &map : &column, faults, "%s", error->text);
}

/* Whether the k-th column has a name of its own and a formula that can be read; a fault if
 * not. names[0..k-1] are those before it. */
static int check_column(const json_t *dataset, const struct generate_recipe *recipe, size_t k,
                        const char *const *names, struct faults *faults)
{
    int is_target = k >= recipe->n_features;
    const struct generate_column *column = &recipe->features[k]; /* the targets follow */
    struct error error = ERROR_INIT;

    for (size_t i = 0; i < k; i++)
        if (strcmp(names[i], column->name) == 0)
            error_set(&error, ERROR_INVALID, "there is already a column called %s", names[i]);
    if (error.kind == ERROR_NONE)
        formula_destroy(formula_compile(column->formula, names, k, &error));
    if (error.kind != ERROR_NONE)
        column_fault(dataset, is_target, column->name, &error, faults);
    return error.kind == ERROR_NONE;
}

/* Checks each formula by itself, then makes the data set to see whether every sample has values. */
static void check_recipe(const json_t *dataset, const struct generate_recipe *recipe,
                         const char **names, struct faults *faults)
{
    size_t n_columns = recipe->n_features + recipe->n_targets;
    struct generate_fault at = {0, 0, -1};
    struct error error = ERROR_INIT;
    int is_right = 1;

    for (size_t k = 0; k < n_columns; k++) {
        is_right &= check_column(dataset, recipe, k, names, faults);
        names[k] = recipe->features[k].name;
    }
    if (!is_right)
        return;
    struct dataset *made = generate_dataset(recipe, &at, &error);
    if (made == NULL) {
        size_t k = (at.is_target ? recipe->n_features : 0) + at.index;
        column_fault(dataset, at.is_target, recipe->features[k].name, &error, faults);
    }
    dataset_destroy(made);
}

static void check_formulas(const json_t *dataset, struct faults *faults)
{
    const struct shape shape = section_shape(dataset);
    size_t n_columns = shape.n_features + shape.n_targets;
    struct generate_recipe recipe;
    struct error error = ERROR_INIT;

    if (json_object_get(dataset, "target") != NULL && json_object_get(dataset, "targets") != NULL) {
        faults_add(faults, "/dataset/targets", "got target as well, expected one of the two");
        return;
    }
    struct generate_column *columns = memory_array(n_columns, sizeof *columns, &error);
    const char **names = memory_array(n_columns, sizeof *names, &error);
    if (columns != NULL && names != NULL) {
        read_recipe(dataset, columns, &recipe);
        check_recipe(dataset, &recipe, names, faults);
    } else {
        faults_add_memory(faults);
    }
    free(columns);
    free(names);
}

static struct dataset *generate(const json_t *dataset, struct error *error)
{
    const struct shape shape = section_shape(dataset);
    size_t n_columns = shape.n_features + shape.n_targets;
    struct generate_recipe recipe;
    struct generate_fault fault;
    struct generate_column *columns = memory_array(n_columns, sizeof *columns, error);
    struct dataset *made = NULL;

    if (columns != NULL) {
        read_recipe(dataset, columns, &recipe);
        made = generate_dataset(&recipe, &fault, error);
    }
    free(columns);
    return made;
}

/* --- tables -------------------------------------------------------------------------------- */

static void check_names(const json_t *names, size_t n_columns, struct faults *faults)
{
    struct place list = {&dataset_place, "names", 0};

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

static void check_table(const json_t *dataset, struct faults *faults)
{
    const json_t *rows = json_object_get(dataset, "rows");
    const json_t *names = json_object_get(dataset, "names");
    size_t n_columns = json_array_size(json_array_get(rows, 0));
    json_int_t n_targets = json_integer_value(json_object_get(dataset, "n_targets"));
    struct place list = {&dataset_place, "rows", 0};

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

static struct dataset *read_table(const json_t *dataset, struct error *error)
{
    const struct shape shape = section_shape(dataset);
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

/* --- either -------------------------------------------------------------------------------- */

void section_check_dataset(const json_t *dataset, struct faults *faults)
{
    const struct shape shape = section_shape(dataset);
    size_t n_columns = shape.n_features + shape.n_targets;

    if (n_columns > DATASET_COLUMNS_MAX)
        faults_add(faults, "/dataset", "got %zu columns, expected at most %d", n_columns,
                   DATASET_COLUMNS_MAX);
    else if (shape.n_samples * n_columns > OPTIONS_DATASET_VALUES_MAX)
        faults_add(faults, "/dataset",
                   "got %zu values (%zu samples of %zu columns), expected at "
                   "most %d",
                   shape.n_samples * n_columns, shape.n_samples, n_columns,
                   OPTIONS_DATASET_VALUES_MAX);
    else if (is_table(dataset))
        check_table(dataset, faults);
    else
        check_formulas(dataset, faults);
}

struct dataset *section_dataset(const json_t *dataset, struct error *error)
{
    return is_table(dataset) ? read_table(dataset, error) : generate(dataset, error);
}
