/* The walk over a spec, side by side with the table. */
#include "server/spec/option/check.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/data/formula/formula.h"
#include "server/spec/option/leaf.h"
#include "server/spec/option/suggest.h"

/* A value on the way. All borrowed. */
struct visit {
    const struct option *option;
    const struct place *place;
    const json_t *value;
    const json_t *known; /* what stands in the same place of check->known, or NULL */
    int is_last;         /* the last element of its list */
};

static json_t *visit_value(const struct check *check, const struct visit *visit);

/* Puts a fault "got ..., expected ..." at the visit's place. Returns NULL. */
static json_t *refuse(const struct check *check, const struct visit *visit, const char *expected)
{
    return leaf_refuse(visit->place, visit->value, expected, check->faults);
}

/* `json`, or a memory fault when it is NULL. */
static json_t *or_memory(const struct check *check, json_t *json)
{
    if (json == NULL)
        faults_add_memory(check->faults);
    return json;
}

/* --- lists and maps ------------------------------------------------------------------------ */

/* The same with what its row expects. */
static json_t *refuse_type(const struct check *check, const struct visit *visit)
{
    char expected[LEAF_EXPECTED_BYTES];
    return refuse(check, visit, leaf_print_expected(expected, visit->option));
}

static int has_right_count(const struct visit *visit, size_t n)
{
    return (double)n >= visit->option->minimum && (double)n <= visit->option->maximum;
}

static json_t *visit_list(const struct check *check, const struct visit *visit)
{
    size_t n = json_array_size(visit->value);
    int is_right = 1;

    if (!json_is_array(visit->value) || !has_right_count(visit, n))
        return refuse_type(check, visit);
    json_t *list = or_memory(check, json_array());
    for (size_t i = 0; i < n && list != NULL; i++) {
        struct place place = {visit->place, NULL, i};
        struct visit item = {option_below(visit->option, NULL), &place,
                             json_array_get(visit->value, i), json_array_get(visit->known, i),
                             i + 1 == n};
        json_t *right = visit_value(check, &item);
        is_right &= right != NULL;
        if (right != NULL && json_array_append_new(list, right) < 0) {
            faults_add_memory(check->faults);
            is_right = 0;
        }
        if (check->faults->n_found > FAULTS_MAX) /* nobody will read on */
            break;
    }
    if (!is_right)
        json_decref(list);
    return is_right ? list : NULL;
}

/* Whether a name can stand for a column in formulas; a fault if not. */
static int check_name(const struct check *check, const struct place *place, const char *name)
{
    struct error error = ERROR_INIT;

    if (!leaf_is_name(place, name, check->faults))
        return 0;
    if (formula_check_name(name, &error) == 0)
        return 1;
    place_fault(place, check->faults, "%s", error.text);
    return 0;
}

static json_t *visit_map(const struct check *check, const struct visit *visit)
{
    int is_right = 1;

    if (!json_is_object(visit->value) || !has_right_count(visit, json_object_size(visit->value)))
        return refuse_type(check, visit);
    json_t *map = or_memory(check, json_object());
    for (void *at = json_object_iter((json_t *)visit->value); at != NULL && map != NULL;
         at = json_object_iter_next((json_t *)visit->value, at)) {
        const char *name = json_object_iter_key(at);
        struct place place = {visit->place, name, 0};
        struct visit item = {option_below(visit->option, NULL), &place, json_object_iter_value(at),
                             json_object_get(visit->known, name), 0};
        is_right &= check_name(check, &place, name);
        json_t *right = visit_value(check, &item);
        is_right &= right != NULL;
        if (right != NULL && json_object_set_new(map, name, right) < 0) {
            faults_add_memory(check->faults);
            is_right = 0;
        }
    }
    if (!is_right)
        json_decref(map);
    return is_right ? map : NULL;
}

/* --- objects ------------------------------------------------------------------------------- */

