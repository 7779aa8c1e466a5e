/* Engine records as the JSON that clients see. */
#ifndef SERVER_API_PRESENT_H
#define SERVER_API_PRESENT_H

#include <jansson.h>

#include "server/engine/engine.h"
#include "server/lab/shelf.h"
#include "server/spec/plan.h"

/* queued, running or done (every run has ended). */
const char *present_state(const struct engine_experiment *experiment);

/* How many of its runs are in each state that any is in: {"done": 3, "cancelled": 1}. New
 * reference, NULL on memory failure (also below). */
json_t *present_states(const struct engine_experiment *experiment);

/* A row of the list of experiments. */
json_t *present_list_row(const struct engine_experiment *experiment);

/* The whole experiment with its runs. NULL with the error filled. */
json_t *present_experiment(struct engine *engine, const struct study *study, struct error *error);

/* 1 if the JSON of an experiment or a run says that it has ended. */
int present_is_final(const json_t *json);

/* One run: its row, its parameters and predictions at its last committed epoch. */
json_t *present_run(struct engine *engine, const struct study *study, int run,
                    struct error *error);

/* A run's network and the parameters at its last committed epoch (its start values before the
 * first). The plan and the parameters are the caller's to clear and free. */
int present_load(struct engine *engine, const struct study *study, int run,
                 struct run_plan *out_plan, double **out_parameters, int64_t *out_epoch,
                 struct error *error);

/* {"weights": [layer][unit][input], "biases": [layer][unit], "named"?} */
json_t *present_parameters(const struct network *network, const double *parameters);

/* Outputs of the plan's network for n rows inputs[n][n_inputs], scaled as its features are, as an
 * array of arrays: in the targets' own units. */
json_t *present_outputs(const struct run_plan *plan, const double *parameters,
                        const double *inputs, size_t n, struct error *error);

/* {"epoch", "sample", "row"}: where a diverged run was first seen to be not finite, as its step
 * names it: the position in the epoch (null: not known, of a run of an older server), and the row
 * of the data set. */
json_t *present_divergence(const struct engine_run *run);

#endif
