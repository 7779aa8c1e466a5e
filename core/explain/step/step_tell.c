/* A worked step, told: forward, loss, backward, after. step_update.c has the update. */
#include "core/explain/step/formula.h"
#include "core/explain/step/naming.h"
#include "core/explain/step/step.h"
#include "core/explain/step/step_inside.h"

#define LANES 1
#include "core/base/math/lanes.h"
#include "core/model/loss_lanes.h"

double step_slope(const struct derivative *it, int layer, size_t unit)
{
    return activation_slope(it->network->layers[layer].activation, it->units[unit],
                            it->sums[unit], 1.0);
}

/* --- forward --------------------------------------------------------------------------------- */

static void tell_terms(const struct step *step, int layer, int unit, size_t inputs,
                       struct teller *teller)
{
    const struct network *network = step->walk->network;
    char name[NAMING_BYTES];
    tell_list(teller, "terms");
    for (int i = 0; i < network_layer_inputs(network, layer); i++) {
        size_t p = network_weight(network, layer, unit, i);
        double value = step->walk->before[p], by = step->before.units[inputs + (size_t)i];
        tell_object(teller, NULL);
        naming_parameter(network, p, name);
        tell_text(teller, "param", name);
        tell_number(teller, "value", value);
        naming_unit(network, layer - 1, i, 0, name);
        tell_text(teller, "times", name);
        tell_number(teller, "by", by);
        tell_number(teller, "product", value * by);
        tell_end(teller);
    }
    size_t bias = network_bias(network, layer, unit);
    tell_object(teller, NULL);
    naming_parameter(network, bias, name);
    tell_text(teller, "param", name);
    tell_number(teller, "value", step->walk->before[bias]);
    tell_end(teller);
    tell_end(teller);
}

/* The weighted sum. Of softmax the work place holds logarithms, so it is added up anew. */
double step_sum(const struct step *step, int layer, int unit, size_t inputs)
{
    const struct network *network = step->walk->network;
    const double *weights = step->walk->before + network_weight(network, layer, unit, 0);
    const double *units = step->before.units + inputs;
    double sum = weights[0] * units[0];
    for (int i = 1; i < network_layer_inputs(network, layer); i++) {
        sum += weights[i] * units[i];
    }
    return sum + step->walk->before[network_bias(network, layer, unit)];
}

static void tell_unit(const struct step *step, int layer, int unit, size_t inputs,
                      struct teller *teller)
{
    const struct network *network = step->walk->network;
    enum activation activation = network->layers[layer].activation;
    size_t at = inputs + (size_t)network_layer_inputs(network, layer) + (size_t)unit;
    double sum = step_sum(step, layer, unit, inputs);
    struct tex tex;
    char name[NAMING_BYTES];
    tell_object(teller, NULL);
    naming_unit(network, layer, unit, 1, name);
    tell_text(teller, "id", name);
    formula_sum(network, layer, unit, &tex);
    tell_text(teller, "tex", tex.text);
    tell_terms(step, layer, unit, inputs, teller);
    tell_number(teller, "value", sum);
    tell_end(teller);
    if (activation == ACTIVATION_LINEAR) {
        return;
    }
    tell_object(teller, NULL);
    naming_unit(network, layer, unit, 0, name);
    tell_text(teller, "id", name);
    formula_output(network, layer, unit, &tex);
    tell_text(teller, "tex", tex.text);
    tell_number(teller, "arg", sum);
    if (activation == ACTIVATION_RELU || activation == ACTIVATION_LEAKY_RELU) {
        tell_flag(teller, "active", sum > 0);
    }
    if (activation != ACTIVATION_SOFTMAX) {
        tell_number(teller, "derivative", step_slope(&step->before, layer, at));
    }
    tell_number(teller, "value", step->before.units[at]);
    tell_end(teller);
}

static void tell_forward(const struct step *step, struct teller *teller)
{
    const struct network *network = step->walk->network;
    size_t inputs = 0;
    tell_list(teller, "forward");
    for (int l = 0; l < network->n_layers; l++) {
        for (int j = 0; j < network->layers[l].units; j++) {
            tell_unit(step, l, j, inputs, teller);
        }
        inputs += (size_t)network_layer_inputs(network, l);
    }
    tell_end(teller);
}

/* Output minus target: a number, or of several outputs a list. */
static void tell_errors(const struct step *step, const struct derivative *it, const char *name,
                        struct teller *teller)
{
    const double *outputs = derivative_outputs(it);
    int n = network_n_outputs(it->network);
    if (n == 1) {
        tell_number(teller, name, outputs[0] - step->targets[0]);
        return;
    }
    tell_list(teller, name);
    for (int j = 0; j < n; j++) {
        tell_number(teller, NULL, outputs[j] - step->targets[j]);
    }
    tell_end(teller);
}

static void tell_loss(const struct step *step, struct teller *teller)
{
    struct tex tex;
    formula_loss(step->walk->network, step->before.loss, &tex);
    tell_object(teller, "loss");
    tell_text(teller, "tex", tex.text);
    tell_errors(step, &step->before, "error", teller);
    tell_number(teller, "value", step->loss);
    tell_end(teller);
}

/* --- backward -------------------------------------------------------------------------------- */

