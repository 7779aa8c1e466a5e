/* The setting of a run, its present state, and how far it is from the best. */
#include "core/explain/verdict/examination.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/math/linalg.h"
#include "core/base/math/statistics.h"
#include "core/base/memory.h"

/* Parameters times samples times epochs: what a replay may cost, a few seconds; what one round of
 * re-runs may, some ten times that; and what update by update may. */
#define REPLAY_WORK_MAX 4e9
#define RERUN_WORK_MAX 1e9
#define RERUN_EPOCHS_MAX 20000
#define POLISH_WORK_MAX 2e7 /* samples times parameters squared */

static void set_limits(struct setting *setting, const struct subject *subject)
{
    double epoch = (double)subject->dataset->n_samples *
                   (double)network_n_parameters(subject->network);
    double run = epoch * (double)subject->state.epoch;
    int is_watching_others = !subject->validation &&
                             schedule_is_watchful(&subject->training->schedule) &&
                             series_is_of_validation(subject->training->monitor);
    setting->can_replay = run <= REPLAY_WORK_MAX && !is_watching_others && !subject->no_replay;
    setting->can_rerun = setting->can_replay && run <= RERUN_WORK_MAX &&
                         subject->state.epoch <= RERUN_EPOCHS_MAX;
    setting->why_not = is_watching_others ? "its learning rate follows a part that is not at hand"
                       : subject->no_replay ? subject->no_replay
                       : !setting->can_replay
                           ? "training it again takes too long (over 4e9 parameter visits)"
                           : "training it on takes too long (over 20,000 epochs or 1e9 parameter "
                             "visits)";
}

static void set_setting(struct examination *it)
{
    const struct subject *subject = it->subject;
    const struct training *training = subject->training;
    const struct network *network = subject->network;
    const struct layer *last = &network->layers[network->n_layers - 1];
    struct setting *setting = &it->setting;
    double p = (double)it->n_parameters;
    setting->is_finite = subject->state.status != BLOCK_DIVERGED;
    setting->is_descent = training->optimizer == OPTIMIZER_SGD && !training_has_penalty(training);
    setting->is_plain = training_is_plain(training);
    setting->is_single = training->batch_size == 1;
    setting->is_full = training->batch_size >= it->n_samples;
    setting->is_fixed = training->order == ORDER_FIXED && !setting->is_full;
    setting->is_squared = training->loss == LOSS_MSE && last->units == 1 &&
                          last->activation == ACTIVATION_LINEAR;
    setting->is_constant = schedule_is_constant(&training->schedule);
    setting->can_polish = it->n_parameters <= DERIVATIVE_HESSIAN_MAX &&
                          (double)it->n_samples * p * p <= POLISH_WORK_MAX;
    it->factor = training->gradient == GRADIENT_FULL ? 2.0 : 1.0;
    set_limits(setting, subject);
}

/* --- the gap -------------------------------------------------------------------------------- */

/* A plane is within reach of every network whose hidden units are not all bounded away from one;
 * so where no search was run least squares bounds the optimum. */
static double best_known(const struct examination *it)
{
    double best = it->floors->value[FLOOR_BEST_KNOWN];
    double linear = it->floors->value[FLOOR_LINEAR];
    return isnan(best) ? linear : best;
}

/* Whether it is a loss of classes whose infimum is 0, which nothing reaches. */
static int is_separable(const struct examination *it)
{
    return it->best == 0.0 && loss_activation(it->floors->loss) != ACTIVATION_COUNT;
}

/* No side is of a target but 0 and 1; of softmax the class is that of the largest chance. */
static int is_on_its_side(const double *outputs, const double *targets, size_t n)
{
    double own = 0.0, other = 0.0;
    if (n == 1) {
        return targets[0] == 1.0 ? outputs[0] > 0.5 : targets[0] == 0.0 && outputs[0] < 0.5;
    }
    for (size_t j = 0; j < n; j++) {
        double *most = targets[j] == 1.0 ? &own : &other;
        *most = fmax(*most, outputs[j]);
    }
    return own > other;
}

size_t examination_count_wrong(struct examination *it, const double *parameters)
{
    size_t n_wrong = 0;
    size_t n_outputs = it->subject->dataset->n_targets;
    size_t n_together = it->floors->loss == LOSS_CATEGORICAL_CROSS_ENTROPY ? n_outputs : 1;
    for (size_t i = 0; i < it->n_samples; i++) {
        int is_wrong = 0;
        derivative_forward(&it->derivative, parameters, examination_features(it, i), NULL);
        for (size_t j = 0; j < n_outputs; j += n_together) {
            is_wrong |= !is_on_its_side(derivative_outputs(&it->derivative) + j,
                                        examination_targets(it, i) + j, n_together);
        }
        n_wrong += (size_t)is_wrong;
    }
    return n_wrong;
}

