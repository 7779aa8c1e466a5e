/* The epochs of a run, or of all runs: in slices, thinned to a number of points, or replayed. */
#include "server/api/call/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/api/present.h"
#include "server/api/table.h"
#include "server/api/stream/column.h"
#include "server/api/stream/thin.h"
#include "server/base/json.h"

/* Buckets of all parts together; more runs get fewer each. */
enum { BUCKETS_MAX = 262144, BUCKETS_MIN = 16 };

/* What the query asks for. */
struct request {
    int64_t from, to, points; /* points 0: every epoch */
    int has_range;
    enum call_format format;
};

static int read_request(struct call *call, struct request *request)
{
    request->has_range = http_query(call->request, "from") != NULL ||
                         http_query(call->request, "to") != NULL;
    return call_query_integer(call, "from", &request->from) != 0 ||
                   call_query_within(call, "to", request->from, INT64_MAX, INT64_MAX,
                                     &request->to) != 0 ||
                   call_query_integer(call, "points", &request->points) != 0 ||
                   call_format(call, &request->format) != 0
               ? -1
               : 0;
}

/* What has ended never changes again, so its answer is a function of what was asked for. Runs that
 * have not: 0. `run` -1: all. 1 after replying 304. */
static int is_known(struct call *call, const struct request *request, int run, int has_ended)
{
    char what[256];
    call_may_be_kept(call);
    int n = snprintf(what, sizeof what, "%s epochs %s %d %lld %lld %lld %d %d", call->api->version,
                     call->name, run, (long long)request->from, (long long)request->to,
                     (long long)request->points, request->has_range, (int)request->format);
    return has_ended && call_is_known(call, what, (size_t)n, SIZE_MAX);
}

/* --- parts --- */

/* Leaves out the buckets that hold no epoch of from..to. */
static void clip(struct table_part *part, int64_t from, int64_t to)
{
    size_t n_left = 0, n_series = (size_t)part->n_series;
    int64_t end = part->first_summed - 1;
    for (size_t b = 0; b < part->n_buckets; b++) {
        const struct history_bucket *row = part->buckets + b * n_series;
        int64_t first = end + 1;
        end += row->n;
        if (end < from || first > to)
            continue;
        part->first_summed = n_left == 0 ? first : part->first_summed;
        memmove(part->buckets + n_left++ * n_series, row, n_series * sizeof *row);
    }
    part->n_buckets = n_left;
}

/* What the engine keeps of a run. `max_buckets`: of its envelope. */
static int make_part(struct call *call, const struct engine_run *run, const struct request *request,
                     size_t max_buckets, struct table_part *out, struct error *error)
{
    int64_t exact = run->exact;
    *out = (struct table_part){.run = run->run, .from = request->from, .series = run->series,
                               .n_series = series_n(run->series)};
    if (request->to > exact && exact < run->epoch &&
        engine_read_envelope(lab_engine(call->api->lab), call->name, run->run, max_buckets,
                             &out->buckets, &out->n_buckets, &exact, error) != 0)
        return -1;
    out->to = request->to < exact ? request->to : exact;
    out->first_summed = exact + 1;
    clip(out, request->from, request->to);
    return 0;
}

/* How many epochs, of which the last may be behind the range: its bucket is. */
static int64_t length(const struct table_part *part)
{
    return table_part_last(part) - part->from + 1;
}

/* --- thinned --- */

/* A part in points: buckets, and the last epoch of each. */
struct points {
    size_t n;
    int n_series;
    int64_t *epochs;                /* owned */
    struct history_bucket *buckets; /* [n][n_series], owned */
};

static void add_to_point(struct points *points, size_t n_before, const struct history_bucket *row,
                         int64_t epoch)
{
    size_t n_series = (size_t)points->n_series;
    if (points->n == n_before)
        memcpy(points->buckets + points->n++ * n_series, row, n_series * sizeof *row);
    else
        history_add(points->buckets + (points->n - 1) * n_series, row, points->n_series);
    points->epochs[points->n - 1] = epoch;
}

/* Cells of equal length, at most `n_cells`; a bucket goes where it ends, an empty cell is left
 * out. `records` are those of part->from..part->to. */