enum applies {
    APPLIES,
    APPLIES_IN_SWEEP,  /* to another kind, but some runs are of that kind */
    APPLIES_ELSEWHERE, /* to another kind */
    APPLIES_UNKNOWN    /* the kind is at fault */
};

/* Whether the sweep changes the member `name` of the object at `place`. */
static int is_swept(const struct check *check, const struct place *place, const char *name)
{
    char pointer[FAULT_POINTER_BYTES];
    struct place member = {place, name, 0};

    place_print(&member, pointer);
    return json_object_get(check->sweep, pointer) != NULL;
}

/* Copies the field that `when` is about ("kind" of "kind=table"). */
static void kind_field(const char *when, char out[32])
{
    snprintf(out, 32, "%.*s", (int)strcspn(when, "="), when);
}

/* Whether a row applies, given the members found right so far; nothing is said about sweeps. */
static enum applies applies(const struct option *row, const json_t *right)
{
    int holds = row->when == NULL ? 1 : option_holds(row->when, right);

    if (holds < 0)
        return APPLIES_UNKNOWN; /* its own fault has been said */
    return holds ? APPLIES : APPLIES_ELSEWHERE;
}

/* Says that a member belongs to another kind: `only for scheme "uniform", here it is "zeros"`. */
static void refuse_kind(const struct check *check, const struct visit *object,
                        const struct option *row, const json_t *right)
{
    char field[32], kinds[LEAF_TEXT_BYTES];
    struct place place = {object->place, option_name(row), 0};
    const struct option *meant = suggest_below(object->option, option_name(row));
    int is_other = meant != NULL && meant != row && applies(meant, right) == APPLIES;

    kind_field(row->when, field);
    place_fault(&place, check->faults, "only for %s %s, here it is \"%s\"%s%s%s", field,
                leaf_print_choices(kinds, strchr(row->when, '=') + 1),
                json_string_value(json_object_get(right, field)), is_other ? ", did you mean " : "",
                is_other ? option_name(meant) : "", is_other ? "?" : "");
}

/* Faults for the members the table does not know; 1 if there were any. */
static int refuse_unknown(const struct check *check, const struct visit *visit)
{
    char guess[SUGGEST_BYTES];
    int n = 0;

    for (void *at = json_object_iter((json_t *)visit->value); at != NULL;
         at = json_object_iter_next((json_t *)visit->value, at)) {
        const char *name = json_object_iter_key(at);
        const struct option *row = option_below(visit->option, NULL);
        while (row != NULL && strcmp(option_name(row), name) != 0)
            row = option_below(visit->option, row);
        if (row != NULL)
            continue;
        struct place place = {visit->place, name, 0};
        place_fault(&place, check->faults, "unknown field%s",
                    suggest_member(guess, visit->option, name));
        n++;
    }
    return n > 0;
}

/* The default of a member. While the sweep may still change what it depends on, there is none yet:
 * each run gets its own. */
static const char *fallback_of(const struct check *check, const struct visit *object,
                               const struct option *row, const json_t *right)
{
    char field[32];

    if (object->is_last && row->last != NULL)
        return row->last;
    if (row->but_when != NULL && check->known == NULL) {
        kind_field(row->but_when, field);
        if (is_swept(check, object->place, field))
            return NULL;
    }
    return row->but_when != NULL && option_holds(row->but_when, right) > 0 ? row->but
                                                                             : row->fallback;
}

/* The value of a member, a new reference: the one given, else the default where it applies, else
 * NULL. Sets *out_failed when there must be one, or memory is gone. */
