/* The checks of a worked step: overshoot, linear prediction, finite differences, balance. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/step/step_inside.h"

static int is_piecewise_linear(const struct network *network)
{
    for (int l = 0; l < network->n_layers; l++) {
        if (network->layers[l].activation > ACTIVATION_LEAKY_RELU) {
            return 0;
        }
    }
    return 1;
}

/* --- overshoot ------------------------------------------------------------------------------- */

/* rho of one output's squared error; the share of the error that the step takes away, to first
 * order. */
static void tell_overshoot(const struct step *step, struct derivative *it, double *slopes,
                           struct teller *teller)
{
    const struct walk *walk = step->walk;
    double square = 0.0, error = derivative_outputs(&step->before)[0] - step->targets[0];
    derivative_jacobian(it, walk->before, step->features, slopes);
    for (size_t p = 0; p < walk->n_parameters; p++) {
        square += slopes[p] * slopes[p];
    }
    double rho = walk->pace[PACE_RATE] * it->scale * square;
    tell_object(teller, "overshoot");
    tell_text(teller, "tex", "\\rho=\\eta c\\|\\nabla f\\|^2");
    tell_number(teller, "value", rho);
    tell_number(teller, "linear_prediction_of_new_error", (1.0 - rho) * error);
    tell_number(teller, "actual_new_error",
                derivative_outputs(&step->after)[0] - step->targets[0]);
    tell_text(teller, "meaning", "<1 approaches, 1..2 jumps past but closer, >2 ends further away "
                                 "(first order)");
    tell_end(teller);
}

/* What the slopes promise of the batch's J, and what came. */
static void tell_linear(const struct step *step, struct teller *teller)
{
    const struct walk *walk = step->walk;
    double predicted = 0.0;
    for (size_t p = 0; p < walk->n_parameters; p++) {
        predicted += step->gradient[p] * (walk->parameters[p] - walk->before[p]);
    }
    tell_object(teller, "linear");
    tell_text(teller, "tex", "J_{new}\\approx J+\\nabla J\\cdot\\Delta p");
    tell_number(teller, "old", step->objective);
    tell_number(teller, "predicted_new", step->objective + predicted);
    tell_number(teller, "actual_new", step->objective_after);
    tell_end(teller);
}

/* --- finite differences ---------------------------------------------------------------------- */

/* Beyond so many halvings of h rounding outweighs what is measured. */
enum { HALVINGS_MAX = 10 };

/* J's slope by parameter p, from four points on the same side of every kink; NaN: there are
 * none within reach. at: a copy of the parameters, left as it was. */
static double difference(const struct step *step, struct derivative *it, double *at, size_t p,
                         double h)
{
    const double x = at[p];
    for (int halvings = 0; halvings <= HALVINGS_MAX; halvings++, h /= 2) {
        const double points[4] = {x - 2 * h, x - h, x + h, x + 2 * h};
        uint64_t sides[4];
        double value[4];
        for (int k = 0; k < 4; k++) {
            at[p] = points[k];
            value[k] = step_objective(step, it, at, &sides[k]);
        }
        at[p] = x;
        if (sides[0] == sides[1] && sides[1] == sides[2] && sides[2] == sides[3]) {
            double near = (value[2] - value[1]) / (points[2] - points[1]);
            double far = (value[3] - value[0]) / (points[3] - points[0]);
            return near + (near - far) / 3;
        }
    }
    return NAN;
}

