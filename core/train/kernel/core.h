/* The training core: forward, loss, backward and update of one sample, over a vector of runs; and
 * forward and loss alone, to score.
 *
 * A template, like core/base/math/lanes.h; any_size.h and small_size.h make kernels of it, and for
 * vectors of samples core/train/batch/batch.h takes loss, slopes and update from here. What it
 * computes, and in which order, is written in core/train/block/block.h. A new activation stands in
 * activation_lanes.h, a new loss in loss_lanes.h, a new optimizer in optimizer_lanes.h.
 *
 * DESIGN. Lanes never meet: nothing here moves a value from one lane to another or branches on
 * one, so a lane that diverged, or holds no run, costs nothing and disturbs nobody.
 *
 * Several vectors (groups) of runs may be trained together: of each sample first all groups'
 * passes forward, then all groups' ways back. A single vector's sample is a chain of dependent
 * operations that leaves much of the processor idle; the next vector's chain is independent of it
 * and fills the gaps. */
#ifndef CORE_TRAIN_KERNEL_CORE_H
#define CORE_TRAIN_KERNEL_CORE_H

#include "core/model/forward_lanes.h"
#include "core/model/hit_lanes.h"
#include "core/model/loss_lanes.h"
#include "core/train/kernel/kernel.h"
#include "core/train/optimizer_lanes.h"

#ifdef LANES_FUSED
#define KERNEL_ARITHMETIC ARITHMETIC_FAST
#else
#define KERNEL_ARITHMETIC ARITHMETIC_EXACT
#endif

/* The memory a kernel works in. */
struct workspace {
    lanes *parameters; /* [n_groups][n_parameters] */
    lanes *gradients;  /* the same; of WAY_DIRECT the parameters themselves */
    lanes *units;      /* [n_groups][n_units]: inputs, every layer's outputs: forward_lanes.h */
    lanes *sums;       /* the same: see forward_lanes.h; NULL where nobody looks at them */
    lanes *deltas;     /* [n_groups][2][n_widest]: of a layer and of the one below it */
    int n_parameters;
    int n_units;
    int n_widest; /* units of the widest layer */
};

/* How a batch changes the parameters. */
enum way {
    WAY_DIRECT, /* plain SGD on batches of one sample: the gradient is added as it comes */
    WAY_SUM,    /* plain SGD: the summed gradient is added after the batch */
    WAY_EACH,   /* as WAY_STEP on batches of one sample: each gradient replaces the last one */
    WAY_STEP    /* any other optimizer, penalty or clipping */
};

/* One layer on the way back. `into` is where its gradient is added or, with is_set (a constant),
 * put. */
struct backward_layer {
    const lanes *weights;
    lanes *into;
    const lanes *inputs;
    const lanes *sums_below; /* weighted sums of the inputs' units, or NULL */
    const lanes *deltas;
    lanes *deltas_below; /* NULL for the first layer */
    enum activation activation_below;
    int n_inputs;
    int n_units;
    int is_set;
};

/* Whether a sample is only to be scored, or to be learned from, too. */
enum purpose { PURPOSE_SCORE, PURPOSE_TRAIN };

/* The loss of a sample. To train (a constant), also deltas: each output's scaled descent by its
 * weighted sum. From one output to the next it is `stride` vectors, also in sums, which may be NULL
 * (see forward_lanes.h). A target is one number for all lanes or, with is_own (a constant, as the
 * stride of runs is), a vector that lies as the outputs do. */
LANES_FN lanes score(enum loss loss, const struct layer *last, const lanes *outputs,
                     const lanes *sums, const double *targets, const int stride, const int is_own,
                     lanes scale, lanes *deltas, const enum purpose purpose)
{
    const int n = last->units;
    const int is_by_sum = loss_is_by_sum(loss);
    lanes total = lanes_set(0.0), descent;
    LANES_UNROLL_SIZES
    for (int j = 0; j < n; j++) {
        lanes output = outputs[j * stride], z = sums ? sums[j * stride] : output;
        lanes target = is_own ? ((const lanes *)targets)[j * stride] : lanes_set(targets[j]);
        lanes value = loss_value(loss, target, output, z, &descent);
        total = j == 0 ? value : total + value;
        if (purpose == PURPOSE_TRAIN) {
            descent = scale * descent;
            deltas[j * stride] =
                is_by_sum ? descent : activation_slope(last->activation, output, z, descent);
        }
    }
    if (purpose == PURPOSE_TRAIN && last->activation == ACTIVATION_SOFTMAX && !is_by_sum) {
        loss_through_softmax(n, outputs, stride, deltas);
    }
    return n == 1 || loss == LOSS_CATEGORICAL_CROSS_ENTROPY ? total : total / lanes_set((double)n);
}

