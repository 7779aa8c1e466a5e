/* Guesses: other words for a field, slips of the keyboard, the right name in the wrong place. */
#include "server/spec/option/suggest.h"

#include <stdio.h>
#include <string.h>

#include "server/base/spelling.h"

const struct option *suggest_below(const struct option *parent, const char *name)
{
    const struct option *best = NULL;
    size_t best_distance = spelling_slips(name) + 1;

    for (const struct option *row = option_below(parent, NULL); row != NULL;
         row = option_below(parent, row)) {
        if (option_has_word(row->also, name))
            return row;
        size_t d = spelling_distance(name, option_name(row));
        if (d < best_distance) {
            best = row;
            best_distance = d;
        }
    }
    return best;
}

/* The only row anywhere with that name, or that other word for it; NULL when there is none. */
static const struct option *named_row(const char *name)
{
    const struct option *found = NULL;

    for (const struct option *row = option_whole() + 1; row->pointer != NULL; row++) {
        int is_hidden = strchr(row->pointer, '*') != NULL && strcmp(option_name(row), "*") == 0;
        if (is_hidden || row->is_made || strncmp(row->pointer, "/sweep", 6) == 0)
            continue;
        if (strcmp(option_name(row), name) == 0)
            return row;
        if (found == NULL && option_has_word(row->also, name))
            found = row;
    }
    return found;
}

/* Appends "a, b, c", the names below `parent`. */
static void list_names(char out[SUGGEST_BYTES], const struct option *parent)
{
    const char *separator = ", expected one of ";

    for (const struct option *row = option_below(parent, NULL); row != NULL;
         row = option_below(parent, row)) {
        size_t n = strlen(out);
        if (row->is_made)
            continue;
        snprintf(out + n, SUGGEST_BYTES - n, "%s%s", separator, option_name(row));
        separator = ", ";
    }
}

const char *suggest_member(char out[SUGGEST_BYTES], const struct option *parent, const char *name)
{
    const struct option *row = suggest_below(parent, name);

    out[0] = '\0';
    if (row != NULL)
        snprintf(out, SUGGEST_BYTES, ", did you mean %s?", option_name(row));
    else if ((row = named_row(name)) != NULL)
        snprintf(out, SUGGEST_BYTES, " here, did you mean %s?", row->pointer);
    else
        list_names(out, parent);
    return out;
}

const char *suggest_pointer(const char *pointer)
{
    const char *slash = strrchr(pointer, '/');
    const struct option *best = named_row(slash != NULL ? slash + 1 : pointer);
    size_t best_distance = spelling_slips(pointer) + 1;

    if (best != NULL)
        return best->pointer;
    for (const struct option *row = option_whole() + 1; row->pointer != NULL; row++) {
        size_t d = spelling_distance(pointer, row->pointer);
        if (strncmp(row->pointer, "/sweep", 6) != 0 && !row->is_made && d < best_distance) {
            best = row;
            best_distance = d;
        }
    }
    return best != NULL ? best->pointer : NULL;
}
