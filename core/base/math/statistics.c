/* Statistics of a list of numbers, and tails of distributions.
 *
 * DESIGN. All tails but the normal's come from the incomplete beta function: its continued fraction
 * (Lentz's method) times x^a y^b / B(a, b), which is taken by C. Loader's saddle point ("Fast and
 * Accurate Computation of Binomial Probabilities", 2000): where it is large, nothing in it is a
 * difference of large numbers. */
#include "core/base/math/statistics.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "core/base/math/elementary.h"

enum { FRACTION_STEPS_MAX = 100000 };

static const double PI = 3.14159265358979323846;

/* --- lists ---------------------------------------------------------------------------------- */

double statistics_mean(const double *values, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return n > 0 ? sum / (double)n : NAN;
}

double statistics_variance(const double *values, size_t n)
{
    double mean = statistics_mean(values, n), sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (values[i] - mean) * (values[i] - mean);
    }
    return n > 0 ? sum / (double)n : NAN;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void statistics_sort(double *values, size_t n)
{
    qsort(values, n, sizeof *values, ascending);
}

double statistics_quantile(const double *sorted, size_t n, double share)
{
    if (n == 0) {
        return NAN;
    }
    double place = share * (double)(n - 1);
    size_t below = (size_t)place;
    size_t above = below + 1 < n ? below + 1 : below;
    return sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
}

/* --- gamma and beta ------------------------------------------------------------------------- */

/* log(1 + x) - x for a small x, where the two nearly cancel. */
static double log_rest(double x)
{
    double s = x / (2.0 + x), s2 = s * s, power = s, sum = 0.0; /* log(1 + x) = 2 atanh s */
    for (int k = 3; k < 40 && fabs(power) > 1e-18 * fabs(s); k += 2) {
        power *= s2;
        sum += power / k;
    }
    return 2.0 * sum - s * x; /* 2 s - x = -s x */
}

/* log gamma(z + 1) less Stirling's (z + 1/2) log z - z + log(2 pi) / 2, z > 0. */
static double stirling_rest(double z)
{
    double steps = 0.0;
    while (z < 16.0) { /* from z to z + 1 it falls by (z + 1/2) log(1 + 1/z) - 1 */
        double u = 1.0 / z;
        steps += z > 8.0 ? 0.5 * u + (z + 0.5) * log_rest(u)
                         : (z + 0.5) * elementary_log((z + 1.0) / z) - 1.0;
        z += 1.0;
    }
    double u = 1.0 / (z * z);
    double series =
        1.0 / 12 -
        u * (1.0 / 360 -
             u * (1.0 / 1260 -
                  u * (1.0 / 1680 - u * (1.0 / 1188 - u * (691.0 / 360360 - u * (1.0 / 156))))));
    return steps + series / z;
}

/* count log(count / expected) + expected - count: 0 where they agree. */
static double deviance(double count, double expected)
{
    double ratio = expected / count, away = (expected - count) / count;
    return count * (fabs(away) < 0.125 ? -log_rest(away) : (ratio - 1.0) - elementary_log(ratio));
}

/* x^a y^b / B(a, b), with x + y = 1. */
static double beta_front(double a, double b, double x, double y)
{
    double n = a + b;
    double rest = stirling_rest(n) - stirling_rest(a) - stirling_rest(b);
    double away = deviance(a, n * x) + deviance(b, n * y);
    return sqrt(a * b / (2.0 * PI * n)) * elementary_exp(rest - away);
}

/* The continued fraction of I_x(a, b) (Abramowitz & Stegun 26.5.8), for x below the mean. */
static double beta_fraction(double a, double b, double x)
{
    double c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0);
    d = 1.0 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
    double fraction = d;
    for (int i = 1; i <= FRACTION_STEPS_MAX; i++) {
        double m = i, change = 1.0;
        const double terms[2] = {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                                 -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))};
        for (int k = 0; k < 2; k++) {
            d = 1.0 + terms[k] * d;
            c = 1.0 + terms[k] / c;
            d = 1.0 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
            c = fabs(c) < DBL_MIN ? DBL_MIN : c;
            change = d * c;
            fraction *= change;
        }
        if (fabs(change - 1.0) < 2.0 * DBL_EPSILON) {
            return fraction;
        }
    }
    return NAN;
}

double statistics_beta(double a, double b, double x, double y)
{
    if (!(x > 0.0 && y > 0.0)) {
        return isnan(x) || isnan(y) ? NAN : x > 0.0 ? 1.0 : 0.0;
    }
    double front = beta_front(a, b, x, y);
    if (x < (a + 1.0) / (a + b + 2.0)) {
        return front * beta_fraction(a, b, x) / a;
    }
    return 1.0 - front * beta_fraction(b, a, y) / b;
}

/* --- tests ---------------------------------------------------------------------------------- */

double statistics_f_tail(double f, double n, double m)
{
    if (isinf(f)) {
        return f > 0.0 ? 0.0 : 1.0;
    }
    double above = n * f, whole = m + above;
    return f <= 0.0 ? 1.0 : statistics_beta(0.5 * m, 0.5 * n, m / whole, above / whole);
}

double statistics_t_tails(double t, double n)
{
    return t == 0.0 ? 1.0 : statistics_f_tail(t * t, 1.0, n);
}

double statistics_binomial_tail(int64_t k, int64_t n, double p)
{
    if (k <= 0 || k > n) {
        return k <= 0 ? 1.0 : 0.0;
    }
    return statistics_beta((double)k, (double)(n - k) + 1.0, p, 1.0 - p);
}

double statistics_sign_test(int64_t above, int64_t below)
{
    int64_t more = above > below ? above : below, fewer = above + below - more;
    if (more - fewer <= 1) {
        return 1.0; /* the tail is one half or more; as a series it may be one half less a bit */
    }
    return 2.0 * statistics_binomial_tail(more, above + below, 0.5);
}

void statistics_wilson(int64_t k, int64_t n, double *out_low, double *out_high)
{
    static const double z = 1.95996398454005423552; /* 97.5 % of a normal */
    if (n == 0) {
        *out_low = 0.0;
        *out_high = 1.0;
        return;
    }
    double share = (double)k / (double)n, square = z * z / (double)n;
    double centre = (share + 0.5 * square) / (1.0 + square);
    double half = z * sqrt(share * (1.0 - share) / (double)n + 0.25 * square / (double)n);
    half /= 1.0 + square;
    *out_low = k == 0 ? 0.0 : centre - half;
    *out_high = k == n ? 1.0 : centre + half;
}
