/* The best single answer for some targets. */
#include "core/explain/floors/constant.h"

#include <math.h>

#include "core/base/math/elementary.h"
#include "core/base/math/statistics.h"

double constant_entropy_part(double p)
{
    return p > 0.0 ? -p * elementary_log(p) : 0.0;
}

double constant_entropy(double p)
{
    return constant_entropy_part(p) + constant_entropy_part(1.0 - p);
}

/* The sum of |t - median|: each outer pair of the sorted targets is its distance apart. */
static double absolute_sum(double *targets, size_t n)
{
    double sum = 0.0;
    statistics_sort(targets, n);
    for (size_t i = 0; i < n / 2; i++) {
        sum += targets[n - 1 - i] - targets[i];
    }
    return sum;
}

/* Slope of the Huber loss's sum at c, and in *out_sum the sum. */
static double huber_at(const double *targets, size_t n, double c, double *out_sum)
{
    double slope = 0.0;
    *out_sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double e = targets[i] - c, size = fabs(e);
        *out_sum += size < 1.0 ? 0.5 * e * e : size - 0.5;
        slope -= size < 1.0 ? e : copysign(1.0, e);
    }
    return slope;
}

/* The sum is convex: its slope is bisected until two neighbouring doubles are left. */
static double huber_sum(double *targets, size_t n)
{
    double low = targets[0], high = targets[0], sum, other;
    for (size_t i = 1; i < n; i++) {
        low = targets[i] < low ? targets[i] : low;
        high = targets[i] > high ? targets[i] : high;
    }
    for (;;) {
        double middle = low + 0.5 * (high - low);
        if (!(low < middle && middle < high)) {
            break;
        }
        if (huber_at(targets, n, middle, &sum) > 0.0) {
            high = middle;
        } else {
            low = middle;
        }
    }
    huber_at(targets, n, low, &sum);
    huber_at(targets, n, high, &other);
    return other < sum ? other : sum;
}

double constant_sum(enum loss loss, double *targets, size_t n)
{
    switch (loss) {
    case LOSS_MAE:
        return absolute_sum(targets, n);
    case LOSS_HUBER:
        return huber_sum(targets, n);
    case LOSS_BINARY_CROSS_ENTROPY:
        return (double)n * constant_entropy(statistics_mean(targets, n));
    case LOSS_CATEGORICAL_CROSS_ENTROPY:
        return (double)n * constant_entropy_part(statistics_mean(targets, n));
    case LOSS_MSE:
    case LOSS_COUNT:
        break;
    }
    return (double)n * statistics_variance(targets, n);
}
