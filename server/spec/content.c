/* The content of a spec. */
#include "server/spec/content.h"

#include <stdio.h>
#include <string.h>

#include "server/base/json.h"
#include "server/spec/faults.h"
#include "server/spec/option/options.h"

static const char others[] = "name|forked_from|predict|cache";

/* Of a state to continue from its bits count, not where they are from. */
static const char *const origins[] = {"/network/init/experiment", "/network/init/run",
                                      "/network/init/epoch"};

static void remove_at(json_t *spec, const char *pointer)
{
    char above[FAULT_POINTER_BYTES];
    const char *last = strrchr(pointer, '/');

    snprintf(above, sizeof above, "%.*s", (int)(last - pointer), pointer);
    json_object_del(json_at(spec, above), last + 1);
}

/* Whether leaving one_hot out says true or false; -1: neither, or not of every run the same. */
static int absent_one_hot(const json_t *spec)
{
    const json_t *dataset = json_object_get(spec, "dataset");
    const char *kind = json_string_value(json_object_get(dataset, "kind"));
    void *axis = json_object_iter(json_object_get(spec, "sweep"));

    for (; axis != NULL; axis = json_object_iter_next(json_object_get(spec, "sweep"), axis))
        if (strncmp(json_object_iter_key(axis), "/dataset", 8) == 0)
            return -1;
    if (option_has_word("iris|wine|digits", kind))
        return 1;
    if (option_has_word("xor|circles|spirals|moons", kind))
        return 0;
    return strcmp(kind, "gaussians") == 0
               ? json_integer_value(json_object_get(dataset, "classes")) > 2
               : -1;
}

static void strip_one_hot(json_t *spec)
{
    const json_t *given = json_at(spec, "/dataset/one_hot");

    if (given != NULL && json_is_true(given) == absent_one_hot(spec))
        remove_at(spec, "/dataset/one_hot");
}

/* Takes out what says nothing. 0, or -1 for memory. */
static int strip(json_t *spec)
{
    int is_sweep = json_object_get(spec, "sweep") != NULL;

    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++)
        if (json_at(spec, origins[i]) != NULL)
            remove_at(spec, origins[i]);
    strip_one_hot(spec);
    for (const struct option *row = option_whole(); row->pointer != NULL; row++) {
        /* Where runs may be of kinds with different defaults, leaving it out says several things.*/
        int is_clear = row->absent != NULL && (row->but_when == NULL || !is_sweep);
        const json_t *given = is_clear ? json_at(spec, row->pointer) : NULL;
        json_t *absent = given != NULL ? json_loads(row->absent, JSON_DECODE_ANY, NULL) : NULL;
        if (given != NULL && absent == NULL)
            return -1;
        if (given != NULL && json_equal(given, absent))
            remove_at(spec, row->pointer);
        json_decref(absent);
    }
    return 0;
}

void content_print(const json_t *spec, struct text *text)
{
    json_t *own = json_private(spec);

    if (own == NULL || strip(own) != 0)
        text->failed = 1;
    for (void *at = json_object_iter(own); at != NULL; at = json_object_iter_next(own, at)) {
        if (option_has_word(others, json_object_iter_key(at)))
            continue;
        text_json_string(text, json_object_iter_key(at));
        text_json(text, json_object_iter_value(at));
    }
    json_decref(own);
}
