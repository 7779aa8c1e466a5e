/* Checks what a block is to be made of. */
#include <math.h>

#include "core/train/block/block_inside.h"

static int check_network(const struct network *network, struct error *error)
{
    if (network->n_inputs < 1 || network->n_inputs > NETWORK_UNITS_MAX) {
        return error_set(error, ERROR_INVALID, "network: got %d inputs, expected 1 to %d",
                         network->n_inputs, NETWORK_UNITS_MAX);
    }
    if (network->n_layers < 1 || network->n_layers > NETWORK_LAYERS_MAX) {
        return error_set(error, ERROR_INVALID, "network: got %d layers, expected 1 to %d",
                         network->n_layers, NETWORK_LAYERS_MAX);
    }
    for (int l = 0; l < network->n_layers; l++) {
        const struct layer *layer = &network->layers[l];
        if (layer->units < 1 || layer->units > NETWORK_UNITS_MAX) {
            return error_set(error, ERROR_INVALID, "layer %d: got %d units, expected 1 to %d", l,
                             layer->units, NETWORK_UNITS_MAX);
        }
        if ((unsigned)layer->activation >= ACTIVATION_COUNT) {
            return error_set(error, ERROR_INVALID, "layer %d: got activation %d, expected 0 to %d",
                             l, (int)layer->activation, ACTIVATION_COUNT - 1);
        }
    }
    if (network_n_parameters(network) > NETWORK_PARAMETERS_MAX) {
        return error_set(error, ERROR_INVALID, "network: got %zu parameters, expected at most %d",
                         network_n_parameters(network), NETWORK_PARAMETERS_MAX);
    }
    return 0;
}

static int check_dataset(const char *what, const struct dataset *dataset,
                         const struct network *network, struct error *error)
{
    if (dataset->n_samples < 1 || dataset->n_samples > UINT32_MAX) {
        return error_set(error, ERROR_INVALID, "%s: got %zu samples, expected 1 to %lld", what,
                         dataset->n_samples, (long long)UINT32_MAX);
    }
    if (dataset->n_features != (size_t)network->n_inputs) {
        return error_set(error, ERROR_INVALID,
                         "%s: got %zu features, expected %d, the network's inputs", what,
                         dataset->n_features, network->n_inputs);
    }
    if (dataset->n_targets != (size_t)network_n_outputs(network)) {
        return error_set(error, ERROR_INVALID,
                         "%s: got %zu targets, expected %d, the network's outputs", what,
                         dataset->n_targets, network_n_outputs(network));
    }
    return 0;
}

/* A loss and the activations it can be had from. */
static int check_loss(const struct network *network, enum loss loss, struct error *error)
{
    enum activation found = network->layers[network->n_layers - 1].activation;
    enum activation expected = loss_activation(loss);
    for (int l = 0; l + 1 < network->n_layers; l++) {
        if (network->layers[l].activation == ACTIVATION_SOFTMAX) {
            return error_set(error, ERROR_INVALID, "layer %d: softmax is for the last layer", l);
        }
    }
    if (expected != ACTIVATION_COUNT && found != expected) {
        return error_set(error, ERROR_INVALID, "%s: the last layer is %s, expected %s",
                         loss_name(loss), activation_name(found), activation_name(expected));
    }
    return 0;
}

static int check_settings(const struct training *training, struct error *error)
{
    const struct schedule *schedule = &training->schedule;
    for (int i = 0; i < SETTING_COUNT; i++) {
        double value = training->settings[i];
        if (!(value >= 0) || !isfinite(value)) {
            return error_set(error, ERROR_INVALID, "%s: got %g, expected a finite number from 0 on",
                             optimizer_setting_name((enum optimizer_setting)i), value);
        }
    }
    if ((unsigned)schedule->kind >= SCHEDULE_COUNT || schedule->warmup_epochs < 0 ||
        (schedule->kind == SCHEDULE_STEP && schedule->every < 1) || !isfinite(schedule->factor) ||
        !isfinite(schedule->final) || schedule->patience < 0 || !(schedule->threshold >= 0) ||
        !(schedule->threshold < 1) || !(schedule->min_learning_rate >= 0)) {
        return error_set(error, ERROR_INVALID, "schedule: one of its numbers is out of range");
    }
    return 0;
}

