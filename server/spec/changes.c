/* Changes to a spec. */
#include "server/spec/changes.h"

#include <stdio.h>
#include <string.h>

#include "server/base/json.h"
#include "server/base/text.h"
#include "server/spec/option/options.h"
#include "server/spec/option/suggest.h"
#include "server/spec/place.h"
#include "server/spec/prune.h"

static const struct place changes_place = {NULL, "changes", 0};

static int is_inside(const char *pointer, const char *above)
{
    size_t n = strlen(above);
    return strncmp(pointer, above, n) == 0 && (pointer[n] == '/' || pointer[n] == '\0');
}

/* The pointer of what `pointer` is a place in. */
static void print_above(char out[FAULT_POINTER_BYTES], const char *pointer)
{
    snprintf(out, FAULT_POINTER_BYTES, "%.*s", (int)(strrchr(pointer, '/') - pointer), pointer);
}

/* --- pointers ------------------------------------------------------------------------------ */

static int is_of_section(const char *pointer)
{
    static const char *const sections[] = {"/dataset", "/network", "/training", "/predict",
                                           "/cache"};

    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (is_inside(pointer, sections[i]))
            return 1;
    return 0;
}

/* Whether a change stands before this one and inside its place, and so would be lost. */
static const char *find_overwritten(const json_t *changes, const char *pointer)
{
    for (void *at = json_object_iter((json_t *)changes); at != NULL;
         at = json_object_iter_next((json_t *)changes, at)) {
        const char *before = json_object_iter_key(at);
        if (strcmp(before, pointer) == 0)
            return NULL;
        if (is_inside(before, pointer))
            return before;
    }
    return NULL;
}

/* Whether there may be a change at this pointer. 0, or -1 with a fault. */
static int check_pointer(const json_t *changes, const char *pointer, int is_continued,
                         struct faults *faults)
{
    struct place place = {&changes_place, pointer, 0};
    const char *lost = find_overwritten(changes, pointer), *meant;

    if (!is_of_section(pointer) || strlen(pointer) >= FAULT_POINTER_BYTES) {
        meant = strlen(pointer) < FAULT_POINTER_BYTES ? suggest_pointer(pointer) : NULL;
        place_fault(&place, faults,
                    "expected a pointer to a field of /dataset, /network, /training, /predict or "
                    "/cache, such as %s",
                    meant != NULL && is_of_section(meant) ? meant : "/training/epochs");
    } else if (lost != NULL) {
        place_fault(&place, faults, "would overwrite %s; put it before that one", lost);
    } else if (option_at(pointer) == NULL) {
        meant = suggest_pointer(pointer);
        place_fault(&place, faults, "a spec has no such field%s%s%s",
                    meant != NULL ? ", did you mean " : "", meant != NULL ? meant : "",
                    meant != NULL ? "?" : "");
    } else if (is_continued && (is_inside(pointer, "/network/init") ||
                                strcmp(pointer, "/network") == 0)) {
        place_fault(&place, faults,
                    "the start values are the state that the run goes on from; fork it at "
                    "\"start\" to have others");
    } else {
        return 0;
    }
    return -1;
}

/* --- making them --------------------------------------------------------------------------- */

/* Makes the objects of the table that are missing on the way to `pointer`. 0, or -1 for memory. */
static int make_way(json_t *spec, const char *pointer)
{
    char above[FAULT_POINTER_BYTES];
    const char *last = strrchr(pointer, '/');
    json_t *at = spec;

    for (const char *next = pointer; next < last && at != NULL;) {
        next += 1 + strcspn(next + 1, "/");
        snprintf(above, sizeof above, "%.*s", (int)(next - pointer), pointer);
        json_t *found = json_at(spec, above);
        const struct option *row = option_at(above);
        int is_named = strcmp(option_name(row), "*") != 0;
        if (found == NULL && json_is_object(at) && row->type == OPTION_OBJECT && is_named) {
            if (json_object_set_new(at, option_name(row), json_object()) < 0)
                return -1;
            found = json_at(spec, above);
        }
        at = found;
    }
    return 0;
}

/* Names in the table, and those that it lets users make, are written without escapes. */
static void take_out(json_t *spec, const char *pointer)
{
    char above[FAULT_POINTER_BYTES];

    print_above(above, pointer);
    json_t *parent = json_at(spec, above);
    if (json_is_object(parent))
        json_object_del(parent, strrchr(pointer, '/') + 1);
}

/* An element of a list cannot be taken out: those behind it would have other numbers. */
static int is_element(const json_t *spec, const char *pointer)
{
    char above[FAULT_POINTER_BYTES];

    print_above(above, pointer);
    return json_is_array(json_at(spec, above));
}

static int has_place(const json_t *spec, const char *pointer)
{
    char above[FAULT_POINTER_BYTES];

    print_above(above, pointer);
    return json_at(spec, pointer) != NULL || json_is_object(json_at(spec, above));
}

