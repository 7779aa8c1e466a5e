/* A job's commits: what its runs have trained since the last one, handed over to the engine. */
#include "server/lab/train/job_inside.h"

#include <math.h>
#include <stdio.h>

#include "core/train/history.h"
#include "core/train/series.h"
#include "server/base/clock.h"

/* The state a run that is no longer running ends in, and why. */
static enum run_state final_state(const struct block_state *state, char *message, size_t size)
{
    message[0] = '\0';
    if (state->status == BLOCK_DONE)
        return RUN_DONE;
    snprintf(message, size,
             "the loss or a parameter was no longer a finite number in epoch %lld, at sample %lld, "
             "row %lld of the data (both counted from 0); the parameters are the last finite ones",
             (long long)state->diverged_epoch, (long long)state->diverged_position,
             (long long)state->diverged_sample);
    return RUN_DIVERGED;
}

/* One run's new epochs and its checkpoint. */
static struct engine_chunk chunk_of(struct job *job, int index, const struct block_state *state)
{
    struct lane *lane = &job->lanes[index];
    struct engine_chunk chunk = intake_chunk(&job->intake, index, lane->committed, state);
    chunk.trained_ms = (lane->before_ns + job->trained_ns) / 1000000;
    unsigned char *checkpoint = job->checkpoints + (size_t)index * job->checkpoint_bytes;
    block_save(job->block, index, checkpoint);
    chunk.checkpoint = checkpoint;
    chunk.checkpoint_bytes = job->checkpoint_bytes;
    if (state->status == BLOCK_RUNNING) /* what has diverged is not at an epoch's end */
        chunk.spacing = history_spacing(state->epoch, job->n_runs, job->checkpoint_bytes);
    return chunk;
}

/* The last printed loss of a chunk: its first series. NaN when it has no epochs. */
static double last_loss(const struct engine_chunk *chunk)
{
    size_t n_series = chunk->series == 0 ? 1 : (size_t)series_n(chunk->series);
    if (chunk->n_buckets > 0)
        return chunk->buckets[(chunk->n_buckets - 1) * n_series].last;
    return chunk->n > 0 ? chunk->records[(chunk->n - 1) * chunk->stride] : (double)NAN;
}

/* What an observer has to tell of a run behind its chunk; NULL: nothing. */
static const char *observe(struct job *job, int index, const struct engine_chunk *chunk,
                           int64_t now_ns)
{
    return job->observer == NULL ? NULL
                                 : observer_look(job->observer, job->block, index,
                                                 last_loss(chunk), now_ns);
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
    int64_t now_ns = clock_monotonic_ns();
    for (int i = 0; i < job->n_lanes; i++) {
        struct lane *lane = &job->lanes[i];
        struct block_state state = block_state(job->block, i);
        if (lane->ended)
            continue;
        if (state.status == BLOCK_DIVERGED)
            state.diverged_sample =
                (int64_t)dataset_row(job->dataset, (size_t)state.diverged_sample);
        struct engine_chunk chunk = chunk_of(job, i, &state);
        if (state.status == BLOCK_RUNNING && chunk.n + chunk.n_buckets == 0)
            continue;
        of[n].lane = i;
        of[n].state = state;
        parts[n] = (struct engine_handover){.claim = &lane->claim, .chunk = chunk,
                                            .state = RUN_RUNNING, .message = of[n].message,
                                            .diverged_epoch = state.diverged_epoch,
                                            .diverged_sample = -1,
                                            .stopped = stopped_name(state.stopped),
                                            .verdict = observe(job, i, &chunk, now_ns)};
        if (state.status != BLOCK_RUNNING)
            parts[n].state = final_state(&state, of[n].message, sizeof of[n].message);
        if (state.status == BLOCK_DIVERGED)
            parts[n].diverged_sample = state.diverged_sample;
        parts[n].diverged_position = state.diverged_position;
        n++;
    }
    return n;
}

int job_commit(struct job *job, struct error *error)
{
    struct engine_handover parts[BLOCK_RUNS_MAX];
    struct part_of of[BLOCK_RUNS_MAX];
    int n = gather_parts(job, parts, of);
    if (n > 0 && engine_hand_over(job->engine, parts, n, error) != 0) {
        observer_repeat(job->observer);
        return -1;
    }
    for (int i = 0; i < n; i++) {
        struct lane *lane = &job->lanes[of[i].lane];
        lane->ended = parts[i].result == ENGINE_FENCED || parts[i].state != RUN_RUNNING;
        lane->committed = of[i].state.epoch;
    }
    intake_empty(&job->intake);
    return 0;
}
