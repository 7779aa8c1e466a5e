/* COLLAPSED_TO_CONSTANT: the same answer for every input.
 *
 * Judged by the outputs, not by the loss, which may be near the best constant's for other reasons.
 * Then the loss can't be below that of the best constant. */
#include <math.h>

#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

void collapse_find(struct examination *it)
{
    double constant = it->floors->value[FLOOR_CONSTANT];
    double deviation = it->floors->deviation;
    if (it->now.spread > 1e-9 * deviation || !(deviation > 0.0)) {
        return;
    }
    int is_lost = constant > 1.05 * it->best && examination_has_gap(it);
    unsigned scope = SCOPE_THESE_SAMPLES | SCOPE_PRESENT;
    if (it->verdicts[CODE_ZERO_INIT_SADDLE].has_fired) {
        scope = SCOPE_ANY_OPTIMIZER | SCOPE_FIXED_DATA;
    } else if (survey_dead_layer(&it->now, it->subject->network) >= 0 &&
               it->verdicts[CODE_DEAD_UNITS].kind == KIND_THEOREM) {
        scope = it->verdicts[CODE_DEAD_UNITS].scope;
    }
    examination_fire(it, CODE_COLLAPSED_TO_CONSTANT, KIND_THEOREM,
                     is_lost ? SEVERITY_BLOCK : SEVERITY_NOTE, scope);
}

static int is_for_ever(const struct examination *it)
{
    return !(it->verdicts[CODE_COLLAPSED_TO_CONSTANT].scope & SCOPE_PRESENT);
}

static int is_cut_off(const struct examination *it)
{
    const struct network *network = it->subject->network;
    int last = network->n_layers - 1;
    size_t n = (size_t)network_layer_inputs(network, last) * (size_t)network->layers[last].units;
    const double *weights = it->subject->parameters + network_weight(network, last, 0, 0);
    for (size_t i = 0; i < n; i++) {
        if (weights[i] != 0.0) {
            return 0;
        }
    }
    return 1;
}

static const char *cause(const struct examination *it)
{
    const struct survey *now = &it->now;
    if (now->n_units > 0 && survey_count(now, UNIT_DEAD) == now->n_units) {
        return "all hidden units dead";
    }
    if (survey_dead_layer(now, it->subject->network) >= 0) {
        return "a whole hidden layer dead";
    }
    return is_cut_off(it) ? "all outgoing weights zero" : "hidden outputs constant on the data";
}

static void tell_each(struct teller *teller, const char *name, const double *values, int n)
{
    if (n == 1) {
        tell_number(teller, name, values[0]);
    } else {
        tell_numbers(teller, name, values, (size_t)n);
    }
}

static void evidence(const struct examination *it, struct teller *teller)
{
    int n = network_n_outputs(it->subject->network);
    tell_number(teller, "spread", it->now.spread);
    tell_each(teller, "prediction", it->now.mean, n);
    tell_each(teller, "target_mean", it->floors->mean, n);
    tell_number(teller, "loss", it->loss);
    tell_number(teller, it->subject->training->loss == LOSS_MSE ? "var" : "best_constant",
                it->floors->value[FLOOR_CONSTANT]);
    tell_text(teller, "cause", cause(it));
}

static void text(const struct examination *it, struct teller *teller)
{
    int is_one = network_n_outputs(it->subject->network) == 1;
    struct words words = {0};
    words_add(&words, "The network gives the same answer");
    if (is_one) {
        words_add(&words, ", ");
        words_number(&words, it->now.mean[0], 5);
        words_add(&words, ",");
    }
    words_add(&words, " for every input, so its inputs no longer matter. The best single answer ");
    if (it->subject->training->loss == LOSS_MSE && is_one) {
        words_add(&words, "is the mean of the targets, ");
        words_number(&words, it->floors->mean[0], 5);
        words_add(&words, ", and its loss is their variance, ");
    } else {
        words_add(&words, "has a loss of ");
    }
    words_number(&words, it->floors->value[FLOOR_CONSTANT], 5);
    words_add(&words, ": nothing that ignores the inputs gets below that.");
    if (is_for_ever(it)) {
        words_add(&words, " More epochs cannot help; this is certain for this way of training on "
                          "this data.");
    }
    tell_text(teller, "text", words.text);
}

static void actions(const struct examination *it, struct teller *teller)
{
    if (!it->verdicts[CODE_ZERO_INIT_SADDLE].has_fired && death_may_be_of_the_rate(it)) {
        action_rate(teller, it, "start", 0.1);
    }
    action_seeds(teller);
}

const struct diagnosis diagnosis_collapse = {evidence, text, actions};
