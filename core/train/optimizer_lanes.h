/* One update of the parameters, over a vector of lanes: the formulas of optimizer.h.
 *
 * A template; include core/base/math/lanes.h before it. A new optimizer is a value of enum
 * optimizer, a row in optimizer.c and a case in optimizer_step; every kernel uses these.
 *
 * DESIGN. What training sums over a batch is the descent, d = -g: its sign is turned where the
 * error is taken, target minus output, so that plain SGD is an addition. The formulas are odd in g
 * or hold its square, so they are used with d and p += ...; no bit differs. */
#ifndef CORE_TRAIN_OPTIMIZER_LANES_H
#define CORE_TRAIN_OPTIMIZER_LANES_H

#include <math.h>

#include "core/base/math/lanes.h"
#include "core/train/optimizer.h"

/* What an update works on: of one vector of runs, n is the number of parameters; or of one run,
 * whose neighbouring parameters the lanes hold (and nothing of use beyond the last): n vectors. */
struct update {
    enum optimizer optimizer;
    int n;
    size_t n_of_one_run; /* its parameters; 0: the lanes hold runs */
    lanes *parameters;                 /* [n] */
    lanes *descent;                    /* [n] */
    lanes *slots[OPTIMIZER_SLOTS_MAX]; /* [n] each, as many as optimizer_slots says */
    lanes *powers[OPTIMIZER_POWERS];   /* beta1^t and beta2^t after the last update */
    const double *settings;            /* this vector's lanes of [SETTING_COUNT][stride] */
    int stride;
    lanes learning_rate;
    int has_penalty, has_clip; /* whether any of the two settings of each is not 0 in a run */
};

LANES_FN lanes update_setting(const struct update *update, enum optimizer_setting setting)
{
    lanes value;
    memcpy(&value, update->settings + (size_t)setting * (size_t)update->stride, sizeof value);
    return value;
}

/* d - l1 * sign(p) */
LANES_FN void update_penalize_l1(const struct update *update)
{
    lanes l1 = update_setting(update, SETTING_L1), zero = lanes_set(0.0);
    for (int i = 0; i < update->n; i++) {
        lanes p = update->parameters[i];
        lanes slope = lanes_choose_positive(p, l1, lanes_choose_positive(-p, -l1, zero));
        update->descent[i] -= slope;
    }
}

LANES_FN void update_clip_values(const struct update *update)
{
    lanes limit = update_setting(update, SETTING_CLIP_VALUE);
    limit = lanes_choose_positive(limit, limit, lanes_set(INFINITY)); /* 0: none */
    for (int i = 0; i < update->n; i++) {
        lanes d = update->descent[i];
        d = lanes_choose_positive(d - limit, limit, d);
        update->descent[i] = lanes_choose_positive(-limit - d, -limit, d);
    }
}

/* The sum of the squares of the descent, by ascending parameter. */
LANES_FN lanes update_square(const struct update *update)
{
    lanes sum = lanes_set(0.0);
    if (update->n_of_one_run > 0) {
        double of_run = 0.0, d;
        for (size_t p = 0; p < update->n_of_one_run; p++) {
            memcpy(&d, (const double *)update->descent + p, sizeof d);
            of_run += d * d;
        }
        return lanes_set(of_run);
    }
    for (int i = 0; i < update->n; i++) {
        sum += update->descent[i] * update->descent[i];
    }
    return sum;
}

LANES_FN void update_clip_norm(const struct update *update)
{
    lanes limit = update_setting(update, SETTING_CLIP_NORM), one = lanes_set(1.0);
    lanes factor = limit / (lanes_sqrt(update_square(update)) + lanes_set(1e-6));
    factor = lanes_choose_positive(factor - one, one, factor);
    factor = lanes_choose_positive(limit, factor, one);
    for (int i = 0; i < update->n; i++) {
        update->descent[i] *= factor;
    }
}

