/* The kernel for whole batches of any network, its lanes holding samples, at the width of the
 * including file.
 *
 * A batch of one run has work enough to fill the vectors by itself: the samples of a batch do not
 * wait for each other, and a matrix product reads each parameter once for many of them. The layout
 * of runs is that of one lane; runs are trained one after the other.
 *
 * DESIGN. A batch is trained in tiles of at most BATCH_TILE samples (batch_space.h), each in three
 * kinds of product (product_lanes.h): forward, over ascending inputs with the bias last; the deltas
 * of the layer below, over ascending units; the gradient, over the samples as visited, going on
 * from the tile before. So every sum has the order of core/train/block/block.h, and loss,
 * activations and optimizer are the functions of the one core. */
#ifndef CORE_TRAIN_BATCH_H
#define CORE_TRAIN_BATCH_H

#include "core/train/batch/batch_space.h"
#include "core/train/kernel/core.h"
#include "core/train/batch/product_lanes.h"
#include "core/train/batch/transpose_lanes.h"

/* Some samples of one batch, as visited, or in a row. */
struct batch_tile {
    const double *features; /* of the data set */
    const double *targets;
    const uint32_t *order; /* the samples' rows in it; NULL: the first ones */
    enum loss loss;
    int n_samples;
    int n_vectors; /* that hold them */

    /* To train: */
    enum way way;
    double scale;
    int is_first, is_last; /* of the batch */
};

/* Inputs and targets of the tile's samples. */
LANES_FN void gather(const struct batch_tile *tile, const struct batch_space *space)
{
    const struct batch_layer *first = &space->layers[0];
    const struct batch_layer *last = &space->layers[space->n_layers - 1];
    size_t n_inputs = (size_t)first->n_inputs, n_targets = (size_t)last->n_units;
    size_t n_lanes = (size_t)tile->n_vectors * LANES;
    for (size_t s = 0; s < (size_t)tile->n_samples; s++) {
        size_t row = tile->order ? tile->order[s] : s;
        const double *features = tile->features + row * n_inputs;
        const double *targets = tile->targets + row * n_targets;
        memcpy(first->rows + s * first->row, features, n_inputs * sizeof *features);
        for (size_t j = 0; j < n_targets; j++) {
            space->targets[j * n_lanes + s] = targets[j];
        }
    }
    transpose((const lanes *)first->rows, first->row / LANES, tile->n_samples, (int)first->row,
              (lanes *)first->inputs, (size_t)tile->n_vectors);
}

/* The layer's weighted sums become its outputs. */
LANES_FN void batch_activate(const struct batch_layer *layer, int n_vectors)
{
    lanes *outputs = (lanes *)layer->outputs, *sums = (lanes *)layer->sums;
    if (layer->activation == ACTIVATION_SOFTMAX) {
        for (int v = 0; v < n_vectors; v++) {
            activation_softmax(layer->n_units, n_vectors, outputs + v, sums + v);
        }
        return;
    }
    for (int i = 0; i < layer->n_units * n_vectors; i++) {
        sums[i] = outputs[i];
        outputs[i] = activation_value(layer->activation, outputs[i]);
    }
}

LANES_FN void batch_forward(const struct batch_layer *layer, int n_vectors)
{
    lanes *outputs = (lanes *)layer->outputs;
    multiply(&(struct product){
        .a = layer->parameters,
        .a_row = layer->row,
        .a_step = 1,
        .b = (const lanes *)layer->inputs,
        .b_step = (size_t)n_vectors,
        .c = outputs,
        .c_row = (size_t)n_vectors,
        .n_rows = layer->n_units,
        .n_vectors = n_vectors,
        .n_steps = layer->n_inputs + 1,
    });
    batch_activate(layer, n_vectors);
    for (int unit = layer->n_units; unit % LANES != 0 || unit == layer->n_units; unit++) {
        for (int v = 0; v < n_vectors; v++) {
            outputs[unit * n_vectors + v] = lanes_set(unit == layer->n_units ? 1.0 : 0.0);
        }
    }
}

/* Scores the tile, whose outputs are there, and adds each sample's loss to the total, in turn;
 * returns that. */
