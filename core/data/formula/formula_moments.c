/* Mean and variance of formulas over their draws.
 *
 * DESIGN. The instructions are gone through once, with means and variances in place of values. What
 * cannot be told from these two is not known, and ends it: nothing is approximated. */
#include "core/data/formula/formula_chance.h"

#include <math.h>

#include "core/data/formula/formula_operation.h"

/* What stands at a place of the stack. Two places never share a draw, because a formula is a tree:
 * their draws are independent. */
enum kind {
    KIND_GIVEN,   /* not drawn: the mean is the value, the variance 0 */
    KIND_DRAWN,   /* mean and variance are known, no more */
    KIND_UNIFORM, /* uniform about the mean, as wide as the variance says */
    KIND_TRUTH    /* 1 with the probability `mean`, else 0 */
};

struct moments {
    double mean[FORMULA_SIZE_MAX], variance[FORMULA_SIZE_MAX];
    enum kind kind[FORMULA_SIZE_MAX];
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
        if (!chance_range(instruction, mean, &low, &count)) {
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

/* Leaves a truth of that probability; NaN: it depends on what may be any value. */
static enum chance leave_truth(double p, double *mean, double *variance, enum kind *kind)
{
    mean[0] = p;
    variance[0] = p * (1.0 - p);
    kind[0] = KIND_TRUTH;
    return CHANCE_VALUE;
}

/* A uniform draw beside a given bound: where it falls. */
static enum chance compare(enum opcode code, double *mean, double *variance, enum kind *kind)
{
    int is_left = kind[0] == KIND_UNIFORM;
    int wants_less = (code == CODE_LESS || code == CODE_LESS_EQUAL) == is_left;
    if (kind[is_left ? 1 : 0] != KIND_GIVEN || kind[is_left ? 0 : 1] != KIND_UNIFORM) {
        return CHANCE_UNKNOWN;
    }
    double width = sqrt(12.0 * variance[is_left ? 0 : 1]);
    double below = (mean[is_left ? 1 : 0] - mean[is_left ? 0 : 1]) / width + 0.5;
    if (!(width > 0.0)) {
        return CHANCE_UNKNOWN;
    }
    below = below < 0.0 ? 0.0 : below > 1.0 ? 1.0 : below;
    return leave_truth(wants_less ? below : 1.0 - below, mean, variance, kind);
}

/* A truth beside a given number: whether they are equal. */
static enum chance equate(enum opcode code, double *mean, double *variance, enum kind *kind)
{
    int truth = kind[0] == KIND_TRUTH ? 0 : 1;
    double given = mean[1 - truth], p = mean[truth];
    if (kind[truth] != KIND_TRUTH || kind[1 - truth] != KIND_GIVEN) {
        return CHANCE_UNKNOWN;
    }
    double equal = isnan(given) ? NAN : given == 1.0 ? p : given == 0.0 ? 1.0 - p : 0.0;
    return leave_truth(code == CODE_EQUAL ? equal : 1.0 - equal, mean, variance, kind);
}

/* One given value or another, as a truth decides. */
static enum chance decide(double *mean, double *variance, enum kind *kind)
{
    double p = mean[0], yes = mean[1], no = mean[2];
    if (kind[0] != KIND_TRUTH || kind[1] != KIND_GIVEN || kind[2] != KIND_GIVEN) {
        return CHANCE_UNKNOWN;
    }
    mean[0] = p * yes + (1.0 - p) * no;
    variance[0] = p * (1.0 - p) * (yes - no) * (yes - no);
    kind[0] = KIND_DRAWN;
    return CHANCE_VALUE;
}

/* A sum, a difference, or a product or quotient by what is given. */
static enum chance combine(enum opcode code, double *mean, double *variance, enum kind *kind)
{
    double factor = kind[0] == KIND_GIVEN ? mean[0] : mean[1];
    switch (code) {
    case CODE_NEGATE:
        mean[0] = -mean[0];
        break;
    case CODE_ADD:
    case CODE_SUBTRACT:
        mean[0] = code == CODE_ADD ? mean[0] + mean[1] : mean[0] - mean[1];
        variance[0] += variance[1];
        break;
    case CODE_MULTIPLY:
        if (kind[0] != KIND_GIVEN && kind[1] != KIND_GIVEN) {
            return CHANCE_UNKNOWN;
        }
        variance[0] = factor * factor * (variance[0] + variance[1]); /* one of them is 0 */
        mean[0] *= mean[1];
        break;
    default: /* CODE_DIVIDE */
        if (kind[1] != KIND_GIVEN || mean[1] == 0.0) {
            return kind[1] != KIND_GIVEN ? CHANCE_UNKNOWN : CHANCE_FAILED;
        }
        variance[0] /= mean[1] * mean[1];
        mean[0] /= mean[1];
        break;
    }
    kind[0] = KIND_DRAWN;
    return CHANCE_VALUE;
}

/* An operation with a drawn operand. */
static enum chance expect_operation(enum opcode code, double *mean, double *variance,
                                    enum kind *kind)
{
    switch (code) {
    case CODE_NEGATE:
    case CODE_ADD:
    case CODE_SUBTRACT:
    case CODE_MULTIPLY:
    case CODE_DIVIDE:
        return combine(code, mean, variance, kind);
    case CODE_LESS:
    case CODE_LESS_EQUAL:
    case CODE_GREATER:
    case CODE_GREATER_EQUAL:
        return compare(code, mean, variance, kind);
    case CODE_EQUAL:
    case CODE_NOT_EQUAL:
        return equate(code, mean, variance, kind);
    case CODE_WHERE:
        return decide(mean, variance, kind);
    default:
        return CHANCE_UNKNOWN;
    }
}

static enum chance expect(const struct instruction *instruction, struct moments *moments)
{
    size_t slot = instruction->slot;
    double *mean = moments->mean + slot, *variance = moments->variance + slot;
    enum kind *kind = moments->kind + slot;
    int any_drawn = 0, any_nan = 0;
    for (int k = 0; k < operand_count(instruction->code); k++) {
        any_drawn |= kind[k] != KIND_GIVEN;
        any_nan |= isnan(mean[k]);
    }
    if (instruction_draws(instruction)) {
        kind[0] = instruction->code == CODE_UNIFORM || instruction->code == CODE_RAND ? KIND_UNIFORM
                                                                                      : KIND_DRAWN;
        return any_drawn ? CHANCE_UNKNOWN : expect_draw(instruction, mean, variance);
    }
    if (any_drawn) {
        return expect_operation(instruction->code, mean, variance, kind);
    }
    variance[0] = 0.0;
    kind[0] = KIND_GIVEN;
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
            moments.kind[slot] = KIND_GIVEN;
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
