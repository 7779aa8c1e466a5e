/* Data sets from formulas.
 *
 * DESIGN. Features and targets are one list of columns here, in drawing order; a column's formula
 * sees those before it. A generation holds everything a recipe is turned into, so that one clear
 * frees it from wherever it failed. */
#include "core/data/generate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/rng.h"
#include "core/base/memory.h"
#include "core/base/number.h"
#include "core/data/formula/formula.h"

struct generation {
    const struct generate_recipe *recipe;
    size_t n_columns;          /* features, then targets */
    const char **names;        /* [n_columns], borrowed from the recipe */
    struct formula **formulas; /* [n_columns] */
    double *values;            /* row draws: [n_columns], the sample under way */
    double *cells;             /* column draws: [n_columns][n_samples] */
    const double **columns;    /* column draws: [n_columns], into cells */
    struct dataset *dataset;
    struct generate_fault *fault; /* never NULL */
    struct error *error;
};

static void clear(struct generation *generation)
{
    for (size_t k = 0; generation->formulas && k < generation->n_columns; k++) {
        formula_destroy(generation->formulas[k]);
    }
    free(generation->formulas);
    free(generation->names);
    free(generation->values);
    free(generation->cells);
    free(generation->columns);
    dataset_destroy(generation->dataset);
}

static const struct generate_column *column_at(const struct generate_recipe *recipe, size_t k)
{
    return k < recipe->n_features ? &recipe->features[k] : &recipe->targets[k - recipe->n_features];
}

static void set_fault(struct generation *generation, size_t k, long sample)
{
    size_t n_features = generation->recipe->n_features;
    int is_target = k >= n_features;
    generation->fault->is_target = is_target;
    generation->fault->index = is_target ? k - n_features : k;
    generation->fault->sample = sample;
}

/* --- checking ------------------------------------------------------------------------------ */

static int check_shape(const struct generate_recipe *recipe, struct error *error)
{
    if (recipe->n_samples < 1) {
        return error_set(error, ERROR_INVALID, "got 0 samples, expected at least 1");
    }
    if (recipe->n_features < 1 || recipe->n_targets < 1) {
        return error_set(error, ERROR_INVALID,
                         "got %zu features and %zu targets, expected at least 1 of each",
                         recipe->n_features, recipe->n_targets);
    }
    if (recipe->n_features > DATASET_COLUMNS_MAX ||
        recipe->n_targets > DATASET_COLUMNS_MAX - recipe->n_features) {
        return error_set(error, ERROR_INVALID,
                         "got %zu features and %zu targets, expected at most %d columns",
                         recipe->n_features, recipe->n_targets, DATASET_COLUMNS_MAX);
    }
    return 0;
}

static int check_name(const char *name, const char *const *before, size_t n_before,
                      struct error *error)
{
    if (formula_check_name(name, error)) {
        return -1;
    }
    if (strlen(name) >= DATASET_NAME_BYTES) {
        return error_set(error, ERROR_INVALID, "got a name of %zu characters, expected at most %d",
                         strlen(name), DATASET_NAME_BYTES - 1);
    }
    for (size_t k = 0; k < n_before; k++) {
        if (strcmp(name, before[k]) == 0) {
            return error_set(error, ERROR_INVALID, "got the name '%s' twice, expected it once",
                             name);
        }
    }
    return 0;
}

/* Fills names and formulas. */
static int compile(struct generation *generation)
{
    const struct generate_recipe *recipe = generation->recipe;
    struct error *error = generation->error;
    if (check_shape(recipe, error)) {
        return -1;
    }
    size_t n_columns = recipe->n_features + recipe->n_targets;
    generation->n_columns = n_columns;
    generation->names = memory_array(n_columns, sizeof *generation->names, error);
    generation->formulas = memory_array(n_columns, sizeof *generation->formulas, error);
    if (!generation->names || !generation->formulas) {
        return -1;
    }
    for (size_t k = 0; k < n_columns; k++) {
        const struct generate_column *column = column_at(recipe, k);
        set_fault(generation, k, -1);
        if (check_name(column->name, generation->names, k, error)) {
            return -1;
        }
        generation->formulas[k] = formula_compile(column->formula, generation->names, k, error);
        if (!generation->formulas[k]) {
            return -1;
        }
        generation->names[k] = column->name;
    }
    return 0;
}

/* --- drawing ------------------------------------------------------------------------------- */

