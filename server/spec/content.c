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

/* Takes out what says nothing. 0, or -1 for memory. */
static int strip(json_t *spec)
{
    int is_sweep = json_object_get(spec, "sweep") != NULL;

    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++)
        if (json_at(spec, origins[i]) != NULL)
            remove_at(spec, origins[i]);
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
