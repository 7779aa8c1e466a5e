/* A sweep: several runs from one spec, each with other values at some pointers.
 *
 * An axis is a pointer and its values; several axes make a grid, the last one changing fastest. A
 * later axis may lie inside an earlier one (first whole start values, then their seed), not the
 * other way round. */
#ifndef SERVER_SPEC_SWEEP_SWEEP_H
#define SERVER_SPEC_SWEEP_SWEEP_H

#include <jansson.h>

#include "server/spec/faults.h"
#include "server/spec/option/options.h"

/* What an axis changes, and what a check depends on: bits. */
enum { SWEEP_DATASET = 1, SWEEP_NETWORK = 2, SWEEP_TRAINING = 4, SWEEP_ALL = 7 };

/* The section a pointer lies in, or 0. */
unsigned sweep_section(const char *pointer);

struct sweep_axis {
    char *pointer;
    unsigned sections; /* the one it lies in */
    json_t *given;     /* the list or range, normalised */
    json_t *values;    /* a list; NULL: the axis is at fault and changes nothing */
    int n_values;      /* 1 when at fault */
    int stride;        /* runs from one value to the next */
};

/* Caller's memory, zeroed before sweep_init. */
struct sweep {
    int n_runs; /* at least 1 */
    int n_axes;
    struct sweep_axis axes[OPTIONS_AXES_MAX];
};

/* Reads the posted `json` (NULL: no sweep, one run) over the normalised spec `base`, where sections
 * at fault are missing. An axis at fault stays, without values; so do all of them when they make
 * too many runs. Clear it in any case. */
void sweep_init(struct sweep *sweep, const json_t *json, const json_t *base, struct faults *faults);
void sweep_clear(struct sweep *sweep);

/* Which of its values an axis has in a run. */
int sweep_index(const struct sweep *sweep, int axis, int run);

/* The first run with the same values in all axes of these sections, and whether it is this one. */
int sweep_first(const struct sweep *sweep, int run, unsigned sections);
int sweep_is_first(const struct sweep *sweep, int run, unsigned sections);

/* How many runs are the first ones in that sense. */
int sweep_n_different(const struct sweep *sweep, unsigned sections);

/* 1 if an axis at fault lies in these sections, so that they cannot be judged. */
int sweep_is_unsure(const struct sweep *sweep, unsigned sections);

/* `base` with a run's values in their places; shares the rest with it. A new reference; NULL with
 * faults. */
json_t *sweep_apply(const struct sweep *sweep, int run, const json_t *base, struct faults *faults);

/* Takes a run's values over as they stand in its normalised spec. 0, or -1 for memory. */
int sweep_adopt(struct sweep *sweep, int run, const json_t *normalised);

/* Where the user finds the value behind `pointer` of a run's spec: 1 and the place inside the
 * sweep, or 0 and the same pointer when no axis lies above it. */
int sweep_origin(const struct sweep *sweep, int run, const char *pointer,
                 char out[FAULT_POINTER_BYTES]);

/* {pointer: value} of a run, a copy. A new reference; NULL on memory failure. */
json_t *sweep_overrides(const struct sweep *sweep, int run);

/* {pointer: list or range}, sharing them. A new reference; NULL on memory failure. */
json_t *sweep_json(const struct sweep *sweep);

#endif
