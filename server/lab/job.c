/* A job: a block of one experiment's runs in training, and its commits.
 *
 * DESIGN: a slice trains in short calls until its time is over, then until the present epoch ends
 * (a checkpoint exists only there), and commits each run's new epochs with its checkpoint. Losses
 * that are not committed yet stay in `losses`, so a failed commit is repeated, never retrained or
 * skipped. An epoch longer than a slice is simply continued in the next one.
 *
 * Beyond the epochs that are kept one by one (core/train/history.h) what a call has written to
 * `losses` is summed up in buckets after it, and its place used again: so there a slice is as long
 * as elsewhere, and costs no memory. Full buckets are a reason to commit.
 *
 * The length of a call is found by measuring: CALL_NS of steps, so that a slice ends in time
 * whatever the network costs; of a wide network more, because each call begins with copies of its
 * parameters (at 900,000 of them and 5 ms that was half of the time). Results do not depend on
 * where calls end. */
#include "server/lab/job.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/train/history.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/lab/candidate.h"
#include "server/spec/spec.h"

enum { CHUNK_LOSSES = 131072, CALL_NS = 5000000, FIRST_STEPS = 2000, FIRST_WORK = 2000000 };
enum { WIDE_PARAMETERS = 32768, WIDE_CALL_NS = 25000000, WIDE_WORK = 1 << 28 };

struct lane {
    struct engine_claim claim;
    int64_t committed; /* epochs */
    int ended;         /* finished or fenced: nothing more to commit */
    size_t n_buckets;  /* not committed yet */
    struct history_bucket *buckets; /* [ENGINE_CHUNK_BUCKETS_MAX]; NULL if all is kept */
    int is_open; /* the last bucket's cell has room */
};

struct job {
    struct engine *engine;
    struct dataset *dataset;
    struct block *block;
    int n_lanes;
    struct lane lanes[BLOCK_RUNS_MAX];
    int n_runs;         /* of the experiment */
    int64_t keep;       /* epochs kept one by one */
    int64_t reached;    /* finished epochs of the runs that are left */
    int64_t steps;      /* samples a call is given */
    int64_t steps_min;  /* fewer would cost more in copies than in training */
    int64_t call_ns;    /* how long that is to take */
    int64_t first;      /* the epoch of losses[0], 1-based */
    int64_t capacity;   /* epochs that fit in losses */
    int64_t n_epochs;   /* in losses, all of them to be kept */
    double *losses;     /* [capacity][n_lanes], in the block's order */
    unsigned char *checkpoints; /* [n_lanes][checkpoint_bytes] */
    size_t checkpoint_bytes;
};

/* Claims the candidates, the claimed ones moved to the front; the fenced ones are left out. Returns
 * how many are claimed, or -1: then none is. */
static int claim_all(struct job *job, const char *id, struct candidate *candidates, int n,
                     struct error *error)
{
    int runs[BLOCK_RUNS_MAX];
    struct engine_claim claims[BLOCK_RUNS_MAX];
    for (int i = 0; i < n; i++)
        runs[i] = candidates[i].run;
    if (engine_claim_all(job->engine, id, runs, n, claims, error) != 0)
        return -1;
    for (int i = 0; i < n; i++) {
        if (claims[i].attempt == 0)
            continue;
        struct lane *lane = &job->lanes[job->n_lanes];
        lane->claim = claims[i];
        lane->committed = candidates[i].epoch;
        struct candidate claimed = candidates[i];
        candidates[i] = candidates[job->n_lanes];
        candidates[job->n_lanes++] = claimed;
    }
    return job->n_lanes;
}

static int build_block(struct job *job, const struct candidate *candidates, struct error *error)
{
    struct block_run runs[BLOCK_RUNS_MAX];
    const void *checkpoints[BLOCK_RUNS_MAX];
    size_t bytes[BLOCK_RUNS_MAX];
    for (int i = 0; i < job->n_lanes; i++) {
        runs[i].training = &candidates[i].plan.training;
        runs[i].parameters = candidates[i].plan.parameters;
        checkpoints[i] = candidates[i].checkpoint;
        bytes[i] = candidates[i].checkpoint_bytes;
    }
    job->block = block_create(&candidates[0].plan.network, job->dataset, runs, job->n_lanes, error);
    if (job->block == NULL)
        return -1;
    if (candidates[0].checkpoint != NULL &&
        block_load(job->block, checkpoints, bytes, error) != 0)
        return -1;
    return 0;
}

