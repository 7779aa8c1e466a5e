/* PLATEAU_SCALING: by which law a run left the height of the best plane, in which it had sat.
 *
 * Arrived: the first epoch whose end loss is at most 5 % above the plane's floor (least squares, or
 * logistic regression). Escaped: the first whose end loss is more than 5 % below it. A plateau is
 * where at least half of the epochs before the escape lie behind the arrival. The run is trained
 * again from its start at half the rate. If the escape takes twice as many epochs, the run follows
 * the gradient's flow, and rate x epochs is what counts; if four times, what drives it out is of
 * second order in the rate: the drift that steps of finite length add to the flow, so that
 * rate^2 x epochs counts. Anything between tells no law. Only where the run is deterministic in its
 * samples (a fixed order, or all at once), at a constant rate, by plain SGD. */
#include <math.h>

#include "core/base/math/elementary.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

/* How far from the plane; how far the exponent in ratio = 2^exponent may be from 1 or 2; epochs of
 * the slower run, in those of the escape; and parameters times samples times those epochs. */
#define MARGIN 0.05
#define EXPONENT_MARGIN 0.2
enum { LOOKED_FOR = 5 };
#define ESCAPE_WORK_MAX 3e8

static const char CODE[] = "PLATEAU_SCALING";

static int may_have_left_one(const struct examination *it)
{
    double plane = it->floors->value[FLOOR_LINEAR];
    return it->setting.is_plain && it->setting.is_constant &&
           (it->setting.is_fixed || it->setting.is_full) && plane > 0.0 &&
           it->first_loss > (1.0 + MARGIN) * plane && it->loss < (1.0 - MARGIN) * plane;
}

/* Takes the end loss of an epoch; 1 once the run in question has escaped. */
struct lookout {
    struct escape *escape;
    double plane;
    int run;
};

static int look(void *context, int run, int64_t epoch, double loss)
{
    struct lookout *lookout = context;
    struct escape *escape = lookout->escape;
    if (escape->arrived[run] == 0 && loss <= (1.0 + MARGIN) * lookout->plane) {
        escape->arrived[run] = epoch;
    }
    if (escape->left[run] == 0 && loss < (1.0 - MARGIN) * lookout->plane) {
        escape->left[run] = epoch;
    }
    return escape->left[lookout->run] > 0;
}

/* Both side by side: to the escape of the run, and if there was a plateau, to the slower one's. */
static int watch(struct examination *it, struct replay *replay, struct error *error)
{
    struct escape *escape = &it->escape;
    struct lookout lookout = {escape, it->floors->value[FLOOR_LINEAR], 0};
    if (replay_watch(replay, it->subject->state.epoch, look, &lookout, error) != 0) {
        return -1;
    }
    int64_t most = LOOKED_FOR * escape->left[0];
    if (escape->left[0] == 0 || escape->left[0] < 2 * escape->arrived[0]) {
        return 0;
    }
    if ((double)most * (double)it->n_samples * (double)it->n_parameters > ESCAPE_WORK_MAX) {
        examination_not_run(it, CODE, "five times the epochs to its escape, at half the rate, take "
                                      "too long (over 3e8 parameter visits)");
        return 0;
    }
    lookout.run = 1;
    escape->is_known = 1;
    return escape->left[1] > 0 ? 0 : replay_watch(replay, most, look, &lookout, error);
}

static void judge(struct examination *it)
{
    struct escape *escape = &it->escape;
    if (escape->left[1] == 0) {
        examination_not_run(it, CODE, "at half the rate it had not left the plane's height after "
                                      "five times as many epochs");
        return;
    }
    escape->ratio = (double)escape->left[1] / (double)escape->left[0];
    double exponent = elementary_log(escape->ratio) / elementary_log(2.0);
    escape->order = exponent > 1.5 ? 2 : 1;
    if (fabs(exponent - escape->order) > EXPONENT_MARGIN) {
        examination_not_run(it, CODE, "at half the rate it left the plane's height after neither "
                                      "about 2 nor about 4 times as many epochs, but between or "
                                      "beyond: that tells no law");
        return;
    }
    examination_fire(it, CODE_PLATEAU_SCALING, KIND_COUNTERFACTUAL, SEVERITY_NOTE,
                     SCOPE_THIS_START | SCOPE_PLAIN_SGD | SCOPE_FIXED_DATA);
}

