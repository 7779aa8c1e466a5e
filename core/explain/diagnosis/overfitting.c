/* OVERFITTING: the validation loss was lowest clearly before the end and has risen since, while the
 * loss on the samples trained on fell.
 *
 * The run is trained again and looked at after every epoch. Facts: in each of the last tenth of the
 * epochs, and of the last 5, the validation loss is over 10 % above its minimum, and by more than a
 * thousandth of the best constant's loss; the end loss is over 2 % below that of the minimum's
 * epoch.
 *
 * Whether such a rise is the luck of these rows, a paired t-test says (one-sided, p < 0.05): for
 * each row, its loss at the end minus that at the best epoch. A minimum is low by luck, too, on the
 * rows it was picked by; so the best epoch for the rows of even place is picked by those of odd
 * place, and the other way round. Of 30 runs by heart each it found 5, 5, 10, 19 and 28 with 15,
 * 20, 30, 60 and 300 rows; Wilcoxon's signed ranks and the sign test find no more. What it does not
 * find is a note. Where it is surer, p < 0.005, a rise of 2 % is told, too. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/statistics.h"
#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

enum { EPOCHS_MIN = 10, LATE_MIN = 5, ROWS_MIN = 10, PATIENCE_MIN = 10 };

#define RISE_MIN 0.1 /* whatever the test says */
#define CHANGE_MIN 0.02
#define WARN_MIN 0.05
#define P_MAX 0.05
#define P_SURE 0.005
#define LOOK_WORK_MAX 3e8 /* parameters times validation rows times epochs */

static const char CODE[] = "OVERFITTING";

/* By which rows an epoch was best: all, or those of even or odd place. */
enum { BY_ALL, BY_EVEN, BY_ODD, BY_COUNT };

struct look {
    double *now, *best_parameters; /* [n_parameters]: of the epoch at hand, of the best one */
    double *losses;                /* [n_rows]: of the epoch at hand */
    double *others_best;           /* [n_rows]: of the epoch that the other half finds best */
    double best[BY_COUNT];         /* lowest losses, of those rows */
    double *store;
};

