/* The table of options as JSON Schema.
 *
 * DESIGN: each row becomes one schema and is referred to by name, so its text stands once. Objects
 * with a kind become a list of shapes, one for all words with the same members. */
#include "server/spec/option/schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/data/dataset.h"
#include "server/base/json.h"
#include "server/spec/option/kind.h"
#include "server/spec/option/table.h"

enum { NAME_BYTES = 128 };

#define NAME_PATTERN "^[A-Za-z_][A-Za-z0-9_]*$"

/* Whether each object is of the one kind that it says, or the sweep makes other ones of it. */
enum form { OF_ONE_KIND, OF_SWEPT_KIND };

/* An object's members: those with that word in its kind; word NULL: all of them. */
struct shape {
    const struct option *object, *kind;
    const char *word;
    enum form form;
};

/* Whether it or an object in it has a kind. */
static int has_kinds(const struct option *row)
{
    int has = row->type == OPTION_OBJECT && kind_of(row) != NULL;
    for (const struct option *child = option_below(row, NULL); child != NULL && !has;
         child = option_below(row, child))
        has = has_kinds(child);
    return has;
}

/* --- references ---------------------------------------------------------------------------- */

static const char *print_name(char out[NAME_BYTES], const struct option *row, enum form form)
{
    size_t n = 0;
    for (const char *at = row->pointer; *at != '\0' && n < NAME_BYTES - 16; at++) {
        if (*at == '*')
            n += (size_t)snprintf(out + n, NAME_BYTES - n, "item");
        else if (at > row->pointer)
            out[n++] = *at == '/' ? '.' : *at;
    }
    out[n] = '\0';
    if (n == 0)
        n = (size_t)snprintf(out, NAME_BYTES, "experiment");
    if (form == OF_SWEPT_KIND && has_kinds(row))
        snprintf(out + n, NAME_BYTES - n, "-swept");
    return out;
}

static json_t *refer(const struct option *row, enum form form)
{
    char name[NAME_BYTES];
    return json_pack("{s:s+}", "$ref", SCHEMA_PLACE, print_name(name, row, form));
}

json_t *schema_reference(const char *pointer)
{
    return refer(option_find(pointer), OF_ONE_KIND);
}

/* --- values -------------------------------------------------------------------------------- */

/* With the row's limits under these names, where it has them. */
static json_t *put_limits(json_t *json, const struct option *row, const char *least,
                          const char *most)
{
    int is_count = strcmp(least, "minimum") != 0; /* of which 0 goes without saying */
    if (isfinite(row->minimum) && !(is_count && row->minimum == 0))
        json = json_put(json, row->is_above ? "exclusiveMinimum" : least,
                        option_limit_json(row->minimum));
    if (isfinite(row->maximum))
        json = json_put(json, most, option_limit_json(row->maximum));
    return json;
}

static json_t *map_schema(const struct option *row, enum form form)
{
    json_t *names = json_pack("{s:s, s:i}", "pattern", NAME_PATTERN, "maxLength",
                              DATASET_NAME_BYTES - 1);
    json_t *json = json_pack("{s:s, s:o, s:o}", "type", "object", "propertyNames", names,
                             "additionalProperties", refer(option_below(row, NULL), form));
    return put_limits(json, row, "minProperties", "maxProperties");
}

static json_t *list_schema(const struct option *row, json_t *item)
{
    return put_limits(json_pack("{s:s, s:o}", "type", "array", "items", item), row, "minItems",
                      "maxItems");
}

static json_t *columns_schema(const struct option *row, enum form form)
{
    json_t *name = json_pack("{s:s, s:s, s:i}", "type", "string", "pattern", NAME_PATTERN,
                             "maxLength", DATASET_NAME_BYTES - 1);
    return json_pack("{s:[o, o]}", "oneOf", map_schema(row, form), list_schema(row, name));
}

static json_t *text_schema(const struct option *row)
{
    json_t *json = put_limits(json_pack("{s:s}", "type", "string"), row, "minLength", "maxLength");
    if (row->type == OPTION_NAME)
        json = json_put(json, "pattern", json_string(NAME_PATTERN));
    if (row->type == OPTION_TEXT) /* not spaces alone */
        json = json_put(json, "pattern", json_string("^$|[^ ]"));
    return json;
}