static int fail_at_sample(struct generation *generation, size_t k, size_t sample,
                          const struct error *cause)
{
    set_fault(generation, k, (long)sample);
    return error_set(generation->error, cause->kind, "sample %zu: %s", sample, cause->text);
}

/* Puts a value in its place in the data set. */
static int put(struct generation *generation, size_t k, size_t sample, double value)
{
    if (!isfinite(value)) {
        char text[NUMBER_TEXT_BYTES];
        number_print(text, value);
        struct error cause = ERROR_INIT;
        error_set(&cause, ERROR_INVALID, "got %s, expected a finite number", text);
        return fail_at_sample(generation, k, sample, &cause);
    }
    struct dataset *dataset = generation->dataset;
    if (k < dataset->n_features) {
        dataset->features[sample * dataset->n_features + k] = value;
    } else {
        dataset->targets[sample * dataset->n_targets + k - dataset->n_features] = value;
    }
    return 0;
}

static int draw_rows(struct generation *generation, struct rng *rng)
{
    double *values = generation->values =
        memory_array(generation->n_columns, sizeof *values, generation->error);
    if (!values) {
        return -1;
    }
    for (size_t sample = 0; sample < generation->recipe->n_samples; sample++) {
        for (size_t k = 0; k < generation->n_columns; k++) {
            struct error cause = ERROR_INIT;
            if (formula_evaluate(generation->formulas[k], values, rng, &values[k], &cause)) {
                return fail_at_sample(generation, k, sample, &cause);
            }
            if (put(generation, k, sample, values[k])) {
                return -1;
            }
        }
    }
    return 0;
}

static int draw_column(struct generation *generation, size_t k, double *cells, struct rng *rng)
{
    size_t n_samples = generation->recipe->n_samples, failed = 0;
    struct error cause = ERROR_INIT;
    if (formula_evaluate_column(generation->formulas[k], generation->columns, n_samples, rng, cells,
                                &failed, &cause)) {
        return cause.kind == ERROR_MEMORY
                   ? error_set(generation->error, cause.kind, "%s", cause.text)
                   : fail_at_sample(generation, k, failed, &cause);
    }
    for (size_t sample = 0; sample < n_samples; sample++) {
        if (put(generation, k, sample, cells[sample])) {
            return -1;
        }
    }
    return 0;
}

static int draw_columns(struct generation *generation, struct rng *rng)
{
    size_t n_columns = generation->n_columns, n_samples = generation->recipe->n_samples;
    struct error *error = generation->error;
    generation->columns = memory_array(n_columns, sizeof *generation->columns, error);
    generation->cells = memory_array(n_samples, n_columns * sizeof *generation->cells, error);
    if (!generation->columns || !generation->cells) {
        return -1;
    }
    for (size_t k = 0; k < n_columns; k++) {
        double *cells = generation->cells + k * n_samples;
        generation->columns[k] = cells;
        if (draw_column(generation, k, cells, rng)) {
            return -1;
        }
    }
    return 0;
}

static int draw(struct generation *generation)
{
    const struct generate_recipe *recipe = generation->recipe;
    struct dataset *dataset = generation->dataset =
        dataset_create(recipe->n_samples, recipe->n_features, recipe->n_targets, generation->error);
    if (!dataset) {
        return -1;
    }
    for (size_t k = 0; k < generation->n_columns; k++) {
        memcpy(dataset->names[k], generation->names[k], strlen(generation->names[k]) + 1);
    }
    struct rng rng;
    rng_seed(&rng, recipe->seed);
    return recipe->draws == GENERATE_ROW ? draw_rows(generation, &rng)
                                         : draw_columns(generation, &rng);
}

/* --- the interface ------------------------------------------------------------------------- */

int generate_check(const struct generate_recipe *recipe, struct generate_fault *out_fault,
                   struct error *error)
{
    *out_fault = (struct generate_fault){.sample = -1};
    struct generation generation = {.recipe = recipe, .fault = out_fault, .error = error};
    int result = compile(&generation);
    clear(&generation);
    return result;
}

struct dataset *generate_dataset(const struct generate_recipe *recipe,
                                 struct generate_fault *out_fault, struct error *error)
{
    *out_fault = (struct generate_fault){.sample = -1};
    struct generation generation = {.recipe = recipe, .fault = out_fault, .error = error};
    struct dataset *dataset = NULL;
    if (compile(&generation) == 0 && draw(&generation) == 0) {
        dataset = generation.dataset;
        generation.dataset = NULL;
    }
    clear(&generation);
    return dataset;
}
