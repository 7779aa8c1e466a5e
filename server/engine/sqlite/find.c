/* Finding experiments and runs: one, some in order, those that wait, how many. */
#include "server/engine/sqlite/store.h"

#include <string.h>

#include "core/base/memory.h"

/* --- keys ---------------------------------------------------------------------------------- */

/* The number that `sql` tells of the experiment. */
static int find_number(struct connection *connection, const char *sql, const char *id,
                       int64_t *out_number, struct error *error)
{
    struct query query;
    query_start(&query, connection, sql, error);
    query_bind_text(&query, id);
    int found = query_step(&query);
    if (found)
        *out_number = query_integer(&query, 0);
    if (query_end(&query) != 0)
        return -1;
    return found ? 0 : error_set(error, ERROR_NOT_FOUND, "there is no experiment %.40s", id);
}

int find_experiment(struct connection *connection, const char *id, int64_t *out_key,
                    struct error *error)
{
    return find_number(connection, "SELECT key FROM experiment WHERE id = ?", id, out_key, error);
}

/* Own rows, or those of the experiment whose results it shows. */
#define DATA_KEY "coalesce(experiment.data, experiment.key)"

int find_data(struct connection *connection, const char *id, int64_t *out_data, struct error *error)
{
    return find_number(connection, "SELECT " DATA_KEY " FROM experiment WHERE id = ?", id, out_data,
                       error);
}

static int run_missing(struct connection *connection, const char *id, int run, struct error *error)
{
    int64_t key;
    if (find_experiment(connection, id, &key, error) != 0)
        return -1;
    return error_set(error, ERROR_NOT_FOUND, "experiment %.40s has no run %d", id, run);
}

int find_run(struct connection *connection, const char *id, int run, struct run_key *out_key,
             struct error *error)
{
    struct query query;
    query_start(&query, connection,
                "SELECT run.experiment, run.epoch, run.exact, run.series FROM experiment"
                "  JOIN run ON run.experiment = " DATA_KEY
                "  WHERE experiment.id = ? AND run.run = ?",
                error);
    query_bind_text(&query, id);
    query_bind_integer(&query, run);
    int found = query_step(&query);
    if (found)
        *out_key = (struct run_key){query_integer(&query, 0), run, query_integer(&query, 1),
                                    query_integer(&query, 2), record_read_series(&query, 3)};
    if (query_end(&query) != 0)
        return -1;
    if (!found)
        return run_missing(connection, id, run, error);
    if (out_key->exact < 0 || out_key->epoch < out_key->exact ||
        out_key->epoch > (int64_t)1 << 53)
        return connection_damaged(connection, "a number of epochs", error);
    return 0;
}

/* --- experiments --------------------------------------------------------------------------- */

#define EXPERIMENT_COLUMNS                                                                         \
    "experiment.key, experiment.id, experiment.name, created_ms, n_runs,"                          \
    " n_queued, n_running, n_done, n_diverged, n_cancelled, n_failed, source"
enum {
    COLUMN_N_QUEUED = 5,
    COLUMN_SOURCE = COLUMN_N_QUEUED + RUN_STATES,
    COLUMN_SPEC
};

/* The present row, its text borrowed from the query. */
static struct engine_experiment experiment_row(struct query *query)
{
    struct engine_experiment experiment = {.name = (char *)query_text(query, 2),
                                           .created_ms = query_integer(query, 3),
                                           .n_runs = (int)query_integer(query, 4)};
    const char *id = query_text(query, 1), *source = query_text(query, COLUMN_SOURCE);
    memcpy(experiment.id, id, strnlen(id, sizeof experiment.id - 1));
    memcpy(experiment.source, source, strnlen(source, sizeof experiment.source - 1));
    for (int state = 0; state < RUN_STATES; state++)
        experiment.n_in_state[state] = (int)query_integer(query, COLUMN_N_QUEUED + state);
    return experiment;
}

