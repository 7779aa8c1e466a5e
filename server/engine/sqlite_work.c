/* Training as the store sees it: claims, chunks, the end. Every write is fenced by its attempt.
 *
 * An attempt's number is the sequence number of its claim's log entry: never given twice, so a
 * claim from before a restart, or of a deleted experiment of the same id, can match nothing. */
#include "server/engine/sqlite_engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"

/* The counts of the experiment follow one run from a state to another. */
static int move_count(struct engine *engine, const struct run_key *key, enum run_state from,
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
        move_count(engine, &key, RUN_QUEUED, RUN_RUNNING, error) != 0)
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

enum engine_result engine_claim(struct engine *engine, const char *id, int run,
                                struct engine_claim *out_claim, struct error *error)
{
    memset(out_claim, 0, sizeof *out_claim);
    if (write_begin(engine, WRITE_NORMAL, error) != 0)
        return ENGINE_ERROR;
    int64_t attempt = 0;
    int result = claim_run(engine, id, run, &attempt, error);
    result = write_end(engine, result, error);
    if (result == ENGINE_OK) {
        memcpy(out_claim->id, id, strnlen(id, sizeof out_claim->id - 1));
        out_claim->run = run;
        out_claim->attempt = attempt;
    }
    return (enum engine_result)result;
}

/* --- chunks -------------------------------------------------------------------------------- */

/* A claimed run as its next chunk finds and leaves it. */
struct progress {
    struct run_key key;
    double loss, first_loss, best_loss;
    int64_t best_epoch;
    struct envelope_size envelope;
};

static enum engine_result find_claimed(struct engine *engine, const struct engine_claim *claim,
                                       struct progress *out, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "SELECT run.experiment, epoch, loss, first_loss, best_loss, best_epoch, exact,"
                "  envelope_entries, envelope_buckets"
                "  FROM experiment JOIN run ON run.experiment = experiment.key"
                "  WHERE id = ? AND run = ? AND attempt = ? AND state = 'running'",
                error);
    query_bind_text(&query, claim->id);
    query_bind_integer(&query, claim->run);
    query_bind_integer(&query, claim->attempt);
    int found = query_step(&query);
    if (found)
        *out = (struct progress){
            .key = {query_integer(&query, 0), claim->run, query_integer(&query, 1),
                    query_integer(&query, 6)},
            .envelope = {query_integer(&query, 7), query_integer(&query, 8)},
            .loss = query_real(&query, 2),
            .first_loss = query_real(&query, 3),
            .best_loss = query_real(&query, 4),
            .best_epoch = query_integer(&query, 5)};
    if (query_end(&query) != 0)
        return ENGINE_ERROR;
    return found ? ENGINE_OK : ENGINE_FENCED;
}

static int check_buckets(const struct engine_claim *claim, const struct engine_chunk *chunk,
                         struct error *error)
{
    if (chunk->n_buckets > ENGINE_CHUNK_BUCKETS_MAX)
        return error_set(error, ERROR_INVALID,
                         "chunk of run %d of experiment %s: got %zu buckets, expected at most %d",
                         claim->run, claim->id, chunk->n_buckets, ENGINE_CHUNK_BUCKETS_MAX);
    for (size_t b = 0; b < chunk->n_buckets; b++)
        if (chunk->buckets[b].n < 1)
            return error_set(error, ERROR_INVALID,
                             "chunk of run %d of experiment %s: got a bucket of %lld epochs, "
                             "expected 1 or more",
                             claim->run, claim->id, (long long)chunk->buckets[b].n);
    return 0;
}

/* `is_last`: nothing will go on from the chunk, so it may come without a checkpoint. */
static int check_chunk(const struct progress *progress, const struct engine_claim *claim,
                       const struct engine_chunk *chunk, int is_last, struct error *error)
{
    if (chunk->n + chunk->n_buckets > 0 && chunk->first != progress->key.epoch + 1)
        return error_set(error, ERROR_INVALID,
                         "chunk of run %d of experiment %s: got first epoch %lld, expected %lld",
                         claim->run, claim->id, (long long)chunk->first,
                         (long long)progress->key.epoch + 1);
    if (chunk->n + chunk->n_buckets > 0 && chunk->checkpoint == NULL && !is_last)
        return error_set(error, ERROR_INVALID,
                         "chunk of run %d of experiment %s: got %zu epochs%s without a "
                         "checkpoint, expected one with them",
                         claim->run, claim->id, chunk->n, chunk->n_buckets > 0 ? " and more" : "");
    if (chunk->n > 0 && progress->key.exact < progress->key.epoch)
        return error_set(error, ERROR_INVALID,
                         "chunk of run %d of experiment %s: got %zu losses behind buckets, "
                         "expected buckets",
                         claim->run, claim->id, chunk->n);
    return check_buckets(claim, chunk, error);
}

/* The progress behind the chunk's losses. */
static void advance(struct progress *progress, const struct engine_chunk *chunk)
{
    if (chunk->n == 0)
        return;
    if (progress->key.epoch == 0)
        progress->first_loss = chunk->losses[0];
    for (size_t i = 0; i < chunk->n; i++) {
        double loss = chunk->losses[i];
        if (loss < progress->best_loss || (isnan(progress->best_loss) && !isnan(loss))) {
            progress->best_loss = loss;
            progress->best_epoch = chunk->first + (int64_t)i;
        }
    }
    progress->loss = chunk->losses[chunk->n - 1];
    progress->key.epoch += (int64_t)chunk->n;
    progress->key.exact = progress->key.epoch;
}

