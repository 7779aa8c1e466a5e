/* A loss as a convex function of what the last layer gives. */
#include "core/explain/convex.h"

#include <math.h>

#include "core/base/math/elementary.h"

/* With softmax: the logarithm of the sum of the sums' exponentials, less the largest of them. */
static double log_of_all(const double *sums, size_t n, double *out_largest)
{
    size_t top = 0;
    double rest = 0.0; /* beside the largest, which counts 1 */
    for (size_t j = 1; j < n; j++) {
        top = sums[j] > sums[top] ? j : top;
    }
    for (size_t j = 0; j < n; j++) {
        rest += j == top ? 0.0 : elementary_exp(sums[j] - sums[top]);
    }
    *out_largest = sums[top];
    return rest < 1.0 ? elementary_log1p(rest) : elementary_log(1.0 + rest);
}

static double loss_of_classes(const double *sums, const double *targets, size_t n)
{
    double largest, logarithm = log_of_all(sums, n, &largest), loss = 0.0;
    for (size_t j = 0; j < n; j++) {
        loss += targets[j] > 0.0 ? targets[j] * (logarithm - (sums[j] - largest)) : 0.0;
    }
    return loss;
}

static double loss_of_output(enum loss loss, double output, double target)
{
    double e = output - target, size = fabs(e);
    switch (loss) {
    case LOSS_MAE:
        return size;
    case LOSS_HUBER:
        return size < 1.0 ? 0.5 * e * e : size - 0.5;
    case LOSS_BINARY_CROSS_ENTROPY:
        return (target > 0.0 ? target * elementary_softplus(-output) : 0.0) +
               (target < 1.0 ? (1.0 - target) * elementary_softplus(output) : 0.0);
    case LOSS_MSE:
    case LOSS_CATEGORICAL_CROSS_ENTROPY:
    case LOSS_COUNT:
        break;
    }
    return e * e;
}

double convex_loss(enum loss loss, const double *outputs, const double *targets, size_t n)
{
    double sum = 0.0;
    if (loss == LOSS_CATEGORICAL_CROSS_ENTROPY) {
        return loss_of_classes(outputs, targets, n);
    }
    for (size_t j = 0; j < n; j++) {
        sum += loss_of_output(loss, outputs[j], targets[j]);
    }
    return sum;
}

static void bend_classes(const double *sums, const double *targets, size_t n, double *slopes,
                         double *curves)
{
    double largest, logarithm = log_of_all(sums, n, &largest), all = 0.0;
    for (size_t j = 0; j < n; j++) {
        all += targets[j];
    }
    for (size_t j = 0; j < n; j++) {
        curves[j] = all * elementary_exp(sums[j] - largest - logarithm);
        slopes[j] = curves[j] - targets[j];
    }
}

static void bend_output(enum loss loss, double output, double target, double least, double *slope,
                        double *curve)
{
    double e = output - target, size = fabs(e);
    switch (loss) {
    case LOSS_MAE:
        *slope = (double)(e > 0.0) - (double)(e < 0.0);
        *curve = 1.0 / fmax(size, least);
        return;
    case LOSS_HUBER:
        *slope = size < 1.0 ? e : copysign(1.0, e);
        *curve = size < 1.0 ? 1.0 : 1.0 / size;
        return;
    case LOSS_BINARY_CROSS_ENTROPY:
        *slope = elementary_sigmoid(output) - target;
        *curve = elementary_sigmoid(output) * elementary_sigmoid(-output);
        return;
    case LOSS_MSE:
    case LOSS_CATEGORICAL_CROSS_ENTROPY:
    case LOSS_COUNT:
        break;
    }
    *slope = e;
    *curve = 1.0;
}

void convex_bend(enum loss loss, const double *outputs, const double *targets, size_t n,
                 double least, double *slopes, double *curves)
{
    if (loss == LOSS_CATEGORICAL_CROSS_ENTROPY) {
        bend_classes(outputs, targets, n, slopes, curves);
        return;
    }
    for (size_t j = 0; j < n; j++) {
        bend_output(loss, outputs[j], targets[j], least, &slopes[j], &curves[j]);
    }
}
