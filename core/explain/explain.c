/* The verdicts of one run: found in an order in which each can use what the ones before found, told
 * in the order of their rank. */
#include "core/explain/explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"

static const struct diagnosis *const DIAGNOSES[CODE_COUNT] = {
    [CODE_NONFINITE] = &diagnosis_nonfinite,
    [CODE_ZERO_INIT_SADDLE] = &diagnosis_zero_init,
    [CODE_COLLAPSED_TO_CONSTANT] = &diagnosis_collapse,
    [CODE_DEAD_UNITS] = &diagnosis_death,
    [CODE_SATURATED_UNITS] = &diagnosis_saturation,
    [CODE_SYMMETRIC_UNITS] = &diagnosis_symmetry,
    [CODE_AFFINE_ON_DATA] = &diagnosis_affine,
    [CODE_FP_STALL] = &diagnosis_stall,
    [CODE_OVERFITTING] = &diagnosis_overfitting,
    [CODE_UNDERTRAINED] = &diagnosis_undertrained,
    [CODE_STOPPED_AS_ASKED] = &diagnosis_stopped,
    [CODE_LR_NOISE_FLOOR] = &diagnosis_noise_floor,
    [CODE_NO_SIGNAL] = &diagnosis_no_signal,
    [CODE_WORSE_LOCAL_MINIMUM] = &diagnosis_worse_minimum,
    [CODE_STEP_OVERSHOOTS_AT_INIT] = &diagnosis_overshoot_start,
    [CODE_STEP_OVERSHOOTS_IN_EPOCH_1] = &diagnosis_overshoot_epoch,
    [CODE_ABOVE_GD_LIMIT_AT_INIT] = &diagnosis_gd_limit,
    [CODE_SENSITIVE_DEPENDENCE] = &diagnosis_sensitivity,
    [CODE_PLATEAU_SCALING] = &diagnosis_plateau,
    [CODE_BELOW_NOISE_FLOOR] = &diagnosis_below_noise,
    [CODE_PRINTED_LOSS_IS_MOVING] = &diagnosis_printed,
    [CODE_NEAR_BEST_KNOWN] = &diagnosis_near_best,
    [CODE_BALANCE_DRIFT] = &diagnosis_balance,
    [CODE_LR_WINDOW] = &diagnosis_limits,
    [CODE_GRADIENT_CHECK] = &diagnosis_gradient_check,
};

/* --- finding -------------------------------------------------------------------------------- */

/* J's Hessian at the present parameters, and its eigenvalues. */
static int take_hessian(struct examination *it, struct error *error)
{
    size_t p = it->n_parameters;
    if (!it->setting.can_polish) {
        return 0;
    }
    it->hessian = memory_array(p * p, sizeof(double), error);
    it->eigenvalues = memory_array(2 * p, sizeof(double), error);
    if (!it->hessian || !it->eigenvalues ||
        derivative_hessian(&it->derivative, it->subject->parameters, it->subject->dataset,
                           it->hessian, error) != 0) {
        return -1;
    }
    if (linalg_eigen_symmetric(it->hessian, p, it->eigenvalues, it->eigenvalues + p) != 0) {
        free(it->eigenvalues);
        it->eigenvalues = NULL;
    }
    return 0;
}

/* The last epochs' losses, which most of what follows is measured by. */
static int look_back(struct examination *it, struct error *error)
{
    if (it->depth == EXPLAIN_LIVE || it->subject->state.epoch == 0) {
        return 0;
    }
    if (take_hessian(it, error) != 0) {
        return -1;
    }
    if (!it->setting.can_replay) {
        examination_not_run(it, "the median loss of the last epochs", it->setting.why_not);
        return 0;
    }
    return examination_replay(it, error);
}

static int find_facts(struct examination *it, struct error *error)
{
    if (zero_init_find(it, error) != 0 || death_find(it, error) != 0) {
        return -1;
    }
    saturation_find(it);
    collapse_find(it);
    affine_find(it);
    printed_find(it);
    signal_find(it);
    return stall_find(it, error) != 0 ? -1 : symmetry_find(it, error);
}

/* What is true of most runs, healthy or not. */
static int find_asides(struct examination *it, struct error *error)
{
    if (numbers_find(it, error) != 0 || limits_find(it, error) != 0 ||
        balance_find(it, error) != 0) {
        return -1;
    }
    return gradient_check_find(it, error);
}

/* What is found by training the run again, or on. */
#define RERUNS "UNDERTRAINED, LR_NOISE_FLOOR, SENSITIVE_DEPENDENCE, PLATEAU_SCALING"

static int find_reruns(struct examination *it, struct error *error)
{
    const char *codes = it->subject->validation ? RERUNS ", OVERFITTING" : RERUNS;

    if (it->depth != EXPLAIN_FULL) {
        examination_not_run(it, codes, "they wait for the run to be trained again, and on");
        return 0;
    }
    if (!it->setting.can_rerun || it->subject->state.epoch == 0) {
        examination_not_run(it, codes, it->setting.can_rerun ? "no epoch is finished yet"
                                                             : it->setting.why_not);
        return 0;
    }
    if (overfitting_find(it, error) != 0 || continuation_find(it, error) != 0 ||
        sensitivity_find(it, error) != 0) {
        return -1;
    }
    return plateau_find(it, error);
}

