/* The standard normal distribution over a vector of lanes, with the same bits everywhere.
 *
 * A template; include core/base/math/lanes.h before it. See elementary.h for what it promises.
 *
 * DESIGN. For a = |x| the tail beyond a is e^(-a^2/2) h(a), h being Mills' ratio over sqrt(2 pi).
 * (1 + a) h(a) is smooth from 0.5 at a = 0 to 0.399 at infinity; with t = (a - 5) / (a + 5) it is
 * a polynomial in t, here of degree 24, fitted at Chebyshev's points up to a = 39 with 80 digits;
 * its own error is below 5e-18 (the idea: J. L. Schonfelder, "Chebyshev expansions for the error
 * and related functions", Math. Comp. 32, 1978). The polynomial's larger terms are taken one by
 * one, the others in Estrin's order. */
#ifndef CORE_BASE_MATH_NORMAL_LANES_H
#define CORE_BASE_MATH_NORMAL_LANES_H

#include "core/base/math/elementary_lanes.h"

/* e^(-x^2/2): what squaring x rounds off is given back to first order. */
LANES_FN lanes normal_bell(lanes x)
{
    lanes_bits high_bits = lanes_to_bits(x) >> 27 << 27;
    lanes high = lanes_from_bits(high_bits); /* 26 bits: its square is exact */
    lanes square = x * x;
    lanes lost = (high * high - square) + (x - high) * (x + high);
    lanes bell = lanes_exp(lanes_set(-0.5) * square);
    return bell - bell * (lanes_set(0.5) * lost);
}

/* The polynomial of (1 + a) h(a). */
LANES_FN lanes normal_polynomial(lanes t)
{
    lanes a = lanes_set(0x1.92037bab48f7ep-6) + t * lanes_set(-0x1.f11aab0305880p-7);
    lanes b = lanes_set(0x1.ab6d038cb493bp-8) + t * lanes_set(-0x1.b75f4f8243ff8p-10);
    lanes c = lanes_set(0x1.0571b0828aa11p-17) + t * lanes_set(0x1.7e61e14ec12f7p-13);
    lanes d = lanes_set(-0x1.c1b1e24dcb550p-15) + t * lanes_set(-0x1.4c0de822d434bp-17);
    lanes e = lanes_set(0x1.3005b1848f980p-17) + t * lanes_set(-0x1.2eebfd6c2ae30p-24);
    lanes f = lanes_set(-0x1.5f691dd5c720ep-20) + t * lanes_set(0x1.12cf340cb3131p-23);
    lanes g = lanes_set(0x1.aacc77a2b5f52p-23) + t * lanes_set(-0x1.befc9cf349176p-26);
    lanes h = lanes_set(-0x1.1e26cf26a9650p-25) + t * lanes_set(0x1.a1141bde556dcp-29);
    lanes i = lanes_set(0x1.893e14eaad9bfp-28) + t * lanes_set(0x1.daec08c6b61dep-33);
    lanes j = lanes_set(-0x1.86fff30533131p-31) + t * lanes_set(-0x1.6231661ec4b1ap-33);
    lanes t2 = t * t;
    lanes t4 = t2 * t2;
    lanes t8 = t4 * t4;
    lanes low = (a + t2 * b) + t4 * (c + t2 * d);
    lanes middle = (e + t2 * f) + t4 * (g + t2 * h);
    lanes sum = low + t8 * (middle + t8 * (i + t2 * j));
    sum = lanes_set(-0x1.b08e0007b4e7bp-6) + t * sum;
    sum = lanes_set(0x1.47c1d03054765p-7) + t * sum;
    sum = lanes_set(0x1.fc66cc64a13e7p-6) + t * sum;
    sum = lanes_set(-0x1.76ff86859eb14p-4) + t * sum;
    return lanes_set(0x1.d8979b0f2b39dp-2) + t * sum;
}

/* The share of a standard normal variable below x, (1 + erf(x / sqrt 2)) / 2. */
LANES_FN lanes lanes_normal_cdf(lanes x)
{
    lanes a = lanes_choose_positive(x, x, -x);
    a = lanes_choose_positive(a - lanes_set(39.0), lanes_set(39.0), a); /* 0 long before */
    lanes t = (a - lanes_set(5.0)) / (a + lanes_set(5.0));
    lanes tail = normal_bell(a) * (normal_polynomial(t) / (lanes_set(1.0) + a));
    return lanes_choose_positive(x, lanes_set(1.0) - tail, tail);
}

/* e^(-x^2/2) / sqrt(2 pi). */
LANES_FN lanes lanes_normal_density(lanes x)
{
    lanes a = lanes_choose_positive(x, x, -x);
    a = lanes_choose_positive(a - lanes_set(39.0), lanes_set(39.0), a);
    return normal_bell(a) * lanes_set(0x1.9884533d43651p-2);
}

#endif
