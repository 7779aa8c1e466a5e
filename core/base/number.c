/* Doubles as text: the fewest digits that read back as the same double.
 *
 * DESIGN. A double stands for the interval halfway to its two neighbours. The wanted decimal is the
 * shortest in it, and of those the nearest. Between 2^-70 and 2^53, where losses live, digits are
 * generated exactly in 128-bit fixed point until what is left of the value is inside the interval
 * (Steele & White, "How to print floating-point numbers accurately", 1990). Elsewhere printf and
 * strtod search by precision, which is slower and needs no long arithmetic of ours. */
#include "core/base/number.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

enum {
    EXACT_DIGITS = 17, /* always enough to tell doubles apart */
    DIGITS_BYTES = 32, /* at most 18 are ever put */
    EXPONENT_BELOW = -4,
    EXPONENT_ABOVE = 16
};

/* 0.d1 d2 d3 ... times 10^point; d1 is not 0. */
struct decimal {
    char digits[DIGITS_BYTES]; /* '0'..'9', not terminated */
    int n_digits;
    int point;
};

static void strip_zeros(struct decimal *decimal)
{
    while (decimal->n_digits > 1 && decimal->digits[decimal->n_digits - 1] == '0') {
        decimal->n_digits--;
    }
}

/* Adds one to the last digit. Without a digit, the last place tried was the 0 just above `point`.
 */
static void round_up(struct decimal *decimal)
{
    while (decimal->n_digits > 0 && decimal->digits[decimal->n_digits - 1] == '9') {
        decimal->n_digits--;
    }
    if (decimal->n_digits > 0) {
        decimal->digits[decimal->n_digits - 1]++;
        return;
    }
    decimal->digits[0] = '1';
    decimal->n_digits = 1;
    decimal->point++;
}

static void put_integer(struct decimal *decimal, uint64_t integer)
{
    char reversed[24];
    int n = 0;
    for (; integer > 0; integer /= 10) {
        reversed[n++] = (char)('0' + integer % 10);
    }
    decimal->n_digits = decimal->point = n;
    for (int i = 0; i < n; i++) {
        decimal->digits[i] = reversed[n - 1 - i];
    }
}

static void put_fraction_digit(struct decimal *decimal, int digit)
{
    if (decimal->n_digits == 0 && digit == 0) {
        decimal->point--;
    } else {
        decimal->digits[decimal->n_digits++] = (char)('0' + digit);
    }
}

/* A magnitude in fixed point: the integer part, and `rest` / 2^bits. */
struct fixed {
    uint64_t integer;
    uint128 rest;
    int bits;         /* 2 to 124: ten times a fraction fits */
    int is_power;     /* of two */
};

/* 2^-70 <= magnitude < 2^53. In quarters of the last bit's weight. */
static struct fixed fixed_point(double magnitude)
{
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    uint64_t mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    int fraction_bits = 1077 - (int)(bits >> 52);
    uint128 scaled = (uint128)mantissa << 2;
    return (struct fixed){.integer = (uint64_t)(scaled >> fraction_bits),
                          .rest = scaled & (((uint128)1 << fraction_bits) - 1),
                          .bits = fraction_bits,
                          .is_power = mantissa == UINT64_C(1) << 52};
}

/* 2^-70 <= magnitude < 2^53. Counts in quarters of the last bit's weight, so that half the way to
 * either neighbour is whole: 2 quarters, but 1 downwards from a power of two. Whether
 * the interval's ends belong to it makes no difference here: being odd multiples of a power of two,
 * they have more digits than it takes to stay between them. */
static void exact_digits(double magnitude, struct decimal *out)
{
    struct fixed fixed = fixed_point(magnitude);
    int fraction_bits = fixed.bits;
    uint128 one = (uint128)1 << fraction_bits;
    uint128 rest = fixed.rest;
    uint128 gap_above = 2;
    uint128 gap_below = fixed.is_power ? 1 : 2;

    put_integer(out, fixed.integer);
    int down, up;
    for (;;) {
        down = rest < gap_below;
        up = rest + gap_above > one;
        if (down || up) {
            break;
        }
        rest *= 10;
        gap_above *= 10;
        gap_below *= 10;
        put_fraction_digit(out, (int)(rest >> fraction_bits));
        rest &= one - 1;
    }
    if (down && up) { /* the nearer one; halfway, the even one */
        int odd = out->n_digits > 0 && (out->digits[out->n_digits - 1] - '0') % 2;
        up = 2 * rest > one || (2 * rest == one && odd);
    }
    if (up) {
        round_up(out);
    }
    strip_zeros(out);
}

