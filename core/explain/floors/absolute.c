/* Least absolute deviations: the simplex method of I. Barrodale and F. D. K. Roberts (1973), in the
 * form of P. Bloomfield and W. Steiger (1980).
 *
 * DESIGN. Some best plane goes through as many samples as it has coefficients, its base. As long as
 * the slopes that hold the base in balance against all others are not within -1 to 1, letting go of
 * the sample with the largest leads down; the way ends at the sample that turns it up again, which
 * takes the place. Where targets are whole numbers and inputs repeat, planes go through many more
 * samples, and the method could go round in a circle: so it walks on targets moved by a billionth,
 * where no two ends are the same. Slopes know nothing of targets, so those found there prove as
 * much of the true ones, and robust_bound says whether that is all. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/explain/floors/robust.h"

/* A number from -1 to 1 for each sample, like random ones (G. Steele, D. Lea, C. Flood, SplitMix,
 * 2014). */
static double scatter(uint64_t i)
{
    uint64_t z = (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)(int64_t)(z ^ z >> 31) * 0x1p-63;
}

/* --- the base ------------------------------------------------------------------------------- */

/* The sample nearest to the plane of least squares of those that have at least a tenth of the most
 * left, `parts` squared, outside the base so far. */
static size_t choose_next(const struct robust *it, const double *parts)
{
    double largest = 0.0;
    size_t best = it->n;
    for (size_t i = 0; i < it->n; i++) {
        largest = fmax(largest, parts[i]);
    }
    for (size_t i = 0; i < it->n; i++) {
        if (parts[i] > 0.01 * largest &&
            (best == it->n || fabs(it->targets[i]) < fabs(it->targets[best]))) {
            best = i;
        }
    }
    return best == it->n ? 0 : best; /* nothing is finite */
}

/* The m-th of the base's samples, with what it has outside those before made a row of length 1. */
static void take_row(struct robust *it, size_t m)
{
    size_t rank = it->rank;
    double *row = it->matrix + m * rank;
    for (size_t k = 0; k < rank; k++) {
        row[k] = it->basis[k * it->n + it->base[m]];
    }
    for (size_t l = 0; l < m; l++) {
        double part = linalg_dot(it->matrix + l * rank, row, rank);
        for (size_t k = 0; k < rank; k++) {
            row[k] -= part * it->matrix[l * rank + k];
        }
    }
    double norm = linalg_norm(row, rank);
    for (size_t k = 0; k < rank; k++) {
        row[k] /= norm;
    }
}

static void choose_base(struct robust *it)
{
    size_t n = it->n, rank = it->rank;
    double *parts = it->along;
    memset(parts, 0, n * sizeof *parts);
    for (size_t k = 0; k < rank; k++) {
        for (size_t i = 0; i < n; i++) {
            parts[i] += it->basis[k * n + i] * it->basis[k * n + i];
        }
    }
    for (size_t m = 0; m < rank; m++) {
        it->base[m] = choose_next(it, parts);
        take_row(it, m);
        for (size_t i = 0; i < n; i++) {
            double part = 0.0;
            for (size_t k = 0; k < rank; k++) {
                part += it->matrix[m * rank + k] * it->basis[k * n + i];
            }
            parts[i] -= part * part;
        }
        parts[it->base[m]] = 0.0;
    }
}

/* Columns of `inverse`: the directions that move the plane at one sample of the base alone, by 1.
 * -1 when the base does not hold a plane. */
static int invert_base(struct robust *it)
{
    size_t rank = it->rank;
    memset(it->inverse, 0, rank * rank * sizeof *it->inverse);
    for (size_t m = 0; m < rank; m++) {
        for (size_t k = 0; k < rank; k++) {
            it->matrix[m * rank + k] = it->basis[k * it->n + it->base[m]];
        }
        it->inverse[m * rank + m] = 1.0;
    }
    return linalg_solve(it->matrix, rank, it->inverse, rank);
}

/* The plane through the base's targets, and the errors. */
static void pass_through(struct robust *it, const double *targets)
{
    for (size_t k = 0; k < it->rank; k++) {
        it->parameters[k] = 0.0;
        for (size_t m = 0; m < it->rank; m++) {
            it->parameters[k] += it->inverse[k * it->rank + m] * targets[it->base[m]];
        }
    }
    robust_fill_errors(it, targets);
    for (size_t m = 0; m < it->rank; m++) {
        it->errors[it->base[m]] = 0.0;
    }
}

