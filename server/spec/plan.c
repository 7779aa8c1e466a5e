/* Plans: what a run's sections of the spec are to the core. */
#include "server/spec/plan.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "server/spec/section/sections.h"
#include "server/spec/spec_inside.h"

void spec_outline(const struct spec *spec, int run, struct run_plan *out_plan)
{
    const struct shape shape = section_shape(spec_section(spec, run, "dataset"), spec->library);

    *out_plan = (struct run_plan){0};
    section_network(spec_section(spec, run, "network"), &shape, &out_plan->network);
    section_training(spec_section(spec, run, "training"), &shape, &out_plan->training);
    out_plan->n_samples = shape.n_samples;
    out_plan->n_predict = json_array_size(json_object_get(spec->json, "predict"));
    enum series series[SERIES_COUNT];
    for (int n = training_series(&out_plan->training, shape.n_validation > 0, series); n > 0; n--)
        out_plan->series |= 1u << series[n - 1];
}

int spec_plan_trained(const struct spec *spec, int run, struct run_plan *out_plan,
                      struct error *error)
{
    spec_outline(spec, run, out_plan);
    size_t n_features = (size_t)out_plan->network.n_inputs;
    out_plan->predict =
        memory_array(out_plan->n_predict * n_features, sizeof *out_plan->predict, error);
    if (out_plan->predict == NULL)
        return -1;
    section_predict(json_object_get(spec->json, "predict"), n_features, out_plan->predict);
    int first = sweep_first(&spec->sweep, run, SWEEP_DATASET);
    out_plan->scaling = spec->scalings[first];
    out_plan->target_scaling = spec->target_scalings[first];
    scaling_apply(out_plan->scaling, out_plan->predict, out_plan->n_predict);
    return 0;
}

/* Fills what the plan starts with. */
static int start(const struct spec *spec, int run, struct run_plan *plan, struct error *error)
{
    const json_t *init = json_object_get(spec_section(spec, run, "network"), "init");

    plan->parameters =
        memory_array(network_n_parameters(&plan->network), sizeof *plan->parameters, error);
    if (plan->parameters == NULL)
        return -1;
    if (!section_is_continued(init))
        return section_init(init, &plan->network, plan->parameters, error);
    const struct shape shape = section_shape(spec_section(spec, run, "dataset"), spec->library);
    return section_continue(init, shape.n_train, plan, error);
}

int spec_plan(const struct spec *spec, int run, int with_dataset, struct run_plan *out_plan,
              struct error *error)
{
    struct run_plan plan;

    if (spec_plan_trained(spec, run, &plan, error) < 0)
        goto failed;
    if (start(spec, run, &plan, error) < 0)
        goto failed;
    if (with_dataset && spec_plan_data(spec, run, &plan, error) < 0)
        goto failed;
    *out_plan = plan;
    return 0;
failed:
    run_plan_clear(&plan);
    *out_plan = plan;
    return -1;
}

static void scale(const struct spec_data *data, struct dataset *dataset)
{
    scaling_apply(data->scaling, dataset->features, dataset->n_samples);
    scaling_apply(data->target_scaling, dataset->targets, dataset->n_samples);
}

/* One part of the data, standardised; *out stays NULL when it is empty. 0, or -1 for memory. */
static int take_part(const struct spec_data *data, enum part part, struct dataset **out,
                     struct error *error)
{
    struct dataset *taken = split_take(data->whole, data->parts, part, error);

    if (taken == NULL)
        return -1;
    if (taken->n_samples > 0) {
        scale(data, taken);
        *out = taken;
    } else {
        dataset_destroy(taken);
    }
    return 0;
}

int spec_plan_data(const struct spec *spec, int run, struct run_plan *plan, struct error *error)
{
    struct spec_data data;
    int failed = 0;

    if (spec_data(spec, run, &data, error) < 0)
        return -1;
    if (data.parts == NULL) {
        plan->dataset = data.whole;
        data.whole = NULL;
        scale(&data, plan->dataset);
    } else {
        failed = take_part(&data, PART_TRAIN, &plan->dataset, error) < 0 ||
                 take_part(&data, PART_VALIDATION, &plan->validation, error) < 0 ||
                 take_part(&data, PART_TEST, &plan->test, error) < 0;
    }
    spec_data_clear(&data);
    return failed ? -1 : 0;
}

void run_plan_clear(struct run_plan *plan)
{
    free(plan->parameters);
    free(plan->start);
    free(plan->predict);
    dataset_destroy(plan->dataset);
    dataset_destroy(plan->validation);
    dataset_destroy(plan->test);
    *plan = (struct run_plan){0};
}

int spec_data(const struct spec *spec, int run, struct spec_data *out, struct error *error)
{
    return section_data(spec_section(spec, run, "dataset"), spec->library, out, error);
}

void spec_data_clear(struct spec_data *data)
{
    dataset_destroy(data->whole);
    free(data->parts);
    scaling_destroy(data->scaling);
    scaling_destroy(data->target_scaling);
    *data = (struct spec_data){0};
}

int spec_population(const struct spec *spec, int run, struct population **out, struct error *error)
{
    int first = sweep_first(&spec->sweep, run, SWEEP_DATASET);

    if (section_population(spec_section(spec, run, "dataset"), out, error) < 0)
        return -1;
    if (*out != NULL)
        population_scale(*out, spec->scalings[first], spec->target_scalings[first]);
    return 0;
}
