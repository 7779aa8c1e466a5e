/* A data set made by formulas. */
#include "server/spec/source/source.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/data/formula/formula.h"
#include "core/data/generate.h"

static struct shape shape_of(const json_t *dataset, struct library *library)
{
    (void)library;
    const json_t *targets = json_object_get(dataset, "targets");
    return (struct shape){
        .n_samples = (size_t)json_integer_value(json_object_get(dataset, "samples")),
        .n_features = json_object_size(json_object_get(dataset, "features")),
        .n_targets = targets != NULL ? json_object_size(targets) : 1};
}

/* Turns the spec into a recipe that borrows its texts; `columns` has room for all of them. */
static void read_recipe(const json_t *dataset, struct generate_column *columns,
                        struct generate_recipe *out)
{
    const struct shape shape = shape_of(dataset, NULL);
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
    struct place map = {&source_place,
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

/* No list of names, as an upload has there. */
static int has_formulas(const json_t *dataset, const char *map, struct faults *faults)
{
    struct place place = {&source_place, map, 0};
    const json_t *json = json_object_get(dataset, map);

    if (json_is_array(json))
        place_fault(&place, faults, "got a list of %zu, expected an object of formulas by name",
                    json_array_size(json));
    return !json_is_array(json);
}

static void check(const json_t *dataset, struct library *library, struct faults *faults)
{
    (void)library;
    const struct shape shape = shape_of(dataset, NULL);
    size_t n_columns = shape.n_features + shape.n_targets;
    struct generate_recipe recipe;
    struct error error = ERROR_INIT;

    if (!has_formulas(dataset, "features", faults) || !has_formulas(dataset, "targets", faults))
        return;
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

static struct dataset *make(const json_t *dataset, struct library *library, struct error *error)
{
    (void)library;
    const struct shape shape = shape_of(dataset, NULL);
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

static struct population *population(const json_t *dataset, struct error *error)
{
    const struct shape shape = shape_of(dataset, NULL);
    struct generate_recipe recipe;
    struct generate_column *columns =
        memory_array(shape.n_features + shape.n_targets, sizeof *columns, error);
    struct population *made = NULL;

    if (columns != NULL) {
        read_recipe(dataset, columns, &recipe);
        made = population_of_recipe(&recipe, error);
    }
    free(columns);
    return made;
}

const struct source source_formula = {shape_of, check, make, population};
