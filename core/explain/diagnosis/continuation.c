/* UNDERTRAINED, STOPPED_AS_ASKED and LR_NOISE_FLOOR: what going on would bring.
 *
 * The run is trained on for three times as long from where it stands, once at the same rate and
 * once at a tenth. If the same rate gains as much, it was stopped too early, or as its target or
 * patience asked for. If only the tenth gains, the weights hover around a valley and the rate is
 * what keeps them from settling. */
#include <math.h>
#include <stdlib.h>

#include "core/base/math/linalg.h"
#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/diagnosis/drift.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

static int train_on(struct examination *it, struct error *error)
{
    static const double PACES[2] = {1.0, 0.1};
    struct continuation *on = &it->continuation;
    int64_t n = it->tail.n_median, epoch = it->subject->state.epoch;
    struct replay replay = {0};
    double *losses = memory_array((size_t)n * 3, sizeof *losses, error);
    int status = -1;
    on->epochs = 3 * epoch;
    if (!losses || replay_continue(&replay, &it->end, PACES, 2, on->epochs, error) != 0 ||
        replay_to(&replay, epoch + on->epochs - n, error) != 0 ||
        replay_end_losses(&replay, &it->derivative, n, losses, error) != 0) {
        goto out;
    }
    on->same = replay_is_finite(&replay, 0)
                   ? examination_median(losses, n, 2, 0, losses + 2 * n) : INFINITY;
    on->tenth = replay_is_finite(&replay, 1)
                    ? examination_median(losses, n, 2, 1, losses + 2 * n) : INFINITY;
    on->gain_same = (it->loss - on->same) / it->loss;
    on->gain_tenth = (it->loss - on->tenth) / it->loss;
    on->is_known = 1;
    status = 0;
out:
    replay_close(&replay);
    free(losses);
    return status;
}

/* What a Newton step by the Gauss-Newton matrix G = (c/N) J'J would gain, relative to the loss:
 * (2/c) g' (G + 1e-8 tr G)^-1 g / 2 / L. */
static int measure_decrement(struct examination *it, struct error *error)
{
    size_t p = it->n_parameters;
    double *matrix = memory_array(p * p + 2 * p, sizeof *matrix, error);
    it->continuation.decrement = NAN;
    if (!matrix) {
        return -1;
    }
    double *step = matrix + p * p, *row = step + p, trace = 0.0;
    for (size_t i = 0; i < it->n_samples; i++) {
        derivative_jacobian(&it->derivative, it->subject->parameters, examination_features(it, i),
                            row);
        for (size_t a = 0; a < p; a++) {
            for (size_t b = 0; b < p; b++) {
                matrix[a * p + b] += it->factor * row[a] * row[b] / (double)it->n_samples;
            }
        }
    }
    for (size_t a = 0; a < p; a++) {
        trace += matrix[a * p + a];
        step[a] = it->gradient[a];
    }
    for (size_t a = 0; a < p; a++) {
        matrix[a * p + a] += 1e-8 * trace;
    }
    if (linalg_solve(matrix, p, step, 1) == 0) {
        it->continuation.decrement =
            2.0 / it->factor * 0.5 * linalg_dot(it->gradient, step, p) / it->loss;
    }
    free(matrix);
    return 0;
}

/* The time of the slowest direction that still curves up: 1 / (rate N curvature), in epochs of N
 * single steps. */
static double slowest(const struct examination *it)
{
    double largest = it->eigenvalues ? it->eigenvalues[it->n_parameters - 1] : NAN;
    double rate = examination_rate(it, it->subject->state.epoch);
    for (size_t i = 0; it->eigenvalues && i < it->n_parameters; i++) {
        if (it->eigenvalues[i] > 1e-10 * largest) {
            return 1.0 / (rate * (double)it->n_samples * it->eigenvalues[i]);
        }
    }
    return NAN;
}

static int is_undertrained(const struct examination *it)
{
    const struct continuation *on = &it->continuation;
    int is_clear = on->gain_same > 0.02 && on->gain_same >= on->gain_tenth - 0.01 &&
                   it->loss - on->same > 3.0 * it->tail.sd &&
                   (!it->setting.is_fixed || it->tail.falling > 0.5);
    int is_slow = on->decrement > 0.01 && it->tail.falling > 0.9 && on->gain_same > 0.0 &&
                  on->gain_same > on->gain_tenth;
    return is_clear || is_slow;
}

