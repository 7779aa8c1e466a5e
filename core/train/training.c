/* The words of a training spec. */
#include "core/train/training.h"

#include <string.h>

static const char *const ARITHMETICS[ARITHMETIC_COUNT] = {
    [ARITHMETIC_EXACT] = "exact",
    [ARITHMETIC_FAST] = "fast",
};
static const char *const GRADIENTS[GRADIENT_COUNT] = {
    [GRADIENT_FULL] = "full",
    [GRADIENT_HALF] = "half",
};
static const char *const REDUCTIONS[REDUCTION_COUNT] = {
    [REDUCTION_MEAN] = "mean",
    [REDUCTION_SUM] = "sum",
};
static const char *const ORDERS[ORDER_COUNT] = {
    [ORDER_FIXED] = "fixed",
    [ORDER_SHUFFLE] = "shuffle",
    [ORDER_WITH_REPLACEMENT] = "with_replacement",
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

int training_has_penalty(const struct training *training)
{
    return training->settings[SETTING_WEIGHT_DECAY] > 0 || training->settings[SETTING_L1] > 0;
}

int training_has_clip(const struct training *training)
{
    return training->settings[SETTING_CLIP_VALUE] > 0 || training->settings[SETTING_CLIP_NORM] > 0;
}

int training_is_plain(const struct training *training)
{
    return training->optimizer == OPTIMIZER_SGD && !training_has_penalty(training) &&
           !training_has_clip(training);
}

int training_series(const struct training *training, int has_validation,
                    enum series out_series[SERIES_COUNT])
{
    int is_classes = training->loss == LOSS_BINARY_CROSS_ENTROPY ||
                     training->loss == LOSS_CATEGORICAL_CROSS_ENTROPY;
    unsigned wanted = training->record | 1u << SERIES_LOSS | 1u << training->monitor;
    int n = 0;
    for (int i = 0; i < SERIES_COUNT; i++) {
        enum series series = (enum series)i;
        int is_told = series_is_of_validation(series) ? has_validation : (int)(wanted >> i & 1);
        if (is_told && (is_classes || !series_is_accuracy(series))) {
            out_series[n++] = series;
        }
    }
    return n;
}

int training_is_watchful(const struct training *training)
{
    return stop_is_watchful(&training->stop) || schedule_is_watchful(&training->schedule);
}

struct training_watch training_watch(const struct training *training)
{
    return (struct training_watch){.stop = stop_watch_start(),
                          .plateau = schedule_start(training->learning_rate)};
}

enum stopped training_look(const struct training *training, struct training_watch *watch,
                           int64_t epoch, double value)
{
    schedule_look(&training->schedule, &watch->plateau, epoch, value);
    return stop_look(&training->stop, &watch->stop, value);
}

int training_in_lockstep(const struct training *a, const struct training *b)
{
    return a->arithmetic == b->arithmetic && a->loss == b->loss && a->gradient == b->gradient &&
           a->optimizer == b->optimizer && training_has_penalty(a) == training_has_penalty(b) &&
           training_has_clip(a) == training_has_clip(b) && a->batch_size == b->batch_size &&
           a->reduction == b->reduction && a->order == b->order &&
           a->order_seed == b->order_seed && a->epochs == b->epochs && a->record == b->record &&
           a->monitor == b->monitor;
}

const char *training_arithmetic_name(enum arithmetic arithmetic)
{
    return ARITHMETICS[arithmetic];
}

int training_arithmetic_find(const char *name)
{
    return find(ARITHMETICS, ARITHMETIC_COUNT, name);
}

const char *training_gradient_name(enum gradient gradient)
{
    return GRADIENTS[gradient];
}

int training_gradient_find(const char *name)
{
    return find(GRADIENTS, GRADIENT_COUNT, name);
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