/* What is recorded, monitored, and stops a run. */
static int check_watch(const struct training *training, int has_validation, struct error *error)
{
    const struct stop *stop = &training->stop;
    if (training->record >= 1u << SERIES_COUNT || (unsigned)training->monitor >= SERIES_COUNT ||
        series_is_accuracy(training->monitor)) {
        return error_set(error, ERROR_INVALID, "training: record or monitor is out of range");
    }
    if (series_is_of_validation(training->monitor) && !has_validation &&
        training_is_watchful(training)) {
        return error_set(error, ERROR_INVALID,
                         "monitor: got %s, but there are no validation samples",
                         series_name(training->monitor));
    }
    if (stop->patience < 0 || !(stop->min_delta >= 0) || !isfinite(stop->min_delta) ||
        (stop->has_target && !isfinite(stop->target))) {
        return error_set(error, ERROR_INVALID, "stop: one of its numbers is out of range");
    }
    return 0;
}

static int check_training(const struct training *training, const struct dataset *dataset,
                          struct error *error)
{
    if (!(training->learning_rate > 0) || !isfinite(training->learning_rate)) {
        return error_set(error, ERROR_INVALID,
                         "learning_rate: got %g, expected a finite number above 0",
                         training->learning_rate);
    }
    if (training->batch_size < 1 || training->batch_size > dataset->n_samples) {
        return error_set(error, ERROR_INVALID, "batch_size: got %zu, expected 1 to %zu",
                         training->batch_size, dataset->n_samples);
    }
    if (training->epochs < 1) {
        return error_set(error, ERROR_INVALID, "epochs: got %lld, expected 1 or more",
                         (long long)training->epochs);
    }
    if ((unsigned)training->arithmetic >= ARITHMETIC_COUNT ||
        (unsigned)training->loss >= LOSS_COUNT || (unsigned)training->gradient >= GRADIENT_COUNT ||
        (unsigned)training->optimizer >= OPTIMIZER_COUNT ||
        (unsigned)training->reduction >= REDUCTION_COUNT ||
        (unsigned)training->order >= ORDER_COUNT) {
        return error_set(error, ERROR_INVALID,
                         "training: arithmetic, loss, gradient, optimizer, reduction or order is "
                         "out of range");
    }
    return check_settings(training, error);
}

static int check_run(const struct block_parts *parts, int run, size_t n_parameters,
                     struct error *error)
{
    const struct block_run *runs = parts->runs;
    if (check_training(runs[run].training, parts->dataset, error) != 0 ||
        check_watch(runs[run].training, parts->validation != NULL, error) != 0) {
        return -1;
    }
    if (!training_in_lockstep(runs[run].training, runs[0].training)) {
        return error_set(error, ERROR_INVALID,
                         "run %d: only the optimizer's numbers, the schedule and the stop may "
                         "differ between the runs of a block", run);
    }
    for (size_t p = 0; p < n_parameters; p++) {
        if (!isfinite(runs[run].parameters[p])) {
            return error_set(error, ERROR_INVALID, "run %d: parameter %zu is not a finite number",
                             run, p);
        }
    }
    return 0;
}

int block_check(const struct block_parts *parts, struct error *error)
{
    const struct network *network = parts->network;
    if (parts->n_runs < 1 || parts->n_runs > BLOCK_RUNS_MAX) {
        return error_set(error, ERROR_INVALID, "block: got %d runs, expected 1 to %d",
                         parts->n_runs, BLOCK_RUNS_MAX);
    }
    if (check_network(network, error) != 0 ||
        check_dataset("data set", parts->dataset, network, error) != 0 ||
        (parts->validation &&
         check_dataset("validation part", parts->validation, network, error) != 0)) {
        return -1;
    }
    enum loss loss = parts->runs[0].training->loss;
    if ((unsigned)loss < LOSS_COUNT && check_loss(network, loss, error) != 0) {
        return -1;
    }
    for (int run = 0; run < parts->n_runs; run++) {
        if (check_run(parts, run, network_n_parameters(network), error) != 0) {
            return -1;
        }
    }
    return 0;
}
