/* A data set that courses know by name: circles, moons and others. */
#include "server/spec/source/source.h"

#include "core/data/pattern.h"

/* Fields of other kinds are missing and read as 0. */
static struct pattern pattern_of(const json_t *dataset)
{
    const json_t *one_hot = json_object_get(dataset, "one_hot");
    struct pattern pattern = {
        .kind =
            (enum pattern_kind)pattern_find(json_string_value(json_object_get(dataset, "kind"))),
        .n_samples = (size_t)json_integer_value(json_object_get(dataset, "samples")),
        .seed = (uint32_t)json_integer_value(json_object_get(dataset, "seed")),
        .noise = json_number_value(json_object_get(dataset, "noise")),
        .factor = json_number_value(json_object_get(dataset, "factor")),
        .n_classes = (int)json_integer_value(json_object_get(dataset, "classes")),
        .sd = json_number_value(json_object_get(dataset, "sd")),
        .slope = json_number_value(json_object_get(dataset, "slope")),
        .intercept = json_number_value(json_object_get(dataset, "intercept"))};
    pattern.one_hot = one_hot != NULL ? json_is_true(one_hot) : pattern_n_classes(&pattern) > 2;
    return pattern;
}

static struct shape shape_of(const json_t *dataset, struct library *library)
{
    (void)library;
    const struct pattern pattern = pattern_of(dataset);
    return (struct shape){.n_samples = pattern.n_samples,
                          .n_features = pattern_n_features(&pattern),
                          .n_targets = pattern_n_targets(&pattern)};
}

static struct dataset *make(const json_t *dataset, struct library *library, struct error *error)
{
    (void)library;
    const struct pattern pattern = pattern_of(dataset);
    return pattern_make(&pattern, error);
}

static struct population *population(const json_t *dataset, struct error *error)
{
    const struct pattern pattern = pattern_of(dataset);
    return population_of_pattern(&pattern, error);
}

const struct source source_pattern = {shape_of, NULL, make, population};
