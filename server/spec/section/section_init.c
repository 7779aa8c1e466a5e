/* /network/init: the start values. */
#include "server/spec/section/sections.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/number.h"
#include "core/model/init.h"
#include "server/spec/place.h"

static const struct place network_place = {NULL, "network", 0};
static const struct place init_place = {&network_place, "init", 0};
static const struct place weights_place = {&init_place, "weights", 0};
static const struct place biases_place = {&init_place, "biases", 0};
static const struct place layers_place = {&init_place, "layers", 0};

/* --- explicit ------------------------------------------------------------------------------ */

/* Whether a list has the right number of items; a fault if not. */
static int check_size(const json_t *list, size_t expected, const struct place *place,
                      const char *what, struct faults *faults)
{
    if (json_array_size(list) == expected)
        return 1;
    place_fault(place, faults, "got a list of %zu, expected %zu, one %s", json_array_size(list),
                expected, what);
    return 0;
}

static void check_weights(const json_t *weights, const struct network *network,
                          struct faults *faults)
{
    if (!check_size(weights, (size_t)network->n_layers, &weights_place, "list for each layer",
                    faults))
        return;
    for (int l = 0; l < network->n_layers; l++) {
        const json_t *layer = json_array_get(weights, (size_t)l);
        size_t n_inputs = (size_t)network_layer_inputs(network, l);
        struct place place = {&weights_place, NULL, (size_t)l};
        if (!check_size(layer, (size_t)network->layers[l].units, &place,
                        "list for each unit of the layer", faults))
            continue;
        for (size_t u = 0; u < json_array_size(layer) && n_inputs > 0; u++) {
            struct place unit = {&place, NULL, u};
            check_size(json_array_get(layer, u), n_inputs, &unit,
                       l == 0 ? "weight for each feature"
                              : "weight for each unit of the layer before",
                       faults);
        }
    }
}

static void check_biases(const json_t *biases, const struct network *network, struct faults *faults)
{
    if (!check_size(biases, (size_t)network->n_layers, &biases_place, "list for each layer",
                    faults))
        return;
    for (int l = 0; l < network->n_layers; l++) {
        struct place place = {&biases_place, NULL, (size_t)l};
        check_size(json_array_get(biases, (size_t)l), (size_t)network->layers[l].units, &place,
                   "bias for each unit of the layer", faults);
    }
}

/* "3-4-1", as much as fits. */
static void print_shape(char out[64], const struct network *network)
{
    size_t n = (size_t)snprintf(out, 64, "%d", network->n_inputs);
    for (int l = 0; l < network->n_layers && n < 64; l++)
        n += (size_t)snprintf(out + n, 64 - n, "-%d", network->layers[l].units);
}

static void check_named(const struct network *network, struct faults *faults)
{
    char shape[64];

    if (network->n_inputs == 0 || network_is_named(network))
        return;
    print_shape(shape, network);
    faults_add(faults, "/network/init/named",
               "these names are for a 2-2-1 network, this one is %s; give weights and biases, "
               "or a scheme that draws them, such as \"uniform\"",
               shape);
}

static void check_explicit(const json_t *init, const struct network *network, struct faults *faults)
{
    const json_t *weights = json_object_get(init, "weights");
    const json_t *biases = json_object_get(init, "biases");
    const json_t *named = json_object_get(init, "named");

    if (named != NULL && (weights != NULL || biases != NULL))
        faults_add(faults, "/network/init/named",
                   "got %s as well, expected either named or weights and biases",
                   weights != NULL ? "weights" : "biases");
    if (weights != NULL)
        check_weights(weights, network, faults);
    if (biases != NULL)
        check_biases(biases, network, faults);
    if (named != NULL)
        check_named(network, faults);
}

/* Fills parameters[] from the lists or the names. */
static void read_explicit(const json_t *init, const struct network *network, double *parameters)
{
    const json_t *weights = json_object_get(init, "weights");
    const json_t *biases = json_object_get(init, "biases");
    const json_t *named = json_object_get(init, "named");

    for (int i = 0; i < NETWORK_NAMES && named != NULL; i++)
        parameters[network_named_offset(network, i)] =
            json_number_value(json_object_get(named, network_name(i)));
    for (int l = 0; l < network->n_layers && named == NULL; l++) {
        const json_t *layer_weights = json_array_get(weights, (size_t)l);
        const json_t *layer_biases = json_array_get(biases, (size_t)l);
        for (int u = 0; u < network->layers[l].units; u++) {
            const json_t *unit = json_array_get(layer_weights, (size_t)u);
            for (int i = 0; i < network_layer_inputs(network, l); i++)
                parameters[network_weight(network, l, u, i)] =
                    json_number_value(json_array_get(unit, (size_t)i));
            parameters[network_bias(network, l, u)] =
                json_number_value(json_array_get(layer_biases, (size_t)u));
        }
    }
}