/* The first call is short whatever the network costs: how much it costs is not known yet. */
static int64_t first_steps(const struct job *job, const struct network *network)
{
    int64_t steps = FIRST_WORK / ((int64_t)network_n_parameters(network) * job->n_lanes);
    return steps < 1 ? 1 : steps > FIRST_STEPS ? FIRST_STEPS : steps;
}

static int build_buffers(struct job *job, const struct run_plan *plan, struct error *error)
{
    job->capacity = CHUNK_LOSSES / job->n_lanes;
    job->reached = job->lanes[0].committed;
    job->first = job->reached + 1;
    int64_t n_parameters = (int64_t)network_n_parameters(&plan->network);
    int is_wide = n_parameters > WIDE_PARAMETERS;
    job->steps = first_steps(job, &plan->network);
    job->steps_min = is_wide ? WIDE_WORK / (n_parameters * job->n_lanes) + 1 : 1;
    job->call_ns = is_wide ? WIDE_CALL_NS : CALL_NS;
    job->checkpoint_bytes = block_checkpoint_bytes(job->block);
    job->losses = memory_array((size_t)job->capacity, (size_t)job->n_lanes * sizeof(double), error);
    job->checkpoints = memory_array((size_t)job->n_lanes, job->checkpoint_bytes, error);
    if (job->losses == NULL || job->checkpoints == NULL)
        return -1;
    for (int i = 0; i < job->n_lanes && plan->training.epochs > job->keep; i++) {
        job->lanes[i].buckets = memory_array(ENGINE_CHUNK_BUCKETS_MAX,
                                             sizeof *job->lanes[i].buckets, error);
        if (job->lanes[i].buckets == NULL)
            return -1;
    }
    return 0;
}

struct job *job_begin(struct engine *engine, const struct study *study, const int *runs,
                      int n_runs, int *out_n, struct error *error)
{
    struct candidate candidates[BLOCK_RUNS_MAX];
    *out_n = 0;
    int n = candidates_gather(engine, study, runs, n_runs, candidates, error);
    if (n < 0)
        return NULL;
    *out_n = n;

    struct job *job = memory_array(1, sizeof *job, error);
    int n_claimed = 0, release = 0;
    if (job == NULL) {
        *out_n = 0;
        goto out;
    }
    job->engine = engine;
    job->n_runs = spec_n_runs(study->spec);
    job->keep = candidates[0].keep;
    job->dataset = candidates[0].plan.dataset;
    candidates[0].plan.dataset = NULL;
    n_claimed = claim_all(job, study->id, candidates, n, error);
    if (n_claimed < 0)
        *out_n = 0;
    if (n_claimed > 0 && (build_block(job, candidates, error) != 0 ||
                          build_buffers(job, &candidates[0].plan, error) != 0)) {
        release = error->kind == ERROR_MEMORY || error->kind == ERROR_STORAGE;
        if (release) { /* it may be otherwise later: they are tried again */
            *out_n = 0;
        } else {
            log_line(LOG_LEVEL_ERROR, "runs_failed experiment=%s runs=%d error=\"%s\"", study->id,
                     n_claimed, error->text);
            job_fail(job, error->text);
            *error = (struct error)ERROR_INIT;
        }
        n_claimed = 0;
    }
out:
    for (int i = 0; i < n; i++)
        candidate_clear(&candidates[i]);
    if (n_claimed > 0)
        return job;
    if (job != NULL)
        job_close(job, release);
    return NULL;
}

/* Aims the next call at call_ns. */
static void adjust_steps(struct job *job, int64_t elapsed_ns)
{
    double factor = (double)job->call_ns / (double)(elapsed_ns > 0 ? elapsed_ns : 1);
    int64_t wanted = (int64_t)((double)job->steps * (factor < 4.0 ? factor : 4.0));
    job->steps = wanted < job->steps_min ? job->steps_min : wanted;
}

static int is_over(const struct job *job)
{
    for (int i = 0; i < job->n_lanes; i++)
        if (block_state(job->block, i).status == BLOCK_RUNNING)
            return 0;
    return 1;
}