/* The share of `n_rows` units from `unit` on, in the deltas below and in the gradient. Everything
 * below is taken from the old weights, because each is read before it is written. */
LANES_FN void backward_rows(const struct backward_layer *layer, const int n_rows, const int unit)
{
    const int n_inputs = layer->n_inputs;
    const lanes *weights = layer->weights + unit * n_inputs;
    const lanes *deltas = layer->deltas + unit;
    lanes *into = layer->into + unit * n_inputs;
    const lanes *below = layer->sums_below;
    LANES_UNROLL_SIZES
    for (int i = 0; i < n_inputs; i++) {
        lanes input = layer->inputs[i];
        if (layer->deltas_below) {
            lanes sum = unit == 0
                            ? deltas[0] * weights[i]
                            : lanes_multiply_add(deltas[0], weights[i], layer->deltas_below[i]);
            LANES_UNROLL
            for (int row = 1; row < n_rows; row++) {
                sum = lanes_multiply_add(deltas[row], weights[row * n_inputs + i], sum);
            }
            layer->deltas_below[i] = unit + n_rows == layer->n_units
                                         ? activation_slope(layer->activation_below, input,
                                                            below ? below[i] : input, sum)
                                         : sum;
        }
        LANES_UNROLL
        for (int row = 0; row < n_rows; row++) {
            lanes *parameter = &into[row * n_inputs + i];
            *parameter = layer->is_set
                             ? deltas[row] * input /* as if it were added to -0.0 */
                             : lanes_multiply_add(deltas[row], input, *parameter);
        }
    }
}

LANES_FN void backward_one(const struct backward_layer *layer)
{
    const int n_units = layer->n_units;
    int unit = 0;
    LANES_UNROLL_SIZES
    for (; unit + FORWARD_ROWS <= n_units; unit += FORWARD_ROWS) {
        backward_rows(layer, FORWARD_ROWS, unit);
    }
    LANES_UNROLL_SIZES
    for (; unit < n_units; unit++) {
        backward_rows(layer, 1, unit);
    }
    lanes *biases = layer->into + n_units * layer->n_inputs;
    LANES_UNROLL_SIZES
    for (unit = 0; unit < n_units; unit++) {
        biases[unit] = layer->is_set ? layer->deltas[unit] : biases[unit] + layer->deltas[unit];
    }
}

/* Adds the sample's gradient to those of one group, from the deltas of the outputs. */
LANES_FN void backward(const struct network *network, const struct workspace *space,
                       const enum way way)
{
    const lanes *parameters = space->parameters + space->n_parameters;
    lanes *into = space->gradients + space->n_parameters;
    const lanes *outputs = space->units + space->n_units;
    const lanes *sums = space->sums ? space->sums + space->n_units : NULL;
    lanes *deltas = space->deltas, *deltas_below = space->deltas + space->n_widest;
    outputs -= network->layers[network->n_layers - 1].units;
    sums = sums ? sums - network->layers[network->n_layers - 1].units : NULL;
    LANES_UNROLL_SIZES
    for (int l = network->n_layers - 1; l >= 0; l--) {
        const int n_units = network->layers[l].units;
        const int n_inputs = l == 0 ? network->n_inputs : network->layers[l - 1].units;
        parameters -= n_units * (n_inputs + 1);
        into -= n_units * (n_inputs + 1);
        outputs -= n_inputs; /* of the layer below: this layer's inputs */
        sums = sums ? sums - n_inputs : NULL;
        const struct backward_layer layer = {
            .weights = parameters,
            .into = into,
            .inputs = outputs,
            .sums_below = sums,
            .deltas = deltas,
            .deltas_below = l == 0 ? NULL : deltas_below,
            .activation_below = l == 0 ? ACTIVATION_LINEAR : network->layers[l - 1].activation,
            .n_inputs = n_inputs,
            .n_units = n_units,
            .is_set = way == WAY_EACH,
        };
        backward_one(&layer);
        lanes *swap = deltas;
        deltas = deltas_below;
        deltas_below = swap;
    }
}

/* What of the workspace is group `g`'s. */
LANES_FN struct workspace workspace_of(const struct workspace *space, const int g)
{
    struct workspace part = *space;
    part.parameters += g * space->n_parameters;
    part.gradients += g * space->n_parameters;
    part.units += g * space->n_units;
    part.sums = space->sums ? space->sums + g * space->n_units : NULL;
    part.deltas += g * 2 * space->n_widest;
    return part;
}