static int experiment_keep(const struct engine_experiment *row, const char *spec,
                           struct engine_experiment *out, struct error *error)
{
    *out = *row;
    out->name = memory_text(row->name, error);
    out->spec = out->name != NULL ? memory_text(spec, error) : NULL;
    if (out->spec != NULL)
        return 0;
    engine_experiment_clear(out);
    return -1;
}

int engine_find(struct engine *engine, const char *id, struct engine_experiment *out,
                struct error *error)
{
    memset(out, 0, sizeof *out);
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT " EXPERIMENT_COLUMNS ", spec FROM experiment"
                "  JOIN spec ON spec.experiment = experiment.key WHERE id = ?",
                error);
    query_bind_text(&query, id);
    int found = query_step(&query), result = 0;
    if (found) {
        struct engine_experiment row = experiment_row(&query);
        const char *spec = query_text(&query, COLUMN_SPEC);
        result = query.failed ? -1 : experiment_keep(&row, spec, out, error);
    }
    if (query_end(&query) != 0)
        result = -1;
    reader_give(engine, reader);
    if (result == 0 && !found)
        result = error_set(error, ERROR_NOT_FOUND, "there is no experiment %.40s", id);
    return result;
}

int engine_list(struct engine *engine, int64_t cursor, int limit, engine_experiment_fn each,
                void *context, int64_t *out_cursor, struct error *error)
{
    *out_cursor = 0;
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT " EXPERIMENT_COLUMNS " FROM experiment WHERE key < ?"
                "  ORDER BY key DESC",
                error);
    query_bind_integer(&query, cursor > 0 ? cursor : INT64_MAX);
    *out_cursor = cursor;
    while (query_next(&query, &limit, out_cursor)) {
        struct engine_experiment row = experiment_row(&query);
        if (query.failed || each(context, &row) != 0)
            limit = 0;
    }
    int result = query_end(&query);
    reader_give(engine, reader);
    return result;
}

/* --- runs ---------------------------------------------------------------------------------- */

#define RUN_COLUMNS                                                                                \
    "run.run, state, overrides, message, epoch, loss, first_loss, best_loss, best_epoch,"          \
    " diverged_epoch, diverged_sample, started_ms, ended_ms, exact, explained,"                    \
    " coalesce((SELECT headline FROM explanation"                                                  \
    "    WHERE explanation.experiment = run.experiment AND explanation.run = run.run), ''),"     \
    " series, last, best, trained_ms, stopped, diverged_position"

/* The column's record; of a run that records its loss alone, one of that. */
static struct engine_record run_record(struct query *query, int column, unsigned series,
                                       int64_t epoch, double loss)
{
    struct engine_record record = record_read(query, column, series);
    if (record.epoch == 0 && series_n(series) <= 1) {
        record.epoch = epoch;
        record.values[SERIES_LOSS] = loss;
    }
    return record;
}

/* The present row, its text borrowed from the query. */
static struct engine_run run_row(struct query *query)
{
    unsigned series = record_read_series(query, 16);
    const char *stopped = query_text(query, 20);
    int state = run_state_find(query_text(query, 1));
    if (state < 0 && !query->failed)
        query->failed = connection_damaged(query->connection, "an unknown state", query->error);
    struct engine_run run = {.run = (int)query_integer(query, 0),
                             .state = state < 0 ? RUN_FAILED : (enum run_state)state,
                             .overrides = (char *)query_text(query, 2),
                             .message = (char *)query_text(query, 3),
                             .epoch = query_integer(query, 4),
                             .loss = query_real(query, 5),
                             .first_loss = query_real(query, 6),
                             .best_loss = query_real(query, 7),
                             .best_epoch = query_integer(query, 8),
                             .diverged_epoch = query_integer(query, 9),
                             .diverged_sample = query_integer(query, 10),
                             .diverged_position = query_integer(query, 21),
                             .started_ms = query_integer(query, 11),
                             .ended_ms = query_integer(query, 12),
                             .exact = query_integer(query, 13),
                             .explained = (enum engine_depth)query_integer(query, 14),
                             .headline = (char *)query_text(query, 15),
                             .series = series,
                             .trained_ms = query_integer(query, 19)};
    run.last = run_record(query, 17, series, run.epoch, run.loss);
    run.best = run_record(query, 18, series, run.best_epoch, run.best_loss);
    memcpy(run.stopped, stopped, strnlen(stopped, sizeof run.stopped - 1));
    return run;
}

