/* The best plane for the losses that grow with the distance.
 *
 * DESIGN. Like logistic regression it is fitted in the plane's orthogonal basis, to what least
 * squares leaves: the same planes, without the targets' offset, which would cost digits. */
#include "core/explain/floors/robust.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/base/memory.h"

static void clear(struct robust *it)
{
    free(it->basis);
    free(it->targets);
    free(it->errors);
    free(it->slopes);
    free(it->along);
    free(it->room);
    free(it->parameters);
    free(it->step);
    free(it->matrix);
    free(it->inverse);
    free(it->base);
    free(it->heap);
}

static int init(struct robust *it, size_t n, size_t rank, struct error *error)
{
    *it = (struct robust){.n = n, .rank = rank};
    it->basis = memory_array(n, rank * sizeof(double), error);
    it->targets = memory_array(n, sizeof(double), error);
    it->errors = memory_array(n, sizeof(double), error);
    it->slopes = memory_array(n, sizeof(double), error);
    it->along = memory_array(n, sizeof(double), error);
    it->room = memory_array(n, 2 * sizeof(double), error);
    it->parameters = memory_array(rank, sizeof(double), error);
    it->step = memory_array(rank, sizeof(double), error);
    it->matrix = memory_array(rank, rank * sizeof(double), error);
    it->inverse = memory_array(rank, rank * sizeof(double), error);
    it->base = memory_array(rank, sizeof *it->base, error);
    it->heap = memory_array(n, sizeof *it->heap, error);
    return it->basis && it->targets && it->errors && it->slopes && it->along && it->room &&
                   it->parameters && it->step && it->matrix && it->inverse && it->base && it->heap
               ? 0
               : -1;
}

void robust_fill_errors(struct robust *it, const double *targets)
{
    memcpy(it->errors, targets, it->n * sizeof *targets);
    for (size_t k = 0; k < it->rank; k++) {
        const double *column = it->basis + k * it->n;
        for (size_t i = 0; i < it->n; i++) {
            it->errors[i] -= it->parameters[k] * column[i];
        }
    }
}

double robust_bound(struct robust *it, enum loss loss)
{
    double largest = 1.0, sum = 0.0;
    for (size_t k = 0; k < it->rank; k++) {
        const double *column = it->basis + k * it->n;
        double part = linalg_dot(column, it->slopes, it->n);
        for (size_t i = 0; i < it->n; i++) {
            it->slopes[i] -= part * column[i];
        }
    }
    for (size_t i = 0; i < it->n; i++) {
        largest = fmax(largest, fabs(it->slopes[i]));
    }
    for (size_t i = 0; i < it->n; i++) {
        double slope = it->slopes[i] / largest;
        sum += slope * (it->targets[i] - (loss == LOSS_HUBER ? 0.5 * slope : 0.0));
    }
    return sum;
}

/* What least squares leaves of output j, whose coefficients stand in plane->right's first `rank`
 * entries afterwards. */
static void take_targets(struct robust *it, struct plane *plane, const struct dataset *dataset,
                         size_t j)
{
    for (size_t i = 0; i < it->n; i++) {
        plane->right[i] = dataset->targets[i * dataset->n_targets + j];
    }
    linalg_qr_rotate(&plane->qr, plane->right);
    memcpy(it->targets, plane->right, it->n * sizeof *it->targets);
    memset(it->targets, 0, it->rank * sizeof *it->targets);
    linalg_qr_unrotate(&plane->qr, it->targets);
    memset(it->parameters, 0, it->rank * sizeof *it->parameters);
}

static void tell_coefficients(const struct robust *it, struct plane *plane, double *out)
{
    size_t n_inputs = plane->qr.n_columns - 1;
    for (size_t k = 0; k < it->rank; k++) {
        plane->right[k] += it->parameters[k];
    }
    linalg_qr_solve(&plane->qr, plane->right, out);
    double intercept = out[0];
    memmove(out, out + 1, n_inputs * sizeof *out);
    out[n_inputs] = intercept;
}

int robust_fit(struct plane *plane, const struct dataset *dataset, enum loss loss, double *out_loss,
               double *out_coefficients, struct error *error)
{
    size_t n_outputs = dataset->n_targets;
    struct robust it;
    double sum = 0.0;
    int result = init(&it, dataset->n_samples, plane->qr.rank, error);
    if (result != 0) {
        goto out;
    }
    plane_basis(plane, it.basis);
    for (size_t j = 0; j < n_outputs && isfinite(sum); j++) {
        take_targets(&it, plane, dataset, j);
        double own = loss == LOSS_MAE ? absolute_fit(&it) : huber_fit(&it);
        int is_proved = own - robust_bound(&it, loss) <= 1e-10 * own;
        sum += is_proved ? own : NAN;
        tell_coefficients(&it, plane, out_coefficients + j * plane->qr.n_columns);
    }
    *out_loss = sum / (double)it.n / (double)n_outputs;
out:
    clear(&it);
    return result;
}
