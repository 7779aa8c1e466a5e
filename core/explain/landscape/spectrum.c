/* The spectrum: gradient and Hessian over the data set. */
#include "core/explain/landscape/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/base/memory.h"
#include "core/explain/step/naming.h"

/* An eigenvalue is taken for 0 within this share of the greatest: rounding leaves about 1e-15. */
#define ZERO_SHARE 1e-10

/* Parameters of the largest network whose matrix itself is told. */
enum { MATRIX_MAX = 64 };

/* Eigenvalues come ascending, with their vectors: turns both round. */
static void turn_round(struct spectrum *spectrum, double *row)
{
    size_t n = spectrum->n;
    for (size_t i = 0; i < n / 2; i++) {
        double *a = spectrum->vectors + i * n, *b = spectrum->vectors + (n - 1 - i) * n;
        double value = spectrum->values[i];
        spectrum->values[i] = spectrum->values[n - 1 - i];
        spectrum->values[n - 1 - i] = value;
        memcpy(row, a, n * sizeof *row);
        memcpy(a, b, n * sizeof *row);
        memcpy(b, row, n * sizeof *row);
    }
}

static int take_apart(struct spectrum *spectrum, struct derivative *it, struct error *error)
{
    size_t n = spectrum->n;
    memcpy(spectrum->vectors, spectrum->hessian, n * n * sizeof(double));
    for (size_t i = 0; i < n * n; i++) {
        if (!isfinite(spectrum->hessian[i])) {
            return error_set(error, ERROR_INVALID, "the Hessian is not finite here");
        }
    }
    if (linalg_eigen_symmetric(spectrum->vectors, n, spectrum->values, it->direction) != 0) {
        return error_set(error, ERROR_INTERNAL, "the eigenvalues did not converge");
    }
    turn_round(spectrum, it->direction);
    return 0;
}

int spectrum_init(struct spectrum *spectrum, const struct network *network,
                  const struct dataset *dataset, enum loss loss, enum gradient gradient,
                  const double *parameters, struct error *error)
{
    struct derivative it;
    size_t n = network_n_parameters(network);
    *spectrum = (struct spectrum){.n = n};
    if (n <= DERIVATIVE_HESSIAN_MAX && n * n * dataset->n_samples > SPECTRUM_WORK_MAX) {
        return error_set(error, ERROR_TOO_LARGE,
                         "%zu parameters squared times %zu samples; a Hessian is taken of at most "
                         "%d of that product",
                         n, dataset->n_samples, SPECTRUM_WORK_MAX);
    }
    if (derivative_init(&it, network, loss, gradient, error) != 0) {
        return -1;
    }
    size_t n_matrix = n <= DERIVATIVE_HESSIAN_MAX ? n * n : 1;
    spectrum->gradient = memory_array(n, sizeof(double), error);
    spectrum->hessian = memory_array(n_matrix, sizeof(double), error);
    spectrum->values = memory_array(n, sizeof(double), error);
    spectrum->vectors = memory_array(n_matrix, sizeof(double), error);
    int result = spectrum->gradient && spectrum->hessian && spectrum->values && spectrum->vectors
                     ? derivative_hessian(&it, parameters, dataset, spectrum->hessian, error)
                     : -1;
    if (result == 0) {
        derivative_data(&it, parameters, dataset, spectrum->gradient);
        result = take_apart(spectrum, &it, error);
    }
    derivative_clear(&it);
    if (result != 0) {
        spectrum_clear(spectrum);
    }
    return result;
}

void spectrum_clear(struct spectrum *spectrum)
{
    free(spectrum->gradient);
    free(spectrum->hessian);
    free(spectrum->values);
    free(spectrum->vectors);
    *spectrum = (struct spectrum){.n = 0};
}

/* --- what zeros are due to ------------------------------------------------------------------- */

/* Samples on which each unit of the first layer is on. */
static void count_on(struct derivative *it, const struct dataset *dataset,
                     const double *parameters, size_t *counts)
{
    const struct network *network = it->network;
    for (size_t i = 0; i < dataset->n_samples; i++) {
        derivative_forward(it, parameters, dataset->features + i * dataset->n_features, NULL);
        for (int j = 0; j < network->layers[0].units; j++) {
            counts[j] += it->sums[network->n_inputs + j] > 0;
        }
    }
}

#define FROM_DEAD                                                                                  \
    "Expect %d zeros from dead units (%d, each with %d parameters without any "                    \
    "effect)."