static int find_minimum(struct examination *it, struct error *error)
{
    struct continuation *on = &it->continuation;
    double *parameters = memory_array(it->n_parameters, sizeof *parameters, error);
    on->predicted = NAN;
    int status = parameters ? drift_minimum(it, 60, parameters, &on->minimum, error) : -1;
    if (status == 0 && !isnan(on->minimum)) {
        status = drift_predict(it, parameters, &on->predicted, error);
    }
    free(parameters);
    return status;
}

/* Whether it ended as it was asked to, by its target or its patience: then it was no mistake. */
static int stopped_as_asked(const struct examination *it)
{
    enum stopped stopped = it->subject->state.stopped;
    return stopped == STOPPED_TARGET || stopped == STOPPED_PATIENCE;
}

#define CHANCE_MAX 0.1 /* to doubt that more epochs help, less is needed than for a verdict */

/* Then more epochs help those samples only that it trains on; or that is to be feared. */
static int is_overfitted(const struct examination *it)
{
    const struct overfit *found = &it->overfit;
    return found->is_clear || (found->rise > 0.0 && found->p < CHANCE_MAX);
}

/* More epochs are no advice beside a validation loss that is told to have risen, by luck or not. */
static int is_doubted(const struct examination *it)
{
    return is_overfitted(it) ||
           (it->verdicts[CODE_OVERFITTING].has_fired && it->overfit.rise > 0.0);
}

int continuation_find(struct examination *it, struct error *error)
{
    struct continuation *on = &it->continuation;
    if (train_on(it, error) != 0) {
        return -1;
    }
    on->decrement = NAN;
    if (it->setting.is_squared && it->setting.can_polish && measure_decrement(it, error) != 0) {
        return -1;
    }
    enum severity severity = examination_has_gap(it) ? SEVERITY_BLOCK : SEVERITY_NOTE;
    if (is_undertrained(it)) {
        on->slowest = slowest(it);
        int is_asked = stopped_as_asked(it);
        examination_fire(it, is_asked ? CODE_STOPPED_AS_ASKED : CODE_UNDERTRAINED,
                         KIND_COUNTERFACTUAL,
                         is_asked || is_overfitted(it) ? SEVERITY_NOTE : severity,
                         SCOPE_THIS_START | SCOPE_FIXED_DATA);
    }
    if (on->gain_tenth > 0.02 && on->gain_tenth > on->gain_same + 0.02) {
        examination_fire(it, CODE_LR_NOISE_FLOOR, KIND_COUNTERFACTUAL, severity,
                         SCOPE_THIS_START | SCOPE_FIXED_DATA);
        return find_minimum(it, error);
    }
    return 0;
}

/* --- telling -------------------------------------------------------------------------------- */

static void short_evidence(const struct examination *it, struct teller *teller)
{
    const struct continuation *on = &it->continuation;
    tell_number(teller, "loss", it->loss);
    tell_number(teller, "after_same_epochs_more", on->same);
    tell_integer(teller, "epochs_more", on->epochs);
    tell_number(teller, "rel_gain", on->gain_same);
    tell_number(teller, "eta_epochs",
                it->subject->training->learning_rate * (double)it->subject->state.epoch);
    tell_number(teller, "slowest_active_tau", on->slowest);
    tell_number(teller, "slowest_epochs",
                on->slowest * (double)it->subject->training->batch_size); /* fewer steps an epoch */
    tell_number(teller, "newton_decrement", on->decrement);
}

/* What they would bring to a run whose validation loss has risen. */
static void overfitted_text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    words_add(&words, "On the samples it trains on, %lld more epochs would still lower the loss "
                      "from ", (long long)it->continuation.epochs);
    words_number(&words, it->loss, 4);
    words_add(&words, " to ");
    words_number(&words, it->continuation.same, 4);
    words_add(&words, "; but the validation loss has risen since epoch %lld, ",
              (long long)it->overfit.best_epoch);
    if (it->overfit.is_clear) {
        words_add(&words, "so they would only learn more of these samples by heart.");
    } else {
        words_add(&words, "from ");
        words_number(&words, it->overfit.best, 3);
        words_add(&words, " to ");
        words_number(&words, it->overfit.end, 3);
        words_add(&words, ". Over its %zu rows that may be chance (paired t-test, p = ",
                  it->subject->validation->n_samples);
        words_number(&words, it->overfit.p, 2);
        words_add(&words, "), but it is no reason to train on.");
    }
    tell_text(teller, "text", words.text);
}

