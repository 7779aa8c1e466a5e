/* How a run is trained: loss, optimizer, batches, order, length. */
#ifndef CORE_TRAIN_TRAINING_H
#define CORE_TRAIN_TRAINING_H

#include <stddef.h>
#include <stdint.h>

/* Loss of a sample: mean over outputs of (target - prediction)^2. */
enum loss { LOSS_MSE, LOSS_COUNT };

/* What is differentiated: the printed loss e^2 (FULL, factor 2) or half of it (HALF, factor 1). */
enum gradient { GRADIENT_FULL, GRADIENT_HALF, GRADIENT_COUNT };

enum optimizer { OPTIMIZER_SGD, OPTIMIZER_COUNT };

/* A batch's gradient: mean or sum over its samples. A last, smaller batch is averaged over its own
 * size. */
enum reduction { REDUCTION_MEAN, REDUCTION_SUM, REDUCTION_COUNT };

enum order {
    ORDER_FIXED,   /* as in the data set, every epoch */
    ORDER_SHUFFLE, /* epoch e uses the e-th np.random.permutation(n) after np.random.seed(seed) */
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
    double learning_rate; /* > 0, finite */
    size_t batch_size;    /* 1..n_samples */
    enum reduction reduction;
    enum order order;
    uint32_t order_seed; /* shuffle only */
    int64_t epochs;      /* >= 1 */
};

/* Names as the spec writes them, and back (-1 if unknown). */
const char *training_arithmetic_name(enum arithmetic arithmetic); /* "exact", "fast" */
int training_arithmetic_find(const char *name);
const char *training_loss_name(enum loss loss);             /* "mse" */
int training_loss_find(const char *name);
const char *training_gradient_name(enum gradient gradient); /* "full", "half" */
int training_gradient_find(const char *name);
const char *training_optimizer_name(enum optimizer optimizer); /* "sgd" */
int training_optimizer_find(const char *name);
const char *training_reduction_name(enum reduction reduction); /* "mean", "sum" */
int training_reduction_find(const char *name);
const char *training_order_name(enum order order);          /* "fixed", "shuffle" */
int training_order_find(const char *name);

#endif
