/* /network: the layers. */
#include "server/spec/section/sections.h"

#include <stdio.h>

void section_network(const json_t *network, const struct shape *shape, struct network *out)
{
    const json_t *layers = json_object_get(network, "layers");
    size_t i;
    json_t *layer;

    *out = (struct network){.n_inputs = (int)shape->n_features};
    json_array_foreach(layers, i, layer)
    {
        const char *activation = json_string_value(json_object_get(layer, "activation"));
        out->layers[i].units = (int)json_integer_value(json_object_get(layer, "units"));
        out->layers[i].activation = (enum activation)activation_find(activation);
    }
    out->n_layers = (int)json_array_size(layers);
}

void section_check_network(const json_t *network, const struct shape *shape, struct faults *faults)
{
    char pointer[FAULT_POINTER_BYTES];
    struct network built;

    section_network(network, shape, &built);
    if (shape->n_targets != 0 && (size_t)network_n_outputs(&built) != shape->n_targets) {
        snprintf(pointer, sizeof pointer, "/network/layers/%d/units", built.n_layers - 1);
        faults_add(faults, pointer,
                   "got %d, expected %zu: the last layer is the output, one unit for each target",
                   network_n_outputs(&built), shape->n_targets);
    }
    size_t n_parameters = network_n_parameters(&built);
    if (n_parameters > NETWORK_PARAMETERS_MAX)
        faults_add(faults, "/network/layers", "got %zu parameters, expected at most %d",
                   n_parameters, NETWORK_PARAMETERS_MAX);
}
