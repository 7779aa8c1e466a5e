/* Tests by random pairings: how often does a plane explain as much of shuffled targets, how often
 * are those of neighbours as much alike?
 *
 * Among all ways to pair the same inputs with the same targets, the one seen is, if the inputs do
 * not matter, as likely as any other; so the share of pairings that do as well is a p-value,
 * whatever the targets' distribution (Fisher 1935; the + 1 counts the one seen). */
#include "core/explain/floors.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/math/linalg.h"
#include "core/base/math/rng.h"
#include "core/base/memory.h"
#include "core/explain/floors/neighbour.h"
#include "core/explain/floors/plane.h"

enum { PERMUTATIONS_MAX = 999, PERMUTATIONS_LEAST = 99 };

/* Multiplications and draws, about half a second of them. */
#define PERMUTE_WORK_MAX 3e8

/* As many as the work of one, so much for each sample, allows; 0 when too few. */
static int permutation_count(const struct floors *floors, double work)
{
    double n = PERMUTE_WORK_MAX / ((double)floors->n_samples * (8.0 + work));
    return n < PERMUTATIONS_LEAST ? 0 : n < PERMUTATIONS_MAX ? (int)n : PERMUTATIONS_MAX;
}

/* What a count needs. */
struct shuffle {
    const struct dataset *dataset;
    double (*statistic)(const struct shuffle *it); /* when sample i gets the targets of order[i] */
    uint32_t *order; /* [n_samples] */
    double *values;  /* [n_samples], room */
    double *basis;   /* [rank][n_samples], of the plane */
    size_t rank;
    uint32_t *neighbours; /* [n_samples][n_neighbours] */
    size_t n_neighbours;
    int (*stop)(void *context);
    void *context;
};

static void take_values(const struct shuffle *it, size_t output)
{
    for (size_t i = 0; i < it->dataset->n_samples; i++) {
        it->values[i] = it->dataset->targets[it->order[i] * it->dataset->n_targets + output];
    }
}

/* The targets' squares that the plane explains, beyond their mean (the basis's first column). */
static double explained(const struct shuffle *it)
{
    size_t n = it->dataset->n_samples;
    double sum = 0.0;
    for (size_t j = 0; j < it->dataset->n_targets; j++) {
        take_values(it, j);
        for (size_t k = 1; k < it->rank; k++) {
            double along = linalg_dot(it->basis + k * n, it->values, n);
            sum += along * along;
        }
    }
    return sum;
}

/* Less the squares of what neighbours' targets differ by: large where they are alike. Any smooth
 * function makes them so. (R. C. Geary, The contiguity ratio, 1954.) */
static double alike(const struct shuffle *it)
{
    double sum = 0.0;
    for (size_t j = 0; j < it->dataset->n_targets; j++) {
        take_values(it, j);
        for (size_t i = 0; i < it->dataset->n_samples; i++) {
            for (size_t k = 0; k < it->n_neighbours; k++) {
                double apart =
                    it->values[i] - it->values[it->neighbours[i * it->n_neighbours + k]];
                sum -= apart * apart;
            }
        }
    }
    return sum;
}

enum { STOPPED = -1, TOO_LARGE = -2 };

/* How many of n permutations have a statistic as large as the order seen, or one of those. */
static int count(const struct shuffle *it, int n)
{
    struct rng rng;
    int n_found = 0;
    for (size_t i = 0; i < it->dataset->n_samples; i++) {
        it->order[i] = (uint32_t)i;
    }
    double seen = it->statistic(it);
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
        n_found += it->statistic(it) >= seen - 1e-10 * fabs(seen);
    }
    return n_found;
}

/* The share of n permutations that do as well as what was seen: 0 with *out_p, NaN and *out_why
 * where there is none; -1 with ERROR_BUSY. */
static int find_p(const struct shuffle *it, int n, double *out_p, const char **out_why,
                  struct error *error)
{
    int n_found = count(it, n);
    if (n_found == STOPPED) {
        error_set(error, ERROR_BUSY, "stopped");
        return -1;
    }
    *out_p = n_found == TOO_LARGE ? NAN : (1.0 + n_found) / (1.0 + n);
    *out_why = n_found == TOO_LARGE ? "the numbers are too large to be squared and added" : NULL;
    return 0;
}

static int by_plane(struct floors *floors, struct shuffle *it, struct error *error)
{
    size_t n = floors->n_samples;
    int n_permutations =
        permutation_count(floors, (double)floors->rank * (double)floors->n_outputs);
    int result = -1;
    struct plane plane = {0};
    if (floors->rank < 2 || n < 3) {
        floors->permutation_why = floors->rank == 0
                                      ? "the plane takes too long"
                                      : "there is no plane but a constant, or too few samples";
        return 0;
    }
    if (n_permutations == 0) {
        floors->permutation_why = "permutations of so many samples take too long";
        return 0;
    }
    it->rank = floors->rank;
    it->statistic = explained;
    it->basis = memory_array(n, it->rank * sizeof *it->basis, error);
    if (it->basis && plane_factor(&plane, it->dataset, error) == 0) {
        plane_basis(&plane, it->basis);
        result = find_p(it, n_permutations, &floors->permutation_p, &floors->permutation_why,
                        error);
        floors->n_permutations = isnan(floors->permutation_p) ? 0 : n_permutations;
    }
    plane_clear(&plane);
    free(it->basis);
    return result;
}

/* Where the targets of equal inputs were compared already, that saw every function. */
static int by_neighbours(struct floors *floors, struct shuffle *it, struct error *error)
{
    int n_permutations =
        permutation_count(floors, (double)(NEIGHBOURS_MAX * floors->n_outputs));
    int result = -1;
    it->n_neighbours = neighbour_count(floors->n_samples);
    if (!isnan(floors->anova_p)) {
        floors->neighbour_why = "inputs repeat: anova_p sees more";
        return 0;
    }
    if (floors->n_samples < 6) {
        floors->neighbour_why = "there are too few samples";
        return 0;
    }
    if (n_permutations == 0 || !neighbour_is_cheap(it->dataset)) {
        floors->neighbour_why = "neighbours of so many samples take too long";
        return 0;
    }
    it->statistic = alike;
    it->neighbours =
        memory_array(floors->n_samples, it->n_neighbours * sizeof *it->neighbours, error);
    if (it->neighbours &&
        neighbour_find(it->dataset, it->n_neighbours, it->neighbours, error) == 0) {
        result = find_p(it, n_permutations, &floors->neighbour_p, &floors->neighbour_why, error);
    }
    free(it->neighbours);
    return result;
}

int floors_permute(struct floors *floors, const struct dataset *dataset, int (*stop)(void *context),
                   void *context, struct error *error)
{
    size_t n = dataset->n_samples;
    struct shuffle it = {.dataset = dataset, .stop = stop, .context = context};
    struct floors before = *floors;
    int result = -1;
    if (n > UINT32_MAX) {
        floors->permutation_why = floors->neighbour_why =
            "permutations of so many samples take too long";
        return 0;
    }
    it.order = memory_array(n, sizeof *it.order, error);
    it.values = memory_array(n, sizeof *it.values, error);
    if (it.order && it.values && by_plane(floors, &it, error) == 0 &&
        by_neighbours(floors, &it, error) == 0) {
        result = 0;
    } else {
        *floors = before;
    }
    free(it.order);
    free(it.values);
    return result;
}