static void fill_points(struct points *points, const struct table_part *part,
                        const double *records, size_t n_cells)
{
    struct history_bucket sum[SERIES_COUNT];
    const struct history_bucket *row = part->buckets;
    size_t n = (size_t)length(part), b = 0;
    int64_t end = part->first_summed - 1;
    for (size_t c = 0; c < n_cells; c++) {
        size_t n_before = points->n;
        int64_t first = part->from + (int64_t)thin_begin(c, n, n_cells);
        int64_t last = part->from - 1 + (int64_t)thin_begin(c + 1, n, n_cells);
        int64_t stop = last < part->to ? last : part->to;
        if (first <= stop) {
            column_sum(records + (first - part->from) * part->n_series,
                       (size_t)(stop - first + 1), part->n_series, first, sum);
            add_to_point(points, n_before, sum, stop);
        }
        for (; b < part->n_buckets && end + row->n <= last; b++, row += part->n_series) {
            end += row->n;
            add_to_point(points, n_before, row, end);
        }
    }
}

static void print_column(struct text *text, const struct points *points, enum series series, int s,
                         enum column_part part)
{
    text_printf(text, ",\"");
    column_print_name(text, series, part);
    text_printf(text, "\":[");
    for (size_t i = 0; i < points->n; i++) {
        text_printf(text, i == 0 ? "" : ",");
        text_number(text, column_value(&points->buckets[i * (size_t)points->n_series + (size_t)s],
                                       part));
    }
    text_printf(text, "]");
}

static void print_points(struct text *text, const struct table_part *part,
                         const struct points *points)
{
    int is_exact = (int64_t)points->n == length(part) && part->n_buckets == 0;
    text_printf(text, "{\"run\":%d,\"exact\":%s,\"epoch\":[", part->run,
                is_exact ? "true" : "false");
    for (size_t i = 0; i < points->n; i++)
        text_printf(text, i == 0 ? "%lld" : ",%lld", (long long)points->epochs[i]);
    text_printf(text, "]");
    for (int s = 0; s < part->n_series; s++)
        for (enum column_part p = COLUMN_LAST; p < (is_exact ? 1 : COLUMN_PARTS); p++)
            print_column(text, points, series_at(part->series, s), s, p);
    text_printf(text, "}");
}

/* Reads a part and prints it in at most `points` points. */
static int thin_part(struct text *text, struct call *call, const struct table_part *part,
                     int64_t wanted, struct error *error)
{
    size_t n = part->to < part->from ? 0 : (size_t)(part->to - part->from + 1), n_read = 0;
    size_t n_cells = (size_t)(length(part) < wanted ? length(part) : wanted);
    size_t n_series = (size_t)part->n_series;
    double *records = memory_array(n, n_series * sizeof *records, error);
    struct points points = {0, part->n_series, memory_array(n_cells, sizeof *points.epochs, error),
                            memory_array(n_cells, n_series * sizeof *points.buckets, error)};
    int result = records == NULL || points.epochs == NULL || points.buckets == NULL ? -1 : 0;
    if (result == 0 && n > 0)
        result = engine_read_records(lab_engine(call->api->lab), call->name, part->run,
                                     part->series, part->from, n, records, &n_read, error);
    if (result == 0 && n_read != n)
        result = error_set(error, ERROR_NOT_FOUND, "the experiment was removed");
    if (result == 0) {
        fill_points(&points, part, records, n_cells);
        print_points(text, part, &points);
    }
    free(records);
    free(points.epochs);
    free(points.buckets);
    return result;
}

static void reply_thinned(struct call *call, const struct table_part *parts, int n_parts,
                          int single, const struct request *request)
{
    struct error error = ERROR_INIT;
    struct text text = {0};
    int exact = 1;
    for (int p = 0; p < n_parts; p++)
        exact = exact && parts[p].n_buckets == 0 && length(&parts[p]) <= request->points;
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

/* --- every row --- */

static void reply_table(struct call *call, struct table_part *parts, int n_parts, int single,
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
        snprintf(disposition, sizeof disposition,
                 "attachment; filename=\"descent-%.*s-losses.csv\"", ENGINE_ID_BYTES - 1,
                 call->name);
        http_reply_header(call->request, "Content-Disposition", disposition);
    }
    http_reply_slices(call->request, 200, types[format], table_read, table_destroy, table);
}

static void reply_parts(struct call *call, struct table_part *parts, int n_parts, int single,
                        const struct request *request)
{
    if (request->points == 0)
        reply_table(call, parts, n_parts, single, request->format);
    else if (request->format == FORMAT_JSON)
        reply_thinned(call, parts, n_parts, single, request);
    else
        http_reply_problem(call->request, 400,
                           "?points= goes with JSON only; CSV and NDJSON have every row", NULL);
}

/* --- one run --- */

