/* Evaluates compiled formulas.
 *
 * DESIGN. `run` executes a stretch of instructions for one sample. Row draws are one stretch;
 * column draws cut after each draw and run every sample up to there before any goes on. */
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/number.h"
#include "core/data/formula/formula.h"
#include "core/data/formula/formula_code.h"
#include "core/data/formula/formula_operation.h"

/* Where variables come from: one sample's values, or row `sample` of whole columns. */
struct variables {
    const double *values; /* NULL: columns */
    const double *const *columns;
    size_t sample;
};

static double variable(const struct variables *variables, size_t index)
{
    return variables->values ? variables->values[index]
                             : variables->columns[index][variables->sample];
}

static int fail(const struct instruction *instruction, const double *at, const char *cause,
                struct error *error)
{
    char first[NUMBER_TEXT_BYTES], second[NUMBER_TEXT_BYTES];
    number_print(first, at[0]);
    switch (instruction->code) {
    case CODE_DIVIDE:
    case CODE_FLOOR_DIVIDE:
    case CODE_REMAINDER: /* the cause says it all */
        return error_set(error, ERROR_INVALID, "%s at column %d", cause, instruction->column);
    case CODE_POWER:
    case CODE_RANDINT:
    case CODE_UNIFORM:
    case CODE_NORMAL:
        number_print(second, at[1]);
        return error_set(error, ERROR_INVALID, "%s at column %d: got %s and %s", cause,
                         instruction->column, first, second);
    default:
        return error_set(error, ERROR_INVALID, "%s at column %d: got %s", cause,
                         instruction->column, first);
    }
}

/* Instructions from..to-1 of one sample, whose stack is as `from` needs it. */
static int run(const struct formula *formula, size_t from, size_t to, double *stack,
               const struct variables *variables, struct rng *rng, struct error *error)
{
    for (size_t i = from; i < to; i++) {
        const struct instruction *instruction = &formula->code[i];
        double *at = stack + instruction->slot;
        if (instruction->code == CODE_NUMBER) {
            *at = instruction->as.number;
        } else if (instruction->code == CODE_VARIABLE) {
            *at = variable(variables, instruction->as.variable);
        } else {
            const char *cause = operation_apply(instruction->code, at, rng);
            if (cause) {
                return fail(instruction, at, cause, error);
            }
        }
    }
    return 0;
}

int formula_evaluate(const struct formula *formula, const double *values, struct rng *rng,
                     double *out_value, struct error *error)
{
    double stack[FORMULA_SIZE_MAX];
    struct variables variables = {.values = values};
    if (run(formula, 0, formula->n_code, stack, &variables, rng, error)) {
        return -1;
    }
    *out_value = stack[0];
    return 0;
}

/* One past the next draw at or after `from`, or the end. */
static size_t stretch_end(const struct formula *formula, size_t from)
{
    while (from < formula->n_code && !instruction_draws(&formula->code[from])) {
        from++;
    }
    return from < formula->n_code ? from + 1 : from;
}

int formula_evaluate_column(const struct formula *formula, const double *const *values,
                            size_t n_samples, struct rng *rng, double *out_values,
                            size_t *out_failed_sample, struct error *error)
{
    size_t n_slots = formula->n_slots;
    double *stacks = memory_array(n_samples, n_slots * sizeof *stacks, error);
    if (!stacks) {
        return -1;
    }
    int result = -1;
    size_t to;
    for (size_t from = 0; from < formula->n_code; from = to) {
        to = stretch_end(formula, from);
        for (size_t i = 0; i < n_samples; i++) {
            struct variables variables = {.columns = values, .sample = i};
            if (run(formula, from, to, stacks + i * n_slots, &variables, rng, error)) {
                *out_failed_sample = i;
                goto out;
            }
        }
    }
    for (size_t i = 0; i < n_samples; i++) {
        out_values[i] = stacks[i * n_slots];
    }
    result = 0;
out:
    free(stacks);
    return result;
}
