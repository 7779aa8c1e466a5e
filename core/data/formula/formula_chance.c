/* Formulas with every outcome of their draws in turn, or with their moments. */
#include "core/data/formula/formula_chance.h"

#include <math.h>

#include "core/data/formula/formula_code.h"
#include "core/data/formula/formula_operation.h"

/* --- outcomes ------------------------------------------------------------------------------- */

void choices_rewind(struct choices *choices)
{
    choices->at = 0;
}

int choices_next(struct choices *choices)
{
    while (choices->n > 0) {
        size_t last = choices->n - 1;
        if (++choices->items[last].chosen < choices->items[last].count) {
            return 1;
        }
        choices->n--;
    }
    return 0;
}

double choices_probability(const struct choices *choices)
{
    double product = 1.0;
    for (size_t i = 0; i < choices->n; i++) {
        product *= (double)choices->items[i].count;
    }
    return 1.0 / product;
}

/* The bounds of a randint as NumPy takes them; 0 if there is nothing to draw from. */
static int randint_range(const struct instruction *instruction, const double *at, int64_t *out_low,
                         int64_t *out_count)
{
    int has_low = instruction->code == CODE_RANDINT;
    double low = has_low ? at[0] : 0.0, high = has_low ? at[1] : at[0];
    if (!(fabs(low) <= 0x1p53 && fabs(high) <= 0x1p53) || trunc(low) >= trunc(high)) {
        return 0;
    }
    *out_low = (int64_t)low;
    *out_count = (int64_t)high - (int64_t)low;
    return 1;
}

static enum chance choose(const struct instruction *instruction, double *at,
                          struct choices *choices)
{
    int64_t low, count;
    if (instruction->code != CODE_RANDINT && instruction->code != CODE_RANDINT_BELOW) {
        return CHANCE_ENDLESS;
    }
    if (!randint_range(instruction, at, &low, &count)) {
        return CHANCE_FAILED;
    }
    if (count == 1) {
        at[0] = (double)low;
        return CHANCE_VALUE;
    }
    if (choices->at == choices->n) {
        if (choices->n == CHOICES_MAX) {
            return CHANCE_ENDLESS;
        }
        choices->items[choices->n].chosen = 0;
        choices->items[choices->n++].count = count;
    }
    at[0] = (double)(low + choices->items[choices->at++].chosen);
    return CHANCE_VALUE;
}

enum chance formula_choose(const struct formula *formula, const double *values,
                           struct choices *choices, double *out_value)
{
    double stack[FORMULA_SIZE_MAX];
    for (size_t i = 0; i < formula->n_code; i++) {
        const struct instruction *instruction = &formula->code[i];
        double *at = stack + instruction->slot;
        enum chance chance = CHANCE_VALUE;
        if (instruction->code == CODE_NUMBER) {
            *at = instruction->as.number;
        } else if (instruction->code == CODE_VARIABLE) {
            *at = values[instruction->as.variable];
        } else if (instruction_draws(instruction)) {
            chance = choose(instruction, at, choices);
        } else if (operation_apply(instruction->code, at, NULL)) {
            chance = CHANCE_FAILED;
        }
        if (chance != CHANCE_VALUE) {
            return chance;
        }
    }
    *out_value = stack[0];
    return isfinite(stack[0]) ? CHANCE_VALUE : CHANCE_FAILED;
}

int formula_reads(const struct formula *formula, size_t variable)
{
    for (size_t i = 0; i < formula->n_code; i++) {
        if (formula->code[i].code == CODE_VARIABLE && formula->code[i].as.variable == variable) {
            return 1;
        }
    }
    return 0;
}

/* --- moments -------------------------------------------------------------------------------- */

/* A place of the stack: what stands there is drawn unless the variance is 0. Two places never share
 * a draw, because a formula is a tree: their draws are independent. */
struct moments {
    double mean[FORMULA_SIZE_MAX], variance[FORMULA_SIZE_MAX];
    int is_drawn[FORMULA_SIZE_MAX];
};

static int operand_count(enum opcode code)
{
    switch (code) {
    case CODE_NUMBER:
    case CODE_VARIABLE:
    case CODE_RAND:
    case CODE_RANDN:
        return 0;
    case CODE_ADD:
    case CODE_SUBTRACT:
    case CODE_MULTIPLY:
    case CODE_DIVIDE:
    case CODE_FLOOR_DIVIDE:
    case CODE_REMAINDER:
    case CODE_POWER:
    case CODE_LESS:
    case CODE_LESS_EQUAL:
    case CODE_GREATER:
    case CODE_GREATER_EQUAL:
    case CODE_EQUAL:
    case CODE_NOT_EQUAL:
    case CODE_MIN:
    case CODE_MAX:
    case CODE_RANDINT:
    case CODE_UNIFORM:
    case CODE_NORMAL:
        return 2;
    case CODE_WHERE:
        return 3;
    default:
        return 1;
    }
}