#define FROM_ACTIVE                                                                                \
    "Expect one zero from each active unit (%d) where the gradient is 0, "                         \
    "elsewhere about as small as the gradient: its incoming weights and bias "                     \
    "times a, and its outgoing weights divided by a, are the same network."

/* Of dead units, with so many parameters each, and of active ones, whichever there are. */
static void tell_reasons(int n_dead, int n_each, int n_active, struct teller *teller)
{
    int n_zeros = n_dead * n_each;
    if (n_active == 0) {
        tell_format(teller, "text", FROM_DEAD, n_zeros, n_dead, n_each);
    } else if (n_dead == 0) {
        tell_format(teller, "text", FROM_ACTIVE, n_active);
    } else {
        tell_format(teller, "text", FROM_DEAD " " FROM_ACTIVE, n_zeros, n_dead, n_each, n_active);
    }
}

static void tell_zeros(const struct network *network, const size_t *counts, struct teller *teller)
{
    int n_dead = 0, n_units = network->layers[0].units;
    int is_relu = network->layers[0].activation == ACTIVATION_RELU;
    int n_out = network_n_outputs(network);
    for (int j = 0; is_relu && j < n_units; j++) {
        n_dead += counts[j] == 0;
    }
    tell_object(teller, "zeros");
    if (network->n_layers != 2 || network->layers[0].activation > ACTIVATION_LEAKY_RELU) {
        tell_text(teller, "text", "No zero eigenvalue is expected from the network's structure.");
        tell_end(teller);
        return;
    }
    tell_integer(teller, "dead_units", n_dead);
    tell_integer(teller, "from_dead_units", (int64_t)n_dead * (network->n_inputs + 1 + n_out));
    tell_integer(teller, "active_units", n_units - n_dead);
    tell_integer(teller, "from_rescaling", n_units - n_dead);
    tell_reasons(n_dead, network->n_inputs + 1 + n_out, n_units - n_dead, teller);
    tell_end(teller);
}

static void tell_signs(const struct spectrum *spectrum, struct teller *teller)
{
    double greatest = 0.0;
    int64_t positive = 0, negative = 0;
    for (size_t i = 0; i < spectrum->n; i++) {
        greatest = fmax(greatest, fabs(spectrum->values[i]));
    }
    for (size_t i = 0; i < spectrum->n; i++) {
        positive += spectrum->values[i] > ZERO_SHARE * greatest;
        negative += spectrum->values[i] < -ZERO_SHARE * greatest;
    }
    tell_integer(teller, "positive", positive);
    tell_integer(teller, "zero", (int64_t)spectrum->n - positive - negative);
    tell_integer(teller, "negative", negative);
    tell_number(teller, "zero_within", ZERO_SHARE * greatest);
}

int spectrum_tell(const struct spectrum *spectrum, const struct network *network,
                  const struct dataset *dataset, enum loss loss, enum gradient gradient,
                  const double *parameters, struct teller *teller, struct error *error)
{
    struct derivative it;
    char name[NAMING_BYTES];
    size_t *counts = memory_array((size_t)network->layers[0].units, sizeof *counts, error);
    if (!counts || derivative_init(&it, network, loss, gradient, error) != 0) {
        free(counts);
        return -1;
    }
    count_on(&it, dataset, parameters, counts);
    tell_number(teller, "loss", derivative_data(&it, parameters, dataset, NULL));
    tell_text(teller, "of", it.factor == 1.0 ? "J = L, the printed loss" : "J = L / 2");
    tell_list(teller, "names");
    for (size_t p = 0; p < spectrum->n; p++) {
        naming_parameter(network, p, name);
        tell_text(teller, NULL, name);
    }
    tell_end(teller);
    tell_numbers(teller, "gradient", spectrum->gradient, spectrum->n);
    tell_number(teller, "gradient_norm", linalg_norm(spectrum->gradient, spectrum->n));
    tell_numbers(teller, "eigenvalues", spectrum->values, spectrum->n);
    tell_signs(spectrum, teller);
    tell_zeros(network, counts, teller);
    tell_list(teller, "hessian");
    for (size_t p = 0; spectrum->n <= MATRIX_MAX && p < spectrum->n; p++) {
        tell_numbers(teller, NULL, spectrum->hessian + p * spectrum->n, spectrum->n);
    }
    tell_end(teller);
    derivative_clear(&it);
    free(counts);
    return 0;
}
