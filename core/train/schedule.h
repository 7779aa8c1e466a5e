/* Learning-rate schedules: the rate of each epoch, a function of the epoch alone, or of what came
 * of those before it. */
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
    SCHEDULE_REDUCE_ON_PLATEAU, /* see struct plateau, ReduceLROnPlateau */
    SCHEDULE_COUNT
};

struct schedule {
    enum schedule_kind kind;
    int64_t every;         /* step: >= 1 */
    double factor;         /* step, exponential: > 0; plateau: > 0, < 1 */
    double final;          /* cosine: >= 0; range test: > 0 */
    int64_t warmup_epochs; /* >= 0: before all that, with lr * (e + 1) / (warmup_epochs + 1) */
    int64_t patience;      /* plateau: >= 0 */
    double threshold;      /* plateau: 0 <= threshold < 1 */
    double min_learning_rate; /* plateau: >= 0 */
};

/* What reduce_on_plateau remembers of the monitored series (training.h). An epoch whose value is
 * below best * (1 - threshold) makes that the best one; after more than `patience` epochs in a row
 * that did not, the rate becomes the larger of rate * factor and min_learning_rate, unless that
 * takes away no more than 1e-8, and they are counted anew. (ReduceLROnPlateau's mode "min",
 * threshold_mode "rel", cooldown 0 and eps 1e-8; in a warm-up nothing is looked at.) */
struct plateau {
    double best; /* +inf before the first epoch */
    int64_t waited;
    double rate; /* of the next epoch, from the learning rate on */
};

/* "constant", "step", "exponential", "cosine", "range_test", "reduce_on_plateau"; and back, or
 * -1. */
const char *schedule_name(enum schedule_kind kind);
int schedule_find(const char *name);

/* Whether every epoch has the same rate. */
int schedule_is_constant(const struct schedule *schedule);

/* The rate of an epoch, counted from 0, of a training of n_epochs; of reduce_on_plateau
 * `learning_rate` is what the plateau says. The same bits on every machine. */
double schedule_rate(const struct schedule *schedule, double learning_rate, int64_t epoch,
                     int64_t n_epochs);

/* Whether it needs a look after every epoch. */
int schedule_is_watchful(const struct schedule *schedule);

/* Before the first epoch; and takes the value of an epoch, counted from 0, which may be no finite
 * number. */
struct plateau schedule_start(double learning_rate);
void schedule_look(const struct schedule *schedule, struct plateau *plateau, int64_t epoch,
                   double value);

#endif
