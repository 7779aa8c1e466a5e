/* GRADIENT_CHECK: the gradient against differences of the loss.
 *
 * Central differences of L at shrinking steps h. Where L is a parabola in each parameter alone
 * (relu and its like, the squared error) they are exact but for rounding as long as no unit changes
 * sides between the two points; elsewhere two of them are put together (Richardson), which leaves
 * an error of h^4, once h moves no unit far along its bend. A difference counts only if the next
 * smaller step confirms it ten times better than the gradient has to agree, if a bound of its
 * rounding (rounding.h) is half of that, and if no unit is so near a kink that rounding could put
 * it on the other side: anything else makes a parameter not checkable, and never the check fail.
 * What fails is a fault of this program. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/diagnosis/rounding.h"
#include "core/explain/verdict/words.h"

/* Powers of two, so that most parameters take them without rounding; most are stopped before the
 * least by rounding. */
#define STEP_PARABOLA 1.0
#define STEP_SMOOTH 0x1p-5
#define STEP_MIN 0x1p-40

/* What at - h and at + h may differ by in their distance from it, as a share of h: 4 epsilon, which
 * the bound of the rounding has room for. */
#define OFF_CENTRE_MAX 0x1p-50

/* How far along its bend h may move a unit: then its higher derivatives matter little. */
#define REACH_MAX 0.125

/* A gradient's component next to 0 is measured by this share of L instead. */
#define SCALE_LEAST 1e-2

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

static int is_smooth(enum activation activation)
{
    return activation != ACTIVATION_LINEAR && activation != ACTIVATION_RELU &&
           activation != ACTIVATION_LEAKY_RELU;
}

/* What one parameter's check works with. */
struct probe {
    struct examination *it;
    double *low, *high;                 /* [n_parameters]: the parameters but for one of them */
    double *sums_at_low, *sums_at_high; /* [2 n_units] of one sample, its outputs behind them */
    double *errors;                     /* [2 n_units]: bounds of the sums' rounding */
};

/* Whether `one` and `other` lie on the same side of `kink`, further from it than `error`. */
static int is_aside(double one, double other, double kink, double error)
{
    return (one > kink) == (other > kink) &&
           fmin(fabs(one - kink), fabs(other - kink)) >= error;
}

/* Whether no unit changes sides between two sums, each known up to its error (NULL: 0), nor moves
 * far along its bend. */
static int is_level(const struct probe *probe, const double *low, const double *high,
                    const double *errors)
{
    const struct network *network = probe->it->subject->network;
    size_t unit = (size_t)network->n_inputs;
    for (int l = 0; l < network->n_layers; l++) {
        enum activation activation = network->layers[l].activation;
        for (int j = 0; j < network->layers[l].units; j++, unit++) {
            if (low[unit] == high[unit]) {
                continue;
            }
            if (is_smooth(activation) && !(fabs(high[unit] - low[unit]) <= REACH_MAX)) {
                return 0;
            }
            if (is_kinked(activation) &&
                !is_aside(low[unit], high[unit], 0.0, errors ? errors[unit] : 0.0)) {
                return 0;
            }
        }
    }
    return 1;
}

/* The same of the loss, whose kinks are where an output is so far from its target. */
static int is_loss_level(const struct probe *probe, const double *low, const double *high,
                         const double *targets, const double *errors)
{
    const struct derivative *derivative = &probe->it->derivative;
    int n = network_n_outputs(derivative->network);
    int n_kinks = derivative->loss == LOSS_MAE ? 1 : derivative->loss == LOSS_HUBER ? 2 : 0;
    for (int j = 0; j < n; j++) {
        for (int k = 0; k < n_kinks; k++) {
            double kink = targets[j] + (n_kinks == 2 ? 2.0 * k - 1.0 : 0.0);
            if (low[j] != high[j] &&
                !is_aside(low[j], high[j], kink, errors ? 2.0 * errors[j] : 0.0)) {
                return 0;
            }
        }
    }
    return 1;
}

/* One sample's L at the parameters; its sums, and its outputs behind them, are kept. */
static double forward(struct probe *probe, const double *parameters, size_t i, double *sums)
{
    struct derivative *derivative = &probe->it->derivative;
    double loss = derivative_forward(derivative, parameters, examination_features(probe->it, i),
                                     examination_targets(probe->it, i));
    memcpy(sums, derivative->sums, derivative->n_units * sizeof *sums);
    memcpy(sums + derivative->n_units, derivative_outputs(derivative),
           (size_t)network_n_outputs(derivative->network) * sizeof *sums);
    return loss;
}

/* Whether sample i stays level between low and high; *out_change: L's difference. */
static int is_sample_level(struct probe *probe, size_t i, double *out_change)
{
    size_t n = probe->it->derivative.n_units;
    double *low = probe->sums_at_low, *high = probe->sums_at_high;
    double below = forward(probe, probe->low, i, low);
    *out_change = forward(probe, probe->high, i, high) - below;
    return is_level(probe, low, high, NULL) &&
           is_loss_level(probe, low + n, high + n, examination_targets(probe->it, i), NULL);
}