/* Writes "0.00ddd", "ddd.ddd", "ddd000" or "d.ddde-X"; returns the end. */
static char *lay_out(char *out, const struct decimal *decimal)
{
    int n = decimal->n_digits, point = decimal->point;
    if (point <= EXPONENT_BELOW || point > EXPONENT_ABOVE) {
        *out++ = decimal->digits[0];
        if (n > 1) {
            *out++ = '.';
            memcpy(out, decimal->digits + 1, (size_t)n - 1);
            out += n - 1;
        }
        return out + snprintf(out, 8, "e%d", point - 1);
    }
    for (int i = point < 1 ? point - 1 : 0; i < n || i < point; i++) {
        if (i == point) {
            *out++ = '.';
        }
        *out++ = i < 0 || i >= n ? '0' : decimal->digits[i];
    }
    *out = '\0';
    return out;
}

/* The nearest decimal of that many digits. */
static void nearest_digits(double magnitude, int precision, struct decimal *out)
{
    char text[NUMBER_TEXT_BYTES]; /* "d.ddddde-300" */
    snprintf(text, sizeof text, "%.*e", precision - 1, magnitude);
    out->digits[0] = text[0];
    memcpy(out->digits + 1, text + 2, (size_t)precision - 1);
    out->n_digits = precision;
    out->point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
}

static int reads_back(const struct decimal *decimal, double magnitude)
{
    char text[DIGITS_BYTES + 8];
    lay_out(text, decimal);
    return strtod(text, NULL) == magnitude;
}

/* The same for 2^-70 <= magnitude < 2^53. Halfway, the even one. */
static void exact_nearest(double magnitude, int precision, struct decimal *out)
{
    struct fixed fixed = fixed_point(magnitude);
    put_integer(out, fixed.integer);
    while (out->n_digits <= precision) {
        fixed.rest *= 10;
        put_fraction_digit(out, (int)(fixed.rest >> fixed.bits));
        fixed.rest &= ((uint128)1 << fixed.bits) - 1;
    }
    int is_more = fixed.rest != 0, odd = (out->digits[precision - 1] - '0') % 2;
    for (int i = precision + 1; i < out->n_digits; i++) {
        is_more |= out->digits[i] != '0';
    }
    char next = out->digits[precision];
    out->n_digits = precision;
    if (next > '5' || (next == '5' && (is_more || odd))) {
        round_up(out);
    }
}

/* Any magnitude above 0. A normal double that has a decimal of 15 digits or fewer gets it, padded
 * with zeros, at precision 15. Above a power of two the interval reaches further than below it, so
 * the nearest decimal may lie just outside while the next one up is inside. */
static void search_digits(double magnitude, struct decimal *out)
{
    int precision = magnitude < DBL_MIN ? 1 : DBL_DIG;
    for (; precision <= EXACT_DIGITS; precision++) {
        nearest_digits(magnitude, precision, out);
        if (reads_back(out, magnitude)) {
            break;
        }
        round_up(out);
        if (reads_back(out, magnitude)) {
            break;
        }
    }
    strip_zeros(out);
}

static size_t put_word(char out[NUMBER_TEXT_BYTES], const char *word)
{
    size_t length = strlen(word);
    memcpy(out, word, length + 1);
    return length;
}

static int is_exact(double magnitude)
{
    return magnitude >= 0x1p-70 && magnitude < 0x1p53;
}

/* A magnitude above 0 in its shortest digits, or in `precision` of them if that is above 0. */
static void find_digits(double magnitude, int precision, struct decimal *out)
{
    if (precision == 0) {
        (is_exact(magnitude) ? exact_digits : search_digits)(magnitude, out);
        return;
    }
    (is_exact(magnitude) ? exact_nearest : nearest_digits)(magnitude, precision, out);
    strip_zeros(out);
}

static size_t print(char out[NUMBER_TEXT_BYTES], double value, int precision)
{
    if (isnan(value)) {
        return put_word(out, "nan");
    }
    if (isinf(value)) {
        return put_word(out, value < 0 ? "-inf" : "inf");
    }
    if (value == 0) {
        return put_word(out, signbit(value) ? "-0.0" : "0");
    }
    struct decimal decimal;
    find_digits(fabs(value), precision, &decimal);
    char *at = out;
    if (signbit(value)) {
        *at++ = '-';
    }
    return (size_t)(lay_out(at, &decimal) - out);
}

size_t number_print(char out[NUMBER_TEXT_BYTES], double value)
{
    return print(out, value, 0);
}

size_t number_print_rounded(char out[NUMBER_TEXT_BYTES], double value, int digits)
{
    return print(out, value, digits);
}