/* Relative errors; of slopes that are next to nothing, relative to a thousandth of the greatest. */
static void tell_differences(const struct step *step, struct derivative *it, double *at,
                             struct teller *teller)
{
    const struct walk *walk = step->walk;
    int is_piecewise = is_piecewise_linear(walk->network);
    double greatest = 0.0, worst = NAN, tolerance = is_piecewise ? 1e-9 : 1e-7;
    int n_kinked = 0;
    char name[NAMING_BYTES];
    memcpy(at, walk->before, walk->n_parameters * sizeof *at);
    for (size_t p = 0; p < walk->n_parameters; p++) {
        greatest = fmax(greatest, fabs(step->gradient[p]));
    }
    tell_list(teller, "not_checkable");
    for (size_t p = 0; p < walk->n_parameters; p++) {
        double found = difference(step, it, at, p, is_piecewise ? 0x1p-7 : 0x1p-10);
        double size = fmax(fabs(step->gradient[p]), fmax(1e-3 * greatest, 1e-8));
        if (isnan(found)) {
            naming_parameter(walk->network, p, name);
            tell_text(teller, NULL, name);
            n_kinked++;
        } else {
            worst = fmax(isnan(worst) ? 0.0 : worst, fabs(found - step->gradient[p]) / size);
        }
    }
    tell_end(teller);
    tell_flag(teller, "kink_within_reach", n_kinked > 0);
    tell_number(teller, "finite_difference_max_rel_error", worst);
    if (!isnan(worst)) {
        tell_flag(teller, "finite_difference_agrees", worst < tolerance);
    }
}

/* --- balance --------------------------------------------------------------------------------- */

static double square_of(const double *values, size_t from, size_t n, size_t stride)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += values[from + i * stride] * values[from + i * stride];
    }
    return sum;
}

/* Outgoing minus incoming squares of a hidden unit. */
static double balance_of(const struct network *network, const double *values, int unit)
{
    size_t n_inputs = (size_t)network->n_inputs, n_units = (size_t)network->layers[0].units;
    double bias = values[network_bias(network, 0, unit)];
    return square_of(values, network_weight(network, 1, 0, unit),
                     (size_t)network_n_outputs(network), n_units) -
           square_of(values, network_weight(network, 0, unit, 0), n_inputs, 1) - bias * bias;
}

/* Homogeneous units under plain SGD: the difference changes by second order alone (Du, Hu & Lee
 * 2018). */
static void tell_balance(const struct step *step, struct teller *teller)
{
    const struct walk *walk = step->walk;
    const struct network *network = walk->network;
    double rate = walk->pace[PACE_RATE];
    if (network->n_layers != 2 || network->layers[0].activation > ACTIVATION_LEAKY_RELU ||
        !training_is_plain(walk->training)) {
        return;
    }
    tell_list(teller, "balance");
    for (int j = 0; j < network->layers[0].units; j++) {
        tell_object(teller, NULL);
        tell_integer(teller, "unit", j);
        tell_text(teller, "tex",
                  "\\Delta(w_{out}^2-\\|w_{in}\\|^2-b^2)="
                  "\\eta^2(g_{out}^2-\\|g_{in}\\|^2-g_b^2)");
        tell_number(teller, "value", rate * rate * balance_of(network, step->gradient, j));
        tell_number(teller, "measured", balance_of(network, walk->parameters, j) -
                                            balance_of(network, walk->before, j));
        tell_end(teller);
    }
    tell_end(teller);
}

/* Work of the differences: evaluations times samples times parameters; beyond it none are taken. */
enum { DIFFERENCE_WORK_MAX = 20000000 };

int step_tell_checks(const struct step *step, struct teller *teller, struct error *error)
{
    const struct walk *walk = step->walk;
    struct derivative it;
    double *spare = memory_array(walk->n_parameters, sizeof *spare, error);
    if (!spare || derivative_init(&it, walk->network, walk->training->loss,
                                  walk->training->gradient, error) != 0) {
        free(spare);
        return -1;
    }
    double work = 4.0 * (double)walk->n_batch * (double)walk->n_parameters *
                  (double)walk->n_parameters;
    tell_object(teller, "checks");
    if (walk->training->loss == LOSS_MSE && network_n_outputs(walk->network) == 1 &&
        walk->n_batch == 1 && training_is_plain(walk->training)) {
        tell_overshoot(step, &it, spare, teller);
    }
    tell_linear(step, teller);
    if (work <= DIFFERENCE_WORK_MAX) {
        tell_differences(step, &it, spare, teller);
    }
    tell_balance(step, teller);
    tell_end(teller);
    derivative_clear(&it);
    free(spare);
    return 0;
}
