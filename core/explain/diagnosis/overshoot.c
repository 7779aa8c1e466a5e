/* STEP_OVERSHOOTS_AT_INIT, STEP_OVERSHOOTS_IN_EPOCH_1, ABOVE_GD_LIMIT_AT_INIT: steps too long.
 *
 * A step of SGD on one sample turns its error e into (1 - rho) e to first order, rho = rate c
 * |gradient of f|^2 (exactly, where f is linear in the parameters): beyond 2 it grows. That is said
 * of this step and its own sample, not of the run. Over all samples at once gradient descent grows
 * along the direction in which rate times J's curvature is beyond 2. */
#include <math.h>
#include <stdlib.h>

#include "core/base/math/linalg.h"
#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

#define WALK_WORK_MAX 1e8 /* samples times parameters */
#define BOUND_MAX 1.99    /* a bound below it says 2 is not reached, with room for its rounding */

static int measure_start(struct examination *it, double *row, struct error *error)
{
    struct overshoot *overshoot = &it->overshoot;
    size_t n_above = 0;
    overshoot->at_start = memory_array(it->n_samples, sizeof(double), error);
    if (!overshoot->at_start) {
        return -1;
    }
    for (size_t i = 0; i < it->n_samples; i++) {
        double rho = examination_overshoot(it, it->subject->start, i, examination_rate(it, 1), row);
        overshoot->at_start[i] = rho;
        overshoot->max = fmax(overshoot->max, rho);
        n_above += rho > 2.0;
    }
    overshoot->fraction = (double)n_above / (double)it->n_samples;
    return 0;
}

/* A bound of rho at the start without looking at the samples one by one, infinite where it isn't
 * worked out. Slopes of at most 1, and outputs no larger than the weighted sums: then a layer's
 * outputs h have |h| <= |W| |inputs| + |b| and deltas |d below| <= |W| |d|, and its parameters'
 * gradient is |d|^2 (|inputs|^2 + 1), squared. */
static double bound_start(const struct examination *it)
{
    const struct network *network = it->subject->network;
    double inputs[NETWORK_LAYERS_MAX], lengths[NETWORK_LAYERS_MAX], sum = 0.0, delta = 1.0;
    double length = sqrt(it->floors->longest);
    for (int l = 0; l < network->n_layers; l++) {
        const struct layer *layer = &network->layers[l];
        size_t n = (size_t)layer->units;
        const double *weights = it->subject->start + network_weight(network, l, 0, 0);
        const double *biases = it->subject->start + network_bias(network, l, 0);
        if (layer->activation != ACTIVATION_RELU && layer->activation != ACTIVATION_LEAKY_RELU &&
            layer->activation != ACTIVATION_TANH && layer->activation != ACTIVATION_LINEAR) {
            return INFINITY;
        }
        inputs[l] = length;
        lengths[l] = linalg_norm(weights, n * (size_t)network_layer_inputs(network, l));
        length = lengths[l] * length + linalg_norm(biases, n);
    }
    for (int l = network->n_layers - 1; l >= 0; l--) {
        sum += delta * delta * (inputs[l] * inputs[l] + 1.0);
        delta *= lengths[l];
    }
    return examination_rate(it, 1) * it->factor * sum;
}

/* The first epoch, sample by sample. */
static int walk(struct examination *it, double *row, struct error *error)
{
    struct overshoot *overshoot = &it->overshoot;
    struct replay replay = {0};
    struct replay_run run = {it->subject->start, 1.0};
    double *parameters = memory_array(it->n_parameters, sizeof *parameters, error);
    int status = -1;
    if (!parameters || replay_open(&replay, it->subject, &run, 1, 1, error) != 0) {
        goto out;
    }
    const uint32_t *rows = replay_next_rows(&replay);
    overshoot->peak = overshoot->max;
    for (size_t i = 0; i < it->n_samples && replay_is_finite(&replay, 0); i++) {
        replay_present(&replay, 0, parameters);
        double rho = examination_overshoot(it, parameters, rows[i], examination_rate(it, 1), row);
        overshoot->peak = fmax(overshoot->peak, rho);
        if (rho > 2.0 && overshoot->first_step == 0) {
            overshoot->first_step = (int64_t)i + 1;
            overshoot->first_sample = rows[i];
        }
        replay_step(&replay);
    }
    status = 0;
out:
    replay_close(&replay);
    free(parameters);
    return status;
}

static int find_single(struct examination *it, struct error *error)
{
    double *row = memory_array(it->n_parameters, sizeof *row, error);
    int status = row ? measure_start(it, row, error) : -1;
    if (status == 0 && it->overshoot.max > 2.0) {
        examination_fire(it, CODE_STEP_OVERSHOOTS_AT_INIT, KIND_LOCAL, SEVERITY_WARN,
                         SCOPE_FIRST_ORDER | SCOPE_THIS_START);
    } else if (status == 0 && it->depth != EXPLAIN_LIVE) {
        status = walk(it, row, error);
        if (it->overshoot.first_step > 0) {
            examination_fire(it, CODE_STEP_OVERSHOOTS_IN_EPOCH_1, KIND_LOCAL, SEVERITY_WARN,
                             SCOPE_FIRST_ORDER | SCOPE_THIS_START);
        }
    }
    free(row);
    return status;
}

