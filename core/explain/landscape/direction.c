/* Directions through the space of the parameters. */
#include "core/explain/landscape/direction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/base/math/rng.h"
#include "core/base/memory.h"

void direction_random(const struct network *network, const double *parameters, uint32_t seed,
                      double *out)
{
    struct rng rng;
    rng_seed(&rng, seed);
    memset(out, 0, network_n_parameters(network) * sizeof *out);
    for (int l = 0; l < network->n_layers; l++) {
        size_t n = (size_t)network_layer_inputs(network, l);
        for (int j = 0; j < network->layers[l].units; j++) {
            double *weights = out + network_weight(network, l, j, 0);
            for (size_t i = 0; i < n; i++) {
                weights[i] = rng_normal_fixed(&rng);
            }
            double length = linalg_norm(weights, n);
            double wanted = linalg_norm(parameters + network_weight(network, l, j, 0), n);
            for (size_t i = 0; i < n; i++) {
                weights[i] *= length > 0 ? wanted / length : 0.0;
            }
        }
    }
}

/* The k-th principal direction from the products' eigenvector (a row). */
static void combine(const double *away, size_t n_points, const double *row, size_t n, double *out)
{
    memset(out, 0, n * sizeof *out);
    for (size_t i = 0; i < n_points; i++) {
        for (size_t p = 0; p < n; p++) {
            out[p] += row[i] * away[i * n + p];
        }
    }
    double length = linalg_norm(out, n);
    for (size_t p = 0; p < n && length > 0; p++) {
        out[p] /= length;
    }
}

/* The points' mutual products have the eigenvalues that the parameters' have, and are fewer. */
int direction_principal(const double *path, size_t n_points, const double *origin,
                        size_t n_parameters, double *out[2], double out_shares[2],
                        struct error *error)
{
    size_t n = n_parameters;
    double *away = memory_array(n_points * n, sizeof *away, error);
    double *products = memory_array(n_points * n_points, sizeof *products, error);
    double *values = memory_array(2 * n_points, sizeof *values, error), total = 0.0;
    int result = away && products && values ? 0 : -1;
    for (size_t i = 0; result == 0 && i < n_points * n; i++) {
        away[i] = path[i] - origin[i % n];
    }
    for (size_t i = 0; result == 0 && i < n_points; i++) {
        for (size_t j = 0; j <= i; j++) {
            double product = linalg_dot(away + i * n, away + j * n, n);
            products[i * n_points + j] = products[j * n_points + i] = product;
        }
        total += products[i * n_points + i];
    }
    if (result == 0 &&
        linalg_eigen_symmetric(products, n_points, values, values + n_points) != 0) {
        result = error_set(error, ERROR_INVALID, "the path's parameters are not finite");
    }
    for (size_t k = 0; result == 0 && k < 2; k++) {
        int is_there = n_points > k && total > 0 && values[n_points - 1 - k] > 1e-14 * total;
        memset(out[k], 0, n * sizeof *out[k]);
        out_shares[k] = is_there ? values[n_points - 1 - k] / total : 0.0;
        if (is_there) {
            combine(away, n_points, products + (n_points - 1 - k) * n_points, n, out[k]);
        }
    }
    free(values);
    free(products);
    free(away);
    return result;
}
