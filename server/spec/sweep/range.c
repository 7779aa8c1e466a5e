/* Ranges. The exponential and logarithm of a libm differ in the last digits from machine to
 * machine; the values must not, so they are rounded. */
#include "server/spec/sweep/range.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/spec/option/check.h"

struct range {
    double from, to;
    int steps;
    int is_log;
};

static double round_12(double value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.11e", value);
    return strtod(digits, NULL);
}

/* The i-th value, i = 0..steps-1. */
static double value_at(const struct range *range, int i)
{
    double from = range->from, to = range->to;
    int last = range->steps - 1;

    if (i == 0)
        return from;
    if (i == last)
        return to;
    if (range->is_log)
        return round_12(exp(log(from) + (log(to) - log(from)) * i / last));
    double value = (from * (last - i) + to * i) / last; /* from -1 to 1: the middle is 0 */
    return fabs(value) < 1e-12 * fmax(fabs(from), fabs(to)) ? 0 : round_12(value);
}

/* Reads the checked range `given`, of whole numbers or not. 0, or -1 with a fault. */
static int read_range(struct range *out, const json_t *given, int is_whole,
                      const struct place *place, struct faults *faults)
{
    const json_t *steps = json_object_get(given, "steps");
    const char *scale = json_string_value(json_object_get(given, "scale"));
    out->from = json_number_value(json_object_get(given, "from"));
    out->to = json_number_value(json_object_get(given, "to"));
    out->is_log = scale != NULL && strcmp(scale, "log") == 0;
    out->steps = (int)json_integer_value(steps);

    double span = fabs(out->to - out->from);
    if (is_whole && (out->from != floor(out->from) || out->to != floor(out->to)))
        place_fault(place, faults, "got %g to %g, expected whole numbers, as the field's are",
                    out->from, out->to);
    else if (out->is_log && (out->from <= 0 || out->to <= 0))
        place_fault(place, faults, "got %g to %g, expected from and to more than 0 on a "
                    "logarithmic scale",
                    out->from, out->to);
    else if (out->is_log && steps == NULL)
        place_fault(place, faults, "got no steps, expected the number of values on a logarithmic "
                    "scale");
    else if (steps == NULL && span != floor(span))
        place_fault(place, faults,
                    "got %g to %g and no steps, expected ends a whole number apart, or steps, the "
                    "number of values",
                    out->from, out->to);
    else if (steps == NULL && span >= OPTIONS_RUNS_MAX)
        place_fault(place, faults, "got %.0f values, expected at most %d", span + 1,
                    OPTIONS_RUNS_MAX);
    else {
        if (steps == NULL)
            out->steps = (int)span + 1;
        return 0;
    }
    return -1;
}

/* The values as a new list; NULL on memory failure. */
static json_t *list_values(const struct range *range, int is_whole)
{
    json_t *list = json_array();

    for (int i = 0; i < range->steps && list != NULL; i++) {
        double value = value_at(range, i);
        if (json_array_append_new(list, json_real(is_whole ? nearbyint(value) : value)) < 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

json_t *range_values(const json_t *json, const struct option *field, const struct place *place,
                     json_t **out_given, struct faults *faults)
{
    struct check check = {.faults = faults};
    struct range range;
    json_t *values = NULL;

    *out_given = check_value(&check, option_find("/sweep/*"), place, json);
    if (*out_given == NULL)
        return NULL;
    if (json_object_get(json, "steps") == NULL && json_object_get(json, "scale") == NULL)
        json_object_del(*out_given, "scale"); /* the default: no use without steps */
    int is_whole = field != NULL && field->type == OPTION_INTEGER;
    if (read_range(&range, *out_given, is_whole, place, faults) == 0) {
        values = list_values(&range, is_whole);
        if (values == NULL)
            faults_add_memory(faults);
    }
    if (values == NULL) {
        json_decref(*out_given);
        *out_given = NULL;
    }
    return values;
}
