/* exp, tanh and the logistic sigmoid with the same bits on every machine.
 *
 * libm's differ by version and by processor, so a run that used them could not be repeated
 * elsewhere. These use only + - * /, comparisons and a double's own bits. Greatest errors found
 * against long double over 100 million points (tests/core/test_elementary.c checks 2 million):
 *
 *   exp 0.79 ulp, tanh 1.96 ulp, sigmoid 1.91 ulp
 *
 * Inputs: +-inf and +-0 give the limits (exp(-inf) = 0, tanh(-0.0) = -0.0), NaN gives NaN, an
 * overflowing exp gives inf. The training core uses the vector form in elementary_lanes.h, whose
 * bits are these. */
#ifndef CORE_BASE_ELEMENTARY_H
#define CORE_BASE_ELEMENTARY_H

double elementary_exp(double x);
double elementary_tanh(double x);
double elementary_sigmoid(double x); /* 1 / (1 + exp(-x)) */

#endif
