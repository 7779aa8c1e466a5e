/* The words of a formula's text. */
#include "core/data/formula/formula_token.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/data/formula/formula.h"

enum { QUOTED_MAX = 40 };

struct symbol {
    const char *spelling;
    enum token_kind kind;
};

/* Longer spellings before those they start with. */
static const struct symbol symbols[] = {
    {"**", TOKEN_STAR_STAR}, {"//", TOKEN_SLASH_SLASH},   {"<=", TOKEN_LESS_EQUAL},
    {"==", TOKEN_EQUAL},     {">=", TOKEN_GREATER_EQUAL}, {"!=", TOKEN_NOT_EQUAL},
    {"+", TOKEN_PLUS},       {"-", TOKEN_MINUS},          {"*", TOKEN_STAR},
    {"/", TOKEN_SLASH},      {"%", TOKEN_PERCENT},        {"<", TOKEN_LESS},
    {">", TOKEN_GREATER},    {"(", TOKEN_OPEN},           {")", TOKEN_CLOSE},
    {",", TOKEN_COMMA},
};

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int token_is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

int token_is_name_part(char c)
{
    return token_is_name_start(c) || is_digit(c);
}

int token_column(const char *text, const struct token *token)
{
    return (int)(token->start - text) + 1;
}

static const char *skip_digits(const char *at)
{
    while (is_digit(*at)) {
        at++;
    }
    return at;
}

/* Python writes 7, never 007. */
static int has_leading_zero(const char *digits, const char *end)
{
    return digits[0] == '0' && skip_digits(digits) == end &&
           strspn(digits, "0") < (size_t)(end - digits);
}

static int read_number(const char *text, struct token *token, struct error *error)
{
    const char *end = skip_digits(token->start);
    if (*end == '.') {
        end = skip_digits(end + 1);
    }
    if (*end == 'e' || *end == 'E') {
        const char *exponent = end + 1 + (end[1] == '+' || end[1] == '-');
        end = is_digit(*exponent) ? skip_digits(exponent) : end;
    }
    token->kind = TOKEN_NUMBER;
    token->length = (int)(end - token->start);
    if (has_leading_zero(token->start, end)) {
        return token_unexpected(text, token, "a number without leading zeros", error);
    }
    char digits[FORMULA_TEXT_MAX + 1]; /* strtod on the text itself would also take 0x10 */
    memcpy(digits, token->start, (size_t)token->length);
    digits[token->length] = '\0';
    token->number = strtod(digits, NULL);
    return isinf(token->number) ? token_unexpected(text, token, "a number below 1.8e308", error)
                                : 0;
}

static void read_name(struct token *token)
{
    token->kind = TOKEN_NAME;
    while (token_is_name_part(token->start[token->length])) {
        token->length++;
    }
}

static void read_symbol(struct token *token)
{
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        size_t length = strlen(symbols[i].spelling);
        if (strncmp(token->start, symbols[i].spelling, length) == 0) {
            token->kind = symbols[i].kind;
            token->length = (int)length;
            return;
        }
    }
    token->kind = TOKEN_OTHER;
    do { /* the whole character, when it is UTF-8 */
        token->length++;
    } while (token->length < 4 && (token->start[token->length] & 0xC0) == 0x80);
}

int token_read(const char *text, const char *at, struct token *out_token, struct error *error)
{
    while (*at == ' ' || *at == '\t') {
        at++;
    }
    *out_token = (struct token){TOKEN_END, at, 0, 0.0};
    if (is_digit(*at) || (*at == '.' && is_digit(at[1]))) {
        return read_number(text, out_token, error);
    }
    if (token_is_name_start(*at)) {
        read_name(out_token);
    } else if (*at != '\0') {
        read_symbol(out_token);
    }
    return 0;
}

static const char *hint(const struct token *token, const char *expected)
{
    if (token->kind == TOKEN_OTHER && *token->start == '^') {
        return " (use ** for powers)";
    }
    if (token->kind == TOKEN_OTHER && *token->start == '=') {
        return " (use == to compare)";
    }
    int starts_value =
        token->kind == TOKEN_NAME || token->kind == TOKEN_NUMBER || token->kind == TOKEN_OPEN;
    if (starts_value && strncmp(expected, "an operator", strlen("an operator")) == 0) {
        return " (use * to multiply)";
    }
    return "";
}

int token_unexpected(const char *text, const struct token *token, const char *expected,
                     struct error *error)
{
    int column = token_column(text, token);
    if (token->kind == TOKEN_END) {
        return error_set(error, ERROR_INVALID, "column %d: got the end, expected %s", column,
                         expected);
    }
    if (token->kind == TOKEN_OTHER && (unsigned char)*token->start < 0x20) {
        return error_set(error, ERROR_INVALID,
                         "column %d: got the control character %d, expected %s", column,
                         *token->start, expected);
    }
    int shown = token->length < QUOTED_MAX ? token->length : QUOTED_MAX;
    return error_set(error, ERROR_INVALID, "column %d: got '%.*s%s', expected %s%s", column, shown,
                     token->start, shown < token->length ? "..." : "", expected,
                     hint(token, expected));
}
