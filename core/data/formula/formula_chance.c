/* Formulas with every outcome of their draws in turn. */
#include "core/data/formula/formula_chance.h"

#include <math.h>

#include "core/data/formula/formula_operation.h"

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

int chance_range(const struct instruction *instruction, const double *at, int64_t *out_low,
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
    if (!chance_range(instruction, at, &low, &count)) {
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
