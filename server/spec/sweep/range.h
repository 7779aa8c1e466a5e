/* A range of a sweep: evenly spaced numbers, by difference or by ratio. */
#ifndef SERVER_SPEC_SWEEP_RANGE_H
#define SERVER_SPEC_SWEEP_RANGE_H

#include <jansson.h>

#include "server/spec/faults.h"
#include "server/spec/option/options.h"
#include "server/spec/place.h"

/* The values of {"from", "to"} (steps of 1, up or down) or {"from", "to", "steps", "scale"}: the
 * ends exactly, those between rounded to 12 digits, which makes them the same on every machine and
 * fit to be read; whole numbers where `field` wants them. *out_given is the normalised range. Both
 * are new references; NULL with faults. `field` may be NULL. */
json_t *range_values(const json_t *json, const struct option *field, const struct place *place,
                     json_t **out_given, struct faults *faults);

#endif
