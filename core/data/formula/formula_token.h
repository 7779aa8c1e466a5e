/* The words of a formula's text, for the files of the formula language alone. */
#ifndef CORE_DATA_FORMULA_FORMULA_TOKEN_H
#define CORE_DATA_FORMULA_FORMULA_TOKEN_H

#include <stddef.h>

#include "core/base/error.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,
    TOKEN_NAME,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_STAR,
    TOKEN_SLASH,
    TOKEN_SLASH_SLASH,
    TOKEN_PERCENT,
    TOKEN_STAR_STAR,
    TOKEN_LESS,
    TOKEN_LESS_EQUAL,
    TOKEN_GREATER,
    TOKEN_GREATER_EQUAL,
    TOKEN_EQUAL,
    TOKEN_NOT_EQUAL,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_OTHER /* one character that starts no word of the language */
};

struct token {
    enum token_kind kind;
    const char *start; /* into the text */
    int length;        /* 0 at the end */
    double number;     /* TOKEN_NUMBER: finite */
};

/* The first token at or after `at`. -1 with ERROR_INVALID for a number that is none; columns in its
 * text count from `text`. */
int token_read(const char *text, const char *at, struct token *out_token, struct error *error);

/* 1-based. */
int token_column(const char *text, const struct token *token);

int token_is_name_start(char c); /* ASCII, whatever the locale */
int token_is_name_part(char c);

/* "got '^', expected <expected>", with a hint where a beginner's slip is known. Returns -1. */
int token_unexpected(const char *text, const struct token *token, const char *expected,
                     struct error *error);

#endif