/* The weight decay: adamw's shrinks the parameters themselves. */
LANES_FN void update_decay(const struct update *update)
{
    lanes decay = update_setting(update, SETTING_WEIGHT_DECAY);
    int is_own = update->optimizer == OPTIMIZER_ADAMW;
    lanes keep = lanes_set(1.0) - update->learning_rate * decay;
    for (int i = 0; i < update->n; i++) {
        if (is_own) {
            update->parameters[i] *= keep;
        } else {
            update->descent[i] -= decay * update->parameters[i];
        }
    }
}

LANES_FN void update_momentum(const struct update *update, int is_nesterov)
{
    lanes momentum = update_setting(update, SETTING_MOMENTUM);
    for (int i = 0; i < update->n; i++) {
        lanes d = update->descent[i];
        lanes v = momentum * update->slots[0][i] + d;
        update->slots[0][i] = v;
        update->parameters[i] += update->learning_rate * (is_nesterov ? d + momentum * v : v);
    }
}

LANES_FN void update_adagrad(const struct update *update)
{
    lanes epsilon = update_setting(update, SETTING_EPSILON);
    for (int i = 0; i < update->n; i++) {
        lanes d = update->descent[i];
        lanes s = update->slots[0][i] + d * d;
        update->slots[0][i] = s;
        update->parameters[i] += update->learning_rate * d / (lanes_sqrt(s) + epsilon);
    }
}

LANES_FN void update_rmsprop(const struct update *update)
{
    lanes epsilon = update_setting(update, SETTING_EPSILON);
    lanes alpha = update_setting(update, SETTING_ALPHA), rest = lanes_set(1.0) - alpha;
    for (int i = 0; i < update->n; i++) {
        lanes d = update->descent[i];
        lanes s = alpha * update->slots[0][i] + rest * (d * d);
        update->slots[0][i] = s;
        update->parameters[i] += update->learning_rate * d / (lanes_sqrt(s) + epsilon);
    }
}

LANES_FN void update_adam(const struct update *update)
{
    lanes one = lanes_set(1.0), epsilon = update_setting(update, SETTING_EPSILON);
    lanes beta1 = update_setting(update, SETTING_BETA1), rest1 = one - beta1;
    lanes beta2 = update_setting(update, SETTING_BETA2), rest2 = one - beta2;
    *update->powers[0] *= beta1;
    *update->powers[1] *= beta2;
    lanes step = update->learning_rate / (one - *update->powers[0]);
    lanes root = lanes_sqrt(one - *update->powers[1]);
    for (int i = 0; i < update->n; i++) {
        lanes d = update->descent[i];
        lanes m = beta1 * update->slots[0][i] + rest1 * d;
        lanes s = beta2 * update->slots[1][i] + rest2 * (d * d);
        update->slots[0][i] = m;
        update->slots[1][i] = s;
        update->parameters[i] += step * (m / (lanes_sqrt(s) / root + epsilon));
    }
}

LANES_FN void update_sgd(const struct update *update)
{
    for (int i = 0; i < update->n; i++) {
        update->parameters[i] += update->learning_rate * update->descent[i];
    }
}

/* Updates the parameters and what is remembered; the descent is used up. */
LANES_FN void optimizer_step(const struct update *update)
{
    if (update->has_penalty) {
        update_penalize_l1(update);
    }
    if (update->has_clip) {
        update_clip_values(update);
        update_clip_norm(update);
    }
    if (update->has_penalty) {
        update_decay(update);
    }
    switch (update->optimizer) {
    case OPTIMIZER_SGD:
    case OPTIMIZER_COUNT:
        update_sgd(update);
        break;
    case OPTIMIZER_MOMENTUM:
        update_momentum(update, 0);
        break;
    case OPTIMIZER_NESTEROV:
        update_momentum(update, 1);
        break;
    case OPTIMIZER_ADAGRAD:
        update_adagrad(update);
        break;
    case OPTIMIZER_RMSPROP:
        update_rmsprop(update);
        break;
    case OPTIMIZER_ADAM:
    case OPTIMIZER_ADAMW:
        update_adam(update);
        break;
    }
}

#endif
