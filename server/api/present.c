/* Engine records as the JSON that clients see. */
#include "server/api/present.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "core/train/block/block.h"
#include "server/api/present_metrics.h"
#include "server/base/clock.h"
#include "server/base/json.h"

const char *present_state(const struct engine_experiment *experiment)
{
    int n_queued = experiment->n_in_state[RUN_QUEUED];
    int n_running = experiment->n_in_state[RUN_RUNNING];
    if (n_queued + n_running == 0)
        return "done";
    return n_queued == experiment->n_runs ? "queued" : "running";
}

int present_is_final(const json_t *json)
{
    int state = run_state_find(json_string_value(json_object_get(json, "state")));
    return state >= 0 && run_state_is_final((enum run_state)state);
}

json_t *present_states(const struct engine_experiment *experiment)
{
    json_t *states = json_object();
    for (int state = 0; state < RUN_STATES && states != NULL; state++)
        if (experiment->n_in_state[state] > 0)
            states = json_put(states, run_state_name((enum run_state)state),
                              json_integer(experiment->n_in_state[state]));
    return states;
}

static json_t *time_json(int64_t wall_ms)
{
    char text[CLOCK_TEXT_BYTES];
    if (wall_ms == 0)
        return json_null();
    clock_print(text, wall_ms);
    return json_string(text);
}

json_t *present_list_row(const struct engine_experiment *experiment)
{
    int n_open =
        experiment->n_in_state[RUN_QUEUED] + experiment->n_in_state[RUN_RUNNING];
    return json_pack("{s:s, s:s, s:s, s:o, s:i, s:i, s:o}", "id", experiment->id, "name",
                     experiment->name, "state", present_state(experiment), "created",
                     time_json(experiment->created_ms), "n_runs", experiment->n_runs, "n_ended",
                     experiment->n_runs - n_open, "states", present_states(experiment));
}

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_MEMORY, "not enough memory to answer");
}

/* --- parameters --- */

int present_load(struct engine *engine, const struct study *study, int run,
                 struct run_plan *out_plan, double **out_parameters, int64_t *out_epoch,
                 struct error *error)
{
    void *checkpoint = NULL;
    size_t n_bytes = 0;
    double *parameters = NULL;
    if (engine_checkpoint(engine, study->id, run, &checkpoint, &n_bytes, out_epoch, error) != 0)
        return -1;
    int result = checkpoint == NULL ? spec_plan(study->spec, run, 0, out_plan, error)
                                    : spec_plan_trained(study->spec, run, out_plan, error);
    if (result != 0)
        goto fail;
    if (checkpoint == NULL) {
        parameters = out_plan->parameters;
        out_plan->parameters = NULL;
    } else {
        struct block_state state;
        parameters =
            memory_array(network_n_parameters(&out_plan->network), sizeof *parameters, error);
        if (parameters == NULL || block_read_checkpoint(&out_plan->network, checkpoint, n_bytes,
                                                        &state, parameters, error) != 0)
            goto fail;
    }
    free(checkpoint);
    *out_parameters = parameters;
    return 0;
fail:
    free(parameters);
    free(checkpoint);
    run_plan_clear(out_plan);
    return -1;
}

static json_t *numbers(const double *values, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < n; i++)
        array = json_push(array, json_number(values[i]));
    return array;
}

static json_t *named_json(const struct network *network, const double *parameters)
{
    json_t *named = json_object();
    for (int i = 0; i < NETWORK_NAMES && named != NULL; i++)
        named = json_put(named, network_name(i),
                         json_number(parameters[network_named_offset(network, i)]));
    return named;
}

/* The weights of a layer, a list for each unit. */
static json_t *layer_weights(const struct network *network, int layer, const double *parameters)
{
    size_t n_inputs = (size_t)network_layer_inputs(network, layer);
    json_t *units = json_array();
    for (int unit = 0; unit < network->layers[layer].units && units != NULL; unit++)
        units = json_push(units, numbers(parameters + network_weight(network, layer, unit, 0),
                                         n_inputs));
    return units;
}

json_t *present_parameters(const struct network *network, const double *parameters)
{
    json_t *weights = json_array(), *biases = json_array();
    for (int l = 0; l < network->n_layers; l++) {
        weights = json_push(weights, layer_weights(network, l, parameters));
        biases = json_push(biases, numbers(parameters + network_bias(network, l, 0),
                                           (size_t)network->layers[l].units));
    }
    json_t *json = json_pack("{s:o, s:o}", "weights", weights, "biases", biases);
    return network_is_named(network) ? json_put(json, "named", named_json(network, parameters))
                                     : json;
}

