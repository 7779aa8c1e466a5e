/* Fates, from one look at every sample.
 *
 * A relu or leaky_relu unit's output tells on which side of its bend a sample lies. A unit that has
 * all samples on one side is linear there, and a sum of linear things is linear. */
#include "core/explain/sweep/fate.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/memory.h"

static const double SAME = 1e-9;

/* What the samples have shown so far of a unit. */
enum { SEEN_ON = 1, SEEN_OFF = 2 };

const char *fate_name(enum fate fate)
{
    static const char *const names[FATE_COUNT] = {"diverged", "collapsed", "affine", "partly_dead",
                                                  "bends"};
    return names[fate];
}

/* Lowest and highest of each output, and on which sides the hidden units were. */
struct look {
    double *low, *high;  /* [n_outputs] */
    unsigned char *seen; /* [hidden units, layer by layer] */
};

static void look_at(const struct network *network, const double *values, const double *outputs,
                    int is_first, struct look *look)
{
    const double *unit = values + network->n_inputs;
    unsigned char *seen = look->seen;
    for (int l = 0; l < network->n_layers - 1; l++)
        for (int j = 0; j < network->layers[l].units; j++)
            *seen++ |= *unit++ > 0.0 ? SEEN_ON : SEEN_OFF;
    for (int j = 0; j < network_n_outputs(network); j++) {
        look->low[j] = is_first ? outputs[j] : fmin(look->low[j], outputs[j]);
        look->high[j] = is_first ? outputs[j] : fmax(look->high[j], outputs[j]);
    }
}

/* Standard deviation of target j. */
static double spread_of(const struct dataset *dataset, size_t j)
{
    double sum = 0.0, squares = 0.0, n = (double)dataset->n_samples;
    for (size_t i = 0; i < dataset->n_samples; i++)
        sum += dataset->targets[i * dataset->n_targets + j];
    for (size_t i = 0; i < dataset->n_samples; i++) {
        double d = dataset->targets[i * dataset->n_targets + j] - sum / n;
        squares += d * d;
    }
    return sqrt(squares / n);
}

static int has_collapsed(const struct network *network, const struct dataset *dataset,
                         const struct look *look)
{
    for (int j = 0; j < network_n_outputs(network); j++)
        if (!(look->high[j] - look->low[j] <= SAME * spread_of(dataset, (size_t)j)))
            return 0;
    return 1;
}

/* Whether a unit that was seen so is linear on the data; whether it is dead. */
static int is_linear(enum activation activation, unsigned char seen)
{
    int may_bend_once = activation == ACTIVATION_RELU || activation == ACTIVATION_LEAKY_RELU;
    return activation == ACTIVATION_LINEAR || (may_bend_once && seen != (SEEN_ON | SEEN_OFF));
}

static enum fate judge(const struct network *network, const struct dataset *dataset,
                       const struct look *look)
{
    if (has_collapsed(network, dataset, look))
        return FATE_COLLAPSED;
    int is_affine = 1, some_dead = 0;
    const unsigned char *seen = look->seen;
    for (int l = 0; l < network->n_layers - 1; l++) {
        enum activation activation = network->layers[l].activation;
        for (int j = 0; j < network->layers[l].units; j++, seen++) {
            is_affine = is_affine && is_linear(activation, *seen);
            some_dead = some_dead || (activation == ACTIVATION_RELU && *seen == SEEN_OFF);
        }
    }
    return is_affine ? FATE_AFFINE : some_dead ? FATE_PARTLY_DEAD : FATE_BENDS;
}

int fate_find(const struct network *network, const double *parameters,
              const struct dataset *dataset, enum fate *out, struct error *error)
{
    size_t n_outputs = (size_t)network_n_outputs(network), n_values = network_scratch(network);
    int result = -1;
    double *space = memory_array(n_values + 3 * n_outputs, sizeof *space, error);
    unsigned char *seen = memory_array(n_values, sizeof *seen, error);
    if (space == NULL || seen == NULL)
        goto out;
    double *outputs = space + n_values;
    struct look look = {outputs + n_outputs, outputs + 2 * n_outputs, seen};
    for (size_t i = 0; i < dataset->n_samples; i++) {
        network_predict(network, parameters, dataset->features + i * dataset->n_features, space,
                        outputs);
        look_at(network, space, outputs, i == 0, &look);
    }
    *out = judge(network, dataset, &look);
    result = 0;
out:
    free(seen);
    free(space);
    return result;
}
