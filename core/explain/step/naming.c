/* What units and parameters are called in a worked step. */
#include "core/explain/step/naming.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void tex_add(struct tex *tex, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(tex->text + tex->n, sizeof tex->text - tex->n, format, arguments);
    va_end(arguments);
    size_t room = sizeof tex->text - tex->n - 1;
    tex->n += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room;
}

struct naming_place naming_place(const struct network *network, size_t parameter)
{
    struct naming_place place = {0, 0, -1};
    while (place.layer + 1 < network->n_layers &&
           network_weight(network, place.layer + 1, 0, 0) <= parameter) {
        place.layer++;
    }
    size_t biases = network_bias(network, place.layer, 0);
    if (parameter >= biases) {
        place.unit = (int)(parameter - biases);
        return place;
    }
    size_t n_inputs = (size_t)network_layer_inputs(network, place.layer);
    size_t in_layer = parameter - network_weight(network, place.layer, 0, 0);
    place.unit = (int)(in_layer / n_inputs);
    place.input = (int)(in_layer % n_inputs);
    return place;
}

/* The index of the notebook's name of it, or -1. */
static int named_index(const struct network *network, size_t parameter)
{
    for (int i = 0; network_is_named(network) && i < NETWORK_NAMES; i++) {
        if (network_named_offset(network, i) == parameter) {
            return i;
        }
    }
    return -1;
}

void naming_parameter(const struct network *network, size_t parameter, char out[NAMING_BYTES])
{
    int named = named_index(network, parameter);
    struct naming_place place = naming_place(network, parameter);
    if (named >= 0) {
        snprintf(out, NAMING_BYTES, "%s", network_name(named));
    } else if (place.input < 0) {
        snprintf(out, NAMING_BYTES, "biases/%d/%d", place.layer, place.unit);
    } else {
        snprintf(out, NAMING_BYTES, "weights/%d/%d/%d", place.layer, place.unit, place.input);
    }
}

void naming_parameter_tex(const struct network *network, size_t parameter, struct tex *tex)
{
    int named = named_index(network, parameter);
    struct naming_place place = naming_place(network, parameter);
    if (named >= 0) {
        const char *name = network_name(named);
        tex_add(tex, "%c_{%s}", name[0], name + strcspn(name, "123456789"));
    } else if (place.input < 0) {
        tex_add(tex, "b^{(%d)}_{%d}", place.layer + 1, place.unit + 1);
    } else {
        tex_add(tex, "w^{(%d)}_{%d,%d}", place.layer + 1, place.unit + 1, place.input + 1);
    }
}

int naming_is_linear(const struct network *network, int layer)
{
    return network->layers[layer].activation == ACTIVATION_LINEAR;
}

static int is_output(const struct network *network, int layer)
{
    return layer == network->n_layers - 1;
}

/* The letter of a unit: x, z, h, zf or f. */
static const char *letter(const struct network *network, int layer, int is_sum)
{
    int is_own_sum = is_sum && layer >= 0 && !naming_is_linear(network, layer);
    if (layer >= 0 && is_output(network, layer)) {
        return is_own_sum ? "zf" : "f";
    }
    return layer < 0 ? "x" : is_sum ? "z" : "h";
}

void naming_unit(const struct network *network, int layer, int unit, int is_sum,
                 char out[NAMING_BYTES])
{
    const char *name = letter(network, layer, is_sum);
    if (layer >= 0 && is_output(network, layer) && network_n_outputs(network) == 1) {
        snprintf(out, NAMING_BYTES, "%s", name);
    } else if (layer >= 0 && !is_output(network, layer) && network->n_layers > 2) {
        snprintf(out, NAMING_BYTES, "%s%d_%d", name, layer + 1, unit + 1);
    } else {
        snprintf(out, NAMING_BYTES, "%s%d", name, unit + 1);
    }
}

void naming_unit_tex(const struct network *network, int layer, int unit, int is_sum,
                     struct tex *tex)
{
    const char *name = letter(network, layer, is_sum);
    int is_last = layer >= 0 && is_output(network, layer), n = network_n_outputs(network);
    if (is_last && name[0] == 'z') {
        tex_add(tex, n == 1 ? "z_{f}" : "z_{f%d}", unit + 1);
    } else if (is_last && n == 1) {
        tex_add(tex, "f");
    } else if (layer >= 0 && !is_last && network->n_layers > 2) {
        tex_add(tex, "%s^{(%d)}_{%d}", name, layer + 1, unit + 1);
    } else {
        tex_add(tex, "%s_{%d}", name, unit + 1);
    }
}

void naming_delta(const struct network *network, int layer, int unit, char out[NAMING_BYTES])
{
    if (!is_output(network, layer)) {
        char name[NAMING_BYTES];
        naming_unit(network, layer, unit, 1, name);
        snprintf(out, NAMING_BYTES, "d%.40s", name);
    } else if (network_n_outputs(network) == 1) {
        snprintf(out, NAMING_BYTES, "delta");
    } else {
        snprintf(out, NAMING_BYTES, "delta%d", unit + 1);
    }
}

void naming_delta_tex(const struct network *network, int layer, int unit, struct tex *tex)
{
    if (is_output(network, layer)) {
        tex_add(tex, network_n_outputs(network) == 1 ? "\\delta" : "\\delta_{f%d}", unit + 1);
    } else if (network->n_layers > 2) {
        tex_add(tex, "\\delta^{(%d)}_{%d}", layer + 1, unit + 1);
    } else {
        tex_add(tex, "\\delta_{%d}", unit + 1);
    }
}

const char *naming_activation_tex(enum activation activation)
{
    static const char *const TEX[ACTIVATION_COUNT] = {
        [ACTIVATION_LINEAR] = "\\mathrm{id}",
        [ACTIVATION_RELU] = "\\mathrm{ReLU}",
        [ACTIVATION_LEAKY_RELU] = "\\mathrm{LeakyReLU}",
        [ACTIVATION_TANH] = "\\tanh",
        [ACTIVATION_SIGMOID] = "\\sigma",
        [ACTIVATION_ELU] = "\\mathrm{ELU}",
        [ACTIVATION_GELU] = "\\mathrm{GELU}",
        [ACTIVATION_SOFTPLUS] = "\\mathrm{softplus}",
        [ACTIVATION_SOFTMAX] = "\\mathrm{softmax}",
    };
    return TEX[activation];
}