json_t *present_outputs(const struct run_plan *plan, const double *parameters,
                        const double *inputs, size_t n, struct error *error)
{
    const struct network *network = &plan->network;
    size_t n_outputs = (size_t)network_n_outputs(network);
    double *scratch = memory_array(network_scratch(network), sizeof *scratch, error);
    double *outputs = memory_array(n_outputs, sizeof *outputs, error);
    json_t *rows = scratch == NULL || outputs == NULL ? NULL : json_array();
    for (size_t i = 0; rows != NULL && i < n; i++) {
        network_predict(network, parameters, inputs + i * (size_t)network->n_inputs, scratch,
                        outputs);
        scaling_undo(plan->target_scaling, outputs, 1);
        rows = json_push(rows, numbers(outputs, n_outputs));
    }
    free(scratch);
    free(outputs);
    if (rows == NULL)
        no_memory(error);
    return rows;
}

/* --- runs --- */

json_t *present_divergence(const struct engine_run *run)
{
    json_t *position = run->diverged_position < 0
                           ? json_null()
                           : json_integer((json_int_t)run->diverged_position);
    return json_pack("{s:I, s:o, s:I}", "epoch", (json_int_t)run->diverged_epoch, "sample",
                     position, "row", (json_int_t)run->diverged_sample);
}

/* What the spec asks of a run. */
struct asked {
    int64_t epochs;
    unsigned series;
    enum series monitor;
    const char *arithmetic;
    int has_parameters; /* its row shows something of its parameters */
};

static struct asked asked_of(const struct study *study, int run)
{
    struct run_plan plan;
    spec_outline(study->spec, run, &plan);
    return (struct asked){
        .epochs = plan.training.epochs,
        .series = plan.series,
        .monitor = plan.training.monitor,
        .arithmetic = training_arithmetic_name(plan.training.arithmetic),
        .has_parameters = plan.n_predict > 0 || network_is_named(&plan.network)};
}

/* `row` with the numbers of a record that the run has, but for the loss. */
static json_t *with_record(json_t *row, const struct engine_record *record, unsigned series)
{
    for (int s = SERIES_LOSS + 1; s < SERIES_COUNT; s++)
        if ((series >> s & 1) == 1)
            row = json_put(row, series_name((enum series)s), json_number(record->values[s]));
    return row;
}

/* An epoch's number, null for the 0 of none. */
static json_t *epoch_json(int64_t epoch)
{
    return epoch > 0 ? json_integer((json_int_t)epoch) : json_null();
}

/* `row` with what is recorded of every epoch, the last epoch's numbers, and the epoch in which the
 * monitored one was lowest. A run of an older server has its loss alone, and one that ended in its
 * first epoch has no column of anything else either. */
static json_t *with_series(json_t *row, const struct engine_run *run, const struct asked *asked)
{
    int is_to_come = run->epoch == 0 && !run_state_is_final(run->state);
    unsigned series = is_to_come ? asked->series : run->series;
    enum series monitor = (series >> asked->monitor & 1) == 1 ? asked->monitor : SERIES_LOSS;
    json_t *names = json_array();
    for (int s = 0; s < series_n(series); s++)
        names = json_push(names, json_string(series_name(series_at(series, s))));
    json_t *best = json_pack("{s:s, s:o, s:o}", "monitor", series_name(monitor), "epoch",
                             epoch_json(run->best.epoch), "loss",
                             json_number(run->best.values[SERIES_LOSS]));
    row = with_record(row, &run->last, series);
    row = json_put(row, "series", names);
    row = json_put(row, "best", with_record(best, &run->best, series));
    row = json_put(row, "best_epoch", epoch_json(run->best.epoch));
    return json_put(row, "stopped",
                    run->stopped[0] == '\0' ? json_null() : json_string(run->stopped));
}

static const char *const depth_names[] = {"not yet", "end", "full"};

/* What its explanation says first, null while there is nothing to be said. */
static json_t *headline_json(const struct engine_run *run)
{
    return run->headline[0] == '{' ? json_loads(run->headline, 0, NULL) : json_null();
}

static json_t *row_json(const struct engine_run *run, const struct asked *asked)
{
    json_t *row = json_pack("{s:i, s:s, s:o, s:s, s:I, s:I, s:o, s:o, s:o, s:s, s:o, s:o}", "run",
                            run->run, "state", run_state_name(run->state), "overrides",
                            json_loads(run->overrides, JSON_DECODE_ANY, NULL), "arithmetic",
                            asked->arithmetic, "epochs", (json_int_t)asked->epochs, "epoch",
                            (json_int_t)run->epoch, "loss", json_number(run->loss), "first_loss",
                            json_number(run->first_loss), "best_loss", json_number(run->best_loss),
                            "message", run->message, "started", time_json(run->started_ms), "ended",
                            time_json(run->ended_ms));
    row = with_series(row, run, asked);
    if (run->state == RUN_DIVERGED)
        row = json_put(row, "diverged", present_divergence(run));
    row = json_put(row, "explained", json_string(depth_names[run->explained]));
    return json_put(row, "headline", headline_json(run));
}

