/* Elementary functions with the same bits on every machine.
 *
 * libm's differ by version and by processor, so a run that used them could not be repeated
 * elsewhere. These use only + - * /, comparisons and a double's own bits. Greatest errors found
 * against long double over 100 million points (tests/core/test_elementary.c checks 2 million):
 *
 *   exp 0.79 ulp, tanh 1.96 ulp, sigmoid 1.91 ulp, expm1 1.02 ulp, log 0.87 ulp,
 *   log1p 1.24 ulp, softplus 1.98 ulp, normal_cdf 4.64 ulp, normal_density 2.85 ulp
 *
 * Inputs: +-inf and +-0 give the limits (exp(-inf) = 0, tanh(-0.0) = -0.0), NaN gives NaN, an
 * overflowing exp gives inf. The training core uses the vector forms in *_lanes.h, whose bits are
 * these. */
#ifndef CORE_BASE_MATH_ELEMENTARY_H
#define CORE_BASE_MATH_ELEMENTARY_H

double elementary_exp(double x);
double elementary_expm1(double x); /* exp(x) - 1, for x <= 0 */
double elementary_tanh(double x);
double elementary_sigmoid(double x);        /* 1 / (1 + exp(-x)) */
double elementary_log(double x);            /* natural; -inf for 0, NaN below */
double elementary_log1p(double x);          /* log(1 + x), for x from 0 to 1 */
double elementary_softplus(double x);       /* log(1 + exp(x)) */
double elementary_normal_cdf(double x);     /* (1 + erf(x / sqrt(2))) / 2 */
double elementary_normal_density(double x); /* exp(-x^2 / 2) / sqrt(2 pi) */

#endif
