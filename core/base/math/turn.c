/* Sine and cosine in turns: the nearest quarter is taken off, exactly, and what is left, at most an
 * eighth of a turn, becomes an angle in two parts, hi + lo. On hi a Taylor series is taken, whose
 * remainder is below 2^-58, and lo joins by the slope (as in W. J. Cody & W. Waite, "Software
 * Manual for the Elementary Functions", 1980, but that the reduction has no error here). */
#include "core/base/math/turn.h"

#include <math.h>
#include <stdint.h>

#define TURNS_MAX 0x1p50

/* 2 pi f as hi + lo. Both f and 2 pi are cut into a part of 26 bits and a rest, so that the product
 * of the first parts is exact (Dekker 1971). */
static double angle(double f, double *out_lo)
{
    const double high = 0x1.921fb5p+2, low = 0x1.110b4611a6263p-24; /* 2 pi */
    double scaled = f * 134217729.0; /* 2^27 + 1 */
    double f_high = scaled - (scaled - f);
    double first = f_high * high;
    double rest = f_high * low + (f - f_high) * (high + low);
    double hi = first + rest;
    *out_lo = (first - hi) + rest;
    return hi;
}

/* sin(2 pi f), |f| <= 1/8. */
static double sine(double f)
{
    double lo, hi = angle(f, &lo);
    const double z = hi * hi;
    double p = 1.0 / 355687428096000.0;
    p = -1.0 / 1307674368000.0 + z * p;
    p = 1.0 / 6227020800.0 + z * p;
    p = -1.0 / 39916800.0 + z * p;
    p = 1.0 / 362880.0 + z * p;
    p = -1.0 / 5040.0 + z * p;
    p = 1.0 / 120.0 + z * p;
    p = -1.0 / 6.0 + z * p;
    return hi + (lo * (1.0 - 0.5 * z) + hi * (z * p));
}

/* cos(2 pi f), |f| <= 1/8. What 1 - z / 2 rounds off is added back. */
static double cosine(double f)
{
    double lo, hi = angle(f, &lo);
    const double z = hi * hi, half = 0.5 * z;
    double p = -1.0 / 6402373705728000.0;
    p = 1.0 / 20922789888000.0 + z * p;
    p = -1.0 / 87178291200.0 + z * p;
    p = 1.0 / 479001600.0 + z * p;
    p = -1.0 / 3628800.0 + z * p;
    p = 1.0 / 40320.0 + z * p;
    p = -1.0 / 720.0 + z * p;
    p = 1.0 / 24.0 + z * p;
    double most = 1.0 - half;
    return most + (((1.0 - most) - half) + (z * (z * p) - hi * lo));
}

/* The sine of `turns` + `quarter` / 4. */
static double shifted_sine(double turns, int64_t quarter)
{
    if (!(fabs(turns) < TURNS_MAX)) {
        return NAN;
    }
    double nearest = floor(4.0 * turns + 0.5);
    double f = turns - 0.25 * nearest; /* exact */
    switch (((int64_t)nearest + quarter) & 3) {
    case 0:
        return sine(f);
    case 1:
        return cosine(f);
    case 2:
        return 0.0 - sine(f);
    default:
        return -cosine(f);
    }
}

double turn_sin(double turns)
{
    return shifted_sine(turns, 0);
}

double turn_cos(double turns)
{
    return shifted_sine(turns, 1);
}
