/* A formula's text compiled by recursive descent.
 *
 * DESIGN. Python's grammar: comparison < sum < product < sign < power, where a power's right side
 * is a sign again (2**-1) and its left side is not (-2**2 is -(2**2)). Operands are compiled before
 * their operator, left to right, which is Python's order of evaluation and so of draws. Every way
 * to nest passes parse_sign, which counts: the C stack is bounded. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/data/formula/formula.h"
#include "core/data/formula/formula_code.h"
#include "core/data/formula/formula_token.h"
#include "core/data/formula/formula_words.h"

struct parser {
    const char *text;
    const char *const *names;
    size_t n_names;
    struct error *error;
    struct token token; /* the one to look at */
    int depth;
    size_t slot; /* the next free place of the evaluation's stack */
    size_t n_slots;
    size_t n_code;
    struct instruction code[FORMULA_SIZE_MAX];
};

enum level { LEVEL_COMPARISON, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_SIGN };

struct binary {
    enum token_kind token;
    enum level level;
    enum opcode code;
};

static const struct binary binaries[] = {
    {TOKEN_LESS, LEVEL_COMPARISON, CODE_LESS},
    {TOKEN_LESS_EQUAL, LEVEL_COMPARISON, CODE_LESS_EQUAL},
    {TOKEN_GREATER, LEVEL_COMPARISON, CODE_GREATER},
    {TOKEN_GREATER_EQUAL, LEVEL_COMPARISON, CODE_GREATER_EQUAL},
    {TOKEN_EQUAL, LEVEL_COMPARISON, CODE_EQUAL},
    {TOKEN_NOT_EQUAL, LEVEL_COMPARISON, CODE_NOT_EQUAL},
    {TOKEN_PLUS, LEVEL_SUM, CODE_ADD},
    {TOKEN_MINUS, LEVEL_SUM, CODE_SUBTRACT},
    {TOKEN_STAR, LEVEL_PRODUCT, CODE_MULTIPLY},
    {TOKEN_SLASH, LEVEL_PRODUCT, CODE_DIVIDE},
    {TOKEN_SLASH_SLASH, LEVEL_PRODUCT, CODE_FLOOR_DIVIDE},
    {TOKEN_PERCENT, LEVEL_PRODUCT, CODE_REMAINDER},
};

static int parse_level(struct parser *parser, enum level level);
static int parse_sign(struct parser *parser);

static int next(struct parser *parser)
{
    const struct token *token = &parser->token;
    return token_read(parser->text, token->start + token->length, &parser->token, parser->error);
}

static int unexpected(const struct parser *parser, const char *expected)
{
    return token_unexpected(parser->text, &parser->token, expected, parser->error);
}

static int expect(struct parser *parser, enum token_kind kind, const char *expected)
{
    return parser->token.kind == kind ? next(parser) : unexpected(parser, expected);
}

/* Appends an instruction that takes the last n_operands results and leaves one. */
static int emit(struct parser *parser, struct instruction instruction, size_t n_operands)
{
    if (parser->n_code == FORMULA_SIZE_MAX) {
        return error_set(parser->error, ERROR_INVALID,
                         "column %d: too long, expected at most %d operators, calls, numbers and "
                         "names together",
                         instruction.column, FORMULA_SIZE_MAX);
    }
    size_t slot = parser->slot - n_operands;
    instruction.slot = (unsigned short)slot;
    parser->code[parser->n_code++] = instruction;
    parser->slot = slot + 1;
    if (parser->slot > parser->n_slots) {
        parser->n_slots = parser->slot;
    }
    return 0;
}

static int emit_code(struct parser *parser, enum opcode code, int column, size_t n_operands)
{
    struct instruction instruction = {.code = code, .column = (unsigned short)column};
    return emit(parser, instruction, n_operands);
}

static int emit_number(struct parser *parser, double number, int column)
{
    struct instruction instruction = {.code = CODE_NUMBER, .column = (unsigned short)column};
    instruction.as.number = number;
    return emit(parser, instruction, 0);
}

static int emit_variable(struct parser *parser, size_t variable, int column)
{
    struct instruction instruction = {.code = CODE_VARIABLE, .column = (unsigned short)column};
    instruction.as.variable = variable;
    return emit(parser, instruction, 0);
}

/* --- names and calls ----------------------------------------------------------------------- */

/* The values between the parentheses; those of `min` and `max` are folded as they come. */
static int parse_arguments(struct parser *parser, const struct word *word, int column,
                           int *out_n_arguments)
{
    *out_n_arguments = 0;
    if (parser->token.kind == TOKEN_CLOSE) {
        return next(parser);
    }
    for (;;) {
        if (parse_level(parser, LEVEL_COMPARISON)) {
            return -1;
        }
        ++*out_n_arguments;
        if (word->folds && *out_n_arguments > 1 && emit_code(parser, word->code, column, 2)) {
            return -1;
        }
        if (parser->token.kind != TOKEN_COMMA) {
            return expect(parser, TOKEN_CLOSE, "an operator, ',' or ')'");
        }
        if (next(parser)) {
            return -1;
        }
    }
}

static int parse_call(struct parser *parser, const struct word *word, int column)
{
    int n;
    if (expect(parser, TOKEN_OPEN, "'(' after the name of a function") ||
        parse_arguments(parser, word, column, &n)) {
        return -1;
    }
    if (n < word->n_least || (!word->folds && n > word->n_most)) {
        return word_wrong_count(word, column, n, parser->error);
    }
    if (word->folds) {
        return 0;
    }
    if (word->code == CODE_RANDINT && n == 1) {
        return emit_code(parser, CODE_RANDINT_BELOW, column, 1);
    }
    for (; n < word->n_most; n++) {
        if (emit_number(parser, word->defaults[n], column)) {
            return -1;
        }
    }
    return emit_code(parser, word->code, column, (size_t)n);
}

