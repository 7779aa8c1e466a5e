/* Small dense linear algebra: what is taken apart is put together again. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/math/linalg.h"
#include "core/base/math/rng.h"

enum { SIZE_MAX_HERE = 40 };

/* Rounding of sums of 40 products of numbers of size 1, some hundred times over. */
#define TOLERANCE 1e-12

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) <= TOLERANCE * fmax(1.0, fabs(expected)))) {
        fail_msg("got %.17g, expected %.17g", got, expected);
    }
}

static void fill(double *values, size_t n, uint32_t seed)
{
    struct rng rng;
    rng_seed(&rng, seed);
    for (size_t i = 0; i < n; i++) {
        values[i] = 2.0 * rng_uniform(&rng) - 1.0;
    }
}

static void a_norm_does_not_overflow(void **state)
{
    (void)state;
    const double large[] = {3e200, -4e200}, small[] = {3e-200, 4e-200}, none[] = {0, 0};
    assert_near(linalg_norm(large, 2) / 1e200, 5);
    assert_near(linalg_norm(small, 2) / 1e-200, 5);
    assert_true(linalg_norm(none, 2) == 0.0);
    const double lost[] = {1, NAN, 2}, endless[] = {1, -INFINITY};
    assert_true(isnan(linalg_norm(lost, 3)) && isinf(linalg_norm(endless, 2)));
}

enum { ROWS = 25, COLUMNS = 4 };

struct system {
    double transposed[COLUMNS * ROWS], right[ROWS];
    double factored[COLUMNS * ROWS], rotated[ROWS], diagonal[COLUMNS], solution[COLUMNS];
    size_t column[COLUMNS];
    struct linalg_qr qr;
};

static void solve_system(struct system *s)
{
    memcpy(s->factored, s->transposed, sizeof s->factored);
    memcpy(s->rotated, s->right, sizeof s->rotated);
    s->qr = (struct linalg_qr){.n_rows = ROWS,
                               .n_columns = COLUMNS,
                               .matrix = s->factored,
                               .diagonal = s->diagonal,
                               .column = s->column};
    linalg_qr_factor(&s->qr);
    linalg_qr_rotate(&s->qr, s->rotated);
    linalg_qr_solve(&s->qr, s->rotated, s->solution);
}

/* The residual is at a right angle to every column, and its squares are the rotated right side's
 * beyond the rank. */
static void assert_least_squares(const struct system *s)
{
    double residual[ROWS], squares = 0;
    for (size_t i = 0; i < ROWS; i++) {
        residual[i] = s->right[i];
        for (size_t j = 0; j < COLUMNS; j++) {
            residual[i] -= s->transposed[j * ROWS + i] * s->solution[j];
        }
    }
    for (size_t j = 0; j < COLUMNS; j++) {
        assert_near(linalg_dot(s->transposed + j * ROWS, residual, ROWS), 0);
    }
    for (size_t i = s->qr.rank; i < ROWS; i++) {
        squares += s->rotated[i] * s->rotated[i];
    }
    assert_near(linalg_dot(residual, residual, ROWS), squares);
}

static void least_squares_leave_nothing_along_the_columns(void **state)
{
    (void)state;
    struct system s;
    fill(s.transposed, COLUMNS * ROWS, 1);
    fill(s.right, ROWS, 2);
    solve_system(&s);
    assert_int_equal(s.qr.rank, COLUMNS);
    assert_least_squares(&s);
}

static void dependent_columns_lower_the_rank_alone(void **state)
{
    (void)state;
    struct system s;
    fill(s.transposed, COLUMNS * ROWS, 3);
    fill(s.right, ROWS, 4);
    for (size_t i = 0; i < ROWS; i++) { /* the third is made of the first two, the last is 0 */
        s.transposed[2 * ROWS + i] = 2 * s.transposed[i] - 3 * s.transposed[ROWS + i];
        s.transposed[3 * ROWS + i] = 0;
    }
    solve_system(&s);
    assert_int_equal(s.qr.rank, 2);
    assert_least_squares(&s);
}

static void scaling_a_column_leaves_the_rank(void **state)
{
    (void)state;
    struct system s;
    fill(s.transposed, COLUMNS * ROWS, 5);
    fill(s.right, ROWS, 6);
    for (size_t i = 0; i < ROWS; i++) {
        s.transposed[i] *= 1e-14;
    }
    solve_system(&s);
    assert_int_equal(s.qr.rank, COLUMNS);
}

/* a's symmetric product with itself, plus `more` times the identity. */
static void make_symmetric(const double *a, size_t n, size_t n_used, double more, double *out)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            out[i * n + j] = linalg_dot(a + i * n, a + j * n, n_used) + (i == j ? more : 0);
        }
    }
}

static void cholesky_solves_what_is_positive_definite(void **state)
{
    (void)state;
    enum { N = 12 };
    double a[N * N], matrix[N * N], factor[N * N], right[N], x[N];
    fill(a, N * N, 7);
    fill(right, N, 8);
    make_symmetric(a, N, N, 0.5, matrix);
    memcpy(factor, matrix, sizeof matrix);
    memcpy(x, right, sizeof x);
    assert_int_equal(linalg_cholesky(factor, N), 0);
    linalg_cholesky_solve(factor, N, x);
    for (size_t i = 0; i < N; i++) {
        assert_near(linalg_dot(matrix + i * N, x, N), right[i]);
    }
}