/* Adds the metrics of the parameters; the plan gets its data sets for it. */
static int add_metrics(json_t *row, const struct study *study, int run, struct run_plan *plan,
                       const double *parameters, struct error *error)
{
    if (spec_plan_data(study->spec, run, plan, error) != 0)
        return -1;
    return json_object_set_new(row, "metrics", present_metrics(plan, parameters, error)) != 0
               ? no_memory(error)
               : 0;
}

/* Adds the parameters: `with_all` every one, else those that have names. */
static int add_values(json_t *row, const struct network *network, const double *parameters,
                      int with_all)
{
    if (with_all)
        return json_object_set_new(row, "parameters", present_parameters(network, parameters));
    return network_is_named(network)
               ? json_object_set_new(row, "named", named_json(network, parameters))
               : 0;
}

/* Adds what the parameters tell: `with_all` every parameter and the metrics, else only names and
 * predictions. */
static int add_parameters(json_t *row, struct engine *engine, const struct study *study, int run,
                          int with_all, struct error *error)
{
    struct run_plan plan;
    double *parameters;
    int64_t epoch;
    if (present_load(engine, study, run, &plan, &parameters, &epoch, error) != 0)
        return -1;
    json_t *outputs = present_outputs(&plan, parameters, plan.predict, plan.n_predict, error);
    int failed = json_object_set_new(row, "predictions", outputs) != 0 ||
                 add_values(row, &plan.network, parameters, with_all) != 0 ||
                 (with_all && add_metrics(row, study, run, &plan, parameters, error) != 0);
    free(parameters);
    run_plan_clear(&plan);
    return failed ? no_memory(error) : 0;
}

struct presenting {
    struct engine *engine;
    const struct study *study;
    json_t *rows;
    struct error *error;
};

static int present_row(void *context, const struct engine_run *run)
{
    struct presenting *presenting = context;
    const struct asked asked = asked_of(presenting->study, run->run);
    json_t *row = row_json(run, &asked);
    if (json_array_append_new(presenting->rows, row) != 0)
        return no_memory(presenting->error);
    if (!run_state_is_final(run->state) || !asked.has_parameters)
        return 0;
    return add_parameters(row, presenting->engine, presenting->study, run->run, 0,
                          presenting->error);
}

json_t *present_experiment(struct engine *engine, const struct study *study, struct error *error)
{
    struct engine_experiment record = {0};
    if (engine_find(engine, study->id, &record, error) != 0)
        return NULL;
    struct presenting presenting = {engine, study, json_array(), error};
    json_t *json = NULL;
    int n_runs = record.n_runs;
    if (engine_each_run(engine, study->id, 0, n_runs, present_row, &presenting, error) == 0 &&
        error->kind == ERROR_NONE)
        json = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:O}", "id", record.id, "name",
                         record.name, "state", present_state(&record), "states",
                         present_states(&record), "created", time_json(record.created_ms), "epochs",
                         json_private(json_at(spec_json(study->spec), "/training/epochs")), "spec",
                         json_private(spec_json(study->spec)), "runs", presenting.rows);
    if (record.source[0] != '\0')
        json = json_put(json, "cached_from", json_string(record.source));
    if (json == NULL)
        no_memory(error);
    json_decref(presenting.rows);
    engine_experiment_clear(&record);
    return json;
}

/* The rows of `spec` "predict" again, so that a run's record can be read alone. */
static json_t *predict_json(const struct study *study)
{
    json_t *predict = json_object_get(spec_json(study->spec), "predict");
    return predict == NULL ? json_array() : json_private(predict);
}

json_t *present_run(struct engine *engine, const struct study *study, int run, struct error *error)
{
    struct engine_run record = {0};
    if (engine_find_run(engine, study->id, run, &record, error) != 0)
        return NULL;
    const struct asked asked = asked_of(study, run);
    json_t *row = row_json(&record, &asked);
    engine_run_clear(&record);
    row = json_put(row, "experiment", json_string(study->id));
    row = json_put(row, "predict", predict_json(study));
    if (row == NULL) {
        no_memory(error);
        return NULL;
    }
    if (add_parameters(row, engine, study, run, 1, error) != 0) {
        json_decref(row);
        return NULL;
    }
    return row;
}
