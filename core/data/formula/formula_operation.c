/* What the operators, functions and draws of formulas do: what Python does with floats.
 *
 * DESIGN. Where an operation can fail, it follows the rules of CPython's floatobject.c and math
 * module, special values included; where it cannot, it is C's. */
#include "core/data/formula/formula_operation.h"

#include <math.h>

/* --- what can fail ------------------------------------------------------------------------- */

static const char *divide(double *at)
{
    if (at[1] == 0.0) {
        return "division by zero";
    }
    at[0] /= at[1];
    return NULL;
}

/* fmod's result moved to the divisor's sign; a zero has it too. */
static double python_remainder(double a, double b)
{
    double rest = fmod(a, b);
    if (rest == 0.0) {
        return copysign(0.0, b);
    }
    return (rest < 0.0) != (b < 0.0) ? rest + b : rest;
}

static const char *take_remainder(double *at)
{
    if (at[1] == 0.0) {
        return "remainder of a division by zero";
    }
    at[0] = python_remainder(at[0], at[1]);
    return NULL;
}

/* Not floor(a / b), which can round up to the next whole number: a less its remainder, divided. */
static const char *floor_divide(double *at)
{
    double a = at[0], b = at[1];
    if (b == 0.0) {
        return "division by zero";
    }
    double rest = fmod(a, b);
    double quotient = (a - rest) / b;
    if (rest != 0.0 && (rest < 0.0) != (b < 0.0)) {
        quotient -= 1.0;
    }
    if (quotient == 0.0) {
        at[0] = copysign(0.0, a / b);
        return NULL;
    }
    double below = floor(quotient);
    at[0] = quotient - below > 0.5 ? below + 1.0 : below;
    return NULL;
}

static const char *raise_power(double *at)
{
    double base = at[0], exponent = at[1];
    if (base == 0.0 && exponent < 0.0 && isfinite(exponent)) {
        return "zero to a negative power";
    }
    if (base < 0.0 && isfinite(base) && isfinite(exponent) && exponent != floor(exponent)) {
        return "a negative number to a fractional power";
    }
    double power = pow(base, exponent);
    if (isinf(power) && isfinite(base) && isfinite(exponent)) {
        return "a power that is too large";
    }
    at[0] = power;
    return NULL;
}

static const char *exponential(double *at)
{
    double power = exp(at[0]);
    if (isinf(power) && isfinite(at[0])) {
        return "an exponential that is too large";
    }
    at[0] = power;
    return NULL;
}

static const char *logarithm(double *at, enum opcode code)
{
    if (at[0] <= 0.0) {
        return "a logarithm of zero or less";
    }
    at[0] = code == CODE_LOG ? log(at[0]) : code == CODE_LOG2 ? log2(at[0]) : log10(at[0]);
    return NULL;
}

static const char *square_root(double *at)
{
    if (at[0] < 0.0) {
        return "a square root of a negative number";
    }
    at[0] = sqrt(at[0]);
    return NULL;
}

static const char *circular(double *at, enum opcode code)
{
    if (isinf(at[0])) {
        return "an angle that is infinite";
    }
    at[0] = code == CODE_SIN ? sin(at[0]) : code == CODE_COS ? cos(at[0]) : tan(at[0]);
    return NULL;
}

/* Python's are integers, which have no minus zero: hence + 0.0. */
static const char *whole(double *at, enum opcode code)
{
    if (!isfinite(at[0])) {
        return "a whole number of a value that is not finite";
    }
    double a = at[0];
    at[0] = (code == CODE_FLOOR ? floor(a) : code == CODE_CEIL ? ceil(a) : rint(a)) + 0.0;
    return NULL;
}

static const char *draw_randint(double *at, double low, double high, struct rng *rng)
{
    if (!(fabs(low) <= 0x1p53 && fabs(high) <= 0x1p53)) {
        return "randint with a bound beyond 2**53";
    }
    if (trunc(low) >= trunc(high)) {
        return "randint without low < high";
    }
    at[0] = (double)rng_randint(rng, (int64_t)low, (int64_t)high);
    return NULL;
}

