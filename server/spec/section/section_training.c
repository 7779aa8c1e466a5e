/* /training. */
#include "server/spec/section/sections.h"

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

void section_training(const json_t *training, struct training *out)
{
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
        .epochs = json_integer_value(json_object_get(training, "epochs"))};
    if (out->loss == LOSS_MSE)
        out->gradient = (enum gradient)training_gradient_find(word(training, "gradient"));
    for (int i = 0; i < SETTING_COUNT; i++)
        out->settings[i] = json_number_value(
            json_object_get(optimizer, optimizer_setting_name((enum optimizer_setting)i)));
}

void section_check_training(const json_t *training, const struct shape *shape,
                            struct faults *faults)
{
    struct training built;

    section_training(training, &built);
    if (shape->n_train != 0 && built.batch_size > shape->n_train)
        faults_add(faults, "/training/batch_size",
                   "got %zu, expected 1 to %zu, the number of samples%s", built.batch_size,
                   shape->n_train, shape->n_train < shape->n_samples ? " to train on" : "");
    if (built.schedule.warmup_epochs >= built.epochs)
        faults_add(faults, "/training/schedule/warmup_epochs",
                   "got %lld, expected less than epochs, %lld",
                   (long long)built.schedule.warmup_epochs, (long long)built.epochs);
    if (built.schedule.kind == SCHEDULE_RANGE_TEST && built.schedule.final == 0)
        faults_add(faults, "/training/schedule/final",
                   "got 0, expected more than 0: a range test grows by equal ratios");
    if (built.schedule.kind == SCHEDULE_REDUCE_ON_PLATEAU && built.schedule.factor >= 1)
        faults_add(faults, "/training/schedule/factor",
                   "got %g, expected less than 1: reduce_on_plateau makes the rate smaller",
                   built.schedule.factor);
}
