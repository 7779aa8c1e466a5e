/* A worked step: computing it. step_tell.c tells it, step_checks.c has its checks. */
#include "core/explain/step/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/step/naming.h"

#define LANES 1
#include "core/base/math/lanes.h"
#include "core/model/loss_lanes.h"

const double *step_features(const struct walk *walk, size_t position)
{
    return walk->dataset->features + walk->rows[position] * walk->dataset->n_features;
}

const double *step_targets(const struct walk *walk, size_t position)
{
    return walk->dataset->targets + walk->rows[position] * walk->dataset->n_targets;
}

/* --- what the optimizer makes of the gradient: optimizer.h, of one run, in plain doubles ----- */

static void penalize(struct step *step)
{
    const struct training *training = step->walk->training;
    double l1 = training->settings[SETTING_L1], decay = training->settings[SETTING_WEIGHT_DECAY];
    double value = training->settings[SETTING_CLIP_VALUE];
    double norm = training->settings[SETTING_CLIP_NORM], square = 0.0;
    const double *old = step->walk->before;
    size_t n = step->walk->n_parameters;
    for (size_t p = 0; p < n; p++) {
        double g = step->gradient[p] + (old[p] > 0 ? l1 : old[p] < 0 ? -l1 : 0.0);
        g = value > 0 && g > value ? value : value > 0 && g < -value ? -value : g;
        step->effective[p] = g;
        square += g * g;
    }
    double factor = norm / (sqrt(square) + 1e-6);
    int is_own = training->optimizer == OPTIMIZER_ADAMW;
    for (size_t p = 0; p < n; p++) {
        step->effective[p] *= norm > 0 && factor < 1 ? factor : 1.0;
        step->effective[p] += is_own ? 0.0 : decay * old[p];
        step->kept[p] = is_own && decay > 0 ? old[p] * (1.0 - step->walk->pace[PACE_RATE] * decay)
                                            : old[p];
    }
}

/* What is added to parameter p; memory holds what the optimizer remembers now, of the descent. */
static double movement(const struct step *step, size_t p)
{
    const struct walk *walk = step->walk;
    const double *settings = walk->training->settings, *memory = walk->memory;
    size_t n = walk->n_parameters;
    double rate = walk->pace[PACE_RATE], epsilon = settings[SETTING_EPSILON];
    double descent = -step->effective[p];
    switch (walk->training->optimizer) {
    case OPTIMIZER_MOMENTUM:
        return rate * memory[p];
    case OPTIMIZER_NESTEROV:
        return rate * (descent + settings[SETTING_MOMENTUM] * memory[p]);
    case OPTIMIZER_ADAGRAD:
    case OPTIMIZER_RMSPROP:
        return rate * descent / (sqrt(memory[p]) + epsilon);
    case OPTIMIZER_ADAM:
    case OPTIMIZER_ADAMW:
        return rate / (1.0 - memory[2 * n]) *
               (memory[p] / (sqrt(memory[n + p]) / sqrt(1.0 - memory[2 * n + 1]) + epsilon));
    case OPTIMIZER_SGD:
    case OPTIMIZER_COUNT:
        break;
    }
    return rate * descent;
}

/* --- the batch ------------------------------------------------------------------------------- */

/* Adds up the batch's gradient as training does, each sample's times `scale`. */
static void add_batch(struct step *step, struct derivative *it, double scale, double *sums)
{
    const struct walk *walk = step->walk;
    memset(sums, 0, walk->n_parameters * sizeof *sums);
    for (size_t i = walk->position - walk->n_batch; i < walk->position; i++) {
        const double *targets = step_targets(walk, i);
        derivative_forward(it, walk->before, step_features(walk, i), targets);
        derivative_backward(it, walk->before, targets, scale, sums);
    }
}

