/* Rows of the table, found by their pointers. */
#include <stdio.h>
#include <string.h>

#include "server/spec/option/table.h"

const struct option *option_whole(void)
{
    return option_table;
}

const struct option *option_find(const char *pointer)
{
    for (const struct option *row = option_table; row->pointer != NULL; row++)
        if (strcmp(row->pointer, pointer) == 0)
            return row;
    return NULL;
}

const struct option *option_below(const struct option *parent, const struct option *child)
{
    size_t n = strlen(parent->pointer);
    const struct option *row = child != NULL ? child + 1 : parent + 1;

    for (; row->pointer != NULL; row++) {
        if (strncmp(row->pointer, parent->pointer, n) != 0 || row->pointer[n] != '/')
            return NULL;
        if (strchr(row->pointer + n + 1, '/') == NULL)
            return row;
    }
    return NULL;
}

const struct option *option_at(const char *pointer)
{
    const struct option *row = option_table;

    while (*pointer == '/' && row != NULL) {
        size_t n = strcspn(pointer + 1, "/");
        const struct option *below = option_below(row, NULL);
        for (; below != NULL; below = option_below(row, below)) {
            const char *name = option_name(below);
            if (strcmp(name, "*") == 0 || (strncmp(name, pointer + 1, n) == 0 && name[n] == '\0'))
                break;
        }
        row = below;
        pointer += 1 + n;
    }
    return *pointer == '\0' ? row : NULL;
}

const char *option_name(const struct option *option)
{
    const char *slash = strrchr(option->pointer, '/');
    return slash != NULL ? slash + 1 : "";
}

int option_holds(const char *when, const json_t *object)
{
    char field[32];

    snprintf(field, sizeof field, "%.*s", (int)strcspn(when, "="), when);
    const char *word = json_string_value(json_object_get(object, field));
    return word == NULL ? -1 : option_has_word(strchr(when, '=') + 1, word);
}

int option_has_word(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = words; at != NULL; at = strchr(at, '|'), at = at ? at + 1 : NULL)
        if (strncmp(at, word, n) == 0 && (at[n] == '|' || at[n] == '\0'))
            return n > 0;
    return 0;
}
