/* A compiled formula, for the files of the formula language alone.
 *
 * DESIGN. A list of instructions in the order Python evaluates. Each works on fixed places of a
 * small stack that the compiler numbered: operands at slot, slot + 1, slot + 2, the result at slot.
 * So there is no stack pointer to run over, and an evaluation can be left after any instruction and
 * taken up again: that is how column draws work. */
#ifndef CORE_DATA_FORMULA_FORMULA_CODE_H
#define CORE_DATA_FORMULA_FORMULA_CODE_H

#include <stddef.h>

enum opcode {
    /* leaves */
    CODE_NUMBER,
    CODE_VARIABLE,
    /* operators */
    CODE_NEGATE,
    CODE_ADD,
    CODE_SUBTRACT,
    CODE_MULTIPLY,
    CODE_DIVIDE,
    CODE_FLOOR_DIVIDE,
    CODE_REMAINDER,
    CODE_POWER,
    CODE_LESS,
    CODE_LESS_EQUAL,
    CODE_GREATER,
    CODE_GREATER_EQUAL,
    CODE_EQUAL,
    CODE_NOT_EQUAL,
    /* functions */
    CODE_ABS,
    CODE_SQRT,
    CODE_EXP,
    CODE_LOG,
    CODE_LOG2,
    CODE_LOG10,
    CODE_SIN,
    CODE_COS,
    CODE_TAN,
    CODE_TANH,
    CODE_FLOOR,
    CODE_CEIL,
    CODE_ROUND,
    CODE_MIN, /* of two; longer ones are folded */
    CODE_MAX,
    CODE_WHERE,
    /* draws: from here on */
    CODE_RANDINT,       /* low, high */
    CODE_RANDINT_BELOW, /* high; low is 0 */
    CODE_UNIFORM,
    CODE_NORMAL,
    CODE_RAND,
    CODE_RANDN
};

struct instruction {
    enum opcode code;
    unsigned short slot;   /* 0..FORMULA_SIZE_MAX-1 */
    unsigned short column; /* 1-based place in the text, for messages */
    union {
        double number;   /* CODE_NUMBER */
        size_t variable; /* CODE_VARIABLE: index into names */
    } as;
};

struct formula {
    size_t n_code;  /* 1..FORMULA_SIZE_MAX */
    size_t n_slots; /* 1..FORMULA_SIZE_MAX */
    struct instruction code[];
};

static inline int instruction_draws(const struct instruction *instruction)
{
    return instruction->code >= CODE_RANDINT;
}

#endif