static int look_init(struct look *look, size_t n_parameters, size_t n_rows, struct error *error)
{
    *look = (struct look){.store = memory_array(2 * (n_parameters + n_rows), sizeof(double),
                                                error)};
    if (!look->store) {
        return -1;
    }
    look->now = look->store;
    look->best_parameters = look->now + n_parameters;
    look->losses = look->best_parameters + n_parameters;
    look->others_best = look->losses + n_rows;
    for (int by = 0; by < BY_COUNT; by++) {
        look->best[by] = INFINITY;
    }
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

/* The losses of the rows that did not pick this epoch. */
static void keep_others(struct look *look, int by, size_t n_rows)
{
    for (size_t i = by == BY_EVEN; i < n_rows; i += 2) {
        look->others_best[i] = look->losses[i];
    }
}

static void note_best(struct examination *it, struct look *look, const double *means,
                      int64_t epoch)
{
    for (int by = 0; by < BY_COUNT; by++) {
        if (!(means[by] < look->best[by])) {
            continue;
        }
        look->best[by] = means[by];
        if (by != BY_ALL) {
            keep_others(look, by, it->subject->validation->n_samples);
        } else {
            it->overfit.best_epoch = epoch;
            memcpy(look->best_parameters, look->now, it->n_parameters * sizeof(double));
        }
    }
}

/* Trains to the end: notes the best epochs, the end, and the lowest loss of the last tenth. */
static int watch(struct examination *it, struct look *look, struct error *error)
{
    struct overfit *found = &it->overfit;
    struct replay_run run = {it->subject->start, 1.0};
    struct replay replay = {0};
    int64_t n = it->subject->state.epoch;
    double means[BY_COUNT];
    int status = replay_open(&replay, it->subject, &run, 1, n, error);
    found->n_late = n / 10 > LATE_MIN ? n / 10 : LATE_MIN;
    found->lowest_late = INFINITY;
    for (int64_t epoch = 1; epoch <= n && status == 0; epoch++) {
        status = replay_to(&replay, epoch, error);
        if (status != 0) {
            break;
        }
        replay_present(&replay, 0, look->now);
        score(it, look->now, look->losses, means);
        note_best(it, look, means, epoch);
        if (epoch > n - found->n_late) {
            found->lowest_late = fmin(found->lowest_late, means[BY_ALL]);
        }
        found->end = means[BY_ALL];
    }
    replay_close(&replay);
    found->best = look->best[BY_ALL];
    return status;
}

/* By how much the validation loss has been above its minimum in each of the last epochs. */
static double rise(const struct examination *it)
{
    return it->overfit.lowest_late / it->overfit.best - 1.0;
}

static int has_risen(const struct examination *it)
{
    const struct overfit *found = &it->overfit;
    return rise(it) > CHANGE_MIN &&
           !(found->lowest_late - found->best <= 1e-3 * it->floors->value[FLOOR_CONSTANT]) &&
           found->train_best - fmax(it->loss, it->now.loss) > CHANGE_MIN * found->train_best;
}

/* look->losses are those at the end. */
static void test_rows(struct examination *it, struct look *look)
{
    struct overfit *found = &it->overfit;
    size_t n_rows = it->subject->validation->n_samples;
    double n = (double)n_rows, *rises = look->losses;
    for (size_t i = 0; i < n_rows; i++) {
        rises[i] -= look->others_best[i];
        found->n_worse += rises[i] > 0.0;
    }
    found->rise = statistics_mean(rises, n_rows);
    double error_of_mean = sqrt(statistics_variance(rises, n_rows) / (n - 1.0));
    double tail = 0.5 * statistics_t_tails(found->rise / error_of_mean, n - 1.0);
    found->p = found->rise > 0.0 ? tail : 1.0 - tail;
}

static const char *why_not(const struct examination *it)
{
    double work = (double)it->subject->state.epoch * (double)it->n_parameters *
                  (double)it->subject->validation->n_samples;
    if (it->subject->state.epoch < EPOCHS_MIN) {
        return "fewer than 10 epochs are too few to tell";
    }
    return work > LOOK_WORK_MAX ? "looking at the validation part after every epoch takes too long "
                                  "(over 3e8 parameter visits)" : NULL;
}

/* What the test says too is statistical; without it what is told is what was recorded. */
static void judge(struct examination *it)
{
    struct overfit *found = &it->overfit;
    int is_warned = rise(it) > WARN_MIN && it->subject->state.stopped != STOPPED_PATIENCE;
    if (!(rise(it) > RISE_MIN || found->p < P_SURE)) {
        return;
    }
    found->is_clear = found->p < P_MAX;
    examination_fire(it, CODE_OVERFITTING, found->is_clear ? KIND_STATISTICAL : KIND_EXACT,
                     found->is_clear && is_warned ? SEVERITY_WARN : SEVERITY_NOTE,
                     SCOPE_PRESENT | SCOPE_THESE_SAMPLES);
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
    found->p = found->rise = NAN;
    if (status == 0 && found->best_epoch > 0) {
        found->train_best = derivative_data(&it->derivative, look.best_parameters,
                                            it->subject->dataset, NULL);
        if (has_risen(it)) {
            if (it->subject->validation->n_samples >= ROWS_MIN) {
                test_rows(it, &look);
            }
            judge(it);
        }
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
    tell_integer(teller, "last_epochs", found->n_late);
    tell_number(teller, "validation_loss_lowest_of_last_epochs", found->lowest_late);
    tell_number(teller, "rel_rise", found->end / found->best - 1.0);
    tell_number(teller, "train_loss_best", found->train_best);
    tell_number(teller, "train_loss_end", it->now.loss);
    tell_number(teller, "gap", found->end - it->now.loss);
    tell_integer(teller, "rows", (int64_t)it->subject->validation->n_samples);
    if (!isnan(found->p)) {
        tell_integer(teller, "rows_worse", found->n_worse);
        tell_number(teller, "mean_rise_of_rows", found->rise);
    }
    tell_number(teller, "p", found->p);
}

/* Whether it may be luck. */
static void say_luck(const struct examination *it, struct words *words)
{
    const struct overfit *found = &it->overfit;
    size_t n_rows = it->subject->validation->n_samples;
    if (found->is_clear) {
        words_add(words, " What it learned since then is these samples by heart, not what others "
                         "have in common with them: over the %zu rows of the validation part the "
                         "rise is hardly luck (paired t-test, p = ", n_rows);
        words_number(words, found->p, 2);
        words_add(words, ").");
    } else if (isnan(found->p)) {
        words_add(words, " That may be learning by heart; with %zu validation row%s it may also be "
                         "luck (fewer than 10 rows are too few for a test).", n_rows,
                  n_rows == 1 ? "" : "s");
    } else if (!(found->rise > 0.0)) {
        words_add(words, " With %zu validation rows that may be luck: of each half of them, from "
                         "the epoch that the other half finds best, the loss has not risen.",
                  n_rows);
    } else {
        words_add(words, " That may be learning by heart; with %zu validation rows it may also be "
                         "luck (paired t-test, p = ", n_rows);
        words_number(words, found->p, 2);
        words_add(words, "): more of them would tell.");
    }
}

static void text(const struct examination *it, struct teller *teller)
{
    const struct overfit *found = &it->overfit;
    struct words words = {0};
    words_add(&words, "On the validation part the loss was lowest, ");
    words_number(&words, found->best, 3);
    words_add(&words, ", in epoch %lld, and has risen to ", (long long)found->best_epoch);
    words_number(&words, found->end, 3);
    words_add(&words, " since, while the loss on the samples it trains on fell from ");
    words_number(&words, found->train_best, 3);
    words_add(&words, " to ");
    words_number(&words, it->now.loss, 3);
    words_add(&words, ".");
    say_luck(it, &words);
    words_add(&words, " The weights of epoch %lld are at hand (?epoch=%lld%s)%s.",
              (long long)found->best_epoch, (long long)found->best_epoch,
              series_is_of_validation(it->subject->training->monitor) ? ", here ?epoch=best" : "",
              found->is_clear ? "; stopping earlier, a penalty on the weights, fewer units or more "
                                "samples help, too" : "");
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
