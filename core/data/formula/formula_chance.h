/* Formulas whose draws are not drawn from a generator: every outcome in turn, or only what is
 * expected of them. For the files of core/data alone. */
#ifndef CORE_DATA_FORMULA_FORMULA_CHANCE_H
#define CORE_DATA_FORMULA_FORMULA_CHANCE_H

#include <stddef.h>
#include <stdint.h>

#include "core/data/formula/formula.h"
#include "core/data/formula/formula_code.h"

/* More draws than that of two outcomes each are more combinations than anybody can go through. */
enum { CHOICES_MAX = 62 };

/* The outcomes of the draws of one sample, all its columns together: those of randint, in the order
 * they are drawn. Starts as all zero; choices_rewind before each sample, choices_next after. */
struct choices {
    size_t n, at; /* known; already used in this sample */
    struct {
        int64_t chosen, count; /* 0 <= chosen < count, count >= 2 */
    } items[CHOICES_MAX];
};

void choices_rewind(struct choices *choices);

/* Moves on to the next combination; 0 when that was the last. */
int choices_next(struct choices *choices);

/* Probability of this combination: 1 over the product of the counts. */
double choices_probability(const struct choices *choices);

enum chance {
    CHANCE_VALUE,   /* there it is */
    CHANCE_ENDLESS, /* a draw has endlessly, or too many, outcomes */
    CHANCE_UNKNOWN, /* moments: a draw is used in a way whose moments are not known here */
    CHANCE_FAILED   /* no value there, as formula_evaluate */
};

/* The whole numbers that a randint's instruction draws from, its operands at `at`: `count` of them
 * from `low` on; 0 if there is nothing to draw from. */
int chance_range(const struct instruction *instruction, const double *at, int64_t *out_low,
                 int64_t *out_count);

/* The value with these outcomes, which are added to as draws come that were not known. */
enum chance formula_choose(const struct formula *formula, const double *values,
                           struct choices *choices, double *out_value);

/* Mean and variance over all draws of the formula, exactly, where it is a sum of draws and of what
 * is not drawn, each times what is not drawn; or a choice between two such values by whether a
 * uniform draw is below a bound. A NaN in `values` stands for "any value": a result
 * that it makes NaN depends on it, another one does not. */
enum chance formula_moments(const struct formula *formula, const double *values, double *out_mean,
                            double *out_variance);

/* Whether it reads the variable of that index. */
int formula_reads(const struct formula *formula, size_t variable);

#endif
