/* The metrics of a run's parameters. */
#include "server/api/present_metrics.h"

#include "core/model/metric.h"
#include "server/base/json_teller.h"
#include "server/spec/option/options.h"

/* --- one part ------------------------------------------------------------------------------ */

static void tell_matrix(struct teller *teller, const struct metric *metric)
{
    size_t n = (size_t)metric->n_classes;

    if (n == 0) {
        tell_text(teller, "confusion", NULL);
        return;
    }
    tell_list(teller, "confusion");
    for (size_t row = 0; row < n; row++) {
        tell_list(teller, NULL);
        for (size_t k = 0; k < n; k++)
            tell_integer(teller, NULL, (int64_t)metric->confusion[row * n + k]);
        tell_end(teller);
    }
    tell_end(teller);
}

static void tell_metric(struct teller *teller, const char *name, const struct metric *metric,
                        int has_scaled_targets)
{
    tell_object(teller, name);
    tell_integer(teller, "n_samples", (int64_t)metric->n_samples);
    tell_number(teller, "loss", metric->loss);
    if (has_scaled_targets)
        tell_number(teller, "loss_original_units", metric->loss_original_units);
    if (metric->n_outputs == 0) {
        tell_number(teller, "accuracy", metric->accuracy);
        tell_matrix(teller, metric);
    } else {
        tell_number(teller, "r2", metric->r2);
        tell_numbers(teller, "r2_by_output", metric->r2_by_output, (size_t)metric->n_outputs);
    }
    tell_end(teller);
}

/* dataset NULL: the run has no such part. 0, or -1 for memory. */
static int tell_part(struct teller *teller, const char *name, const struct run_plan *plan,
                     const double *parameters, const struct dataset *dataset, struct error *error)
{
    struct metric metric;

    if (dataset == NULL) {
        tell_text(teller, name, NULL);
        return 0;
    }
    const struct metric_samples samples = {.n_samples = dataset->n_samples,
                                           .features = dataset->features,
                                           .targets = dataset->targets,
                                           .units = plan->target_scaling != NULL
                                                        ? plan->target_scaling->sd
                                                        : NULL};
    if (metric_measure(&plan->network, plan->training.loss, parameters, &samples, &metric, error) !=
        0)
        return -1;
    tell_metric(teller, name, &metric, plan->target_scaling != NULL);
    metric_clear(&metric);
    return 0;
}

/* --- all ----------------------------------------------------------------------------------- */

static void tell_targets(struct teller *teller, const char *name, const struct dataset *dataset)
{
    tell_list(teller, name);
    for (size_t j = 0; j < dataset->n_targets; j++)
        tell_text(teller, NULL, dataset->names[dataset->n_features + j]);
    tell_end(teller);
}

/* What the rows of a matrix, or the outputs, are called. */
static void tell_names(struct teller *teller, const struct run_plan *plan)
{
    const struct dataset *dataset = plan->dataset;

    if (!metric_is_of_classes(plan->training.loss)) {
        tell_targets(teller, "outputs", dataset);
    } else if (dataset->n_classes > 0) {
        tell_list(teller, "classes");
        for (size_t k = 0; k < dataset->n_classes; k++)
            tell_text(teller, NULL, dataset->classes[k]);
        tell_end(teller);
    } else if (dataset->n_targets > 1) {
        tell_targets(teller, "classes", dataset);
    } else {
        static const char *const numbers[] = {"0", "1"};
        tell_texts(teller, "classes", numbers, 2);
    }
}

static size_t n_samples_of(const struct dataset *dataset)
{
    return dataset != NULL ? dataset->n_samples : 0;
}

static double work_of(const struct run_plan *plan)
{
    size_t n_samples = n_samples_of(plan->dataset) + n_samples_of(plan->validation) +
                       n_samples_of(plan->test);
    return metric_work(&plan->network, n_samples);
}

json_t *present_metrics(const struct run_plan *plan, const double *parameters,
                        struct error *error)
{
    struct json_teller told;
    struct teller *teller = &told.teller;
    double work = work_of(plan);
    int failed = 0;

    json_teller_init(&told);
    if (work > OPTIONS_METRIC_WORK_MAX) {
        tell_format(teller, "left_out",
                    "samples x parameters are %.0f, more than the %d that are scored when a run is "
                    "asked for", work, OPTIONS_METRIC_WORK_MAX);
    } else {
        tell_names(teller, plan);
        failed |= tell_part(teller, "train", plan, parameters, plan->dataset, error);
        failed |= tell_part(teller, "validation", plan, parameters, plan->validation, error);
        failed |= tell_part(teller, "test", plan, parameters, plan->test, error);
    }
    json_t *json = json_teller_take(&told);
    if (!failed && json != NULL)
        return json;
    json_decref(json);
    error_set(error, ERROR_MEMORY, "not enough memory to answer");
    return NULL;
}