/* One sample of all groups: adds its loss to their totals, and to their gradients its own. */
LANES_FN void train_sample(const struct network *network, enum loss loss,
                           const struct workspace *space, const int n_groups, const enum way way,
                           const double *features, const double *targets, const lanes *scale,
                           lanes *totals)
{
    const struct layer *last = &network->layers[network->n_layers - 1];
    const int outputs = space->n_units - last->units;
    LANES_UNROLL
    for (int g = 0; g < n_groups; g++) {
        const struct workspace part = workspace_of(space, g);
        LANES_UNROLL_SIZES
        for (int i = 0; i < network->n_inputs; i++) {
            part.units[i] = lanes_set(features[i]);
        }
        forward(network, part.parameters, part.units, part.sums);
    }
    LANES_UNROLL
    for (int g = 0; g < n_groups; g++) {
        const struct workspace part = workspace_of(space, g);
        totals[g] += score(loss, last, part.units + outputs, part.sums ? part.sums + outputs : NULL,
                           targets, 1, 0, scale[g], part.deltas, PURPOSE_TRAIN);
    }
    LANES_UNROLL
    for (int g = 0; g < n_groups; g++) {
        const struct workspace part = workspace_of(space, g);
        backward(network, &part, way);
    }
}

LANES_FN enum way way_of(const struct kernel_task *task)
{
    int is_plain = task->optimizer == OPTIMIZER_SGD && !task->has_penalty && !task->has_clip;
    return !is_plain ? WAY_STEP : task->batch_size > 1 ? WAY_SUM : WAY_DIRECT;
}

/* Makes a gradient -0.0, to which anything can be added without changing a bit of it. */
LANES_FN void clear_gradients(lanes *gradients, const int n)
{
    LANES_UNROLL_SIZES
    for (int p = 0; p < n; p++) {
        gradients[p] = lanes_set(-0.0);
    }
}

/* Ends a batch of plain SGD: adds the gradient to the parameters. */
LANES_FN void finish_sum(lanes *parameters, lanes *gradients, const int n)
{
    LANES_UNROLL_SIZES
    for (int p = 0; p < n; p++) {
        parameters[p] += gradients[p];
    }
    clear_gradients(gradients, n);
}

/* Updates the parameters of group `g`, `part` of the workspace, as their optimizer says. */
LANES_TARGET static __attribute__((noinline, unused)) void
step_group(const struct kernel_task *task, const struct workspace *part, int g,
           const lanes *learning_rate)
{
    struct update update = {.optimizer = task->optimizer,
                            .n = part->n_parameters,
                            .parameters = part->parameters,
                            .descent = part->gradients,
                            .settings = task->settings + g * LANES,
                            .stride = task->lanes,
                            .learning_rate = learning_rate[g],
                            .has_penalty = task->has_penalty,
                            .has_clip = task->has_clip};
    for (int k = 0; k < OPTIMIZER_SLOTS_MAX; k++) {
        lanes *slots = (lanes *)task->slots[k];
        update.slots[k] = slots ? slots + g * part->n_parameters : NULL;
    }
    for (int k = 0; k < OPTIMIZER_POWERS; k++) {
        lanes *powers = (lanes *)task->powers[k];
        update.powers[k] = powers ? powers + g : NULL;
    }
    optimizer_step(&update);
}

/* Ends a batch in any way but WAY_DIRECT. */
LANES_FN void finish_batch(const struct kernel_task *task, const struct workspace *space,
                           const int n_groups, const enum way way, const lanes *learning_rate)
{
    const int n = n_groups * space->n_parameters;
    if (way == WAY_SUM) {
        finish_sum(space->parameters, space->gradients, n);
        return;
    }
    for (int g = 0; g < n_groups; g++) {
        const struct workspace part = workspace_of(space, g);
        step_group(task, &part, g, learning_rate);
    }
    if (way == WAY_STEP) {
        clear_gradients(space->gradients, n);
    }
}

/* Writes the printed losses of an epoch, which may stand anywhere, and starts the next one's. */
LANES_FN void finish_epoch(const struct kernel_task *task, const int n_groups, double *losses)
{
    lanes *totals = (lanes *)task->totals, *check = (lanes *)task->check;
    lanes n_samples = lanes_set((double)task->n_samples);
    LANES_UNROLL
    for (int g = 0; g < n_groups; g++) {
        lanes mean = totals[g] / n_samples;
        memcpy(losses + g * LANES, &mean, sizeof mean);
        check[g] += mean * lanes_set(0.0);
        totals[g] = lanes_set(0.0);
    }
}