/* Slopes of all samples; those of the base hold the others in balance. Which of it has the largest.
 */
static size_t fill_slopes(struct robust *it)
{
    size_t rank = it->rank, worst = 0;
    for (size_t i = 0; i < it->n; i++) {
        it->slopes[i] = (double)(it->errors[i] > 0.0) - (double)(it->errors[i] < 0.0);
    }
    for (size_t k = 0; k < rank; k++) {
        it->step[k] = linalg_dot(it->basis + k * it->n, it->slopes, it->n);
    }
    for (size_t m = 0; m < rank; m++) {
        double slope = 0.0;
        for (size_t k = 0; k < rank; k++) {
            slope -= it->inverse[k * rank + m] * it->step[k];
        }
        it->slopes[it->base[m]] = slope;
        worst = fabs(slope) > fabs(it->slopes[it->base[worst]]) ? m : worst;
    }
    return worst;
}

/* --- the way -------------------------------------------------------------------------------- */

/* Lets the sample that is first in the heap, by `room`, sink to its place. */
static void sink(struct robust *it, size_t at, size_t n)
{
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && it->room[it->heap[child + 1]] < it->room[it->heap[child]];
        if (!(it->room[it->heap[child]] < it->room[it->heap[at]])) {
            return;
        }
        size_t sample = it->heap[at];
        it->heap[at] = it->heap[child];
        it->heap[child] = sample;
        at = child;
    }
}

/* The samples that the way crosses, in a heap by how far off. */
static size_t gather(struct robust *it)
{
    double largest = 0.0;
    size_t n = 0;
    for (size_t i = 0; i < it->n; i++) {
        largest = fmax(largest, fabs(it->along[i]));
    }
    for (size_t i = 0; i < it->n; i++) {
        if (fabs(it->along[i]) > 1e-9 * largest && it->errors[i] / it->along[i] > 0.0) {
            it->room[i] = it->errors[i] / it->along[i];
            it->heap[n++] = i;
        }
    }
    for (size_t i = n / 2; i-- > 0;) {
        sink(it, i, n);
    }
    return n;
}

/* The sample at which the way from the base's m-th turns up; it->n when it never does. */
static size_t find_end(struct robust *it, size_t m)
{
    double slope = it->slopes[it->base[m]], sign = slope > 0.0 ? -1.0 : 1.0;
    double down = fabs(slope) - 1.0;
    memset(it->along, 0, it->n * sizeof *it->along);
    for (size_t k = 0; k < it->rank; k++) {
        double part = sign * it->inverse[k * it->rank + m];
        for (size_t i = 0; i < it->n; i++) {
            it->along[i] += part * it->basis[k * it->n + i];
        }
    }
    for (size_t n = gather(it); n > 0; n--) {
        size_t nearest = it->heap[0];
        down -= 2.0 * fabs(it->along[nearest]);
        if (down <= 0.0) {
            return nearest;
        }
        it->heap[0] = it->heap[n - 1];
        sink(it, 0, n - 1);
    }
    return it->n;
}

/* 0 at the best base, -1 when it was not found. */
static int walk(struct robust *it, const double *targets)
{
    double rank = (double)it->rank;
    double work = (double)it->n * (3.0 * rank + 20.0) + 2.0 * rank * rank * rank;
    for (double done = 0.0; done <= ROBUST_WORK_MAX; done += work) {
        if (invert_base(it) != 0) {
            return -1;
        }
        pass_through(it, targets);
        size_t worst = fill_slopes(it);
        if (fabs(it->slopes[it->base[worst]]) <= 1.0 + 1e-12) {
            return 0;
        }
        size_t end = find_end(it, worst);
        if (end == it->n) {
            return -1;
        }
        it->base[worst] = end;
    }
    return -1;
}

double absolute_fit(struct robust *it)
{
    double *moved = it->room + it->n, scale = 0.0, sum = 0.0;
    for (size_t i = 0; i < it->n; i++) {
        scale += fabs(it->targets[i]) / (double)it->n;
    }
    for (size_t i = 0; i < it->n; i++) {
        moved[i] = it->targets[i] + 1e-9 * scale * scatter(i);
    }
    choose_base(it);
    if (walk(it, moved) != 0) {
        return NAN;
    }
    pass_through(it, it->targets);
    for (size_t i = 0; i < it->n; i++) {
        sum += fabs(it->errors[i]);
    }
    return sum;
}
