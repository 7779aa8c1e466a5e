/* SYMMETRIC_UNITS: units that started as copies of each other.
 *
 * Equal incoming weights, bias and outgoing weights get equal gradients, sample by sample and in
 * the same order of operations, so the copies stay equal to the bit, under every optimizer here:
 * all treat parameters alike. */
#include <math.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

static int is_near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance * fabs(a);
}

static int are_equal(const struct network *network, const double *parameters, int layer, int a,
                     int b, double tolerance)
{
    int n_inputs = network_layer_inputs(network, layer);
    const double *of_a = parameters + network_weight(network, layer, a, 0);
    const double *of_b = parameters + network_weight(network, layer, b, 0);
    for (int i = 0; i < n_inputs; i++) {
        if (!is_near(of_a[i], of_b[i], tolerance)) {
            return 0;
        }
    }
    const double *above = parameters + network_weight(network, layer + 1, 0, 0);
    int n_units = network->layers[layer].units;
    for (int j = 0; j < network->layers[layer + 1].units; j++) {
        if (!is_near(above[j * n_units + a], above[j * n_units + b], tolerance)) {
            return 0;
        }
    }
    return is_near(parameters[network_bias(network, layer, a)],
                   parameters[network_bias(network, layer, b)], tolerance);
}

/* Units are counted over all layers; `first` is the layer's. */
static void group_layer(struct examination *it, int layer, int first)
{
    const struct network *network = it->subject->network;
    struct symmetry *symmetry = &it->symmetry;
    int *group = symmetry->group + first, n_units = network->layers[layer].units;
    for (int a = 0; a < n_units; a++) {
        int is_in_one = group[a] != 0;
        for (int b = a + 1; !is_in_one && b < n_units; b++) {
            if (group[b] != 0 || !are_equal(network, it->subject->start, layer, a, b, 0.0)) {
                continue;
            }
            if (group[a] == 0) {
                group[a] = ++symmetry->n_groups;
            }
            group[b] = group[a];
            symmetry->effective--;
            symmetry->is_still_equal |=
                are_equal(network, it->subject->parameters, layer, a, b, 1e-12);
        }
    }
}

/* The best loss known for the network that the copies leave: of one hidden layer, where it was
 * searched for this one. */
static int search_narrower(struct examination *it, struct error *error)
{
    struct network narrower = *it->subject->network;
    if (narrower.n_layers != 2 || it->depth != EXPLAIN_FULL || it->floors->n_starts == 0) {
        return 0;
    }
    narrower.layers[0].units = it->symmetry.effective;
    struct floors *floors = floors_copy(it->floors, error);
    int status = floors ? floors_search(floors, &narrower, it->subject->dataset, it->subject->stop,
                                        it->subject->context, error)
                        : -1;
    if (status == 0) {
        floors_lower(floors, it->reach.loss, it->reach.is_separating); /* a network of that width */
        it->symmetry.best = floors->value[FLOOR_BEST_KNOWN];
    }
    floors_destroy(floors);
    return status;
}

int symmetry_find(struct examination *it, struct error *error)
{
    const struct network *network = it->subject->network;
    int first = 0;
    it->symmetry.effective = it->now.n_units;
    it->symmetry.best = NAN;
    it->symmetry.group = memory_array((size_t)it->now.n_units, sizeof(int), error);
    if (!it->symmetry.group) {
        return -1;
    }
    for (int l = 0; l + 1 < network->n_layers; l++) {
        group_layer(it, l, first);
        first += network->layers[l].units;
    }
    if (it->symmetry.n_groups == 0) {
        return 0;
    }
    examination_fire(it, CODE_SYMMETRIC_UNITS, KIND_THEOREM,
                     examination_has_gap(it) ? SEVERITY_BLOCK : SEVERITY_NOTE,
                     SCOPE_ANY_OPTIMIZER | SCOPE_THIS_START);
    return search_narrower(it, error);
}

static int is_meant(const struct examination *it, int unit)
{
    return it->symmetry.group[unit] != 0;
}

static void evidence(const struct examination *it, struct teller *teller)
{
    const struct symmetry *symmetry = &it->symmetry;
    tell_list(teller, "groups");
    for (int g = 1; g <= symmetry->n_groups; g++) {
        tell_list(teller, NULL);
        for (int i = 0; i < it->now.n_units; i++) {
            if (symmetry->group[i] == g) {
                tell_integer(teller, NULL, it->now.units[i].index);
            }
        }
        tell_end(teller);
    }
    tell_end(teller);
    if (it->subject->network->n_layers > 2) {
        tell_list(teller, "layers");
        for (int i = 0, g = 1; i < it->now.n_units; i++) {
            if (symmetry->group[i] == g) {
                tell_integer(teller, NULL, it->now.units[i].layer);
                g++;
            }
        }
        tell_end(teller);
    }
    tell_flag(teller, "still_equal", symmetry->is_still_equal);
    tell_integer(teller, "effective_width", symmetry->effective);
    if (!isnan(symmetry->best)) {
        tell_number(teller, "best_known_of_that_width", symmetry->best);
    }
}

static void text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    words_units(&words, it, is_meant);
    words_add(&words, " started as copies%s; copies get identical gradients, so they stay copies. "
                      "You are training a network of %d hidden unit%s, not of %d",
              it->symmetry.n_groups > 1 ? " of one another, in groups" : " of each other",
              it->symmetry.effective, it->symmetry.effective == 1 ? "" : "s", it->now.n_units);
    if (!isnan(it->symmetry.best)) {
        words_add(&words, "; the best known for that is ");
        words_number(&words, it->symmetry.best, 4);
    }
    words_add(&words, ". Random starts exist to break this tie.");
    tell_text(teller, "text", words.text);
}

static void actions(const struct examination *it, struct teller *teller)
{
    (void)it;
    action_seeds(teller);
}

const struct diagnosis diagnosis_symmetry = {evidence, text, actions};
