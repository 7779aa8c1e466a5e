/* The schedules' names and rates. */
#include "core/train/schedule.h"

#include <math.h>
#include <string.h>

#include "core/base/math/elementary.h"
#include "core/base/math/turn.h"

static const char *const NAMES[SCHEDULE_COUNT] = {
    [SCHEDULE_CONSTANT] = "constant",       [SCHEDULE_STEP] = "step",
    [SCHEDULE_EXPONENTIAL] = "exponential", [SCHEDULE_COSINE] = "cosine",
    [SCHEDULE_RANGE_TEST] = "range_test",   [SCHEDULE_REDUCE_ON_PLATEAU] = "reduce_on_plateau",
};

/* PyTorch's eps: a smaller change of the rate is none. */
static const double LEAST_REDUCTION = 1e-8;

const char *schedule_name(enum schedule_kind kind)
{
    return NAMES[kind];
}

int schedule_find(const char *name)
{
    for (int i = 0; i < SCHEDULE_COUNT; i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return i;
        }
    }
    return -1;
}

int schedule_is_constant(const struct schedule *schedule)
{
    return schedule->kind == SCHEDULE_CONSTANT && schedule->warmup_epochs == 0;
}

/* x^n for n >= 0 by squaring: multiplications alone, in a fixed order. */
static double power(double x, int64_t n)
{
    double result = 1.0;
    for (; n > 0; n >>= 1, x *= x) {
        if (n & 1) {
            result *= x;
        }
    }
    return result;
}

double schedule_rate(const struct schedule *schedule, double learning_rate, int64_t epoch,
                     int64_t n_epochs)
{
    double from = learning_rate, to = schedule->final;
    if (epoch < schedule->warmup_epochs) {
        return from * (double)(epoch + 1) / (double)(schedule->warmup_epochs + 1);
    }
    epoch -= schedule->warmup_epochs;
    n_epochs -= schedule->warmup_epochs;
    switch (schedule->kind) {
    case SCHEDULE_STEP:
        return from * power(schedule->factor, epoch / schedule->every);
    case SCHEDULE_EXPONENTIAL:
        return from * power(schedule->factor, epoch);
    case SCHEDULE_COSINE:
        return to + (from - to) * (1.0 + turn_cos(0.5 * (double)epoch / (double)n_epochs)) / 2.0;
    case SCHEDULE_RANGE_TEST:
        if (n_epochs > 1) {
            double share = (double)epoch / (double)(n_epochs - 1);
            return from * elementary_exp(share * (elementary_log(to) - elementary_log(from)));
        }
        break;
    case SCHEDULE_CONSTANT:
    case SCHEDULE_REDUCE_ON_PLATEAU:
    case SCHEDULE_COUNT:
        break;
    }
    return from;
}

int schedule_is_watchful(const struct schedule *schedule)
{
    return schedule->kind == SCHEDULE_REDUCE_ON_PLATEAU;
}

struct plateau schedule_start(double learning_rate)
{
    return (struct plateau){.best = INFINITY, .rate = learning_rate};
}

void schedule_look(const struct schedule *schedule, struct plateau *plateau, int64_t epoch,
                   double value)
{
    if (!schedule_is_watchful(schedule) || epoch < schedule->warmup_epochs) {
        return;
    }
    if (value < plateau->best * (1.0 - schedule->threshold)) {
        plateau->best = value;
        plateau->waited = 0;
    } else {
        plateau->waited++;
    }
    if (plateau->waited > schedule->patience) {
        double reduced = plateau->rate * schedule->factor;
        reduced = reduced > schedule->min_learning_rate ? reduced : schedule->min_learning_rate;
        plateau->rate = plateau->rate - reduced > LEAST_REDUCTION ? reduced : plateau->rate;
        plateau->waited = 0;
    }
}