LANES_FN double batch_score(const struct batch_tile *tile, const struct batch_space *space,
                            double total, const enum purpose purpose)
{
    const struct batch_layer *last = &space->layers[space->n_layers - 1];
    const struct layer layer = {.units = last->n_units, .activation = last->activation};
    lanes *losses = (lanes *)space->losses;
    for (int v = 0; v < tile->n_vectors; v++) {
        losses[v] = score(tile->loss, &layer, (const lanes *)last->outputs + v,
                          (const lanes *)last->sums + v, space->targets + v * LANES,
                          tile->n_vectors, 1, lanes_set(tile->scale), (lanes *)space->deltas + v,
                          purpose);
    }
    for (int s = 0; s < tile->n_samples; s++) {
        total += space->losses[s];
    }
    return total;
}

/* How many of the tile's samples are told right. */
LANES_FN double batch_hits(const struct batch_tile *tile, const struct batch_space *space)
{
    const struct batch_layer *last = &space->layers[space->n_layers - 1];
    lanes *hits = (lanes *)space->hits;
    double right = 0.0;
    for (int v = 0; v < tile->n_vectors; v++) {
        hits[v] = hit(tile->loss, last->n_units, (const lanes *)last->outputs + v,
                      space->targets + v * LANES, tile->n_vectors, 1);
    }
    for (int s = 0; s < tile->n_samples; s++) {
        right += space->hits[s];
    }
    return right;
}

/* The deltas of the layer below, all from the old weights. */
LANES_FN void batch_deltas_below(const struct batch_layer *layer,
                                 const struct batch_layer *layer_below, int n_vectors,
                                 const double *deltas, double *deltas_below)
{
    const lanes *inputs = (const lanes *)layer->inputs;
    const lanes *sums = (const lanes *)layer_below->sums;
    lanes *below = (lanes *)deltas_below;
    multiply(&(struct product){
        .a = layer->parameters,
        .a_row = 1,
        .a_step = layer->row,
        .b = (const lanes *)deltas,
        .b_step = (size_t)n_vectors,
        .c = below,
        .c_row = (size_t)n_vectors,
        .n_rows = layer->n_inputs,
        .n_vectors = n_vectors,
        .n_steps = layer->n_units,
    });
    for (int i = 0; i < layer->n_inputs * n_vectors; i++) {
        below[i] = activation_slope(layer_below->activation, inputs[i], sums[i], below[i]);
    }
}

/* Adds the tile's gradient, and at the end of a plain SGD's batch applies it. */
LANES_FN void batch_gradient(const struct batch_tile *tile, const struct batch_layer *layer,
                             const double *deltas, double *near)
{
    size_t row = layer->row, n_lanes = (size_t)tile->n_vectors * LANES;
    const enum way way = tile->way;
    int at_once = way == WAY_DIRECT;
    int is_whole = way == WAY_SUM && tile->is_first && tile->is_last;
    for (int unit = 0; unit < layer->n_units; unit += BATCH_UNITS) {
        int left = layer->n_units - unit, n_units = left < BATCH_UNITS ? left : BATCH_UNITS;
        lanes *parameters = (lanes *)(layer->parameters + (size_t)unit * row);
        lanes *gradients = (lanes *)(is_whole ? near : layer->gradients + (size_t)unit * row);
        multiply(&(struct product){
            .a = deltas + (size_t)unit * n_lanes,
            .a_row = n_lanes,
            .a_step = 1,
            .b = (const lanes *)layer->rows,
            .b_step = row / LANES,
            .c = at_once ? parameters : gradients,
            .c_row = row / LANES,
            .n_rows = n_units,
            .n_vectors = (int)(row / LANES),
            .n_steps = tile->n_samples,
            .is_added = at_once || !tile->is_first,
        });
        if (tile->is_last && way == WAY_SUM) {
            finish_sum(parameters, gradients, n_units * (int)(row / LANES));
        }
    }
}

/* The tile's outputs. */
LANES_FN void forward_tile(const struct batch_tile *tile, const struct batch_space *space)
{
    gather(tile, space);
    for (int l = 0; l < space->n_layers; l++) {
        batch_forward(&space->layers[l], tile->n_vectors);
    }
}

/* One tile: adds its losses to the total, which it returns, and its gradient to the batch's. */
LANES_FN double train_tile(const struct batch_tile *tile, const struct batch_space *space,
                           double total)
{
    double *deltas = space->deltas, *deltas_below = space->deltas_below;
    forward_tile(tile, space);
    total = batch_score(tile, space, total, PURPOSE_TRAIN);
    for (int l = space->n_layers - 1; l >= 0; l--) {
        const struct batch_layer *layer = &space->layers[l];
        if (l > 0) {
            batch_deltas_below(layer, layer - 1, tile->n_vectors, deltas, deltas_below);
            transpose((const lanes *)layer->inputs, (size_t)tile->n_vectors, (int)layer->row,
                      tile->n_samples, (lanes *)layer->rows, layer->row / LANES);
        }
        batch_gradient(tile, layer, deltas, space->near);
        double *swap = deltas;
        deltas = deltas_below;
        deltas_below = swap;
    }
    return total;
}