/* The factors that are 0 in every sample of the batch. */
static void find_zeros(struct step *step, struct derivative *it)
{
    const struct walk *walk = step->walk;
    memset(step->zeros, 0xff, walk->n_parameters);
    for (size_t i = walk->position - walk->n_batch; i < walk->position; i++) {
        const double *targets = step_targets(walk, i);
        derivative_forward(it, walk->before, step_features(walk, i), targets);
        derivative_backward(it, walk->before, targets, it->scale, NULL);
        for (size_t p = 0; p < walk->n_parameters; p++) {
            if (step->gradient[p] == 0) {
                step->zeros[p] &= (unsigned char)step_zeros(it, walk->before, p);
            }
        }
    }
    for (size_t p = 0; p < walk->n_parameters; p++) {
        if (step->gradient[p] != 0) {
            step->zeros[p] = 0;
        } else if (step->zeros[p] == 0) {
            step->zeros[p] = STEP_ZERO_CANCELLED;
        }
    }
}

static void work_out(struct step *step)
{
    const struct walk *walk = step->walk;
    struct derivative *it = &step->before;
    size_t n = walk->n_parameters, first = walk->position - walk->n_batch;
    size_t last_batch = walk->dataset->n_samples - walk->dataset->n_samples %
                                                       walk->training->batch_size;
    add_batch(step, it, walk_scale(walk, it->scale), step->gradient);
    find_zeros(step, it);
    penalize(step);
    if (training_is_plain(walk->training)) {
        add_batch(step, it, walk->pace[first >= last_batch ? PACE_LAST : PACE_WHOLE], step->moved);
        for (size_t p = 0; p < n; p++) {
            step->moved[p] = -step->moved[p];
        }
    } else {
        for (size_t p = 0; p < n; p++) {
            step->moved[p] = movement(step, p);
        }
    }
    step->objective = step_objective(step, it, walk->before, NULL);
    step->objective_after = step_objective(step, it, walk->parameters, NULL);
    step->loss = derivative_forward(it, walk->before, step->features, step->targets);
    derivative_backward(it, walk->before, step->targets, it->scale, NULL);
    step->loss_after =
        derivative_forward(&step->after, walk->parameters, step->features, step->targets);
}

int step_init(struct step *step, struct walk *walk, size_t position, struct error *error)
{
    const struct training *training = walk->training;
    size_t n = walk->n_parameters;
    *step = (struct step){.walk = walk, .position = position,
                          .row = dataset_row(walk->dataset, walk->rows[position])};
    if (n > STEP_PARAMETERS_MAX) {
        return error_set(error, ERROR_TOO_LARGE,
                         "the network has %zu parameters; a step is worked out of at most %d", n,
                         STEP_PARAMETERS_MAX);
    }
    if (n * training->batch_size > STEP_WORK_MAX) {
        return error_set(error, ERROR_TOO_LARGE,
                         "a batch of %zu samples and %zu parameters; a step is worked out of at "
                         "most %d of their product",
                         training->batch_size, n, STEP_WORK_MAX);
    }
    step->gradient = memory_array(n, sizeof(double), error);
    step->effective = memory_array(n, sizeof(double), error);
    step->kept = memory_array(n, sizeof(double), error);
    step->moved = memory_array(n, sizeof(double), error);
    step->zeros = memory_array(n, 1, error);
    if (!step->gradient || !step->effective || !step->kept || !step->moved || !step->zeros ||
        derivative_init(&step->before, walk->network, training->loss, training->gradient, error) ||
        derivative_init(&step->after, walk->network, training->loss, training->gradient, error)) {
        step_clear(step);
        return -1;
    }
    walk_to(walk, position);
    walk_batch(walk);
    step->features = step_features(walk, position);
    step->targets = step_targets(walk, position);
    work_out(step);
    return 0;
}

void step_clear(struct step *step)
{
    derivative_clear(&step->before);
    derivative_clear(&step->after);
    free(step->gradient);
    free(step->effective);
    free(step->kept);
    free(step->moved);
    free(step->zeros);
    *step = (struct step){0};
}

/* --- J elsewhere, with the side of every kink ------------------------------------------------ */

static int has_kink(enum activation activation)
{
    return activation == ACTIVATION_RELU || activation == ACTIVATION_LEAKY_RELU ||
           activation == ACTIVATION_ELU;
}

