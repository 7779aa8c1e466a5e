/* Replay: what a run's history does not keep, trained again from a kept checkpoint. */
#include "server/lab/replay.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/train/block/block.h"
#include "server/base/clock.h"
#include "server/spec/plan.h"

/* Work of a call of the block, in parameters times samples: some milliseconds. */
enum { CALL_WORK = 4000000, CALL_EPOCHS = 8192 };

struct replay {
    const struct replay_wish *wish;
    struct run_plan plan;
    struct block *block;
    int64_t epoch; /* finished */
    int64_t steps; /* samples of a call */
    int64_t first, last; /* epochs: where it began, where it will end */
    int64_t began_ns, deadline_ns;
    double *records;   /* [CALL_EPOCHS][n_series], a call's */
    int n_series;
    int trains; /* it counts among those under way */
};

static atomic_int n_under_way; /* replays that train, of the whole process */

/* --- starting ------------------------------------------------------------------------------ */

/* The nearest checkpoint at or before `epoch`; NULL: the start. The latest one of a run that
 * diverged is in the middle of an epoch, so it does not serve. */
static int find_checkpoint(const struct replay_wish *wish, const struct network *network,
                           int64_t epoch, void **out_bytes, size_t *out_n, int64_t *out_epoch,
                           struct error *error)
{
    struct block_state state = {0};
    if (engine_checkpoint(wish->engine, wish->study->id, wish->run, out_bytes, out_n, out_epoch,
                          error) != 0)
        return -1;
    if (*out_bytes != NULL && *out_epoch <= epoch) {
        if (block_read_checkpoint(network, *out_bytes, *out_n, &state, NULL,
                                  error) != 0)
            return -1;
        if (state.status != BLOCK_DIVERGED)
            return 0;
    }
    free(*out_bytes);
    return engine_kept_checkpoint(wish->engine, wish->study->id, wish->run, epoch, out_bytes,
                                  out_n, out_epoch, error);
}

static int load(struct replay *replay, const void *bytes, size_t n_bytes, struct error *error)
{
    struct run_plan *plan = &replay->plan;
    struct block_run run = {&plan->training, plan->parameters};
    struct block_parts parts = {.network = &plan->network, .dataset = plan->dataset,
                                .validation = plan->validation, .runs = &run, .n_runs = 1};
    replay->block = block_create_of(&parts, error);
    replay->n_series = series_n(plan->series);
    replay->records = memory_array(CALL_EPOCHS * (size_t)replay->n_series,
                                   sizeof *replay->records, error);
    if (replay->block == NULL || replay->records == NULL)
        return -1;
    if (bytes == NULL) { /* another run's state, or none */
        bytes = replay->plan.start;
        n_bytes = replay->plan.start_bytes;
    }
    if (bytes != NULL && block_load(replay->block, &bytes, &n_bytes, error) != 0)
        return -1;
    replay->epoch = replay->first = block_state(replay->block, 0).epoch;
    return 0;
}

static void replay_close(struct replay *replay)
{
    block_destroy(replay->block);
    run_plan_clear(&replay->plan);
    free(replay->records);
    if (replay->trains)
        atomic_fetch_sub(&n_under_way, 1);
}

static int is_run(const struct replay_wish *wish, struct error *error)
{
    int n = spec_n_runs(wish->study->spec);
    if (wish->run < n)
        return 1;
    error_set(error, ERROR_NOT_FOUND, "experiment %.40s has no run %d", wish->study->id,
              wish->run);
    return 0;
}

/* Puts the run where it was at `epoch` or a while before, to go on to epoch `last`. A replay that
 * opened must be closed. */
static int replay_open(struct replay *replay, const struct replay_wish *wish, int64_t epoch,
                       int64_t last, struct error *error)
{
    *replay = (struct replay){.wish = wish, .last = last};
    if (!is_run(wish, error))
        return -1;
    void *bytes = NULL;
    size_t n_bytes = 0;
    int64_t found;
    replay->deadline_ns = wish->until_ns != 0
                              ? wish->until_ns
                              : clock_monotonic_ns() + (int64_t)REPLAY_MS * 1000000;
    int result = spec_plan(wish->study->spec, wish->run, 1, &replay->plan, error);
    if (result == 0)
        result = find_checkpoint(wish, &replay->plan.network, epoch, &bytes, &n_bytes, &found,
                                 error);
    if (result == 0)
        result = load(replay, bytes, n_bytes, error);
    free(bytes);
    if (result == 0) {
        size_t n = network_n_parameters(&replay->plan.network);
        replay->steps = n < CALL_WORK ? CALL_WORK / (int64_t)n : 1;
        return 0;
    }
    replay_close(replay);
    return -1;
}

