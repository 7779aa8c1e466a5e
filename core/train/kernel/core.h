/* The training core: forward, loss, backward and update of one sample, over a vector of runs.
 *
 * A template, like core/base/lanes.h; any_size.h and small_size.h make kernels of it, and for
 * vectors of samples core/train/batch/batch.h takes loss, slopes and update from here. What it
 * computes, and in which order, is written in core/train/block.h. A new loss is a case in
 * loss_value, a new optimizer one in apply, a new activation stands in activation_lanes.h.
 *
 * DESIGN. Lanes never meet: nothing here moves a value from one lane to another or branches on
 * one, so a lane that diverged, or holds no run, costs nothing and disturbs nobody.
 *
 * Several vectors (groups) of runs may be trained sample by sample in turn. A single vector's
 * sample is a chain of dependent operations that leaves most of the processor idle; the next
 * vector's chain is independent of it and fills the gaps. */
#ifndef CORE_TRAIN_KERNEL_CORE_H
#define CORE_TRAIN_KERNEL_CORE_H

#include "core/model/forward_lanes.h"
#include "core/train/kernel/kernel.h"

#ifdef LANES_FUSED
#define KERNEL_ARITHMETIC ARITHMETIC_FAST
#else
#define KERNEL_ARITHMETIC ARITHMETIC_EXACT
#endif

/* The memory a kernel works in. */
struct workspace {
    lanes *parameters; /* [n_groups][n_parameters] */
    lanes *gradients;  /* the same; unused when every sample is a batch */
    lanes *units;      /* [n_units]: inputs and every layer's outputs, see forward_lanes.h */
    lanes *deltas;     /* [2][n_widest]: of a layer and of the one below it */
    int n_parameters;
    int n_units;
    int n_widest; /* units of the widest layer */
};

/* One layer on the way back. `into` is where its gradient is added. */
struct backward_layer {
    const lanes *weights;
    lanes *into;
    const lanes *inputs;
    const lanes *deltas;
    lanes *deltas_below; /* NULL for the first layer */
    enum activation activation_below;
    int n_inputs;
    int n_units;
};

/* One output's loss, and in *out_descent minus its slope, without the spec's factor. */
LANES_FN lanes loss_value(enum loss loss, lanes target, lanes output, lanes *out_descent)
{
    lanes e = target - output;
    *out_descent = e;
    switch (loss) {
    case LOSS_MSE:
    case LOSS_COUNT:
        break;
    }
    return e * e;
}

/* The loss of a sample: the mean over its outputs. deltas: each output's scaled descent. From one
 * output to the next it is `stride` vectors. A target is one number for all lanes or, with is_own
 * (a constant, as the stride of runs is), a vector that lies as the outputs do. */
LANES_FN lanes score(enum loss loss, const struct layer *last, const lanes *outputs,
                     const double *targets, const int stride, const int is_own, lanes scale,
                     lanes *deltas)
{
    lanes sum = lanes_set(0.0), descent;
    LANES_UNROLL_SIZES
    for (int j = 0; j < last->units; j++) {
        lanes output = outputs[j * stride];
        lanes target = is_own ? ((const lanes *)targets)[j * stride] : lanes_set(targets[j]);
        lanes value = loss_value(loss, target, output, &descent);
        sum = j == 0 ? value : sum + value;
        deltas[j * stride] = activation_slope(last->activation, output, scale * descent);
    }
    return last->units == 1 ? sum : sum / lanes_set((double)last->units);
}

/* The share of `n_rows` units from `unit` on, in the deltas below and in the gradient. Everything
 * below is taken from the old weights, because each is read before it is written. */
LANES_FN void backward_rows(const struct backward_layer *layer, const int n_rows, const int unit)
{
    const int n_inputs = layer->n_inputs;
    const lanes *weights = layer->weights + unit * n_inputs;
    const lanes *deltas = layer->deltas + unit;
    lanes *into = layer->into + unit * n_inputs;
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
                                         ? activation_slope(layer->activation_below, input, sum)
                                         : sum;
        }
        LANES_UNROLL
        for (int row = 0; row < n_rows; row++) {
            lanes *parameter = &into[row * n_inputs + i];
            *parameter = lanes_multiply_add(deltas[row], input, *parameter);
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
        biases[unit] += layer->deltas[unit];
    }
}