static json_t *sweep_schema(const struct option *row)
{
    json_t *list = json_pack("{s:s, s:i, s:i}", "type", "array", "minItems", 1, "maxItems",
                             OPTIONS_RUNS_MAX);
    return json_pack("{s:s, s:i, s:{s:s}, s:{s:[o, o]}}", "type", "object", "maxProperties",
                     OPTIONS_AXES_MAX, "propertyNames", "pattern", "^/", "additionalProperties",
                     "oneOf", list, refer(option_below(row, NULL), OF_ONE_KIND));
}

static json_t *value_schema(const struct option *row, enum form form)
{
    switch (row->type) {
    case OPTION_MAP:
        return map_schema(row, form);
    case OPTION_COLUMNS:
        return columns_schema(row, form);
    case OPTION_LIST:
        return list_schema(row, refer(option_below(row, NULL), form));
    case OPTION_CHOICE:
        return json_pack("{s:s, s:o}", "type", "string", "enum", option_words_json(row->choices));
    case OPTION_INTEGER:
        return put_limits(json_pack("{s:s}", "type", "integer"), row, "minimum", "maximum");
    case OPTION_NUMBER:
        return put_limits(json_pack("{s:s}", "type", "number"), row, "minimum", "maximum");
    case OPTION_BOOLEAN:
        return json_pack("{s:s}", "type", "boolean");
    case OPTION_SWEEP:
        return sweep_schema(row);
    default:
        return text_schema(row);
    }
}

/* --- objects ------------------------------------------------------------------------------- */

/* The pointers to all kinds, as a pattern. */
static json_t *kinds_pattern(void)
{
    struct text text = {0};
    for (const struct option *row = option_table; row->pointer != NULL; row++) {
        const struct option *kind = row->type == OPTION_OBJECT ? kind_of(row) : NULL;
        if (kind == NULL)
            continue;
        text_printf(&text, text.n_bytes == 0 ? "^(" : "|");
        for (const char *at = kind->pointer; *at != '\0'; at++)
            text_printf(&text, *at == '*' ? "[0-9]+" : "%c", *at);
    }
    text_printf(&text, ")$");
    json_t *json = text.failed ? NULL : json_stringn(text.bytes, text.n_bytes);
    text_clear(&text);
    return json;
}

/* Whether the sweep has pointers to kinds: none, or at least one. */
static json_t *put_swept(json_t *json, enum form form)
{
    json_t *names = json_pack("{s:{s:o}}", "not", "pattern", kinds_pattern());
    return form == OF_ONE_KIND ? json_put(json, "propertyNames", names)
                               : json_put(json, "not", json_pack("{s:o}", "propertyNames", names));
}

/* Whether the shape is the one of an object that doesn't say its kind. */
static int is_fallback(const struct shape *shape)
{
    char word[KIND_BYTES], first[KIND_BYTES];
    snprintf(word, sizeof word, "%s", shape->kind->fallback + 1); /* behind its quotation mark */
    word[strcspn(word, "\"")] = '\0';
    kind_find_alike(shape->object, shape->kind, word, first);
    return strcmp(first, shape->word) == 0;
}

/* The words that make the shape's members. */
static json_t *kind_schema(const struct shape *shape)
{
    const char *words = shape->kind->choices;
    char word[KIND_BYTES], first[KIND_BYTES];
    json_t *list = json_array();
    while (kind_take_word(&words, word)) {
        kind_find_alike(shape->object, shape->kind, word, first);
        if (strcmp(first, shape->word) == 0)
            list = json_push(list, json_string(word));
    }
    json_t *json = json_pack("{s:s, s:o}", "type", "string", "enum", list);
    if (is_fallback(shape))
        json = json_put(json, "default", json_loads(shape->kind->fallback, JSON_DECODE_ANY, NULL));
    return json;
}

static json_t *member_schema(const struct shape *shape, const struct option *row)
{
    if (shape->word != NULL && row == shape->kind)
        return kind_schema(shape);
    json_t *json = refer(row, shape->form);
    if (shape->word != NULL && row->but_when != NULL && kind_is_named(row->but_when, shape->word))
        json = json_put(json, "default", json_loads(row->but, JSON_DECODE_ANY, NULL));
    return row->type == OPTION_SWEEP ? put_swept(json, shape->form) : json;
}