static void cholesky_refuses_the_others(void **state)
{
    (void)state;
    double indefinite[] = {1, 2, 2, 1}, flat[] = {1, 1, 1, 1}, lost[] = {NAN};
    assert_int_equal(linalg_cholesky(indefinite, 2), -1);
    assert_int_equal(linalg_cholesky(flat, 2), -1);
    assert_int_equal(linalg_cholesky(lost, 1), -1);
}

static void elimination_exchanges_rows(void **state)
{
    (void)state;
    enum { N = 9, M = 3 };
    double matrix[N * N], spoilt[N * N], right[N * M], x[N * M];
    fill(matrix, N * N, 9);
    fill(right, N * M, 10);
    matrix[0] = 0.0; /* no first pivot without an exchange */
    memcpy(spoilt, matrix, sizeof matrix);
    memcpy(x, right, sizeof x);
    assert_int_equal(linalg_solve(spoilt, N, x, M), 0);
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < M; j++) {
            double sum = 0;
            for (size_t k = 0; k < N; k++) {
                sum += matrix[i * N + k] * x[k * M + j];
            }
            assert_near(sum, right[i * M + j]);
        }
    }
    double singular[] = {1, 2, 2, 4}, b[] = {1, 1};
    assert_int_equal(linalg_solve(singular, 2, b, 1), -1);
}

/* matrix = V' diag(values) V with rows of length 1 at right angles, ascending. */
static void assert_eigen(const double *matrix, size_t n)
{
    double rows[SIZE_MAX_HERE * SIZE_MAX_HERE], values[SIZE_MAX_HERE], scratch[SIZE_MAX_HERE];
    memcpy(rows, matrix, n * n * sizeof *rows);
    assert_int_equal(linalg_eigen_symmetric(rows, n, values, scratch), 0);
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || values[i - 1] <= values[i]);
        for (size_t j = 0; j < n; j++) {
            double product = linalg_dot(matrix + j * n, rows + i * n, n);
            assert_near(product, values[i] * rows[i * n + j]);
            assert_near(linalg_dot(rows + i * n, rows + j * n, n), i == j);
        }
    }
}

static void eigenvectors_take_a_symmetric_matrix_apart(void **state)
{
    (void)state;
    double a[SIZE_MAX_HERE * SIZE_MAX_HERE], matrix[SIZE_MAX_HERE * SIZE_MAX_HERE];
    for (size_t n = 1; n <= SIZE_MAX_HERE; n += n < 6 ? 1 : 17) {
        fill(a, n * n, (uint32_t)n);
        make_symmetric(a, n, n, 0, matrix);
        assert_eigen(matrix, n);
        make_symmetric(a, n, (n + 3) / 4, -1, matrix); /* most eigenvalues -1 */
        assert_eigen(matrix, n);
    }
}

static void eigenvalues_of_known_matrices_come_out(void **state)
{
    (void)state;
    enum { N = 20 };
    double chain[N * N] = {0}, values[N], scratch[N];
    for (size_t i = 0; i < N; i++) { /* 2 - 2 cos(k pi / (N + 1)) */
        chain[i * N + i] = 2;
        if (i > 0) {
            chain[i * N + i - 1] = chain[(i - 1) * N + i] = -1;
        }
    }
    assert_int_equal(linalg_eigen_symmetric(chain, N, values, scratch), 0);
    for (size_t k = 1; k <= N; k++) {
        assert_near(values[k - 1], 2 - 2 * cos((double)k * acos(-1.0) / (N + 1)));
    }
    double none[9] = {0}, tiny[4] = {1e-200, 2e-200, 2e-200, 1e-200}, lost[4] = {1, NAN, NAN, 1};
    assert_int_equal(linalg_eigen_symmetric(none, 3, values, scratch), 0);
    assert_true(values[0] == 0 && values[2] == 0 && none[0] == 1);
    assert_int_equal(linalg_eigen_symmetric(tiny, 2, values, scratch), 0);
    assert_near(values[0] / 1e-200, -1);
    assert_near(values[1] / 1e-200, 3);
    assert_int_equal(linalg_eigen_symmetric(lost, 2, values, scratch), -1);
    double uneven[9] = {0, 1e-200, 1e-170, 1e-200, 1, 0, 1e-170, 0, 0};
    assert_eigen(uneven, 3); /* the square of its first row's length is 0 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_norm_does_not_overflow),
        cmocka_unit_test(least_squares_leave_nothing_along_the_columns),
        cmocka_unit_test(dependent_columns_lower_the_rank_alone),
        cmocka_unit_test(scaling_a_column_leaves_the_rank),
        cmocka_unit_test(cholesky_solves_what_is_positive_definite),
        cmocka_unit_test(cholesky_refuses_the_others),
        cmocka_unit_test(elimination_exchanges_rows),
        cmocka_unit_test(eigenvectors_take_a_symmetric_matrix_apart),
        cmocka_unit_test(eigenvalues_of_known_matrices_come_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