static int find_full(struct examination *it, struct error *error)
{
    size_t p = it->n_parameters;
    double *hessian = memory_array(p * p, sizeof *hessian, error);
    double *values = memory_array(2 * p, sizeof *values, error);
    int status = -1;
    if (!hessian || !values ||
        derivative_hessian(&it->derivative, it->subject->start, it->subject->dataset, hessian,
                           error) != 0) {
        goto out;
    }
    status = 0;
    if (linalg_eigen_symmetric(hessian, p, values, values + p) == 0) {
        int is_sum = it->subject->training->reduction == REDUCTION_SUM;
        double rate = examination_rate(it, 1) * (is_sum ? (double)it->n_samples : 1.0);
        it->overshoot.sharpness = rate * values[p - 1];
        if (it->overshoot.sharpness > 2.0) {
            examination_fire(it, CODE_ABOVE_GD_LIMIT_AT_INIT, KIND_LOCAL, SEVERITY_WARN,
                             SCOPE_FIRST_ORDER | SCOPE_THIS_START);
        }
    }
out:
    free(hessian);
    free(values);
    return status;
}

int overshoot_find(struct examination *it, struct error *error)
{
    const char *codes = "STEP_OVERSHOOTS_AT_INIT, STEP_OVERSHOOTS_IN_EPOCH_1, "
                        "ABOVE_GD_LIMIT_AT_INIT";
    if (!it->setting.is_plain) {
        examination_not_run(it, codes,
                            "known for plain SGD alone: other optimizers scale each step");
        return 0;
    }
    if (it->setting.is_full) {
        if (it->setting.can_polish && it->depth != EXPLAIN_LIVE) {
            return find_full(it, error);
        }
        if (!it->setting.can_polish) {
            examination_not_run(it, codes, "the network is too large for its matrix of curvatures");
        }
        return 0;
    }
    if (!it->setting.is_single || !it->setting.is_squared) {
        examination_not_run(it, codes,
                            "known for steps on one sample or on all, and for the squared "
                            "error of one linear output");
        return 0;
    }
    if ((double)it->n_samples * (double)it->n_parameters > WALK_WORK_MAX) {
        examination_not_run(it, codes, "the first epoch is too long to be walked step by step");
        return 0;
    }
    if (it->is_brief && bound_start(it) < BOUND_MAX) {
        return 0;
    }
    return find_single(it, error);
}

/* --- telling -------------------------------------------------------------------------------- */

static double largest_controlled(const struct examination *it)
{
    return examination_rate(it, 1) * 2.0 / it->overshoot.max;
}

static void start_evidence(const struct examination *it, struct teller *teller)
{
    tell_number(teller, "max_rho", it->overshoot.max);
    tell_number(teller, "fraction", it->overshoot.fraction);
    tell_number(teller, "lr_bound", largest_controlled(it));
}

static int has_relu(const struct network *network)
{
    for (int l = 0; l < network->n_layers - 1; l++) {
        if (network->layers[l].activation == ACTIVATION_RELU) {
            return 1;
        }
    }
    return 0;
}

static void start_text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    double n = it->overshoot.fraction * (double)it->n_samples;
    words_add(&words,
              "On %.0f of %zu samples one step would more than reverse the error (factor up "
              "to ",
              n, it->n_samples);
    words_number(&words, it->overshoot.max, 3);
    words_add(&words, "; above 2 the error grows).%s At this start, steps stay controlled for a "
                      "learning rate below ",
              has_relu(it->subject->network) ? " That usually throws ReLUs out of range." : "");
    words_number(&words, largest_controlled(it), 2);
    words_add(&words, ".");
    tell_text(teller, "text", words.text);
}

static void start_actions(const struct examination *it, struct teller *teller)
{
    action_rate(teller, it, "start", 1.0 / it->overshoot.max);
}

static void epoch_evidence(const struct examination *it, struct teller *teller)
{
    tell_number(teller, "peak", it->overshoot.peak);
    tell_integer(teller, "first_step", it->overshoot.first_step);
    tell_integer(teller, "epoch", 1);
    tell_integer(teller, "sample", it->overshoot.first_step - 1);
    tell_integer(teller, "row",
                 (int64_t)dataset_row(it->subject->dataset, it->overshoot.first_sample));
}

static void epoch_text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    words_add(&words,
              "In the first epoch, at step %lld, one step would more than reverse the error "
              "of its own sample (factor ",
              (long long)it->overshoot.first_step);
    words_number(&words, it->overshoot.peak, 3);
    words_add(&words,
              " at most; above 2 the error grows). The start was fine: the weights grew into it.%s",
              has_relu(it->subject->network) ? " Such steps usually throw ReLUs out of range."
                                             : "");
    tell_text(teller, "text", words.text);
}

static void epoch_actions(const struct examination *it, struct teller *teller)
{
    action_rate(teller, it, "start", 1.0 / it->overshoot.peak);
}

static void limit_evidence(const struct examination *it, struct teller *teller)
{
    tell_number(teller, "eta_times_sharpness", it->overshoot.sharpness);
    tell_number(teller, "lr_limit", 2.0 * examination_rate(it, 1) / it->overshoot.sharpness);
}

static void limit_text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    words_add(&words, "The loss is so curved at the start that a step of this length jumps across "
                      "the valley and lands higher: learning rate times curvature is ");
    words_number(&words, it->overshoot.sharpness, 4);
    words_add(&words, ", and gradient descent is stable up to 2, here a learning rate of ");
    words_number(&words, 2.0 * examination_rate(it, 1) / it->overshoot.sharpness, 3);
    words_add(&words, ". It may still settle somewhere flatter.");
    tell_text(teller, "text", words.text);
}

static void limit_actions(const struct examination *it, struct teller *teller)
{
    action_rate(teller, it, "start", 1.0 / it->overshoot.sharpness);
}

const struct diagnosis diagnosis_overshoot_start = {start_evidence, start_text, start_actions};
const struct diagnosis diagnosis_overshoot_epoch = {epoch_evidence, epoch_text, epoch_actions};
const struct diagnosis diagnosis_gd_limit = {limit_evidence, limit_text, limit_actions};