int plateau_find(struct examination *it, struct error *error)
{
    struct replay_run runs[2] = {{it->subject->start, 1.0}, {it->subject->start, 0.5}};
    struct replay replay = {0};
    if (!may_have_left_one(it)) {
        return 0;
    }
    int status = replay_open_to_watch(&replay, it->subject, runs, 2,
                                      LOOKED_FOR * it->subject->state.epoch, SERIES_END_LOSS,
                                      NULL, error);
    if (status == 0) {
        status = watch(it, &replay, error);
    }
    replay_close(&replay);
    if (status == 0 && it->escape.is_known) {
        judge(it);
    }
    return status;
}

/* --- telling -------------------------------------------------------------------------------- */

/* The epoch of the escape at another rate, as the law has it. */
static double predicted(const struct examination *it, double pace)
{
    double epochs = (double)it->escape.left[0] / pace;
    return it->escape.order == 2 ? epochs / pace : epochs;
}

static void tell_try(const struct examination *it, int run, double rate, struct teller *teller)
{
    tell_object(teller, NULL);
    tell_number(teller, "learning_rate", rate);
    tell_integer(teller, "arrived", it->escape.arrived[run]);
    tell_integer(teller, "escaped", it->escape.left[run]);
    tell_end(teller);
}

static void evidence(const struct examination *it, struct teller *teller)
{
    double rate = it->subject->training->learning_rate;
    double plane = it->floors->value[FLOOR_LINEAR];
    tell_number(teller, "plane", plane);
    tell_number(teller, "escaped_below", (1.0 - MARGIN) * plane);
    tell_list(teller, "tries");
    tell_try(it, 0, rate, teller);
    tell_try(it, 1, 0.5 * rate, teller);
    tell_end(teller);
    tell_number(teller, "ratio", it->escape.ratio);
    tell_text(teller, "law", it->escape.order == 2 ? "learning_rate^2 x epochs"
                                                   : "learning_rate x epochs");
    tell_list(teller, "predicted");
    for (int i = 0; i < 2; i++) {
        double pace = i == 0 ? 2.0 : 0.1;
        tell_object(teller, NULL);
        tell_number(teller, "learning_rate", pace * rate);
        tell_number(teller, "escaped", predicted(it, pace));
        tell_end(teller);
    }
    tell_end(teller);
}

static void text(const struct examination *it, struct teller *teller)
{
    const struct escape *escape = &it->escape;
    struct words words = {0};
    words_add(&words, "This run sat on a plateau: the loss of its weights at an epoch's end, which "
                      "is not the printed one, came within 5 %% of the best plane's, ");
    words_number(&words, it->floors->value[FLOOR_LINEAR], 4);
    words_add(&words, ", in epoch %lld, and only in epoch %lld fell 5 %% below it. Trained again "
                      "from the same start at half the learning rate, it needed %lld epochs for "
                      "that: ", (long long)escape->arrived[0], (long long)escape->left[0],
              (long long)escape->left[1]);
    words_number(&words, escape->ratio, 3);
    words_add(&words, " times as many. ");
    if (escape->order == 2) {
        words_add(&words, "If learning rate x epochs were all that counts, it would be 2 times. 4 "
                          "times means that learning rate squared x epochs counts: the way out is "
                          "not downhill, but a drift that comes of the steps' own length. So a "
                          "smaller rate costs far more epochs than one would think");
    } else {
        words_add(&words, "So learning rate x epochs is what counts: smaller steps go the same way "
                          "downhill and need as many more of them");
    }
    words_add(&words, "; at a tenth of the rate, expect about ");
    words_number(&words, predicted(it, 0.1), 2);
    words_add(&words, " epochs.");
    tell_text(teller, "text", words.text);
}

static void actions(const struct examination *it, struct teller *teller)
{
    action_rate_for(teller, it, 0.5, it->escape.left[1] + it->escape.left[1] / 4);
    action_rate_for(teller, it, 2.0, it->subject->state.epoch);
}

const struct diagnosis diagnosis_plateau = {evidence, text, actions};
