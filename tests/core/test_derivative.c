/* Gradient, Jacobian and Hessian against differences, for every activation with every loss. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/explain/derivative.h"
#include "tests/core/reference.h"

enum { UNITS = REFERENCE_SMALL_UNITS, N_MAX = 64 };

typedef void (*check_fn)(const struct reference_case *it, struct derivative *d);

struct checks {
    check_fn check;
    int n;
};

static void check_case(struct reference_case *it, void *context)
{
    struct checks *checks = context;
    struct derivative d;
    enum gradient gradient = checks->n++ % 2 ? GRADIENT_FULL : GRADIENT_HALF;
    assert_int_equal(derivative_init(&d, &it->network, it->training.loss, gradient, NULL), 0);
    checks->check(it, &d);
    derivative_clear(&d);
}

/* Up to 3 layers, both gradients of the squared error in turn. */
static void for_every_case(check_fn check)
{
    struct checks checks = {.check = check};
    assert_int_equal(reference_each_small(93, 3, check_case, &checks),
                     8 * LOSS_COUNT * 3 + LOSS_COUNT);
}

/* What is differentiated: value number `i` at the case's parameters. */
typedef double (*value_fn)(const struct reference_case *it, struct derivative *d, size_t i);

/* Its slope by parameter p, from four points (off by h^4 / 30 of the fifth derivative); NaN where
 * two points of them say something else, because a kink lies between. */
static double slope_of(const struct reference_case *it, struct derivative *d, value_fn value,
                       size_t i, size_t p)
{
    const double h = 0x1p-14;
    double x = it->parameters[p], v[4];
    const double at[4] = {x - 2 * h, x - h, x + h, x + 2 * h};
    for (int k = 0; k < 4; k++) {
        it->parameters[p] = at[k];
        v[k] = value(it, d, i);
    }
    it->parameters[p] = x;
    double near = (v[2] - v[1]) / (2 * h), far = (v[3] - v[0]) / (4 * h);
    return fabs(near - far) > 1e-4 * (1 + fabs(near)) ? NAN : near + (near - far) / 3;
}

static struct {
    int n, n_kinked, n_flat; /* numbers compared; left out; cases in which all were 0 */
} seen;

/* h^4 and rounding over h leave about 1e-11. */
static void compare(const struct reference_case *it, const char *what, double got, double expected,
                    double tolerance)
{
    seen.n += !isnan(expected);
    seen.n_kinked += isnan(expected);
    if (!isnan(expected) && !(fabs(got - expected) <= tolerance * (1 + fabs(expected)))) {
        fail_msg("%s, %s, %d layers: got %s %.17g, expected %.17g",
                 activation_name(it->network.layers[0].activation), loss_name(it->training.loss),
                 it->network.n_layers, what, got, expected);
    }
}

static double objective(const struct reference_case *it, struct derivative *d, size_t i)
{
    (void)i;
    return d->factor * derivative_data(d, it->parameters, it->dataset, NULL);
}

static void check_gradient(const struct reference_case *it, struct derivative *d)
{
    double gradient[N_MAX], greatest = 0;
    derivative_data(d, it->parameters, it->dataset, gradient);
    for (size_t p = 0; p < d->n_parameters; p++) {
        compare(it, "slope", gradient[p], slope_of(it, d, objective, 0, p), 1e-9);
        greatest = fmax(greatest, fabs(gradient[p]));
    }
    seen.n_flat += greatest < 1e-6;
}

static void gradient_is_the_slope_of_what_is_minimised(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    for_every_case(check_gradient);
    print_message("%d slopes, %d at a kink, %d flat cases\n", seen.n, seen.n_kinked, seen.n_flat);
    assert_true(seen.n > 2000 && seen.n_kinked < seen.n / 20);
    assert_int_equal(seen.n_flat, 0); /* an all-zero gradient would pass every comparison */
}

static double gradient_entry(const struct reference_case *it, struct derivative *d, size_t i)
{
    double gradient[N_MAX];
    derivative_data(d, it->parameters, it->dataset, gradient);
    return gradient[i];
}

static void check_hessian(const struct reference_case *it, struct derivative *d)
{
    static double hessian[N_MAX * N_MAX];
    double greatest = 0;
    size_t n = d->n_parameters;
    assert_true(n <= N_MAX);
    assert_int_equal(derivative_hessian(d, it->parameters, it->dataset, hessian, NULL), 0);
    for (size_t p = 0; p < n; p++) {
        for (size_t q = 0; q < n; q++) {
            double expected = slope_of(it, d, gradient_entry, p, q);
            compare(it, "curvature", hessian[p * n + q], expected, 1e-8);
            greatest = fmax(greatest, fabs(hessian[p * n + q]));
        }
    }
    /* the absolute error bends nowhere but at its kinks under a linear unit */
    int is_flat = it->training.loss == LOSS_MAE && it->network.n_layers == 1 &&
                  (it->network.layers[0].activation <= ACTIVATION_LEAKY_RELU);
    seen.n_flat += !is_flat && greatest < 1e-6;
}

static void hessian_is_the_slope_of_the_gradient(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    for_every_case(check_hessian);
    print_message("%d curvatures, %d at a kink, %d flat cases\n", seen.n, seen.n_kinked,
                  seen.n_flat);
    assert_true(seen.n > 50000 && seen.n_kinked < seen.n / 20);
    assert_int_equal(seen.n_flat, 0);
}

static double output(const struct reference_case *it, struct derivative *d, size_t i)
{
    derivative_forward(d, it->parameters, it->dataset->features, NULL);
    return derivative_outputs(d)[i];
}

static void check_jacobian(const struct reference_case *it, struct derivative *d)
{
    double rows[UNITS * N_MAX];
    derivative_jacobian(d, it->parameters, it->dataset->features, rows);
    for (size_t j = 0; j < UNITS; j++) {
        for (size_t p = 0; p < d->n_parameters; p++) {
            compare(it, "output's slope", rows[j * d->n_parameters + p],
                    slope_of(it, d, output, j, p), 1e-9);
        }
    }
}

static void jacobian_rows_are_the_slopes_of_the_outputs(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    for_every_case(check_jacobian);
    assert_true(seen.n > 6000 && seen.n_kinked < seen.n / 20);
}

static void refuses_the_hessian_of_a_large_network(void **state)
{
    (void)state;
    struct network network = {2, 2, {{64, ACTIVATION_TANH}, {1, ACTIVATION_LINEAR}}};
    struct derivative d;
    struct error error = ERROR_INIT;
    assert_int_equal(derivative_init(&d, &network, LOSS_MSE, GRADIENT_FULL, &error), 0);
    assert_int_equal(derivative_hessian(&d, NULL, NULL, NULL, &error), -1);
    assert_int_equal(error.kind, ERROR_TOO_LARGE);
    assert_string_equal(error.text,
                        "the network has 257 parameters; a Hessian is taken of at most 256");
    derivative_clear(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_is_the_slope_of_what_is_minimised),
        cmocka_unit_test(hessian_is_the_slope_of_the_gradient),
        cmocka_unit_test(jacobian_rows_are_the_slopes_of_the_outputs),
        cmocka_unit_test(refuses_the_hessian_of_a_large_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
