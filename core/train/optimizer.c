/* The optimizers' names, settings and memory. */
#include "core/train/optimizer.h"

#include <string.h>

#define USES(setting) (1u << SETTING_##setting)
#define ALWAYS (USES(WEIGHT_DECAY) | USES(L1) | USES(CLIP_VALUE) | USES(CLIP_NORM))

static const struct {
    const char *name;
    unsigned uses;
    int n_slots, has_powers;
} OPTIMIZERS[OPTIMIZER_COUNT] = {
    [OPTIMIZER_SGD] = {"sgd", ALWAYS, 0, 0},
    [OPTIMIZER_MOMENTUM] = {"momentum", ALWAYS | USES(MOMENTUM), 1, 0},
    [OPTIMIZER_NESTEROV] = {"nesterov", ALWAYS | USES(MOMENTUM), 1, 0},
    [OPTIMIZER_ADAGRAD] = {"adagrad", ALWAYS | USES(EPSILON), 1, 0},
    [OPTIMIZER_RMSPROP] = {"rmsprop", ALWAYS | USES(ALPHA) | USES(EPSILON), 1, 0},
    [OPTIMIZER_ADAM] = {"adam", ALWAYS | USES(BETA1) | USES(BETA2) | USES(EPSILON), 2, 1},
    [OPTIMIZER_ADAMW] = {"adamw", ALWAYS | USES(BETA1) | USES(BETA2) | USES(EPSILON), 2, 1},
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

int optimizer_uses(enum optimizer optimizer, enum optimizer_setting setting)
{
    return (OPTIMIZERS[optimizer].uses >> setting & 1u) != 0;
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
