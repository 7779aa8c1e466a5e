/* The plane through some samples by least squares. */
#include "core/explain/floors/plane.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

/* About 100 ms. */
#define PLANE_WORK_MAX 2e8

double plane_work(const struct dataset *dataset)
{
    double n_columns = (double)dataset->n_features + 1.0;
    return 3.0 * (double)dataset->n_samples * n_columns * n_columns;
}

int plane_is_cheap(const struct dataset *dataset)
{
    return plane_work(dataset) <= PLANE_WORK_MAX;
}

int plane_factor(struct plane *plane, const struct dataset *dataset, struct error *error)
{
    size_t n = dataset->n_samples, n_columns = dataset->n_features + 1;
    struct linalg_qr *qr = &plane->qr;
    *plane = (struct plane){.qr = {.n_rows = n, .n_columns = n_columns}};
    plane->right = memory_array(n, sizeof *plane->right, error);
    qr->matrix = memory_array(n, n_columns * sizeof *qr->matrix, error);
    qr->diagonal = memory_array(n_columns, sizeof *qr->diagonal, error);
    qr->column = memory_array(n_columns, sizeof *qr->column, error);
    if (!plane->right || !qr->matrix || !qr->diagonal || !qr->column) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        qr->matrix[i] = 1.0;
        for (size_t k = 1; k < n_columns; k++) {
            qr->matrix[k * n + i] = dataset->features[i * dataset->n_features + k - 1];
        }
    }
    linalg_qr_factor(qr);
    return 0;
}

void plane_clear(struct plane *plane)
{
    free(plane->qr.matrix);
    free(plane->qr.diagonal);
    free(plane->qr.column);
    free(plane->right);
    *plane = (struct plane){0};
}

double plane_fit(struct plane *plane, const struct dataset *dataset, size_t j,
                 double *out_coefficients)
{
    size_t n = dataset->n_samples, rank = plane->qr.rank;
    for (size_t i = 0; i < n; i++) {
        plane->right[i] = dataset->targets[i * dataset->n_targets + j];
    }
    linalg_qr_rotate(&plane->qr, plane->right);
    linalg_qr_solve(&plane->qr, plane->right, out_coefficients);
    double intercept = out_coefficients[0];
    memmove(out_coefficients, out_coefficients + 1, dataset->n_features * sizeof intercept);
    out_coefficients[dataset->n_features] = intercept;
    return linalg_dot(plane->right + rank, plane->right + rank, n - rank);
}

void plane_basis(const struct plane *plane, double *out_basis)
{
    size_t n = plane->qr.n_rows;
    memset(out_basis, 0, n * plane->qr.rank * sizeof *out_basis);
    for (size_t k = 0; k < plane->qr.rank; k++) {
        out_basis[k * n + k] = 1.0;
        linalg_qr_unrotate(&plane->qr, out_basis + k * n);
    }
}