/* And behind its buckets. The first loss of a run that begins with a bucket is not known. */
static void advance_envelope(struct progress *progress, const struct engine_chunk *chunk)
{
    for (size_t b = 0; b < chunk->n_buckets; b++) {
        const struct history_bucket *bucket = &chunk->buckets[b];
        if (bucket->lowest != 0 &&
            (isnan(progress->best_loss) || bucket->min < progress->best_loss)) {
            progress->best_loss = bucket->min;
            progress->best_epoch = bucket->lowest;
        }
        progress->loss = bucket->last;
        progress->key.epoch += bucket->n;
    }
}

static int store_progress(struct engine *engine, const struct progress *progress,
                          struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "UPDATE run SET epoch = ?, loss = ?, first_loss = ?, best_loss = ?, best_epoch = ?,"
                "  exact = ?, envelope_entries = ?, envelope_buckets = ?"
                "  WHERE experiment = ? AND run = ?",
                error);
    query_bind_integer(&query, progress->key.epoch);
    query_bind_real(&query, progress->loss);
    query_bind_real(&query, progress->first_loss);
    query_bind_real(&query, progress->best_loss);
    query_bind_integer(&query, progress->best_epoch);
    query_bind_integer(&query, progress->key.exact);
    query_bind_integer(&query, progress->envelope.n_entries);
    query_bind_integer(&query, progress->envelope.n_buckets);
    query_bind_integer(&query, progress->key.experiment);
    query_bind_integer(&query, progress->key.run);
    return query_run(&query);
}

/* The run's envelope gets the chunk's buckets. */
static int store_buckets(struct engine *engine, struct progress *progress,
                         const struct engine_chunk *chunk, struct error *error)
{
    if (chunk->n_buckets == 0)
        return 0;
    if (envelope_add(engine, &progress->key, progress->key.epoch + 1, chunk, &progress->envelope,
                     error) != 0)
        return -1;
    advance_envelope(progress, chunk);
    return envelope_merge(engine, &progress->key, &progress->envelope, error);
}

static int store_chunk(struct engine *engine, struct progress *progress,
                       const struct engine_chunk *chunk, struct error *error)
{
    if (chunk->n + chunk->n_buckets > 0) {
        if (log_add_losses(engine, &progress->key, chunk, error) != 0)
            return -1;
        advance(progress, chunk);
        engine->epochs_begun += (int64_t)chunk->n;
        if (store_buckets(engine, progress, chunk, error) != 0 ||
            store_progress(engine, progress, error) != 0)
            return -1;
    }
    if (chunk->checkpoint == NULL)
        return 0;
    return checkpoint_store(engine, &progress->key, chunk, error);
}

static enum engine_result append_chunk(struct engine *engine, const struct engine_claim *claim,
                                       const struct engine_chunk *chunk, int is_last,
                                       struct progress *out_progress, struct error *error)
{
    enum engine_result result = find_claimed(engine, claim, out_progress, error);
    if (result != ENGINE_OK)
        return result;
    if (check_chunk(out_progress, claim, chunk, is_last, error) != 0 ||
        store_chunk(engine, out_progress, chunk, error) != 0)
        return ENGINE_ERROR;
    return ENGINE_OK;
}

enum engine_result engine_append(struct engine *engine, const struct engine_claim *claim,
                                 const struct engine_chunk *chunk, struct error *error)
{
    if (write_begin(engine, WRITE_NORMAL, error) != 0)
        return ENGINE_ERROR;
    struct progress progress;
    int result = append_chunk(engine, claim, chunk, 0, &progress, error);
    return (enum engine_result)write_end(engine, result, error);
}

/* --- the end ------------------------------------------------------------------------------- */

static int store_end(struct engine *engine, const struct run_key *key, enum run_state state,
                     const char *message, int64_t diverged_epoch, int64_t diverged_sample,
                     struct error *error)
{
    if (log_add_state(engine, key, state, NULL, error) != 0 ||
        move_count(engine, key, RUN_RUNNING, state, error) != 0)
        return -1;
    struct query query;
    query_start(&query, &engine->writer,
                "UPDATE run SET state = ?, message = ?, diverged_epoch = ?, diverged_sample = ?,"
                "  ended_ms = ? WHERE experiment = ? AND run = ?",
                error);
    query_bind_text(&query, run_state_name(state));
    query_bind_text(&query, message);
    query_bind_integer(&query, diverged_epoch);
    query_bind_integer(&query, diverged_sample);
    query_bind_integer(&query, clock_wall_ms());
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    return query_run(&query);
}

enum engine_result engine_finish(struct engine *engine, const struct engine_claim *claim,
                                 const struct engine_chunk *chunk, enum run_state state,
                                 const char *message, int64_t diverged_epoch,
                                 int64_t diverged_sample, struct error *error)
{
    if (!run_state_is_final(state))
        return (enum engine_result)error_set(error, ERROR_INVALID,
                                             "state a run ends in: got %s, expected done, "
                                             "diverged, cancelled or failed",
                                             run_state_name(state));
    if (write_begin(engine, WRITE_DURABLE, error) != 0)
        return ENGINE_ERROR;
    struct progress progress;
    int result = append_chunk(engine, claim, chunk, 1, &progress, error);
    if (result == ENGINE_OK)
        result = store_end(engine, &progress.key, state, message, diverged_epoch, diverged_sample,
                           error);
    return (enum engine_result)write_end(engine, result, error);
}

static enum engine_result release_run(struct engine *engine, const struct engine_claim *claim,
                                      struct error *error)
{
    struct progress progress;
    enum engine_result result = find_claimed(engine, claim, &progress, error);
    if (result != ENGINE_OK)
        return result;
    if (log_add_state(engine, &progress.key, RUN_QUEUED, NULL, error) != 0 ||
        move_count(engine, &progress.key, RUN_RUNNING, RUN_QUEUED, error) != 0)
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