static void tell_output_delta(const struct step *step, int unit, size_t at, struct teller *teller)
{
    const struct network *network = step->walk->network;
    struct tex tex;
    char name[NAMING_BYTES];
    int last = network->n_layers - 1;
    tell_object(teller, NULL);
    naming_delta(network, last, unit, name);
    tell_text(teller, "id", name);
    formula_delta(network, step->before.loss, unit, &tex);
    tell_text(teller, "tex", tex.text);
    tell_number(teller, "c", step->before.scale);
    if (!naming_is_linear(network, last) && !loss_is_by_sum(step->before.loss) &&
        network->layers[last].activation != ACTIVATION_SOFTMAX) {
        double descent;
        loss_value(step->before.loss, step->targets[unit], step->before.units[at],
                   step->before.sums[at], &descent);
        const double factors[] = {-(step->before.scale * descent),
                                  step_slope(&step->before, last, at)};
        tell_numbers(teller, "factors", factors, 2);
    }
    tell_number(teller, "value", step->before.deltas[at]);
    tell_end(teller);
}

static void tell_delta_terms(const struct step *step, int layer, int unit, size_t above,
                             struct teller *teller)
{
    const struct network *network = step->walk->network;
    char name[NAMING_BYTES];
    tell_list(teller, "terms");
    for (int k = 0; k < network->layers[layer + 1].units; k++) {
        size_t p = network_weight(network, layer + 1, k, unit);
        double delta = step->before.deltas[above + (size_t)k];
        tell_object(teller, NULL);
        naming_parameter(network, p, name);
        tell_text(teller, "param", name);
        tell_number(teller, "value", step->walk->before[p]);
        naming_delta(network, layer + 1, k, name);
        tell_text(teller, "times", name);
        tell_number(teller, "by", delta);
        tell_number(teller, "product", delta * step->walk->before[p]);
        tell_end(teller);
    }
    tell_end(teller);
}

/* One unit above: its delta, the weight and the slope; of several the terms of their sum first. */
static void tell_hidden_delta(const struct step *step, int layer, int unit, size_t first,
                              struct teller *teller)
{
    const struct network *network = step->walk->network;
    size_t at = first + (size_t)unit, above = first + (size_t)network->layers[layer].units;
    size_t weight = network_weight(network, layer + 1, 0, unit);
    double slope = step_slope(&step->before, layer, at);
    int is_one = network->layers[layer + 1].units == 1;
    struct tex tex;
    char name[NAMING_BYTES];
    tell_object(teller, NULL);
    naming_delta(network, layer, unit, name);
    tell_text(teller, "id", name);
    formula_hidden_delta(network, layer, unit, &tex);
    tell_text(teller, "tex", tex.text);
    if (is_one) {
        const double factors[] = {step->before.deltas[above], step->walk->before[weight], slope};
        tell_numbers(teller, "factors", factors, 3);
    } else {
        const double factors[] = {step->before.pulled[at], slope};
        tell_delta_terms(step, layer, unit, above, teller);
        tell_numbers(teller, "factors", factors, 2);
    }
    tell_number(teller, "value", step->before.deltas[at]);
    naming_parameter(network, weight, name);
    if (is_one) {
        tell_format(teller, "uses", "%s BEFORE the update", name);
    } else {
        tell_format(teller, "uses", "the weights of layer %d BEFORE the update", layer + 2);
    }
    tell_end(teller);
}

static void tell_backward(const struct step *step, struct teller *teller)
{
    const struct network *network = step->walk->network;
    size_t first = step->before.n_units - (size_t)network_n_outputs(network);
    tell_list(teller, "backward");
    for (int j = 0; j < network_n_outputs(network); j++) {
        tell_output_delta(step, j, first + (size_t)j, teller);
    }
    for (int l = network->n_layers - 2; l >= 0; l--) {
        first -= (size_t)network->layers[l].units;
        for (int j = 0; j < network->layers[l].units; j++) {
            tell_hidden_delta(step, l, j, first, teller);
        }
    }
    tell_end(teller);
}

/* --- all ------------------------------------------------------------------------------------ */

static void tell_after(const struct step *step, struct teller *teller)
{
    tell_object(teller, "after");
    if (network_n_outputs(step->walk->network) == 1) {
        tell_number(teller, "f", derivative_outputs(&step->after)[0]);
    } else {
        tell_numbers(teller, "f", derivative_outputs(&step->after),
                     (size_t)network_n_outputs(step->walk->network));
    }
    tell_errors(step, &step->after, "error", teller);
    tell_number(teller, "value", step->loss_after);
    tell_end(teller);
}

int step_tell(const struct step *step, struct teller *teller, struct error *error)
{
    const struct walk *walk = step->walk;
    tell_text(teller, "kind", walk->n_batch > 1 ? "batch_step" : "sample_step");
    tell_integer(teller, "epoch", walk->epoch);
    tell_integer(teller, "sample", (int64_t)step->position);
    tell_integer(teller, "row", (int64_t)step->row);
    tell_integer(teller, "n_samples", (int64_t)walk->dataset->n_samples);
    tell_numbers(teller, "x", step->features, walk->dataset->n_features);
    if (walk->dataset->n_targets == 1) {
        tell_number(teller, "y", step->targets[0]);
    } else {
        tell_numbers(teller, "y", step->targets, walk->dataset->n_targets);
    }
    tell_number(teller, "learning_rate", walk->pace[PACE_RATE]);
    tell_text(teller, "arithmetic", training_arithmetic_name(walk->training->arithmetic));
    tell_forward(step, teller);
    tell_loss(step, teller);
    tell_backward(step, teller);
    if (walk->n_batch > 1 && step_tell_batch(step, teller, error) != 0) {
        return -1;
    }
    step_tell_update(step, teller);
    tell_after(step, teller);
    return step_tell_checks(step, teller, error);
}
