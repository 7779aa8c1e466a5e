/* /dataset: the samples, from whatever source. */
#include "server/spec/sections.h"

#include <string.h>

#include "server/spec/options.h"
#include "server/spec/source.h"

const struct place source_place = {NULL, "dataset", 0};

static const struct source *source_of(const json_t *dataset)
{
    const char *kind = json_string_value(json_object_get(dataset, "kind"));
    if (strcmp(kind, "formula") == 0)
        return &source_formula;
    return strcmp(kind, "table") == 0 ? &source_table : &source_pattern;
}

struct shape section_shape(const json_t *dataset)
{
    return source_of(dataset)->shape(dataset);
}

void section_check_dataset(const json_t *dataset, struct faults *faults)
{
    const struct source *source = source_of(dataset);
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
    else if (source->check != NULL)
        source->check(dataset, faults);
}

struct dataset *section_dataset(const json_t *dataset, struct error *error)
{
    return source_of(dataset)->make(dataset, error);
}
