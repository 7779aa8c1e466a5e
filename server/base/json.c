/* Reading, writing and addressing JSON. */
#include "server/base/json.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- memory -------------------------------------------------------------------------------- */

/* Jansson 2.14 does not notice every failed allocation: while reading it loses single characters of
 * long strings, or calls the text malformed; a copy lacks members. So its allocations leave a mark
 * when they fail. */
static _Thread_local int has_failed;
static void *(*allocator)(size_t size) = malloc;

static void *allocate_marking(size_t size)
{
    void *bytes = allocator(size);
    has_failed |= bytes == NULL;
    return bytes;
}

void json_allocate_with(void *(*allocate)(size_t size), void (*release)(void *bytes))
{
    allocator = allocate;
    json_set_alloc_funcs(allocate_marking, release);
}

/* Before main, because it must be before any thread and before any JSON. */
__attribute__((constructor)) static void start_marking(void)
{
    json_allocate_with(malloc, free);
}

/* --- reading ------------------------------------------------------------------------------- */

/* Bytes of the number at bytes[0]. */
static size_t number_bytes(const char *bytes, size_t n_bytes)
{
    size_t n = 0;
    while (n < n_bytes && (isdigit((unsigned char)bytes[n]) || strchr("+-.eE", bytes[n]) != NULL) &&
           bytes[n] != '\0')
        n++;
    return n;
}

/* Whether a number that is not 0 would be read as 0: Jansson says nothing of it. */
static int is_too_small(const char *number, size_t n_bytes)
{
    enum { SURE_BYTES = 300 }; /* without an exponent: less than 300 places */
    size_t n = 0;
    int is_zero = 1;

    for (; n < n_bytes && number[n] != 'e' && number[n] != 'E'; n++)
        is_zero &= number[n] < '1' || number[n] > '9';
    if (is_zero || (n == n_bytes && n < SURE_BYTES))
        return 0;
    char *copy = strndup(number, n_bytes);
    int is_lost = copy != NULL && strtod(copy, NULL) == 0;
    free(copy);
    return is_lost;
}

/* Where a text is, as told to its writer. */
struct spot {
    size_t line, line_start;
};

static int refuse_small(const struct spot *spot, const char *bytes, size_t at, size_t n,
                        struct error *error)
{
    enum { SHOWN_BYTES = 40 };
    return error_set(error, ERROR_INVALID,
                     "line %zu, column %zu: %.*s%s is too small to be told from 0, expected 0 or "
                     "at least 4.9e-324",
                     spot->line, at - spot->line_start + 1,
                     (int)(n < SHOWN_BYTES ? n : SHOWN_BYTES), bytes + at,
                     n < SHOWN_BYTES ? "" : "...");
}

/* Checks the nesting before anything is allocated: a small text of many brackets would become a
 * tree of many times its size. And the numbers, which the parser may silently take for 0. Strings
 * are skipped; what is not JSON is left to the parser. */
static int check_text(const char *bytes, size_t n_bytes, struct error *error)
{
    struct spot spot = {1, 0};
    int depth = 0, in_string = 0;

    for (size_t i = 0; i < n_bytes; i++) {
        char c = bytes[i];
        if (c == '\n') {
            spot = (struct spot){spot.line + 1, i + 1};
        } else if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = 0;
        } else if (c == '"') {
            in_string = 1;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return error_set(error, ERROR_INVALID,
                                 "line %zu, column %zu: nested %d deep, expected at most %d",
                                 spot.line, i - spot.line_start + 1, depth, JSON_DEPTH_MAX);
        } else if (c == ']' || c == '}') {
            depth--;
        } else if (isdigit((unsigned char)c) || c == '-') {
            size_t n = number_bytes(bytes + i, n_bytes - i);
            if (is_too_small(bytes + i, n))
                return refuse_small(&spot, bytes, i, n, error);
            i += n - 1;
        }
    }
    return 0;
}

/* What Jansson doesn't say of numbers it cannot hold. */
static const char *allowed_instead(const json_error_t *fault)
{
    if (strstr(fault->text, "near '\''") != NULL)
        return ": names and texts stand in double quotes";
    if (json_error_code(fault) != json_error_numeric_overflow)
        return "";
    return strstr(fault->text, "integer") != NULL
               ? ", expected at most 9223372036854775807, or a number such as 1e19"
               : ", expected less than 1.8e308";
}

json_t *json_read(const char *bytes, size_t n_bytes, struct error *error)
{
    json_error_t fault;

    if (check_text(bytes, n_bytes, error) < 0)
        return NULL;
    has_failed = 0;
    json_t *json = json_loadb(bytes, n_bytes, JSON_REJECT_DUPLICATES, &fault);
    if (has_failed) {
        error_set(error, ERROR_MEMORY, "out of memory while reading JSON");
        json_decref(json);
        return NULL;
    }
    if (json == NULL) /* Jansson cuts its text blindly */
        error_set(error, ERROR_INVALID, "line %d, column %d: %.*s%s", fault.line, fault.column,
                  (int)text_utf8_prefix(fault.text, strlen(fault.text)), fault.text,
                  allowed_instead(&fault));
    return json;
}

/* --- writing ------------------------------------------------------------------------------- */

static void add_list(struct text *text, const json_t *list)
{
    size_t i;
    json_t *item;

    text_add(text, "[", 1);
    json_array_foreach(list, i, item)
    {
        if (i > 0)
            text_add(text, ",", 1);
        text_json(text, item);
    }
    text_add(text, "]", 1);
}