/* --- training ------------------------------------------------------------------------------ */

/* What stands at its epoch already, as a run's end does, is in nobody's way. */
static int begin_training(struct replay *replay, struct error *error)
{
    if (replay->trains)
        return 0;
    if (atomic_fetch_add(&n_under_way, 1) >= REPLAYS_MAX) {
        atomic_fetch_sub(&n_under_way, 1);
        return error_set(error, ERROR_BUSY, "another replay is under way; try again in a moment");
    }
    replay->trains = 1;
    replay->began_ns = clock_monotonic_ns();
    return 0;
}

/* How long what is left will take, at the pace so far; not more: the epoch that it is in counts as
 * a whole one. */
static double left_ns(const struct replay *replay, int64_t now_ns)
{
    double n_done = (double)(replay->epoch - replay->first + 1);
    double n_left = (double)(replay->last - replay->epoch) +
                    (double)replay->wish->n_samples_after / (double)replay->plan.dataset->n_samples;
    return (double)(now_ns - replay->began_ns) / n_done * n_left;
}

static int refuse(const struct replay *replay, double in_all_s, struct error *error)
{
    long long n = replay->last - replay->first;
    return error_set(error, ERROR_TOO_LARGE,
                     "epoch %lld is not kept: to train the %lld epoch%s of %zu samples since epoch "
                     "%lld%s again would take about %.0f s, and %d s are allowed; an epoch nearer "
                     "behind a kept checkpoint takes less",
                     (long long)replay->last, n, n == 1 ? "" : "s",
                     replay->plan.dataset->n_samples, (long long)replay->first,
                     replay->wish->n_samples_after > 0 ? ", and those of other runs," : "",
                     ceil(in_all_s), REPLAY_MS / 1000);
}

/* A pace measured on a busy machine is a guess: what may just fit goes on. */
static int may_go_on(const struct replay *replay, struct error *error)
{
    int64_t now_ns = clock_monotonic_ns(), taken_ns = now_ns - replay->began_ns;
    double left = left_ns(replay, now_ns), allowed = (double)(replay->deadline_ns - now_ns);
    if (replay->wish->stop(replay->wish->context))
        return error_set(error, ERROR_BUSY, "the replay was given up");
    if (allowed < 0.0 || (taken_ns > (int64_t)PACE_MS * 1000000 && left > 2.0 * allowed))
        return refuse(replay, REPLAY_MS / 1e3 + (left - allowed) / 1e9, error);
    return 0;
}

/* Those of `series` of n epochs of the call, to out[n][of each]; behind them. */
static double *copy_records(const struct replay *replay, unsigned series, int64_t n, double *out)
{
    const double *record = replay->records;
    for (; n > 0; n--, record += replay->n_series)
        for (int s = 0; s < replay->n_series; s++)
            if ((series >> series_at(replay->plan.series, s) & 1) == 1)
                *out++ = record[s];
    return out;
}

/* Trains until epoch `to` is finished; out[to - epoch][of each of `series`], none of them: NULL. */
static int train_to(struct replay *replay, int64_t to, unsigned series, double *out,
                    struct error *error)
{
    if (replay->epoch < to && begin_training(replay, error) != 0)
        return -1;
    while (replay->epoch < to) {
        int64_t left = to - replay->epoch, n = left < CALL_EPOCHS ? left : CALL_EPOCHS;
        if (may_go_on(replay, error) != 0)
            return -1;
        n = block_train(replay->block, replay->steps, n, replay->records);
        replay->epoch += n;
        out = copy_records(replay, series, n, out);
        if (replay->epoch < to && block_state(replay->block, 0).status != BLOCK_RUNNING)
            return error_set(error, ERROR_INTERNAL,
                             "the replay ended in epoch %lld, before epoch %lld",
                             (long long)replay->epoch, (long long)to);
    }
    return 0;
}