static int run_keep(const struct engine_run *row, struct engine_run *out, struct error *error)
{
    *out = *row;
    out->overrides = memory_text(row->overrides, error);
    out->message = out->overrides != NULL ? memory_text(row->message, error) : NULL;
    out->headline = out->message != NULL ? memory_text(row->headline, error) : NULL;
    if (out->headline != NULL)
        return 0;
    engine_run_clear(out);
    return -1;
}

int engine_find_run(struct engine *engine, const char *id, int run, struct engine_run *out,
                    struct error *error)
{
    memset(out, 0, sizeof *out);
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT " RUN_COLUMNS " FROM experiment"
                "  JOIN run ON run.experiment = " DATA_KEY
                "  WHERE experiment.id = ? AND run.run = ?",
                error);
    query_bind_text(&query, id);
    query_bind_integer(&query, run);
    int found = query_step(&query), result = 0;
    if (found) {
        struct engine_run row = run_row(&query);
        result = query.failed ? -1 : run_keep(&row, out, error);
    }
    if (query_end(&query) != 0)
        result = -1;
    if (result == 0 && !found)
        result = run_missing(&reader->connection, id, run, error);
    reader_give(engine, reader);
    return result;
}

int engine_each_run(struct engine *engine, const char *id, int first, int limit, engine_run_fn each,
                    void *context, struct error *error)
{
    int64_t key;
    struct reader *reader = reader_take_data(engine, id, &key, error);
    if (reader == NULL)
        return -1;
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT " RUN_COLUMNS " FROM run"
                "  WHERE experiment = ? AND run >= ? AND run < ? ORDER BY run",
                error);
    query_bind_integer(&query, key);
    query_bind_integer(&query, first);
    query_bind_integer(&query, (int64_t)first + limit);
    while (query_step(&query)) {
        struct engine_run row = run_row(&query);
        if (query.failed || each(context, &row) != 0)
            break;
    }
    int result = query_end(&query);
    reader_give(engine, reader);
    return result;
}

int engine_each_queued(struct engine *engine, engine_queued_fn each, void *context,
                       struct error *error)
{
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT id, run FROM run JOIN experiment ON key = experiment"
                "  WHERE state IN ('queued', 'running') AND state = 'queued' AND source = ''"
                "  ORDER BY experiment, run",
                error);
    while (query_step(&query)) {
        const char *id = query_text(&query, 0);
        if (query.failed || each(context, id, (int)query_integer(&query, 1)) != 0)
            break;
    }
    int result = query_end(&query);
    reader_give(engine, reader);
    return result;
}

int engine_totals(struct engine *engine, struct engine_totals *out, struct error *error)
{
    memset(out, 0, sizeof *out);
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT count(*), total(n_queued), total(n_running), total(n_done),"
                "  total(n_diverged), total(n_cancelled), total(n_failed) FROM experiment",
                error);
    if (query_step(&query)) {
        out->n_experiments = query_integer(&query, 0);
        for (int state = 0; state < RUN_STATES; state++)
            out->n_in_state[state] = query_integer(&query, 1 + state);
    }
    int result = query_end(&query);
    reader_give(engine, reader);
    out->n_commits = atomic_load(&engine->n_commits);
    out->n_epochs = atomic_load(&engine->n_epochs);
    return result;
}
