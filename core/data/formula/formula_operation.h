/* What one instruction does to its operands, for the files of the formula language alone. */
#ifndef CORE_DATA_FORMULA_FORMULA_OPERATION_H
#define CORE_DATA_FORMULA_FORMULA_OPERATION_H

#include "core/base/math/rng.h"
#include "core/data/formula/formula_code.h"

/* Any code but the leaves. Takes the operands at[0], at[1], at[2], as many as it has, and leaves
 * the result in at[0]: NULL. Or leaves them alone and says why there is none: a constant text,
 * "division by zero". */
const char *operation_apply(enum opcode code, double *at, struct rng *rng);

#endif
