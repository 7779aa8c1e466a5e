/* Statistics of a list of numbers, and the tails of the distributions that tests need, with the
 * same bits on every machine (+ - * /, square roots and core/base/math/elementary.h).
 *
 * Tails are probabilities of at least what was seen, under the hypothesis. Relative errors found
 * against scipy (tests/core/test_statistics.c): below 1e-12, also of tails of 1e-300. */
#ifndef CORE_BASE_MATH_STATISTICS_H
#define CORE_BASE_MATH_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

double statistics_mean(const double *values, size_t n);     /* in order; NaN of none */
double statistics_variance(const double *values, size_t n); /* about the mean, over n, in two
                                                               passes, as np.var; NaN of none */
void statistics_sort(double *values, size_t n);             /* ascending; no NaN among them */

/* Of sorted values, the share from 0 to 1: as np.quantile, linear between two; NaN of none. */
double statistics_quantile(const double *sorted, size_t n, double share);

/* The regularised incomplete beta function I_x(a, b), a, b > 0 up to some 1e9, for x and y = 1 - x
 * that are both given, so that neither loses digits; 0 <= x, y. NaN if it does not converge. */
double statistics_beta(double a, double b, double x, double y);

/* P(F >= f) with n and m degrees of freedom; 1 for f <= 0; 0 for an infinite f. */
double statistics_f_tail(double f, double n, double m);
double statistics_t_tails(double t, double n); /* P(|T| >= |t|) with n degrees of freedom */

/* P(X >= k) of n trials that succeed with probability p. */
double statistics_binomial_tail(int64_t k, int64_t n, double p);

/* The sign test: twice the smaller tail, at most 1, of `above` against `below` under even odds;
 * 1 when there are none of either. */
double statistics_sign_test(int64_t above, int64_t below);

/* Wilson's interval of a share k / n at 95 %; 0 to 1 when n is 0. (E. B. Wilson, 1927.) */
void statistics_wilson(int64_t k, int64_t n, double *out_low, double *out_high);

#endif
