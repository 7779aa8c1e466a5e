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
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/verdict/diagnosis.h"
#include "core/explain/verdict/words.h"
#include "core/train/sample_order.h"

/* --- one unit of the first layer ------------------------------------------------------------ */

static double weighted_sum(const struct network *network, const double *parameters, int unit,
                           const double *features)
{
    const double *weights = parameters + network_weight(network, 0, unit, 0);
    double z = weights[0] * features[0];
    for (int k = 1; k < network->n_inputs; k++) {
        z += weights[k] * features[k];
    }
    return z + parameters[network_bias(network, 0, unit)];
}

static int is_dead(const struct examination *it, const double *parameters, int unit)
{
    for (size_t i = 0; i < it->n_samples; i++) {
        if (weighted_sum(it->subject->network, parameters, unit, examination_features(it, i)) >
            0.0) {
            return 0;
        }
    }
    return 1;
}

/* --- the hunt for the update ---------------------------------------------------------------- */

struct hunt {
    struct examination *it;
    struct replay replay;
    struct sample_order order;
    double *before, *after, *row; /* [n_parameters] */
};

static void note_weights(struct hunt *hunt, struct death *death)
{
    const struct network *network = hunt->it->subject->network;
    size_t n = (size_t)network->n_inputs, at = network_weight(network, 0, death->unit, 0);
    memcpy(death->weights, hunt->before + at, n * sizeof(double));
    memcpy(death->weights + n, hunt->after + at, n * sizeof(double));
    for (int j = 0; j < network->layers[1].units; j++) {
        death->weights[2 * n + (size_t)j] =
            hunt->before[network_weight(network, 1, j, death->unit)];
    }
    death->bias_before = hunt->before[network_bias(network, 0, death->unit)];
    death->bias_after = hunt->after[network_bias(network, 0, death->unit)];
}

static double residual(struct hunt *hunt, const double *parameters, size_t sample)
{
    struct derivative *derivative = &hunt->it->derivative;
    derivative_forward(derivative, parameters, examination_features(hunt->it, sample), NULL);
    return derivative_outputs(derivative)[0] - examination_targets(hunt->it, sample)[0];
}

static void note_death(struct hunt *hunt, struct death *death, int64_t epoch, int64_t step,
                       int64_t sample)
{
    death->is_known = 1;
    death->epoch = epoch;
    death->step = step;
    death->sample = sample;
    note_weights(hunt, death);
    if (sample >= 0 && hunt->it->setting.is_squared) {
        size_t row = (size_t)sample;
        death->residual_before = residual(hunt, hunt->before, row);
        death->residual_after = residual(hunt, hunt->after, row);
        death->overshoot = examination_overshoot(hunt->it, hunt->before, row,
                                                 examination_rate(hunt->it, epoch), hunt->row);
    }
}

/* Trains the epoch after `epoch` update by update. */
static void step_through(struct hunt *hunt, int64_t epoch, struct death **deaths, int n)
{
    struct examination *it = hunt->it;
    sample_order_seek(&hunt->order, epoch);
    const uint32_t *rows = sample_order_rows(&hunt->order, epoch);
    replay_present(&hunt->replay, 0, hunt->before);
    size_t batch = it->subject->training->batch_size;
    int64_t step = 0;
    for (size_t seen = 0; seen < it->n_samples; seen += batch) {
        replay_step(&hunt->replay);
        replay_present(&hunt->replay, 0, hunt->after);
        step++;
        for (int i = 0; i < n; i++) {
            if (!deaths[i]->is_known && is_dead(it, hunt->after, deaths[i]->unit)) {
                note_death(hunt, deaths[i], epoch + 1, step, batch == 1 ? (int64_t)rows[seen] : -1);
            }
        }
        memcpy(hunt->before, hunt->after, it->n_parameters * sizeof(double));
    }
}

/* All of `deaths` are alive after `low` epochs, where the mark is, and dead after `high`. */
static int bisect(struct hunt *hunt, int64_t low, const struct replay_mark *mark, int64_t high,
                  struct death **deaths, int n, struct error *error)
{
    struct replay_mark middle_mark = {NULL};
    int status = -1, n_dead = 0;
    if (n == 0) {
        return 0;
    }
    if (replay_return(&hunt->replay, mark, error) != 0) {
        return -1;
    }
    if (high - low == 1) {
        step_through(hunt, low, deaths, n);
        return 0;
    }
    int64_t middle = low + (high - low) / 2;
    if (replay_to(&hunt->replay, middle, error) != 0 ||
        replay_mark(&hunt->replay, &middle_mark, error) != 0) {
        return -1;
    }
    replay_present(&hunt->replay, 0, hunt->after);
    for (int i = 0; i < n; i++) { /* the dead ones first */
        struct death *death = deaths[i];
        if (is_dead(hunt->it, hunt->after, death->unit)) {
            deaths[i] = deaths[n_dead];
            deaths[n_dead++] = death;
        }
    }
    if (bisect(hunt, low, mark, middle, deaths, n_dead, error) == 0 &&
        bisect(hunt, middle, &middle_mark, high, deaths + n_dead, n - n_dead, error) == 0) {
        status = 0;
    }
    replay_mark_clear(&middle_mark);
    return status;
}

