/* The walk over a spec that was changed, side by side with the table. */
#include "server/spec/prune.h"

#include <stdio.h>
#include <string.h>

#include "server/base/json.h"
#include "server/spec/option/options.h"
#include "server/spec/place.h"

struct pruning {
    const json_t *sweep; /* or NULL */
    prune_given_fn is_given;
    const void *given;
};

/* Whether runs differ in the field beside `member` that `when` is about. */
static int is_swept(const struct pruning *it, const struct place *object, const char *when)
{
    char pointer[FAULT_POINTER_BYTES], field[32];

    snprintf(field, sizeof field, "%.*s", (int)strcspn(when, "="), when);
    struct place place = {object, field, 0};
    place_print(&place, pointer);
    return json_object_get(it->sweep, pointer) != NULL;
}

static int is_left_over(const struct pruning *it, const struct option *row, const json_t *object,
                        const struct place *at, const struct place *member)
{
    char pointer[FAULT_POINTER_BYTES];

    place_print(member, pointer);
    return row->when != NULL && option_holds(row->when, object) == 0 &&
           !is_swept(it, at, row->when) && !it->is_given(it->given, pointer);
}

static void prune(const struct pruning *it, json_t *json, const struct option *row,
                  const struct place *place);

static void prune_object(const struct pruning *it, json_t *object, const struct option *row,
                         const struct place *place)
{
    for (const struct option *below = option_below(row, NULL); below != NULL;
         below = option_below(row, below)) {
        const char *name = option_name(below);
        struct place member = {place, name, 0};
        json_t *value = json_object_get(object, name);
        if (value == NULL)
            continue;
        if (is_left_over(it, below, object, place, &member))
            json_object_del(object, name);
        else
            prune(it, value, below, &member);
    }
}

static void prune(const struct pruning *it, json_t *json, const struct option *row,
                  const struct place *place)
{
    if (json_is_object(json) && row->type == OPTION_OBJECT)
        prune_object(it, json, row, place);
    if (!json_is_array(json) || option_below(row, NULL) == NULL)
        return;
    for (size_t i = 0; i < json_array_size(json); i++) {
        struct place element = {place, NULL, i};
        prune(it, json_array_get(json, i), option_below(row, NULL), &element);
    }
}

void prune_spec(json_t *spec, prune_given_fn is_given, const void *given)
{
    const struct pruning it = {json_object_get(spec, "sweep"), is_given, given};

    prune(&it, spec, option_whole(), NULL);
}
