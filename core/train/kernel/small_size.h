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
#if LANES > 1
static const struct network TANH_2_2_1 = SHAPE_2_H_1(2, ACTIVATION_TANH);
#endif
#if LANES == 2 || LANES == 4
static const struct network RELU_2_8_8_1 = SHAPE_2_H_H_1(8, ACTIVATION_RELU);
#endif
#if LANES > 1 && !defined(LANES_FUSED)
static const struct network LEAKY_RELU_2_2_1 = SHAPE_2_H_1(2, ACTIVATION_LEAKY_RELU);
static const struct network SIGMOID_2_2_1 = SHAPE_2_H_1(2, ACTIVATION_SIGMOID);
static const struct network RELU_2_3_1 = SHAPE_2_H_1(3, ACTIVATION_RELU);
static const struct network RELU_2_4_1 = SHAPE_2_H_1(4, ACTIVATION_RELU);
static const struct network RELU_2_8_1 = SHAPE_2_H_1(8, ACTIVATION_RELU);
static const struct network TANH_2_8_1 = SHAPE_2_H_1(8, ACTIVATION_TANH);
#endif

LANES_FN void copy_lanes(lanes *to, const lanes *from, const int n)
{
    LANES_UNROLL_SIZES
    for (int i = 0; i < n; i++) {
        to[i] = from[i];
    }
}

/* Trains n_groups vectors from vector `v` on, in local memory. */
LANES_FN void train_local(const struct kernel_task *task, const struct network *network,
                          const struct workspace *space, int v, const int n_groups,
                          const enum way way)
{
    struct kernel_task part = task_from_vector(task, v, (size_t)space->n_parameters);
    const int n = n_groups * space->n_parameters;
    copy_lanes(space->parameters, (const lanes *)part.parameters, n);
    if (way == WAY_SUM) {
        copy_lanes(space->gradients, (const lanes *)part.gradients, n);
    }
    train(&part, network, LOSS_MSE, space, n_groups, way);
    if (way == WAY_SUM) {
        copy_lanes((lanes *)part.gradients, space->gradients, n);
    }
    copy_lanes((lanes *)part.parameters, space->parameters, n);
}

/* Scores every vector, with its parameters in local memory. */
LANES_FN void score_local(const struct kernel_score_task *task, const struct network *network,
                          const struct workspace *space)
{
    const int n = space->n_parameters;
    for (int v = 0; v < task->lanes / LANES; v++) {
        copy_lanes(space->parameters, (const lanes *)task->parameters + v * n, n);
        score_vector(task, network, LOSS_MSE, space, v * LANES);
    }
}

/* One loop of a kernel, a function of its own so that it has all registers to itself. */
#define SMALL_LOOP(function, network, n_parameters_, n_units_, widest, n_groups, way)              \
    LANES_TARGET static __attribute__((noinline)) void function(const struct kernel_task *task,    \
                                                                int v)                             \
    {                                                                                              \
        lanes parameters[(n_groups) * (n_parameters_)], units[(n_groups) * (n_units_)];            \
        lanes deltas[(n_groups) * 2 * (widest)];                                                   \
        lanes gradients[(way) == WAY_DIRECT ? 1 : (n_groups) * (n_parameters_)];                   \
        const struct workspace space = {.parameters = parameters,                                  \
                                        .gradients = (way) == WAY_DIRECT ? parameters : gradients, \
                                        .units = units,                                            \
                                        .deltas = deltas,                                          \
                                        .n_parameters = n_parameters_,                             \
                                        .n_units = n_units_,                                       \
                                        .n_widest = widest};                                       \
        train_local(task, &network, &space, v, n_groups, way);                                     \
    }

#define SMALL_SCORE(function, network, parameters_, units_)                                        \
    LANES_TARGET static void function(const struct kernel_score_task *task)                        \
    {                                                                                              \
        lanes parameters[parameters_], units[units_];                                              \
        const struct workspace space = {.parameters = parameters,                                  \
                                        .units = units,                                            \
                                        .n_parameters = parameters_,                               \
                                        .n_units = units_};                                        \
        score_local(task, &network, &space);                                                       \
    }

