/* NONFINITE: the numbers grew beyond all doubles. */
#include <math.h>

#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

void nonfinite_find(struct examination *it)
{
    if (!it->setting.is_finite) {
        examination_fire(it, CODE_NONFINITE, KIND_EXACT, SEVERITY_ERROR, SCOPE_THIS_START);
    }
}

static double largest_overshoot(const struct examination *it)
{
    return it->overshoot.at_start ? it->overshoot.max : NAN;
}

static void evidence(const struct examination *it, struct teller *teller)
{
    const struct block_state *state = &it->subject->state;
    tell_integer(teller, "epoch", state->diverged_epoch);
    if (state->diverged_position >= 0) {
        tell_integer(teller, "sample", state->diverged_position);
    }
    tell_integer(teller, "row",
                 (int64_t)dataset_row(it->subject->dataset, (size_t)state->diverged_sample));
    tell_number(teller, "overshoot_init", largest_overshoot(it));
}

static void text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    words_add(&words, "In epoch %lld the numbers grew beyond anything a computer can hold, so "
                      "training stopped there: each step made the error larger instead of smaller.",
              (long long)it->subject->state.diverged_epoch);
    if (largest_overshoot(it) > 2.0) {
        words_add(&words, " Already at the start one step would turn an error into ");
        words_number(&words, it->overshoot.max - 1.0, 3);
        words_add(&words, " times itself, with the other sign.");
    }
    words_add(&words, " Use a smaller learning rate.");
    tell_text(teller, "text", words.text);
}

static void actions(const struct examination *it, struct teller *teller)
{
    double max = largest_overshoot(it);
    action_rate(teller, it, "start", max > 2.0 ? 1.0 / max : 0.1);
}

const struct diagnosis diagnosis_nonfinite = {evidence, text, actions};
