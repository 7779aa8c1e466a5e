/* A walk: one epoch of a run, batch by batch. */
#include "core/explain/step/walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/train/block/block_next.h"

/* Where the kernel's numbers of the run's one lane stand, 64 bytes apart. */
enum { LANE_TOTAL = 0, LANE_CHECK = 8, LANE_LOSS = 16, LANE_NUMBERS = 24 };

int walk_init(struct walk *walk, const struct network *network, const struct dataset *dataset,
              const struct training *training, struct block *block, struct error *error)
{
    const struct kernel *kernel = kernel_reference(training->arithmetic);
    size_t n = network_n_parameters(network), n_memory = optimizer_memory(training->optimizer, n);
    struct block_next next;
    *walk = (struct walk){
        .network = network, .dataset = dataset, .training = training, .n_parameters = n};
    walk->rows = memory_array(dataset->n_samples, sizeof *walk->rows, error);
    walk->start = memory_array(n, sizeof(double), error);
    walk->before = memory_array(n, sizeof(double), error);
    walk->memory_before = memory_array(n_memory, sizeof(double), error);
    walk->parameters = memory_array(n, sizeof(double), error);
    walk->memory = memory_array(n_memory, sizeof(double), error);
    walk->gradients = memory_array(n, sizeof(double), error);
    walk->scratch = memory_array(kernel_scratch(kernel, network, training), sizeof(double), error);
    walk->lanes = memory_array(LANE_NUMBERS, sizeof(double), error);
    if (!walk->rows || !walk->start || !walk->before || !walk->memory_before ||
        !walk->parameters || !walk->memory || !walk->gradients || !walk->scratch || !walk->lanes) {
        walk_clear(walk);
        return -1;
    }
    block_next(block, 0, &next, walk->parameters, walk->memory);
    walk->epoch = next.epoch;
    memcpy(walk->pace, next.pace, sizeof walk->pace);
    memcpy(walk->rows, next.rows, dataset->n_samples * sizeof *walk->rows);
    memcpy(walk->start, walk->parameters, n * sizeof(double));
    for (size_t p = 0; p < n; p++) {
        walk->gradients[p] = -0.0; /* see core/train/block/block.h */
    }
    return 0;
}

void walk_clear(struct walk *walk)
{
    free(walk->rows);
    free(walk->start);
    free(walk->before);
    free(walk->memory_before);
    free(walk->parameters);
    free(walk->memory);
    free(walk->gradients);
    free(walk->scratch);
    free(walk->lanes);
    *walk = (struct walk){0};
}

size_t walk_next_batch(const struct walk *walk)
{
    size_t left = walk->dataset->n_samples - walk->position;
    return left < walk->training->batch_size ? left : walk->training->batch_size;
}

void walk_batch(struct walk *walk)
{
    const struct training *training = walk->training;
    size_t n = walk->n_parameters, n_memory = optimizer_memory(training->optimizer, n);
    int n_slots = optimizer_slots(training->optimizer);
    int has_powers = optimizer_has_powers(training->optimizer);
    walk->n_batch = walk_next_batch(walk);
    memcpy(walk->before, walk->parameters, n * sizeof(double));
    memcpy(walk->memory_before, walk->memory, n_memory * sizeof(double));
    struct kernel_task task = {.network = walk->network,
                               .loss = training->loss,
                               .optimizer = training->optimizer,
                               .features = walk->dataset->features,
                               .targets = walk->dataset->targets,
                               .n_samples = walk->dataset->n_samples,
                               .batch_size = training->batch_size,
                               .position = walk->position,
                               .n_steps = walk->n_batch,
                               .order = walk->rows,
                               .lanes = 1,
                               .parameters = walk->parameters,
                               .gradients = walk->gradients,
                               .settings = training->settings,
                               .has_penalty = training_has_penalty(training),
                               .has_clip = training_has_clip(training),
                               .totals = &walk->lanes[LANE_TOTAL],
                               .paces = walk->pace,
                               .scratch = walk->scratch,
                               .losses = &walk->lanes[LANE_LOSS],
                               .check = &walk->lanes[LANE_CHECK]};
    for (int k = 0; k < n_slots; k++) {
        task.slots[k] = walk->memory + (size_t)k * n;
    }
    for (int k = 0; has_powers && k < OPTIMIZER_POWERS; k++) {
        task.powers[k] = walk->memory + (size_t)n_slots * n + (size_t)k;
    }
    kernel_reference(training->arithmetic)->train(&task);
    walk->position += walk->n_batch;
}

void walk_to(struct walk *walk, size_t position)
{
    while (walk_next_batch(walk) > 0 && walk->position + walk_next_batch(walk) <= position) {
        walk_batch(walk);
    }
}

double walk_scale(const struct walk *walk, double scale)
{
    int is_mean = walk->training->reduction == REDUCTION_MEAN;
    return is_mean ? scale / (double)walk->n_batch : scale;
}

int walk_is_finite(const struct walk *walk)
{
    return !isnan(walk->lanes[LANE_CHECK]);
}

double walk_printed_loss(const struct walk *walk)
{
    return walk_next_batch(walk) == 0 ? walk->lanes[LANE_LOSS] : NAN;
}