static int parse_name(struct parser *parser)
{
    struct token name = parser->token;
    int column = token_column(parser->text, &name);
    if (next(parser)) {
        return -1;
    }
    for (size_t i = 0; i < parser->n_names; i++) {
        if (strncmp(parser->names[i], name.start, (size_t)name.length) == 0 &&
            parser->names[i][name.length] == '\0') {
            return emit_variable(parser, i, column);
        }
    }
    const struct word *word = word_find(name.start, name.length);
    if (!word) {
        int is_call = parser->token.kind == TOKEN_OPEN;
        return word_unknown(&name, column, is_call, parser->names, parser->n_names, parser->error);
    }
    return word->is_constant ? emit_number(parser, word->defaults[0], column)
                             : parse_call(parser, word, column);
}

/* --- operators ----------------------------------------------------------------------------- */

static int parse_primary(struct parser *parser)
{
    struct token token = parser->token;
    switch (token.kind) {
    case TOKEN_NUMBER:
        return next(parser) || emit_number(parser, token.number, token_column(parser->text, &token))
                   ? -1
                   : 0;
    case TOKEN_NAME:
        return parse_name(parser);
    case TOKEN_OPEN:
        return next(parser) || parse_level(parser, LEVEL_COMPARISON) ||
                       expect(parser, TOKEN_CLOSE, "an operator or ')'")
                   ? -1
                   : 0;
    default:
        return unexpected(parser, "a number, a name or '('");
    }
}

static int parse_power(struct parser *parser)
{
    if (parse_primary(parser)) {
        return -1;
    }
    if (parser->token.kind != TOKEN_STAR_STAR) {
        return 0;
    }
    int column = token_column(parser->text, &parser->token);
    if (next(parser) || parse_sign(parser)) {
        return -1;
    }
    return emit_code(parser, CODE_POWER, column, 2);
}

static int parse_signed(struct parser *parser)
{
    enum token_kind kind = parser->token.kind;
    if (kind != TOKEN_PLUS && kind != TOKEN_MINUS) {
        return parse_power(parser);
    }
    int column = token_column(parser->text, &parser->token);
    if (next(parser) || parse_sign(parser)) {
        return -1;
    }
    return kind == TOKEN_MINUS ? emit_code(parser, CODE_NEGATE, column, 1) : 0;
}

static int parse_sign(struct parser *parser)
{
    if (parser->depth > FORMULA_DEPTH_MAX) {
        return error_set(parser->error, ERROR_INVALID,
                         "column %d: nested too deeply, expected at most %d levels",
                         token_column(parser->text, &parser->token), FORMULA_DEPTH_MAX);
    }
    parser->depth++;
    int result = parse_signed(parser);
    parser->depth--;
    return result;
}

static const struct binary *binary_at(const struct parser *parser, enum level level)
{
    for (size_t i = 0; i < sizeof binaries / sizeof binaries[0]; i++) {
        if (binaries[i].token == parser->token.kind && binaries[i].level == level) {
            return &binaries[i];
        }
    }
    return NULL;
}

/* Operators of this level, grouped from the left, between operands of the next one. */
static int parse_level(struct parser *parser, enum level level)
{
    if (level == LEVEL_SIGN) {
        return parse_sign(parser);
    }
    if (parse_level(parser, level + 1)) {
        return -1;
    }
    const struct binary *binary;
    while ((binary = binary_at(parser, level)) != NULL) {
        int column = token_column(parser->text, &parser->token);
        if (next(parser) || parse_level(parser, level + 1) ||
            emit_code(parser, binary->code, column, 2)) {
            return -1;
        }
        if (level == LEVEL_COMPARISON && binary_at(parser, level)) {
            return unexpected(parser, "no second comparison (use parentheses)");
        }
    }
    return 0;
}

static int parse_formula(struct parser *parser)
{
    size_t length = strnlen(parser->text, FORMULA_TEXT_MAX + 1);
    if (length > FORMULA_TEXT_MAX) {
        return error_set(parser->error, ERROR_INVALID,
                         "column %d: the formula goes on, expected at most %d characters",
                         FORMULA_TEXT_MAX + 1, FORMULA_TEXT_MAX);
    }
    if (token_read(parser->text, parser->text, &parser->token, parser->error) ||
        parse_level(parser, LEVEL_COMPARISON)) {
        return -1;
    }
    return parser->token.kind == TOKEN_END ? 0 : unexpected(parser, "an operator or the end");
}

/* --- the interface ------------------------------------------------------------------------- */

struct formula *formula_compile(const char *text, const char *const *names, size_t n_names,
                                struct error *error)
{
    struct parser parser = {.text = text, .names = names, .n_names = n_names, .error = error};
    if (parse_formula(&parser)) {
        return NULL;
    }
    size_t code_bytes = parser.n_code * sizeof parser.code[0];
    struct formula *formula = memory_array(1, sizeof *formula + code_bytes, error);
    if (!formula) {
        return NULL;
    }
    formula->n_code = parser.n_code;
    formula->n_slots = parser.n_slots;
    memcpy(formula->code, parser.code, code_bytes);
    return formula;
}

void formula_destroy(struct formula *formula)
{
    free(formula);
}

int formula_draws(const struct formula *formula)
{
    for (size_t i = 0; i < formula->n_code; i++) {
        if (instruction_draws(&formula->code[i])) {
            return 1;
        }
    }
    return 0;
}
