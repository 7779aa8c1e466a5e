/* exp, expm1, tanh and the logistic sigmoid over a vector of lanes, with the same bits everywhere.
 *
 * A template; include core/base/math/lanes.h before it. See elementary.h for what it promises.
 *
 * DESIGN. x = n ln 2 + r with a whole n and |r| <= ln 2 / 2, ln 2 in two parts so that n times
 * the first is exact (Cody & Waite, "Software Manual for the Elementary Functions", 1980);
 * e^r by its Taylor series to r^13, whose remainder is below 2^-57; e^x = 2^n e^r. Only
 * + - * / and the double's own bits are used, in a fixed order, and no branch; or, where the
 * processor has it, one operation that gives the bits of several. */
#ifndef CORE_BASE_MATH_ELEMENTARY_LANES_H
#define CORE_BASE_MATH_ELEMENTARY_LANES_H

#include "core/base/math/lanes.h"

/* e^r - 1 - r, for |r| <= 0.35: the terms from r^2/2! to r^13/13!, in Estrin's order (pairs, then
 * pairs of pairs) to keep the chain of dependent operations short. */
LANES_FN lanes elementary_series(lanes r)
{
    lanes r2 = r * r;
    lanes r4 = r2 * r2;
    lanes a = lanes_set(1.0 / 2.0) + r * lanes_set(1.0 / 6.0);
    lanes b = lanes_set(1.0 / 24.0) + r * lanes_set(1.0 / 120.0);
    lanes c = lanes_set(1.0 / 720.0) + r * lanes_set(1.0 / 5040.0);
    lanes d = lanes_set(1.0 / 40320.0) + r * lanes_set(1.0 / 362880.0);
    lanes e = lanes_set(1.0 / 3628800.0) + r * lanes_set(1.0 / 39916800.0);
    lanes f = lanes_set(1.0 / 479001600.0) + r * lanes_set(1.0 / 6227020800.0);
    lanes low = a + r2 * b;
    lanes middle = c + r2 * d;
    lanes high = e + r2 * f;
    return r2 * (low + r4 * (middle + r4 * high));
}

/* e^x = 2^n e^r: sets *out_n, a whole number, and *out_high and *out_low, whose difference is the
 * true r, and returns it rounded. high is exact, and so is high - r. Needs |x| < 2^20. */
LANES_FN lanes elementary_reduce(lanes x, lanes *out_n, lanes *out_high, lanes *out_low)
{
    *out_n = lanes_round(x * lanes_set(0x1.71547652b82fep+0)); /* 1 / ln 2 */
    *out_high = lanes_minus_exact(x, *out_n, lanes_set(0x1.62e42feep-1));
    *out_low = *out_n * lanes_set(0x1.a39ef35793c76p-33);
    return *out_high - *out_low;
}

/* 2^n for a whole n from -1022 to 1023, built from the double's own bits. */
LANES_FN lanes elementary_power_of_two(lanes n)
{
    lanes biased = n + lanes_set(LANES_ROUND + 1023.0);
    return lanes_from_bits(lanes_to_bits(biased) << 52);
}

/* The processor scales by any power of two, also by an infinite one, and rounds once. */
#ifdef LANES_MASKS
#define ELEMENTARY_SCALES
#endif

/* x 2^n for a whole n, rounded once. Needs |n| < 2000 without ELEMENTARY_SCALES: the power is taken
 * in two steps, so that the largest and the subnormal results come out right. */
LANES_FN lanes elementary_scale(lanes x, lanes n)
{
#if LANES == 2 && defined(ELEMENTARY_SCALES)
    return __builtin_ia32_scalefpd128_mask(x, n, x, -1);
#elif LANES == 4 && defined(ELEMENTARY_SCALES)
    return __builtin_ia32_scalefpd256_mask(x, n, x, -1);
#elif LANES == 8 && defined(ELEMENTARY_SCALES)
    return __builtin_ia32_scalefpd512_mask(x, n, x, -1, 4);
#else
    lanes half = lanes_round(n * lanes_set(0.5));
    return (x * elementary_power_of_two(half)) * elementary_power_of_two(n - half);
#endif
}

