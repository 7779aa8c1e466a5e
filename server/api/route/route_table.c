/* The rows of the table of routes: paths, names of queries with their limits, media types. They
 * stand here and nowhere else: requests are checked by them, the list at /api/v1 and the OpenAPI
 * document are made of them. */
#include "server/api/explain/look.h"
#include "server/api/openapi/bodies.h"
#include "server/api/route/routes.h"
#include "server/spec/option/options.h"

#define INTEGER(low, high) .type = PARAMETER_INTEGER, .minimum = low, .maximum = high
#define EPOCH(low) .type = PARAMETER_EPOCH, .minimum = low, .maximum = INT64_MAX
#define CHOICE(words) .type = PARAMETER_CHOICE, .choices = words
#define TEXT(form) .type = PARAMETER_TEXT, .pattern = form

#include "server/api/route/rows/parameters.h"

/* --- media types --------------------------------------------------------------------------- */

static const char *const table_types[] = {"application/json", "text/csv", "application/x-ndjson",
                                          NULL};
static const char *const file_types[] = {"application/json", "text/csv", NULL};
static const char *const stream_types[] = {"text/event-stream", NULL};
static const char *const metric_types[] = {"text/plain", NULL};

/* --- routes -------------------------------------------------------------------------------- */

#define V1 "/api/v1"
#define EXPERIMENT V1 "/experiments/{name}"
#define RUN EXPERIMENT "/runs/{run}"

