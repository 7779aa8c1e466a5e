/* Runs: one training's record, and predictions with its parameters. */
#include "server/api/call.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "server/api/present.h"
#include "server/base/json.h"

enum { PREDICT_ROWS_MAX = 10000 };

void runs_get(struct call *call)
{
    struct error error = ERROR_INIT;
    struct shelf *shelf = lab_shelf(call->api->lab);
    json_t *json = NULL;
    const struct study *study = shelf_take(shelf, call->name, &error);
    if (study != NULL) {
        json = present_run(lab_engine(call->api->lab), study, call->run, &error);
        shelf_release(shelf, study);
    }
    if (json == NULL)
        http_reply_error(call->request, &error);
    else
        call_reply_record(call, json, present_is_final(json));
}

/* Parameters after any committed number of epochs: those of the latest checkpoint, or replayed. */
static json_t *replay(struct call *call, const struct study *study, int64_t epoch,
                      struct error *error)
{
    struct replay_wish wish = call_replay(call, study);
    struct run_plan plan;
    double *parameters;
    if (replay_parameters(&wish, epoch, &plan, &parameters, error) != 0)
        return NULL;
    json_t *json = present_parameters(&plan.network, parameters);
    if (json != NULL)
        json_object_set_new(json, "epoch", json_integer(epoch));
    free(parameters);
    run_plan_clear(&plan);
    return json;
}

void runs_parameters(struct call *call)
{
    struct error error = ERROR_INIT;
    struct engine_run record = {0};
    struct shelf *shelf = lab_shelf(call->api->lab);
    json_t *json = NULL;
    int64_t epoch;
    if (engine_find_run(lab_engine(call->api->lab), call->name, call->run, &record, &error) != 0) {
        http_reply_error(call->request, &error);
        return;
    }
    int64_t last = record.epoch;
    engine_run_clear(&record);
    if (call_query_integer(call, "epoch", 0, last, last, &epoch) != 0)
        return;
    const struct study *study = shelf_take(shelf, call->name, &error);
    if (study != NULL) {
        json = replay(call, study, epoch, &error);
        shelf_release(shelf, study);
    }
    if (json == NULL && error.kind != ERROR_NONE)
        call_reply_replay_error(call, &error);
    else
        call_reply_json(call, 200, json);
}

/* The posted rows as doubles [n][n_inputs], or NULL with an error that names the row. */
static double *read_inputs(const json_t *body, size_t n_inputs, size_t *out_n, struct error *error)
{
    const json_t *rows = json_object_get(body, "inputs");
    if (!json_is_array(rows) || json_array_size(rows) == 0 ||
        json_array_size(rows) > PREDICT_ROWS_MAX || json_object_size(body) != 1) {
        error_set(error, ERROR_INVALID,
                  "/inputs: expected {\"inputs\": [[...], ...]} with 1 to %d rows and nothing else",
                  PREDICT_ROWS_MAX);
        return NULL;
    }
    *out_n = json_array_size(rows);
    double *inputs = memory_array(*out_n * n_inputs, sizeof *inputs, error);
    for (size_t i = 0; inputs != NULL && i < *out_n * n_inputs; i++) {
        const json_t *row = json_array_get(rows, i / n_inputs);
        const json_t *value = json_array_get(row, i % n_inputs);
        if (json_array_size(row) == n_inputs && json_is_number(value)) {
            inputs[i] = json_number_value(value);
            continue;
        }
        error_set(error, ERROR_INVALID, "/inputs/%zu: expected %zu numbers", i / n_inputs,
                  n_inputs);
        free(inputs);
        return NULL;
    }
    return inputs;
}

/* The parameters of a diverged run are those from inside its last epoch: says so. */
static int add_divergence(json_t *json, struct call *call, struct error *error)
{
    struct engine_run record = {0};
    if (engine_find_run(lab_engine(call->api->lab), call->name, call->run, &record, error) != 0)
        return -1;
    if (record.state == RUN_DIVERGED)
        json_object_set_new(json, "diverged", present_divergence(&record));
    engine_run_clear(&record);
    return 0;
}

static json_t *predict(struct call *call, const struct study *study, const json_t *body,
                       struct error *error)
{
    struct run_plan plan;
    double *parameters;
    int64_t epoch;
    size_t n;
    json_t *json = NULL;
    if (call->run >= spec_n_runs(study->spec)) {
        error_set(error, ERROR_NOT_FOUND, "run %d: experiment %s has runs 0 to %d", call->run,
                  study->id, spec_n_runs(study->spec) - 1);
        return NULL;
    }
    if (present_load(lab_engine(call->api->lab), study, call->run, &plan, &parameters, &epoch,
                     error) != 0)
        return NULL;
    double *inputs = read_inputs(body, (size_t)plan.network.n_inputs, &n, error);
    if (inputs != NULL) {
        scaling_apply(plan.scaling, inputs, n);
        json_t *outputs = present_outputs(&plan.network, parameters, inputs, n, error);
        if (outputs != NULL)
            json = json_pack("{s:O, s:o, s:I}", "inputs", json_object_get(body, "inputs"),
                             "outputs", outputs, "epoch", (json_int_t)epoch);
    }
    if (json != NULL && add_divergence(json, call, error) != 0) {
        json_decref(json);
        json = NULL;
    }
    free(inputs);
    free(parameters);
    run_plan_clear(&plan);
    return json;
}

void runs_predict(struct call *call)
{
    struct error error = ERROR_INIT;
    struct shelf *shelf = lab_shelf(call->api->lab);
    json_t *body = call_body(call);
    if (body == NULL)
        return;
    json_t *json = NULL;
    const struct study *study = shelf_take(shelf, call->name, &error);
    if (study != NULL) {
        json = predict(call, study, body, &error);
        shelf_release(shelf, study);
    }
    json_decref(body);
    if (json != NULL || error.kind == ERROR_NONE)
        call_reply_json(call, 200, json);
    else if (error.kind == ERROR_INVALID)
        http_reply_problem(call->request, 422, error.text, NULL);
    else
        http_reply_error(call->request, &error);
}