/* A draw whose arguments are not drawn: mean and variance of its distribution. */
static enum chance expect_draw(const struct instruction *instruction, double *mean,
                               double *variance)
{
    const double first = mean[0], second = mean[1];
    int64_t low, count;
    switch (instruction->code) {
    case CODE_RANDINT:
    case CODE_RANDINT_BELOW:
        if (isnan(first) || (instruction->code == CODE_RANDINT && isnan(second))) {
            mean[0] = variance[0] = NAN;
            return CHANCE_VALUE;
        }
        if (!randint_range(instruction, mean, &low, &count)) {
            return CHANCE_FAILED;
        }
        mean[0] = (double)low + 0.5 * (double)(count - 1);
        variance[0] = ((double)count * (double)count - 1.0) / 12.0;
        return CHANCE_VALUE;
    case CODE_UNIFORM:
        mean[0] = first + 0.5 * (second - first);
        variance[0] = (second - first) * (second - first) / 12.0;
        return CHANCE_VALUE;
    case CODE_NORMAL:
        mean[0] = first;
        variance[0] = second * second;
        return second < 0.0 ? CHANCE_FAILED : CHANCE_VALUE;
    case CODE_RAND:
        mean[0] = 0.5;
        variance[0] = 1.0 / 12.0;
        return CHANCE_VALUE;
    default: /* CODE_RANDN */
        mean[0] = 0.0;
        variance[0] = 1.0;
        return CHANCE_VALUE;
    }
}

/* An operation with a drawn operand; drawn[k]: whether operand k is. */
static enum chance expect_operation(enum opcode code, double *mean, double *variance,
                                    const int *drawn)
{
    double factor;
    switch (code) {
    case CODE_NEGATE:
        mean[0] = -mean[0];
        return CHANCE_VALUE;
    case CODE_ADD:
    case CODE_SUBTRACT:
        mean[0] = code == CODE_ADD ? mean[0] + mean[1] : mean[0] - mean[1];
        variance[0] += variance[1];
        return CHANCE_VALUE;
    case CODE_MULTIPLY:
        if (drawn[0] && drawn[1]) {
            return CHANCE_UNKNOWN;
        }
        factor = drawn[0] ? mean[1] : mean[0];
        variance[0] = factor * factor * (drawn[0] ? variance[0] : variance[1]);
        mean[0] *= mean[1];
        return CHANCE_VALUE;
    case CODE_DIVIDE:
        if (drawn[1]) {
            return CHANCE_UNKNOWN;
        }
        variance[0] /= mean[1] * mean[1];
        mean[0] /= mean[1];
        return mean[1] == 0.0 ? CHANCE_FAILED : CHANCE_VALUE;
    default:
        return CHANCE_UNKNOWN;
    }
}

static enum chance expect(const struct instruction *instruction, struct moments *moments)
{
    size_t slot = instruction->slot;
    double *mean = moments->mean + slot, *variance = moments->variance + slot;
    int *drawn = moments->is_drawn + slot, any_drawn = 0, any_nan = 0;
    for (int k = 0; k < operand_count(instruction->code); k++) {
        any_drawn |= drawn[k];
        any_nan |= isnan(mean[k]);
    }
    if (instruction_draws(instruction)) {
        drawn[0] = 1;
        return any_drawn ? CHANCE_UNKNOWN : expect_draw(instruction, mean, variance);
    }
    if (any_drawn) {
        enum chance chance = expect_operation(instruction->code, mean, variance, drawn);
        drawn[0] = 1;
        return chance;
    }
    variance[0] = 0.0;
    if (any_nan) { /* any value: also of a comparison */
        mean[0] = NAN;
        return CHANCE_VALUE;
    }
    return operation_apply(instruction->code, mean, NULL) ? CHANCE_FAILED : CHANCE_VALUE;
}

enum chance formula_moments(const struct formula *formula, const double *values, double *out_mean,
                            double *out_variance)
{
    struct moments moments;
    for (size_t i = 0; i < formula->n_code; i++) {
        const struct instruction *instruction = &formula->code[i];
        size_t slot = instruction->slot;
        if (instruction->code == CODE_NUMBER || instruction->code == CODE_VARIABLE) {
            moments.mean[slot] = instruction->code == CODE_NUMBER
                                     ? instruction->as.number
                                     : values[instruction->as.variable];
            moments.variance[slot] = 0.0;
            moments.is_drawn[slot] = 0;
            continue;
        }
        enum chance chance = expect(instruction, &moments);
        if (chance != CHANCE_VALUE) {
            return chance;
        }
    }
    *out_mean = moments.mean[0];
    *out_variance = moments.variance[0];
    return CHANCE_VALUE;
}
