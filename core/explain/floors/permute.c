/* A test by random pairings: how often does a plane explain as much of shuffled targets?
 *
 * Among all ways to pair the same inputs with the same targets, the one seen is, if the inputs do
 * not matter, as likely as any other; so the share of pairings that do as well is a p-value,
 * whatever the targets' distribution (Fisher 1935; the + 1 counts the one seen). */
#include "core/explain/floors.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/linalg.h"
#include "core/base/memory.h"
#include "core/base/rng.h"
#include "core/explain/floors/plane.h"

enum { PERMUTATIONS_MAX = 999, PERMUTATIONS_LEAST = 99 };

/* Multiplications and draws, about half a second of them. */
#define PERMUTE_WORK_MAX 3e8

/* As many as the work allows; 0 when too few. */
static int permutation_count(const struct floors *floors)
{
    double work =
        (double)floors->n_samples * (8.0 + (double)floors->rank * (double)floors->n_outputs);
    double n = PERMUTE_WORK_MAX / work;
    return n < PERMUTATIONS_LEAST ? 0 : n < PERMUTATIONS_MAX ? (int)n : PERMUTATIONS_MAX;
}

/* What a count needs. */
struct shuffle {
    const struct dataset *dataset;
    double *basis; /* [rank][n_samples] */
    size_t rank;
    uint32_t *order; /* [n_samples] */
    double *values;  /* [n_samples], room */
    int (*stop)(void *context);
    void *context;
};

/* The targets' squares that the plane explains, beyond their mean (the basis's first column), when
 * sample i gets the targets of order[i]. */
static double explained(const struct shuffle *it)
{
    size_t n = it->dataset->n_samples, n_targets = it->dataset->n_targets;
    double sum = 0.0;
    for (size_t j = 0; j < n_targets; j++) {
        for (size_t i = 0; i < n; i++) {
            it->values[i] = it->dataset->targets[it->order[i] * n_targets + j];
        }
        for (size_t k = 1; k < it->rank; k++) {
            double along = linalg_dot(it->basis + k * n, it->values, n);
            sum += along * along;
        }
    }
    return sum;
}

enum { STOPPED = -1, TOO_LARGE = -2 };

/* How many of n permutations explain at least as much as the order seen, or one of those. */
static int count(const struct shuffle *it, int n)
{
    struct rng rng;
    int n_found = 0;
    for (size_t i = 0; i < it->dataset->n_samples; i++) {
        it->order[i] = (uint32_t)i;
    }
    double seen = explained(it);
    if (!isfinite(seen)) {
        return TOO_LARGE;
    }
    rng_seed(&rng, 0);
    for (int k = 0; k < n; k++) {
        if (it->stop && k % 16 == 0 && it->stop(it->context)) {
            return STOPPED;
        }
        rng_permutation(&rng, it->order, it->dataset->n_samples);
        /* Less its rounding: pairings that come to the same must count. */
        n_found += explained(it) >= seen * (1.0 - 1e-10);
    }
    return n_found;
}

static int fail(struct floors *floors, const char *why)
{
    floors->permutation_why = why;
    return 0;
}

int floors_permute(struct floors *floors, const struct dataset *dataset, int (*stop)(void *context),
                   void *context, struct error *error)
{
    size_t n = dataset->n_samples, rank = floors->rank;
    int n_permutations = permutation_count(floors), n_found, result = -1;
    struct plane plane = {0};
    struct shuffle it = {dataset, NULL, rank, NULL, NULL, stop, context};
    if (rank < 2 || n < 3) {
        return fail(floors, rank == 0 ? "the plane takes too long"
                                      : "there is no plane but a constant, or too few samples");
    }
    if (n_permutations == 0 || n > UINT32_MAX) {
        return fail(floors, "permutations of so many samples take too long");
    }
    it.basis = memory_array(n, rank * sizeof *it.basis, error);
    it.order = memory_array(n, sizeof *it.order, error);
    if (!it.basis || !it.order || plane_factor(&plane, dataset, error) != 0) {
        goto out;
    }
    plane_basis(&plane, it.basis);
    it.values = plane.right;
    n_found = count(&it, n_permutations);
    if (n_found == STOPPED) {
        error_set(error, ERROR_BUSY, "stopped");
        goto out;
    }
    if (n_found == TOO_LARGE) {
        result = fail(floors, "the numbers are too large to be squared and added");
        goto out;
    }
    floors->n_permutations = n_permutations;
    floors->permutation_p = (1.0 + n_found) / (1.0 + n_permutations);
    floors->permutation_why = NULL;
    result = 0;
out:
    plane_clear(&plane);
    free(it.basis);
    free(it.order);
    return result;
}
