/* WORSE_LOCAL_MINIMUM and NEAR_BEST_KNOWN: against the lowest loss that a search found, or the run
 * itself had before its end.
 *
 * The search's loss is an upper bound of the optimum, not the optimum: near it is near what is
 * known. Far from it, with nothing else to blame, the run settled in a worse valley. */
#include <math.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/diagnosis/drift.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

static int has_block(const struct examination *it)
{
    for (int i = 0; i < CODE_COUNT; i++) {
        const struct verdict *verdict = &it->verdicts[i];
        if (verdict->has_fired &&
            (verdict->severity == SEVERITY_BLOCK || verdict->severity == SEVERITY_ERROR)) {
            return 1;
        }
    }
    return 0;
}

/* Whether a lower loss on these samples would be worth nothing on others. */
static int would_fit_noise(const struct examination *it)
{
    return it->verdicts[CODE_NO_SIGNAL].has_fired || it->overfit.is_clear ||
           it->verdicts[CODE_BELOW_NOISE_FLOOR].has_fired;
}

static int polish_below(struct examination *it, struct error *error)
{
    struct minimum *minimum = &it->minimum;
    double *parameters = memory_array(it->n_parameters, sizeof *parameters, error);
    minimum->curvature = it->eigenvalues ? it->eigenvalues[0] : NAN;
    int status = parameters ? drift_minimum(it, 100, parameters, &minimum->polished, error) : -1;
    free(parameters);
    return status;
}

int minimum_find(struct examination *it, struct error *error)
{
    if (isnan(it->floors->value[FLOOR_BEST_KNOWN])) {
        const char *why = it->floors->why[FLOOR_BEST_KNOWN];
        examination_not_run(it, "WORSE_LOCAL_MINIMUM, NEAR_BEST_KNOWN",
                            why && it->depth == EXPLAIN_FULL
                                ? why
                                : "it waits for the search for this network's best loss");
        return 0;
    }
    if (!examination_has_gap(it)) {
        examination_fire(it, CODE_NEAR_BEST_KNOWN, KIND_NUMERICAL, SEVERITY_OK,
                         SCOPE_THESE_SAMPLES);
        return 0;
    }
    if (has_block(it) || it->verdicts[CODE_UNDERTRAINED].has_fired ||
        it->verdicts[CODE_STOPPED_AS_ASKED].has_fired) {
        return 0; /* something else explains it, if only that it stopped as it was asked to */
    }
    if (it->depth != EXPLAIN_FULL || !it->continuation.is_known) {
        examination_not_run(it, "WORSE_LOCAL_MINIMUM",
                            it->depth == EXPLAIN_FULL
                                ? "what is left to gain is not known without training on"
                                : "it waits until training on has told what is left to gain");
        return 0;
    }
    examination_fire(it, CODE_WORSE_LOCAL_MINIMUM, KIND_NUMERICAL,
                     would_fit_noise(it) ? SEVERITY_NOTE : SEVERITY_BLOCK,
                     SCOPE_THESE_SAMPLES);
    return polish_below(it, error);
}

/* --- telling -------------------------------------------------------------------------------- */

static void tell_wrong(const struct examination *it, struct teller *teller)
{
    if (isinf(it->gap)) {
        tell_integer(teller, "n_wrong", (int64_t)it->n_wrong);
    }
}

static void worse_evidence(const struct examination *it, struct teller *teller)
{
    tell_number(teller, "loss", it->loss);
    tell_number(teller, "polished", it->minimum.polished);
    tell_number(teller, "best_known", it->best);
    tell_number(teller, "gap", examination_excess(it, it->loss, it->best));
    tell_wrong(it, teller);
    tell_number(teller, "lam_min", it->minimum.curvature);
}

/* Whose the best loss is, where the search missed it. */
static void words_own_best(struct words *words, const struct examination *it)
{
    if (it->floors->missed_from > 0.0 && it->reach.epoch > 0) {
        words_add(words, ", which it had itself after epoch %lld", (long long)it->reach.epoch);
    } else if (it->floors->missed_from > 0.0) {
        words_add(words, ", which it had itself at its start");
    }
}

static void worse_text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    words_add(&words, "The run settled at ");
    words_number(&words, it->loss, 4);
    if (isinf(it->gap)) {
        words_add(&words, ", with %zu of %zu samples on the wrong side, while a network of this "
                          "shape can have each class on its own side and come as near to 0 as you "
                          "like.", it->n_wrong, it->n_samples);
    } else {
        words_add(&words, ", ");
        words_above(&words, it, it->loss, it->best);
        words_add(&words, " the best loss that %s for this network, ",
                  it->floors->missed_from > 0.0 ? "is known" : "a search found");
        words_number(&words, it->best, 4);
        words_own_best(&words, it);
        words_add(&words, ".");
    }
    if (it->verdicts[CODE_BELOW_NOISE_FLOOR].has_fired) {
        words_add(&words, " That is no reason to look for a lower one: this one is below the noise "
                          "of the data already.");
    } else if (would_fit_noise(it)) {
        words_add(&words, " Chasing that gap would only be fitting noise.");
    } else {
        words_add(&words, " Nothing else we look for explains it: it is another valley. Another "
                          "start or more units usually find a better one.");
    }
    tell_text(teller, "text", words.text);
}

static void worse_actions(const struct examination *it, struct teller *teller)
{
    if (would_fit_noise(it)) {
        return;
    }
    action_seeds(teller);
    action_wider(teller, it);
}

static double explained(const struct examination *it)
{
    double constant = it->floors->value[FLOOR_CONSTANT];
    double pure = it->floors->value[FLOOR_PURE_ERROR];
    pure = isnan(pure) ? 0.0 : pure;
    return constant > pure ? (constant - it->loss) / (constant - pure) : NAN;
}

static void near_evidence(const struct examination *it, struct teller *teller)
{
    double constant = it->floors->value[FLOOR_CONSTANT];
    tell_number(teller, "loss", it->loss);
    tell_number(teller, "best", it->best);
    tell_number(teller, "gap", examination_excess(it, it->loss, it->best));
    tell_wrong(it, teller);
    tell_number(teller, "R2", constant > 0.0 ? 1.0 - it->loss / constant : NAN);
    tell_number(teller, "explained_of_explainable", explained(it));
}

static void near_text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    words_add(&words, "The final weights score ");
    words_number(&words, it->loss, 4);
    if (isinf(it->gap)) {
        words_add(&words, it->n_wrong == 0
                              ? ", and every sample has its class on its own side. Nothing is left "
                                "to learn here: growing weights alone take the loss as near to 0 "
                                "as you like."
                              : ", next to nothing of what the best constant leaves; a network of "
                                "this shape can come as near to 0 as you like.");
    } else if (it->floors->missed_from > 0.0) {
        words_add(&words, "; the best known for this network on these samples is ");
        words_number(&words, it->best, 4);
        words_own_best(&words, it);
        words_add(&words, ". That is below the best that a search found, ");
        words_number(&words, it->floors->missed_from, 4);
        words_add(&words, ": it missed a better network, this one. How much is left to gain is not "
                          "known.");
    } else {
        words_add(&words, "; the best that a search found for this network on these samples is ");
        words_number(&words, it->best, 4);
        words_add(&words,
                  ". There is little left to gain here with a network of this size.");
    }
    tell_text(teller, "text", words.text);
}

const struct diagnosis diagnosis_worse_minimum = {worse_evidence, worse_text, worse_actions};
const struct diagnosis diagnosis_near_best = {near_evidence, near_text, NULL};
