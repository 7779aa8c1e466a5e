/* A sweep's runs in rows and columns: settings, each tried with every start.
 *
 * An axis that only draws or states start values, data or sample orders (a seed, or anything in
 * /network/init) makes starts; every other axis makes settings. So runs of the same column differ
 * in nothing but their settings. */
#ifndef SERVER_API_SWEEP_GRID_H
#define SERVER_API_SWEEP_GRID_H

#include <jansson.h>

#include "core/base/error.h"
#include "server/spec/spec.h"

struct grid {
    size_t n_settings, n_starts;
    int *runs;        /* [n_settings][n_starts]; -1: there is no such run */
    json_t *settings; /* list of {pointer: value}, owned; in the order of their values if there is
                         one axis and those are numbers, else as in the sweep */
    json_t *starts;   /* list of {pointer: value}, owned */
    int is_ordered;   /* the former */
};

/* Caller's memory. -1 with ERROR_MEMORY, and then nothing to clear. */
int grid_init(struct grid *grid, const struct spec *spec, struct error *error);
void grid_clear(struct grid *grid);

/* The only setting axis' pointer if is_ordered, and a setting's value on it. */
const char *grid_axis(const struct grid *grid);
double grid_value(const struct grid *grid, size_t setting);

/* What a setting has, by the names of its fields: "units 8, learning_rate 0.0004", in four digits
 * where these tell it from all other settings' values; of a value that is long, as a list may be,
 * "setting 2". malloc'ed; NULL on memory failure. */
char *grid_print(const struct grid *grid, size_t setting);

#endif