void examination_compare(struct examination *it)
{
    it->best = best_known(it);
    it->gap = is_separable(it) ? INFINITY : it->loss / fmax(it->best, 1e-300) - 1.0;
    it->n_wrong =
        is_separable(it) ? examination_count_wrong(it, it->subject->parameters) : 0;
}

/* --- an examination ------------------------------------------------------------------------- */

/* What both need. */
static int begin(struct examination *it, struct error *error)
{
    const struct subject *subject = it->subject;
    it->n_samples = subject->dataset->n_samples;
    it->n_parameters = network_n_parameters(subject->network);
    it->first_loss = it->noise_p = NAN;
    if (!it->derivative.units &&
        derivative_init(&it->derivative, subject->network, subject->training->loss,
                        subject->training->gradient, error) != 0) {
        return -1;
    }
    if (!it->now.memory && survey_init(&it->now, &it->derivative, error) != 0) {
        return -1;
    }
    survey_take(&it->now, &it->derivative, subject->parameters, subject->dataset);
    set_setting(it);
    it->loss = it->now.loss;
    examination_compare(it);
    return 0;
}

int examination_init(struct examination *it, const struct subject *subject,
                     const struct floors *floors, enum explain_depth depth, struct error *error)
{
    *it = (struct examination){.subject = subject, .floors = floors, .depth = depth};
    if (begin(it, error) != 0 || examination_take_gradient(it, error) != 0) {
        examination_clear(it);
        return -1;
    }
    examination_take_first_loss(it);
    return 0;
}

int examination_init_brief(struct examination *it, const struct subject *subject,
                           const struct floors *floors, struct error *error)
{
    it->subject = subject;
    it->floors = floors;
    it->depth = EXPLAIN_LIVE;
    it->is_brief = 1;
    return begin(it, error);
}

int examination_take_gradient(struct examination *it, struct error *error)
{
    const struct subject *subject = it->subject;
    it->gradient = memory_array(it->n_parameters, sizeof(double), error);
    if (!it->gradient) {
        return -1;
    }
    derivative_data(&it->derivative, subject->parameters, subject->dataset, it->gradient);
    return 0;
}

void examination_take_first_loss(struct examination *it)
{
    const struct subject *subject = it->subject;
    it->first_loss = derivative_data(&it->derivative, subject->start, subject->dataset, NULL);
}

void examination_reset(struct examination *it)
{
    struct derivative derivative = it->derivative;
    struct survey now = it->now;
    replay_close(&it->end);
    for (int i = 0; it->deaths.items && i < it->deaths.n; i++) {
        free(it->deaths.items[i].weights);
    }
    free(it->deaths.items);
    free(it->symmetry.group);
    free(it->overshoot.at_start);
    free(it->tail.losses);
    free(it->balance.start);
    free(it->gradient);
    free(it->hessian);
    free(it->eigenvalues);
    *it = (struct examination){.derivative = derivative, .now = now};
}

void examination_clear(struct examination *it)
{
    examination_reset(it);
    derivative_clear(&it->derivative);
    survey_clear(&it->now);
}

double examination_median(const double *losses, int64_t n, int n_runs, int run, double *scratch)
{
    for (int64_t i = 0; i < n; i++) {
        scratch[i] = losses[i * n_runs + run];
    }
    statistics_sort(scratch, (size_t)n);
    return n % 2 ? scratch[n / 2] : 0.5 * (scratch[n / 2 - 1] + scratch[n / 2]);
}

/* The share that falls, and the noise from epoch to epoch: the standard deviation of the median's
 * differences over sqrt(2). */
static int measure_tail(struct tail *tail, struct error *error)
{
    size_t n_median = (size_t)tail->n_median;
    const double *last = tail->losses + tail->n - tail->n_median;
    int n_falling = 0;
    for (int64_t i = 1; i < tail->n; i++) {
        n_falling += tail->losses[i] < tail->losses[i - 1];
    }
    tail->falling = tail->n > 1 ? (double)n_falling / (double)(tail->n - 1) : 0.0;
    tail->sd = 0.0;
    if (n_median <= 3) {
        return 0;
    }
    double *steps = memory_array(n_median - 1, sizeof *steps, error);
    if (!steps) {
        return -1;
    }
    for (size_t i = 0; i + 1 < n_median; i++) {
        steps[i] = last[i + 1] - last[i];
    }
    tail->sd = sqrt(statistics_variance(steps, n_median - 1) / 2.0);
    free(steps);
    return 0;
}