/* Whether it surely does, whatever rounding did at one of the two, whose bound *out_bound grows
 * by. */
static int is_surely_level(struct probe *probe, size_t i, const double *parameters,
                           double *out_bound)
{
    struct derivative *derivative = &probe->it->derivative;
    size_t n = derivative->n_units;
    const double *y = examination_targets(probe->it, i);
    const double *low = probe->sums_at_low, *high = probe->sums_at_high;
    double loss = derivative_forward(derivative, parameters, examination_features(probe->it, i), y);
    *out_bound += rounding_bound(derivative, parameters, y, loss, probe->errors);
    return is_level(probe, low, high, probe->errors) &&
           is_loss_level(probe, low + n, high + n, y,
                         probe->errors + 2 * n - (size_t)network_n_outputs(derivative->network));
}

/* The mean over the samples of L's difference from low to high; NaN where one is not level. */
static double difference(struct probe *probe)
{
    size_t n = probe->it->n_samples;
    double sum = 0.0, change;
    for (size_t i = 0; i < n; i++) {
        if (!is_sample_level(probe, i, &change)) {
            return NAN;
        }
        sum += change;
    }
    return sum / (double)n;
}

/* What the gradient's own rounding may come to between low and high where it is larger than L's: a
 * chance next to 1, less its target 1, has lost its digits, which -log(chance) has not. */
static double chance_rounding(const struct probe *probe)
{
    const struct derivative *derivative = &probe->it->derivative;
    size_t n = (size_t)network_n_outputs(derivative->network);
    double moved = 0.0;
    if (loss_activation(derivative->loss) == ACTIVATION_COUNT) {
        return 0.0;
    }
    for (size_t unit = derivative->n_units - n; unit < derivative->n_units; unit++) {
        moved += fabs(probe->sums_at_high[unit] - probe->sums_at_low[unit]);
    }
    return 4.0 * DBL_EPSILON * moved;
}

/* A bound of that difference's rounding; infinite where a sample may not have stayed level. */
static double difference_rounding(struct probe *probe)
{
    size_t n = probe->it->n_samples;
    double bound = 0.0, change;
    for (size_t i = 0; i < n; i++) {
        if (!is_sample_level(probe, i, &change) ||
            !is_surely_level(probe, i, probe->low, &bound) ||
            !is_surely_level(probe, i, probe->high, &bound)) {
            return INFINITY;
        }
        bound += chance_rounding(probe);
        bound += (double)n * DBL_EPSILON * fabs(change); /* adding up, here and in the gradient */
    }
    return bound / (double)n;
}

/* Errors are relative to the slope, or to a share of L where that is larger. */
static double scale_of(const struct examination *it, double found, double slope)
{
    return fmax(fmax(fabs(found), fabs(slope)), SCALE_LEAST * it->now.loss);
}

/* L's slope by parameter a; NaN: no step confirms another, or rounding may have. The probe's
 * parameters are left as they were. */
static double slope_found(struct probe *probe, size_t a, double slope)
{
    const struct examination *it = probe->it;
    double *low = &probe->low[a], *high = &probe->high[a], at = *low;
    int is_exact = is_parabola(it);
    double before = NAN, refined = NAN, found = NAN;
    for (double h = is_exact ? STEP_PARABOLA : STEP_SMOOTH; isnan(found) && h > STEP_MIN;
         h *= 0.5) {
        *low = at - h;
        *high = at + h;
        int is_central = fabs((*high - at) - (at - *low)) <= OFF_CENTRE_MAX * h;
        double here = is_central ? difference(probe) / (*high - *low) : NAN;
        double better = is_exact ? here : here + (here - before) / 3.0;
        double other = is_exact ? before : refined;
        double allowed = it->check.allowed * scale_of(it, better, slope);
        if (fabs(better - other) <= 0.1 * allowed) {
            found = difference_rounding(probe) / h <= allowed ? better : NAN;
            break;
        }
        before = here;
        refined = better;
    }
    *low = *high = at;
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
        examination_not_run(it, "GRADIENT_CHECK", "of no parameter is a difference sure: kinks are "
                                                  "near, or rounding drowns it");
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
    size_t n_units = it->derivative.n_units;
    double *room = memory_array(2 * p + 6 * n_units, sizeof *room, error);
    struct probe probe = {it, room, room + p, room + 2 * p, room + 2 * p + 2 * n_units,
                          room + 2 * p + 4 * n_units};
    int status = room ? 0 : -1;
    if (status == 0) {
        memcpy(probe.low, it->subject->parameters, p * sizeof *room);
        memcpy(probe.high, probe.low, p * sizeof *room);
    }
    for (size_t a = 0; a < p && status == 0; a++) {
        double slope = it->gradient[a] / it->derivative.factor;
        double found = slope_found(&probe, a, slope);
        if (!isnan(found)) {
            compare(it, a, found, slope);
        }
        status = examination_ask(it, error);
    }
    if (status == 0) {
        fire(it);
    }
    free(room);
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