static json_t *member_value(const struct check *check, const struct visit *object,
                            const struct option *row, enum applies how, const json_t *right,
                            int *out_failed)
{
    const char *fallback = fallback_of(check, object, row, right);
    json_t *value = json_object_get(object->value, option_name(row));

    *out_failed = 0;
    if (value != NULL || how == APPLIES_UNKNOWN)
        return json_incref(value);
    if (fallback != NULL) {
        value = or_memory(check, json_loads(fallback, JSON_DECODE_ANY, NULL));
        *out_failed = value == NULL;
        return value;
    }
    if (row->is_required && how == APPLIES && json_object_get(object->value, row->unless) == NULL) {
        struct place place = {object->place, option_name(row), 0};
        char expected[LEAF_EXPECTED_BYTES];
        place_fault(&place, check->faults, "missing, expected %s (%c%.*s)",
                    leaf_print_expected(expected, row), tolower((unsigned char)*row->description),
                    (int)strcspn(row->description + 1, "."), row->description + 1);
        *out_failed = 1;
    }
    return NULL;
}

/* Checks the member of one row and puts it into `right`. 0, or -1 with faults. */
static int visit_member(const struct check *check, const struct visit *object,
                        const struct option *row, json_t *right)
{
    const char *name = option_name(row);
    enum applies how = applies(row, right);
    char field[32];
    int failed;

    if (how == APPLIES_ELSEWHERE) {
        kind_field(row->when, field);
        how = is_swept(check, object->place, field) ? APPLIES_IN_SWEEP : APPLIES_ELSEWHERE;
        if (how == APPLIES_ELSEWHERE && json_object_get(object->value, name) != NULL) {
            refuse_kind(check, object, row, right);
            return -1;
        }
        if (how == APPLIES_ELSEWHERE)
            return 0;
    }
    json_t *value = member_value(check, object, row, how, right, &failed);
    if (value == NULL)
        return failed ? -1 : 0;
    struct place place = {object->place, name, 0};
    struct visit member = {row, &place, value, json_object_get(object->known, name), 0};
    json_t *checked = visit_value(check, &member);
    json_decref(value);
    if (checked == NULL)
        return -1;
    if (json_object_set_new(right, name, checked) < 0) {
        faults_add_memory(check->faults);
        return -1;
    }
    return 0;
}

/* An object of those of its members that are right; *out_failed when some are not. */
static json_t *visit_members(const struct check *check, const struct visit *visit, int *out_failed)
{
    *out_failed = 1;
    if (!json_is_object(visit->value))
        return refuse_type(check, visit);
    json_t *right = or_memory(check, json_object());
    if (right == NULL)
        return NULL;
    *out_failed = refuse_unknown(check, visit);
    for (const struct option *row = option_below(visit->option, NULL); row != NULL;
         row = option_below(visit->option, row))
        *out_failed |= visit_member(check, visit, row, right) < 0;
    return right;
}

static json_t *visit_object(const struct check *check, const struct visit *visit)
{
    int failed;
    json_t *right = visit_members(check, visit, &failed);

    if (!failed)
        return right;
    json_decref(right);
    return NULL;
}

static json_t *visit_value(const struct check *check, const struct visit *visit)
{
    if (visit->value == visit->known)
        return json_incref((json_t *)visit->value);
    switch (visit->option->type) {
    case OPTION_OBJECT:
        return visit_object(check, visit);
    case OPTION_MAP:
        return visit_map(check, visit);
    case OPTION_COLUMNS:
        return json_is_array(visit->value) ? visit_list(check, visit) : visit_map(check, visit);
    case OPTION_LIST:
        return visit_list(check, visit);
    case OPTION_TEXT:
    case OPTION_NAME:
    case OPTION_FORMULA:
    case OPTION_CHOICE:
    case OPTION_INTEGER:
    case OPTION_NUMBER:
    case OPTION_BOOLEAN:
        return leaf_check(visit->option, visit->place, visit->value, check->faults);
    case OPTION_SWEEP:
        break;
    }
    return json_incref((json_t *)visit->value);
}

json_t *check_spec(const struct check *check, const json_t *json)
{
    int failed;
    struct visit whole = {option_whole(), NULL, json, check->known, 0};
    return visit_members(check, &whole, &failed);
}

json_t *check_value(const struct check *check, const struct option *option,
                    const struct place *place, const json_t *value)
{
    struct visit visit = {option, place, value, check->known, 0};
    return visit_value(check, &visit);
}