/* --- all schemes --------------------------------------------------------------------------- */

static double number(const json_t *init, const char *name)
{
    return json_number_value(json_object_get(init, name));
}

static enum init_scheme scheme_of(const json_t *init)
{
    return (enum init_scheme)init_find(json_string_value(json_object_get(init, "scheme")));
}

/* What an object of start values says, but for explicit values and layers. */
static struct init read_init(const json_t *init)
{
    return (struct init){.scheme = scheme_of(init),
                         .seed = (uint32_t)json_integer_value(json_object_get(init, "seed")),
                         .weight = number(init, "weight"),
                         .bias = number(init, "bias"),
                         .low = number(init, "low"),
                         .high = number(init, "high"),
                         .mean = number(init, "mean"),
                         .sd = number(init, "sd"),
                         .gain = number(init, "gain")};
}

static void check_range(const json_t *init, const struct place *place, struct faults *faults)
{
    char low[NUMBER_TEXT_BYTES], high[NUMBER_TEXT_BYTES];
    struct place field = {place, "high", 0};

    if (scheme_of(init) != INIT_UNIFORM || number(init, "high") >= number(init, "low"))
        return;
    number_print(low, number(init, "low"));
    number_print(high, number(init, "high"));
    place_fault(&field, faults, "got %s, expected at least low, which is %s", high, low);
}

/* Whether a layer is small enough to be made orthogonal. */
static void check_orthogonal(const json_t *init, const struct network *network, int layer,
                             const struct place *place, struct faults *faults)
{
    struct place field = {place, "scheme", 0};

    if (scheme_of(init) != INIT_ORTHOGONAL || network->n_inputs == 0 ||
        init_orthogonal_work(network, layer) <= INIT_ORTHOGONAL_WORK_MAX)
        return;
    place_fault(&field, faults,
                "layer %d has %d inputs and %d units, expected at most %d for inputs x units x the "
                "smaller of both, as 256 and 256 have",
                layer + 1, network_layer_inputs(network, layer), network->layers[layer].units,
                INIT_ORTHOGONAL_WORK_MAX);
}

static void check_layers(const json_t *init, const struct network *network, struct faults *faults)
{
    const json_t *layers = json_object_get(init, "layers");

    if (!check_size(layers, (size_t)network->n_layers, &layers_place, "for each layer", faults))
        return;
    for (int l = 0; l < network->n_layers; l++) {
        struct place place = {&layers_place, NULL, (size_t)l};
        const json_t *own = json_array_get(layers, (size_t)l);
        check_range(own, &place, faults);
        check_orthogonal(own, network, l, &place, faults);
    }
}

void section_check_init(const json_t *init, const struct network *network, struct faults *faults)
{
    if (scheme_of(init) == INIT_EXPLICIT)
        check_explicit(init, network, faults);
    if (scheme_of(init) == INIT_LAYERS)
        check_layers(init, network, faults);
    check_range(init, &init_place, faults);
    for (int l = 0; l < network->n_layers; l++)
        check_orthogonal(init, network, l, &init_place, faults);
}

int section_init(const json_t *init, const struct network *network, double *parameters,
                 struct error *error)
{
    struct init layers[NETWORK_LAYERS_MAX];
    struct init start = read_init(init);
    double *values = NULL;

    if (start.scheme == INIT_EXPLICIT) {
        values = memory_array(network_n_parameters(network), sizeof *values, error);
        if (values == NULL)
            return -1;
        read_explicit(init, network, values);
        start.values = values;
    }
    for (int l = 0; l < network->n_layers && start.scheme == INIT_LAYERS; l++)
        layers[l] = read_init(json_array_get(json_object_get(init, "layers"), (size_t)l));
    start.layers = layers;
    init_parameters(&start, network, parameters);
    free(values);
    return 0;
}
