/* DEAD_UNITS: relu units that output 0 for every sample.
 *
 * Every sample's gradient of such a unit's weights, bias and outgoing weights is exactly 0. What
 * follows from that:
 *   - in the first layer, whose inputs are the data, under SGD without a penalty: it never changes
 *     again, so death is absorbing, and the first epoch after which a unit is dead is found by
 *     bisection, the update by replaying that epoch;
 *   - a unit dead at the start never had another gradient, so no optimizer remembers one: it stays
 *     dead under every optimizer without weight decay;
 *   - a whole layer that is dead cuts off all layers below, whose gradients are 0, so its inputs
 *     don't move either, nor do the 0s it sends to the next one: dead for ever under SGD without a
 *     penalty are then all dead units up to there, at any depth;
 *   - otherwise it is dead on the present data and may come back, as its inputs move or the
 *     optimizer's memory carries it on. */
#include <math.h>

#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/diagnosis/hunt.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

/* --- finding -------------------------------------------------------------------------------- */

static int list_deaths(struct examination *it, struct error *error)
{
    const struct network *network = it->subject->network;
    struct deaths *deaths = &it->deaths;
    size_t n = 2 * (size_t)network->n_inputs + (size_t)network->layers[1].units;
    int n_first = survey_count_in(&it->now, 0, UNIT_DEAD);
    deaths->items = memory_array((size_t)n_first, sizeof *deaths->items, error);
    for (int i = 0; deaths->items && i < network->layers[0].units && it->now.units[i].layer == 0;
         i++) {
        if (it->now.units[i].state != UNIT_DEAD) {
            continue;
        }
        struct death *death = &deaths->items[deaths->n++];
        *death = (struct death){.unit = i, .with_tenth = -1};
        death->residual_before = death->residual_after = death->overshoot = NAN;
        death->is_born = hunt_is_dead(it, it->subject->start, i);
        death->is_known = death->is_born;
        death->weights = it->is_brief ? NULL : memory_array(n, sizeof(double), error);
        if (!death->weights && !it->is_brief) {
            return -1;
        }
    }
    return deaths->items ? 0 : -1;
}

static void check_gradient(struct examination *it)
{
    const struct network *network = it->subject->network;
    for (int i = 0; i < it->deaths.n; i++) {
        int unit = it->deaths.items[i].unit;
        size_t at = network_weight(network, 0, unit, 0);
        double largest = fabs(it->gradient[network_bias(network, 0, unit)]);
        for (int k = 0; k < network->n_inputs; k++) {
            largest = fmax(largest, fabs(it->gradient[at + (size_t)k]));
        }
        for (int j = 0; j < network->layers[1].units; j++) {
            largest = fmax(largest, fabs(it->gradient[network_weight(network, 1, j, unit)]));
        }
        it->deaths.gradient = fmax(it->deaths.gradient, largest);
    }
}

static int all_born(const struct deaths *deaths)
{
    for (int i = 0; i < deaths->n; i++) {
        if (!deaths->items[i].is_born) {
            return 0;
        }
    }
    return deaths->n > 0;
}

static int highest_dead(const struct survey *survey)
{
    int layer = -1;
    for (int i = 0; i < survey->n_units; i++) {
        if (survey->units[i].state == UNIT_DEAD) {
            layer = survey->units[i].layer;
        }
    }
    return layer;
}

static void fire(struct examination *it)
{
    enum severity severity = examination_has_gap(it) ? SEVERITY_BLOCK : SEVERITY_NOTE;
    int is_first = it->deaths.n == it->deaths.n_dead;
    int dead_layer = survey_dead_layer(&it->now, it->subject->network);
    int is_layer = dead_layer >= 0 && highest_dead(&it->now) <= dead_layer + 1;
    int has_decay = training_has_penalty(it->subject->training);
    if (it->setting.is_descent && is_first) {
        examination_fire(it, CODE_DEAD_UNITS, KIND_THEOREM, severity,
                         SCOPE_FIRST_LAYER | SCOPE_PLAIN_SGD | SCOPE_FIXED_DATA);
    } else if (it->setting.is_descent && is_layer) {
        examination_fire(it, CODE_DEAD_UNITS, KIND_THEOREM, severity,
                         SCOPE_WHOLE_LAYER | SCOPE_PLAIN_SGD | SCOPE_FIXED_DATA);
    } else if (!has_decay && is_first && all_born(&it->deaths)) {
        examination_fire(it, CODE_DEAD_UNITS, KIND_THEOREM, severity,
                         SCOPE_FIRST_LAYER | SCOPE_NO_DECAY | SCOPE_FIXED_DATA);
    } else {
        examination_fire(it, CODE_DEAD_UNITS, KIND_EXACT, severity,
                         SCOPE_PRESENT | SCOPE_THESE_SAMPLES);
    }
}