typedef void (*small_loop)(const struct kernel_task *task, int v);

/* The task's vectors, `n_groups` at a time while there are so many; returns the first one left. */
LANES_FN int run_loop(const struct kernel_task *task, int v, int n_groups, small_loop direct,
                      small_loop sum, small_loop each)
{
    const enum way way = way_of(task);
    for (; v + n_groups <= task->lanes / LANES; v += n_groups) {
        (way == WAY_DIRECT ? direct : way == WAY_SUM ? sum : each)(task, v);
    }
    return v;
}

/* The loops of a kernel for n_groups vectors. Those for the optimizers other than plain SGD are
 * compiled at one width, which they don't gain beyond: they wait for divisions or for stores. */
#if LANES == 4
#define SMALL_STEPS 1
#define SMALL_EACH(function, network, parameters, units, widest, n_groups)                         \
    SMALL_LOOP(function##_each_##n_groups, network, parameters, units, widest, n_groups, WAY_EACH)
#define SMALL_EACH_LOOP(function, n_groups) function##_each_##n_groups
#else
#define SMALL_STEPS 0
#define SMALL_EACH(function, network, parameters, units, widest, n_groups)
#define SMALL_EACH_LOOP(function, n_groups) NULL
#endif
#define SMALL_LOOPS(function, network, parameters, units, widest, n_groups)                        \
    SMALL_LOOP(function##_direct_##n_groups, network, parameters, units, widest, n_groups,         \
               WAY_DIRECT)                                                                         \
    SMALL_LOOP(function##_sum_##n_groups, network, parameters, units, widest, n_groups, WAY_SUM)   \
    SMALL_EACH(function, network, parameters, units, widest, n_groups)
#define SMALL_RUN(function, task, v, n_groups)                                                     \
    run_loop(task, v, n_groups, function##_direct_##n_groups, function##_sum_##n_groups,           \
             SMALL_EACH_LOOP(function, n_groups))

/* Defines a kernel for a network, from the number of its parameters, of its units with the inputs,
 * and of the units in its widest layer. */
#define SMALL_KERNEL(function, network, parameters, units, widest)                                 \
    SMALL_LOOPS(function, network, parameters, units, widest, 1)                                   \
    SMALL_SCORE(function##_score, network, parameters, units)                                      \
    LANES_TARGET static void function##_train(const struct kernel_task *task)                      \
    {                                                                                              \
        SMALL_RUN(function, task, 0, 1);                                                           \
    }

/* The same for a network of which two vectors are trained together (see core.h). */
#define PAIR_KERNEL(function, network, parameters, units, widest)                                  \
    SMALL_LOOPS(function, network, parameters, units, widest, 2)                                   \
    SMALL_LOOPS(function, network, parameters, units, widest, 1)                                   \
    SMALL_SCORE(function##_score, network, parameters, units)                                      \
    LANES_TARGET static void function##_train(const struct kernel_task *task)                      \
    {                                                                                              \
        int v = SMALL_RUN(function, task, 0, 2);                                                   \
        SMALL_RUN(function, task, v, 1);                                                           \
    }

/* And for so small a network that it may be four. */
#define TINY_KERNEL(function, network, parameters, units, widest)                                  \
    SMALL_LOOP(function##_direct_4, network, parameters, units, widest, 4, WAY_DIRECT)             \
    SMALL_LOOPS(function, network, parameters, units, widest, 2)                                   \
    SMALL_LOOPS(function, network, parameters, units, widest, 1)                                   \
    SMALL_SCORE(function##_score, network, parameters, units)                                      \
    LANES_TARGET static void function##_train(const struct kernel_task *task)                      \
    {                                                                                              \
        int v = 0;                                                                                 \
        if (way_of(task) == WAY_DIRECT) {                                                          \
            v = run_loop(task, v, 4, function##_direct_4, NULL, NULL);                             \
        }                                                                                          \
        v = SMALL_RUN(function, task, v, 2);                                                       \
        SMALL_RUN(function, task, v, 1);                                                           \
    }

/* 2-H-1 has 4 H + 1 parameters and H + 3 units, 2-H-H-1 has H (H + 5) + 1 and 2 H + 3. */
#if LANES == 1
SMALL_KERNEL(relu_2_2_1, RELU_2_2_1, 9, 5, 2)
#else
TINY_KERNEL(relu_2_2_1, RELU_2_2_1, 9, 5, 2)
SMALL_KERNEL(tanh_2_2_1, TANH_2_2_1, 9, 5, 2)
#endif
#if LANES == 2
SMALL_KERNEL(relu_2_8_8_1, RELU_2_8_8_1, 105, 19, 8)
#elif LANES == 4
PAIR_KERNEL(relu_2_8_8_1, RELU_2_8_8_1, 105, 19, 8)
#endif
#if LANES > 1 && !defined(LANES_FUSED)
SMALL_KERNEL(leaky_relu_2_2_1, LEAKY_RELU_2_2_1, 9, 5, 2)
SMALL_KERNEL(sigmoid_2_2_1, SIGMOID_2_2_1, 9, 5, 2)
SMALL_KERNEL(relu_2_3_1, RELU_2_3_1, 13, 6, 3)
SMALL_KERNEL(relu_2_4_1, RELU_2_4_1, 17, 7, 4)
SMALL_KERNEL(relu_2_8_1, RELU_2_8_1, 33, 11, 8)
SMALL_KERNEL(tanh_2_8_1, TANH_2_8_1, 33, 11, 8)
#endif

/* The rows of a table of kernels. Fused ones are rarely asked for: those for the usual sizes do.
 * One lane by itself pays only where there is little beside the chain of operations. And of 2-8-8-1
 * two vectors of four runs are quicker than one of eight, where they wait for stores. */
#define SMALL_ROW(processor, name, network, function)                                              \
    {                                                                                              \
        name, KERNEL_ARITHMETIC, processor, LANES, &network, function##_train, function##_score,   \
            0, SMALL_STEPS                                                                         \
    }
#if LANES == 2 || LANES == 4
#define SMALL_ROWS_2_8_8_1(processor)                                                              \
    , SMALL_ROW(processor, "2-8-8-1 relu", RELU_2_8_8_1, relu_2_8_8_1)
#else
#define SMALL_ROWS_2_8_8_1(processor)
#endif
#if LANES == 1
#define SMALL_SIZE_KERNELS(processor)                                                              \
    SMALL_ROW(processor, "2-2-1 relu", RELU_2_2_1, relu_2_2_1)
#elif defined(LANES_FUSED)
#define SMALL_SIZE_KERNELS(processor)                                                              \
    SMALL_ROW(processor, "2-2-1 relu", RELU_2_2_1, relu_2_2_1),                                    \
        SMALL_ROW(processor, "2-2-1 tanh", TANH_2_2_1, tanh_2_2_1)                                 \
    SMALL_ROWS_2_8_8_1(processor)
#else
#define SMALL_SIZE_KERNELS(processor)                                                              \
    SMALL_ROW(processor, "2-2-1 relu", RELU_2_2_1, relu_2_2_1),                                    \
        SMALL_ROW(processor, "2-2-1 leaky_relu", LEAKY_RELU_2_2_1, leaky_relu_2_2_1),              \
        SMALL_ROW(processor, "2-2-1 tanh", TANH_2_2_1, tanh_2_2_1),                                \
        SMALL_ROW(processor, "2-2-1 sigmoid", SIGMOID_2_2_1, sigmoid_2_2_1),                       \
        SMALL_ROW(processor, "2-3-1 relu", RELU_2_3_1, relu_2_3_1),                                \
        SMALL_ROW(processor, "2-4-1 relu", RELU_2_4_1, relu_2_4_1),                                \
        SMALL_ROW(processor, "2-8-1 relu", RELU_2_8_1, relu_2_8_1),                                \
        SMALL_ROW(processor, "2-8-1 tanh", TANH_2_8_1, tanh_2_8_1)                                 \
    SMALL_ROWS_2_8_8_1(processor)
#endif

#endif
