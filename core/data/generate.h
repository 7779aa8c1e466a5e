/* Data sets from formulas: columns drawn with NumPy's legacy generator. */
#ifndef CORE_DATA_GENERATE_H
#define CORE_DATA_GENERATE_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/data/dataset.h"

enum generate_draws {
    GENERATE_ROW,   /* sample by sample: all features in order, then the targets (scalar calls) */
    GENERATE_COLUMN /* column by column: every draw call fills its whole column (size=n calls) */
};

struct generate_column {
    const char *name; /* unique, shorter than DATASET_NAME_BYTES, see formula_check_name */
    const char *formula; /* Python arithmetic over the columns before it (see formula.h) */
};

/* What to generate. All pointers are borrowed for the call. */
struct generate_recipe {
    size_t n_samples; /* >= 1 */
    uint32_t seed;    /* as np.random.seed(seed) */
    enum generate_draws draws;
    size_t n_features;
    const struct generate_column *features; /* [n_features], in the order they are drawn */
    size_t n_targets;
    const struct generate_column *targets; /* [n_targets]; drawn after the features */
};

/* Where a recipe is at fault, so that the caller can point at the field. */
struct generate_fault {
    int is_target; /* 0: features[index], 1: targets[index] */
    size_t index;
    long sample; /* 0-based, where evaluation failed; -1 when the formula itself is wrong */
};

/* Checks shape, names and every formula without drawing. 0, or -1 with ERROR_INVALID (text: column
 * of the formula and what is allowed) and *out_fault set. */
int generate_check(const struct generate_recipe *recipe, struct generate_fault *out_fault,
                   struct error *error);

/* The data set; NULL with ERROR_INVALID (also when a value is not finite, a range is empty or a
 * division is by zero: the text names sample and cause, *out_fault the column) or ERROR_MEMORY.
 * A pure function of the recipe. The caller owns it. */
struct dataset *generate_dataset(const struct generate_recipe *recipe,
                                 struct generate_fault *out_fault, struct error *error);

#endif
