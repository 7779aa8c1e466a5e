/* Lab sheets: labs.json, compiled in. A part's spec is a merge patch over the base. */
#include "server/spec/preset/labs.h"

#include <stdio.h>
#include <string.h>

#include "server/base/json.h"

/* The file's bytes; the assembler reads it from the top of the source tree. */
__asm__(".pushsection .rodata\n"
        "labs_start:\n"
        ".incbin \"server/spec/preset/labs.json\"\n"
        "labs_end:\n"
        ".popsection\n");
extern const char labs_start[] __attribute__((visibility("hidden")));
extern const char labs_end[] __attribute__((visibility("hidden")));

static json_t *sheets; /* made once, before there are threads; read-only afterwards */

/* Turns a part's changes into its spec, named by the lab's and its own title. 0, or -1 for
 * memory. */
static int complete(json_t *part, const json_t *lab, const json_t *base)
{
    json_t *spec = json_merged(base, json_object_get(part, "changes"));
    json_t *name = json_sprintf("%s: %s", json_string_value(json_object_get(lab, "title")),
                                json_string_value(json_object_get(part, "title")));
    if (json_object_set_new(spec, "name", name) < 0) {
        json_decref(spec);
        return -1;
    }
    json_object_del(part, "changes");
    return json_object_set_new(part, "spec", spec);
}

static json_t *read_labs(void)
{
    json_t *json = json_read(labs_start, (size_t)(labs_end - labs_start), NULL);
    json_t *lab, *part;
    size_t l, p;
    json_array_foreach (json_object_get(json, "labs"), l, lab)
        json_array_foreach (json_object_get(lab, "parts"), p, part)
            if (complete(part, lab, json_object_get(json, "base")) < 0) {
                json_decref(json);
                return NULL;
            }
    json_object_del(json, "base");
    return json;
}

const json_t *labs_json(void)
{
    if (sheets == NULL)
        sheets = read_labs();
    return sheets;
}

const json_t *labs_spec(const char *name)
{
    json_t *lab, *part;
    size_t l, p;
    json_array_foreach (json_object_get(labs_json(), "labs"), l, lab)
        json_array_foreach (json_object_get(lab, "parts"), p, part)
            if (strcmp(name, json_string_value(json_object_get(part, "name"))) == 0)
                return json_object_get(part, "spec");
    return NULL;
}

void labs_clear(void)
{
    json_decref(sheets);
    sheets = NULL;
}
