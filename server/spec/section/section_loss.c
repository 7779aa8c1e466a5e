/* /training/loss together with the outputs and the targets it compares. */
#include "server/spec/section/sections.h"

#include <math.h>
#include <stdio.h>

#include "core/base/number.h"

/* Targets that are probabilities may be off by as much as a few roundings make. */
#define SUM_TOLERANCE 1e-9

static void fault_at_activation(struct faults *faults, int layer, const char *text)
{
    char pointer[FAULT_POINTER_BYTES];

    snprintf(pointer, sizeof pointer, "/network/layers/%d/activation", layer);
    faults_add(faults, pointer, "%s", text);
}

/* Where softmax may stand. */
static void check_softmax(const struct network *network, struct faults *faults)
{
    int last = network->n_layers - 1;

    for (int l = 0; l < last; l++)
        if (network->layers[l].activation == ACTIVATION_SOFTMAX)
            fault_at_activation(faults, l,
                                "got \"softmax\", expected another one: softmax is for the last "
                                "layer, whose units it makes probabilities that add up to 1");
    if (network->layers[last].activation == ACTIVATION_SOFTMAX && network->layers[last].units == 1)
        fault_at_activation(faults, last,
                            "got \"softmax\" for one unit, whose output would always be 1; for two "
                            "classes use \"sigmoid\" with binary_cross_entropy, or a unit for each "
                            "class");
}

static int check_output(const struct network *network, enum loss loss, struct faults *faults)
{
    char text[200];
    int last = network->n_layers - 1;
    enum activation found = network->layers[last].activation, expected = loss_activation(loss);

    if (expected == ACTIVATION_COUNT || expected == found)
        return 0;
    snprintf(text, sizeof text,
             "got \"%s\", expected \"%s\": %s compares probabilities, and is computed from the "
             "outputs' weighted sums", activation_name(found), activation_name(expected),
             loss_name(loss));
    fault_at_activation(faults, last, text);
    return -1;
}

/* Says which sample has targets that are no probabilities, if one has. */
static void check_targets(const struct dataset *dataset, enum loss loss, struct faults *faults)
{
    char got[NUMBER_TEXT_BYTES];
    size_t n = dataset->n_targets;

    for (size_t i = 0; i < dataset->n_samples; i++) {
        const double *targets = dataset->targets + i * n;
        double sum = 0;
        for (size_t j = 0; j < n; j++) {
            sum += targets[j];
            if (targets[j] >= 0 && targets[j] <= 1)
                continue;
            number_print(got, targets[j]);
            faults_add(faults, "/training/loss",
                       "%s needs targets from 0 to 1, sample %zu (counted from 0) has %s",
                       loss_name(loss), i, got);
            return;
        }
        if (loss == LOSS_CATEGORICAL_CROSS_ENTROPY && fabs(sum - 1) > SUM_TOLERANCE) {
            number_print(got, sum);
            faults_add(faults, "/training/loss",
                       "%s needs targets that add up to 1, as one_hot makes them; those of sample "
                       "%zu (counted from 0) add up to %s", loss_name(loss), i, got);
            return;
        }
    }
}

/* Probabilities have no other unit. */
static int check_units(const json_t *dataset, enum loss loss, struct faults *faults)
{
    if (!section_has_scaled_targets(dataset) || loss_activation(loss) == ACTIVATION_COUNT)
        return 0;
    faults_add(faults, "/dataset/standardize_target",
               "got true, expected false: the targets of %s are probabilities; only those of mse, "
               "mae and huber can be standardised", loss_name(loss));
    return -1;
}

void section_check_loss(const json_t *run, struct library *library, const struct shape *shape,
                        struct faults *faults)
{
    struct network built;
    struct training trained;
    struct spec_data data;

    section_network(json_object_get(run, "network"), shape, &built);
    section_training(json_object_get(run, "training"), shape, &trained);
    check_softmax(&built, faults);
    if (check_output(&built, trained.loss, faults) != 0 ||
        loss_activation(trained.loss) == ACTIVATION_COUNT ||
        check_units(json_object_get(run, "dataset"), trained.loss, faults) != 0 ||
        section_data(json_object_get(run, "dataset"), library, &data, NULL) != 0)
        return; /* what is wrong with the data is said elsewhere */
    check_targets(data.whole, trained.loss, faults);
    spec_data_clear(&data);
}
