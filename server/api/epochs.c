/* The epochs of a run, or of all runs: exact in slices, or thinned to a number of points. */
#include "server/api/call.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "server/api/table.h"
#include "server/api/thin.h"
#include "server/base/json.h"

enum { POINTS_MAX = 100000 };

/* What the query asks for. */
struct request {
    int64_t from, to, points; /* points 0: every epoch */
    enum call_format format;
};

static int read_request(struct call *call, struct request *request)
{
    return call_query_integer(call, "from", 1, INT64_MAX, 1, &request->from) != 0 ||
                   call_query_integer(call, "to", request->from, INT64_MAX, INT64_MAX,
                                      &request->to) != 0 ||
                   call_query_integer(call, "points", 1, POINTS_MAX, 0, &request->points) != 0 ||
                   call_format(call, &request->format) != 0
               ? -1
               : 0;
}

static struct table_part part_of(const struct engine_run *run, const struct request *request)
{
    struct table_part part = {run->run, request->from, run->epoch};
    part.to = request->to < part.to ? request->to : part.to;
    return part;
}

static int64_t length(const struct table_part *part)
{
    return part->to < part->from ? 0 : part->to - part->from + 1;
}

/* --- thinned --- */

static void print_column(struct text *text, const char *name, const struct thin_bucket *buckets,
                         size_t n, size_t offset)
{
    text_printf(text, ",\"%s\":[", name);
    for (size_t b = 0; b < n; b++) {
        text_printf(text, b == 0 ? "" : ",");
        text_number(text, *(const double *)((const char *)&buckets[b] + offset));
    }
    text_printf(text, "]");
}

static void print_thinned(struct text *text, const struct table_part *part,
                          const struct thin_bucket *buckets, size_t n)
{
    text_printf(text, "{\"run\":%d,\"exact\":%s,\"epoch\":[", part->run,
                (int64_t)n == length(part) ? "true" : "false");
    for (size_t b = 0; b < n; b++)
        text_printf(text, b == 0 ? "%lld" : ",%lld",
                    (long long)(part->from - 1 +
                                (int64_t)thin_begin(b + 1, (size_t)length(part), n)));
    text_printf(text, "]");
    print_column(text, "loss", buckets, n, offsetof(struct thin_bucket, last));
    if ((int64_t)n != length(part)) {
        print_column(text, "min", buckets, n, offsetof(struct thin_bucket, min));
        print_column(text, "max", buckets, n, offsetof(struct thin_bucket, max));
    }
    text_printf(text, "}");
}

/* Reads a part and prints it in at most `points` buckets. */
static int thin_part(struct text *text, struct call *call, const struct table_part *part,
                     int64_t points, struct error *error)
{
    size_t n = (size_t)length(part), n_read = 0;
    size_t n_buckets = n < (size_t)points ? n : (size_t)points;
    double *losses = memory_array(n, sizeof *losses, error);
    struct thin_bucket *buckets = memory_array(n_buckets, sizeof *buckets, error);
    int result = losses == NULL || buckets == NULL ? -1 : 0;
    if (result == 0 && n > 0)
        result = engine_read_losses(lab_engine(call->api->lab), call->name, part->run, part->from,
                                    n, losses, &n_read, error);
    if (result == 0 && n_read != n)
        result = error_set(error, ERROR_NOT_FOUND, "the experiment was removed");
    for (size_t b = 0; result == 0 && b < n_buckets; b++) {
        size_t begin = thin_begin(b, n, n_buckets);
        buckets[b] = thin_bucket(losses + begin, thin_begin(b + 1, n, n_buckets) - begin);
    }
    if (result == 0)
        print_thinned(text, part, buckets, n_buckets);
    free(losses);
    free(buckets);
    return result;
}