/* Epochs of the tail: the last 2 % are the median's, the last 20 % (at least 5) tell where it is
 * going. */
int examination_replay(struct examination *it, struct error *error)
{
    int64_t epochs = it->subject->state.epoch;
    struct tail *tail = &it->tail;
    struct replay_run run = {it->subject->start, 1.0};
    enum series watched =
        isnan(it->floors->value[FLOOR_BEST_KNOWN]) ? SERIES_LOSS : SERIES_END_LOSS;
    tail->n_median = epochs / 50 > 1 ? epochs / 50 : 1;
    tail->n = it->setting.can_rerun ? (epochs / 5 > 5 ? epochs / 5 : 5) : tail->n_median;
    tail->n = tail->n < epochs ? tail->n : epochs;
    tail->losses = memory_array((size_t)tail->n, sizeof(double), error);
    double *scratch = memory_array((size_t)tail->n_median, sizeof *scratch, error);
    int status = -1;
    if (!tail->losses || !scratch ||
        replay_open_to_watch(&it->end, it->subject, &run, 1, epochs, watched, NULL, error) != 0 ||
        replay_to(&it->end, epochs - tail->n, error) != 0 ||
        replay_end_losses(&it->end, &it->derivative, tail->n, tail->losses, error) != 0 ||
        measure_tail(tail, error) != 0) {
        goto out;
    }
    it->loss = examination_median(tail->losses + tail->n - tail->n_median, tail->n_median, 1, 0,
                                  scratch);
    examination_compare(it);
    status = 0;
out:
    free(scratch);
    return status;
}

int examination_ask(const struct examination *it, struct error *error)
{
    const struct subject *subject = it->subject;
    if (subject->stop && subject->stop(subject->context)) {
        return error_set(error, ERROR_BUSY, "the explanation was stopped");
    }
    return 0;
}

void examination_fire(struct examination *it, enum code code, enum kind kind,
                      enum severity severity, unsigned scope)
{
    it->verdicts[code] = (struct verdict){.has_fired = 1,
                                          .kind = kind,
                                          .severity = severity,
                                          .is_certain = kind == KIND_THEOREM || kind == KIND_EXACT,
                                          .scope = scope,
                                          .because = code};
}

void examination_not_run(struct examination *it, const char *code, const char *why)
{
    if (it->n_not_run < NOT_RUN_MAX) {
        it->not_run[it->n_not_run++] = (struct not_run){code, why};
    }
}

int examination_has_gap(const struct examination *it)
{
    double left = (it->loss - it->best) / it->floors->value[FLOOR_CONSTANT];
    if (is_separable(it)) {
        return it->n_wrong > 0 && left > 0.05;
    }
    return it->gap > 0.05 && !(left <= 1e-3);
}

double examination_excess(const struct examination *it, double loss, double floor)
{
    int is_next_to_zero = floor <= 1e-9 * it->floors->value[FLOOR_CONSTANT];
    return is_next_to_zero ? NAN : loss / floor - 1.0;
}

const double *examination_features(const struct examination *it, size_t sample)
{
    const struct dataset *dataset = it->subject->dataset;
    return dataset->features + sample * dataset->n_features;
}

const double *examination_targets(const struct examination *it, size_t sample)
{
    const struct dataset *dataset = it->subject->dataset;
    return dataset->targets + sample * dataset->n_targets;
}

double examination_rate(const struct examination *it, int64_t epoch)
{
    const struct training *training = it->subject->training;
    if (schedule_is_watchful(&training->schedule) && epoch > 1) {
        return it->end.block && epoch == it->subject->state.epoch ? replay_rate(&it->end) : NAN;
    }
    return schedule_rate(&training->schedule, training->learning_rate, epoch > 0 ? epoch - 1 : 0,
                         training->epochs);
}

double examination_overshoot(struct examination *it, const double *parameters, size_t sample,
                             double rate, double *row)
{
    derivative_jacobian(&it->derivative, parameters, examination_features(it, sample), row);
    return rate * it->factor * linalg_dot(row, row, it->n_parameters);
}