int replay_records(const struct replay_wish *wish, unsigned series, int64_t from, int64_t to,
                   double *out, struct error *error)
{
    struct replay replay;
    size_t n_kept = 0;
    if (!is_run(wish, error) ||
        engine_read_records(wish->engine, wish->study->id, wish->run, series, from,
                            (size_t)(to - from + 1), out, &n_kept, error) != 0)
        return -1;
    from += (int64_t)n_kept;
    out += n_kept * (size_t)series_n(series);
    if (from > to)
        return 0;
    if (replay_open(&replay, wish, from - 1, to, error) != 0)
        return -1;
    int result = train_to(&replay, from - 1, 0, NULL, error);
    if (result == 0)
        result = train_to(&replay, to, series, out, error);
    replay_close(&replay);
    return result;
}

int replay_parameters(const struct replay_wish *wish, int64_t epoch, struct run_plan *out_plan,
                      double **out_parameters, struct error *error)
{
    struct replay replay;
    *out_parameters = NULL;
    if (replay_open(&replay, wish, epoch, epoch, error) != 0)
        return -1;
    int result = train_to(&replay, epoch, 0, NULL, error);
    if (result == 0)
        result = spec_plan(wish->study->spec, wish->run, 0, out_plan, error);
    if (result == 0) {
        *out_parameters = memory_array(network_n_parameters(&out_plan->network),
                                       sizeof **out_parameters, error);
        if (*out_parameters != NULL)
            block_parameters(replay.block, 0, *out_parameters);
        else
            run_plan_clear(out_plan);
    }
    replay_close(&replay);
    return *out_parameters != NULL ? 0 : -1;
}

int replay_path(const struct replay_wish *wish, const int64_t *epochs, size_t n, double *out,
                struct error *error)
{
    struct replay replay;
    int result = 0;
    if (replay_open(&replay, wish, epochs[0], epochs[n - 1], error) != 0)
        return -1;
    size_t n_parameters = network_n_parameters(&replay.plan.network);
    for (size_t i = 0; result == 0 && i < n; i++) {
        result = train_to(&replay, epochs[i], 0, NULL, error);
        if (result == 0)
            block_parameters(replay.block, 0, out + i * n_parameters);
    }
    replay_close(&replay);
    return result;
}

int replay_walk(const struct replay_wish *wish, int64_t epoch, struct run_plan *out_plan,
                struct walk *out_walk, struct error *error)
{
    struct replay replay;
    if (replay_open(&replay, wish, epoch - 1, epoch - 1, error) != 0)
        return -1;
    int result = train_to(&replay, epoch - 1, 0, NULL, error);
    if (result == 0) {
        *out_plan = replay.plan;
        replay.plan = (struct run_plan){.dataset = NULL};
        result = walk_init(out_walk, &out_plan->network, out_plan->dataset, &out_plan->training,
                           replay.block, error);
        if (result != 0)
            run_plan_clear(out_plan);
    }
    replay_close(&replay);
    return result;
}

/* The checkpoint, where one stands at that very epoch; else NULL. */
static int find_at(const struct replay_wish *wish, int64_t epoch, void **out_bytes, size_t *out_n,
                   struct error *error)
{
    struct run_plan outline;
    int64_t found;
    spec_outline(wish->study->spec, wish->run, &outline);
    if (find_checkpoint(wish, &outline.network, epoch, out_bytes, out_n, &found, error) != 0)
        return -1;
    if (found == epoch)
        return 0;
    free(*out_bytes);
    *out_bytes = NULL;
    return 0;
}

int replay_checkpoint(const struct replay_wish *wish, int64_t epoch, void **out_bytes,
                      size_t *out_n_bytes, struct error *error)
{
    struct replay replay;
    *out_bytes = NULL;
    if (!is_run(wish, error) || find_at(wish, epoch, out_bytes, out_n_bytes, error) != 0)
        return -1;
    if (*out_bytes != NULL)
        return 0;
    if (replay_open(&replay, wish, epoch, epoch, error) != 0)
        return -1;
    if (train_to(&replay, epoch, 0, NULL, error) == 0) {
        *out_n_bytes = block_checkpoint_bytes(replay.block);
        *out_bytes = memory_array(*out_n_bytes, 1, error);
        if (*out_bytes != NULL)
            block_save(replay.block, 0, *out_bytes);
    }
    replay_close(&replay);
    return *out_bytes != NULL ? 0 : -1;
}