/* One run's part of what its optimizer works on, between the task and `flat`. */
LANES_FN void move_slots(const struct kernel_task *task, const struct batch_space *space, int run,
                         int is_back)
{
    size_t n = network_n_parameters(task->network);
    for (int k = 0; k < OPTIMIZER_SLOTS_MAX && task->slots[k]; k++) {
        double *slots = task->slots[k] + (size_t)run * n, *flat = space->flat[FLAT_SLOTS + k];
        memcpy(is_back ? slots : flat, is_back ? flat : slots, n * sizeof *flat);
    }
}

/* Ends a batch of any other optimizer. Its formulas are for each parameter by itself, so here the
 * lanes hold neighbouring parameters. */
LANES_FN void batch_step(const struct kernel_task *task, struct batch_space *space, int run,
                         double learning_rate)
{
    size_t n = network_n_parameters(task->network);
    lanes settings[SETTING_COUNT], powers[OPTIMIZER_POWERS];
    struct update update = {.optimizer = task->optimizer,
                            .n = (int)((n + LANES - 1) / LANES),
                            .n_of_one_run = n,
                            .parameters = (lanes *)space->flat[FLAT_PARAMETERS],
                            .descent = (lanes *)space->flat[FLAT_DESCENT],
                            .settings = (const double *)settings,
                            .stride = LANES,
                            .learning_rate = lanes_set(learning_rate),
                            .has_penalty = task->has_penalty,
                            .has_clip = task->has_clip};
    for (int i = 0; i < SETTING_COUNT; i++) {
        settings[i] = lanes_set(task->settings[i * task->lanes + run]);
    }
    for (int k = 0; k < OPTIMIZER_SLOTS_MAX; k++) {
        update.slots[k] = (lanes *)space->flat[FLAT_SLOTS + k];
    }
    for (int k = 0; k < OPTIMIZER_POWERS; k++) {
        powers[k] = lanes_set(task->powers[k] ? task->powers[k][run] : 0.0);
        update.powers[k] = &powers[k];
    }
    batch_space_get_parameters(space, space->flat[FLAT_PARAMETERS]);
    batch_space_get_gradients(space, space->flat[FLAT_DESCENT]);
    optimizer_step(&update);
    batch_space_set_parameters(space, space->flat[FLAT_PARAMETERS]);
    for (int l = 0; l < space->n_layers; l++) {
        const struct batch_layer *layer = &space->layers[l];
        clear_gradients((lanes *)layer->gradients, layer->n_units * (int)(layer->row / LANES));
    }
    for (int k = 0; k < OPTIMIZER_POWERS && task->powers[k]; k++) {
        memcpy(&task->powers[k][run], &powers[k], sizeof task->powers[k][run]);
    }
}

/* 0, or NaN if a parameter is not finite. */
LANES_FN double check_parameters(const struct batch_space *space)
{
    lanes sums[4] = {lanes_set(0.0), lanes_set(0.0), lanes_set(0.0), lanes_set(0.0)};
    for (int l = 0; l < space->n_layers; l++) {
        const struct batch_layer *layer = &space->layers[l];
        const lanes *parameters = (const lanes *)layer->parameters;
        size_t n = (size_t)layer->n_units * layer->row / LANES;
        for (size_t p = 0; p < n; p++) {
            sums[p % 4] += parameters[p] * lanes_set(0.0);
        }
    }
    lanes sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    double values[LANES], check = 0.0;
    memcpy(values, &sum, sizeof values);
    for (int lane = 0; lane < LANES; lane++) {
        check += values[lane];
    }
    return check;
}

/* The tile that begins at `position`, of at most `left` samples. */
LANES_FN struct batch_tile tile_at(const struct kernel_task *task, const double *paces,
                                   const uint32_t *order, size_t position, size_t left, int run)
{
    size_t in_batch = position % task->batch_size, n_samples = task->n_samples;
    size_t to_batch_end = task->batch_size - in_batch, to_epoch_end = n_samples - position;
    size_t to_end = to_batch_end < to_epoch_end ? to_batch_end : to_epoch_end;
    size_t n = left < to_end ? left : to_end;
    n = n < BATCH_TILE ? n : BATCH_TILE;
    int is_short = position >= n_samples - n_samples % task->batch_size;
    return (struct batch_tile){
        .features = task->features,
        .targets = task->targets,
        .order = order + position,
        .loss = task->loss,
        .way = way_of(task),
        .n_samples = (int)n,
        .n_vectors = ((int)n + LANES - 1) / LANES,
        .scale = paces[(is_short ? PACE_LAST : PACE_WHOLE) * task->lanes + run],
        .is_first = in_batch == 0,
        .is_last = n == to_end,
    };
}

