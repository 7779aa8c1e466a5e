/* Python arithmetic on doubles, compiled once: the language of data columns.
 *
 * expression: comparison (< <= > >= == !=, 1.0 or 0.0, not chained), + - * / // % **, unary + -,
 * parentheses, decimal numbers, names, calls. Precedence and semantics are Python's for floats:
 * -2**2 is -4, // floors, % takes the divisor's sign, 2**-1 is 0.5. Where Python raises (division
 * by zero, 0**-1, log of a non-positive, an overflow of ** or exp) or leaves the real numbers (a
 * fractional power of a negative), the evaluation fails. Whole numbers are exact up to 2^53.
 *
 * Names pi and e. Functions abs sqrt exp log log2 log10 sin cos tan tanh floor ceil round (to even)
 * min max (two values or more) where(condition,a,b). Draws, as NumPy's: randint(low,high), high
 * excluded, or randint(high), fractions of the bounds cut off as NumPy does; uniform(low,high) and
 * normal(mean,sd), with NumPy's defaults for what is left out; rand(), randn().
 * Every argument is evaluated, in order, also the one that `where` does not take. */
#ifndef CORE_DATA_FORMULA_FORMULA_H
#define CORE_DATA_FORMULA_FORMULA_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/base/math/rng.h"

/* Characters; levels of parentheses, calls, signs and powers inside each other; instructions, that
 * is operators, calls, numbers and names. */
enum { FORMULA_TEXT_MAX = 1000, FORMULA_DEPTH_MAX = 64, FORMULA_SIZE_MAX = 256 };

struct formula; /* immutable after compile: any thread may evaluate it with its own rng */

/* 0 if `name` may stand for a variable: ASCII letters, digits and _, no digit first, none of the
 * names of the language. Else -1 with ERROR_INVALID. */
int formula_check_name(const char *name, struct error *error);

/* Compiles `text`; `names` are the variables it may use. NULL with ERROR_INVALID: "column 7: got
 * '^', expected an operator (use ** for powers)", or ERROR_MEMORY. Columns count characters from 1.
 * The caller owns the result; `text` and `names` need not outlive the call. */
struct formula *formula_compile(const char *text, const char *const *names, size_t n_names,
                                struct error *error);
void formula_destroy(struct formula *formula); /* NULL is fine */

/* 1 if evaluating draws random numbers. */
int formula_draws(const struct formula *formula);

/* Value for values[n_names]; draws come from `rng` (NULL will do without draws) in the order Python
 * would call them. -1 with ERROR_INVALID ("division by zero at column 4"). *out_value may be inf or
 * nan only through + - * / of overflowing operands. */
int formula_evaluate(const struct formula *formula, const double *values, struct rng *rng,
                     double *out_value, struct error *error);

/* The same for n samples at once, each draw call filling a whole column before the next one, as
 * NumPy's size=n calls do: values[name] points at n doubles. On ERROR_INVALID *out_failed_sample is
 * the 0-based sample. Also fails with ERROR_MEMORY. */
int formula_evaluate_column(const struct formula *formula, const double *const *values,
                            size_t n_samples, struct rng *rng, double *out_values,
                            size_t *out_failed_sample, struct error *error);

#endif
