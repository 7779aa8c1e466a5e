/* The hunt for the update that killed a relu unit of the first layer, where death is absorbing. */
#include "core/explain/diagnosis/hunt.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

/* --- one unit of the first layer ------------------------------------------------------------ */

int hunt_is_dead(const struct examination *it, const double *parameters, int unit)
{
    const struct network *network = it->subject->network;
    const double *weights = parameters + network_weight(network, 0, unit, 0);
    double bias = parameters[network_bias(network, 0, unit)];
    for (size_t i = 0; i < it->n_samples; i++) {
        const double *features = examination_features(it, i);
        double z = weights[0] * features[0];
        for (int k = 1; k < network->n_inputs; k++) {
            z += weights[k] * features[k];
        }
        if (z + bias > 0.0) {
            return 0;
        }
    }
    return 1;
}

/* --- the hunt for the update ---------------------------------------------------------------- */

struct hunt {
    struct examination *it;
    struct replay replay;
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

/* By the update of the samples from `position` on, of which the first is `sample`. */
static void note_death(struct hunt *hunt, struct death *death, int64_t epoch, double rate,
                       size_t position, size_t sample)
{
    size_t batch = hunt->it->subject->training->batch_size;
    death->is_known = 1;
    death->epoch = epoch;
    death->step = (int64_t)(position / batch) + 1;
    death->position = (int64_t)position;
    death->is_single = batch == 1;
    death->sample = sample;
    note_weights(hunt, death);
    if (death->is_single && hunt->it->setting.is_squared) {
        death->residual_before = residual(hunt, hunt->before, sample);
        death->residual_after = residual(hunt, hunt->after, sample);
        death->overshoot = examination_overshoot(hunt->it, hunt->before, sample, rate, hunt->row);
    }
}

/* Trains the epoch after `epoch` update by update. */
static void step_through(struct hunt *hunt, int64_t epoch, struct death **deaths, int n)
{
    struct examination *it = hunt->it;
    const uint32_t *rows = replay_next_rows(&hunt->replay);
    replay_present(&hunt->replay, 0, hunt->before);
    size_t batch = it->subject->training->batch_size;
    double rate = replay_next_rate(&hunt->replay);
    for (size_t seen = 0; seen < it->n_samples; seen += batch) {
        size_t sample = rows[seen]; /* before they may change, in the last step */
        replay_step(&hunt->replay);
        replay_present(&hunt->replay, 0, hunt->after);
        for (int i = 0; i < n; i++) {
            if (!deaths[i]->is_known && hunt_is_dead(it, hunt->after, deaths[i]->unit)) {
                note_death(hunt, deaths[i], epoch + 1, rate, seen, sample);
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
        if (hunt_is_dead(hunt->it, hunt->after, death->unit)) {
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

int hunt_steps(struct examination *it, struct error *error)
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

int hunt_tenth(struct examination *it, struct error *error)
{
    struct replay replay = {0};
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
                death->with_tenth = hunt_is_dead(it, parameters, death->unit);
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
