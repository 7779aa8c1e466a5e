/* /training. */
#include "server/spec/section/sections.h"

#include <stdio.h>

#include "core/base/number.h"

/* Of the ends of a range test: their ratio and its powers are numbers, with room for roundings. */
#define RATIO_MIN 1e-300
#define RATIO_MAX 1e300

static const char *word(const json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

static struct schedule schedule_of(const json_t *json)
{
    if (json == NULL)
        return (struct schedule){.kind = SCHEDULE_CONSTANT};
    return (struct schedule){
        .kind = (enum schedule_kind)schedule_find(word(json, "kind")),
        .every = json_integer_value(json_object_get(json, "every")),
        .factor = json_number_value(json_object_get(json, "factor")),
        .final = json_number_value(json_object_get(json, "final")),
        .warmup_epochs = json_integer_value(json_object_get(json, "warmup_epochs")),
        .patience = json_integer_value(json_object_get(json, "patience")),
        .threshold = json_number_value(json_object_get(json, "threshold")),
        .min_learning_rate = json_number_value(json_object_get(json, "min_learning_rate"))};
}

static unsigned record_of(const json_t *json)
{
    unsigned record = 0;
    size_t i;
    json_t *name;

    json_array_foreach(json, i, name)
        record |= 1u << series_find(json_string_value(name));
    return record;
}

/* The validation loss where there is one, else the printed one, unless the spec says. */
static enum series monitor_of(const json_t *stop, const struct shape *shape)
{
    const char *name = word(stop, "monitor");
    if (name != NULL)
        return (enum series)series_find(name);
    return shape->n_validation > 0 ? SERIES_VALIDATION_LOSS : SERIES_LOSS;
}

static struct stop stop_of(const json_t *json)
{
    const json_t *target = json_object_get(json, "target");
    return (struct stop){
        .has_target = target != NULL,
        .target = json_number_value(target),
        .patience = json_integer_value(json_object_get(json, "patience")),
        .min_delta = json_number_value(json_object_get(json, "min_delta")),
        .seconds = json_number_value(json_object_get(json, "seconds"))};
}

void section_training(const json_t *training, const struct shape *shape, struct training *out)
{
    const json_t *stop = json_object_get(training, "stop");
    const json_t *optimizer = json_object_get(training, "optimizer");

    *out = (struct training){
        .arithmetic = (enum arithmetic)training_arithmetic_find(word(training, "arithmetic")),
        .loss = (enum loss)loss_find(word(training, "loss")),
        .optimizer = (enum optimizer)optimizer_find(word(optimizer, "name")),
        .learning_rate = json_number_value(json_object_get(optimizer, "learning_rate")),
        .batch_size = (size_t)json_integer_value(json_object_get(training, "batch_size")),
        .reduction = (enum reduction)training_reduction_find(word(training, "reduction")),
        .order = (enum order)training_order_find(word(training, "order")),
        .order_seed = (uint32_t)json_integer_value(json_object_get(training, "seed")),
        .schedule = schedule_of(json_object_get(training, "schedule")),
        .epochs = json_integer_value(json_object_get(training, "epochs")),
        .record = record_of(json_object_get(training, "record")),
        .monitor = monitor_of(stop, shape),
        .stop = stop_of(stop)};
    if (out->loss == LOSS_MSE)
        out->gradient = (enum gradient)training_gradient_find(word(training, "gradient"));
    for (int i = 0; i < SETTING_COUNT; i++)
        out->settings[i] = json_number_value(
            json_object_get(optimizer, optimizer_setting_name((enum optimizer_setting)i)));
}

/* What is recorded and monitored must be there. */
static void check_series(const json_t *training, const struct training *built,
                         const struct shape *shape, struct faults *faults)
{
    const json_t *record = json_object_get(training, "record");
    int is_classes = built->loss == LOSS_BINARY_CROSS_ENTROPY ||
                     built->loss == LOSS_CATEGORICAL_CROSS_ENTROPY;
    size_t i;
    json_t *name;

    json_array_foreach(record, i, name) {
        char pointer[FAULT_POINTER_BYTES];
        int series = series_find(json_string_value(name)), n_before = 0;
        snprintf(pointer, sizeof pointer, "/training/record/%zu", i);
        for (size_t k = 0; k < i; k++)
            n_before += json_equal(json_array_get(record, k), name);
        if (n_before > 0)
            faults_add(faults, pointer, "got \"%s\" again, expected each one once",
                       json_string_value(name));
        else if (series_is_accuracy((enum series)series) && !is_classes)
            faults_add(faults, pointer,
                       "got \"%s\" with %s: an accuracy is of classes, which are for "
                       "binary_cross_entropy and categorical_cross_entropy",
                       json_string_value(name), loss_name(built->loss));
    }
    if (series_is_of_validation(built->monitor) && shape->n_train > 0 && shape->n_validation == 0)
        faults_add(faults, "/training/stop/monitor",
                   "validation_loss cannot be monitored: there is no validation part; add "
                   "/dataset/split");
    if (json_object_get(json_object_get(training, "stop"), "min_delta") != NULL &&
        built->stop.patience == 0)
        faults_add(faults, "/training/stop/min_delta",
                   "says what improves for patience, but there is none; add "
                   "/training/stop/patience");
}

/* A range test multiplies the rate by powers of a ratio, which must be a number, and not 0. */
static void check_range_test(const struct training *training, struct faults *faults)
{
    char final[NUMBER_TEXT_BYTES], rate[NUMBER_TEXT_BYTES];
    double ratio = training->schedule.final / training->learning_rate;

    if (training->schedule.final == 0) {
        faults_add(faults, "/training/schedule/final",
                   "got 0, expected more than 0: a range test grows by equal ratios");
    } else if (!(ratio >= RATIO_MIN && ratio <= RATIO_MAX)) {
        number_print(final, training->schedule.final);
        number_print(rate, training->learning_rate);
        faults_add(faults, "/training/schedule/final",
                   "got %s, expected 1e-300 to 1e300 times the learning rate, which is %s", final,
                   rate);
    }
}

void section_check_training(const json_t *training, const struct shape *shape,
                            struct faults *faults)
{
    struct training built;

    section_training(training, shape, &built);
    check_series(training, &built, shape, faults);
    if (shape->n_train != 0 && built.batch_size > shape->n_train)
        faults_add(faults, "/training/batch_size",
                   "got %zu, expected 1 to %zu, the number of samples%s", built.batch_size,
                   shape->n_train, shape->n_train < shape->n_samples ? " to train on" : "");
    if (built.schedule.warmup_epochs >= built.epochs)
        faults_add(faults, "/training/schedule/warmup_epochs",
                   "got %lld, expected less than epochs, %lld",
                   (long long)built.schedule.warmup_epochs, (long long)built.epochs);
    if (built.schedule.kind == SCHEDULE_RANGE_TEST)
        check_range_test(&built, faults);
    if (built.schedule.kind == SCHEDULE_REDUCE_ON_PLATEAU && built.schedule.factor >= 1)
        faults_add(faults, "/training/schedule/factor",
                   "got %g, expected less than 1: reduce_on_plateau makes the rate smaller",
                   built.schedule.factor);
}
