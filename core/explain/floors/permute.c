/* A test by random pairings: how often does a plane explain as much of shuffled targets?
 *
 * Among all ways to pair the same inputs with the same targets, the one seen is, if the inputs do
 * not matter, as likely as any other; so the share of pairings that do as well is a p-value,
 * whatever the targets' distribution (Fisher 1935; the + 1 counts the one seen). */
#include "core/explain/floors.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/base/linalg.h"
#include "core/base/memory.h"
#include "core/base/rng.h"
#include "core/explain/floors/plane.h"

enum { PERMUTATIONS = 999 };

/* Multiplications and draws, about half a second of them. */
#define PERMUTE_WORK_MAX 3e8

/* The targets' squares that the plane explains, beyond their mean: basis [rank][n], whose first
 * column is constant; values [n] room. order: sample i gets the targets of order[i]. */
static double explained(const struct dataset *dataset, const double *basis, size_t rank,
                        const uint32_t *order, double *values)
{
    size_t n = dataset->n_samples;
    double sum = 0.0;
    for (size_t j = 0; j < dataset->n_targets; j++) {
        for (size_t i = 0; i < n; i++) {
            values[i] = dataset->targets[order[i] * dataset->n_targets + j];
        }
        for (size_t k = 1; k < rank; k++) {
            double along = linalg_dot(basis + k * n, values, n);
            sum += along * along;
        }
    }
    return sum;
}

/* How many of the permutations explain at least as much as the order seen; -1: stopped. */
static int count(const struct dataset *dataset, const double *basis, size_t rank, uint32_t *order,
                 double *values, int (*stop)(void *context), void *context)
{
    struct rng rng;
    int n_found = 0;
    for (size_t i = 0; i < dataset->n_samples; i++) {
        order[i] = (uint32_t)i;
    }
    /* Less its rounding: pairings that come to the same must count. */
    double seen = explained(dataset, basis, rank, order, values) * (1.0 - 1e-10);
    rng_seed(&rng, 0);
    for (int k = 0; k < PERMUTATIONS; k++) {
        if (stop && k % 16 == 0 && stop(context)) {
            return -1;
        }
        rng_permutation(&rng, order, dataset->n_samples);
        n_found += explained(dataset, basis, rank, order, values) >= seen;
    }
    return n_found;
}

int floors_permute(struct floors *floors, const struct dataset *dataset, int (*stop)(void *context),
                   void *context, struct error *error)
{
    size_t n = dataset->n_samples, rank = floors->rank;
    double work = (double)n * (8.0 + (double)rank * (double)dataset->n_targets) * PERMUTATIONS;
    struct plane plane = {0};
    double *basis = NULL;
    uint32_t *order = NULL;
    int result = -1;
    if (rank < 2 || n < 3 || n > UINT32_MAX || work > PERMUTE_WORK_MAX) {
        return 0;
    }
    basis = memory_array(n, rank * sizeof *basis, error);
    order = memory_array(n, sizeof *order, error);
    if (!basis || !order || plane_factor(&plane, dataset, error) != 0) {
        goto out;
    }
    plane_basis(&plane, basis);
    int n_found = count(dataset, basis, rank, order, plane.right, stop, context);
    if (n_found < 0) {
        error_set(error, ERROR_BUSY, "stopped");
        goto out;
    }
    floors->n_permutations = PERMUTATIONS;
    floors->permutation_p = (1.0 + n_found) / (1.0 + PERMUTATIONS);
    result = 0;
out:
    plane_clear(&plane);
    free(basis);
    free(order);
    return result;
}
