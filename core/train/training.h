/* How a run is trained: loss, optimizer, batches, order, length. */
#ifndef CORE_TRAIN_TRAINING_H
#define CORE_TRAIN_TRAINING_H

#include <stddef.h>
#include <stdint.h>

#include "core/model/loss.h"
#include "core/train/optimizer.h"
#include "core/train/schedule.h"
#include "core/train/series.h"
#include "core/train/stop.h"

/* What is differentiated for the mean squared error: the printed e^2 (FULL, factor 2) or half of it
 * (HALF, factor 1). */
enum gradient { GRADIENT_FULL, GRADIENT_HALF, GRADIENT_COUNT };

/* A batch's gradient: mean or sum over its samples. A last, smaller batch is averaged over its own
 * size. */
enum reduction { REDUCTION_MEAN, REDUCTION_SUM, REDUCTION_COUNT };

enum order {
    ORDER_FIXED,   /* as in the data set, every epoch */
    ORDER_SHUFFLE, /* epoch e uses the e-th np.random.permutation(n) after np.random.seed(seed) */
    ORDER_WITH_REPLACEMENT, /* epoch e uses the e-th np.random.randint(0, n, size=n) after it */
    ORDER_COUNT
};

/* How a product that is added to a sum is rounded. The order of the operations is the same. */
enum arithmetic {
    ARITHMETIC_EXACT, /* by itself, and then the sum: as plain Python floats */
    ARITHMETIC_FAST,  /* not at all, the sum alone: fused, quicker, other bits */
    ARITHMETIC_COUNT
};

struct training {
    enum arithmetic arithmetic;
    enum loss loss;
    enum gradient gradient;
    enum optimizer optimizer;
    double learning_rate;           /* > 0, finite */
    double settings[SETTING_COUNT]; /* see optimizer.h */
    struct schedule schedule;
    size_t batch_size;    /* 1..n_samples */
    enum reduction reduction;
    enum order order;
    uint32_t order_seed; /* unless the order is fixed */
    int64_t epochs;      /* >= 1 */
    unsigned record;     /* series besides those every run has: a bit 1 << SERIES_... for each */
    enum series monitor; /* a loss: what `stop` and a reduce_on_plateau look at */
    struct stop stop;
};

/* Whether its updates have a penalty on the weights; a limit on the gradient; neither, and just the
 * learning rate times the gradient. */
int training_has_penalty(const struct training *training);
int training_has_clip(const struct training *training);
int training_is_plain(const struct training *training);

/* The series a run has, ascending: the printed loss; end_loss and accuracy if they are to be
 * recorded, and the one that is monitored; those of the validation part if there is one; accuracies
 * only with a cross-entropy. Returns how many. */
int training_series(const struct training *training, int has_validation,
                    enum series out_series[SERIES_COUNT]);

/* What a run remembers of the monitored series. */
struct training_watch {
    struct stop_watch stop;
    struct plateau plateau;
};

/* Whether it does anything: then every epoch must be looked at. */
int training_is_watchful(const struct training *training);

/* Before the first epoch; and takes the value of an epoch, counted from 0. */
struct training_watch training_watch(const struct training *training);
enum stopped training_look(const struct training *training, struct training_watch *watch,
                           int64_t epoch, double value);

/* Whether two runs can be trained in lockstep: only the learning rate, the optimizer's settings,
 * the schedule and the stop may differ, and whether there is a penalty or a limit may not. */
int training_in_lockstep(const struct training *a, const struct training *b);

/* Names as the spec writes them, and back (-1 if unknown). */
const char *training_arithmetic_name(enum arithmetic arithmetic); /* "exact", "fast" */
int training_arithmetic_find(const char *name);
const char *training_gradient_name(enum gradient gradient); /* "full", "half" */
int training_gradient_find(const char *name);
const char *training_reduction_name(enum reduction reduction); /* "mean", "sum" */
int training_reduction_find(const char *name);
const char *training_order_name(enum order order); /* "fixed", "shuffle", "with_replacement" */
int training_order_find(const char *name);

#endif
