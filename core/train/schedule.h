/* Learning-rate schedules: the rate of each epoch, a function of the epoch alone. */
#ifndef CORE_TRAIN_SCHEDULE_H
#define CORE_TRAIN_SCHEDULE_H

#include <stdint.h>

/* Rate of epoch e of n, both after the warm-up and e counted from 0, where lr is the learning rate.
 * Formulas as in torch.optim.lr_scheduler, stepped once an epoch. */
enum schedule_kind {
    SCHEDULE_CONSTANT,
    SCHEDULE_STEP,        /* lr * factor^floor(e / every), StepLR */
    SCHEDULE_EXPONENTIAL, /* lr * factor^e, ExponentialLR */
    SCHEDULE_COSINE,      /* final + (lr - final) (1 + cos(pi e / n)) / 2, CosineAnnealingLR */
    SCHEDULE_RANGE_TEST,  /* lr * (final / lr)^(e / (n - 1)): from lr to final by equal ratios */
    SCHEDULE_COUNT
};

struct schedule {
    enum schedule_kind kind;
    int64_t every;         /* step: >= 1 */
    double factor;         /* step, exponential: > 0 */
    double final;          /* cosine: >= 0; range test: > 0 */
    int64_t warmup_epochs; /* >= 0: before all that, with lr * (e + 1) / (warmup_epochs + 1) */
};

/* "constant", "step", "exponential", "cosine", "range_test"; and back, or -1. */
const char *schedule_name(enum schedule_kind kind);
int schedule_find(const char *name);

/* Whether every epoch has the same rate. */
int schedule_is_constant(const struct schedule *schedule);

/* The rate of an epoch, counted from 0, of a training of n_epochs. The same bits on every
 * machine. */
double schedule_rate(const struct schedule *schedule, double learning_rate, int64_t epoch,
                     int64_t n_epochs);

#endif
