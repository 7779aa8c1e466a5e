/* The names the formula language knows, for the files of the formula language alone. */
#ifndef CORE_DATA_FORMULA_FORMULA_WORDS_H
#define CORE_DATA_FORMULA_FORMULA_WORDS_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/data/formula/formula_code.h"
#include "core/data/formula/formula_token.h"

/* A constant or a function. */
struct word {
    const char *name;
    int is_constant;  /* its value is defaults[0] */
    enum opcode code; /* function */
    int n_least;      /* arguments */
    int n_most;
    int folds;          /* 1: any number from n_least, taken two by two from the left */
    double defaults[2]; /* of arguments left out */
};

/* The word spelled by the `length` characters at `name`, or NULL. */
const struct word *word_find(const char *name, int length);

/* Both return -1: the message for a wrong number of arguments, and for a name that is neither a
 * word nor one of `names`. */
int word_wrong_count(const struct word *word, int column, int n_arguments, struct error *error);
int word_unknown(const struct token *token, int column, int is_call, const char *const *names,
                 size_t n_names, struct error *error);

#endif
