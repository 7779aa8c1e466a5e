/* SENSITIVE_DEPENDENCE: a nudge of the start that nobody could notice changes the end. */
#include <math.h>
#include <stdlib.h>

#include "core/base/math/linalg.h"
#include "core/base/math/rng.h"
#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

enum { NUDGES = 2 };

#define NUDGE 1e-9

/* A smaller change, relative to the best constant's loss, is the rounding of a loss next to 0. */
#define CHANGE_MIN 1e-9

/* The first draws of NumPy's default_rng(5).normal(); where they end, RandomState(5)'s go on. */
static const double DRAWS[] = {
    -0.8019314252534474, -1.324358995628145, -0.24836162209524854, 0.4204452380655215,
    1.1360465324896427, 0.10970639932180819, -0.5526473205362324, -0.7847803553442784,
    0.7487457707345911, 1.6347830429585775, 0.27276877584472176, -1.2333286640307717,
    -0.9582652054360887, 1.6000190889991115, 0.2028824405086084, -1.7321348424395848,
    -0.08369619281702581, -1.1632259734447485, -0.6292880940615545, -0.48800582327685743,
    -0.7133133716322436, 0.5533784703532895, -0.06308597192528916, -0.5894312580326048,
    0.40963782655711695, 0.8298553070613239, -1.643023371405677, -0.256730126365494,
    -0.9807473560440125, -0.17315522486203205, -1.2894187467538587, 0.0206903940375912};

/* starts [NUDGES][p], and how long each nudge is. */
static void nudge(const struct examination *it, double *starts, double *lengths)
{
    const double *start = it->subject->start;
    size_t p = it->n_parameters, n_draws = sizeof DRAWS / sizeof *DRAWS;
    double scale = NUDGE * (linalg_norm(start, p) / sqrt((double)p) + 1e-3);
    struct rng rng;
    rng_seed(&rng, 5);
    for (size_t i = 0; i < NUDGES * p; i++) {
        double by = (i < n_draws ? DRAWS[i] : rng_normal_fixed(&rng)) * scale;
        starts[i] = start[i % p] + by;
        lengths[i / p] += by * by;
    }
}

int sensitivity_find(struct examination *it, struct error *error)
{
    struct sensitivity *found = &it->sensitivity;
    size_t p = it->n_parameters;
    int64_t n = it->tail.n_median, epochs = it->subject->state.epoch;
    double lengths[NUDGES] = {0.0}, largest = 0.0;
    struct replay replay = {0};
    struct replay_run runs[NUDGES];
    double *starts = memory_array((NUDGES + 1) * p, sizeof *starts, error);
    double *losses = memory_array((size_t)n * (NUDGES + 1), sizeof *losses, error);
    int status = -1;
    if (!starts || !losses) {
        goto out;
    }
    nudge(it, starts, lengths);
    for (size_t i = 0; i < NUDGES; i++) {
        runs[i] = (struct replay_run){starts + i * p, 1.0};
    }
    if (replay_open(&replay, it->subject, runs, NUDGES, epochs, error) != 0 ||
        replay_to(&replay, epochs - n, error) != 0 ||
        replay_end_losses(&replay, &it->derivative, n, losses, error) != 0) {
        goto out;
    }
    for (int i = 0; i < NUDGES; i++) {
        double *end = starts + NUDGES * p, squares = 0.0;
        double loss = examination_median(losses, n, NUDGES, i, losses + NUDGES * n);
        replay_present(&replay, i, end);
        for (size_t k = 0; k < p; k++) {
            squares += (end[k] - it->subject->parameters[k]) *
                       (end[k] - it->subject->parameters[k]);
        }
        found->amplification = fmax(found->amplification, sqrt(squares / lengths[i]));
        largest = fmax(largest, replay_is_finite(&replay, i) ? fabs(loss - it->loss) : INFINITY);
    }
    found->change = largest > 0.0 ? largest / it->loss : 0.0;
    if (found->change > 1e-3 && !(largest <= CHANGE_MIN * it->floors->value[FLOOR_CONSTANT])) {
        examination_fire(it, CODE_SENSITIVE_DEPENDENCE, KIND_COUNTERFACTUAL, SEVERITY_WARN,
                         SCOPE_THIS_START);
    }
    status = 0;
out:
    replay_close(&replay);
    free(starts);
    free(losses);
    return status;
}

static void evidence(const struct examination *it, struct teller *teller)
{
    tell_number(teller, "amplification", it->sensitivity.amplification);
    tell_number(teller, "dL_rel", it->sensitivity.change);
}

/* Of a loss next to 0 as a difference: in per cent it would be of any size. */
static void say_change(const struct examination *it, struct words *words)
{
    double change = it->sensitivity.change;
    if (!isfinite(change)) {
        words_add(words, "made the loss grow beyond all numbers");
    } else if (change > 10.0) {
        words_add(words, "changed the final loss, ");
        words_number(words, it->loss, 3);
        words_add(words, ", by ");
        words_number(words, change * it->loss, 3);
    } else {
        words_add(words, "changed the final loss by ");
        words_number(words, 100.0 * change, 3);
        words_add(words, " %%");
    }
}

static void text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    words_add(&words, "Moving the start by a billionth, far below anything one would type, ");
    say_change(it, &words);
    words_add(&words, ". This run balances on an edge: small differences between it and other "
                      "runs say little.");
    tell_text(teller, "text", words.text);
}

static void actions(const struct examination *it, struct teller *teller)
{
    (void)it;
    action_seeds(teller);
}

const struct diagnosis diagnosis_sensitivity = {evidence, text, actions};