int death_find(struct examination *it, struct error *error)
{
    it->deaths.n_dead = survey_count(&it->now, UNIT_DEAD);
    if (it->deaths.n_dead == 0) {
        return 0;
    }
    if (list_deaths(it, error) != 0) {
        return -1;
    }
    if (!it->is_brief) {
        check_gradient(it);
    }
    fire(it);
    if (it->depth == EXPLAIN_LIVE || it->deaths.n == 0 || all_born(&it->deaths)) {
        it->deaths.is_known = it->depth != EXPLAIN_LIVE && it->deaths.n > 0;
        return 0;
    }
    if (!it->setting.is_descent || !it->setting.can_replay) {
        examination_not_run(it, "DEAD_UNITS: the killing step",
                            it->setting.is_descent
                                ? it->setting.why_not
                                : "with momentum, adaptive rates or weight decay a dead unit may "
                                  "come back, so no single step is to blame");
        return 0;
    }
    it->deaths.is_known = 1;
    if (hunt_steps(it, error) != 0) {
        return -1;
    }
    if (it->depth == EXPLAIN_FULL && !it->setting.can_rerun) {
        examination_not_run(it, "DEAD_UNITS: a tenth of the learning rate", it->setting.why_not);
        return 0;
    }
    return it->depth == EXPLAIN_FULL ? hunt_tenth(it, error) : 0;
}

/* --- telling -------------------------------------------------------------------------------- */

static int is_meant(const struct examination *it, int unit)
{
    return it->now.units[unit].state == UNIT_DEAD;
}

static void tell_death(const struct examination *it, const struct death *death,
                       struct teller *teller)
{
    const struct network *network = it->subject->network;
    size_t n = (size_t)network->n_inputs, n_out = (size_t)network->layers[1].units;
    tell_object(teller, NULL);
    tell_integer(teller, "unit", death->unit);
    tell_integer(teller, "epoch", death->epoch);
    tell_integer(teller, "step", death->step);
    tell_flag(teller, "born_dead", death->is_born);
    if (!death->is_born && death->is_known) {
        tell_integer(teller, "sample", death->position);
        if (death->is_single) {
            tell_integer(teller, "row", (int64_t)dataset_row(it->subject->dataset, death->sample));
            tell_numbers(teller, "x", examination_features(it, death->sample), n);
            tell_number(teller, "y", examination_targets(it, death->sample)[0]);
        }
        tell_number(teller, "residual_before", death->residual_before);
        tell_number(teller, "residual_after", death->residual_after);
        tell_number(teller, "overshoot", death->overshoot);
        if (n_out == 1) {
            tell_number(teller, "v_before", death->weights[2 * n]);
        } else {
            tell_numbers(teller, "v_before", death->weights + 2 * n, n_out);
        }
        tell_numbers(teller, "w_before", death->weights, n);
        tell_numbers(teller, "w_after", death->weights + n, n);
        tell_number(teller, "b_before", death->bias_before);
        tell_number(teller, "b_after", death->bias_after);
        if (!isnan(death->overshoot)) {
            tell_text(teller, "cause", death->overshoot > 1.0 ? "overshoot" : "gradient_flow");
        }
        if (death->with_tenth >= 0) {
            tell_flag(teller, "dead_with_lr_div10", death->with_tenth);
            tell_integer(teller, "lr_div10_epochs", death->tenth_epochs);
        }
    }
    tell_end(teller);
}

