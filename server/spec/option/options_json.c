/* The table as JSON. */
#include <math.h>
#include <string.h>

#include "core/model/network.h"
#include "core/train/history.h"
#include "server/base/json.h"
#include "server/spec/option/table.h"

static const char *const type_names[] = {"object",  "map",    "columns", "list",
                                         "text",    "name",   "formula", "choice",
                                         "integer", "number", "boolean", "sweep"};

json_t *option_words_json(const char *words)
{
    json_t *list = json_array();

    while (list != NULL && *words != '\0') {
        size_t n = strcspn(words, "|");
        if (json_array_append_new(list, json_stringn(words, n)) < 0) {
            json_decref(list);
            return NULL;
        }
        words += words[n] == '|' ? n + 1 : n;
    }
    return list;
}

/* {"field": "kind", "values": ["table"]} of "kind=table"; a new reference. */
static json_t *when_json(const char *when)
{
    size_t n = strcspn(when, "=");
    return json_pack("{s:s%,s:o}", "field", when, n, "values", option_words_json(when + n + 1));
}

static json_t *but_json(const struct option *row)
{
    json_t *json = when_json(row->but_when);
    if (json != NULL && json_object_set_new(json, "default",
                                            json_loads(row->but, JSON_DECODE_ANY, NULL)) < 0) {
        json_decref(json);
        json = NULL;
    }
    return json;
}

json_t *option_limit_json(double value)
{
    return fabs(value) < 1e15 && value == floor(value) ? json_integer((json_int_t)value)
                                                       : json_real(value);
}

/* Whether the row's limits mean anything. */
static int has_limits(const struct option *row)
{
    return row->type != OPTION_OBJECT && row->type != OPTION_CHOICE &&
           row->type != OPTION_BOOLEAN && row->type != OPTION_SWEEP;
}

static json_t *row_json(const struct option *row)
{
    json_t *json = json_pack("{s:s,s:s,s:s}", "pointer", row->pointer, "type",
                             type_names[row->type], "description", row->description);
    int failed = json == NULL;

    if (row->unit != NULL)
        failed |= json_object_set_new(json, "unit", json_string(row->unit));
    if (row->fallback != NULL)
        failed |=
            json_object_set_new(json, "default", json_loads(row->fallback, JSON_DECODE_ANY, NULL));
    if (row->last != NULL)
        failed |=
            json_object_set_new(json, "default_last", json_loads(row->last, JSON_DECODE_ANY, NULL));
    if (row->is_required)
        failed |= json_object_set_new(json, "required", json_true());
    if (row->unless != NULL)
        failed |= json_object_set_new(json, "unless", json_string(row->unless));
    if (has_limits(row) && isfinite(row->minimum))
        failed |= json_object_set_new(json, "minimum", option_limit_json(row->minimum));
    if (row->is_above)
        failed |= json_object_set_new(json, "above", json_true());
    if (has_limits(row) && isfinite(row->maximum))
        failed |= json_object_set_new(json, "maximum", option_limit_json(row->maximum));
    if (row->choices != NULL)
        failed |= json_object_set_new(json, "choices", option_words_json(row->choices));
    if (row->but_when != NULL)
        failed |= json_object_set_new(json, "default_when", but_json(row));
    if (row->when != NULL)
        failed |= json_object_set_new(json, "when", when_json(row->when));
    if (failed)
        json_decref(json);
    return failed ? NULL : json;
}

static json_t *limits_json(void)
{
    return json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "body_bytes",
                     OPTIONS_BODY_BYTES_MAX, "runs", OPTIONS_RUNS_MAX, "exact_epochs",
                     HISTORY_RUN_EPOCHS, "exact_epochs_of_all_runs", HISTORY_EXPERIMENT_EPOCHS,
                     "envelope_buckets", HISTORY_BUCKETS, "replayed_epochs", HISTORY_REPLAY_EPOCHS,
                     "parameters", NETWORK_PARAMETERS_MAX,
                     "parameters_of_all_runs", OPTIONS_PARAMETERS_MAX, "predictions_of_all_runs",
                     OPTIONS_PREDICTIONS_MAX, "dataset_values", OPTIONS_DATASET_VALUES_MAX,
                     "dataset_values_of_all_runs", OPTIONS_VALUES_MAX, "metric_work",
                     OPTIONS_METRIC_WORK_MAX, "depth", JSON_DEPTH_MAX);
}

json_t *options_json(void)
{
    const struct option *row = option_table + 1;
    json_t *fields = json_array();

    for (; row->pointer != NULL && fields != NULL; row++) {
        if (json_array_append_new(fields, row_json(row)) < 0) {
            json_decref(fields);
            fields = NULL;
        }
    }
    return json_pack("{s:o,s:o}", "fields", fields, "limits", limits_json());
}
