/* Axes, grids, and where a run's faults come from. */
#include "server/spec/sweep/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/base/json.h"
#include "server/spec/place.h"
#include "server/spec/sweep/range.h"
#include "server/spec/option/suggest.h"

static const struct {
    const char *pointer;
    unsigned bit;
} sections[] = {
    {"/dataset", SWEEP_DATASET}, {"/network", SWEEP_NETWORK}, {"/training", SWEEP_TRAINING}};

/* Whether the place `pointer` is that of `above` or lies inside it. */
static int is_inside(const char *pointer, const char *above)
{
    size_t n = strlen(above);
    return strncmp(pointer, above, n) == 0 && (pointer[n] == '/' || pointer[n] == '\0');
}

unsigned sweep_section(const char *pointer)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (is_inside(pointer, sections[i].pointer))
            return sections[i].bit;
    return 0;
}

/* --- reading an axis ----------------------------------------------------------------------- */

/* Whether `base` has the field, or has a place for it. */
static int has_place(const json_t *base, const char *pointer, const struct option *row)
{
    char above[FAULT_POINTER_BYTES];

    if (json_at(base, pointer) != NULL)
        return 1;
    if (strcmp(option_name(row), "*") == 0) /* names and elements are the user's to make */
        return 0;
    snprintf(above, sizeof above, "%.*s", (int)(strrchr(pointer, '/') - pointer), pointer);
    return json_is_object(json_at(base, above));
}

/* Whether the section of `pointer` is there; it is not when it is at fault. */
static int has_section(const json_t *base, const char *pointer)
{
    char section[16];
    snprintf(section, sizeof section, "%.*s", (int)strcspn(pointer + 1, "/"), pointer + 1);
    return json_object_get(base, section) != NULL;
}

/* Whether an axis may have this pointer. 0, or -1 with a fault. */
static int check_pointer(const struct sweep *sweep, const char *pointer, const json_t *base,
                         const struct place *place, struct faults *faults)
{
    const struct option *row = option_at(pointer);
    int is_within_axis = 0;

    if (sweep_section(pointer) == 0 || strlen(pointer) >= FAULT_POINTER_BYTES) {
        place_fault(place, faults,
                    "expected a pointer to a field of /dataset, /network or "
                    "/training, such as /training/optimizer/learning_rate");
        return -1;
    }
    for (int i = 0; i < sweep->n_axes; i++) {
        if (sweep->axes[i].sections == 0)
            continue;
        is_within_axis |= is_inside(pointer, sweep->axes[i].pointer);
        if (!is_inside(sweep->axes[i].pointer, pointer))
            continue;
        place_fault(place, faults, "would overwrite %s; put it before that one",
                    sweep->axes[i].pointer);
        return -1;
    }
    int is_known = has_section(base, pointer) && !is_within_axis;
    if (row != NULL && (!is_known || has_place(base, pointer, row)))
        return 0;
    const char *meant = row == NULL ? suggest_pointer(pointer) : NULL;
    place_fault(place, faults, "the spec has no such field%s%s%s",
                meant != NULL ? ", did you mean " : "", meant != NULL ? meant : "",
                meant != NULL ? "?" : "");
    return -1;
}

/* The values of an axis, a new reference, and what was given, another; NULL with faults. */
static json_t *read_values(const json_t *json, const char *pointer, const struct place *place,
                           json_t **out_given, struct faults *faults)
{
    char got[FAULT_GOT_BYTES];
    size_t n = json_array_size(json);

    *out_given = NULL;
    if (json_is_object(json))
        return range_values(json, option_at(pointer), place, out_given, faults);
    if (n < 1 || n > OPTIONS_RUNS_MAX) {
        place_fault(place, faults,
                    "got %s, expected a list of 1 to %d values, or a range such as "
                    "{\"from\": 1, \"to\": 20}",
                    fault_got(got, json), OPTIONS_RUNS_MAX);
        return NULL;
    }
    json_t *values = json_shallow(json); /* its own list: sweep_adopt changes it */
    if (values == NULL)
        faults_add_memory(faults);
    *out_given = json_incref(values);
    return values;
}

