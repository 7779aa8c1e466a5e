/* Differences between specs. */
#include "server/spec/difference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/json.h"
#include "server/spec/faults.h"
#include "server/spec/place.h"

struct finding {
    const json_t *sweep; /* of the later spec, or NULL */
    int is_continued;
    json_t *found; /* NULL once memory has run out */
};

static int is_inside(const char *pointer, const char *above)
{
    size_t n = strlen(above);
    return strncmp(pointer, above, n) == 0 && (pointer[n] == '/' || pointer[n] == '\0');
}

static int is_left_out(const struct finding *finding, const char *pointer)
{
    for (void *at = json_object_iter((json_t *)finding->sweep); at != NULL;
         at = json_object_iter_next((json_t *)finding->sweep, at))
        if (is_inside(pointer, json_object_iter_key(at)))
            return 1;
    return finding->is_continued && is_inside(pointer, "/network/init");
}

/* A copy of a value, null for none; *out_is_long tells one that is too long to repeat. */
static json_t *copy_value(const json_t *value, int *out_is_long)
{
    if (value == NULL)
        return json_null();
    struct text text = {0};
    text_json(&text, value);
    int failed = text.failed;
    *out_is_long |= text.n_bytes > DIFFERENCE_VALUE_MAX;
    text_clear(&text);
    return failed ? NULL : json_private(value);
}

static void note(struct finding *finding, const char *pointer, const json_t *from, const json_t *to)
{
    int is_long = 0;
    json_t *before = copy_value(from, &is_long), *after = copy_value(to, &is_long), *pair = NULL;

    if (before != NULL && after != NULL)
        pair = is_long ? json_object() : json_pack("{s:O, s:O}", "from", before, "to", after);
    json_decref(before);
    json_decref(after);
    finding->found = json_put(finding->found, pointer, pair);
}

static void compare(struct finding *finding, const struct place *place, const json_t *from,
                    const json_t *to);

/* The members of both, in the order of `from`; those that only `to` has come last. */
static void compare_objects(struct finding *finding, const struct place *place, const json_t *from,
                            const json_t *to)
{
    const json_t *both[] = {from, to};

    for (int i = 0; i < 2; i++)
        for (void *at = json_object_iter((json_t *)both[i]); at != NULL;
             at = json_object_iter_next((json_t *)both[i], at)) {
            struct place member = {place, json_object_iter_key(at), 0};
            const json_t *before = json_object_get(from, member.name);
            if (i == 0 || before == NULL)
                compare(finding, &member, before, json_object_get(to, member.name));
        }
}

/* As many objects, compared one by one. */
static int are_alike(const json_t *from, const json_t *to)
{
    return json_is_array(from) && json_is_array(to) && json_array_size(from) > 0 &&
           json_array_size(from) == json_array_size(to) &&
           json_is_object(json_array_get(from, 0)) && json_is_object(json_array_get(to, 0));
}

static void compare(struct finding *finding, const struct place *place, const json_t *from,
                    const json_t *to)
{
    char pointer[FAULT_POINTER_BYTES];

    place_print(place, pointer);
    if (json_equal(from, to) || is_left_out(finding, pointer))
        return;
    if (json_is_object(from) && json_is_object(to)) {
        compare_objects(finding, place, from, to);
    } else if (are_alike(from, to)) {
        for (size_t i = 0; i < json_array_size(from); i++) {
            struct place element = {place, NULL, i};
            compare(finding, &element, json_array_get(from, i), json_array_get(to, i));
        }
    } else {
        note(finding, pointer, from, to);
    }
}

json_t *difference_find(const json_t *from, const json_t *to, int is_continued)
{
    static const char *const sections[] = {"dataset", "network", "training", "predict"};
    struct finding finding = {json_object_get(to, "sweep"), is_continued, json_object()};

    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        struct place place = {NULL, sections[i], 0};
        compare(&finding, &place, json_object_get(from, sections[i]),
                json_object_get(to, sections[i]));
    }
    return finding.found;
}