static const char *draw_uniform(double *at, struct rng *rng)
{
    double low = at[0], range = at[1] - at[0];
    if (!isfinite(range)) {
        return "uniform with a range that is not finite";
    }
    at[0] = low + range * rng_uniform(rng);
    return NULL;
}

static const char *draw_normal(double *at, struct rng *rng)
{
    double mean = at[0], sd = at[1];
    if (signbit(sd) && !isnan(sd)) {
        return "normal with a negative sd";
    }
    at[0] = mean + sd * rng_normal(rng);
    return NULL;
}

/* --- by code ------------------------------------------------------------------------------- */

static const char *operate(enum opcode code, double *at)
{
    switch (code) {
    case CODE_NEGATE:
        at[0] = -at[0];
        break;
    case CODE_ADD:
        at[0] += at[1];
        break;
    case CODE_SUBTRACT:
        at[0] -= at[1];
        break;
    case CODE_MULTIPLY:
        at[0] *= at[1];
        break;
    case CODE_DIVIDE:
        return divide(at);
    case CODE_FLOOR_DIVIDE:
        return floor_divide(at);
    case CODE_REMAINDER:
        return take_remainder(at);
    case CODE_POWER:
        return raise_power(at);
    case CODE_LESS:
        at[0] = at[0] < at[1];
        break;
    case CODE_LESS_EQUAL:
        at[0] = at[0] <= at[1];
        break;
    case CODE_GREATER:
        at[0] = at[0] > at[1];
        break;
    case CODE_GREATER_EQUAL:
        at[0] = at[0] >= at[1];
        break;
    case CODE_EQUAL:
        at[0] = at[0] == at[1];
        break;
    default: /* CODE_NOT_EQUAL */
        at[0] = at[0] != at[1];
        break;
    }
    return NULL;
}

static const char *call(enum opcode code, double *at)
{
    switch (code) {
    case CODE_ABS:
        at[0] = fabs(at[0]);
        break;
    case CODE_SQRT:
        return square_root(at);
    case CODE_EXP:
        return exponential(at);
    case CODE_LOG:
    case CODE_LOG2:
    case CODE_LOG10:
        return logarithm(at, code);
    case CODE_SIN:
    case CODE_COS:
    case CODE_TAN:
        return circular(at, code);
    case CODE_TANH:
        at[0] = tanh(at[0]);
        break;
    case CODE_FLOOR:
    case CODE_CEIL:
    case CODE_ROUND:
        return whole(at, code);
    case CODE_MIN: /* of equals the first, as Python's */
        at[0] = at[1] < at[0] ? at[1] : at[0];
        break;
    case CODE_MAX:
        at[0] = at[1] > at[0] ? at[1] : at[0];
        break;
    default: /* CODE_WHERE */
        at[0] = at[0] != 0.0 ? at[1] : at[2];
        break;
    }
    return NULL;
}

static const char *draw(enum opcode code, double *at, struct rng *rng)
{
    switch (code) {
    case CODE_RANDINT:
        return draw_randint(at, at[0], at[1], rng);
    case CODE_RANDINT_BELOW:
        return draw_randint(at, 0.0, at[0], rng);
    case CODE_UNIFORM:
        return draw_uniform(at, rng);
    case CODE_NORMAL:
        return draw_normal(at, rng);
    case CODE_RAND:
        at[0] = rng_uniform(rng);
        break;
    default: /* CODE_RANDN */
        at[0] = rng_normal(rng);
        break;
    }
    return NULL;
}

const char *operation_apply(enum opcode code, double *at, struct rng *rng)
{
    if (code >= CODE_RANDINT) {
        return draw(code, at, rng);
    }
    return code < CODE_ABS ? operate(code, at) : call(code, at);
}
