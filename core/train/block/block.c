/* Blocks: made, looked at, freed. block_train.c trains them, block_score.c ends their epochs,
 * block_resume.c saves and loads them; block_inside.h has the design. */
#include "core/train/block/block.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/train/block/block_inside.h"

_Static_assert((int)BLOCK_RUNS_MAX <= (int)KERNEL_LANES_MAX, "every run of a block has a lane");

/* A stretch is about this many parameter updates of a run, within bounds: enough that copies and
 * checks around it don't count, so few that a replay is soon done. */
enum { STRETCH_UPDATES = 1 << 27, STRETCH_STEPS_MIN = 256, STRETCH_STEPS_MAX = 4096 };

/* Of networks up to that size any number of runs fit the nearer caches; beyond, no more than a
 * vector of four pays (eight: see kernel.c). */
enum { SHARED_PARAMETERS_MAX = 8192, VECTOR_RUNS_MAX = 4 };

static size_t stretch_steps(size_t n_parameters)
{
    size_t steps = STRETCH_UPDATES / n_parameters;
    return steps < STRETCH_STEPS_MIN   ? STRETCH_STEPS_MIN
           : steps > STRETCH_STEPS_MAX ? STRETCH_STEPS_MAX
                                       : steps;
}

const struct kernel *block_kernel_for(const struct block *block, int n)
{
    return block->forced ? block->forced : kernel_pick(&block->network, &block->training, n);
}

/* Room for the most lanes and the most scratch that any number of the runs may need. */
static int allocate(struct block *block, struct error *error)
{
    const struct kernel *lone = kernel_reference(block->training.arithmetic);
    int lanes = 0;
    size_t n = block->n_parameters;
    size_t scratch = kernel_scratch(lone, &block->network, &block->training);
    for (int left = 1; left <= block->n_runs; left++) {
        const struct kernel *kernel = block_kernel_for(block, left);
        int wanted = kernel_lanes(kernel, left);
        size_t wanted_scratch = kernel_scratch(kernel, &block->network, &block->training);
        lanes = wanted > lanes ? wanted : lanes;
        scratch = wanted_scratch > scratch ? wanted_scratch : scratch;
    }
    const struct kernel *kernel = block_kernel_for(block, block->n_runs);
    size_t lane_bytes = (size_t)lanes * sizeof(double);
    size_t epochs_max = block->stretch_steps / block->dataset->n_samples + 1;
    size_t memory = optimizer_memory(block->training.optimizer, n);
    size_t n_runs = (size_t)block->n_runs;
    int is_fixed = block->training.order == ORDER_FIXED;
    int is_direct = block->training.batch_size == 1 && training_is_plain(&block->training);
    const struct pack_room room = {.lanes = lanes,
                                   .n_parameters = n,
                                   .has_gradients = !is_direct,
                                   .optimizer = block->training.optimizer};
    struct pack_room lone_room = room;
    lone_room.lanes = 1;
    block->ended = memory_array(n_runs, (n + memory) * sizeof(double), error);
    block->generators = memory_array(is_fixed ? 0 : n_runs, sizeof *block->generators, error);
    block->scores = memory_array((size_t)block->n_parts * 2, lane_bytes, error);
    block->row = memory_array((size_t)block->n_series, n_runs * sizeof(double), error);
    block->paces =
        memory_array(block->has_schedule ? epochs_max + 1 : 1, PACE_COUNT * lane_bytes, error);
    block->settings = memory_array(SETTING_COUNT, lane_bytes, error);
    block->check = memory_array(1, lane_bytes, error);
    block->losses = memory_array(epochs_max, lane_bytes, error);
    block->scratch = memory_array(scratch, sizeof(double), error);
    if (!block->ended || !block->generators || !block->scores || !block->row || !block->paces ||
        !block->settings || !block->check || !block->losses || !block->scratch ||
        pack_init(&block->now, kernel, &room, error) != 0 ||
        pack_init(&block->kept, kernel, &room, error) != 0 ||
        pack_init(&block->lone, lone, &lone_room, error) != 0) {
        return -1;
    }
    return sample_order_init(&block->order, &block->training, block->dataset->n_samples, error);
}

static void place_runs(struct block *block, const struct block_run *runs)
{
    const struct kernel *kernel = block_kernel_for(block, block->n_runs);
    pack_reshape(&block->now, kernel, kernel_lanes(kernel, block->n_runs));
    for (int lane = 0; lane < block->now.lanes; lane++) {
        block->run_of_lane[lane] = lane < block->n_runs ? lane : BLOCK_NO_RUN;
    }
    for (int run = 0; run < block->n_runs; run++) {
        pack_set(&block->now, run, runs[run].parameters, NULL);
    }
    block_lanes_filled(block);
}

struct block *block_create_of(const struct block_parts *parts, struct error *error)
{
    if (block_check(parts, error) != 0) {
        return NULL;
    }
    struct block *block = memory_array(1, sizeof *block, error);
    if (!block) {
        return NULL;
    }
    block->network = *parts->network;
    block->dataset = parts->dataset;
    block->training = *parts->runs[0].training;
    block->n_parameters = network_n_parameters(parts->network);
    block->forced = parts->kernel;
    block->n_runs = parts->n_runs;
    block->stretch_steps = stretch_steps(block->n_parameters);
    for (int run = 0; run < parts->n_runs; run++) {
        const struct training *training = parts->runs[run].training;
        block->trainings[run] = *training;
        block->watches[run] = training_watch(training);
        block->has_schedule |= !schedule_is_constant(&training->schedule);
        block->is_watchful |= training_is_watchful(training);
    }
    block_plan_series(block, parts->validation);
    if (allocate(block, error) != 0) {
        block_destroy(block);
        return NULL;
    }
    place_runs(block, parts->runs);
    return block;
}

