/* NO_SIGNAL and BELOW_NOISE_FLOOR: what the data has to teach, and what of it is noise. */
#include <math.h>

#include "core/explain/risk.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/words.h"

/* A test that would only notice what explains more than that has nothing to say: the four rows of
 * an exclusive or, say. */
static const double R2_MAX = 0.9;

/* The levels of the tests. All that there are must see nothing: of data without signal some test
 * sees one by luck in at most 10 % where inputs repeat, and 6 % where they don't. */
#define PLANE_LEVEL 0.05
#define MEANS_LEVEL 0.05
#define NEIGHBOURS_LEVEL 0.01

static void find_no_signal(struct examination *it)
{
    const struct floors *floors = it->floors;
    struct signal *signal = &it->signal;
    double constant = floors->value[FLOOR_CONSTANT];
    signal->linear_p = floors->linear_p;
    signal->anova_p = floors->anova_p;
    signal->permutation_p = floors->permutation_p;
    signal->neighbour_p = floors->neighbour_p;
    double p = isnan(floors->linear_p) ? floors->permutation_p : floors->linear_p;
    int is_pending = it->depth != EXPLAIN_FULL &&
                     (isnan(p) || (isnan(floors->anova_p) && isnan(floors->neighbour_p)));
    if (isnan(p) || !(constant > 0.0) || is_pending) {
        examination_not_run(it, "NO_SIGNAL", is_pending
                                                 ? "it waits for the permutation test"
                                                 : "no plane could be fitted to these samples");
        return;
    }
    if (!(p > PLANE_LEVEL) || floors->anova_p <= MEANS_LEVEL ||
        floors->neighbour_p <= NEIGHBOURS_LEVEL || floors->value[FLOOR_NOISE] == 0.0) {
        return; /* without noise the inputs say all, however little of it is a plane */
    }
    if (isnan(it->first_loss)) {
        examination_take_first_loss(it);
    }
    signal->by_mean = (it->first_loss - constant) / fmax(it->first_loss - it->loss, 1e-12);
    signal->r2 = 1.0 - it->loss / constant;
    signal->smallest_r2 = floors->smallest_r2;
    if (!(signal->smallest_r2 <= R2_MAX)) {
        examination_not_run(it, "NO_SIGNAL", "with so few samples no test could find one");
    } else {
        examination_fire(it, CODE_NO_SIGNAL, KIND_STATISTICAL, SEVERITY_NOTE, SCOPE_THESE_SAMPLES);
    }
}

static void find_below_noise(struct examination *it)
{
    double noise = it->floors->value[FLOOR_NOISE];
    if (it->subject->training->loss != LOSS_MSE || isnan(noise)) {
        return;
    }
    if (it->loss < noise || !it->is_brief) {
        it->signal.risk =
            risk_exact(&it->derivative, it->subject->population, it->subject->parameters);
    }
    if (it->loss < noise) {
        examination_fire(it, CODE_BELOW_NOISE_FLOOR, KIND_EXACT, SEVERITY_NOTE,
                         SCOPE_PRESENT | SCOPE_THESE_SAMPLES);
    }
}

void signal_find(struct examination *it)
{
    it->signal.risk = NAN;
    find_no_signal(it);
    find_below_noise(it);
}

/* --- telling -------------------------------------------------------------------------------- */

static void none_evidence(const struct examination *it, struct teller *teller)
{
    const struct signal *signal = &it->signal;
    tell_number(teller, "ols_p", signal->linear_p);
    tell_number(teller, "anova_p", signal->anova_p);
    tell_number(teller, "permutation_p", signal->permutation_p);
    tell_number(teller, "neighbour_p", signal->neighbour_p);
    tell_number(teller, "L0", it->first_loss);
    tell_number(teller, it->subject->training->loss == LOSS_MSE ? "var" : "best_constant",
                it->floors->value[FLOOR_CONSTANT]);
    tell_number(teller, "drop_by_mean", signal->by_mean);
    tell_number(teller, "R2", signal->r2);
    tell_number(teller, "smallest_detectable_R2", signal->smallest_r2);
}

/* What was looked at, with its p-value. */
static void add_tests(struct words *words, const struct signal *signal)
{
    words_add(words, " (p = ");
    words_number(words, isnan(signal->linear_p) ? signal->permutation_p : signal->linear_p, 2);
    words_add(words, " for a plane");
    if (!isnan(signal->anova_p)) {
        words_add(words, ", ");
        words_number(words, signal->anova_p, 2);
        words_add(words, " for any function of the inputs, as some of them repeat");
    } else if (!isnan(signal->neighbour_p)) {
        words_add(words, ", ");
        words_number(words, signal->neighbour_p, 2);
        words_add(words, " for nearest neighbours being alike");
    } else {
        words_add(words, "; nothing bent was tested");
    }
    words_add(words, ")");
}

static void none_text(const struct examination *it, struct teller *teller)
{
    const struct signal *signal = &it->signal;
    struct words words = {0};
    if (it->first_loss > it->loss && signal->by_mean > 0.0) {
        words_number(&words, fmin(100.0 * signal->by_mean, 100.0), 3);
        words_add(&words, " %% of the drop of the loss is just finding the average. Beyond that we "
                          "find");
    } else {
        words_add(&words, "We find");
    }
    words_add(&words, " no evidence that the inputs matter");
    add_tests(&words, signal);
    words_add(&words, ": a random pairing of inputs and targets would look like this. With %zu "
                      "rows a weak effect could be missed", it->n_samples);
    if (!isnan(signal->smallest_r2)) {
        words_add(&words, " (a plane would have to explain ");
        words_number(&words, 100.0 * signal->smallest_r2, 2);
        words_add(&words, " %% to be noticed)");
    }
    words_add(&words, ".");
    tell_text(teller, "text", words.text);
}

static void below_evidence(const struct examination *it, struct teller *teller)
{
    tell_number(teller, "train", it->loss);
    tell_number(teller, "sigma2", it->floors->value[FLOOR_NOISE]);
    tell_number(teller, "exact_risk", it->signal.risk);
}

static void below_text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    words_add(&words, "The loss on these samples, ");
    words_number(&words, it->loss, 4);
    words_add(&words, ", is below the noise that the data was made with, ");
    words_number(&words, it->floors->value[FLOOR_NOISE], 4);
    words_add(&words, ": part of the fit is noise learned by heart.");
    if (!isnan(it->signal.risk)) {
        words_add(&words, " On new samples the expected loss is ");
        words_number(&words, it->signal.risk, 4);
        words_add(&words, ", exactly.");
    }
    tell_text(teller, "text", words.text);
}

const struct diagnosis diagnosis_no_signal = {none_evidence, none_text, NULL};
const struct diagnosis diagnosis_below_noise = {below_evidence, below_text, NULL};