/* Adds the sample's gradient to `into`, from the deltas of the outputs. */
LANES_FN void backward(const struct network *network, const struct workspace *space,
                       const lanes *parameters, lanes *into)
{
    const lanes *outputs = space->units + space->n_units;
    lanes *deltas = space->deltas, *deltas_below = space->deltas + space->n_widest;
    parameters += space->n_parameters;
    into += space->n_parameters;
    outputs -= network->layers[network->n_layers - 1].units;
    LANES_UNROLL_SIZES
    for (int l = network->n_layers - 1; l >= 0; l--) {
        const int n_units = network->layers[l].units;
        const int n_inputs = l == 0 ? network->n_inputs : network->layers[l - 1].units;
        parameters -= n_units * (n_inputs + 1);
        into -= n_units * (n_inputs + 1);
        outputs -= n_inputs; /* of the layer below: this layer's inputs */
        const struct backward_layer layer = {
            .weights = parameters,
            .into = into,
            .inputs = outputs,
            .deltas = deltas,
            .deltas_below = l == 0 ? NULL : deltas_below,
            .activation_below = l == 0 ? ACTIVATION_LINEAR : network->layers[l - 1].activation,
            .n_inputs = n_inputs,
            .n_units = n_units,
        };
        backward_one(&layer);
        lanes *swap = deltas;
        deltas = deltas_below;
        deltas_below = swap;
    }
}

/* One sample of one group, whose inputs stand in space->units: returns its loss and adds its
 * gradient to `into`. */
LANES_FN lanes train_sample(const struct network *network, enum loss loss,
                            const struct workspace *space, const lanes *parameters, lanes *into,
                            const double *targets, lanes scale)
{
    const struct layer *last = &network->layers[network->n_layers - 1];
    const lanes *outputs = forward(network, parameters, space->units);
    lanes result = score(loss, last, outputs, targets, 1, 0, scale, space->deltas);
    backward(network, space, parameters, into);
    return result;
}

/* Ends a batch: updates the parameters from the summed gradient, and makes that -0.0, to which
 * anything can be added without changing a bit of it. */
LANES_FN void apply(enum optimizer optimizer, lanes *parameters, lanes *gradients, const int n)
{
    switch (optimizer) {
    case OPTIMIZER_SGD:
    case OPTIMIZER_COUNT:
        LANES_UNROLL_SIZES
        for (int p = 0; p < n; p++) {
            parameters[p] += gradients[p];
        }
        break;
    }
    LANES_UNROLL_SIZES
    for (int p = 0; p < n; p++) {
        gradients[p] = lanes_set(-0.0);
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

/* The whole task, for n_groups vectors of runs from the start of its arrays.
 * is_direct: every sample is a batch and the optimizer is SGD, whose update is the gradient itself;
 * then it is added to the parameters at once. */
LANES_FN void train(const struct kernel_task *task, const struct network *network,
                    const struct workspace *space, const int n_groups, const int is_direct)
{
    const int n_inputs = network->n_inputs;
    const int n_outputs = network->layers[network->n_layers - 1].units;
    const size_t n_samples = task->n_samples, batch_size = task->batch_size;
    const size_t last_batch = n_samples - n_samples % batch_size;
    const lanes *scales = (const lanes *)task->scales;
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
            const lanes *scale = scales;
            if (!is_direct && position >= last_batch) {
                scale += task->lanes / LANES;
            }
            LANES_UNROLL_SIZES
            for (int i = 0; i < n_inputs; i++) {
                space->units[i] = lanes_set(features[i]);
            }
            LANES_UNROLL
            for (int g = 0; g < n_groups; g++) {
                lanes *parameters = space->parameters + g * space->n_parameters;
                lanes *into = is_direct ? parameters : space->gradients + g * space->n_parameters;
                totals[g] +=
                    train_sample(network, task->loss, space, parameters, into, targets, scale[g]);
            }
            if (!is_direct && (++in_batch == batch_size || position + 1 == n_samples)) {
                apply(task->optimizer, space->parameters, space->gradients,
                      n_groups * space->n_parameters);
                in_batch = 0;
            }
        }
        if (position == n_samples) {
            finish_epoch(task, n_groups, losses);
            losses += task->lanes;
            order += task->order_stride;
            position = 0;
        }
    }
    finish_check(task, n_groups, space);
}

LANES_FN int is_direct(const struct kernel_task *task)
{
    return task->optimizer == OPTIMIZER_SGD && task->batch_size == 1;
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
    part.totals += lanes_before;
    part.scales += lanes_before;
    part.losses += lanes_before;
    part.check += lanes_before;
    return part;
}

#endif