/* What one verdict implies is folded under it. */
static void fold(struct examination *it, enum code because, enum code implied)
{
    if (it->verdicts[because].has_fired && it->verdicts[implied].has_fired &&
        it->verdicts[implied].because == implied) {
        it->verdicts[implied].because = because;
    }
}

/* A verdict blocks only if what is left can be told from the targets' noise; where that can't be
 * tested it stays a note. */
static void weigh(struct examination *it)
{
    int is_noise = !(it->noise_p < 0.01);
    for (int i = 0; i < CODE_COUNT; i++) {
        struct verdict *verdict = &it->verdicts[i];
        if (verdict->has_fired && verdict->severity == SEVERITY_BLOCK && is_noise) {
            verdict->severity = SEVERITY_NOTE;
        }
    }
    fold(it, CODE_ZERO_INIT_SADDLE, CODE_COLLAPSED_TO_CONSTANT);
    fold(it, CODE_ZERO_INIT_SADDLE, CODE_DEAD_UNITS);
    fold(it, CODE_ZERO_INIT_SADDLE, CODE_SYMMETRIC_UNITS);
}

/* In brief only where a severity depends on it. */
static int is_noise_asked_for(const struct examination *it)
{
    for (int i = 0; it->is_brief && i < CODE_COUNT; i++) {
        if (it->verdicts[i].has_fired && it->verdicts[i].severity == SEVERITY_BLOCK) {
            return 1;
        }
    }
    return !it->is_brief;
}

/* `floors` are the examination's, to be lowered; NULL: they stay, as none of a run under way has a
 * best loss. */
static int find_all(struct examination *it, struct floors *floors, struct error *error)
{
    nonfinite_find(it);
    if (overshoot_find(it, error) != 0) {
        return -1;
    }
    if (!it->setting.is_finite) {
        return floors ? reach_find(it, floors, error) : 0;
    }
    if (look_back(it, error) != 0 || (floors && reach_find(it, floors, error) != 0) ||
        find_facts(it, error) != 0 ||
        (!it->is_brief && find_asides(it, error) != 0) || find_reruns(it, error) != 0 ||
        minimum_find(it, error) != 0 ||
        (is_noise_asked_for(it) && noise_find(it, error) != 0)) {
        return -1;
    }
    weigh(it);
    return 0;
}

/* --- telling -------------------------------------------------------------------------------- */

static int is_blocking(const struct verdict *verdict)
{
    return verdict->has_fired &&
           (verdict->severity == SEVERITY_ERROR || verdict->severity == SEVERITY_BLOCK);
}

/* Or it is what matters most of what comes after it: a lower loss on samples that are being learnt
 * by heart is worth nothing. */
static int is_urgent(const struct examination *it, enum code code)
{
    return is_blocking(&it->verdicts[code]) ||
           (code == CODE_OVERFITTING && it->verdicts[code].has_fired &&
            it->verdicts[code].severity == SEVERITY_WARN);
}

/* A rise that is gone once one half of the rows picks the epoch for the other; or too few rows. */
static int is_likely_luck(const struct examination *it, enum code code)
{
    return code == CODE_OVERFITTING && !(it->overfit.rise > 0.0);
}

/* The first that blocks. If none does: zeros, which explain why nothing moves even where there is
 * nothing to be learnt; that nothing is; that samples were learnt by heart; that the loss is near
 * the best known; else the first that fired and is no aside. CODE_COUNT: none. */
static enum code headline(const struct examination *it)
{
    static const enum code CALM[] = {CODE_ZERO_INIT_SADDLE, CODE_NO_SIGNAL, CODE_OVERFITTING,
                                     CODE_NEAR_BEST_KNOWN};
    for (int i = 0; i < CODE_COUNT; i++) {
        if (is_urgent(it, (enum code)i)) {
            return (enum code)i;
        }
    }
    for (size_t i = 0; i < sizeof CALM / sizeof *CALM; i++) {
        if (it->verdicts[CALM[i]].has_fired && !is_likely_luck(it, CALM[i])) {
            return CALM[i];
        }
    }
    for (int i = 0; i < CODE_COUNT; i++) {
        if (it->verdicts[i].has_fired && !verdict_is_aside((enum code)i)) {
            return (enum code)i;
        }
    }
    return CODE_COUNT;
}

static void tell_scope(unsigned scope, struct teller *teller)
{
    tell_list(teller, "scope");
    for (int bit = 0; bit < SCOPE_COUNT; bit++) {
        if (scope & (1U << bit)) {
            tell_text(teller, NULL, verdict_scope(bit));
        }
    }
    tell_end(teller);
}