struct block *block_create(const struct network *network, const struct dataset *dataset,
                           const struct block_run *runs, int n_runs, struct error *error)
{
    return block_create_on(NULL, network, dataset, runs, n_runs, error);
}

struct block *block_create_on(const struct kernel *kernel, const struct network *network,
                              const struct dataset *dataset, const struct block_run *runs,
                              int n_runs, struct error *error)
{
    const struct block_parts parts = {.network = network,
                                      .dataset = dataset,
                                      .runs = runs,
                                      .n_runs = n_runs,
                                      .kernel = kernel};
    return block_create_of(&parts, error);
}

void block_destroy(struct block *block)
{
    if (!block) {
        return;
    }
    sample_order_clear(&block->order);
    pack_clear(&block->lone);
    pack_clear(&block->kept);
    pack_clear(&block->now);
    free(block->scratch);
    free(block->losses);
    free(block->check);
    free(block->paces);
    free(block->settings);
    free(block->row);
    free(block->scores);
    free(block->generators);
    free(block->ended);
    free(block);
}

int block_runs_best(const struct network *network, const struct training *training)
{
    if (network_n_parameters(network) <= SHARED_PARAMETERS_MAX) {
        return BLOCK_RUNS_MAX;
    }
    return kernel_pick(network, training, VECTOR_RUNS_MAX)->width;
}

int block_n_runs(const struct block *block)
{
    return block->n_runs;
}

int block_n_series(const struct block *block)
{
    return block->n_series;
}

const struct kernel *block_kernel(const struct block *block)
{
    return block->now.kernel;
}

void block_pace(const struct block *block, int run, int64_t epoch, double out_pace[PACE_COUNT])
{
    const struct training *training = &block->trainings[run];
    double rate = schedule_rate(&training->schedule, block->watches[run].plateau.rate, epoch,
                                training->epochs);
    double factor = training->loss == LOSS_MSE && training->gradient == GRADIENT_FULL ? 2.0 : 1.0;
    double step = training_is_plain(training) ? rate * factor : factor;
    if (loss_is_mean(training->loss)) {
        step /= network_n_outputs(&block->network);
    }
    size_t last = block->dataset->n_samples % training->batch_size;
    int is_mean = training->reduction == REDUCTION_MEAN;
    out_pace[PACE_WHOLE] = is_mean ? step / (double)training->batch_size : step;
    out_pace[PACE_LAST] = is_mean && last > 0 ? step / (double)last : step;
    out_pace[PACE_RATE] = rate;
}

void block_set_paces(struct block *block, int64_t epoch, size_t n_epochs)
{
    size_t lanes = (size_t)block->now.lanes;
    double pace[PACE_COUNT], *to = block->paces;
    for (size_t e = 0; e < n_epochs; e++, to += PACE_COUNT * lanes) {
        for (size_t lane = 0; lane < lanes; lane++) {
            int run = block->run_of_lane[lane];
            if (run != BLOCK_NO_RUN) {
                block_pace(block, run, epoch + (int64_t)e, pace);
            }
            for (int i = 0; i < PACE_COUNT; i++) {
                to[(size_t)i * lanes + lane] = run != BLOCK_NO_RUN ? pace[i] : 0.0;
            }
        }
    }
}

void block_lanes_filled(struct block *block)
{
    int lanes = block->now.lanes;
    block->n_running = 0;
    for (int lane = 0; lane < lanes; lane++) {
        int run = block->run_of_lane[lane];
        for (int i = 0; i < SETTING_COUNT; i++) {
            double value = run != BLOCK_NO_RUN ? block->trainings[run].settings[i] : 0.0;
            block->settings[i * lanes + lane] = value;
        }
        block->n_running += run != BLOCK_NO_RUN;
    }
    block_set_paces(block, block->epoch, 1);
}

int block_lane_of_run(const struct block *block, int run)
{
    for (int lane = 0; lane < block->now.lanes; lane++) {
        if (block->run_of_lane[lane] == run) {
            return lane;
        }
    }
    return BLOCK_NO_RUN;
}

double *block_ended(const struct block *block, int run)
{
    size_t n = block->n_parameters;
    return block->ended + (size_t)run * (n + optimizer_memory(block->training.optimizer, n));
}

struct block_state block_state(const struct block *block, int run)
{
    struct block_state state = block->states[run];
    if (state.status == BLOCK_RUNNING) {
        state.epoch = block->epoch;
        state.status = block->epoch == block->training.epochs ? BLOCK_DONE : BLOCK_RUNNING;
    }
    return state;
}

void block_parameters(const struct block *block, int run, double *out_parameters)
{
    int lane = block_lane_of_run(block, run);
    if (lane == BLOCK_NO_RUN) {
        memcpy(out_parameters, block_ended(block, run),
               block->n_parameters * sizeof *out_parameters);
    } else {
        pack_get(&block->now, lane, out_parameters);
    }
}
