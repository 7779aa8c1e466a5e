/* The memory of kernels that train whole batches: divided, filled, read back. */
#include "core/train/batch/batch_space.h"

#include <string.h>

enum { LINE = 8 }; /* doubles in a cache line */

/* Takes n doubles of the memory, in whole cache lines; NULL while counting. */
static double *take(double *memory, size_t *used, size_t n)
{
    double *taken = memory ? memory + *used : NULL;
    *used += (n + LINE - 1) / LINE * LINE;
    return taken;
}

/* n values and the 1, in whole vectors. */
static size_t padded(int n, int lanes)
{
    return ((size_t)n / (size_t)lanes + 1) * (size_t)lanes;
}

size_t batch_space_init(struct batch_space *space, const struct network *network, int lanes,
                        int n_flat, double *memory)
{
    size_t used = 0, widest = 0, longest = 0;
    size_t n_parameters = network_n_parameters(network);
    int n_inputs = network->n_inputs;
    space->n_layers = network->n_layers;
    double *inputs = take(memory, &used, padded(n_inputs, lanes) * BATCH_TILE);
    for (int l = 0; l < network->n_layers; l++) {
        struct batch_layer *layer = &space->layers[l];
        size_t n_units = (size_t)network->layers[l].units;
        size_t row = padded(n_inputs, lanes);
        widest = n_units > widest ? n_units : widest;
        longest = row > longest ? row : longest;
        layer->n_inputs = n_inputs;
        layer->n_units = network->layers[l].units;
        layer->activation = network->layers[l].activation;
        layer->row = row;
        layer->parameters = take(memory, &used, n_units * row);
        layer->gradients = take(memory, &used, n_units * row);
        layer->rows = take(memory, &used, BATCH_TILE * row);
        layer->inputs = inputs;
        layer->outputs = inputs = take(memory, &used, padded(layer->n_units, lanes) * BATCH_TILE);
        layer->sums = take(memory, &used, n_units * BATCH_TILE);
        n_inputs = layer->n_units;
        for (size_t s = 0; memory && s < BATCH_TILE; s++) {
            memset(layer->rows + s * row, 0, row * sizeof(double));
            layer->rows[s * row + (size_t)layer->n_inputs] = 1.0;
        }
    }
    space->near = take(memory, &used, BATCH_UNITS * longest);
    space->targets = take(memory, &used, (size_t)n_inputs * BATCH_TILE);
    space->deltas = take(memory, &used, widest * BATCH_TILE);
    space->deltas_below = take(memory, &used, widest * BATCH_TILE);
    space->losses = take(memory, &used, BATCH_TILE);
    space->hits = take(memory, &used, BATCH_TILE);
    for (int i = 0; i < BATCH_FLAT_MAX; i++) {
        space->flat[i] = i < n_flat ? take(memory, &used, n_parameters) : NULL;
    }
    return used;
}

/* One layer from the flat block to padded rows, all their padding `rest`. */
static void pad(double *rows, const struct batch_layer *layer, const double *flat, double rest)
{
    size_t n_inputs = (size_t)layer->n_inputs, n_units = (size_t)layer->n_units;
    for (size_t unit = 0; unit < n_units; unit++) {
        double *row = rows + unit * layer->row;
        memcpy(row, flat + unit * n_inputs, n_inputs * sizeof *row);
        row[n_inputs] = flat[n_units * n_inputs + unit];
        for (size_t i = n_inputs + 1; i < layer->row; i++) {
            row[i] = rest;
        }
    }
}

static void strip(const double *rows, const struct batch_layer *layer, double *flat)
{
    size_t n_inputs = (size_t)layer->n_inputs, n_units = (size_t)layer->n_units;
    for (size_t unit = 0; unit < n_units; unit++) {
        const double *row = rows + unit * layer->row;
        memcpy(flat + unit * n_inputs, row, n_inputs * sizeof *row);
        flat[n_units * n_inputs + unit] = row[n_inputs];
    }
}

static size_t flat_length(const struct batch_layer *layer)
{
    return (size_t)layer->n_units * ((size_t)layer->n_inputs + 1);
}

void batch_space_set_parameters(struct batch_space *space, const double *parameters)
{
    for (int l = 0; l < space->n_layers; l++) {
        pad(space->layers[l].parameters, &space->layers[l], parameters, 0.0);
        parameters += flat_length(&space->layers[l]);
    }
}

void batch_space_get_parameters(const struct batch_space *space, double *parameters)
{
    for (int l = 0; l < space->n_layers; l++) {
        strip(space->layers[l].parameters, &space->layers[l], parameters);
        parameters += flat_length(&space->layers[l]);
    }
}

void batch_space_set_gradients(struct batch_space *space, const double *gradients)
{
    for (int l = 0; l < space->n_layers; l++) {
        struct batch_layer *layer = &space->layers[l];
        pad(layer->gradients, layer, gradients, -0.0);
        gradients += flat_length(layer);
    }
}

void batch_space_get_gradients(const struct batch_space *space, double *gradients)
{
    for (int l = 0; l < space->n_layers; l++) {
        strip(space->layers[l].gradients, &space->layers[l], gradients);
        gradients += flat_length(&space->layers[l]);
    }
}