static void tell_verdict(const struct examination *it, enum code code, struct teller *teller)
{
    const struct verdict *verdict = &it->verdicts[code];
    const struct diagnosis *diagnosis = DIAGNOSES[code];
    tell_object(teller, NULL);
    tell_text(teller, "code", verdict_code(code));
    tell_text(teller, "kind", verdict_kind(verdict->kind));
    tell_text(teller, "severity", verdict_severity(verdict->severity));
    tell_flag(teller, "certain", verdict->is_certain);
    tell_scope(verdict->scope, teller);
    if (verdict->because != code) {
        tell_text(teller, "implied_by", verdict_code(verdict->because));
    }
    if (verdict_is_aside(code) && !is_blocking(verdict)) {
        tell_flag(teller, "aside", 1);
    }
    tell_object(teller, "evidence");
    diagnosis->evidence(it, teller);
    tell_end(teller);
    diagnosis->text(it, teller);
    tell_list(teller, "actions");
    if (diagnosis->actions) {
        diagnosis->actions(it, teller);
    }
    tell_end(teller);
    tell_end(teller);
}

/* The headline first, the others in the order of their rank. */
static void tell_verdicts(const struct examination *it, enum code first, struct teller *teller)
{
    tell_list(teller, "verdicts");
    if (first != CODE_COUNT) {
        tell_verdict(it, first, teller);
    }
    for (int i = 0; i < CODE_COUNT; i++) {
        if (it->verdicts[i].has_fired && (enum code)i != first) {
            tell_verdict(it, (enum code)i, teller);
        }
    }
    tell_end(teller);
}

static void tell_loss(const struct examination *it, struct teller *teller)
{
    tell_object(teller, "loss");
    tell_number(teller, "start", it->first_loss);
    tell_number(teller, "printed", it->subject->printed_loss);
    tell_number(teller, "end", it->now.loss);
    tell_number(teller, "median_of_last_epochs", it->tail.losses ? it->loss : NAN);
    tell_number(teller, "best_known", it->floors->value[FLOOR_BEST_KNOWN]);
    tell_number(teller, "gap",
                examination_excess(it, it->loss, it->floors->value[FLOOR_BEST_KNOWN]));
    tell_number(teller, "noise_p", it->noise_p);
    tell_end(teller);
}

static void tell_all(const struct examination *it, struct teller *teller)
{
    enum code first = headline(it);
    tell_text(teller, "headline", first == CODE_COUNT ? NULL : verdict_code(first));
    if (first != CODE_COUNT) {
        DIAGNOSES[first]->text(it, teller);
    } else {
        tell_text(teller, "text", "Nothing that we look for was found in this run.");
    }
    tell_loss(it, teller);
    tell_verdicts(it, first, teller);
    if (it->setting.is_finite) {
        numbers_tell(it, teller);
    }
    tell_list(teller, "not_run");
    for (int i = 0; i < it->n_not_run; i++) {
        tell_object(teller, NULL);
        tell_text(teller, "code", it->not_run[i].code);
        tell_text(teller, "why", it->not_run[i].why);
        tell_end(teller);
    }
    tell_end(teller);
}

int explain_run(const struct subject *subject, struct floors *floors,
                enum explain_depth depth, struct teller *teller, struct error *error)
{
    struct examination *it = memory_array(1, sizeof *it, error);
    if (!it) {
        return -1;
    }
    int status = examination_init(it, subject, floors, depth, error);
    if (status == 0) {
        status = find_all(it, floors, error);
    }
    if (status == 0) {
        tell_all(it, teller);
    }
    examination_clear(it);
    free(it);
    return status;
}

/* --- in short ------------------------------------------------------------------------------- */

/* Takes down the one text it is told. */
static void take_text(void *context, const char *name, const char *value)
{
    struct glance *glance = context;
    size_t n = strnlen(value, sizeof glance->text - 1);
    (void)name;
    memcpy(glance->text, value, n);
    glance->text[n] = '\0';
}

static void fill_glance(const struct examination *it, struct glance *glance)
{
    struct teller teller = {.context = glance, .text = take_text};
    glance->codes = 0;
    glance->text[0] = '\0';
    for (int i = 0; i < CODE_COUNT; i++) {
        glance->codes |= (uint64_t)it->verdicts[i].has_fired << i;
    }
    glance->headline = headline(it);
    if (glance->headline != CODE_COUNT) {
        glance->severity = it->verdicts[glance->headline].severity;
        DIAGNOSES[glance->headline]->text(it, &teller);
    }
}

int explain_glance(const struct subject *subject, const struct floors *floors,
                   struct glance *out_glance, struct error *error)
{
    if (!out_glance->room) {
        out_glance->room = memory_array(1, sizeof *out_glance->room, error);
    }
    struct examination *it = out_glance->room;
    if (!it) {
        return -1;
    }
    int status = examination_init_brief(it, subject, floors, error);
    if (status == 0) {
        status = find_all(it, NULL, error);
    }
    if (status == 0) {
        fill_glance(it, out_glance);
    }
    examination_reset(it);
    return status;
}

void explain_glance_clear(struct glance *glance)
{
    if (glance->room) {
        examination_clear(glance->room);
        free(glance->room);
    }
    *glance = (struct glance){0};
}
