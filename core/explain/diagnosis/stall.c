/* FP_STALL: steps too small for the numbers to change.
 *
 * A double keeps 53 bits. A step below half a unit in the last place of a parameter rounds back to
 * where it was; when that happens to all of them, with a gradient that is not 0, nothing can ever
 * move. */
#include <float.h>
#include <math.h>

#include "core/base/math/linalg.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

/* A smaller slope, relative to the loss, is a minimum's but for rounding. */
#define SLOPE_MIN 1e-6

static double largest_slope(const struct examination *it)
{
    double largest = 0.0;
    for (size_t i = 0; i < it->n_parameters; i++) {
        largest = fmax(largest,
                       fabs(it->gradient[i]) * fmax(fabs(it->subject->start[i]), 1.0));
    }
    return largest;
}

int stall_find(struct examination *it, struct error *error)
{
    const struct subject *subject = it->subject;
    for (size_t i = 0; i < it->n_parameters; i++) {
        if (subject->parameters[i] != subject->start[i]) {
            return 0;
        }
    }
    if (!it->gradient && examination_take_gradient(it, error) != 0) {
        return -1;
    }
    if (subject->state.epoch > 0 && largest_slope(it) > SLOPE_MIN * it->now.loss) {
        examination_fire(it, CODE_FP_STALL, KIND_EXACT,
                         examination_has_gap(it) ? SEVERITY_BLOCK : SEVERITY_NOTE,
                         SCOPE_THIS_START | SCOPE_FIXED_DATA);
    }
    return 0;
}

/* Where a step by the mean gradient would change one parameter at least. */
static double rate_that_moves(const struct examination *it)
{
    double least = INFINITY;
    for (size_t i = 0; i < it->n_parameters; i++) {
        double half = fabs(it->subject->parameters[i]) * DBL_EPSILON / 2.0;
        if (it->gradient[i] != 0.0) {
            least = fmin(least, half / fabs(it->gradient[i]));
        }
    }
    return least;
}

static void evidence(const struct examination *it, struct teller *teller)
{
    tell_integer(teller, "epochs", it->subject->state.epoch);
    tell_number(teller, "gradient_norm", linalg_norm(it->gradient, it->n_parameters));
    tell_number(teller, "learning_rate", it->subject->training->learning_rate);
    tell_number(teller, "rate_that_moves_one", rate_that_moves(it));
}

static void text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    words_add(&words,
              "After %lld epochs not one bit of any weight has changed, though the slope is "
              "not 0. A computer keeps about 16 digits of a number, and each step is smaller "
              "than the last of them, so it is lost. A learning rate above about ",
              (long long)it->subject->state.epoch);
    words_number(&words, rate_that_moves(it), 2);
    words_add(&words, " would move something.");
    tell_text(teller, "text", words.text);
}

static void actions(const struct examination *it, struct teller *teller)
{
    action_rate(teller, it, "start", 1e4);
}

const struct diagnosis diagnosis_stall = {evidence, text, actions};