/* How many epochs a call may finish: what fits, and in buckets not more than are surely left. */
static int64_t room(const struct job *job)
{
    int64_t n = job->capacity - job->n_epochs, n_kept = job->keep - job->reached;
    int64_t stride = history_stride(n_kept < 0 ? -n_kept + 1 : 1);
    size_t n_buckets = 0;
    for (int i = 0; i < job->n_lanes; i++)
        n_buckets = job->lanes[i].n_buckets > n_buckets ? job->lanes[i].n_buckets : n_buckets;
    int64_t fits = ((int64_t)ENGINE_CHUNK_BUCKETS_MAX - (int64_t)n_buckets - 1) * stride;
    fits += n_kept > 0 ? n_kept : 0;
    return fits < n ? fits : n;
}

/* Sums up a lane's n losses, the first one of `first`, in buckets. */
static void fold_lane(struct job *job, int index, const double *losses, int64_t first, int64_t n)
{
    struct lane *lane = &job->lanes[index];
    int64_t at = first - 1 - job->keep, stop = at + n;
    while (at < stop) {
        int64_t cell_end = history_cell_end(at), end = cell_end < stop ? cell_end : stop;
        const double *from = losses + (at - (first - 1 - job->keep)) * job->n_lanes + index;
        struct history_bucket sum = history_sum(from, (size_t)(end - at), (size_t)job->n_lanes,
                                                job->keep + at + 1);
        if (lane->n_buckets > 0 && lane->is_open) {
            struct history_bucket *open = &lane->buckets[lane->n_buckets - 1];
            *open = history_merge(open, &sum);
        } else {
            lane->buckets[lane->n_buckets++] = sum;
        }
        lane->is_open = end < cell_end;
        at = end;
    }
}

/* Takes in n epochs behind those in `losses`: the ones that are not to be kept become buckets. */
static void take_in(struct job *job, int64_t n)
{
    int64_t n_kept = job->keep - job->reached;
    n_kept = n_kept < 0 ? 0 : n_kept < n ? n_kept : n;
    int64_t first = job->reached + n_kept + 1;
    const double *losses = job->losses + (job->n_epochs + n_kept) * job->n_lanes;
    for (int i = 0; i < job->n_lanes; i++) {
        int64_t last = block_state(job->block, i).epoch;
        last = last < job->reached + n ? last : job->reached + n;
        if (!job->lanes[i].ended && last >= first)
            fold_lane(job, i, losses, first, last - first + 1);
    }
    job->n_epochs += n_kept;
    job->reached += n;
}

/* Fills `losses` until the time is over and an epoch has ended, or two slices have passed. */
static void train(struct job *job, int64_t slice_ns)
{
    int64_t start = clock_monotonic_ns(), now = start;
    while (room(job) > 0 && !is_over(job)) {
        int in_time = now - start < slice_ns;
        if (!in_time && (block_at_epoch_end(job->block) || now - start > 2 * slice_ns))
            return;
        take_in(job, block_train(job->block, job->steps, in_time ? room(job) : 1,
                                 job->losses + job->n_epochs * job->n_lanes));
        int64_t then = now;
        now = clock_monotonic_ns();
        if (in_time)
            adjust_steps(job, now - then);
    }
}

/* The state a run that is no longer running ends in, and why. */
static enum run_state final_state(const struct block_state *state, char *message, size_t size)
{
    message[0] = '\0';
    if (state->status == BLOCK_DONE)
        return RUN_DONE;
    snprintf(message, size,
             "the loss or a parameter was no longer a finite number in epoch %lld, at sample %lld "
             "(counted from 0); the parameters are the last finite ones",
             (long long)state->diverged_epoch, (long long)state->diverged_sample);
    return RUN_DIVERGED;
}

/* One run's new epochs and its checkpoint. */
static struct engine_chunk chunk_of(struct job *job, int index, const struct block_state *state)
{
    struct lane *lane = &job->lanes[index];
    struct engine_chunk chunk = {.first = lane->committed + 1, .stride = (size_t)job->n_lanes};
    int64_t last = state->epoch < job->keep ? state->epoch : job->keep;
    if (last >= chunk.first) {
        chunk.n = (size_t)(last - chunk.first + 1);
        chunk.records = job->losses + (chunk.first - job->first) * job->n_lanes + index;
    }
    chunk.buckets = lane->buckets;
    chunk.n_buckets = lane->n_buckets;
    unsigned char *checkpoint = job->checkpoints + (size_t)index * job->checkpoint_bytes;
    block_save(job->block, index, checkpoint);
    chunk.checkpoint = checkpoint;
    chunk.checkpoint_bytes = job->checkpoint_bytes;
    if (state->status == BLOCK_RUNNING) /* what has diverged is not at an epoch's end */
        chunk.spacing = history_spacing(state->epoch, job->n_runs, job->checkpoint_bytes);
    return chunk;
}

