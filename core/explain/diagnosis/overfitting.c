/* OVERFITTING: the validation loss was lowest clearly before the end and has risen since, while the
 * loss on the samples trained on fell.
 *
 * The run is trained again and looked at after every epoch. Risen: at the end, and at the best of
 * the last tenth of the epochs, it is over 2 % above its minimum, and that by more than a
 * thousandth of the best constant's loss. Fallen: the end loss is over 2 % below that of the
 * minimum's epoch. That the rise is not the luck of these rows, a paired t-test says: for each row,
 * its loss at the end minus that at the best epoch. A minimum is low by luck, too, on the rows it
 * was picked by; so the best epoch for the rows of even place is picked by those of odd place, and
 * the other way round. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/statistics.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

enum { EPOCHS_MIN = 10, ROWS_MIN = 10, PATIENCE_MIN = 10 };

#define CHANGE_MIN 0.02
#define WARN_MIN 0.05
#define P_MAX 0.01
#define LOOK_WORK_MAX 3e8 /* parameters times validation rows times epochs */

static const char CODE[] = "OVERFITTING";

/* By which rows an epoch was best: all, or those of even or odd place. */
enum { BY_ALL, BY_EVEN, BY_ODD, BY_COUNT };

struct look {
    double *now, *losses;         /* [n_parameters], [n_rows]: of the epoch at hand */
    double *parameters[BY_COUNT]; /* [n_parameters] of the best epochs */
    double best[BY_COUNT];        /* their losses, of those rows */
    int64_t epochs[BY_COUNT];
    double *store;
};

static int look_init(struct look *look, size_t n_parameters, size_t n_rows, struct error *error)
{
    *look = (struct look){.store = memory_array((BY_COUNT + 1) * n_parameters + n_rows,
                                                sizeof(double), error)};
    if (!look->store) {
        return -1;
    }
    look->now = look->store;
    for (int by = 0; by < BY_COUNT; by++) {
        look->parameters[by] = look->store + (size_t)(by + 1) * n_parameters;
        look->best[by] = INFINITY;
    }
    look->losses = look->store + (BY_COUNT + 1) * n_parameters;
    return 0;
}

/* The loss of each validation row; out_means [BY_COUNT], of the rows in the data set's order. */
static void score(struct examination *it, const double *parameters, double *losses,
                  double *out_means)
{
    const struct dataset *rows = it->subject->validation;
    double sums[BY_COUNT] = {0.0};
    for (size_t i = 0; i < rows->n_samples; i++) {
        losses[i] = derivative_forward(&it->derivative, parameters,
                                       rows->features + i * rows->n_features,
                                       rows->targets + i * rows->n_targets);
        sums[BY_ALL] += losses[i];
        sums[i % 2 ? BY_ODD : BY_EVEN] += losses[i];
    }
    out_means[BY_ALL] = sums[BY_ALL] / (double)rows->n_samples;
    out_means[BY_EVEN] = sums[BY_EVEN] / (double)(rows->n_samples - rows->n_samples / 2);
    out_means[BY_ODD] = sums[BY_ODD] / (double)(rows->n_samples / 2);
}

/* Trains to the end: notes the best epochs, the end, and the lowest loss of the last tenth. */
static int watch(struct examination *it, struct look *look, struct error *error)
{
    struct replay_run run = {it->subject->start, 1.0};
    struct replay replay = {0};
    int64_t n = it->subject->state.epoch;
    double means[BY_COUNT];
    int status = replay_open(&replay, it->subject, &run, 1, n, error);
    it->overfit.lowest_late = INFINITY;
    for (int64_t epoch = 1; epoch <= n && status == 0; epoch++) {
        status = replay_to(&replay, epoch, error);
        if (status != 0) {
            break;
        }
        replay_present(&replay, 0, look->now);
        score(it, look->now, look->losses, means);
        for (int by = 0; by < BY_COUNT; by++) {
            if (means[by] < look->best[by]) {
                look->best[by] = means[by];
                look->epochs[by] = epoch;
                memcpy(look->parameters[by], look->now, it->n_parameters * sizeof(double));
            }
        }
        if (epoch > n - n / 10) {
            it->overfit.lowest_late = fmin(it->overfit.lowest_late, means[BY_ALL]);
        }
        it->overfit.end = means[BY_ALL];
    }
    replay_close(&replay);
    return status;
}

static int has_risen(const struct examination *it)
{
    const struct overfit *found = &it->overfit;
    double least = fmin(found->end, found->lowest_late) - found->best;
    return least > CHANGE_MIN * found->best &&
           !(least <= 1e-3 * it->floors->value[FLOOR_CONSTANT]) &&
           found->train_best - fmax(it->loss, it->now.loss) > CHANGE_MIN * found->train_best;
}

/* look->losses are those at the end. */
static int test_rows(struct examination *it, struct look *look, struct error *error)
{
    struct overfit *found = &it->overfit;
    const struct dataset *rows = it->subject->validation;
    double *rises = memory_array(rows->n_samples, sizeof *rises, error);
    double n = (double)rows->n_samples;
    if (!rises) {
        return -1;
    }
    for (size_t i = 0; i < rows->n_samples; i++) {
        rises[i] = look->losses[i] -
                   derivative_forward(&it->derivative,
                                      look->parameters[i % 2 ? BY_EVEN : BY_ODD],
                                      rows->features + i * rows->n_features,
                                      rows->targets + i * rows->n_targets);
        found->n_worse += rises[i] > 0.0;
    }
    found->rise = statistics_mean(rises, rows->n_samples);
    double error_of_mean = sqrt(statistics_variance(rises, rows->n_samples) / (n - 1.0));
    found->p = statistics_t_tails(found->rise / error_of_mean, n - 1.0);
    free(rises);
    return 0;
}