static void refuse_place(const json_t *spec, const struct place *place, const char *pointer,
                         struct faults *faults)
{
    char above[FAULT_POINTER_BYTES], got[FAULT_GOT_BYTES];

    print_above(above, pointer);
    const json_t *parent = json_at(spec, above);
    place_fault(place, faults, "no place for it: %s of the run is %s", above,
                parent == NULL ? "not there" : fault_got(got, parent));
}

/* `spec` (taken) with one change, or as it is, with a fault. */
static json_t *make(json_t *spec, const char *pointer, const json_t *value, struct faults *faults)
{
    struct place place = {&changes_place, pointer, 0};
    json_t *own = NULL, *changed = NULL;

    if (json_is_null(value) && is_element(spec, pointer)) {
        place_fault(&place, faults, "got null, but no element of a list can be taken out; give "
                    "the whole list");
    } else if (json_is_null(value)) {
        take_out(spec, pointer);
        return spec;
    } else if (make_way(spec, pointer) < 0) {
        faults_add_memory(faults);
    } else if (!has_place(spec, pointer)) {
        refuse_place(spec, &place, pointer, faults);
    } else {
        own = json_private(value);
        changed = own == NULL ? NULL : json_with(spec, pointer, own);
        if (changed == NULL)
            faults_add_memory(faults);
    }
    json_decref(own);
    if (changed == NULL)
        return spec;
    json_decref(spec);
    return changed;
}

/* Whether a change is at this place, around it or inside it. */
static int is_given(const void *changes, const char *pointer)
{
    for (void *at = json_object_iter((json_t *)changes); at != NULL;
         at = json_object_iter_next((json_t *)changes, at)) {
        const char *given = json_object_iter_key(at);
        if (is_inside(pointer, given) || is_inside(given, pointer))
            return 1;
    }
    return 0;
}

json_t *changes_make(json_t *spec, const json_t *changes, int is_continued, struct faults *faults)
{
    char got[FAULT_GOT_BYTES];
    int n_before = faults->n_found;

    if (changes != NULL && !json_is_object(changes))
        faults_add(faults, "/changes", "got %s, expected an object of values by pointer",
                   fault_got(got, changes));
    else if (json_object_size(changes) > CHANGES_MAX)
        faults_add(faults, "/changes", "got %zu changes, expected at most %d",
                   json_object_size(changes), CHANGES_MAX);
    for (void *at = json_object_iter((json_t *)changes);
         at != NULL && json_object_size(changes) <= CHANGES_MAX;
         at = json_object_iter_next((json_t *)changes, at))
        if (check_pointer(changes, json_object_iter_key(at), is_continued, faults) == 0)
            spec = make(spec, json_object_iter_key(at), json_object_iter_value(at), faults);
    if (faults->n_found > n_before) {
        json_decref(spec);
        return NULL;
    }
    prune_spec(spec, is_given, changes);
    return spec;
}

/* --- faults -------------------------------------------------------------------------------- */

/* The innermost change at or around `pointer`, else one inside it; NULL if there is none. */
static const char *find_cause(const json_t *changes, const char *pointer)
{
    const char *around = NULL, *inside = NULL;

    for (void *at = json_object_iter((json_t *)changes); at != NULL;
         at = json_object_iter_next((json_t *)changes, at)) {
        const char *given = json_object_iter_key(at);
        if (is_inside(pointer, given) && (around == NULL || strlen(given) > strlen(around)))
            around = given;
        else if (is_inside(given, pointer) && inside == NULL)
            inside = given;
    }
    return around != NULL ? around : inside;
}

static void place_fault_of(const json_t *changes, struct fault *fault)
{
    char pointer[FAULT_POINTER_BYTES], detail[FAULT_TEXT_BYTES];
    const char *cause = find_cause(changes, fault->pointer), *rest = "";
    struct place place = {&changes_place, cause, 0};

    if (fault->pointer[0] == '\0' || is_inside(fault->pointer, "/name") ||
        is_inside(fault->pointer, "/sweep"))
        return;
    place_print(cause != NULL ? &place : &changes_place, pointer);
    if (cause != NULL && is_inside(fault->pointer, cause)) {
        rest = fault->pointer + strlen(cause);
    } else {
        memcpy(detail, fault->detail, sizeof detail);
        snprintf(fault->detail, sizeof fault->detail, "%s: %.*s", fault->pointer,
                 (int)(sizeof fault->detail - strlen(fault->pointer) - 3), detail);
        fault->detail[text_utf8_prefix(fault->detail, strlen(fault->detail))] = '\0';
    }
    size_t n = strlen(pointer);
    if (n + strlen(rest) < sizeof pointer)
        memcpy(pointer + n, rest, strlen(rest) + 1);
    memcpy(fault->pointer, pointer, sizeof pointer);
}

void changes_place_faults(const json_t *changes, struct faults *faults)
{
    for (int i = 0; i < faults_n_kept(faults); i++)
        place_fault_of(changes, &faults->items[i]);
}