/* A lane as it is handed over. */
struct part_of {
    int lane;
    struct block_state state;
    char message[256];
};

/* Lists what the lanes have to hand over, parts[n] of the lanes of[n]; returns n. */
static int gather_parts(struct job *job, struct engine_handover *parts, struct part_of *of)
{
    int n = 0;
    for (int i = 0; i < job->n_lanes; i++) {
        struct lane *lane = &job->lanes[i];
        struct block_state state = block_state(job->block, i);
        if (lane->ended)
            continue;
        struct engine_chunk chunk = chunk_of(job, i, &state);
        if (state.status == BLOCK_RUNNING && chunk.n + chunk.n_buckets == 0)
            continue;
        of[n].lane = i;
        of[n].state = state;
        parts[n] = (struct engine_handover){.claim = &lane->claim, .chunk = chunk,
                                            .state = RUN_RUNNING, .message = of[n].message,
                                            .diverged_epoch = state.diverged_epoch,
                                            .diverged_sample = -1};
        if (state.status != BLOCK_RUNNING)
            parts[n].state = final_state(&state, of[n].message, sizeof of[n].message);
        if (state.status == BLOCK_DIVERGED)
            parts[n].diverged_sample = state.diverged_sample;
        n++;
    }
    return n;
}

/* Commits every run, all at once; the losses are dropped only when all are safe. */
static int commit(struct job *job, struct error *error)
{
    struct engine_handover parts[BLOCK_RUNS_MAX];
    struct part_of of[BLOCK_RUNS_MAX];
    int n = gather_parts(job, parts, of);
    if (n > 0 && engine_hand_over(job->engine, parts, n, error) != 0)
        return -1;
    for (int i = 0; i < n; i++) {
        struct lane *lane = &job->lanes[of[i].lane];
        lane->ended = parts[i].result == ENGINE_FENCED || parts[i].state != RUN_RUNNING;
        lane->committed = of[i].state.epoch;
        lane->n_buckets = 0;
    }
    job->first = job->reached + 1;
    job->n_epochs = 0;
    return 0;
}

static int all_ended(const struct job *job)
{
    for (int i = 0; i < job->n_lanes; i++)
        if (!job->lanes[i].ended)
            return 0;
    return 1;
}

enum job_result job_slice(struct job *job, int slice_ms, struct error *error)
{
    train(job, (int64_t)slice_ms * 1000000);
    if ((block_at_epoch_end(job->block) || is_over(job)) && commit(job, error) != 0)
        return JOB_STUCK;
    return all_ended(job) ? JOB_ENDED : JOB_MORE;
}

void job_fail(struct job *job, const char *message)
{
    struct engine_chunk nothing = {.first = 1};
    for (int i = 0; i < job->n_lanes; i++) {
        struct lane *lane = &job->lanes[i];
        nothing.first = lane->committed + 1;
        if (!lane->ended)
            engine_finish(job->engine, &lane->claim, &nothing, RUN_FAILED, message, 0, -1, NULL);
        lane->ended = 1;
    }
}

void job_close(struct job *job, int release)
{
    for (int i = 0; release && i < job->n_lanes; i++)
        if (!job->lanes[i].ended)
            engine_release(job->engine, &job->lanes[i].claim, NULL);
    block_destroy(job->block);
    dataset_destroy(job->dataset);
    for (int i = 0; i < job->n_lanes; i++)
        free(job->lanes[i].buckets);
    free(job->losses);
    free(job->checkpoints);
    free(job);
}

void job_refuse(struct engine *engine, const char *id, int run, const char *message)
{
    struct engine_claim claim;
    struct engine_chunk nothing = {.first = 1};
    if (engine_claim(engine, id, run, &claim, NULL) != ENGINE_OK)
        return;
    struct engine_run record = {0};
    if (engine_find_run(engine, id, run, &record, NULL) == 0)
        nothing.first = record.epoch + 1;
    engine_run_clear(&record);
    engine_finish(engine, &claim, &nothing, RUN_FAILED, message, 0, -1, NULL);
}
