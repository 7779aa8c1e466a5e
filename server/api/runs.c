/* Runs: one training's record, and predictions with its parameters. */
#include "server/api/call/call.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "server/api/explain/verdicts.h"
#include "server/api/present.h"
#include "server/api/call/refuse.h"
#include "server/base/json.h"
#include "server/spec/option/leaf.h"

/* Of metrics, in samples times parameters: 10 ms' and 200 ms' worth. To make a sample takes as long
 * as SAMPLE_WORK parameters. */
enum { SAMPLE_WORK = 100, QUICK_WORK = 5000000, MEDIUM_WORK = 100000000 };

/* A record is read quickly, but for the metrics of much data and verdicts still to be found. */
static enum http_effort effort_of(struct call *call, const struct study *study)
{
    struct run_plan plan;
    if (call->run >= spec_n_runs(study->spec))
        return HTTP_QUICK;
    spec_outline(study->spec, call->run, &plan);
    size_t work = plan.n_samples * (network_n_parameters(&plan.network) + SAMPLE_WORK);
    return work > MEDIUM_WORK                                     ? HTTP_LONG
           : work > QUICK_WORK || !verdicts_are_stored(call) ? HTTP_MEDIUM
                                                                  : HTTP_QUICK;
}

void runs_get(struct call *call)
{
    struct error error = ERROR_INIT;
    struct shelf *shelf = lab_shelf(call->api->lab);
    json_t *json = NULL;
    const struct study *study = shelf_take(shelf, call->name, &error);
    if (study != NULL && call_move(call, effort_of(call, study))) {
        shelf_release(shelf, study);
        return;
    }
    if (study != NULL) {
        json = present_run(lab_engine(call->api->lab), study, call->run, &error);
        if (json != NULL && verdicts_add(call, study, json, &error) != 0) {
            json_decref(json);
            json = NULL;
        }
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
    json = json_put(json, "epoch", json_integer(epoch));
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
    int result = call_query_epoch(call, &record, record.epoch, record.epoch, &epoch);
    int is_replay = result == 0 && (epoch < record.epoch || record.state == RUN_DIVERGED);
    engine_run_clear(&record);
    if (result != 0 || (is_replay && call_move(call, HTTP_LONG)))
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

/* --- predictions --- */

/* What is told of a row of inputs is what a spec is told of its own. */
static const struct option *input_option(void)
{
    return option_find("/predict/*/*");
}

/* Reads row i, or adds its faults. */
static void read_row(const json_t *rows, size_t i, size_t n_inputs, double *out,
                     struct faults *faults)
{
    const json_t *row = json_array_get(rows, i);
    struct place list = {NULL, "inputs", 0}, place = {&list, NULL, i};
    char got[FAULT_GOT_BYTES];
    if (json_array_size(row) != n_inputs || !json_is_array(row)) {
        place_fault(&place, faults, "got %s, expected a list of %zu, one number for each feature",
                    fault_got(got, row), n_inputs);
        return;
    }
    for (size_t k = 0; k < n_inputs; k++) {
        struct place cell = {&place, NULL, k};
        json_t *value = leaf_check(input_option(), &cell, json_array_get(row, k), faults);
        out[k] = json_number_value(value);
        json_decref(value);
    }
}

/* The posted rows as doubles [n][n_inputs]; NULL with faults, or with an error. */
static double *read_inputs(const json_t *body, size_t n_inputs, size_t *out_n,
                           struct faults *faults, struct error *error)
{
    const json_t *rows = json_object_get(body, "inputs");
    char got[FAULT_GOT_BYTES];
    size_t n = json_array_size(rows);
    refuse_others(body, "inputs", faults);
    if (n == 0 || n > CALL_PREDICT_ROWS_MAX)
        faults_add(faults, "/inputs", "got %s, expected a list of 1 to %d lists of %zu numbers",
                   fault_got(got, rows), CALL_PREDICT_ROWS_MAX, n_inputs);
    if (faults->n_found > 0)
        return NULL;
    double *inputs = memory_array(n * n_inputs, sizeof *inputs, error);
    for (size_t i = 0; inputs != NULL && i < n && faults->n_found < FAULTS_MAX; i++)
        read_row(rows, i, n_inputs, inputs + i * n_inputs, faults);
    *out_n = n;
    if (faults->n_found == 0)
        return inputs;
    free(inputs);
    return NULL;
}

/* The parameters of a diverged run are those from inside its last epoch: says so. */
static int add_divergence(json_t *json, struct call *call, struct error *error)
{
    struct engine_run record = {0};
    if (engine_find_run(lab_engine(call->api->lab), call->name, call->run, &record, error) != 0)
        return -1;
    int result = 0;
    if (record.state == RUN_DIVERGED)
        result = json_object_set_new(json, "diverged", present_divergence(&record));
    engine_run_clear(&record);
    return result;
}

/* ?epoch= says of when the parameters are to be; PRESENT without: those at the end, which of a
 * diverged run are of no whole number of epochs. -1 after replying. */
enum { PRESENT = -1 };

static int read_epoch(struct call *call, int64_t *out_epoch)
{
    struct error error = ERROR_INIT;
    struct engine_run record = {0};
    *out_epoch = PRESENT;
    if (http_query(call->request, "epoch") == NULL)
        return 0;
    if (engine_find_run(lab_engine(call->api->lab), call->name, call->run, &record, &error) != 0) {
        http_reply_error(call->request, &error);
        return -1;
    }
    int result = call_query_epoch(call, &record, record.epoch, PRESENT, out_epoch);
    engine_run_clear(&record);
    return result;
}

/* The network and its parameters at *epoch, which PRESENT becomes a number. */
static int load(struct call *call, const struct study *study, int64_t *epoch,
                struct run_plan *out_plan, double **out_parameters, struct error *error)
{
    if (*epoch == PRESENT)
        return present_load(lab_engine(call->api->lab), study, call->run, out_plan, out_parameters,
                            epoch, error);
    struct replay_wish wish = call_replay(call, study);
    return replay_parameters(&wish, *epoch, out_plan, out_parameters, error);
}

/* NULL with faults, or with an error. */
static json_t *predict(struct call *call, const struct study *study, const json_t *body,
                       int64_t asked, struct faults *faults, struct error *error)
{
    struct run_plan plan;
    double *parameters;
    int64_t epoch = asked;
    size_t n;
    json_t *json = NULL;
    if (call->run >= spec_n_runs(study->spec)) {
        error_set(error, ERROR_NOT_FOUND, "run %d: experiment %s has runs 0 to %d", call->run,
                  study->id, spec_n_runs(study->spec) - 1);
        return NULL;
    }
    if (load(call, study, &epoch, &plan, &parameters, error) != 0)
        return NULL;
    double *inputs = read_inputs(body, (size_t)plan.network.n_inputs, &n, faults, error);
    if (inputs != NULL) {
        scaling_apply(plan.scaling, inputs, n);
        json_t *outputs = present_outputs(&plan, parameters, inputs, n, error);
        if (outputs != NULL)
            json = json_pack("{s:O, s:o, s:I}", "inputs", json_object_get(body, "inputs"),
                             "outputs", outputs, "epoch", (json_int_t)epoch);
    }
    if (json != NULL && asked == PRESENT && add_divergence(json, call, error) != 0) {
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
    const struct study *study = NULL;
    int64_t epoch;
    json_t *json = NULL;
    if (http_query(call->request, "epoch") != NULL && call_move(call, HTTP_LONG))
        return; /* a replay */
    json_t *body = call_body(call);
    if (body == NULL || read_epoch(call, &epoch) != 0) {
        json_decref(body);
        return;
    }
    struct faults *faults = memory_array(1, sizeof *faults, &error);
    if (faults != NULL)
        study = shelf_take(shelf, call->name, &error);
    if (study != NULL) {
        json = predict(call, study, body, epoch, faults, &error);
        shelf_release(shelf, study);
    }
    json_decref(body);
    if (json == NULL && error.kind != ERROR_NONE)
        call_reply_replay_error(call, &error);
    else if (json == NULL && faults->n_found > 0 && !faults->no_memory)
        refuse_faults(call, faults);
    else
        call_reply_json(call, 200, json);
    free(faults);
}
