/* Eigenvalues and eigenvectors of symmetric matrices.
 *
 * DESIGN. Reflections take the matrix to a tridiagonal one: the k-th one, v, stays in row k right
 * of the diagonal. Their product takes the matrix's place, transposed: its rows become the
 * eigenvectors. Then QL steps take the off-diagonal e to 0 (e[i] stands between i and i + 1, in the
 * caller's scratch), entry after entry, each rotation also turning two of those rows. */
#include "core/base/math/linalg.h"

#include <float.h>
#include <math.h>

enum { STEPS_MAX = 60 }; /* for one eigenvalue; 2 or 3 are usual */

/* What counts as 0 beside a largest entry of 1, as its square would vanish. */
#define NOTHING 1e-154

/* sqrt(a^2 + b^2) without overflow, the same everywhere. */
static double length_of(double a, double b)
{
    const double both[2] = {a, b};
    return linalg_norm(both, 2);
}

/* The block from k + 1 on between two reflections 1 - v v' / half: minus v w' + w v', with
 * w = block v / half less its part along v. */
static void reflect_block(double *matrix, size_t n, size_t k, double half, double *w)
{
    const double *v = matrix + k * n;
    size_t m = n - k - 1;
    for (size_t i = k + 1; i < n; i++) {
        w[i] = linalg_dot(matrix + i * n + k + 1, v + k + 1, m) / half;
    }
    double along = linalg_dot(w + k + 1, v + k + 1, m) / (2.0 * half);
    for (size_t i = k + 1; i < n; i++) {
        w[i] -= along * v[i];
    }
    for (size_t i = k + 1; i < n; i++) {
        for (size_t j = k + 1; j < n; j++) {
            matrix[i * n + j] -= v[i] * w[j] + w[i] * v[j];
        }
    }
}

/* values: the diagonal; e: the off-diagonal, 0 at its end. The matrix keeps the reflections. */
static void make_tridiagonal(double *matrix, size_t n, double *values, double *e)
{
    for (size_t k = 0; k < n; k++) {
        double *row = matrix + k * n;
        size_t m = n - k - 1;
        values[k] = row[k];
        row[k] = 0.0; /* until there is a reflection: its half squared length */
        e[k] = 0.0;
        if (m == 0) {
            break;
        }
        double length = linalg_norm(row + k + 1, m);
        if (length <= NOTHING) {
            continue;
        }
        e[k] = row[k + 1] > 0.0 ? -length : length;
        row[k + 1] -= e[k];
        row[k] = 0.5 * linalg_dot(row + k + 1, row + k + 1, m);
        reflect_block(matrix, n, k, row[k], e);
    }
}

/* The reflections become their product, transposed. */
static void gather_reflections(double *matrix, size_t n)
{
    for (size_t k = n; k-- > 0;) {
        const double *v = matrix + k * n;
        double half = v[k];
        for (size_t i = k + 1; half > 0.0 && i < n; i++) {
            double *row = matrix + i * n;
            double factor = linalg_dot(row + k + 1, v + k + 1, n - k - 1) / half;
            for (size_t j = k + 1; j < n; j++) {
                row[j] -= factor * v[j];
            }
        }
        for (size_t j = k + 1; j < n; j++) {
            matrix[k * n + j] = matrix[j * n + k] = 0.0;
        }
        matrix[k * n + k] = 1.0;
    }
}

static void turn_rows(double *row, double *next, size_t n, double sine, double cosine)
{
    for (size_t j = 0; j < n; j++) {
        double old = next[j];
        next[j] = sine * row[j] + cosine * old;
        row[j] = cosine * row[j] - sine * old;
    }
}

/* One QL step with an implicit shift on the entries from `first` to `last`. */
static void step(double *matrix, size_t n, double *values, double *e, size_t first, size_t last)
{
    double slope = (values[first + 1] - values[first]) / (2.0 * e[first]);
    double length = length_of(slope, 1.0);
    double g = values[last] - values[first] + e[first] / (slope + (slope < 0.0 ? -length : length));
    double sine = 1.0, cosine = 1.0, shift = 0.0;
    for (size_t i = last; i-- > first;) {
        double f = sine * e[i], b = cosine * e[i];
        length = length_of(f, g);
        e[i + 1] = length;
        if (length == 0.0) { /* it has fallen into two by itself */
            values[i + 1] -= shift;
            e[last] = 0.0;
            return;
        }
        sine = f / length;
        cosine = g / length;
        g = values[i + 1] - shift;
        double r = (values[i] - g) * sine + 2.0 * cosine * b;
        shift = sine * r;
        values[i + 1] = g + shift;
        g = cosine * r - b;
        turn_rows(matrix + i * n, matrix + (i + 1) * n, n, sine, cosine);
    }
    values[first] -= shift;
    e[first] = g;
    e[last] = 0.0;
}

/* The end of the part from `first` on that no negligible entry of e cuts. */
static size_t part_end(const double *values, const double *e, size_t n, size_t first)
{
    size_t last = first;
    while (last + 1 < n &&
           !(fabs(e[last]) <= DBL_EPSILON * 0.5 * (fabs(values[last]) + fabs(values[last + 1])))) {
        last++;
    }
    return last;
}

static int find_values(double *matrix, size_t n, double *values, double *e)
{
    for (size_t first = 0; first < n; first++) {
        size_t last;
        for (int i = 0; (last = part_end(values, e, n, first)) != first; i++) {
            if (i == STEPS_MAX) {
                return -1;
            }
            step(matrix, n, values, e, first, last);
        }
    }
    return 0;
}

static void sort_ascending(double *matrix, size_t n, double *values)
{
    for (size_t i = 0; i < n; i++) {
        size_t least = i;
        for (size_t k = i + 1; k < n; k++) {
            least = values[k] < values[least] ? k : least;
        }
        double value = values[i];
        values[i] = values[least];
        values[least] = value;
        for (size_t j = 0; least != i && j < n; j++) {
            double entry = matrix[i * n + j];
            matrix[i * n + j] = matrix[least * n + j];
            matrix[least * n + j] = entry;
        }
    }
}

int linalg_eigen_symmetric(double *matrix, size_t n, double *out_values, double *scratch)
{
    double largest = 0.0;
    for (size_t i = 0; i < n * n; i++) {
        largest = fabs(matrix[i]) > largest ? fabs(matrix[i]) : largest;
        if (!isfinite(matrix[i])) {
            return -1;
        }
    }
    for (size_t i = 0; largest > 0.0 && i < n * n; i++) { /* so that no square underflows */
        matrix[i] /= largest;
    }
    make_tridiagonal(matrix, n, out_values, scratch);
    gather_reflections(matrix, n);
    if (find_values(matrix, n, out_values, scratch) != 0) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        out_values[i] *= largest;
    }
    sort_ascending(matrix, n, out_values);
    return 0;
}
