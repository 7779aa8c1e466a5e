/* log, log1p and softplus over a vector of lanes, with the same bits everywhere.
 *
 * A template; include core/base/math/lanes.h before it. See elementary.h for what it promises.
 *
 * DESIGN. x = 2^k m with m from sqrt(1/2) to sqrt(2); with f = m - 1 and s = f / (2 + f),
 * log m = 2 atanh s = 2 (s + s^3/3 + s^5/5 + ...), whose terms beyond s^23 are below 2^-60 of the
 * sum. It is written as f - (f^2/2 - s (f^2/2 + R)), R the terms from 2 s^2/3 on, so that the
 * largest part, f, is exact. k ln 2 is added in two parts, as exp takes it off. */
#ifndef CORE_BASE_MATH_LOGARITHM_LANES_H
#define CORE_BASE_MATH_LOGARITHM_LANES_H

#include <float.h>
#include <math.h>

#include "core/base/math/elementary_lanes.h"

/* x = 2^k m, m from sqrt(1/2) to sqrt(2): returns m. Needs a normal, positive x. */
LANES_FN lanes logarithm_split(lanes x, lanes *out_k)
{
    lanes_bits half_root = lanes_to_bits(lanes_set(0x1.6a09e667f3bcdp-1));
    lanes_bits one = lanes_to_bits(lanes_set(1.0));
    lanes_bits fraction = lanes_to_bits(lanes_set(0x1.fffffffffffffp+0)) ^ one;
    lanes_bits moved = lanes_to_bits(x) + (one - half_root);
    lanes whole = lanes_from_bits((moved >> 52) | lanes_to_bits(lanes_set(0x1p52)));
    *out_k = whole - lanes_set(0x1p52 + 1023.0);
    return lanes_from_bits((moved & fraction) + half_root);
}

/* 2 s^2/3 + 2 s^4/5 + ... + 2 s^22/23, of z = s^2. */
LANES_FN lanes logarithm_series(lanes z)
{
    lanes z2 = z * z;
    lanes z4 = z2 * z2;
    lanes a = lanes_set(2.0 / 3.0) + z * lanes_set(2.0 / 5.0);
    lanes b = lanes_set(2.0 / 7.0) + z * lanes_set(2.0 / 9.0);
    lanes c = lanes_set(2.0 / 11.0) + z * lanes_set(2.0 / 13.0);
    lanes d = lanes_set(2.0 / 15.0) + z * lanes_set(2.0 / 17.0);
    lanes e = lanes_set(2.0 / 19.0) + z * lanes_set(2.0 / 21.0);
    lanes high = e + z2 * lanes_set(2.0 / 23.0);
    return z * ((a + z2 * b) + z4 * ((c + z2 * d) + z4 * high));
}

/* Natural logarithm: log(0) = -inf, of a negative number NaN. */
LANES_FN lanes lanes_log(lanes x)
{
    lanes least = lanes_set(DBL_MIN), zero = lanes_set(0.0);
    lanes is_small = least - x; /* scaled by 2^54 where subnormal, to have all its bits */
    lanes k, m = logarithm_split(lanes_choose_positive(is_small, x * lanes_set(0x1p54), x), &k);
    k = k - lanes_choose_positive(is_small, lanes_set(54.0), zero);
    lanes f = m - lanes_set(1.0);
    lanes s = f / (lanes_set(2.0) + f);
    lanes half = lanes_set(0.5) * f * f;
    lanes low = k * lanes_set(0x1.a39ef35793c76p-33);
    lanes rest = half - (s * (half + logarithm_series(s * s)) + low);
    lanes result = k * lanes_set(0x1.62e42feep-1) - (rest - f);
    result = lanes_choose_positive(x - lanes_set(DBL_MAX), x, result); /* inf */
    lanes not_positive = lanes_choose_positive(-x, lanes_set(NAN), x - lanes_set(INFINITY));
    return lanes_choose_positive(x, result, not_positive);
}

/* log(1 + y) for y from 0 to 1, exact for small y: what 1 + y rounds off is added to first
 * order. */
LANES_FN lanes lanes_log1p(lanes y)
{
    lanes sum = lanes_set(1.0) + y;
    lanes lost = y - (sum - lanes_set(1.0));
    return lanes_log(sum) + lost / sum;
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). */
LANES_FN lanes lanes_softplus(lanes x)
{
    lanes below = lanes_from_bits(lanes_to_bits(x) | lanes_to_bits(lanes_set(-0.0)));
    return lanes_choose_positive(x, x, lanes_set(0.0)) + lanes_log1p(lanes_exp(below));
}

#endif