/* Whether it must be there, whatever else is. */
static int is_required(const struct shape *shape, const struct option *row)
{
    if (shape->word != NULL && row == shape->kind)
        return !is_fallback(shape);
    if (row->type == OPTION_SWEEP)
        return shape->form == OF_SWEPT_KIND;
    return row->is_required && (row->when == NULL || shape->word != NULL);
}

static json_t *shape_schema(const struct shape *shape)
{
    json_t *properties = json_object(), *required = json_array(), *either = json_array();
    for (const struct option *row = option_below(shape->object, NULL); row != NULL;
         row = option_below(shape->object, row)) {
        if (row->when != NULL && shape->word != NULL && !kind_is_named(row->when, shape->word))
            continue;
        properties = json_put(properties, option_name(row), member_schema(shape, row));
        if (is_required(shape, row) && row->unless == NULL)
            required = json_push(required, json_string(option_name(row)));
        else if (is_required(shape, row))
            either = json_push(either, json_pack("{s:[{s:[s]}, {s:[s]}]}", "anyOf", "required",
                                                 option_name(row), "required", row->unless));
    }
    size_t n_required = json_array_size(required), n_either = json_array_size(either);
    json_t *json = json_pack("{s:s, s:o, s:b, s:o, s:o}", "type", "object", "properties",
                             properties, "additionalProperties", 0, "required", required, "allOf",
                             either);
    if (n_required == 0)
        json_object_del(json, "required");
    if (n_either == 0)
        json_object_del(json, "allOf");
    return json;
}

/* One of its shapes; they are added to `*schemas`. */
static json_t *union_schema(const struct option *object, const struct option *kind,
                            json_t **schemas)
{
    char name[NAME_BYTES], shape_name[2 * NAME_BYTES], word[KIND_BYTES], first[KIND_BYTES];
    json_t *shapes = json_array(), *mapping = json_object();
    const char *words = kind->choices;
    print_name(name, object, OF_ONE_KIND);
    while (kind_take_word(&words, word)) {
        kind_find_alike(object, kind, word, first);
        snprintf(shape_name, sizeof shape_name, "%s-%s", name, first);
        mapping = json_put(mapping, word, json_sprintf(SCHEMA_PLACE "%s", shape_name));
        if (strcmp(word, first) != 0)
            continue;
        struct shape shape = {object, kind, word, OF_ONE_KIND};
        *schemas = json_put(*schemas, shape_name, shape_schema(&shape));
        shapes = json_push(shapes, json_pack("{s:s+}", "$ref", SCHEMA_PLACE, shape_name));
    }
    return json_pack("{s:o, s:{s:s, s:o}}", "oneOf", shapes, "discriminator", "propertyName",
                     option_name(kind), "mapping", mapping);
}

static json_t *object_schema(const struct option *row, enum form form, json_t **schemas)
{
    struct shape shape = {row, kind_of(row), NULL, form};
    return shape.kind != NULL && form == OF_ONE_KIND ? union_schema(row, shape.kind, schemas)
                                                     : shape_schema(&shape);
}

/* --- all ----------------------------------------------------------------------------------- */

/* With what the row says of itself. */
static json_t *put_words(json_t *json, const struct option *row)
{
    const char *fallback = row->fallback != NULL ? row->fallback : row->absent;
    if (row->last != NULL) /* there is no keyword for it */
        json = json_put(json, "description",
                        json_sprintf("%s In the last element, when left out: %s.",
                                     row->description, row->last));
    else
        json = json_put(json, "description", json_string(row->description));
    if (fallback != NULL)
        json = json_put(json, "default", json_loads(fallback, JSON_DECODE_ANY, NULL));
    return json;
}

static json_t *add_row(json_t *schemas, const struct option *row, enum form form)
{
    char name[NAME_BYTES];
    json_t *json = row->type == OPTION_OBJECT ? object_schema(row, form, &schemas)
                                              : value_schema(row, form);
    return json_put(schemas, print_name(name, row, form), put_words(json, row));
}

json_t *schema_fields(void)
{
    json_t *schemas = json_object();
    for (const struct option *row = option_table; row->pointer != NULL && schemas != NULL;
         row++) {
        schemas = add_row(schemas, row, OF_ONE_KIND);
        if (has_kinds(row))
            schemas = add_row(schemas, row, OF_SWEPT_KIND);
    }
    return schemas;
}
