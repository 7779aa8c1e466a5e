/* BALANCE_DRIFT: how the length of the steps moved what gradient flow would keep.
 *
 * Of a hidden unit that is homogeneous (relu, leaky_relu, linear) the balance |v|^2 - |w|^2 - b^2
 * of its outgoing and incoming weights and bias stays under gradient flow (Du, Hu, Lee, NeurIPS
 * 2018, arXiv:1806.00900), for v.g_v = w.g_w + b g_b. A step of plain SGD, d = -rate g, changes it
 * by exactly |d_v|^2 - |d_w|^2 - d_b^2: second order in the rate. That is checked for every step of
 * the first epoch, with the steps as they were taken. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/words.h"

#define WALK_WORK_MAX 1e8 /* samples times parameters */

/* |v|^2 and |w|^2 + b^2 of a unit, of parameters or of a step. */
static double outgoing(const struct network *network, const double *values, int unit)
{
    double sum = 0.0;
    for (int j = 0; j < network->layers[1].units; j++) {
        double v = values[network_weight(network, 1, j, unit)];
        sum += v * v;
    }
    return sum;
}

static double incoming(const struct network *network, const double *values, int unit)
{
    const double *weights = values + network_weight(network, 0, unit, 0);
    double bias = values[network_bias(network, 0, unit)];
    return linalg_dot(weights, weights, (size_t)network->n_inputs) + bias * bias;
}

static double balance_of(const struct network *network, const double *values, int unit)
{
    return outgoing(network, values, unit) - incoming(network, values, unit);
}

/* --- the first epoch, step by step ---------------------------------------------------------- */

/* How far a step's change of a unit's balance is from the step's own, relative to the squares. */
static double step_error(const struct network *network, const double *before, const double *after,
                         const double *step, int unit)
{
    double change = balance_of(network, after, unit) - balance_of(network, before, unit);
    double squares = outgoing(network, after, unit) + incoming(network, after, unit) +
                     outgoing(network, before, unit) + incoming(network, before, unit);
    double off = fabs(change - balance_of(network, step, unit));
    return squares > 0.0 ? off / squares : off;
}

static void take_step(struct examination *it, struct replay *replay, double *before, double *after,
                      double *step)
{
    const struct network *network = it->subject->network;
    replay_present(replay, 0, before);
    replay_step(replay);
    replay_present(replay, 0, after);
    for (size_t p = 0; p < it->n_parameters; p++) {
        step[p] = after[p] - before[p];
    }
    for (int j = 0; j < network->layers[0].units; j++) {
        it->balance.step_error =
            fmax(it->balance.step_error, step_error(network, before, after, step, j));
    }
    it->balance.n_steps++;
}

static int walk(struct examination *it, struct error *error)
{
    size_t p = it->n_parameters, batch = it->subject->training->batch_size;
    struct replay replay = {0};
    struct replay_run run = {it->subject->start, 1.0};
    double *space = memory_array(3 * p, sizeof *space, error);
    int status = space ? replay_open(&replay, it->subject, &run, 1, 1, error) : -1;
    for (size_t seen = 0; status == 0 && seen < it->n_samples; seen += batch) {
        take_step(it, &replay, space, space + p, space + 2 * p);
        if (!replay_is_finite(&replay, 0)) {
            break;
        }
    }
    replay_close(&replay);
    free(space);
    return status;
}

/* --- all ------------------------------------------------------------------------------------ */

static int is_homogeneous(const struct network *network)
{
    return network->n_layers == 2 && network->layers[0].activation <= ACTIVATION_LEAKY_RELU;
}