static int hunt_down(struct examination *it, struct error *error)
{
    struct hunt hunt = {.it = it};
    struct replay_run run = {it->subject->start, 1.0};
    struct replay_mark mark = {NULL};
    struct death **deaths = memory_array((size_t)it->deaths.n, sizeof *deaths, error);
    int status = -1, n = 0;
    hunt.before = memory_array(it->n_parameters, sizeof(double), error);
    hunt.after = memory_array(it->n_parameters, sizeof(double), error);
    hunt.row = memory_array(it->n_parameters, sizeof(double), error);
    if (!deaths || !hunt.before || !hunt.after || !hunt.row ||
        sample_order_init(&hunt.order, it->subject->training, it->n_samples, error) != 0 ||
        replay_open(&hunt.replay, it->subject, &run, 1, it->subject->state.epoch, error) != 0 ||
        replay_mark(&hunt.replay, &mark, error) != 0) {
        goto out;
    }
    for (int i = 0; i < it->deaths.n; i++) {
        if (!it->deaths.items[i].is_born) {
            deaths[n++] = &it->deaths.items[i];
        }
    }
    status = bisect(&hunt, 0, &mark, it->subject->state.epoch, deaths, n, error);
out:
    replay_mark_clear(&mark);
    replay_close(&hunt.replay);
    sample_order_clear(&hunt.order);
    free(hunt.before);
    free(hunt.after);
    free(hunt.row);
    free(deaths);
    return status;
}

/* --- a tenth of the learning rate ----------------------------------------------------------- */

/* Ten times as many epochs as the run had, or 200 times as many as the unit lived. */
static int64_t tenth_epochs(const struct examination *it, const struct death *death)
{
    int64_t most = 10 * it->subject->state.epoch, enough = 200 * death->epoch;
    return most < enough ? most : enough;
}

static int64_t next_tenth(const struct examination *it, int64_t after)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < it->deaths.n; i++) {
        const struct death *death = &it->deaths.items[i];
        int64_t epochs = death->is_known && !death->is_born ? tenth_epochs(it, death) : 0;
        if (epochs > after && epochs < next) {
            next = epochs;
        }
    }
    return next;
}

static int try_tenth(struct examination *it, struct error *error)
{
    struct replay replay = {NULL};
    struct replay_run run = {it->subject->start, 0.1};
    double *parameters = memory_array(it->n_parameters, sizeof *parameters, error);
    int status = -1;
    if (!parameters ||
        replay_open(&replay, it->subject, &run, 1, 10 * it->subject->state.epoch, error) != 0) {
        goto out;
    }
    for (int64_t at = next_tenth(it, 0); at < INT64_MAX; at = next_tenth(it, at)) {
        if (replay_to(&replay, at, error) != 0) {
            goto out;
        }
        replay_present(&replay, 0, parameters);
        for (int i = 0; i < it->deaths.n; i++) {
            struct death *death = &it->deaths.items[i];
            if (death->is_known && !death->is_born && tenth_epochs(it, death) == at) {
                death->with_tenth = is_dead(it, parameters, death->unit);
                death->tenth_epochs = replay_epoch(&replay, 0);
            }
        }
    }
    status = 0;
out:
    replay_close(&replay);
    free(parameters);
    return status;
}

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
        *death = (struct death){.unit = i, .sample = -1, .with_tenth = -1};
        death->residual_before = death->residual_after = death->overshoot = NAN;
        death->is_born = is_dead(it, it->subject->start, i);
        death->is_known = death->is_born;
        death->weights = memory_array(n, sizeof(double), error);
        if (!death->weights) {
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
    check_gradient(it);
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
    if (hunt_down(it, error) != 0) {
        return -1;
    }
    if (it->depth == EXPLAIN_FULL && !it->setting.can_rerun) {
        examination_not_run(it, "DEAD_UNITS: a tenth of the learning rate", it->setting.why_not);
        return 0;
    }
    return it->depth == EXPLAIN_FULL ? try_tenth(it, error) : 0;
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
    tell_integer(teller, "epoch", death->epoch);
    tell_integer(teller, "step", death->step);
    tell_flag(teller, "born_dead", death->is_born);
    if (!death->is_born && death->is_known) {
        if (death->sample >= 0) {
            tell_integer(teller, "sample", death->sample);
            tell_numbers(teller, "x", examination_features(it, (size_t)death->sample), n);
            tell_number(teller, "y", examination_targets(it, (size_t)death->sample)[0]);
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
        words_add(words, " No learning rate is to blame: the starting values are.");
    } else if (n_known > 0 && n_dead == 0) {
        words_add(words, " With a tenth of the learning rate %s, so the learning rate was the "
                         "reason.", is_one ? "it survives" : "they survive");
    } else if (n_known > 0 && n_dead == n_known) {
        words_add(words, " With a tenth of the learning rate %s too, so the learning rate is not "
                         "the reason: the starting values are.", is_one ? "it dies" : "they die");
    } else if (n_known > 0) {
        words_add(words, " With a tenth of the learning rate %d of %d die too.", n_dead, n_known);
    }
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
    if (!all_born(&it->deaths)) {
        action_rate(teller, it, "start", 0.1);
    }
    action_seed(teller);
    action_leaky(teller, it);
}

const struct diagnosis diagnosis_death = {evidence, text, actions};
