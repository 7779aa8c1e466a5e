/* Jobs: begun, trained a slice at a time, closed. job_commit.c has their commits.
 *
 * DESIGN: a slice trains in short calls until its time is over, then until the present epoch ends
 * (a checkpoint exists only there), and commits each run's new epochs with its checkpoint. Records
 * that are not committed yet stay in the intake, so a failed commit is repeated, never retrained or
 * skipped. An epoch longer than a slice is simply continued in the next one.
 *
 * Full buckets (intake.h) are a reason to commit.
 *
 * The length of a call is found by measuring: CALL_NS of steps, so that a slice ends in time
 * whatever the network costs; of a wide network more, because each call begins with copies of its
 * parameters (at 900,000 of them and 5 ms that was half of the time). Results do not depend on
 * where calls end, but of a run with a limit of seconds: it is done at the first epoch's end at
 * which its training, in all attempts that committed something, has taken so long. */
#include "server/lab/train/job.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/lab/train/candidate.h"
#include "server/lab/train/job_inside.h"
#include "server/spec/plan.h"

enum { CALL_NS = 5000000, FIRST_STEPS = 2000, FIRST_WORK = 2000000 };
enum { WIDE_PARAMETERS = 32768, WIDE_CALL_NS = 25000000, WIDE_WORK = 1 << 28 };

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
        lane->before_ns = candidates[i].trained_ms * 1000000;
        lane->seconds = candidates[i].plan.training.stop.seconds;
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
    struct block_parts parts = {.network = &candidates[0].plan.network, .dataset = job->dataset,
                                .validation = job->validation, .runs = runs,
                                .n_runs = job->n_lanes};
    job->block = block_create_of(&parts, error);
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
    int64_t n_parameters = (int64_t)network_n_parameters(&plan->network);
    int is_wide = n_parameters > WIDE_PARAMETERS;
    job->steps = first_steps(job, &plan->network);
    job->steps_min = is_wide ? WIDE_WORK / (n_parameters * job->n_lanes) + 1 : 1;
    job->call_ns = is_wide ? WIDE_CALL_NS : CALL_NS;
    job->checkpoint_bytes = block_checkpoint_bytes(job->block);
    job->checkpoints = memory_array((size_t)job->n_lanes, job->checkpoint_bytes, error);
    return job->checkpoints == NULL ? -1 : 0;
}

static int build_intake(struct job *job, const struct candidate *candidates, struct error *error)
{
    const struct candidate *first = &candidates[0];
    enum series monitor = first->plan.training.monitor;
    struct intake_shape shape = {.n_lanes = job->n_lanes,
                                 .n_recorded = block_n_series(job->block),
                                 .series = first->series,
                                 .keep = first->keep,
                                 .reached = first->epoch};
    shape.monitor = (shape.series >> monitor & 1) == 1 ? monitor : SERIES_LOSS;
    if (intake_init(&job->intake, &shape, first->plan.training.epochs, error) != 0)
        return -1;
    for (int i = 0; i < job->n_lanes; i++)
        job->intake.lanes[i].best = candidates[i].best;
    return 0;
}

static int build_observer(struct job *job, const struct spec *spec, struct candidate *candidates,
                          struct error *error)
{
    job->observer = observer_create(spec, candidates, job->n_lanes, job->dataset, error);
    return job->observer == NULL && error->kind != ERROR_NONE ? -1 : 0;
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
    job->dataset = candidates[0].plan.dataset;
    job->validation = candidates[0].plan.validation;
    candidates[0].plan.dataset = candidates[0].plan.validation = NULL;
    n_claimed = claim_all(job, study->id, candidates, n, error);
    if (n_claimed < 0)
        *out_n = 0;
    if (n_claimed > 0 && (build_block(job, candidates, error) != 0 ||
                          build_buffers(job, &candidates[0].plan, error) != 0 ||
                          build_intake(job, candidates, error) != 0 ||
                          build_observer(job, study->spec, candidates, error) != 0)) {
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

/* Time left to a lane. */
static int64_t left_ns(const struct job *job, const struct lane *lane)
{
    double left = lane->seconds * 1e9 - (double)(lane->before_ns + job->trained_ns);
    return lane->seconds == 0.0 || left > 1e18 ? INT64_MAX : left > 0.0 ? (int64_t)left + 1 : 0;
}

/* The slice, or the shortest time that is left to any run. */
static int64_t time_of_slice(const struct job *job, int64_t slice_ns)
{
    for (int i = 0; i < job->n_lanes; i++) {
        int64_t left = left_ns(job, &job->lanes[i]);
        if (!job->lanes[i].ended && left < slice_ns)
            slice_ns = left;
    }
    return slice_ns;
}

/* Fills the intake until the time is over and an epoch has ended, or two slices have passed. */
static void train(struct job *job, int64_t slice_ns)
{
    int64_t start = clock_monotonic_ns(), now = start, time_ns = time_of_slice(job, slice_ns);
    while (intake_room(&job->intake) > 0 && !is_over(job)) {
        int in_time = now - start < time_ns;
        if (!in_time && (block_at_epoch_end(job->block) || now - start > 2 * slice_ns))
            break;
        int64_t n = in_time ? intake_room(&job->intake) : 1;
        n = block_train(job->block, job->steps, n, intake_next(&job->intake));
        intake_take(&job->intake, job->block, n);
        int64_t then = now;
        now = clock_monotonic_ns();
        if (in_time)
            adjust_steps(job, now - then);
    }
    job->trained_ns += now - start;
}

/* Ends the runs whose time is over. */
static void end_in_time(struct job *job)
{
    if (!block_at_epoch_end(job->block))
        return;
    for (int i = 0; i < job->n_lanes; i++)
        if (left_ns(job, &job->lanes[i]) == 0)
            block_stop(job->block, i);
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
    end_in_time(job);
    if ((block_at_epoch_end(job->block) || is_over(job)) && job_commit(job, error) != 0)
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
    observer_destroy(job->observer);
    block_destroy(job->block);
    dataset_destroy(job->dataset);
    dataset_destroy(job->validation);
    intake_clear(&job->intake);
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
