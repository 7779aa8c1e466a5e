/* The words of a training spec. */
#include "core/train/training.h"

#include <string.h>

static const char *const ARITHMETICS[ARITHMETIC_COUNT] = {
    [ARITHMETIC_EXACT] = "exact",
    [ARITHMETIC_FAST] = "fast",
};
static const char *const LOSSES[LOSS_COUNT] = {[LOSS_MSE] = "mse"};
static const char *const GRADIENTS[GRADIENT_COUNT] = {
    [GRADIENT_FULL] = "full",
    [GRADIENT_HALF] = "half",
};
static const char *const OPTIMIZERS[OPTIMIZER_COUNT] = {[OPTIMIZER_SGD] = "sgd"};
static const char *const REDUCTIONS[REDUCTION_COUNT] = {
    [REDUCTION_MEAN] = "mean",
    [REDUCTION_SUM] = "sum",
};
static const char *const ORDERS[ORDER_COUNT] = {
    [ORDER_FIXED] = "fixed",
    [ORDER_SHUFFLE] = "shuffle",
};

static int find(const char *const *names, int n_names, const char *name)
{
    for (int i = 0; i < n_names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

const char *training_arithmetic_name(enum arithmetic arithmetic)
{
    return ARITHMETICS[arithmetic];
}

int training_arithmetic_find(const char *name)
{
    return find(ARITHMETICS, ARITHMETIC_COUNT, name);
}

const char *training_loss_name(enum loss loss)
{
    return LOSSES[loss];
}

int training_loss_find(const char *name)
{
    return find(LOSSES, LOSS_COUNT, name);
}

const char *training_gradient_name(enum gradient gradient)
{
    return GRADIENTS[gradient];
}

int training_gradient_find(const char *name)
{
    return find(GRADIENTS, GRADIENT_COUNT, name);
}

const char *training_optimizer_name(enum optimizer optimizer)
{
    return OPTIMIZERS[optimizer];
}

int training_optimizer_find(const char *name)
{
    return find(OPTIMIZERS, OPTIMIZER_COUNT, name);
}

const char *training_reduction_name(enum reduction reduction)
{
    return REDUCTIONS[reduction];
}

int training_reduction_find(const char *name)
{
    return find(REDUCTIONS, REDUCTION_COUNT, name);
}

const char *training_order_name(enum order order)
{
    return ORDERS[order];
}

int training_order_find(const char *name)
{
    return find(ORDERS, ORDER_COUNT, name);
}
