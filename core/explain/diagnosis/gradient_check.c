/* GRADIENT_CHECK: the gradient against differences of the loss.
 *
 * Central differences of L at shrinking steps h. Where L is a parabola in each parameter alone (relu
 * and its like, the squared error) they are exact but for rounding as long as no unit changes sides
 * between the two points; elsewhere two of them are put together (Richardson), which leaves an
 * error of h^4. A difference counts only if the next smaller step confirms it ten times better than
 * the gradient has to agree: a kink within reach, or rounding, makes a parameter not checkable, and
 * never the check fail. What fails is a fault of this program. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/words.h"

#define STEP_PARABOLA 1e-2
#define STEP_SMOOTH 0x1p-7
#define STEP_MIN_PARABOLA 1e-8
#define STEP_MIN_SMOOTH 0x1p-17

static int is_kinked(enum activation activation)
{
    return activation == ACTIVATION_RELU || activation == ACTIVATION_LEAKY_RELU ||
           activation == ACTIVATION_ELU;
}

/* Whether L is a parabola, or a line, of each parameter alone while no unit changes sides. */
static int is_parabola(const struct examination *it)
{
    const struct network *network = it->subject->network;
    enum loss loss = it->subject->training->loss;
    for (int l = 0; l < network->n_layers; l++) {
        if (network->layers[l].activation > ACTIVATION_LEAKY_RELU) {
            return 0;
        }
    }
    return loss == LOSS_MSE || loss == LOSS_MAE;
}

/* What lies on which side of its kink, folded into one number; equal for equal sides. */
static uint64_t sides(const struct derivative *derivative, const double *targets)
{
    const struct network *network = derivative->network;
    const double *sums = derivative->sums + network->n_inputs;
    const double *outputs = derivative_outputs(derivative);
    uint64_t hash = 14695981039346656037U;
    for (int l = 0; l < network->n_layers; l++) {
        for (int j = 0; is_kinked(network->layers[l].activation) && j < network->layers[l].units;
             j++) {
            hash = (hash ^ (sums[j] > 0.0)) * 1099511628211U;
        }
        sums += network->layers[l].units;
    }
    for (int j = 0; derivative->loss == LOSS_MAE && j < network_n_outputs(network); j++) {
        hash = (hash ^ (outputs[j] > targets[j])) * 1099511628211U;
    }
    return hash;
}

/* L's difference from `low` to `high`; whether nothing changed sides on the way. */
static int difference(struct examination *it, const double *low, const double *high,
                      double *out_difference)
{
    double sum = 0.0;
    for (size_t i = 0; i < it->n_samples; i++) {
        const double *x = examination_features(it, i), *y = examination_targets(it, i);
        double above = derivative_forward(&it->derivative, high, x, y);
        uint64_t side = sides(&it->derivative, y);
        sum += above - derivative_forward(&it->derivative, low, x, y);
        if (side != sides(&it->derivative, y)) {
            return 0;
        }
    }
    *out_difference = sum / (double)it->n_samples;
    return 1;
}

/* Errors are relative to the slope, or to a thousandth of L where that is larger. */
static double scale_of(const struct examination *it, double found, double slope)
{
    return fmax(fmax(fabs(found), fabs(slope)), 1e-3 * it->now.loss);
}

/* L's slope by parameter a; NaN: no step confirms another. low, high: the parameters, left so. */
static double slope_found(struct examination *it, double *low, double *high, size_t a, double slope)
{
    int is_exact = is_parabola(it);
    double at = low[a], change, before = NAN, refined = NAN, found = NAN;
    double h = is_exact ? STEP_PARABOLA : STEP_SMOOTH;
    double least = is_exact ? STEP_MIN_PARABOLA : STEP_MIN_SMOOTH;
    for (; isnan(found) && h > least; h *= 0.5) {
        low[a] = at - h;
        high[a] = at + h;
        double here = NAN, better, other;
        if (difference(it, low, high, &change)) {
            here = change / (high[a] - low[a]);
        }
        better = is_exact ? here : here + (here - before) / 3.0;
        other = is_exact ? before : refined;
        if (fabs(better - other) <= 0.1 * it->check.allowed * scale_of(it, other, slope)) {
            found = other;
        }
        before = here;
        refined = better;
    }
    low[a] = high[a] = at;
    return found;
}

