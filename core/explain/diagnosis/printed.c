/* PRINTED_LOSS_IS_MOVING: the printed loss is not that of the weights at hand.
 *
 * It averages errors made while the weights were still changing: each sample is scored just before
 * its own batch's update. */
#include <math.h>

#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/words.h"

void printed_find(struct examination *it)
{
    double printed = it->subject->printed_loss, end = it->now.loss;
    if (fabs(printed - end) > 0.05 * end) {
        examination_fire(it, CODE_PRINTED_LOSS_IS_MOVING, KIND_EXACT, SEVERITY_NOTE,
                         SCOPE_PRESENT | SCOPE_THESE_SAMPLES);
    }
}

static void evidence(const struct examination *it, struct teller *teller)
{
    tell_number(teller, "running_mean", it->subject->printed_loss);
    tell_number(teller, "end_of_epoch", it->now.loss);
}

static void text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    words_add(&words, "The printed value averages errors made while the weights were changing; the "
                      "final weights score ");
    words_number(&words, it->now.loss, 4);
    words_add(&words, ", not ");
    words_number(&words, it->subject->printed_loss, 4);
    words_add(&words, ". Compare runs by the first of these.");
    tell_text(teller, "text", words.text);
}

const struct diagnosis diagnosis_printed = {evidence, text, NULL};