static void short_text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    if (is_doubted(it)) {
        overfitted_text(it, teller);
        return;
    }
    words_add(&words, "Training stopped while it was still improving: after %lld more epochs the "
              "final weights score ", (long long)it->continuation.epochs);
    words_number(&words, it->continuation.same, 4);
    words_add(&words, " instead of ");
    words_number(&words, it->loss, 4);
    if (it->setting.is_plain && it->setting.is_constant) {
        words_add(&words, ". What counts is learning rate x epochs, here ");
        words_number(&words,
                     it->subject->training->learning_rate * (double)it->subject->state.epoch, 3);
    }
    words_add(&words, ". Use more epochs or a larger learning rate");
    if (it->setting.is_single && it->limits.sample > 0.0) {
        words_add(&words, ", well below ");
        words_number(&words, it->limits.sample, 2);
        words_add(&words, ", where steps from here overshoot");
    }
    words_add(&words, series_is_of_validation(it->subject->training->monitor)
                          ? ". That is said of the samples it trains on: look at the validation "
                            "loss, too."
                          : ".");
    tell_text(teller, "text", words.text);
}

static void short_actions(const struct examination *it, struct teller *teller)
{
    if (is_doubted(it)) {
        return;
    }
    action_epochs(teller, it, it->continuation.epochs);
    action_rate(teller, it, "start", 10.0);
}

static const char *mechanism(const struct examination *it)
{
    if (it->setting.is_full) {
        return "every step over all the samples jumps to and fro across a valley";
    }
    if (it->subject->training->order == ORDER_FIXED) {
        return "each sample pulls the weights its own way, in the same order every epoch, so they "
               "go round in a circle";
    }
    return "each sample pulls the weights its own way, in a new order every epoch";
}

static void noise_evidence(const struct examination *it, struct teller *teller)
{
    const struct continuation *on = &it->continuation;
    tell_number(teller, "loss", it->loss);
    tell_number(teller, "after_lr_div10", on->tenth);
    tell_number(teller, "after_same_lr", on->same);
    tell_integer(teller, "epochs_more", on->epochs);
    tell_number(teller, "local_min", on->minimum);
    tell_number(teller, "predicted", on->predicted);
    tell_text(teller, "mechanism", mechanism(it));
}

/* The prediction is worth telling only close to the minimum, where it was made. */
static void noise_text(const struct examination *it, struct teller *teller)
{
    const struct continuation *on = &it->continuation;
    struct words words = {0};
    words_add(&words, "The weights hover around a valley instead of settling (%s): after "
                      "%lld more epochs with a tenth of the learning rate the final weights score ",
              mechanism(it), (long long)on->epochs);
    words_number(&words, on->tenth, 4);
    if (isfinite(on->same)) {
        words_add(&words, ", at the same rate ");
        words_number(&words, on->same, 4);
    } else {
        words_add(&words, ", at the same rate it grows beyond all numbers");
    }
    words_add(&words, ".");
    if (on->predicted < 1.1 * on->minimum && on->predicted >= on->minimum) {
        words_add(&words, " Theory predicts hovering at ");
        words_number(&words, on->predicted, 4);
        words_add(&words, " above a minimum of ");
        words_number(&words, on->minimum, 4);
        words_add(&words, ".");
    }
    words_add(&words, " Lower the learning rate at the end.");
    tell_text(teller, "text", words.text);
}

static void noise_actions(const struct examination *it, struct teller *teller)
{
    action_rate(teller, it, "end", 0.1);
}

const struct diagnosis diagnosis_undertrained = {short_evidence, short_text, short_actions};
const struct diagnosis diagnosis_noise_floor = {noise_evidence, noise_text, noise_actions};
