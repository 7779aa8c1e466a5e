/* The kernel for networks of any size, at the width of the including file.
 *
 * Its vectors of runs are trained one after the other: a sample of a wide network has enough
 * independent work of its own, and one vector's parameters fit the caches better than several. */
#ifndef CORE_TRAIN_KERNEL_ANY_SIZE_H
#define CORE_TRAIN_KERNEL_ANY_SIZE_H

#include "core/train/kernel/core.h"

LANES_FN struct workspace any_size_space(const struct network *network, double *scratch)
{
    struct workspace space = {.units = (lanes *)scratch, .n_units = network->n_inputs};
    for (int l = 0, n_inputs = network->n_inputs; l < network->n_layers; l++) {
        int n_units = network->layers[l].units;
        space.n_parameters += n_units * (n_inputs + 1);
        space.n_units += n_units;
        space.n_widest = n_units > space.n_widest ? n_units : space.n_widest;
        n_inputs = n_units;
    }
    space.sums = space.units + space.n_units;
    space.deltas = space.sums + space.n_units;
    return space;
}

LANES_TARGET static void train_any_size(const struct kernel_task *task)
{
    const struct network *network = task->network;
    struct workspace space = any_size_space(network, task->scratch);
    for (int v = 0; v < task->lanes / LANES; v++) {
        struct kernel_task part = task_from_vector(task, v, (size_t)space.n_parameters);
        space.parameters = (lanes *)part.parameters;
        space.gradients = (lanes *)part.gradients;
        if (way_of(task) == WAY_DIRECT) {
            space.gradients = space.parameters;
            train(&part, network, task->loss, &space, 1, WAY_DIRECT);
        } else {
            train(&part, network, task->loss, &space, 1, way_of(task));
        }
    }
}

LANES_TARGET static void score_any_size(const struct kernel_score_task *task)
{
    struct workspace space = any_size_space(task->network, task->scratch);
    for (int v = 0; v < task->lanes / LANES; v++) { /* only read from */
        space.parameters = (lanes *)task->parameters + (size_t)v * (size_t)space.n_parameters;
        score_vector(task, task->network, task->loss, &space, v * LANES);
    }
}

/* The row of a table of kernels. */
#define ANY_SIZE_KERNEL(processor)                                                                 \
    {                                                                                              \
        "any size", KERNEL_ARITHMETIC, processor, LANES, NULL, train_any_size, score_any_size,     \
            0, 1                                                                                   \
    }

#endif
