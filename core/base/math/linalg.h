/* Linear algebra of small dense matrices, with the same bits on every machine.
 *
 * Matrices are row by row. Only + - * / and square roots are used, in a fixed order. No function
 * allocates; inputs that are not finite give results that are not. */
#ifndef CORE_BASE_MATH_LINALG_H
#define CORE_BASE_MATH_LINALG_H

#include <stddef.h>

/* The sum of products: four sums, of every fourth one, and then theirs. */
double linalg_dot(const double *a, const double *b, size_t n);
double linalg_norm(const double *values, size_t n); /* Euclidean; scaled: does not overflow */

/* An orthogonal triangulation: Householder reflections, each from the column that has most left
 * (Golub & Van Loan, "Matrix Computations", algorithm 5.4.1). */
struct linalg_qr {
    size_t n_rows, n_columns;
    size_t rank;      /* columns that have more than 1e-10 of their length outside those before */
    double *matrix;   /* [n_columns][n_rows]: column j holds R above the diagonal and the j-th
                         reflection from it on; columns in the order of `column` */
    double *diagonal; /* [n_columns] R's */
    size_t *column;   /* [n_columns] which column of the matrix given stands at j */
};

/* Triangulates qr->matrix in place: the caller set n_rows, n_columns, `matrix` as the *transposed*
 * matrix ([n_columns][n_rows]), and room for the others. At most n_rows reflections. */
void linalg_qr_factor(struct linalg_qr *qr);

/* right [n_rows] becomes Q' right: its entries from `rank` on are what no combination of the
 * columns reaches, their squares add to the residual's. */
void linalg_qr_rotate(const struct linalg_qr *qr, double *right);

/* The way back: the k-th unit vector becomes the k-th of Q's columns, which are at right angles, of
 * length 1, and (up to the rank) combinations of the matrix's. */
void linalg_qr_unrotate(const struct linalg_qr *qr, double *right);

/* The least-squares solution [n_columns] of a rotated right side; 0 for columns beyond the rank. */
void linalg_qr_solve(const struct linalg_qr *qr, const double *rotated, double *out_solution);

/* L with L L' = matrix [n][n], symmetric, in its lower triangle, in place; what is above is not
 * touched. 0, or -1 when it is not positive definite; then it is spoilt. */
int linalg_cholesky(double *matrix, size_t n);
/* right [n] becomes the solution of L L' x = right. */
void linalg_cholesky_solve(const double *cholesky, size_t n, double *right);

/* right [n][n_right] becomes the solution of matrix x = right, by elimination with row exchanges;
 * the matrix [n][n] is spoilt. 0, or -1 when it is singular; then both are spoilt. */
int linalg_solve(double *matrix, size_t n, double *right, size_t n_right);

/* Eigenvalues [n], ascending, of a symmetric matrix [n][n], whose rows become the eigenvectors, of
 * length 1, in their order: tridiagonal by reflections, then QL with implicit shifts (Golub & Van
 * Loan, algorithms 8.3.1 and 8.3.3). scratch: [n]. 0, or -1 when it does not converge (input that
 * is not finite). O(n^3). */
int linalg_eigen_symmetric(double *matrix, size_t n, double *out_values, double *scratch);

#endif
