/* A network's outputs for one sample, over a vector of lanes: the one forward pass there is.
 *
 * A template; include core/base/math/lanes.h before it. Training and prediction both use it, so a
 * prediction has the bits that training saw.
 *
 * DESIGN. `units` holds the inputs and then every layer's outputs, one after the other, so that a
 * layer reads its inputs just before the place it writes to. A unit's sum is taken by ascending
 * input, starting with the first product, and then the bias. Four neighbouring units are summed
 * side by side: they share the loads of the inputs and hide each other's additions. */
#ifndef CORE_MODEL_FORWARD_LANES_H
#define CORE_MODEL_FORWARD_LANES_H

#include "core/model/activation_lanes.h"
#include "core/model/network.h"

/* Units computed side by side. */
enum { FORWARD_ROWS = 4 };

/* Weighted sums of `n_rows` units (a constant, at most FORWARD_ROWS): weights [n_rows][n_inputs],
 * biases [n_rows]. */
LANES_FN void forward_rows(const int n_rows, const lanes *weights, const lanes *biases,
                           const int n_inputs, const lanes *inputs, lanes *sums)
{
    lanes z[FORWARD_ROWS];
    LANES_UNROLL
    for (int row = 0; row < n_rows; row++) {
        z[row] = weights[row * n_inputs] * inputs[0];
    }
    LANES_UNROLL_SIZES
    for (int i = 1; i < n_inputs; i++) {
        LANES_UNROLL
        for (int row = 0; row < n_rows; row++) {
            z[row] = lanes_multiply_add(weights[row * n_inputs + i], inputs[i], z[row]);
        }
    }
    LANES_UNROLL
    for (int row = 0; row < n_rows; row++) {
        sums[row] = z[row] + biases[row];
    }
}

/* The weighted sums of n_units units become their outputs; sums: see forward. */
LANES_FN void forward_activate(const struct layer *layer, lanes *outputs, lanes *sums)
{
    if (layer->activation == ACTIVATION_SOFTMAX) {
        activation_softmax(layer->units, 1, outputs, sums);
        return;
    }
    LANES_UNROLL_SIZES
    for (int unit = 0; unit < layer->units; unit++) {
        if (sums) {
            sums[unit] = outputs[unit];
        }
        outputs[unit] = activation_value(layer->activation, outputs[unit]);
    }
}

/* One layer: parameters are its weights [n_units][n_inputs] and biases [n_units]. */
LANES_FN void forward_layer(const struct layer *layer, const lanes *parameters, const int n_inputs,
                            const lanes *inputs, lanes *outputs, lanes *sums)
{
    const int n_units = layer->units;
    const lanes *biases = parameters + n_units * n_inputs;
    int unit = 0;
    LANES_UNROLL_SIZES
    for (; unit + FORWARD_ROWS <= n_units; unit += FORWARD_ROWS) {
        forward_rows(FORWARD_ROWS, parameters + unit * n_inputs, biases + unit, n_inputs, inputs,
                     outputs + unit);
    }
    LANES_UNROLL_SIZES
    for (; unit < n_units; unit++) {
        forward_rows(1, parameters + unit * n_inputs, biases + unit, n_inputs, inputs,
                     outputs + unit);
    }
    forward_activate(layer, outputs, sums);
}

/* units: [n_inputs + units of all layers], the inputs already in place. Returns the outputs, which
 * are its last entries. sums: NULL, or as large as units, and gets for each unit its weighted sum
 * (of softmax, the output's logarithm); its first n_inputs entries stay as they are. */
LANES_FN const lanes *forward(const struct network *network, const lanes *parameters, lanes *units,
                              lanes *sums)
{
    int n_inputs = network->n_inputs;
    LANES_UNROLL_SIZES
    for (int l = 0; l < network->n_layers; l++) {
        const struct layer *layer = &network->layers[l];
        forward_layer(layer, parameters, n_inputs, units, units + n_inputs,
                      sums ? sums + n_inputs : NULL);
        parameters += layer->units * (n_inputs + 1);
        units += n_inputs;
        sums = sums ? sums + n_inputs : NULL;
        n_inputs = layer->units;
    }
    return units;
}

#endif
