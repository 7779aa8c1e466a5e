/* The optimizers' names, settings and memory. */
#include "core/train/optimizer.h"

#include <string.h>

static const struct {
    const char *name;
    int n_slots, has_powers;
} OPTIMIZERS[OPTIMIZER_COUNT] = {
    [OPTIMIZER_SGD] = {"sgd", 0, 0},           [OPTIMIZER_MOMENTUM] = {"momentum", 1, 0},
    [OPTIMIZER_NESTEROV] = {"nesterov", 1, 0}, [OPTIMIZER_ADAGRAD] = {"adagrad", 1, 0},
    [OPTIMIZER_RMSPROP] = {"rmsprop", 1, 0},   [OPTIMIZER_ADAM] = {"adam", 2, 1},
    [OPTIMIZER_ADAMW] = {"adamw", 2, 1},
};

static const char *const SETTINGS[SETTING_COUNT] = {
    [SETTING_MOMENTUM] = "momentum",         [SETTING_ALPHA] = "alpha",
    [SETTING_BETA1] = "beta1",               [SETTING_BETA2] = "beta2",
    [SETTING_EPSILON] = "epsilon",           [SETTING_WEIGHT_DECAY] = "weight_decay",
    [SETTING_L1] = "l1",                     [SETTING_CLIP_VALUE] = "clip_value",
    [SETTING_CLIP_NORM] = "clip_norm",
};

const char *optimizer_name(enum optimizer optimizer)
{
    return OPTIMIZERS[optimizer].name;
}

int optimizer_find(const char *name)
{
    for (int i = 0; i < OPTIMIZER_COUNT; i++) {
        if (strcmp(name, OPTIMIZERS[i].name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *optimizer_setting_name(enum optimizer_setting setting)
{
    return SETTINGS[setting];
}

int optimizer_slots(enum optimizer optimizer)
{
    return OPTIMIZERS[optimizer].n_slots;
}

int optimizer_has_powers(enum optimizer optimizer)
{
    return OPTIMIZERS[optimizer].has_powers;
}

size_t optimizer_memory(enum optimizer optimizer, size_t n_parameters)
{
    return (size_t)optimizer_slots(optimizer) * n_parameters +
           (optimizer_has_powers(optimizer) ? OPTIMIZER_POWERS : 0);
}
