/* What a worker hands over: a run's new epochs, its checkpoint, its end. Every write is fenced by
 * the attempt number of its claim. */
#include "server/engine/sqlite/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"

/* --- chunks -------------------------------------------------------------------------------- */

static unsigned series_of(const struct engine_chunk *chunk)
{
    return chunk->series != 0 ? chunk->series : 1u << SERIES_LOSS;
}

/* A run records the same ones in all its epochs, the loss among them. */
static int check_series(const struct progress *progress, const struct engine_claim *claim,
                        const struct engine_chunk *chunk, struct error *error)
{
    unsigned series = series_of(chunk);
    if (series >> SERIES_COUNT != 0 || (series >> SERIES_LOSS & 1) == 0)
        return error_set(error, ERROR_INVALID,
                         "chunk of run %d of experiment %s: got the set of series %#x, expected "
                         "one with the loss",
                         claim->run, claim->id, series);
    if (progress->key.epoch > 0 && series != progress->key.series)
        return error_set(error, ERROR_INVALID,
                         "chunk of run %d of experiment %s: got the set of series %#x, expected "
                         "%#x as before",
                         claim->run, claim->id, series, progress->key.series);
    return 0;
}

static int check_buckets(const struct engine_claim *claim, const struct engine_chunk *chunk,
                         struct error *error)
{
    if (chunk->n_buckets > ENGINE_CHUNK_BUCKETS_MAX)
        return error_set(error, ERROR_INVALID,
                         "chunk of run %d of experiment %s: got %zu buckets, expected at most %d",
                         claim->run, claim->id, chunk->n_buckets, ENGINE_CHUNK_BUCKETS_MAX);
    size_t n_series = (size_t)series_n(series_of(chunk));
    for (size_t b = 0; b < chunk->n_buckets * n_series; b++) {
        int64_t n = chunk->buckets[b].n, n_row = chunk->buckets[b - b % n_series].n;
        if (n < 1 || n != n_row)
            return error_set(error, ERROR_INVALID,
                             "chunk of run %d of experiment %s: got a bucket of %lld epochs, "
                             "expected 1 or more, the same for all series",
                             claim->run, claim->id, (long long)n);
    }
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
                         "chunk of run %d of experiment %s: got %zu records behind buckets, "
                         "expected buckets",
                         claim->run, claim->id, chunk->n);
    if (chunk->n + chunk->n_buckets > 0 && check_series(progress, claim, chunk, error) != 0)
        return -1;
    return check_buckets(claim, chunk, error);
}

/* The progress behind the chunk's records. */
static void advance(struct progress *progress, const struct engine_chunk *chunk)
{
    if (chunk->n == 0)
        return;
    if (progress->key.epoch == 0)
        progress->first_loss = chunk->records[0];
    size_t n_series = (size_t)series_n(progress->key.series), at = 0;
    size_t stride = chunk->stride > 0 ? chunk->stride : n_series;
    const double *last = chunk->records + (chunk->n - 1) * stride;
    for (size_t i = 0; i < chunk->n; i++) {
        double loss = chunk->records[i * stride];
        if (loss < progress->best_loss || (isnan(progress->best_loss) && !isnan(loss))) {
            progress->best_loss = loss;
            progress->best_epoch = chunk->first + (int64_t)i;
        }
    }
    for (int s = 0; s < SERIES_COUNT; s++)
        if ((progress->key.series >> s & 1) == 1)
            progress->last.values[s] = last[at++ * (chunk->apart > 0 ? chunk->apart : 1)];
    progress->loss = last[0];
    progress->key.epoch += (int64_t)chunk->n;
    progress->key.exact = progress->key.epoch;
}

/* And behind its buckets. The first loss of a run that begins with a bucket is not known. */
static void advance_envelope(struct progress *progress, const struct engine_chunk *chunk)
{
    size_t n_series = (size_t)series_n(progress->key.series);
    const struct history_bucket *bucket = chunk->buckets;
    for (size_t b = 0; b < chunk->n_buckets; b++, bucket += n_series) {
        if (bucket->lowest != 0 &&
            (isnan(progress->best_loss) || bucket->min < progress->best_loss)) {
            progress->best_loss = bucket->min;
            progress->best_epoch = bucket->lowest;
        }
        progress->loss = bucket->last;
        progress->key.epoch += bucket->n;
    }
    bucket -= n_series;
    for (int s = 0; s < SERIES_COUNT; s++)
        if ((progress->key.series >> s & 1) == 1)
            progress->last.values[s] = (bucket++)->last;
}

static int store_progress(struct engine *engine, const struct progress *progress,
                          struct error *error)
{
    unsigned series = progress->key.series;
    unsigned char last[RECORD_BYTES_MAX], best[RECORD_BYTES_MAX];
    struct query query;
    query_start(&query, &engine->writer,
                "UPDATE run SET epoch = ?, loss = ?, first_loss = ?, best_loss = ?, best_epoch = ?,"
                "  exact = ?, envelope_entries = ?, envelope_buckets = ?, series = ?, last = ?,"
                "  best = ?, trained_ms = ?"
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
    query_bind_integer(&query, series);
    record_bind(&query, &progress->last, series, last);
    record_bind(&query, &progress->best, series, best);
    query_bind_integer(&query, progress->trained_ms);
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
        progress->key.series = series_of(chunk);
        if (log_add_records(engine, &progress->key, chunk, error) != 0)
            return -1;
        advance(progress, chunk);
        engine->epochs_begun += (int64_t)chunk->n;
        if (store_buckets(engine, progress, chunk, error) != 0)
            return -1;
        if (series_n(progress->key.series) > 1) /* else the column loss says it */
            progress->last.epoch = progress->key.epoch;
        if (chunk->best != NULL)
            progress->best = *chunk->best;
        progress->trained_ms = chunk->trained_ms > 0 ? chunk->trained_ms : progress->trained_ms;
        if (store_progress(engine, progress, error) != 0)
            return -1;
    }
    if (chunk->checkpoint == NULL)
        return 0;
    return checkpoint_store(engine, &progress->key, chunk, error);
}