LANES_FN lanes lanes_exp(lanes x)
{
#ifndef ELEMENTARY_SCALES
    /* Beyond these bounds the result is inf or 0 anyway; NaN passes both comparisons. */
    x = lanes_at_least(lanes_at_most(x, lanes_set(710.0)), lanes_set(-746.0));
#endif
    lanes n, high, low;
    lanes r = elementary_reduce(x, &n, &high, &low);
    lanes one = lanes_set(1.0);
    lanes sum = one + r;
    /* What 1 + r and r itself round off joins the small terms (Dekker's fast two-sum): 1 - sum is
     * exact, and so is its sum with high, a multiple of 2^-54 below 2^-22 wherever n isn't 0. */
    sum = sum + ((((one - sum) + high) - low) + elementary_series(r));
#ifdef ELEMENTARY_SCALES
    /* From |x| = 2^20 on r is anything; n alone decides, if the sum is some positive number. */
    sum = lanes_choose_positive(lanes_set(0.25) - r * r, sum, one);
#endif
    return elementary_scale(sum, n);
}

/* e^x - 1 for x <= 0, exact for small x: (2^n - 1) + 2^n (e^r - 1). */
LANES_FN lanes lanes_expm1(lanes x)
{
    x = lanes_at_least(x, lanes_set(-50.0)); /* -1 long before */
    lanes n, high, low;
    lanes r = elementary_reduce(x, &n, &high, &low);
    lanes power = elementary_power_of_two(n);
    return (power - lanes_set(1.0)) + power * (r + (((high - r) - low) + elementary_series(r)));
}

/* With a = |x| and q = 2^n, e^r = 1 + p of e^-2a or e^2a: below 1,
 * (1 - e^-2a) / (1 + e^-2a), which keeps small x exact; from 1 on, 1 - 2 / (1 + e^2a). Each sum is
 * rounded by itself: (q - 1) + q p is e^+-2a - 1, (q + 1) + q p is e^+-2a + 1. */
LANES_FN lanes lanes_tanh(lanes x)
{
    lanes_bits sign_bit = lanes_to_bits(lanes_set(-0.0));
    lanes_bits sign = lanes_to_bits(x) & sign_bit;
    lanes a = lanes_from_bits(lanes_to_bits(x) ^ sign);
    lanes one = lanes_set(1.0), two = lanes_set(2.0);
    a = lanes_at_most(a, lanes_set(40.0)); /* tanh is 1 long before */
    lanes below_one = one - a;
    lanes n, high, low;
    lanes signed_2a = lanes_choose_positive(below_one, -two * a, two * a);
    lanes r = elementary_reduce(signed_2a, &n, &high, &low);
    lanes power = elementary_power_of_two(n);
    lanes rest = power * (r + (((high - r) - low) + elementary_series(r)));
    lanes top = lanes_choose_positive(below_one, (one - power) - rest, two);
    lanes quotient = top / ((one + power) + rest);
    lanes result = lanes_choose_positive(below_one, quotient, one - quotient);
    return lanes_from_bits((lanes_to_bits(result) & ~sign_bit) | sign);
}

/* With e = e^-|x|: 1 / (1 + e) for positive x, e / (1 + e) for the others: never inf / inf. What
 * 1 + e rounds off is then taken from the quotient, to first order; its factor is right for the
 * small results, which need it, and harmless for the others. */
LANES_FN lanes lanes_sigmoid(lanes x)
{
    lanes one = lanes_set(1.0);
    lanes e = lanes_exp(lanes_from_bits(lanes_to_bits(x) | lanes_to_bits(lanes_set(-0.0))));
    lanes sum = one + e;
    lanes lost = (one - sum) + e;
    lanes quotient = lanes_choose_positive(x, one, e) / sum;
    return quotient - quotient * (lost * (one - quotient));
}

#endif