static void compare(struct examination *it, size_t a, double found, double slope)
{
    struct gradient_check *check = &it->check;
    double scale = scale_of(it, found, slope);
    double off = scale > 0.0 ? fabs(found - slope) / scale : 0.0;
    if (check->n_checked == 0 || off > check->error) {
        check->error = off;
        check->worst = a;
    }
    check->n_checked++;
}

static void fire(struct examination *it)
{
    if (it->check.n_checked == 0) {
        examination_not_run(it, "GRADIENT_CHECK", "a kink lies within reach of every parameter");
        return;
    }
    examination_fire(it, CODE_GRADIENT_CHECK, KIND_EXACT,
                     it->check.error <= it->check.allowed ? SEVERITY_OK : SEVERITY_ERROR,
                     SCOPE_PRESENT | SCOPE_THESE_SAMPLES);
}

int gradient_check_find(struct examination *it, struct error *error)
{
    size_t p = it->n_parameters;
    it->check = (struct gradient_check){.error = NAN, .allowed = is_parabola(it) ? 1e-9 : 1e-7};
    if (it->depth == EXPLAIN_LIVE) {
        return 0;
    }
    if (!it->setting.can_polish) {
        examination_not_run(it, "GRADIENT_CHECK", "the network is too large for it");
        return 0;
    }
    double *low = memory_array(2 * p, sizeof *low, error), *high = low + p;
    int status = low ? 0 : -1;
    if (status == 0) {
        memcpy(low, it->subject->parameters, p * sizeof *low);
        memcpy(high, low, p * sizeof *high);
    }
    for (size_t a = 0; a < p && status == 0; a++) {
        double slope = it->gradient[a] / it->derivative.factor;
        double found = slope_found(it, low, high, a, slope);
        if (!isnan(found)) {
            compare(it, a, found, slope);
        }
        status = examination_ask(it, error);
    }
    if (status == 0) {
        fire(it);
    }
    free(low);
    return status;
}

/* --- telling -------------------------------------------------------------------------------- */

void gradient_check_tell(const struct examination *it, struct teller *teller)
{
    tell_integer(teller, "checked", it->check.n_checked);
    tell_number(teller, "largest_error", it->check.error);
    tell_number(teller, "allowed", it->check.allowed);
}

static void evidence(const struct examination *it, struct teller *teller)
{
    tell_integer(teller, "parameters", (int64_t)it->n_parameters);
    gradient_check_tell(it, teller);
}

static void add_fault(struct words *words, const struct examination *it)
{
    words_add(words, "The slope that was computed for parameter %zu of %zu, counted layer by "
                     "layer, differs from differences of the loss by ",
              it->check.worst + 1, it->n_parameters);
    words_number(words, it->check.error, 2);
    words_add(words, " of its size; at most ");
    words_number(words, it->check.allowed, 2);
    words_add(words, " is rounding. That is a fault of this server, not of your run: please report "
                     "it with the spec, and do not trust what else is said here.");
}

static void add_agreement(struct words *words, const struct examination *it)
{
    int n_all = (int)it->n_parameters, n = it->check.n_checked;
    if (n == n_all) {
        words_add(words, "The gradient of all %d parameters agrees", n);
    } else {
        words_add(words, "The gradient of %d of the %d parameters agrees", n, n_all);
    }
    words_add(words, " with differences of the loss, ");
    if (it->check.error > 0.0) {
        words_add(words, "to ");
        words_number(words, it->check.error, 1);
    } else {
        words_add(words, "to the last digit");
    }
    words_add(words, ": change one parameter a little, and the loss changes as its slope says. So "
                     "these slopes are right.");
    if (n < n_all) {
        words_add(words, " For the other%s no difference was sure enough: a unit switches on or "
                         "off close by, or rounding drowns it.",
                  n_all - n == 1 ? "" : "s");
    }
}

static void text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    if (it->verdicts[CODE_GRADIENT_CHECK].severity == SEVERITY_ERROR) {
        add_fault(&words, it);
    } else {
        add_agreement(&words, it);
    }
    tell_text(teller, "text", words.text);
}

const struct diagnosis diagnosis_gradient_check = {evidence, text, NULL};
