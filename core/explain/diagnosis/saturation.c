/* SATURATED_UNITS: units of a smooth activation whose slope is next to 0 for every sample.
 *
 * A gradient through such a unit is at most a thousandth of what it was above. Only where the slope
 * is exactly 0 for all samples (tanh beyond 19, in doubles) does anything follow for ever: in the
 * first layer, under SGD without a penalty, its weights and bias then never change, while its
 * outgoing weights still do. */
#include <math.h>

#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

static int is_meant(const struct examination *it, int unit)
{
    return it->now.units[unit].state == UNIT_SATURATED;
}

static int are_frozen(const struct examination *it)
{
    for (int i = 0; i < it->now.n_units; i++) {
        if (is_meant(it, i) && (it->now.units[i].slope > 0.0 || it->now.units[i].layer > 0)) {
            return 0;
        }
    }
    return it->setting.is_descent;
}

static int has_whole_layer(const struct examination *it)
{
    const struct network *network = it->subject->network;
    for (int l = 0; l + 1 < network->n_layers; l++) {
        if (survey_count_in(&it->now, l, UNIT_SATURATED) == network->layers[l].units) {
            return 1;
        }
    }
    return 0;
}

void saturation_find(struct examination *it)
{
    if (survey_count(&it->now, UNIT_SATURATED) == 0) {
        return;
    }
    int is_lost = examination_has_gap(it) && has_whole_layer(it);
    enum severity severity = is_lost ? SEVERITY_BLOCK : SEVERITY_NOTE;
    if (are_frozen(it)) {
        examination_fire(it, CODE_SATURATED_UNITS, KIND_THEOREM, severity,
                         SCOPE_FIRST_LAYER | SCOPE_PLAIN_SGD | SCOPE_FIXED_DATA);
    } else {
        examination_fire(it, CODE_SATURATED_UNITS, KIND_EXACT, severity,
                         SCOPE_PRESENT | SCOPE_THESE_SAMPLES);
    }
}

static void evidence(const struct examination *it, struct teller *teller)
{
    tell_list(teller, "units");
    for (int i = 0; i < it->now.n_units; i++) {
        if (is_meant(it, i)) {
            const struct unit *unit = &it->now.units[i];
            tell_object(teller, NULL);
            tell_integer(teller, "layer", unit->layer);
            tell_integer(teller, "unit", unit->index);
            tell_number(teller, "largest_slope", unit->slope);
            tell_number(teller, "z_min", unit->z_min);
            tell_number(teller, "z_max", unit->z_max);
            tell_end(teller);
        }
    }
    tell_end(teller);
    tell_number(teller, "fraction",
                (double)survey_count(&it->now, UNIT_SATURATED) / it->now.n_units);
}

static void text(const struct examination *it, struct teller *teller)
{
    int is_one = survey_count(&it->now, UNIT_SATURATED) == 1;
    struct words words = {0};
    words_units(&words, it, is_meant);
    words_add(&words, " %s pushed so far to the side for all %zu samples that the activation is "
                      "flat there: slope below 0.001. ", is_one ? "is" : "are", it->n_samples);
    words_add(&words, are_frozen(it)
                          ? "In this computer's numbers the slope is exactly 0, so the incoming "
                            "weights never change again; the outgoing ones still do."
                          : "Learning through such a unit is at least a thousand times slower. It "
                            "is not dead: it still moves, and may come back.");
    tell_text(teller, "text", words.text);
}

static void actions(const struct examination *it, struct teller *teller)
{
    (void)it;
    action_seeds(teller);
}

const struct diagnosis diagnosis_saturation = {evidence, text, actions};
