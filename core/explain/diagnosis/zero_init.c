/* ZERO_INIT_SADDLE: all parameters but the output's biases start at 0, and so stay there.
 *
 * With activations of value 0 at 0 each weight's gradient has another weight that is 0 as a factor,
 * or an input that is 0, whatever the slope at 0; so no optimizer moves it, and no weight decay.
 * Only the output's biases get the bare error. Of the squared error with single samples in a fixed
 * order they follow b <- b - rate c (b - y), an exponentially weighted mean, whose limit after a
 * whole epoch is sum of a (1 - a)^(N - 1 - i) y_i / (1 - (1 - a)^N), a = rate c; with all samples
 * at once b <- b - a (b - mean). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

static int starts_at_zero(const struct examination *it)
{
    const struct network *network = it->subject->network;
    int last = network->n_layers - 1;
    size_t n = network_bias(network, last, 0);
    for (int l = 0; l < last; l++) {
        enum activation activation = network->layers[l].activation;
        if (activation == ACTIVATION_SIGMOID || activation == ACTIVATION_SOFTPLUS) {
            return 0;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (it->subject->start[i] != 0.0) {
            return 0;
        }
    }
    return last > 0;
}

static int has_recursion(const struct examination *it)
{
    const struct setting *setting = &it->setting;
    int is_mean = it->subject->training->reduction == REDUCTION_MEAN;
    int is_stepwise = setting->is_single && it->subject->training->order == ORDER_FIXED;
    return setting->is_plain && setting->is_squared && setting->is_constant &&
           (is_stepwise || (setting->is_full && is_mean));
}

/* The bias after the run's epochs. */
static double follow_bias(const struct examination *it)
{
    double a = it->subject->training->learning_rate * it->factor;
    double bias = it->subject->start[it->n_parameters - 1];
    for (int64_t epoch = 0; epoch < it->subject->state.epoch; epoch++) {
        double before = bias;
        for (size_t i = 0; i < it->n_samples && !it->setting.is_full; i++) {
            bias = bias - a * (bias - examination_targets(it, i)[0]);
        }
        bias -= it->setting.is_full ? a * (bias - it->floors->mean[0]) : 0.0;
        if (bias == before) {
            break;
        }
    }
    return bias;
}

static double bias_limit(const struct examination *it)
{
    double a = it->subject->training->learning_rate * it->factor, sum = 0.0, weights = 0.0;
    if (it->setting.is_full) {
        return it->floors->mean[0];
    }
    for (size_t i = 0; i < it->n_samples; i++) {
        sum = (1.0 - a) * sum + a * examination_targets(it, i)[0];
        weights = (1.0 - a) * weights + a;
    }
    return sum / weights;
}

/* The slope of the residuals by each input: the way out. */
static void way_out(const struct examination *it, double bias, double *w)
{
    size_t d = (size_t)it->subject->network->n_inputs;
    double n = (double)it->n_samples;
    for (size_t k = 0; k < d; k++) {
        double mean = 0.0, slope = 0.0;
        for (size_t i = 0; i < it->n_samples; i++) {
            mean += examination_features(it, i)[k] / n;
        }
        for (size_t i = 0; i < it->n_samples; i++) {
            slope += (examination_features(it, i)[k] - mean) *
                     (examination_targets(it, i)[0] - bias) / n;
        }
        w[k] = slope;
    }
    double norm = linalg_norm(w, d);
    for (size_t k = 0; k < d; k++) {
        w[k] = norm > 0.0 ? w[k] / norm : 1.0 / sqrt((double)d);
    }
}

/* (L(saddle + e way) - L(saddle)) / e^2: a first unit along that slope, on for all samples, its
 * outgoing weight e, and its mean taken off the output's bias. */
