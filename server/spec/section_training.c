/* /training. */
#include "server/spec/sections.h"

static const char *word(const json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

void section_training(const json_t *training, struct training *out)
{
    const json_t *optimizer = json_object_get(training, "optimizer");

    *out = (struct training){
        .arithmetic = (enum arithmetic)training_arithmetic_find(word(training, "arithmetic")),
        .loss = (enum loss)training_loss_find(word(training, "loss")),
        .gradient = (enum gradient)training_gradient_find(word(training, "gradient")),
        .optimizer = (enum optimizer)training_optimizer_find(word(optimizer, "name")),
        .learning_rate = json_number_value(json_object_get(optimizer, "learning_rate")),
        .batch_size = (size_t)json_integer_value(json_object_get(training, "batch_size")),
        .reduction = (enum reduction)training_reduction_find(word(training, "reduction")),
        .order = (enum order)training_order_find(word(training, "order")),
        .order_seed = (uint32_t)json_integer_value(json_object_get(training, "seed")),
        .epochs = json_integer_value(json_object_get(training, "epochs"))};
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
}
