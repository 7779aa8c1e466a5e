/* The data an experiment trains on, as JSON or CSV. */
#include "server/api/call/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/json.h"
#include "server/spec/plan.h"

static double value_at(const struct dataset *dataset, size_t sample, size_t column)
{
    if (column < dataset->n_features)
        return dataset->features[sample * dataset->n_features + column];
    return dataset->targets[sample * dataset->n_targets + column - dataset->n_features];
}

static void print_names(struct text *text, const struct dataset *dataset, enum call_format format)
{
    size_t n_columns = dataset->n_features + dataset->n_targets;
    for (size_t c = 0; c < n_columns; c++) {
        text_printf(text, c == 0 ? "" : ",");
        if (format == FORMAT_CSV)
            text_printf(text, "%s", dataset->names[c]);
        else
            text_json_string(text, dataset->names[c]);
    }
}

/* One sample's values with commas between them. */
static void print_sample(struct text *text, const struct dataset *dataset, size_t sample)
{
    size_t n_columns = dataset->n_features + dataset->n_targets;
    for (size_t c = 0; c < n_columns; c++) {
        text_printf(text, c == 0 ? "" : ",");
        text_number(text, value_at(dataset, sample, c));
    }
}

static const char *part_of(const struct spec_data *data, size_t sample)
{
    return part_name((enum part)data->parts[sample]);
}

/* What the column of the parts is called: not as one of the data, whose names have no brackets. */
static const char *part_header(const struct dataset *dataset)
{
    for (size_t c = 0; c < dataset->n_features + dataset->n_targets; c++)
        if (strcmp(dataset->names[c], "part") == 0)
            return "(part)";
    return "part";
}

static void print_csv(struct text *text, const struct spec_data *data)
{
    print_names(text, data->whole, FORMAT_CSV);
    if (data->parts != NULL)
        text_printf(text, ",%s", part_header(data->whole));
    text_printf(text, "\r\n");
    for (size_t i = 0; i < data->whole->n_samples; i++) {
        print_sample(text, data->whole, i);
        if (data->parts != NULL)
            text_printf(text, ",%s", part_of(data, i));
        text_printf(text, "\r\n");
    }
}

/* An array a line, a split's part after the values. */
static void print_lines(struct text *text, const struct spec_data *data)
{
    for (size_t i = 0; i < data->whole->n_samples; i++) {
        text_printf(text, "[");
        print_sample(text, data->whole, i);
        if (data->parts != NULL)
            text_printf(text, ",\"%s\"", part_of(data, i));
        text_printf(text, "]\n");
    }
}

static void print_numbers(struct text *text, const char *name, const double *values, size_t n)
{
    text_printf(text, "\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        text_printf(text, i == 0 ? "" : ",");
        text_number(text, values[i]);
    }
    text_printf(text, "]");
}

static void print_scaling(struct text *text, const char *name, const struct scaling *scaling)
{
    if (scaling == NULL)
        return;
    text_printf(text, ",\"%s\":{", name);
    print_numbers(text, "mean", scaling->mean, scaling->n_columns);
    text_printf(text, ",");
    print_numbers(text, "sd", scaling->sd, scaling->n_columns);
    text_printf(text, "}");
}

static void print_json(struct text *text, const struct spec_data *data)
{
    const struct dataset *whole = data->whole;
    text_printf(text, "{\"names\":[");
    print_names(text, whole, FORMAT_JSON);
    text_printf(text, "],\"n_features\":%zu,\"rows\":[", whole->n_features);
    for (size_t i = 0; i < whole->n_samples; i++) {
        text_printf(text, i == 0 ? "[" : ",[");
        print_sample(text, whole, i);
        text_printf(text, "]");
    }
    text_printf(text, "]");
    for (size_t i = 0; data->parts != NULL && i < whole->n_samples; i++)
        text_printf(text, "%s\"%s\"", i == 0 ? ",\"parts\":[" : ",", part_of(data, i));
    text_printf(text, data->parts != NULL ? "]" : "");
    for (size_t k = 0; k < whole->n_classes; k++) {
        text_printf(text, k == 0 ? ",\"classes\":[" : ",");
        text_json_string(text, whole->classes[k]);
    }
    text_printf(text, whole->n_classes > 0 ? "]" : "");
    print_scaling(text, "scaling", data->scaling);
    print_scaling(text, "target_scaling", data->target_scaling);
    text_printf(text, "}");
}

static void reply_dataset(struct call *call, const struct spec_data *data,
                          enum call_format format)
{
    static const char *const types[] = {"application/json", "text/csv; charset=utf-8",
                                        "application/x-ndjson"};
    struct text text = {0};
    if (format == FORMAT_CSV)
        print_csv(&text, data);
    else if (format == FORMAT_NDJSON)
        print_lines(&text, data);
    else
        print_json(&text, data);
    size_t n_bytes;
    char *body = text_take(&text, &n_bytes);
    if (body == NULL) {
        struct error error = ERROR_INIT;
        error_set(&error, ERROR_MEMORY, "not enough memory to answer");
        http_reply_error(call->request, &error);
        return;
    }
    if (format == FORMAT_CSV) {
        char disposition[64 + ENGINE_ID_BYTES];
        snprintf(disposition, sizeof disposition, "attachment; filename=\"descent-%.*s-data.csv\"",
                 ENGINE_ID_BYTES - 1, call->name);
        http_reply_header(call->request, "Content-Disposition", disposition);
    }
    http_reply(call->request, 200, types[format], body, n_bytes);
}

void dataset_get(struct call *call)
{
    struct error error = ERROR_INIT;
    struct shelf *shelf = lab_shelf(call->api->lab);
    enum call_format format;
    int64_t run;
    const struct study *study = shelf_take(shelf, call->name, &error);
    if (study == NULL) {
        http_reply_error(call->request, &error);
        return;
    }
    struct spec_data data = {0};
    if (call_format(call, &format) == 0 &&
        call_query_within(call, "run", 0, spec_n_runs(study->spec) - 1, 0, &run) == 0) {
        if (spec_data(study->spec, (int)run, &data, &error) != 0)
            http_reply_error(call->request, &error);
        else
            reply_dataset(call, &data, format);
        spec_data_clear(&data);
    }
    shelf_release(shelf, study);
}
