/* Kinds: words that say which other members an object has. */
#include "server/spec/option/kind.h"

#include <stdio.h>
#include <string.h>

const struct option *kind_of(const struct option *object)
{
    const struct option *row, *kind = NULL;
    for (row = option_below(object, NULL); row != NULL && row->when == NULL;)
        row = option_below(object, row);
    if (row == NULL)
        return NULL;
    size_t n = strcspn(row->when, "=");
    do
        kind = option_below(object, kind);
    while (kind != NULL &&
           (strncmp(option_name(kind), row->when, n) != 0 || option_name(kind)[n] != '\0'));
    return kind;
}

int kind_take_word(const char **words, char out[KIND_BYTES])
{
    size_t n = strcspn(*words, "|");
    snprintf(out, KIND_BYTES, "%.*s", (int)n, *words);
    *words += (*words)[n] == '|' ? n + 1 : n;
    return n > 0;
}

int kind_is_named(const char *when, const char *word)
{
    return option_has_word(strchr(when, '=') + 1, word);
}

/* Whether `when`, which may be NULL, says the same of both words. */
static int is_same(const char *when, const char *a, const char *b)
{
    return when == NULL || kind_is_named(when, a) == kind_is_named(when, b);
}

/* Whether objects of both kinds have the same members with the same defaults. */
static int are_alike(const struct option *object, const char *a, const char *b)
{
    for (const struct option *row = option_below(object, NULL); row != NULL;
         row = option_below(object, row))
        if (!is_same(row->when, a, b) || !is_same(row->but_when, a, b))
            return 0;
    return 1;
}

void kind_find_alike(const struct option *object, const struct option *kind, const char *word,
                     char out[KIND_BYTES])
{
    const char *words = kind->choices;
    while (kind_take_word(&words, out) && !are_alike(object, out, word))
        ;
}