static const char *why_not(const struct examination *it)
{
    double work = (double)it->subject->state.epoch * (double)it->n_parameters *
                  (double)it->subject->validation->n_samples;
    if (it->subject->validation->n_samples < ROWS_MIN) {
        return "the validation part has fewer than 10 rows, too few to tell";
    }
    if (it->subject->state.epoch < EPOCHS_MIN) {
        return "fewer than 10 epochs are too few to tell";
    }
    return work > LOOK_WORK_MAX ? "looking at the validation part after every epoch takes too long "
                                  "(over 3e8 parameter visits)" : NULL;
}

static void judge(struct examination *it)
{
    struct overfit *found = &it->overfit;
    enum stopped stopped = it->subject->state.stopped;
    int is_large = found->end > (1.0 + WARN_MIN) * found->best;
    if (found->rise > 0.0 && found->p < P_MAX) {
        examination_fire(it, CODE_OVERFITTING, KIND_STATISTICAL,
                         is_large && stopped != STOPPED_PATIENCE ? SEVERITY_WARN : SEVERITY_NOTE,
                         SCOPE_PRESENT | SCOPE_THESE_SAMPLES);
    }
}

int overfitting_find(struct examination *it, struct error *error)
{
    struct overfit *found = &it->overfit;
    struct look look;
    if (!it->subject->validation) {
        return 0;
    }
    if (why_not(it)) {
        examination_not_run(it, CODE, why_not(it));
        return 0;
    }
    if (look_init(&look, it->n_parameters, it->subject->validation->n_samples, error) != 0) {
        return -1;
    }
    int status = watch(it, &look, error);
    found->best = look.best[BY_ALL];
    found->best_epoch = look.epochs[BY_ALL];
    if (status == 0 && found->best_epoch > 0) {
        found->train_best = derivative_data(&it->derivative, look.parameters[BY_ALL],
                                            it->subject->dataset, NULL);
    }
    if (status == 0 && has_risen(it) && look.epochs[BY_EVEN] > 0 && look.epochs[BY_ODD] > 0) {
        status = test_rows(it, &look, error);
        judge(it);
    }
    free(look.store);
    return status;
}

/* --- telling -------------------------------------------------------------------------------- */

static void evidence(const struct examination *it, struct teller *teller)
{
    const struct overfit *found = &it->overfit;
    tell_integer(teller, "best_epoch", found->best_epoch);
    tell_integer(teller, "epoch", it->subject->state.epoch);
    tell_number(teller, "validation_loss_best", found->best);
    tell_number(teller, "validation_loss_end", found->end);
    tell_number(teller, "validation_loss_lowest_of_last_tenth", found->lowest_late);
    tell_number(teller, "rel_rise", found->end / found->best - 1.0);
    tell_number(teller, "train_loss_best", found->train_best);
    tell_number(teller, "train_loss_end", it->now.loss);
    tell_number(teller, "gap", found->end - it->now.loss);
    tell_integer(teller, "rows", (int64_t)it->subject->validation->n_samples);
    tell_integer(teller, "rows_worse", found->n_worse);
    tell_number(teller, "mean_rise_of_rows", found->rise);
    tell_number(teller, "p", found->p);
}

static void text(const struct examination *it, struct teller *teller)
{
    const struct overfit *found = &it->overfit;
    struct words words = {0};
    words_add(&words, "On the validation part the network was best after epoch %lld, with a loss "
                      "of ", (long long)found->best_epoch);
    words_number(&words, found->best, 3);
    words_add(&words, "; since then that has risen to ");
    words_number(&words, found->end, 3);
    words_add(&words, ", while the loss on the samples it trains on fell from ");
    words_number(&words, found->train_best, 3);
    words_add(&words, " to ");
    words_number(&words, it->now.loss, 3);
    words_add(&words, ". What it learned since then is these samples by heart, not what others "
                      "have in common with them. Over the %zu rows of the validation part the rise "
                      "is hardly chance (paired t-test, p = ", it->subject->validation->n_samples);
    words_number(&words, found->p, 2);
    words_add(&words, "). Stop earlier, or take the weights of epoch %lld (?epoch=%lld); a penalty "
                      "on the weights, fewer units or more samples help, too.",
              (long long)found->best_epoch, (long long)found->best_epoch);
    tell_text(teller, "text", words.text);
}

/* Long enough for a dent on the way, short enough to stop before the present end. */
static int64_t patience(const struct examination *it)
{
    int64_t wanted = it->overfit.best_epoch / 4, left = it->subject->state.epoch -
                                                        it->overfit.best_epoch;
    wanted = wanted > PATIENCE_MIN ? wanted : PATIENCE_MIN;
    return wanted < left ? wanted : left;
}

static void actions(const struct examination *it, struct teller *teller)
{
    if (it->subject->state.stopped != STOPPED_PATIENCE) {
        action_patience(teller, patience(it));
    }
    action_decay(teller, it);
}

const struct diagnosis diagnosis_overfitting = {evidence, text, actions};
