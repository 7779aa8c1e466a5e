/* Checks JSON against the table and fills in its defaults.
 *
 * The result is the normalised form: members in the table's order, defaults filled in, whole
 * numbers as integers. It shares what it can with what it was made from, so both must be left
 * unchanged afterwards. */
#ifndef SERVER_SPEC_OPTION_CHECK_H
#define SERVER_SPEC_OPTION_CHECK_H

#include <jansson.h>

#include "server/spec/faults.h"
#include "server/spec/option/options.h"
#include "server/spec/place.h"

/* How to check. All borrowed. */
struct check {
    struct faults *faults;
    const json_t *sweep; /* the posted sweep, NULL if none: where it changes a kind (scheme), the
                            fields of all kinds may be there and get their defaults */
    const json_t *known; /* the same, normalised before; NULL if nothing: where it shares a value
                            with what is checked, that value is known to be right */
};

/* A whole spec: an object of those of its members that are right, a new reference, with faults for
 * the others; NULL with a fault when `json` is no object. */
json_t *check_spec(const struct check *check, const json_t *json);

/* One value, no element of a list, as the row `option` wants it, at `place`. A new reference; NULL
 * with faults. */
json_t *check_value(const struct check *check, const struct option *option,
                    const struct place *place, const json_t *value);

#endif