static int escape_curvature(struct examination *it, struct error *error)
{
    const struct network *network = it->subject->network;
    size_t d = (size_t)network->n_inputs, p = it->n_parameters;
    const double e = 1e-3;
    double *t = memory_array(p + d, sizeof *t, error);
    if (!t) {
        return -1;
    }
    double *w = t + p, lowest = 0.0, mean = 0.0;
    memcpy(t, it->subject->parameters, p * sizeof *t);
    way_out(it, t[p - 1], w);
    for (size_t i = 0; i < it->n_samples; i++) {
        lowest = fmin(lowest, linalg_dot(w, examination_features(it, i), d));
    }
    for (size_t k = 0; k < d; k++) {
        t[network_weight(network, 0, 0, (int)k)] += e * w[k];
    }
    t[network_bias(network, 0, 0)] += e * -lowest;
    for (size_t i = 0; i < it->n_samples; i++) {
        derivative_forward(&it->derivative, t, examination_features(it, i), NULL);
        mean += it->derivative.units[d] / (double)it->n_samples;
    }
    t[network_weight(network, 1, 0, 0)] += e;
    t[p - 1] -= e * mean;
    double loss = derivative_data(&it->derivative, t, it->subject->dataset, NULL);
    it->zero_init.curvature = (loss - it->now.loss) / (e * e);
    free(t);
    return 0;
}

int zero_init_find(struct examination *it, struct error *error)
{
    if (!starts_at_zero(it)) {
        return 0;
    }
    examination_fire(it, CODE_ZERO_INIT_SADDLE, KIND_THEOREM, SEVERITY_BLOCK,
                     SCOPE_ANY_OPTIMIZER | SCOPE_FIXED_DATA);
    it->zero_init = (struct zero_init){0, NAN, NAN, NAN};
    for (size_t i = 0; i < it->n_parameters; i++) {
        it->zero_init.n_frozen += it->subject->parameters[i] == it->subject->start[i];
    }
    if (has_recursion(it)) {
        it->zero_init.bias = bias_limit(it);
        it->zero_init.expected = it->depth == EXPLAIN_LIVE ? NAN : follow_bias(it);
    }
    int is_shallow = it->subject->network->n_layers == 2;
    return it->depth != EXPLAIN_LIVE && it->setting.is_squared && is_shallow
               ? escape_curvature(it, error)
               : 0;
}

static void evidence(const struct examination *it, struct teller *teller)
{
    int is_one = network_n_outputs(it->subject->network) == 1;
    tell_integer(teller, "frozen", (int64_t)it->zero_init.n_frozen);
    if (is_one) {
        tell_number(teller, "b_out", it->subject->parameters[it->n_parameters - 1]);
        tell_number(teller, "b_out_recursion", it->zero_init.expected);
        tell_number(teller, "b_out_limit", it->zero_init.bias);
        tell_number(teller, "target_mean", it->floors->mean[0]);
    }
    tell_number(teller, "escape_curvature", it->zero_init.curvature);
}

static void text(const struct examination *it, struct teller *teller)
{
    const struct network *network = it->subject->network;
    size_t n_zero = network_bias(network, network->n_layers - 1, 0);
    int is_one = network_n_outputs(network) == 1;
    struct words words = {0};
    words_add(&words, "Each weight's gradient is multiplied by another weight, or by a hidden "
                      "output, that is 0, so all %zu weights and hidden biases "
                      "stay exactly 0. Only the output bias%s the "
                      "bare error", n_zero, is_one ? " gets" : "es get");
    if (it->setting.is_squared) {
        words_add(&words, " and moves to the average of the targets, ");
        words_number(&words, it->floors->mean[0], 5);
        words_add(&words, " (it is at ");
        words_number(&words, it->subject->parameters[it->n_parameters - 1], 7);
        words_add(&words, ")");
    }
    words_add(&words, ". It is a balance point, not a valley: starts that differ from 0 by a tiny "
                      "random amount usually learn.");
    tell_text(teller, "text", words.text);
}

static void actions(const struct examination *it, struct teller *teller)
{
    (void)it;
    action_seeds(teller);
}

const struct diagnosis diagnosis_zero_init = {evidence, text, actions};
