/* The names the formula language knows: constants, functions, draws. */
#include "core/data/formula/formula_words.h"

#include <stdio.h>
#include <string.h>

#include "core/data/formula/formula.h"

enum { LIST_BYTES = 200, LISTED_NAMES_MAX = 6 };

static const struct word words[] = {
    {.name = "pi", .is_constant = 1, .defaults = {3.141592653589793}},
    {.name = "e", .is_constant = 1, .defaults = {2.718281828459045}},
    {.name = "abs", .code = CODE_ABS, .n_least = 1, .n_most = 1},
    {.name = "min", .code = CODE_MIN, .n_least = 2, .folds = 1},
    {.name = "max", .code = CODE_MAX, .n_least = 2, .folds = 1},
    {.name = "sqrt", .code = CODE_SQRT, .n_least = 1, .n_most = 1},
    {.name = "exp", .code = CODE_EXP, .n_least = 1, .n_most = 1},
    {.name = "log", .code = CODE_LOG, .n_least = 1, .n_most = 1},
    {.name = "log2", .code = CODE_LOG2, .n_least = 1, .n_most = 1},
    {.name = "log10", .code = CODE_LOG10, .n_least = 1, .n_most = 1},
    {.name = "sin", .code = CODE_SIN, .n_least = 1, .n_most = 1},
    {.name = "cos", .code = CODE_COS, .n_least = 1, .n_most = 1},
    {.name = "tan", .code = CODE_TAN, .n_least = 1, .n_most = 1},
    {.name = "tanh", .code = CODE_TANH, .n_least = 1, .n_most = 1},
    {.name = "floor", .code = CODE_FLOOR, .n_least = 1, .n_most = 1},
    {.name = "ceil", .code = CODE_CEIL, .n_least = 1, .n_most = 1},
    {.name = "round", .code = CODE_ROUND, .n_least = 1, .n_most = 1},
    {.name = "where", .code = CODE_WHERE, .n_least = 3, .n_most = 3},
    {.name = "randint", .code = CODE_RANDINT, .n_least = 1, .n_most = 2},
    {.name = "uniform", .code = CODE_UNIFORM, .n_most = 2, .defaults = {0.0, 1.0}},
    {.name = "normal", .code = CODE_NORMAL, .n_most = 2, .defaults = {0.0, 1.0}},
    {.name = "rand", .code = CODE_RAND},
    {.name = "randn", .code = CODE_RANDN},
};
enum { N_WORDS = sizeof words / sizeof words[0] };

const struct word *word_find(const char *name, int length)
{
    for (int i = 0; i < N_WORDS; i++) {
        if (strlen(words[i].name) == (size_t)length &&
            memcmp(words[i].name, name, (size_t)length) == 0) {
            return &words[i];
        }
    }
    return NULL;
}

int word_wrong_count(const struct word *word, int column, int n_arguments, struct error *error)
{
    char allowed[32];
    if (word->folds) {
        snprintf(allowed, sizeof allowed, "%d or more", word->n_least);
    } else if (word->n_least == word->n_most) {
        snprintf(allowed, sizeof allowed, "%d", word->n_most);
    } else {
        snprintf(allowed, sizeof allowed, "%d to %d", word->n_least, word->n_most);
    }
    return error_set(error, ERROR_INVALID, "column %d: got %d %s for %s, expected %s", column,
                     n_arguments, n_arguments == 1 ? "value" : "values", word->name, allowed);
}

/* Appends to a NUL-terminated text, as much as fits. */
static void append(char list[LIST_BYTES], const char *item)
{
    size_t used = strlen(list);
    snprintf(list + used, LIST_BYTES - used, "%s%s", used > 0 ? ", " : "", item);
}

static void list_words(char list[LIST_BYTES], int constants)
{
    for (int i = 0; i < N_WORDS; i++) {
        if (words[i].is_constant == constants) {
            append(list, words[i].name);
        }
    }
}

int word_unknown(const struct token *token, int column, int is_call, const char *const *names,
                 size_t n_names, struct error *error)
{
    char list[LIST_BYTES] = "";
    for (size_t i = 0; i < n_names && !is_call; i++) {
        append(list, i < LISTED_NAMES_MAX ? names[i] : "...");
        if (i == LISTED_NAMES_MAX) {
            break;
        }
    }
    list_words(list, !is_call);
    int shown = token->length < 40 ? token->length : 40;
    return error_set(error, ERROR_INVALID, "column %d: unknown %s '%.*s', expected %s%s", column,
                     is_call ? "function" : "name", shown, token->start, list,
                     is_call ? "" : " or a function");
}

int formula_check_name(const char *name, struct error *error)
{
    int length = 0;
    while (length < FORMULA_TEXT_MAX && token_is_name_part(name[length])) {
        length++;
    }
    if (!token_is_name_start(name[0]) || name[length] != '\0') {
        return error_set(error, ERROR_INVALID,
                         "got the name '%.40s', expected letters, digits and _, no digit first",
                         name);
    }
    if (word_find(name, length)) {
        return error_set(error, ERROR_INVALID,
                         "got the name '%s', which formulas use for something else", name);
    }
    return 0;
}
