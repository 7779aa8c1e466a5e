/* STOPPED_AS_ASKED: more epochs would lower the loss, but a target or patience ended the run: no
 * mistake, so it is told in the place of UNDERTRAINED, with the best epoch. */
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/words.h"

static void evidence(const struct examination *it, struct teller *teller)
{
    const struct continuation *on = &it->continuation;
    tell_number(teller, "loss", it->loss);
    tell_number(teller, "after_same_epochs_more", on->same);
    tell_integer(teller, "epochs_more", on->epochs);
    tell_number(teller, "rel_gain", on->gain_same);
    if (it->overfit.best_epoch > 0) {
        tell_integer(teller, "best_epoch", it->overfit.best_epoch);
        tell_number(teller, "validation_loss_best", it->overfit.best);
    }
}

/* The last epoch to improve by more than min_delta came `patience` epochs before the end: it is the
 * best one where that is 0. */
static void add_patience(struct words *words, const struct examination *it)
{
    const struct training *training = it->subject->training;
    long long patience = training->stop.patience, best = it->overfit.best_epoch;
    int is_validation = series_is_of_validation(training->monitor);
    words_add(words, "Training stopped because the %sloss had not improved for %lld epoch%s.",
              is_validation ? "validation " : "", patience, patience == 1 ? "" : "s");
    if (is_validation && best > 0) {
        words_add(words, " It was lowest, ");
        words_number(words, it->overfit.best, 4);
        words_add(words, ", in epoch %lld, whose weights are at hand (?epoch=best).", best);
    } else if (training->stop.min_delta == 0.0) {
        words_add(words, " It was lowest in epoch %lld, whose weights are at hand (?epoch=best).",
                  (long long)it->subject->state.epoch - patience);
    }
}

static void text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    if (it->subject->state.stopped == STOPPED_TARGET) {
        words_add(&words, "Training stopped at its target.");
    } else {
        add_patience(&words, it);
    }
    words_add(&words, " On the samples it trains on, %lld more epochs would still lower the loss "
                      "from ", (long long)it->continuation.epochs);
    words_number(&words, it->loss, 4);
    words_add(&words, " to ");
    words_number(&words, it->continuation.same, 4);
    words_add(&words, series_is_of_validation(it->subject->training->monitor)
                          ? "; whether that helps on other samples, the validation loss tells."
                          : ".");
    tell_text(teller, "text", words.text);
}

const struct diagnosis diagnosis_stopped = {evidence, text, NULL};