/* Makes check NaN where a parameter or the loss so far is not finite. */
LANES_FN void finish_check(const struct kernel_task *task, const int n_groups,
                           const struct workspace *space)
{
    const lanes *totals = (const lanes *)task->totals;
    lanes *check = (lanes *)task->check;
    LANES_UNROLL
    for (int g = 0; g < n_groups; g++) {
        const lanes *parameters = space->parameters + g * space->n_parameters;
        lanes sum = totals[g] * lanes_set(0.0);
        LANES_UNROLL_SIZES
        for (int p = 0; p < space->n_parameters; p++) {
            sum += parameters[p] * lanes_set(0.0);
        }
        check[g] += sum;
    }
}

/* The whole task, for n_groups vectors of runs from the start of its arrays. */
LANES_FN void train(const struct kernel_task *task, const struct network *network,
                    const enum loss loss, const struct workspace *space, const int n_groups,
                    const enum way way)
{
    const int n_inputs = network->n_inputs;
    const int n_outputs = network->layers[network->n_layers - 1].units;
    const size_t n_samples = task->n_samples, batch_size = task->batch_size;
    const size_t last_batch = n_samples - n_samples % batch_size;
    const int n_vectors = task->lanes / LANES;
    const double *paces = task->paces;
    lanes *totals = (lanes *)task->totals, *check = (lanes *)task->check;
    double *losses = task->losses;
    const uint32_t *order = task->order;
    size_t position = task->position, in_batch = position % batch_size;

    LANES_UNROLL
    for (int g = 0; g < n_groups; g++) {
        check[g] = lanes_set(0.0);
    }
    for (size_t left = task->n_steps; left > 0;) {
        size_t end = n_samples - position < left ? n_samples : position + left;
        left -= end - position;
        for (; position < end; position++) {
            const size_t row = order[position];
            const double *features = task->features + row * (size_t)n_inputs;
            const double *targets = task->targets + row * (size_t)n_outputs;
            const lanes *scale = (const lanes *)paces + PACE_WHOLE * n_vectors;
            if (way != WAY_DIRECT && position >= last_batch) {
                scale += (PACE_LAST - PACE_WHOLE) * n_vectors;
            }
            train_sample(network, loss, space, n_groups, way, features, targets, scale, totals);
            if (way != WAY_DIRECT && (++in_batch == batch_size || position + 1 == n_samples)) {
                finish_batch(task, space, n_groups, way,
                             (const lanes *)paces + PACE_RATE * n_vectors);
                in_batch = 0;
            }
        }
        if (position == n_samples) {
            finish_epoch(task, n_groups, losses);
            losses += task->lanes;
            order += task->order_stride;
            paces += task->paces_stride;
            position = 0;
        }
    }
    finish_check(task, n_groups, space);
}

/* Scores the samples for one vector of runs, its totals in lane `lane` and following. */
LANES_FN void score_vector(const struct kernel_score_task *task, const struct network *network,
                           const enum loss loss, const struct workspace *space, int lane)
{
    const int n_inputs = network->n_inputs;
    const struct layer *last = &network->layers[network->n_layers - 1];
    const double *features = task->features, *targets = task->targets;
    lanes total, right;
    memcpy(&total, task->totals + lane, sizeof total);
    memcpy(&right, task->right + lane, sizeof right);
    for (size_t s = 0; s < task->n_samples; s++) {
        LANES_UNROLL_SIZES
        for (int i = 0; i < n_inputs; i++) {
            space->units[i] = lanes_set(features[i]);
        }
        const lanes *outputs = forward(network, space->parameters, space->units, space->sums);
        const lanes *sums = space->sums ? space->sums + (outputs - space->units) : NULL;
        total += score(loss, last, outputs, sums, targets, 1, 0, lanes_set(0.0), NULL,
                       PURPOSE_SCORE);
        right += hit(loss, last->units, outputs, targets, 1, 0);
        features += n_inputs;
        targets += last->units;
    }
    memcpy(task->totals + lane, &total, sizeof total);
    memcpy(task->right + lane, &right, sizeof right);
}

/* The part of the task from vector `v` on. */
LANES_FN struct kernel_task task_from_vector(const struct kernel_task *task, int v,
                                             size_t n_parameters)
{
    struct kernel_task part = *task;
    size_t lanes_before = (size_t)v * LANES, values_before = lanes_before * n_parameters;
    part.parameters += values_before;
    if (part.gradients) {
        part.gradients += values_before;
    }
    for (int k = 0; k < OPTIMIZER_SLOTS_MAX; k++) {
        part.slots[k] = part.slots[k] ? part.slots[k] + values_before : NULL;
    }
    for (int k = 0; k < OPTIMIZER_POWERS; k++) {
        part.powers[k] = part.powers[k] ? part.powers[k] + lanes_before : NULL;
    }
    part.settings += lanes_before;
    part.totals += lanes_before;
    part.paces += lanes_before;
    part.losses += lanes_before;
    part.check += lanes_before;
    return part;
}

#endif