static void note_side(uint64_t *pattern, int side)
{
    *pattern = (*pattern ^ (uint64_t)(side + 1)) * 1099511628211u; /* FNV-1a */
}

static void note_sides(const struct derivative *it, const double *targets, uint64_t *pattern)
{
    const double *sums = it->sums + it->network->n_inputs;
    for (int l = 0; l < it->network->n_layers; l++) {
        for (int j = 0; j < it->network->layers[l].units; j++, sums++) {
            if (has_kink(it->network->layers[l].activation)) {
                note_side(pattern, *sums > 0);
            }
        }
    }
    const double *outputs = derivative_outputs(it);
    for (int j = 0; j < network_n_outputs(it->network); j++) {
        double e = targets[j] - outputs[j];
        if (it->loss == LOSS_MAE) {
            note_side(pattern, (e > 0) - (e < 0));
        } else if (it->loss == LOSS_HUBER) {
            note_side(pattern, (e >= 1) - (e <= -1));
        }
    }
}

double step_objective(const struct step *step, struct derivative *it, const double *parameters,
                      uint64_t *pattern)
{
    const struct walk *walk = step->walk;
    double sum = 0.0, factor = walk_scale(walk, it->factor);
    uint64_t sides = 14695981039346656037u;
    for (size_t i = walk->position - walk->n_batch; i < walk->position; i++) {
        const double *targets = step_targets(walk, i);
        sum += factor * derivative_forward(it, parameters, step_features(walk, i), targets);
        note_sides(it, targets, &sides);
    }
    if (pattern) {
        *pattern = sides;
    }
    return sum;
}

/* --- zero factors ---------------------------------------------------------------------------- */

/* Index of a layer's first unit. */
static size_t first_unit(const struct network *network, int layer)
{
    size_t n = (size_t)network->n_inputs;
    for (int l = 0; l < layer; l++) {
        n += (size_t)network->layers[l].units;
    }
    return n;
}

/* Why a unit's delta is 0. */
static unsigned zeros_of_delta(const struct derivative *it, const double *parameters, int layer,
                               int unit)
{
    const struct network *network = it->network;
    enum activation activation = network->layers[layer].activation;
    size_t at = first_unit(network, layer) + (size_t)unit;
    unsigned zeros = activation != ACTIVATION_SOFTMAX &&
                             activation_slope(activation, it->units[at], it->sums[at], 1.0) == 0
                         ? STEP_ZERO_SLOPE
                         : 0;
    if (layer == network->n_layers - 1) {
        return loss_is_by_sum(it->loss) || !zeros ? STEP_ZERO_ERROR : zeros;
    }
    int all_weights = 1, all_deltas = 1;
    for (int k = 0; k < network->layers[layer + 1].units; k++) {
        all_weights &= parameters[network_weight(network, layer + 1, k, unit)] == 0;
        all_deltas &= it->deltas[first_unit(network, layer + 1) + (size_t)k] == 0;
    }
    int is_below_output = layer + 2 == network->n_layers;
    zeros |= all_weights ? STEP_ZERO_OUTGOING : 0;
    zeros |= !all_deltas ? 0 : is_below_output ? STEP_ZERO_ERROR : STEP_ZERO_ABOVE;
    return zeros ? zeros : STEP_ZERO_CANCELLED;
}

unsigned step_zeros(const struct derivative *it, const double *parameters, size_t parameter)
{
    const struct network *network = it->network;
    struct naming_place place = naming_place(network, parameter);
    size_t at = first_unit(network, place.layer) + (size_t)place.unit;
    unsigned zeros = 0;
    if (it->deltas[at] == 0) {
        zeros |= zeros_of_delta(it, parameters, place.layer, place.unit);
    }
    if (place.input >= 0) {
        size_t input = at - (size_t)place.unit - (size_t)network_layer_inputs(network, place.layer);
        double value = it->units[input + (size_t)place.input];
        zeros |= value != 0 ? 0 : place.layer == 0 ? STEP_ZERO_INPUT : STEP_ZERO_HIDDEN;
    }
    return zeros;
}
