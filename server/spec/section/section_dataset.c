/* /dataset: the samples, from whatever source. */
#include "server/spec/section/sections.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"
#include "core/data/pattern.h"
#include "server/spec/option/options.h"
#include "server/spec/source/source.h"

const struct place source_place = {NULL, "dataset", 0};

static const struct source *source_of(const json_t *dataset)
{
    const char *kind = json_string_value(json_object_get(dataset, "kind"));
    if (strcmp(kind, "formula") == 0)
        return &source_formula;
    if (strcmp(kind, "table") == 0)
        return &source_table;
    return pattern_find(kind) >= 0 ? &source_pattern : &source_csv;
}

/* --- split and scaling --------------------------------------------------------------------- */

static struct split split_of(const json_t *dataset)
{
    const json_t *split = json_object_get(dataset, "split");
    return (struct split){.validation = json_number_value(json_object_get(split, "validation")),
                          .test = json_number_value(json_object_get(split, "test")),
                          .seed = (uint32_t)json_integer_value(json_object_get(split, "seed"))};
}

static int has_scaled_features(const json_t *dataset)
{
    return json_is_true(json_object_get(dataset, "standardize"));
}

int section_has_scaled_targets(const json_t *dataset)
{
    return json_is_true(json_object_get(dataset, "standardize_target"));
}

int section_is_standardised(const json_t *dataset)
{
    return has_scaled_features(dataset) || section_has_scaled_targets(dataset);
}

/* Whether the shares make up the whole and give every part that is wanted a sample. */
static void check_split(const json_t *dataset, size_t n_samples, struct faults *faults)
{
    const json_t *json = json_object_get(dataset, "split");
    const struct split split = split_of(dataset);
    double train = json_number_value(json_object_get(json, "train"));
    const double shares[PART_COUNT] = {train, split.validation, split.test};
    double sum = train + split.validation + split.test;
    size_t sizes[PART_COUNT];
    char got[NUMBER_TEXT_BYTES];
    struct place place = {&source_place, "split", 0};

    if (fabs(sum - 1.0) > 1e-9) {
        number_print(got, sum);
        place_fault(&place, faults, "train, validation and test add up to %s, expected 1", got);
        return;
    }
    split_sizes(&split, n_samples, sizes);
    for (int part = 0; part < PART_COUNT; part++) {
        struct place share = {&place, part_name((enum part)part), 0};
        number_print(got, shares[part]);
        if (shares[part] > 0 && sizes[part] == 0)
            place_fault(&share, faults, "got %s, which leaves it none of the %zu samples", got,
                        n_samples);
    }
}

/* The data; where they cannot be standardised, *out_field is the field that asks for it. */
static int make_data(const json_t *dataset, struct library *library, struct spec_data *out,
                     const char **out_field, struct error *error)
{
    struct spec_data data = {.whole = source_of(dataset)->make(dataset, library, error)};
    int failed = data.whole == NULL;

    if (!failed && json_object_get(dataset, "split") != NULL) {
        const struct split split = split_of(dataset);
        data.parts = split_assign(&split, data.whole->n_samples, error);
        failed = data.parts == NULL;
    }
    if (!failed && has_scaled_features(dataset)) {
        *out_field = "standardize";
        data.scaling = scaling_fit(data.whole, SCALING_FEATURES, data.parts, error);
        failed = data.scaling == NULL;
    }
    if (!failed && section_has_scaled_targets(dataset)) {
        *out_field = "standardize_target";
        data.target_scaling = scaling_fit(data.whole, SCALING_TARGETS, data.parts, error);
        failed = data.target_scaling == NULL;
    }
    if (failed)
        spec_data_clear(&data);
    *out = data;
    return failed ? -1 : 0;
}

static void check_scaling(const json_t *dataset, struct library *library, struct faults *faults)
{
    struct error error = ERROR_INIT;
    struct spec_data data;
    const char *field = "";

    if (make_data(dataset, library, &data, &field, &error) == 0) {
        spec_data_clear(&data);
    } else if (error.kind == ERROR_MEMORY) {
        faults_add_memory(faults);
    } else {
        struct place place = {&source_place, field, 0};
        place_fault(&place, faults, "%s", error.text);
    }
}

/* --- all sources --------------------------------------------------------------------------- */

struct shape section_shape(const json_t *dataset, struct library *library)
{
    struct shape shape = source_of(dataset)->shape(dataset, library);
    size_t sizes[PART_COUNT] = {shape.n_samples, 0, 0};

    if (json_object_get(dataset, "split") != NULL) {
        const struct split split = split_of(dataset);
        split_sizes(&split, shape.n_samples, sizes);
    }
    shape.n_train = sizes[PART_TRAIN];
    shape.n_validation = sizes[PART_VALIDATION];
    return shape;
}

void section_check_dataset(const json_t *dataset, struct library *library, struct faults *faults)
{
    const struct source *source = source_of(dataset);
    const struct shape shape = section_shape(dataset, library);
    size_t n_columns = shape.n_features + shape.n_targets;
    int n_found = faults->n_found;

    if (n_columns > DATASET_COLUMNS_MAX)
        faults_add(faults, "/dataset", "got %zu columns, expected at most %d", n_columns,
                   DATASET_COLUMNS_MAX);
    else if (shape.n_samples * n_columns > OPTIONS_DATASET_VALUES_MAX)
        faults_add(faults, "/dataset",
                   "got %zu values (%zu samples of %zu columns), expected at "
                   "most %d",
                   shape.n_samples * n_columns, shape.n_samples, n_columns,
                   OPTIONS_DATASET_VALUES_MAX);
    else if (source->check != NULL)
        source->check(dataset, library, faults);
    if (json_object_get(dataset, "split") != NULL && shape.n_samples > 0)
        check_split(dataset, shape.n_samples, faults);
    if (section_is_standardised(dataset) && faults->n_found == n_found)
        check_scaling(dataset, library, faults);
}

int section_population(const json_t *dataset, struct population **out, struct error *error)
{
    const struct source *source = source_of(dataset);

    *out = source->population != NULL ? source->population(dataset, error) : NULL;
    return source->population != NULL && *out == NULL ? -1 : 0;
}

int section_data(const json_t *dataset, struct library *library, struct spec_data *out,
                 struct error *error)
{
    const char *field = "";
    return make_data(dataset, library, out, &field, error);
}