static void evidence(const struct examination *it, struct teller *teller)
{
    int is_deep = it->subject->network->n_layers > 2;
    static const char *const NAMES[] = {"units", "layers", "z_max"};
    for (int part = 0; part < 3; part++) {
        if (part == 1 && !is_deep) {
            continue;
        }
        tell_list(teller, NAMES[part]);
        for (int i = 0; i < it->now.n_units; i++) {
            const struct unit *unit = &it->now.units[i];
            if (unit->state != UNIT_DEAD) {
                continue;
            }
            if (part == 2) {
                tell_number(teller, NULL, unit->z_max);
            } else {
                tell_integer(teller, NULL, part == 0 ? unit->index : unit->layer);
            }
        }
        tell_end(teller);
    }
    tell_number(teller, "fraction", (double)it->deaths.n_dead / it->now.n_units);
    tell_number(teller, "zero_grad_check", it->deaths.gradient);
    if (it->deaths.is_known) {
        tell_list(teller, "death");
        for (int i = 0; i < it->deaths.n; i++) {
            tell_death(it, &it->deaths.items[i], teller);
        }
        tell_end(teller);
    }
}

static void say_when(const struct examination *it, struct words *words)
{
    const struct death *first = &it->deaths.items[0];
    int is_one = 1;
    for (int i = 1; i < it->deaths.n; i++) {
        const struct death *death = &it->deaths.items[i];
        is_one &= death->epoch == first->epoch && death->step == first->step;
    }
    if (!is_one) {
        words_add(words, " (see the evidence for the step each of them died in)");
    } else if (first->is_born) {
        words_add(words, ", from the start on");
    } else {
        words_add(words, " since epoch %lld, step %lld", (long long)first->epoch,
                  (long long)first->step);
    }
}

static void say_tenth(const struct examination *it, struct words *words)
{
    int n_known = 0, n_dead = 0;
    for (int i = 0; i < it->deaths.n; i++) {
        n_known += it->deaths.items[i].with_tenth >= 0;
        n_dead += it->deaths.items[i].with_tenth == 1;
    }
    int is_one = it->deaths.n_dead == 1;
    if (all_born(&it->deaths)) {
        words_add(words, it->subject->begin
                             ? " Nothing here is to blame: the run that this one goes on from had "
                               "come to that."
                             : " No learning rate is to blame: the starting values are.");
    } else if (n_known > 0 && n_dead == 0) {
        words_add(words, " With a tenth of the learning rate %s, so the learning rate was the "
                         "reason.", is_one ? "it survives" : "they survive");
    } else if (n_known > 0 && n_dead == n_known) {
        words_add(words, " With a tenth of the learning rate %s too. Other starting values, or "
                         "standardized inputs, may save %s.", is_one ? "it dies" : "they die",
                  is_one ? "it" : "them");
    } else if (n_known > 0) {
        words_add(words, " With a tenth of the learning rate %d of %d die too.", n_dead, n_known);
    }
}

int death_may_be_of_the_rate(const struct examination *it)
{
    for (int i = 0; i < it->deaths.n; i++) {
        if (!it->deaths.items[i].is_born && it->deaths.items[i].with_tenth != 1) {
            return 1;
        }
    }
    return it->deaths.n == 0 || it->deaths.n < it->deaths.n_dead;
}

static void text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    int is_one = it->deaths.n_dead == 1;
    words_units(&words, it, is_meant);
    words_add(&words, " output%s 0 for all %zu samples", is_one ? "s" : "", it->n_samples);
    if (it->deaths.is_known) {
        say_when(it, &words);
    }
    words_add(&words, ". A ReLU that is off has slope 0, so %s no more updates",
              is_one ? "it gets" : "they get");
    if (it->verdicts[CODE_DEAD_UNITS].kind == KIND_THEOREM) {
        words_add(&words, " and %s off for ever.", is_one ? "stays" : "stay");
    } else {
        words_add(&words, " from these samples now; what %s may still change, so %s can come back.",
                  it->setting.is_descent ? "the layer below sends" : "the optimizer remembers",
                  is_one ? "it" : "they");
    }
    say_tenth(it, &words);
    tell_text(teller, "text", words.text);
}

static void actions(const struct examination *it, struct teller *teller)
{
    if (death_may_be_of_the_rate(it)) {
        action_rate(teller, it, "start", 0.1);
    }
    action_seeds(teller);
    if (!it->verdicts[CODE_ZERO_INIT_SADDLE].has_fired) { /* else as little would move */
        action_leaky(teller, it);
    }
}

const struct diagnosis diagnosis_death = {evidence, text, actions};