static void add_object(struct text *text, const json_t *object)
{
    const char *separator = "{";

    for (void *at = json_object_iter((json_t *)object); at != NULL;
         at = json_object_iter_next((json_t *)object, at)) {
        text_add(text, separator, 1);
        text_json_string(text, json_object_iter_key(at));
        text_add(text, ":", 1);
        text_json(text, json_object_iter_value(at));
        separator = ",";
    }
    if (json_object_size(object) == 0)
        text_add(text, "{", 1);
    text_add(text, "}", 1);
}

void text_json(struct text *text, const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        add_object(text, json);
        break;
    case JSON_ARRAY:
        add_list(text, json);
        break;
    case JSON_STRING:
        text_json_string(text, json_string_value(json));
        break;
    case JSON_INTEGER:
        text_printf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
        break;
    case JSON_REAL:
        text_number(text, json_real_value(json));
        break;
    case JSON_TRUE:
        text_add(text, "true", 4);
        break;
    case JSON_FALSE:
        text_add(text, "false", 5);
        break;
    case JSON_NULL:
        text_add(text, "null", 4);
        break;
    }
}

char *json_text(const json_t *json, size_t *out_n_bytes)
{
    struct text text = {0};
    text_json(&text, json);
    return text_take(&text, out_n_bytes);
}

json_t *json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* --- copies, pointers (RFC 6901)
 * ------------------------------------------------------------------- */

enum { TOKEN_BYTES = 256 };

/* Reads the token after the '/' at *pointer, unescaped, into `out` and moves *pointer behind it.
 * -1 when it is not there, malformed or longer than any member we know. */
static int next_token(const char **pointer, char out[TOKEN_BYTES])
{
    const char *at = *pointer;
    size_t n = 0;

    if (*at++ != '/')
        return -1;
    for (; *at != '\0' && *at != '/'; at++) {
        char c = *at;
        if (c == '~') {
            at++;
            if (*at != '0' && *at != '1')
                return -1;
            c = *at == '0' ? '~' : '/';
        }
        if (n + 1 >= TOKEN_BYTES)
            return -1;
        out[n++] = c;
    }
    out[n] = '\0';
    *pointer = at;
    return 0;
}

/* The index a token names ("0", "17", never "01" or "-"), or -1. */
static int token_index(const char *token, size_t n_items, size_t *out_index)
{
    size_t index = 0;

    if (token[0] == '\0' || (token[0] == '0' && token[1] != '\0'))
        return -1;
    for (const char *at = token; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || index >= n_items)
            return -1;
        index = index * 10 + (size_t)(*at - '0');
    }
    *out_index = index;
    return index < n_items ? 0 : -1;
}

/* The member or element a token names, borrowed, or NULL. */
static json_t *child(const json_t *json, const char *token)
{
    size_t index;
    if (json_is_object(json))
        return json_object_get(json, token);
    if (json_is_array(json) && token_index(token, json_array_size(json), &index) == 0)
        return json_array_get(json, index);
    return NULL;
}

/* Makes `value` (stolen) the member or element a token names. 0 or -1. */
static int set_child(json_t *json, const char *token, json_t *value)
{
    size_t index;
    if (json_is_object(json))
        return json_object_set_new(json, token, value);
    if (json_is_array(json) && token_index(token, json_array_size(json), &index) == 0)
        return json_array_set_new(json, index, value);
    json_decref(value);
    return -1;
}

json_t *json_put(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) == 0)
        return object;
    json_decref(object);
    return NULL;
}

json_t *json_push(json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) == 0)
        return list;
    json_decref(list);
    return NULL;
}

json_t *json_at(const json_t *json, const char *pointer)
{
    char token[TOKEN_BYTES];

    while (json != NULL && *pointer != '\0') {
        if (next_token(&pointer, token) < 0)
            return NULL;
        json = child(json, token);
    }
    return (json_t *)json;
}

/* `copy`, unless an allocation has failed while it was made. */
static json_t *whole_copy(json_t *copy)
{
    if (!has_failed)
        return copy;
    json_decref(copy);
    return NULL;
}

json_t *json_private(const json_t *json)
{
    has_failed = 0;
    return whole_copy(json_deep_copy(json));
}

json_t *json_shallow(const json_t *json)
{
    has_failed = 0;
    return whole_copy(json_copy((json_t *)json));
}

json_t *json_with(const json_t *json, const char *pointer, json_t *value)
{
    char token[TOKEN_BYTES];

    if (json == NULL)
        return NULL;
    if (*pointer == '\0')
        return json_incref(value);
    if ((!json_is_object(json) && !json_is_array(json)) || next_token(&pointer, token) < 0)
        return NULL;
    json_t *below =
        *pointer == '\0' ? json_incref(value) : json_with(child(json, token), pointer, value);
    if (below == NULL)
        return NULL;
    json_t *copy = json_shallow(json);
    if (copy == NULL)
        json_decref(below);
    else if (set_child(copy, token, below) < 0) {
        json_decref(copy);
        copy = NULL;
    }
    return copy;
}

json_t *json_merged(const json_t *json, const json_t *patch)
{
    if (!json_is_object(patch))
        return json_incref((json_t *)patch);
    json_t *merged = json_is_object(json) ? json_shallow(json) : json_object();

    for (void *at = json_object_iter((json_t *)patch); at != NULL && merged != NULL;
         at = json_object_iter_next((json_t *)patch, at)) {
        const char *key = json_object_iter_key(at);
        json_t *value = json_object_iter_value(at);
        if (json_is_null(value)) {
            json_object_del(merged, key);
            continue;
        }
        json_t *member = json_merged(json_object_get(merged, key), value);
        if (member == NULL || json_object_set_new(merged, key, member) < 0) {
            json_decref(merged);
            merged = NULL;
        }
    }
    return merged;
}
