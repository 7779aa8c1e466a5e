/* The optimizers: how a batch's gradient changes the parameters. What they compute stands in
 * optimizer_lanes.h.
 *
 * Formulas, names and defaults are those of PyTorch 1.13's torch.optim. g is the gradient of the
 * batch's loss by a parameter p, changed as follows in this order; t counts the updates from 1:
 *
 *   l1            g += l1 * sign(p), on weights and biases alike, as if l1 * sum |p| were part of
 *                 the loss (which is printed without it)
 *   clip_value    g is kept between -clip_value and clip_value
 *   clip_norm     if the norm of all g is larger, all are scaled by clip_norm / (norm + 1e-6)
 *   weight_decay  g += weight_decay * p; adamw: p -= learning_rate * weight_decay * p instead
 *
 *   sgd       p -= learning_rate * g
 *   momentum  v = momentum * v + g;  p -= learning_rate * v
 *   nesterov  v = momentum * v + g;  p -= learning_rate * (g + momentum * v)
 *   adagrad   s += g^2;  p -= learning_rate * g / (sqrt(s) + epsilon)
 *   rmsprop   s = alpha * s + (1 - alpha) * g^2;  p -= learning_rate * g / (sqrt(s) + epsilon)
 *   adam      m = beta1 * m + (1 - beta1) * g;  s = beta2 * s + (1 - beta2) * g^2
 *   adamw     p -= learning_rate / (1 - beta1^t) * m / (sqrt(s) / sqrt(1 - beta2^t) + epsilon)
 *
 * A plain sgd (no penalty, no clipping) multiplies the learning rate into the error first, as a
 * notebook does: see core/train/block/block.h. */
#ifndef CORE_TRAIN_OPTIMIZER_H
#define CORE_TRAIN_OPTIMIZER_H

#include <stddef.h>

enum optimizer {
    OPTIMIZER_SGD,
    OPTIMIZER_MOMENTUM,
    OPTIMIZER_NESTEROV,
    OPTIMIZER_ADAGRAD,
    OPTIMIZER_RMSPROP,
    OPTIMIZER_ADAM,
    OPTIMIZER_ADAMW,
    OPTIMIZER_COUNT
};

/* The numbers of an optimizer but for its learning rate. One that it has no use for is 0. */
enum optimizer_setting {
    SETTING_MOMENTUM,     /* 0 <= momentum < 1 */
    SETTING_ALPHA,        /* 0 <= alpha < 1 */
    SETTING_BETA1,        /* 0 <= beta < 1 */
    SETTING_BETA2,
    SETTING_EPSILON,      /* > 0 */
    SETTING_WEIGHT_DECAY, /* >= 0, 0: none */
    SETTING_L1,           /* >= 0, 0: none */
    SETTING_CLIP_VALUE,   /* > 0, 0: none */
    SETTING_CLIP_NORM,    /* > 0, 0: none */
    SETTING_COUNT
};

enum { OPTIMIZER_SLOTS_MAX = 2, OPTIMIZER_POWERS = 2 };

/* "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"; and back, or -1. */
const char *optimizer_name(enum optimizer optimizer);
int optimizer_find(const char *name);

/* "momentum", "alpha", "beta1", ..., as the spec writes them. */
const char *optimizer_setting_name(enum optimizer_setting setting);

/* What it remembers from one update to the next: numbers for each parameter (v, s, or m and s), and
 * whether beta1^t and beta2^t; and how many doubles that is, these two last. */
int optimizer_slots(enum optimizer optimizer);
int optimizer_has_powers(enum optimizer optimizer);
size_t optimizer_memory(enum optimizer optimizer, size_t n_parameters);

#endif
