/* The shelf: experiments' specs, parsed, kept while in use and a while longer.
 *
 * Parsing checks every run of a sweep, so it is done once and the result is shared. */
#ifndef SERVER_LAB_SHELF_H
#define SERVER_LAB_SHELF_H

#include "core/base/error.h"
#include "server/engine/engine.h"
#include "server/spec/spec.h"

/* One experiment's parsed spec. Immutable; shared by its holders. */
struct study {
    char id[ENGINE_ID_BYTES];
    struct spec *spec;
};

struct shelf; /* one mutex inside; any thread; never held while parsing or reading the engine */

/* Keeps up to `idle_max` studies that nobody holds. The engine is borrowed. */
struct shelf *shelf_create(struct engine *engine, int idle_max, struct error *error);
void shelf_destroy(struct shelf *shelf); /* every study must have been put back */

/* Puts a new experiment's spec on the shelf; takes `spec` in any case. Not held: it may be dropped
 * and parsed again later. */
void shelf_add(struct shelf *shelf, const char *id, struct spec *spec);

/* The study of that experiment, from the shelf or read from the engine; hold it until
 * shelf_release. NULL with ERROR_NOT_FOUND, ERROR_STORAGE or ERROR_MEMORY. */
const struct study *shelf_take(struct shelf *shelf, const char *id, struct error *error);
void shelf_release(struct shelf *shelf, const struct study *study);

/* Forgets a deleted experiment; who holds its study keeps it until released. */
void shelf_remove(struct shelf *shelf, const char *id);

#endif
