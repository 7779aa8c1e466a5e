/* The losses' names and what they ask of a network. */
#include "core/model/loss.h"

#include <string.h>

static const char *const NAMES[LOSS_COUNT] = {
    [LOSS_MSE] = "mse",
    [LOSS_MAE] = "mae",
    [LOSS_HUBER] = "huber",
    [LOSS_BINARY_CROSS_ENTROPY] = "binary_cross_entropy",
    [LOSS_CATEGORICAL_CROSS_ENTROPY] = "categorical_cross_entropy",
};

const char *loss_name(enum loss loss)
{
    return NAMES[loss];
}

int loss_find(const char *name)
{
    for (int i = 0; i < LOSS_COUNT; i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return i;
        }
    }
    return -1;
}

int loss_is_mean(enum loss loss)
{
    return loss != LOSS_CATEGORICAL_CROSS_ENTROPY;
}

enum activation loss_activation(enum loss loss)
{
    switch (loss) {
    case LOSS_BINARY_CROSS_ENTROPY:
        return ACTIVATION_SIGMOID;
    case LOSS_CATEGORICAL_CROSS_ENTROPY:
        return ACTIVATION_SOFTMAX;
    case LOSS_MSE:
    case LOSS_MAE:
    case LOSS_HUBER:
    case LOSS_COUNT:
        break;
    }
    return ACTIVATION_COUNT;
}