/* The rows from..part->to of a part whose records the engine does not keep, at least not all. */
static int replay_part(struct call *call, struct table_part *part, struct error *error)
{
    size_t n = (size_t)(part->to - part->from + 1), n_series = (size_t)part->n_series;
    part->records = memory_array(n, n_series * sizeof *part->records, error);
    const struct study *study =
        part->records == NULL ? NULL
                              : shelf_take(lab_shelf(call->api->lab), call->name, error);
    if (study == NULL)
        return -1;
    struct replay_wish wish = call_replay(call, study);
    int result = replay_records(&wish, part->series, part->from, part->to, part->records, error);
    shelf_release(lab_shelf(call->api->lab), study);
    return result;
}

/* A range that reaches behind the kept epochs, one by one. */
static int make_replayed(struct call *call, const struct engine_run *run,
                         const struct request *request, struct table_part *out,
                         struct error *error)
{
    *out = (struct table_part){.run = run->run, .from = request->from, .to = run->epoch,
                               .series = run->series, .n_series = series_n(run->series)};
    out->to = request->to < out->to ? request->to : out->to;
    int64_t n = out->to - out->from + 1;
    if (n <= HISTORY_REPLAY_EPOCHS)
        return replay_part(call, out, error);
    return error_set(error, ERROR_TOO_LARGE,
                     "epochs %lld to %lld: those behind epoch %lld are not kept one by one "
                     "but replayed, at most %d epochs in one answer; without ?from= and ?to=, or "
                     "with ?points=, an envelope of them is given",
                     (long long)out->from, (long long)out->to, (long long)run->exact,
                     HISTORY_REPLAY_EPOCHS);
}

void epochs_of_run(struct call *call)
{
    struct error error = ERROR_INIT;
    struct request request;
    struct engine_run run = {0};
    struct table_part part = {0};
    if (read_request(call, &request) != 0)
        return;
    int result = engine_find_run(lab_engine(call->api->lab), call->name, call->run, &run, &error);
    int is_replay = request.has_range && request.points == 0 && request.from <= run.epoch &&
                    request.to > run.exact && run.exact < run.epoch;
    if (result == 0 && ((is_replay && call_move(call, HTTP_LONG)) ||
                        is_known(call, &request, call->run, run_state_is_final(run.state)))) {
        engine_run_clear(&run);
        return;
    }
    if (result == 0)
        result = is_replay ? make_replayed(call, &run, &request, &part, &error)
                           : make_part(call, &run, &request, HISTORY_BUCKETS, &part, &error);
    engine_run_clear(&run);
    if (result == 0)
        reply_parts(call, &part, 1, 1, &request);
    else
        call_reply_replay_error(call, &error);
    table_part_clear(&part);
}

/* --- all runs --- */

struct collecting {
    struct call *call;
    const struct request *request;
    size_t max_buckets;
    struct table_part *parts;
    int n_parts;
    struct error *error;
};

static int collect_part(void *context, const struct engine_run *run)
{
    struct collecting *collecting = context;
    size_t share = collecting->max_buckets / (size_t)series_n(run->series);
    return make_part(collecting->call, run, collecting->request,
                     share > BUCKETS_MIN ? share : BUCKETS_MIN,
                     &collecting->parts[collecting->n_parts++], collecting->error);
}

/* Buckets for each of so many runs. */
static size_t share_of_buckets(int n_runs)
{
    int share = n_runs > 0 ? BUCKETS_MAX / n_runs : HISTORY_BUCKETS;
    return (size_t)(share > HISTORY_BUCKETS ? HISTORY_BUCKETS
                                            : share < BUCKETS_MIN ? BUCKETS_MIN : share);
}

void epochs_side_by_side(struct call *call)
{
    struct error error = ERROR_INIT;
    struct request request;
    struct engine_experiment record = {0};
    if (read_request(call, &request) != 0)
        return;
    struct engine *engine = lab_engine(call->api->lab);
    struct collecting collecting = {.call = call, .request = &request, .error = &error};
    if (engine_find(engine, call->name, &record, &error) == 0) {
        if (is_known(call, &request, -1, strcmp(present_state(&record), "done") == 0))
            goto out;
        collecting.max_buckets = share_of_buckets(record.n_runs);
        collecting.parts =
            memory_array((size_t)record.n_runs, sizeof *collecting.parts, &error);
    }
    if (collecting.parts != NULL &&
        engine_each_run(engine, call->name, 0, record.n_runs, collect_part, &collecting, &error) ==
            0 &&
        error.kind == ERROR_NONE)
        reply_parts(call, collecting.parts, collecting.n_parts, 0, &request);
    else
        http_reply_error(call->request, &error);
out:
    for (int p = 0; p < collecting.n_parts; p++)
        table_part_clear(&collecting.parts[p]);
    free(collecting.parts);
    engine_experiment_clear(&record);
}