static void add_axis(struct sweep *sweep, const char *pointer, const json_t *json,
                     const json_t *base, struct faults *faults)
{
    struct place above = {NULL, "sweep", 0}, place = {&above, pointer, 0};
    struct error error = ERROR_INIT;
    struct sweep_axis axis = {.n_values = 1, .sections = sweep_section(pointer)};

    if (sweep->n_axes >= OPTIONS_AXES_MAX)
        return;
    axis.pointer = memory_text(pointer, &error);
    if (axis.pointer == NULL) {
        faults_add_memory(faults);
        return;
    }
    int is_right = check_pointer(sweep, pointer, base, &place, faults) == 0;
    axis.values = read_values(json, pointer, &place, &axis.given, faults);
    if (!is_right) {
        json_decref(axis.values);
        axis.values = NULL;
    }
    if (axis.values != NULL)
        axis.n_values = (int)json_array_size(axis.values);
    sweep->axes[sweep->n_axes++] = axis;
}

/* --- the grid ------------------------------------------------------------------------------ */

/* Puts all axes at fault: nothing can be said about the runs. */
static void disable(struct sweep *sweep)
{
    for (int i = 0; i < sweep->n_axes; i++) {
        json_decref(sweep->axes[i].values);
        sweep->axes[i].values = NULL;
        sweep->axes[i].n_values = 1;
    }
}

/* "8", "1000 x 20". */
static void print_sizes(char out[128], const struct sweep *sweep)
{
    size_t n = 0;
    for (int i = 0; i < sweep->n_axes && n < 128; i++)
        n +=
            (size_t)snprintf(out + n, 128 - n, "%s%d", i > 0 ? " x " : "", sweep->axes[i].n_values);
}

static void lay_out(struct sweep *sweep, struct faults *faults)
{
    char sizes[128];
    double n_runs = 1; /* 1024 to the power of 16 is no integer of ours */

    for (int i = 0; i < sweep->n_axes; i++)
        n_runs *= sweep->axes[i].n_values;
    if (n_runs > OPTIONS_RUNS_MAX) {
        print_sizes(sizes, sweep);
        faults_add(faults, "/sweep", "got %.15g runs (%s), expected at most %d", n_runs, sizes,
                   OPTIONS_RUNS_MAX);
        disable(sweep);
    }
    sweep->n_runs = 1;
    for (int i = sweep->n_axes - 1; i >= 0; i--) {
        sweep->axes[i].stride = sweep->n_runs;
        sweep->n_runs *= sweep->axes[i].n_values;
    }
}

void sweep_init(struct sweep *sweep, const json_t *json, const json_t *base, struct faults *faults)
{
    char got[FAULT_GOT_BYTES];

    sweep->n_runs = 1;
    if (json == NULL)
        return;
    if (!json_is_object(json)) {
        faults_add(faults, "/sweep", "got %s, expected an object of values by pointer",
                   fault_got(got, json));
        return;
    }
    if (json_object_size(json) > OPTIONS_AXES_MAX)
        faults_add(faults, "/sweep", "got %zu pointers, expected at most %d",
                   json_object_size(json), OPTIONS_AXES_MAX);
    for (void *at = json_object_iter((json_t *)json); at != NULL;
         at = json_object_iter_next((json_t *)json, at))
        add_axis(sweep, json_object_iter_key(at), json_object_iter_value(at), base, faults);
    lay_out(sweep, faults);
}

void sweep_clear(struct sweep *sweep)
{
    for (int i = 0; i < sweep->n_axes; i++) {
        free(sweep->axes[i].pointer);
        json_decref(sweep->axes[i].given);
        json_decref(sweep->axes[i].values);
    }
    *sweep = (struct sweep){0};
}

int sweep_index(const struct sweep *sweep, int axis, int run)
{
    return run / sweep->axes[axis].stride % sweep->axes[axis].n_values;
}

int sweep_first(const struct sweep *sweep, int run, unsigned of_sections)
{
    int first = 0;
    for (int i = 0; i < sweep->n_axes; i++)
        if ((sweep->axes[i].sections & of_sections) != 0)
            first += sweep_index(sweep, i, run) * sweep->axes[i].stride;
    return first;
}

int sweep_is_first(const struct sweep *sweep, int run, unsigned of_sections)
{
    return sweep_first(sweep, run, of_sections) == run;
}

int sweep_n_different(const struct sweep *sweep, unsigned of_sections)
{
    int n = 1;
    for (int i = 0; i < sweep->n_axes; i++)
        n *= (sweep->axes[i].sections & of_sections) != 0 ? sweep->axes[i].n_values : 1;
    return n;
}