/* Every unit's balance at the start and now; the largest change, over the largest at the start. */
static int measure(struct examination *it, struct error *error)
{
    const struct network *network = it->subject->network;
    struct balance *balance = &it->balance;
    int n = network->layers[0].units;
    double change = -1.0, size = 1e-12;
    balance->start = memory_array(2 * (size_t)n, sizeof *balance->start, error);
    if (!balance->start) {
        return -1;
    }
    balance->now = balance->start + n;
    for (int j = 0; j < n; j++) {
        balance->start[j] = balance_of(network, it->subject->start, j);
        balance->now[j] = balance_of(network, it->subject->parameters, j);
        if (fabs(balance->now[j] - balance->start[j]) > change) {
            change = fabs(balance->now[j] - balance->start[j]);
            balance->unit = j;
        }
        size = fmax(size, fabs(balance->start[j]));
    }
    balance->drift = change / size;
    return 0;
}

int balance_find(struct examination *it, struct error *error)
{
    it->balance.drift = NAN;
    if (!it->setting.is_plain || !is_homogeneous(it->subject->network)) {
        if (it->depth != EXPLAIN_LIVE) {
            examination_not_run(it, "BALANCE_DRIFT",
                                "known for plain SGD and one hidden layer of relu, leaky_relu or "
                                "linear units");
        }
        return 0;
    }
    if (measure(it, error) != 0) {
        return -1;
    }
    if (it->depth == EXPLAIN_LIVE || it->subject->state.epoch == 0) {
        return 0;
    }
    if ((double)it->n_samples * (double)it->n_parameters <= WALK_WORK_MAX &&
        walk(it, error) != 0) {
        return -1;
    }
    examination_fire(it, CODE_BALANCE_DRIFT, KIND_EXACT, SEVERITY_NOTE,
                     SCOPE_PLAIN_SGD | SCOPE_FIRST_LAYER | SCOPE_THIS_START);
    return 0;
}

/* --- telling -------------------------------------------------------------------------------- */

static void evidence(const struct examination *it, struct teller *teller)
{
    const struct balance *balance = &it->balance;
    size_t n = (size_t)it->subject->network->layers[0].units;
    tell_numbers(teller, "at_start", balance->start, n);
    tell_numbers(teller, "now", balance->now, n);
    tell_number(teller, "largest_change",
                fabs(balance->now[balance->unit] - balance->start[balance->unit]));
    tell_number(teller, "relative_change", balance->drift);
    tell_integer(teller, "steps_checked", balance->n_steps);
    tell_number(teller, "largest_step_error", balance->n_steps > 0 ? balance->step_error : NAN);
}

static void add_change(struct words *words, const struct examination *it)
{
    const struct balance *balance = &it->balance;
    double start = balance->start[balance->unit], now = balance->now[balance->unit];
    if (start == now) {
        words_add(words, "Here it did not change either.");
        return;
    }
    words_add(words, "Here it went from ");
    words_number(words, start, 4);
    if (fabs(now - start) > 1e-3 * fabs(start)) {
        words_add(words, " to ");
        words_number(words, now, 4);
    } else { /* the two would read alike */
        words_add(words, now > start ? " up by " : " down by ");
        words_number(words, fabs(now - start), 2);
    }
    words_add(words, " for hidden unit %d%s, by the length of the steps alone: each changes it by "
                     "its own squares.", balance->unit + 1,
              it->subject->network->layers[0].units > 1 ? ", and by no more for any other" : "");
}

static void text(const struct examination *it, struct teller *teller)
{
    const struct balance *balance = &it->balance;
    struct words words = {0};
    words_add(&words, "Take a hidden unit's outgoing weights squared, minus its incoming weights "
                      "and bias squared. If training followed the slope in endlessly small steps, "
                      "this would never change. ");
    add_change(&words, it);
    if (balance->n_steps > 0 && balance->step_error > 0.0) {
        words_add(&words, " That was checked for %s%lld step%s of the first epoch and holds to ",
                  balance->n_steps == 1 ? "the " : "all ", (long long)balance->n_steps,
                  balance->n_steps == 1 ? "" : "s");
        words_number(&words, balance->step_error, 1);
        words_add(&words, " of the squares, which is rounding.");
    }
    tell_text(teller, "text", words.text);
}

const struct diagnosis diagnosis_balance = {evidence, text, NULL};
