/* Presets: presets.json, compiled in. There the report's are merge patches over one base spec,
 * the others have a whole spec each. */
#include "server/spec/preset/presets.h"

#include <stdio.h>
#include <string.h>

#include "server/base/json.h"
#include "server/spec/preset/labs.h"
#include "server/spec/prune.h"

/* The file's bytes; the assembler reads it from the top of the source tree. */
__asm__(".pushsection .rodata\n"
        "presets_start:\n"
        ".incbin \"server/spec/preset/presets.json\"\n"
        "presets_end:\n"
        ".popsection\n");
extern const char presets_start[] __attribute__((visibility("hidden")));
extern const char presets_end[] __attribute__((visibility("hidden")));

/* Made once, before there are threads; read-only afterwards. */
static json_t *presets;
static json_t *answers; /* {name: {"spec", "answer", "also"}} */

/* Moves what an answer is made of out of the preset. 0, or -1 for memory. */
static int take_answer(json_t *preset)
{
    json_t *sentences = json_object_get(preset, "answer"), *also = json_object_get(preset, "also");
    if (sentences == NULL)
        return 0;
    json_t *answer = json_pack("{s:O, s:O, s:o}", "spec", json_object_get(preset, "spec"), "answer",
                               sentences, "also", also == NULL ? json_object() : json_incref(also));
    json_object_del(preset, "answer");
    json_object_del(preset, "also");
    return json_object_set_new(answers, json_string_value(json_object_get(preset, "name")), answer);
}

/* Turns a preset's changes, where it has them, into its spec, named by its title. 0, or -1 for
 * memory. */
static int complete(json_t *preset, const json_t *base)
{
    const json_t *changes = json_object_get(preset, "changes");
    json_t *spec = changes != NULL ? json_merged(base, changes)
                                   : json_incref(json_object_get(preset, "spec"));

    if (json_object_set(spec, "name", json_object_get(preset, "title")) < 0) {
        json_decref(spec);
        return -1;
    }
    json_object_del(preset, "changes");
    if (json_object_set_new(preset, "spec", spec) < 0)
        return -1;
    return take_answer(preset);
}

/* The file's text as presets_json gives it; a new reference, NULL on memory failure. */
static json_t *read_presets(void)
{
    answers = json_object();
    json_t *json = json_read(presets_start, (size_t)(presets_end - presets_start), NULL);
    json_t *group, *preset;
    size_t g, p;

    json_array_foreach(json_object_get(json, "groups"), g, group)
    {
        json_array_foreach(json_object_get(group, "presets"), p, preset)
        {
            if (complete(preset, json_object_get(json, "base")) < 0) {
                json_decref(json);
                json_decref(answers);
                answers = NULL;
                return NULL;
            }
        }
    }
    json_object_del(json, "base");
    return json;
}

const json_t *presets_json(void)
{
    if (labs_json() != NULL && presets == NULL)
        presets = read_presets();
    return presets;
}

const json_t *presets_answer(const char *name)
{
    return json_object_get(answers, name);
}

void presets_clear(void)
{
    labs_clear();
    json_decref(answers);
    json_decref(presets);
    answers = presets = NULL;
}

/* --- by name ------------------------------------------------------------------------------- */

/* The spec of the preset of that name, borrowed, or NULL; then `names` lists those there are. */
static const json_t *find(const char *name, char *names, size_t size)
{
    json_t *group, *preset;
    size_t g, p, n = 0;

    json_array_foreach(json_object_get(presets_json(), "groups"), g, group)
    {
        json_array_foreach(json_object_get(group, "presets"), p, preset)
        {
            const char *other = json_string_value(json_object_get(preset, "name"));
            if (name != NULL && strcmp(name, other) == 0)
                return json_object_get(preset, "spec");
            if (n < size)
                n += (size_t)snprintf(names + n, size - n, "%s%s", n > 0 ? ", " : "", other);
        }
    }
    return NULL;
}

static int is_posted(const void *posted, const char *pointer)
{
    return json_at(posted, pointer) != NULL;
}

json_t *presets_expand(const json_t *posted, struct faults *faults)
{
    const json_t *wanted = json_object_get(posted, "preset");
    char names[600] = "", got[FAULT_GOT_BYTES];

    if (wanted == NULL)
        return json_incref((json_t *)posted);
    const json_t *spec = find(json_string_value(wanted), names, sizeof names);
    if (spec == NULL && json_is_string(wanted))
        spec = labs_spec(json_string_value(wanted));
    if (spec == NULL) {
        faults_add(faults, "/preset", "got %s, expected one of %s, or a lab's part",
                   fault_got(got, wanted), names);
        return NULL;
    }
    json_t *own = json_private(spec); /* other threads use the presets at the same time */
    json_t *patch = json_shallow(posted);
    json_t *merged = NULL;
    if (own != NULL && patch != NULL && json_object_del(patch, "preset") == 0) {
        size_t n_idle = json_object_get(patch, "cache") != NULL; /* changes nothing in training */
        if (json_object_size(patch) > n_idle)
            json_object_del(own, "name"); /* changed, it is another experiment */
        merged = json_merged(own, patch);
    }
    json_decref(own);
    json_decref(patch);
    if (merged == NULL)
        faults_add_memory(faults);
    else
        prune_spec(merged, is_posted, posted);
    return merged;
}