LANES_FN void train_run(const struct kernel_task *task, struct batch_space *space, int run)
{
    const uint32_t *order = task->order;
    const double *paces = task->paces;
    const int is_stepping = way_of(task) == WAY_STEP;
    double *losses = task->losses + run, total = task->totals[run], check = 0.0;
    size_t position = task->position;
    for (size_t left = task->n_steps; left > 0;) {
        struct batch_tile tile = tile_at(task, paces, order, position, left, run);
        total = train_tile(&tile, space, total);
        if (tile.is_last && is_stepping) {
            batch_step(task, space, run, paces[PACE_RATE * task->lanes + run]);
        }
        position += (size_t)tile.n_samples;
        left -= (size_t)tile.n_samples;
        if (position == task->n_samples) {
            *losses = total / (double)task->n_samples;
            check += *losses * 0.0;
            losses += task->lanes;
            order += task->order_stride;
            paces += task->paces_stride;
            position = 0;
            total = 0.0;
        }
    }
    task->totals[run] = total;
    task->check[run] = check + total * 0.0 + check_parameters(space);
}

/* 1 if the task's first sample, or the one after its last, is inside a batch. */
LANES_FN int is_cut(const struct kernel_task *task)
{
    size_t end = (task->position + task->n_steps) % task->n_samples;
    return task->gradients &&
           (task->position % task->batch_size != 0 || end % task->batch_size != 0);
}

LANES_TARGET static void train_batches(const struct kernel_task *task)
{
    struct batch_space space;
    int n_flat = way_of(task) == WAY_STEP ? FLAT_SLOTS + optimizer_slots(task->optimizer) : 0;
    batch_space_init(&space, task->network, LANES, n_flat, task->scratch);
    size_t n_parameters = network_n_parameters(task->network);
    for (int run = 0; run < task->lanes; run++) {
        double *parameters = task->parameters + (size_t)run * n_parameters;
        double *gradients = is_cut(task) ? task->gradients + (size_t)run * n_parameters : NULL;
        batch_space_set_parameters(&space, parameters);
        if (gradients) {
            batch_space_set_gradients(&space, gradients);
        }
        move_slots(task, &space, run, 0);
        train_run(task, &space, run);
        move_slots(task, &space, run, 1);
        batch_space_get_parameters(&space, parameters);
        if (gradients) {
            batch_space_get_gradients(&space, gradients);
        }
    }
}

LANES_FN void score_run(const struct kernel_score_task *task, const struct batch_space *space,
                        int run)
{
    size_t n_inputs = (size_t)task->network->n_inputs;
    size_t n_outputs = (size_t)task->network->layers[space->n_layers - 1].units;
    double total = task->totals[run], right = task->right[run];
    for (size_t at = 0; at < task->n_samples; at += BATCH_TILE) {
        size_t left = task->n_samples - at, n = left < BATCH_TILE ? left : BATCH_TILE;
        struct batch_tile tile = {.features = task->features + at * n_inputs,
                                  .targets = task->targets + at * n_outputs,
                                  .loss = task->loss,
                                  .n_samples = (int)n,
                                  .n_vectors = ((int)n + LANES - 1) / LANES};
        forward_tile(&tile, space);
        total = batch_score(&tile, space, total, PURPOSE_SCORE);
        right += batch_hits(&tile, space);
    }
    task->totals[run] = total;
    task->right[run] = right;
}

LANES_TARGET static void score_batches(const struct kernel_score_task *task)
{
    struct batch_space space;
    batch_space_init(&space, task->network, LANES, 0, task->scratch);
    size_t n_parameters = network_n_parameters(task->network);
    for (int run = 0; run < task->lanes; run++) {
        batch_space_set_parameters(&space, task->parameters + (size_t)run * n_parameters);
        score_run(task, &space, run);
    }
}

/* The row of a table of kernels. */
#define BATCH_KERNEL(processor)                                                                    \
    {                                                                                              \
        "batch", KERNEL_ARITHMETIC, processor, 1, NULL, train_batches, score_batches, LANES, 1     \
    }

#endif
