/* Kernels for the small networks people start with, their sizes constants, at the width of the
 * including file.
 *
 * Every loop over units and inputs is unrolled away, and the parameters stand in local arrays: of
 * 2-2-1 they all live in registers while it trains. To add a shape: a struct network, a line that
 * makes its kernel, a row in SMALL_SIZE_KERNELS. */
#ifndef CORE_TRAIN_KERNEL_SMALL_SIZE_H
#define CORE_TRAIN_KERNEL_SMALL_SIZE_H

#define LANES_CONSTANT_SIZES
#include "core/train/kernel/core.h"

#define SHAPE_2_H_1(hidden, activation)                                                            \
    {                                                                                              \
        .n_inputs = 2, .n_layers = 2, .layers = {{hidden, activation}, {1, ACTIVATION_LINEAR}}     \
    }
#define SHAPE_2_H_H_1(hidden, activation)                                                          \
    {                                                                                              \
        .n_inputs = 2, .n_layers = 3,                                                              \
        .layers = {{hidden, activation}, {hidden, activation}, {1, ACTIVATION_LINEAR}}             \
    }

static const struct network RELU_2_2_1 = SHAPE_2_H_1(2, ACTIVATION_RELU);
static const struct network LEAKY_RELU_2_2_1 = SHAPE_2_H_1(2, ACTIVATION_LEAKY_RELU);
static const struct network TANH_2_2_1 = SHAPE_2_H_1(2, ACTIVATION_TANH);
static const struct network SIGMOID_2_2_1 = SHAPE_2_H_1(2, ACTIVATION_SIGMOID);
static const struct network RELU_2_3_1 = SHAPE_2_H_1(3, ACTIVATION_RELU);
static const struct network RELU_2_4_1 = SHAPE_2_H_1(4, ACTIVATION_RELU);
static const struct network RELU_2_8_1 = SHAPE_2_H_1(8, ACTIVATION_RELU);
static const struct network TANH_2_8_1 = SHAPE_2_H_1(8, ACTIVATION_TANH);
static const struct network RELU_2_8_8_1 = SHAPE_2_H_H_1(8, ACTIVATION_RELU);

LANES_FN void copy_lanes(lanes *to, const lanes *from, const int n)
{
    LANES_UNROLL_SIZES
    for (int i = 0; i < n; i++) {
        to[i] = from[i];
    }
}

/* n_groups vectors from vector `v` on, in local memory. */
LANES_FN void train_local(const struct kernel_task *task, const struct network *network,
                          const struct workspace *space, int v, const int n_groups)
{
    struct kernel_task part = task_from_vector(task, v, (size_t)space->n_parameters);
    const int n = n_groups * space->n_parameters;
    copy_lanes(space->parameters, (const lanes *)part.parameters, n);
    if (is_direct(task)) {
        train(&part, network, space, n_groups, 1);
    } else {
        copy_lanes(space->gradients, (const lanes *)part.gradients, n);
        train(&part, network, space, n_groups, 0);
        copy_lanes((lanes *)part.gradients, space->gradients, n);
    }
    copy_lanes((lanes *)part.parameters, space->parameters, n);
}

/* Defines a kernel: its name, its network, how many parameters, units with the inputs, and units in
 * the widest layer that has; and how many vectors are trained in turn (see core.h): 4 or 1. */
#define SMALL_KERNEL(function, network, parameters_, units_, widest, in_turn)                      \
    LANES_FN void function##_part(const struct kernel_task *task, int v, const int n_groups)       \
    {                                                                                              \
        lanes parameters[(in_turn) * (parameters_)], gradients[(in_turn) * (parameters_)];         \
        lanes units[units_], deltas[2 * (widest)];                                                 \
        const struct workspace space = {.parameters = parameters,                                  \
                                        .gradients = gradients,                                    \
                                        .units = units,                                            \
                                        .deltas = deltas,                                          \
                                        .n_parameters = parameters_,                               \
                                        .n_units = units_,                                         \
                                        .n_widest = widest};                                       \
        train_local(task, &network, &space, v, n_groups);                                          \
    }                                                                                              \
    LANES_TARGET static void function(const struct kernel_task *task)                              \
    {                                                                                              \
        int v = 0, n_vectors = task->lanes / LANES;                                                \
        for (; 4 <= in_turn && 4 * LANES <= KERNEL_LANES_MAX && v + 4 <= n_vectors; v += 4) {      \
            function##_part(task, v, 4);                                                           \
        }                                                                                          \
        for (; 2 <= in_turn && v + 2 <= n_vectors; v += 2) {                                       \
            function##_part(task, v, 2);                                                           \
        }                                                                                          \
        for (; v < n_vectors; v++) {                                                               \
            function##_part(task, v, 1);                                                           \
        }                                                                                          \
    }
#define KERNEL_2_H_1(function, network, hidden, in_turn)                                           \
    SMALL_KERNEL(function, network, 4 * (hidden) + 1, (hidden) + 3, hidden, in_turn)
#define KERNEL_2_H_H_1(function, network, hidden, in_turn)                                         \
    SMALL_KERNEL(function, network, (hidden) * (hidden) + 5 * (hidden) + 1, 2 * (hidden) + 3,      \
                 hidden, in_turn)

KERNEL_2_H_1(train_2_2_1_relu, RELU_2_2_1, 2, 4)
KERNEL_2_H_1(train_2_2_1_leaky_relu, LEAKY_RELU_2_2_1, 2, 1)
KERNEL_2_H_1(train_2_2_1_tanh, TANH_2_2_1, 2, 1)
KERNEL_2_H_1(train_2_2_1_sigmoid, SIGMOID_2_2_1, 2, 1)
KERNEL_2_H_1(train_2_3_1_relu, RELU_2_3_1, 3, 1)
KERNEL_2_H_1(train_2_4_1_relu, RELU_2_4_1, 4, 1)
KERNEL_2_H_1(train_2_8_1_relu, RELU_2_8_1, 8, 1)
KERNEL_2_H_1(train_2_8_1_tanh, TANH_2_8_1, 8, 1)
KERNEL_2_H_H_1(train_2_8_8_1_relu, RELU_2_8_8_1, 8, 1)

/* The rows of a table of kernels. */
#define SMALL_SIZE_KERNELS(processor)                                                              \
    {"2-2-1 relu", processor, LANES, &RELU_2_2_1, train_2_2_1_relu},                               \
        {"2-2-1 leaky_relu", processor, LANES, &LEAKY_RELU_2_2_1, train_2_2_1_leaky_relu},         \
        {"2-2-1 tanh", processor, LANES, &TANH_2_2_1, train_2_2_1_tanh},                           \
        {"2-2-1 sigmoid", processor, LANES, &SIGMOID_2_2_1, train_2_2_1_sigmoid},                  \
        {"2-3-1 relu", processor, LANES, &RELU_2_3_1, train_2_3_1_relu},                           \
        {"2-4-1 relu", processor, LANES, &RELU_2_4_1, train_2_4_1_relu},                           \
        {"2-8-1 relu", processor, LANES, &RELU_2_8_1, train_2_8_1_relu},                           \
        {"2-8-1 tanh", processor, LANES, &TANH_2_8_1, train_2_8_1_tanh},                           \
    {                                                                                              \
        "2-8-8-1 relu", processor, LANES, &RELU_2_8_8_1, train_2_8_8_1_relu                        \
    }

#endif
