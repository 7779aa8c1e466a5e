/* Linear algebra of small dense matrices: least squares and linear equations. */
#include "core/base/math/linalg.h"

#include <math.h>

#define RANK_TOLERANCE 1e-10

/* Squares beyond these may have lost digits, or all. */
#define SQUARE_MIN 1e-280
#define SQUARE_MAX 1e280

double linalg_dot(const double *a, const double *b, size_t n)
{
    double sums[4] = {0.0, 0.0, 0.0, 0.0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (size_t k = 0; k < 4; k++) {
            sums[k] += a[i + k] * b[i + k];
        }
    }
    for (; i < n; i++) {
        sums[0] += a[i] * b[i];
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double linalg_norm(const double *values, size_t n)
{
    double largest = 0.0, sum = linalg_dot(values, values, n);
    if (sum > SQUARE_MIN && sum < SQUARE_MAX) {
        return sqrt(sum);
    }
    sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double size = fabs(values[i]);
        largest = size > largest || isnan(size) ? size : largest;
    }
    if (largest == 0.0 || !isfinite(largest)) {
        return largest;
    }
    for (size_t i = 0; i < n; i++) {
        double part = values[i] / largest;
        sum += part * part;
    }
    return largest * sqrt(sum);
}

/* --- least squares -------------------------------------------------------------------------- */

/* values [n] loses twice its part along `reflection`, of squared length `square`. */
static void reflect(const double *reflection, double square, double *values, size_t n)
{
    double factor = linalg_dot(reflection, values, n) / (0.5 * square);
    for (size_t i = 0; i < n; i++) {
        values[i] -= factor * reflection[i];
    }
}

/* The squared length of column j's reflection. */
static double reflection_square(const struct linalg_qr *qr, size_t j)
{
    const double *reflection = qr->matrix + j * qr->n_rows + j;
    return linalg_dot(reflection, reflection, qr->n_rows - j);
}

/* The column from j on that has most left of its own length below row j; *out_share of it. */
static size_t pivot_of(const struct linalg_qr *qr, size_t j, double *out_share)
{
    size_t best = j;
    *out_share = -1.0;
    for (size_t k = j; k < qr->n_columns; k++) {
        const double *column = qr->matrix + k * qr->n_rows;
        double whole = linalg_norm(column, qr->n_rows);
        double share = whole > 0.0 ? linalg_norm(column + j, qr->n_rows - j) / whole : 0.0;
        if (share > *out_share) {
            *out_share = share;
            best = k;
        }
    }
    return best;
}

static void exchange_columns(struct linalg_qr *qr, size_t a, size_t b)
{
    if (a == b) {
        return;
    }
    for (size_t i = 0; i < qr->n_rows; i++) {
        double value = qr->matrix[a * qr->n_rows + i];
        qr->matrix[a * qr->n_rows + i] = qr->matrix[b * qr->n_rows + i];
        qr->matrix[b * qr->n_rows + i] = value;
    }
    size_t column = qr->column[a];
    qr->column[a] = qr->column[b];
    qr->column[b] = column;
}

void linalg_qr_factor(struct linalg_qr *qr)
{
    qr->rank = 0;
    for (size_t j = 0; j < qr->n_columns; j++) {
        qr->column[j] = j;
        qr->diagonal[j] = 0.0;
    }
    for (size_t j = 0; j < qr->n_columns && j < qr->n_rows; j++) {
        double share;
        exchange_columns(qr, j, pivot_of(qr, j, &share));
        if (!(share > RANK_TOLERANCE)) {
            return;
        }
        double *top = qr->matrix + j * qr->n_rows + j;
        size_t n = qr->n_rows - j;
        double length = linalg_norm(top, n);
        qr->diagonal[j] = top[0] > 0.0 ? -length : length;
        top[0] -= qr->diagonal[j];
        double square = reflection_square(qr, j);
        for (size_t k = j + 1; k < qr->n_columns; k++) {
            reflect(top, square, qr->matrix + k * qr->n_rows + j, n);
        }
        qr->rank = j + 1;
    }
}

void linalg_qr_rotate(const struct linalg_qr *qr, double *right)
{
    for (size_t j = 0; j < qr->rank; j++) {
        reflect(qr->matrix + j * qr->n_rows + j, reflection_square(qr, j), right + j,
                qr->n_rows - j);
    }
}

void linalg_qr_unrotate(const struct linalg_qr *qr, double *right)
{
    for (size_t j = qr->rank; j-- > 0;) {
        reflect(qr->matrix + j * qr->n_rows + j, reflection_square(qr, j), right + j,
                qr->n_rows - j);
    }
}

void linalg_qr_solve(const struct linalg_qr *qr, const double *rotated, double *out_solution)
{
    for (size_t j = 0; j < qr->n_columns; j++) {
        out_solution[j] = 0.0;
    }
    for (size_t j = qr->rank; j-- > 0;) {
        double rest = rotated[j];
        for (size_t k = j + 1; k < qr->rank; k++) {
            rest -= qr->matrix[k * qr->n_rows + j] * out_solution[qr->column[k]];
        }
        out_solution[qr->column[j]] = rest / qr->diagonal[j];
    }
}

/* --- linear equations ----------------------------------------------------------------------- */

int linalg_cholesky(double *matrix, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double *row = matrix + i * n;
        for (size_t j = 0; j < i; j++) {
            row[j] = (row[j] - linalg_dot(row, matrix + j * n, j)) / matrix[j * n + j];
        }
        double square = row[i] - linalg_dot(row, row, i);
        if (!(square > 0.0) || isinf(square)) {
            return -1;
        }
        row[i] = sqrt(square);
    }
    return 0;
}

