/* Kernels without a block around them. */
#include "tests/bench/bare.h"

#include <stdlib.h>
#include <string.h>

#include "core/train/kernel/kernel.h"
#include "core/train/block/pack.h"
#include "tests/bench/hand_221.h"

/* The silent kernel believes in a data set of about so many samples: the work's own, again and
 * again. So a loss is recorded only once in so many. */
enum { SILENT_SAMPLES = 4000 };

struct bare {
    int n_runs, lanes;
    size_t n_samples; /* of the work */
    size_t n_parameters;
    void (*train_by_hand)(const struct hand_task *task); /* or NULL: */
    const struct kernel *kernel;
    struct hand_task by_hand;
    struct kernel_task silent;
    struct pack pack;
    uint32_t *order;
    double *steps;      /* [2][lanes], of a kernel [PACE_COUNT][lanes] */
    double *settings;   /* zeros [SETTING_COUNT][lanes] */
    double *space;      /* scratch; or the parameters of the hand-written one */
    double *one_record; /* losses and check, [2][lanes] */
};

/* n zeros, aligned as the kernels want it. */
static double *zeros(size_t n)
{
    size_t bytes = (n * sizeof(double) + 63) / 64 * 64;
    double *values = aligned_alloc(64, bytes);
    if (values) {
        memset(values, 0, bytes);
    }
    return values;
}

static int prepare_hand(struct bare *bare, const struct work *work, int *out_is_there)
{
    bare->lanes = bare->n_runs;
    bare->train_by_hand = bare->n_runs == 1 ? hand_221_one : hand_221_all();
    *out_is_there = bare->train_by_hand != NULL;
    bare->space = zeros(HAND_PARAMETERS * (size_t)bare->lanes);
    bare->steps = zeros(2 * (size_t)bare->lanes);
    if (!*out_is_there || !bare->space || !bare->steps) {
        return -1;
    }
    for (int i = 0; i < HAND_PARAMETERS; i++) {
        for (int lane = 0; lane < bare->lanes; lane++) {
            bare->space[i * bare->lanes + lane] = work->parameters[i];
        }
    }
    bare->by_hand = (struct hand_task){.features = work->dataset->features,
                                       .targets = work->dataset->targets,
                                       .n_samples = bare->n_samples,
                                       .parameters = bare->space,
                                       .steps = bare->steps};
    return 0;
}

static int prepare_silent(struct bare *bare, const struct work *work)
{
    struct training training = work_training(work, 0);
    bare->kernel = kernel_pick(&work->network, &training, bare->n_runs);
    bare->lanes = kernel_lanes(bare->kernel, bare->n_runs);
    size_t n_believed = (SILENT_SAMPLES + bare->n_samples - 1) / bare->n_samples * bare->n_samples;
    bare->space = zeros(kernel_scratch(bare->kernel, &work->network, &training));
    bare->steps = zeros(PACE_COUNT * (size_t)bare->lanes);
    bare->settings = zeros(SETTING_COUNT * (size_t)bare->lanes);
    bare->one_record = zeros(2 * (size_t)bare->lanes);
    bare->order = malloc(n_believed * sizeof *bare->order);
    const struct pack_room room = {.lanes = bare->lanes, .n_parameters = bare->n_parameters};
    if (!bare->space || !bare->steps || !bare->settings || !bare->one_record || !bare->order ||
        pack_init(&bare->pack, bare->kernel, &room, NULL) != 0) {
        return -1;
    }
    for (size_t i = 0; i < n_believed; i++) {
        bare->order[i] = (uint32_t)(i % bare->n_samples);
    }
    pack_reshape(&bare->pack, bare->kernel, bare->lanes);
    for (int lane = 0; lane < bare->n_runs; lane++) {
        pack_set(&bare->pack, lane, work->parameters, NULL);
    }
    bare->silent = (struct kernel_task){.network = &work->network,
                                        .features = work->dataset->features,
                                        .targets = work->dataset->targets,
                                        .n_samples = n_believed,
                                        .batch_size = 1,
                                        .order = bare->order,
                                        .lanes = bare->lanes,
                                        .parameters = bare->pack.wide[PACK_PARAMETERS],
                                        .totals = bare->pack.narrow[PACK_TOTALS],
                                        .settings = bare->settings,
                                        .paces = bare->steps,
                                        .scratch = bare->space,
                                        .losses = bare->one_record,
                                        .check = bare->one_record + bare->lanes};
    return 0;
}

struct bare *bare_create(const struct work *work, int *out_is_there)
{
    struct bare *bare = calloc(1, sizeof *bare);
    *out_is_there = 1;
    if (!bare) {
        return NULL;
    }
    bare->n_runs = work->spec->n_runs;
    bare->n_samples = work->spec->n_samples;
    bare->n_parameters = network_n_parameters(&work->network);
    if ((work->spec->way == WORK_HAND ? prepare_hand(bare, work, out_is_there)
                                      : prepare_silent(bare, work)) != 0) {
        bare_destroy(bare);
        return NULL;
    }
    for (int run = 0; run < bare->n_runs; run++) {
        bare->steps[run] = bare->steps[bare->lanes + run] = work_training(work, run).learning_rate;
    }
    return bare;
}

void bare_destroy(struct bare *bare)
{
    if (!bare) {
        return;
    }
    pack_clear(&bare->pack);
    free(bare->order);
    free(bare->one_record);
    free(bare->steps);
    free(bare->settings);
    free(bare->space);
    free(bare);
}

void bare_train(struct bare *bare, int64_t epochs, double *losses)
{
    if (bare->train_by_hand) {
        bare->by_hand.n_epochs = (size_t)epochs;
        bare->by_hand.losses = losses;
        bare->train_by_hand(&bare->by_hand);
        return;
    }
    struct kernel_task *task = &bare->silent;
    for (size_t left = (size_t)epochs * bare->n_samples; left > 0; left -= task->n_steps) {
        size_t to_end = task->n_samples - task->position;
        task->n_steps = left < to_end ? left : to_end;
        bare->kernel->train(task);
        task->position = (task->position + task->n_steps) % task->n_samples;
    }
}

void bare_parameters(const struct bare *bare, int run, double *out_parameters)
{
    if (!bare->train_by_hand) {
        pack_get(&bare->pack, run, out_parameters);
        return;
    }
    for (size_t i = 0; i < bare->n_parameters; i++) {
        out_parameters[i] = bare->space[i * (size_t)bare->lanes + (size_t)run];
    }
}
