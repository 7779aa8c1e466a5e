/* AFFINE_ON_DATA: no unit bends within the data, so the network is a plane there.
 *
 * Each relu or leaky_relu is on for all samples or off for all; then the outputs (of the
 * cross-entropies, their weighted sums) are affine in the inputs, and the loss can't be below that
 * of the best plane while that is so: least squares, least absolute deviations, logistic
 * regression, as the loss has it. Not for ever: the weights go on moving, and a bend may move into
 * the data. */
#include <math.h>

#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/actions.h"
#include "core/explain/verdict/words.h"

static int is_entropy(enum loss loss)
{
    return loss_activation(loss) != ACTIVATION_COUNT;
}

static int has_plane(const struct examination *it)
{
    const struct network *network = it->subject->network;
    enum activation last = network->layers[network->n_layers - 1].activation;
    return last == ACTIVATION_LINEAR || is_entropy(it->subject->training->loss);
}

void affine_find(struct examination *it)
{
    const struct survey *now = &it->now;
    if (it->verdicts[CODE_COLLAPSED_TO_CONSTANT].has_fired || !survey_is_affine(now) ||
        survey_count(now, UNIT_DEAD) == now->n_units || !has_plane(it)) {
        return;
    }
    int is_lost = examination_has_gap(it) && it->floors->value[FLOOR_LINEAR] > 1.05 * it->best;
    examination_fire(it, CODE_AFFINE_ON_DATA, KIND_THEOREM,
                     is_lost ? SEVERITY_BLOCK : SEVERITY_NOTE, SCOPE_PRESENT | SCOPE_THESE_SAMPLES);
}

static double nearest_kink(const struct survey *now)
{
    double nearest = INFINITY;
    for (int i = 0; i < now->n_units; i++) {
        const struct unit *unit = &now->units[i];
        if (unit->state == UNIT_ON || unit->state == UNIT_OFF) {
            nearest = fmin(nearest, fmin(fabs(unit->z_min), fabs(unit->z_max)));
        }
    }
    return nearest;
}

static void evidence(const struct examination *it, struct teller *teller)
{
    double linear = it->floors->value[FLOOR_LINEAR];
    int is_squared = it->subject->training->loss == LOSS_MSE;
    tell_number(teller, "loss", it->loss);
    tell_number(teller, is_squared ? "ols" : floor_code(FLOOR_LINEAR, it->floors->loss), linear);
    tell_number(teller, is_squared ? "excess_over_ols" : "excess",
                examination_excess(it, it->loss, linear));
    tell_number(teller, "above", it->loss - linear);
    tell_number(teller, "lof_p", it->floors->lack_of_fit_p);
    tell_number(teller, is_squared ? "pure_error"
                                   : floor_code(FLOOR_PURE_ERROR, it->floors->loss),
                it->floors->value[FLOOR_PURE_ERROR]);
    tell_number(teller, "nearest_kink", nearest_kink(&it->now));
}

static void text(const struct examination *it, struct teller *teller)
{
    struct words words = {0};
    double linear = it->floors->value[FLOOR_LINEAR], p = it->floors->lack_of_fit_p;
    enum loss loss = it->subject->training->loss;
    words_add(&words, "%s, so %s is a plane", it->now.n_units == 1
                          ? "Your ReLU does not bend inside your data"
                          : it->now.n_units == 2 ? "Neither ReLU bends inside your data"
                                                 : "No ReLU bends inside your data",
              is_entropy(loss) ? "what the network weighs the classes by" : "the network");
    if (!isnan(linear)) {
        words_add(&words, " and cannot beat %s (", loss == LOSS_MSE   ? "linear regression"
                                                   : is_entropy(loss) ? "logistic regression"
                                                                      : "the best plane");
        words_number(&words, linear, 4);
        words_add(&words, ") while that is so");
    }
    words_add(&words, ".");
    if (p < 0.01) {
        words_add(&words, " The lack-of-fit test (p = ");
        words_number(&words, p, 2);
        words_add(&words, ") says that curvature is left.");
    } else if (p >= 0.05) {
        words_add(&words, " The lack-of-fit test (p = ");
        words_number(&words, p, 2);
        words_add(&words, ") finds no curvature to be learned, so a plane may be all there is.");
    }
    words_add(&words, " Another start, more units, or a larger learning rate may move a bend into "
                      "the data.");
    tell_text(teller, "text", words.text);
}

static void actions(const struct examination *it, struct teller *teller)
{
    action_seeds(teller);
    action_wider(teller, it);
    action_epochs(teller, it, 3 * it->subject->state.epoch);
}

const struct diagnosis diagnosis_affine = {evidence, text, actions};
