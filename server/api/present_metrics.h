/* The metrics of a run's parameters, as the JSON that clients see. */
#ifndef SERVER_API_PRESENT_METRICS_H
#define SERVER_API_PRESENT_METRICS_H

#include <jansson.h>

#include "server/spec/plan.h"

/* {"classes" or "outputs": [names], "train": {"n_samples", "loss", "accuracy", "confusion"; or
 * "loss_original_units" (of standardised targets), "r2", "r2_by_output"}, "validation", "test": the
 * same or null} of the parameters [network_n_parameters], as core/model/metric.h defines them;
 * {"left_out": why} where it would take too long (OPTIONS_METRIC_WORK_MAX). `plan` has its data
 * sets. A new reference; NULL with ERROR_MEMORY. */
json_t *present_metrics(const struct run_plan *plan, const double *parameters,
                        struct error *error);

#endif
