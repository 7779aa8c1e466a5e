/* Claims: a run is a worker's from its claim on, until it ends or is given back.
 *
 * An attempt's number is the sequence number of its claim's log entry: never given twice, so a
 * claim from before a restart, or of a deleted experiment of the same id, can match nothing. */
#include "server/engine/sqlite/store.h"

#include <string.h>

#include "server/base/clock.h"

int count_move(struct engine *engine, const struct run_key *key, enum run_state from,
               enum run_state to, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "UPDATE experiment SET"
                "  n_queued = n_queued - (?1 = 'queued') + (?2 = 'queued'),"
                "  n_running = n_running - (?1 = 'running') + (?2 = 'running'),"
                "  n_done = n_done + (?2 = 'done'),"
                "  n_diverged = n_diverged + (?2 = 'diverged'),"
                "  n_cancelled = n_cancelled + (?2 = 'cancelled'),"
                "  n_failed = n_failed + (?2 = 'failed')"
                "  WHERE key = ?3",
                error);
    query_bind_text(&query, run_state_name(from));
    query_bind_text(&query, run_state_name(to));
    query_bind_integer(&query, key->experiment);
    return query_run(&query);
}

/* --- claim --------------------------------------------------------------------------------- */

static enum engine_result find_queued(struct engine *engine, const char *id, int run,
                                      struct run_key *out_key, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "SELECT run.experiment, run.epoch FROM experiment"
                "  JOIN run ON run.experiment = experiment.key"
                "  WHERE experiment.id = ? AND run.run = ? AND run.state = 'queued'",
                error);
    query_bind_text(&query, id);
    query_bind_integer(&query, run);
    int found = query_step(&query);
    if (found)
        *out_key = (struct run_key){.experiment = query_integer(&query, 0),
                                    .run = run,
                                    .epoch = query_integer(&query, 1)};
    if (query_end(&query) != 0)
        return ENGINE_ERROR;
    return found ? ENGINE_OK : ENGINE_FENCED;
}

static enum engine_result claim_run(struct engine *engine, const char *id, int run,
                                    int64_t *out_attempt, struct error *error)
{
    struct run_key key;
    enum engine_result result = find_queued(engine, id, run, &key, error);
    if (result != ENGINE_OK)
        return result;
    if (log_add_state(engine, &key, RUN_RUNNING, out_attempt, error) != 0 ||
        count_move(engine, &key, RUN_QUEUED, RUN_RUNNING, error) != 0)
        return ENGINE_ERROR;
    struct query query;
    query_start(&query, &engine->writer,
                "UPDATE run SET state = 'running', attempt = ?1,"
                "  started_ms = CASE started_ms WHEN 0 THEN ?2 ELSE started_ms END"
                "  WHERE experiment = ?3 AND run = ?4",
                error);
    query_bind_integer(&query, *out_attempt);
    query_bind_integer(&query, clock_wall_ms());
    query_bind_integer(&query, key.experiment);
    query_bind_integer(&query, run);
    return query_run(&query) == 0 ? ENGINE_OK : ENGINE_ERROR;
}

int engine_claim_all(struct engine *engine, const char *id, const int *runs, int n_runs,
                     struct engine_claim *out_claims, struct error *error)
{
    memset(out_claims, 0, (size_t)n_runs * sizeof *out_claims);
    if (write_begin(engine, WRITE_NORMAL, error) != 0)
        return -1;
    int result = 0, n_claimed = 0;
    for (int i = 0; i < n_runs && result == 0; i++) {
        struct engine_claim *claim = &out_claims[i];
        memcpy(claim->id, id, strnlen(id, sizeof claim->id - 1));
        claim->run = runs[i];
        if (claim_run(engine, id, runs[i], &claim->attempt, error) == ENGINE_ERROR)
            result = -1;
        n_claimed += claim->attempt > 0;
    }
    if (result == 0 && n_claimed == 0)
        result = ENGINE_FENCED; /* there is nothing to commit */
    return write_end(engine, result, error) == ENGINE_ERROR ? -1 : 0;
}

enum engine_result engine_claim(struct engine *engine, const char *id, int run,
                                struct engine_claim *out_claim, struct error *error)
{
    if (engine_claim_all(engine, id, &run, 1, out_claim, error) != 0)
        return ENGINE_ERROR;
    return out_claim->attempt > 0 ? ENGINE_OK : ENGINE_FENCED;
}

/* --- what holds ---------------------------------------------------------------------------- */

enum engine_result find_claimed(struct engine *engine, const struct engine_claim *claim,
                                struct progress *out, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "SELECT run.experiment, epoch, loss, first_loss, best_loss, best_epoch, exact,"
                "  envelope_entries, envelope_buckets, series, last, best, trained_ms"
                "  FROM experiment JOIN run ON run.experiment = experiment.key"
                "  WHERE id = ? AND run = ? AND attempt = ? AND state = 'running'",
                error);
    query_bind_text(&query, claim->id);
    query_bind_integer(&query, claim->run);
    query_bind_integer(&query, claim->attempt);
    int found = query_step(&query);
    if (found) {
        unsigned series = record_read_series(&query, 9);
        *out = (struct progress){
            .key = {query_integer(&query, 0), claim->run, query_integer(&query, 1),
                    query_integer(&query, 6), series},
            .envelope = {query_integer(&query, 7), query_integer(&query, 8)},
            .loss = query_real(&query, 2),
            .first_loss = query_real(&query, 3),
            .best_loss = query_real(&query, 4),
            .best_epoch = query_integer(&query, 5),
            .last = record_read(&query, 10, series),
            .best = record_read(&query, 11, series),
            .trained_ms = query_integer(&query, 12)};
    }
    if (query_end(&query) != 0)
        return ENGINE_ERROR;
    return found ? ENGINE_OK : ENGINE_FENCED;
}

/* --- release ------------------------------------------------------------------------------- */

static enum engine_result release_run(struct engine *engine, const struct engine_claim *claim,
                                      struct error *error)
{
    struct progress progress;
    enum engine_result result = find_claimed(engine, claim, &progress, error);
    if (result != ENGINE_OK)
        return result;
    if (log_add_state(engine, &progress.key, RUN_QUEUED, NULL, error) != 0 ||
        count_move(engine, &progress.key, RUN_RUNNING, RUN_QUEUED, error) != 0)
        return ENGINE_ERROR;
    struct query query;
    query_start(&query, &engine->writer,
                "UPDATE run SET state = 'queued' WHERE experiment = ? AND run = ?", error);
    query_bind_integer(&query, progress.key.experiment);
    query_bind_integer(&query, progress.key.run);
    return query_run(&query) == 0 ? ENGINE_OK : ENGINE_ERROR;
}

enum engine_result engine_release(struct engine *engine, const struct engine_claim *claim,
                                  struct error *error)
{
    if (write_begin(engine, WRITE_NORMAL, error) != 0)
        return ENGINE_ERROR;
    return (enum engine_result)write_end(engine, release_run(engine, claim, error), error);
}