/* --- the end ------------------------------------------------------------------------------- */

static int store_end(struct engine *engine, const struct run_key *key,
                     const struct engine_handover *end, struct error *error)
{
    if (log_add_state(engine, key, end->state, NULL, error) != 0 ||
        count_move(engine, key, RUN_RUNNING, end->state, error) != 0)
        return -1;
    struct query query;
    query_start(&query, &engine->writer,
                "UPDATE run SET state = ?, message = ?, diverged_epoch = ?, diverged_sample = ?,"
                "  diverged_position = ?, stopped = ?, ended_ms = ?"
                "  WHERE experiment = ? AND run = ?",
                error);
    query_bind_text(&query, run_state_name(end->state));
    query_bind_text(&query, end->message);
    query_bind_integer(&query, end->diverged_epoch);
    query_bind_integer(&query, end->diverged_sample);
    query_bind_integer(&query, end->diverged_sample < 0 ? -1 : end->diverged_position);
    query_bind_text(&query, end->stopped != NULL ? end->stopped : "");
    query_bind_integer(&query, clock_wall_ms());
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    return query_run(&query);
}

static int store_verdict(struct engine *engine, const struct run_key *key, const char *verdict,
                         struct error *error)
{
    if (verdict == NULL)
        return 0;
    if (strlen(verdict) >= ENGINE_VERDICT_BYTES_MAX)
        return error_set(error, ERROR_INVALID, "verdict: got %zu bytes, expected fewer than %d",
                         strlen(verdict), ENGINE_VERDICT_BYTES_MAX);
    return log_add_verdict(engine, key, verdict, error);
}

/* --- handing over -------------------------------------------------------------------------- */

static int is_end(const struct engine_handover *handover)
{
    return handover->state != RUN_RUNNING;
}

static int check_state(const struct engine_handover *handover, struct error *error)
{
    if (!is_end(handover) || run_state_is_final(handover->state))
        return 0;
    return error_set(error, ERROR_INVALID,
                     "state a run ends in: got %s, expected done, diverged, cancelled or failed",
                     run_state_name(handover->state));
}

static int store_handover(struct engine *engine, struct engine_handover *handover,
                          struct error *error)
{
    struct progress progress;
    handover->result = find_claimed(engine, handover->claim, &progress, error);
    if (handover->result != ENGINE_OK)
        return handover->result == ENGINE_FENCED ? 0 : -1;
    if (check_chunk(&progress, handover->claim, &handover->chunk, is_end(handover), error) != 0 ||
        store_chunk(engine, &progress, &handover->chunk, error) != 0 ||
        store_verdict(engine, &progress.key, handover->verdict, error) != 0)
        return -1;
    return is_end(handover) ? store_end(engine, &progress.key, handover, error) : 0;
}

int engine_hand_over(struct engine *engine, struct engine_handover *handovers, int n,
                     struct error *error)
{
    enum write_sync sync = WRITE_NORMAL;
    for (int i = 0; i < n; i++) {
        if (check_state(&handovers[i], error) != 0)
            return -1;
        sync = is_end(&handovers[i]) ? WRITE_DURABLE : sync;
    }
    if (write_begin(engine, sync, error) != 0)
        return -1;
    int result = 0, n_held = 0;
    for (int i = 0; i < n && result == 0; i++) {
        result = store_handover(engine, &handovers[i], error);
        n_held += handovers[i].result == ENGINE_OK;
        if (result == 0 && is_end(&handovers[i]) && handovers[i].result == ENGINE_OK)
            result = share_settle(engine, handovers[i].claim->id, error);
    }
    if (result == 0 && n_held == 0)
        result = ENGINE_FENCED; /* there is nothing to commit */
    return write_end(engine, result, error) == ENGINE_ERROR ? -1 : 0;
}

static enum engine_result hand_over_one(struct engine *engine, struct engine_handover *handover,
                                        struct error *error)
{
    return engine_hand_over(engine, handover, 1, error) == 0 ? handover->result : ENGINE_ERROR;
}

enum engine_result engine_append(struct engine *engine, const struct engine_claim *claim,
                                 const struct engine_chunk *chunk, struct error *error)
{
    struct engine_handover handover = {.claim = claim, .chunk = *chunk, .state = RUN_RUNNING};
    return hand_over_one(engine, &handover, error);
}

enum engine_result engine_finish(struct engine *engine, const struct engine_claim *claim,
                                 const struct engine_chunk *chunk, enum run_state state,
                                 const char *message, int64_t diverged_epoch,
                                 int64_t diverged_sample, struct error *error)
{
    struct engine_handover handover = {.claim = claim, .chunk = *chunk, .state = state,
                                       .message = message, .diverged_epoch = diverged_epoch,
                                       .diverged_sample = diverged_sample,
                                       .diverged_position = -1};
    if (state == RUN_RUNNING)
        handover.state = RUN_QUEUED; /* refused as every state that is no end */
    return hand_over_one(engine, &handover, error);
}
