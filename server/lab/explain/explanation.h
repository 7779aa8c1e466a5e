/* Explanations: what the core finds out about a run, as JSON. */
#ifndef SERVER_LAB_EXPLAIN_EXPLANATION_H
#define SERVER_LAB_EXPLAIN_EXPLANATION_H

#include <jansson.h>

#include "core/base/error.h"
#include "server/spec/spec.h"

/* The floors of a run's data; a new reference, a pure function of the spec. */
json_t *explanation_floors(const struct spec *spec, int run, struct error *error);

#endif