void linalg_cholesky_solve(const double *cholesky, size_t n, double *right)
{
    for (size_t i = 0; i < n; i++) {
        right[i] = (right[i] - linalg_dot(cholesky + i * n, right, i)) / cholesky[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t j = i + 1; j < n; j++) {
            right[i] -= cholesky[j * n + i] * right[j];
        }
        right[i] /= cholesky[i * n + i];
    }
}

static void exchange_rows(double *matrix, size_t n_columns, size_t a, size_t b)
{
    for (size_t j = 0; a != b && j < n_columns; j++) {
        double value = matrix[a * n_columns + j];
        matrix[a * n_columns + j] = matrix[b * n_columns + j];
        matrix[b * n_columns + j] = value;
    }
}

/* The row from i on whose entry in column i is largest. */
static size_t largest_row(const double *matrix, size_t n, size_t i)
{
    size_t best = i;
    for (size_t k = i + 1; k < n; k++) {
        if (fabs(matrix[k * n + i]) > fabs(matrix[best * n + i])) {
            best = k;
        }
    }
    return best;
}

int linalg_solve(double *matrix, size_t n, double *right, size_t n_right)
{
    for (size_t i = 0; i < n; i++) {
        size_t best = largest_row(matrix, n, i);
        exchange_rows(matrix, n, i, best);
        exchange_rows(right, n_right, i, best);
        if (!(fabs(matrix[i * n + i]) > 0.0)) {
            return -1;
        }
        for (size_t k = i + 1; k < n; k++) {
            double factor = matrix[k * n + i] / matrix[i * n + i];
            for (size_t j = i + 1; j < n; j++) {
                matrix[k * n + j] -= factor * matrix[i * n + j];
            }
            for (size_t j = 0; j < n_right; j++) {
                right[k * n_right + j] -= factor * right[i * n_right + j];
            }
        }
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t j = 0; j < n_right; j++) {
            double rest = right[i * n_right + j];
            for (size_t k = i + 1; k < n; k++) {
                rest -= matrix[i * n + k] * right[k * n_right + j];
            }
            right[i * n_right + j] = rest / matrix[i * n + i];
        }
    }
    return 0;
}
