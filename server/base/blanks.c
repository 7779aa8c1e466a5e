/* Filling blanks in sentences. */
#include "server/base/blanks.h"

#include <stdlib.h>
#include <string.h>

enum { POINTER_BYTES = 256 };

/* The member of `list` with that code. */
static json_t *with_code(const json_t *list, const char *code)
{
    size_t i;
    json_t *member;
    json_array_foreach ((json_t *)list, i, member) {
        const char *found = json_string_value(json_object_get(member, "code"));
        if (found != NULL && strcmp(found, code) == 0)
            return member;
    }
    return NULL;
}

static json_t *step(const json_t *json, const char *name)
{
    if (json_is_object(json))
        return json_object_get(json, name);
    if (strncmp(name, "code=", 5) == 0)
        return with_code(json, name + 5);
    char *end;
    unsigned long i = strtoul(name, &end, 10);
    return *name != '\0' && *end == '\0' ? json_array_get(json, i) : NULL;
}

json_t *blanks_at(const json_t *json, const char *pointer)
{
    char name[POINTER_BYTES];
    while (json != NULL && *pointer == '/') {
        size_t n = strcspn(++pointer, "/");
        if (n >= sizeof name)
            return NULL;
        memcpy(name, pointer, n);
        name[n] = '\0';
        json = step(json, name);
        pointer += n;
    }
    return *pointer == '\0' ? (json_t *)json : NULL;
}

static int add_value(struct text *out, const json_t *value)
{
    if (json_is_string(value))
        text_printf(out, "%s", json_string_value(value));
    else if (json_is_integer(value))
        text_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        text_printf(out, "%.5g", json_real_value(value));
    else
        return -1;
    return 0;
}

int blanks_fill(const char *sentence, const json_t *values, struct text *out)
{
    struct text filled = {0};
    char pointer[POINTER_BYTES];
    for (const char *at = sentence; *at != '\0';) {
        size_t n = strcspn(at, "{");
        text_add(&filled, at, n);
        at += n;
        if (*at == '\0')
            break;
        n = strcspn(++at, "}");
        if (at[n] == '\0' || n >= sizeof pointer)
            goto nothing;
        memcpy(pointer, at, n);
        pointer[n] = '\0';
        if (add_value(&filled, blanks_at(values, pointer)) != 0)
            goto nothing;
        at += n + 1;
    }
    text_add(out, filled.bytes, filled.n_bytes);
    out->failed |= filled.failed;
    text_clear(&filled);
    return 0;
nothing:
    text_clear(&filled);
    return -1;
}