static void reply_thinned(struct call *call, const struct table_part *parts, int n_parts,
                          int single, const struct request *request)
{
    struct error error = ERROR_INIT;
    struct text text = {0};
    int exact = 1;
    for (int p = 0; p < n_parts; p++)
        exact = exact && length(&parts[p]) <= request->points;
    if (!single)
        text_printf(&text, "{\"exact\":%s,\"runs\":[", exact ? "true" : "false");
    for (int p = 0; p < n_parts; p++) {
        text_printf(&text, p == 0 ? "" : ",");
        if (thin_part(&text, call, &parts[p], request->points, &error) != 0)
            break;
    }
    if (!single)
        text_printf(&text, "]}");
    size_t n_bytes;
    char *body = text_take(&text, &n_bytes);
    if (error.kind == ERROR_NONE && body == NULL)
        error_set(&error, ERROR_MEMORY, "not enough memory to answer");
    if (error.kind != ERROR_NONE) {
        free(body);
        http_reply_error(call->request, &error);
        return;
    }
    http_reply(call->request, 200, "application/json", body, n_bytes);
}

/* --- exact --- */

static void reply_exact(struct call *call, const struct table_part *parts, int n_parts, int single,
                        enum call_format format)
{
    static const char *const types[] = {"application/json", "text/csv; charset=utf-8",
                                        "application/x-ndjson"};
    struct error error = ERROR_INIT;
    struct table *table = table_create(lab_engine(call->api->lab), call->name, parts, n_parts,
                                       single, format, &error);
    if (table == NULL) {
        http_reply_error(call->request, &error);
        return;
    }
    if (format == FORMAT_CSV) {
        char disposition[96 + ENGINE_ID_BYTES];
        snprintf(disposition, sizeof disposition, "attachment; filename=\"descent-%.*s-losses.csv\"",
                 ENGINE_ID_BYTES - 1, call->name);
        http_reply_header(call->request, "Content-Disposition", disposition);
    }
    http_reply_slices(call->request, 200, types[format], table_read, table_destroy, table);
}

static void reply_parts(struct call *call, const struct table_part *parts, int n_parts, int single,
                        const struct request *request)
{
    if (request->points == 0)
        reply_exact(call, parts, n_parts, single, request->format);
    else if (request->format == FORMAT_JSON)
        reply_thinned(call, parts, n_parts, single, request);
    else
        http_reply_problem(call->request, 400,
                           "?points= goes with JSON only; CSV and NDJSON have every epoch", NULL);
}

void epochs_of_run(struct call *call)
{
    struct error error = ERROR_INIT;
    struct request request;
    struct engine_run run = {0};
    if (read_request(call, &request) != 0)
        return;
    if (engine_find_run(lab_engine(call->api->lab), call->name, call->run, &run, &error) != 0) {
        http_reply_error(call->request, &error);
        return;
    }
    struct table_part part = part_of(&run, &request);
    engine_run_clear(&run);
    reply_parts(call, &part, 1, 1, &request);
}

struct collecting {
    const struct request *request;
    struct table_part *parts;
    int n_parts;
};

static int collect_part(void *context, const struct engine_run *run)
{
    struct collecting *collecting = context;
    collecting->parts[collecting->n_parts++] = part_of(run, collecting->request);
    return 0;
}

void epochs_side_by_side(struct call *call)
{
    struct error error = ERROR_INIT;
    struct request request;
    struct engine_experiment record = {0};
    if (read_request(call, &request) != 0)
        return;
    struct engine *engine = lab_engine(call->api->lab);
    struct collecting collecting = {&request, NULL, 0};
    if (engine_find(engine, call->name, &record, &error) == 0)
        collecting.parts =
            memory_array((size_t)record.n_runs, sizeof *collecting.parts, &error);
    if (collecting.parts != NULL &&
        engine_each_run(engine, call->name, 0, record.n_runs, collect_part, &collecting, &error) ==
            0)
        reply_parts(call, collecting.parts, collecting.n_parts, 0, &request);
    else
        http_reply_error(call->request, &error);
    free(collecting.parts);
    engine_experiment_clear(&record);
}