const struct route route_table[] = {
    {HTTP_GET, V1, ROUTE_AT_ONCE, catalog_routes,
     .summary = "Lists the paths, and what their queries take."},
    {HTTP_POST, V1 "/experiments", ROUTE_MEDIUM, experiments_create,
     .summary = "Trains what a spec, a preset or a fork asks for, or only checks it.",
     .query = {&validate},
     .headers = {&prefer, &idempotency_key}, .body = body_experiment, .statuses = "200|201|409"},
    {HTTP_GET, V1 "/experiments", ROUTE_QUICK, experiments_list,
     .summary = "Lists the experiments, the newest first.", .query = {&limit, &cursor}},
    {HTTP_GET, EXPERIMENT, ROUTE_QUICK, experiments_get,
     .summary = "Gives an experiment: its spec, and for each run state, losses and predictions.",
     .headers = {&prefer}, .statuses = "200|304"},
    {HTTP_PATCH, EXPERIMENT, ROUTE_MEDIUM, experiments_rename, .summary = "Renames an experiment.",
     .body = body_name},
    {HTTP_DELETE, EXPERIMENT, ROUTE_MEDIUM, experiments_delete,
     .summary = "Deletes an experiment with all its records.", .statuses = "204"},
    {HTTP_POST, EXPERIMENT "/cancel", ROUTE_MEDIUM, experiments_cancel,
     .summary = "Ends the runs of an experiment; they keep the epochs they have.",
     .statuses = "202"},
    {HTTP_GET, EXPERIMENT "/events", ROUTE_AT_ONCE, events_get,
     .summary = "Streams the epochs, states and verdicts of an experiment, from the first one on.",
     .query = {&all_points, &last_event_id}, .headers = {&last_event_id_header},
     .types = stream_types,
     .statuses = "200|204"},
    {HTTP_GET, EXPERIMENT "/epochs", ROUTE_QUICK, epochs_side_by_side,
     .summary = "Gives the losses of all runs side by side, epoch by epoch.",
     .query = {&from, &to, &points, &table_format}, .types = table_types, .statuses = "200|304"},
    {HTTP_GET, EXPERIMENT "/sweep", ROUTE_LONG, sweep_get,
     .summary = "Analyses a sweep: its settings over their starts, the best, where it diverges.",
     .query = {&part, &compare, &claim}},
    {HTTP_GET, EXPERIMENT "/dataset", ROUTE_MEDIUM, dataset_get,
     .summary = "Gives the samples that a run has learned from.",
     .query = {&data_run, &table_format},
     .types = table_types},
    {HTTP_GET, RUN, ROUTE_QUICK, runs_get,
     .summary = "Gives a run: losses, parameters by layer, metrics, floors and verdicts.",
     .statuses = "200|304"},
    {HTTP_GET, RUN "/verdicts", ROUTE_QUICK, verdicts_get,
     .summary = "Tells what happened in a run, with proof.", .headers = {&prefer_explained},
     .statuses = "200|304"},
    {HTTP_GET, RUN "/epochs", ROUTE_QUICK, epochs_of_run,
     .summary = "Gives the losses and other series of a run, epoch by epoch.",
     .query = {&from, &to, &points, &table_format}, .types = table_types, .statuses = "200|304"},
    {HTTP_POST, RUN "/predict", ROUTE_MEDIUM, runs_predict,
     .summary = "Gives the outputs of a trained network for inputs.",
     .query = {&epoch}, .body = body_inputs,
     .statuses = "200|409"},
    {HTTP_GET, RUN "/parameters", ROUTE_QUICK, runs_parameters,
     .summary = "Gives weights and biases after an epoch.",
     .query = {&epoch}, .statuses = "200|409|422"},
    {HTTP_GET, RUN "/step", ROUTE_LONG, step_get,
     .summary = "Works out one update of the training, or a whole epoch, number by number.",
     .query = {&step_epoch, &sample}, .statuses = "200|409|422"},
    {HTTP_POST, RUN "/step/check", ROUTE_LONG, step_check,
     .summary = "Marks a student's own numbers of one update.",
     .query = {&step_epoch, &sample}, .body = body_answers,
     .statuses = "200|409"},
    {HTTP_GET, RUN "/landscape", ROUTE_LONG, landscape_get,
     .summary = "Gives the loss along one or two directions through the parameters.",
     .query = {&kind, &axis_x, &axis_y, &epoch, &places, &span}, .statuses = "200|409|422"},
    {HTTP_GET, RUN "/hessian", ROUTE_LONG, hessian_get,
     .summary = "Gives the gradient and the curvatures of the loss at the parameters.",
     .query = {&epoch},
     .statuses = "200|409|422"},
    {HTTP_GET, RUN "/surface", ROUTE_LONG, surface_get,
     .summary = "Gives the predictions of a network of one or two features all over their plane.",
     .query = {&epoch, &places}, .statuses = "200|409|422"},
    {HTTP_POST, V1 "/datasets", ROUTE_MEDIUM, datasets_create,
     .summary = "Stores a CSV file to learn from; 200 when it is there already.", .body = body_file,
     .body_type = "text/csv", .statuses = "200|201|409"},
    {HTTP_GET, V1 "/datasets", ROUTE_QUICK, datasets_list,
     .summary = "Lists the CSV files, the newest first, with their columns.",
     .query = {&limit, &cursor}},
    {HTTP_GET, V1 "/datasets/{name}", ROUTE_QUICK, datasets_get,
     .summary = "Gives a CSV file, or what is in it.",
     .query = {&file_format}, .types = file_types},
    {HTTP_DELETE, V1 "/datasets/{name}", ROUTE_MEDIUM, datasets_delete,
     .summary = "Deletes a CSV file that no experiment uses.", .statuses = "204|409"},
    {HTTP_GET, V1 "/events", ROUTE_AT_ONCE, events_of_several,
     .summary = "Streams the epochs, states and verdicts of several experiments in one.",
     .query = {&experiments, &all_points, &last_event_id}, .headers = {&last_event_id_header},
     .types = stream_types, .statuses = "200|204|404"},
    {HTTP_GET, V1 "/presets", ROUTE_AT_ONCE, catalog_presets,
     .summary = "Lists the specs that the server comes with."},
    {HTTP_GET, V1 "/presets/{name}", ROUTE_AT_ONCE, catalog_preset, .summary = "Gives a preset."},
    {HTTP_GET, V1 "/presets/{name}/answer", ROUTE_LONG, answer_get,
     .summary = "Answers the question that a preset leaves open, from runs trained for it."},
    {HTTP_GET, V1 "/labs", ROUTE_AT_ONCE, catalog_labs,
     .summary = "Lists the lab sheets: what to run, and what the numbers must show."},
    {HTTP_GET, V1 "/labs/{name}", ROUTE_AT_ONCE, catalog_lab, .summary = "Gives a lab sheet."},
    {HTTP_GET, V1 "/options", ROUTE_AT_ONCE, catalog_options,
     .summary = "Lists every field of a spec, and the limits."},
    {HTTP_GET, V1 "/openapi.json", ROUTE_QUICK, openapi_get,
     .summary = "Describes all this for programs, as OpenAPI 3.1.", .statuses = "200|304"},
    {HTTP_GET, "/healthz", ROUTE_AT_ONCE, health_get, .summary = "Says that the server is alive."},
    {HTTP_GET, "/readyz", ROUTE_QUICK, operations_ready,
     .summary = "Says whether the server can store and train.", .statuses = "200|503"},
    {HTTP_GET, "/metrics", ROUTE_AT_ONCE, operations_metrics,
     .summary = "Counts requests, streams, runs and the queue, as Prometheus reads them.",
     .types = metric_types},
    {HTTP_OTHER, NULL, .place = ROUTE_AT_ONCE},
};