int sweep_is_unsure(const struct sweep *sweep, unsigned of_sections)
{
    for (int i = 0; i < sweep->n_axes; i++)
        if ((sweep->axes[i].sections & of_sections) != 0 && sweep->axes[i].values == NULL)
            return 1;
    return 0;
}

/* --- runs ---------------------------------------------------------------------------------- */

/* The value an axis has in a run, borrowed; NULL when the axis is at fault. */
static json_t *value_in(const struct sweep *sweep, int axis, int run)
{
    return json_array_get(sweep->axes[axis].values, (size_t)sweep_index(sweep, axis, run));
}

json_t *sweep_apply(const struct sweep *sweep, int run, const json_t *base, struct faults *faults)
{
    struct place above = {NULL, "sweep", 0};
    json_t *json = json_incref((json_t *)base);

    for (int i = 0; i < sweep->n_axes && json != NULL; i++) {
        const char *pointer = sweep->axes[i].pointer;
        json_t *value = value_in(sweep, i, run);
        if (value == NULL || !has_section(json, pointer))
            continue;
        json_t *changed = json_with(json, pointer, value);
        if (changed == NULL && json_at(json, pointer) == NULL) {
            struct place place = {&above, pointer, 0};
            place_fault(&place, faults, "not every run has such a field");
        } else if (changed == NULL) {
            faults_add_memory(faults);
        }
        json_decref(json);
        json = changed;
    }
    return json;
}

/* 1 if another axis is inside this one or around it: then what a value normalises to depends on the
 * other axis's value, so it stays as it was given. */
static int is_nested(const struct sweep *sweep, const struct sweep_axis *axis)
{
    for (int i = 0; i < sweep->n_axes; i++) {
        const struct sweep_axis *other = &sweep->axes[i];
        if (other != axis && (is_inside(other->pointer, axis->pointer) ||
                              is_inside(axis->pointer, other->pointer)))
            return 1;
    }
    return 0;
}

int sweep_adopt(struct sweep *sweep, int run, const json_t *normalised)
{
    for (int i = 0; i < sweep->n_axes; i++) {
        const struct sweep_axis *axis = &sweep->axes[i];
        int index = sweep_index(sweep, i, run);
        json_t *value = json_at(normalised, axis->pointer);
        if (value == NULL || axis->values == NULL || run != index * axis->stride ||
            is_nested(sweep, axis))
            continue; /* only where the other axes have their first values */
        if (json_array_set(axis->values, (size_t)index, value) < 0)
            return -1;
    }
    return 0;
}

int sweep_origin(const struct sweep *sweep, int run, const char *pointer,
                 char out[FAULT_POINTER_BYTES])
{
    const struct sweep_axis *nearest = NULL;
    char index[16];

    for (int i = 0; i < sweep->n_axes; i++) {
        const struct sweep_axis *axis = &sweep->axes[i];
        if (axis->values != NULL && is_inside(pointer, axis->pointer) &&
            (nearest == NULL || strlen(axis->pointer) > strlen(nearest->pointer)))
            nearest = axis;
    }
    if (nearest == NULL) {
        snprintf(out, FAULT_POINTER_BYTES, "%s", pointer);
        return 0;
    }
    struct place above = {NULL, "sweep", 0}, place = {&above, nearest->pointer, 0};
    place_print(&place, out);
    if (!json_is_array(nearest->given)) /* a range: its values stand nowhere */
        return 1;
    snprintf(index, sizeof index, "%d", sweep_index(sweep, (int)(nearest - sweep->axes), run));
    place_add_token(out, index);
    size_t n = strlen(out);
    snprintf(out + n, FAULT_POINTER_BYTES - n, "%s", pointer + strlen(nearest->pointer));
    return 1;
}

json_t *sweep_overrides(const struct sweep *sweep, int run)
{
    json_t *json = json_object();

    for (int i = 0; i < sweep->n_axes && json != NULL; i++) {
        json_t *value = json_private(value_in(sweep, i, run));
        if (json_object_set_new(json, sweep->axes[i].pointer, value) < 0) {
            json_decref(json);
            json = NULL;
        }
    }
    return json;
}

json_t *sweep_json(const struct sweep *sweep)
{
    json_t *json = json_object();

    for (int i = 0; i < sweep->n_axes && json != NULL; i++) {
        if (json_object_set(json, sweep->axes[i].pointer, sweep->axes[i].given) < 0) {
            json_decref(json);
            json = NULL;
        }
    }
    return json;
}
