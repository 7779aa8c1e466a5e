/* What the files of a spec share. Others see spec.h and plan.h alone. */
#ifndef SERVER_SPEC_SPEC_INSIDE_H
#define SERVER_SPEC_SPEC_INSIDE_H

#include "server/spec/spec.h"
#include "server/spec/sweep/sweep.h"

struct spec {
    json_t *json; /* normalised */
    struct library *library; /* the files its data sets come from */
    json_t *runs; /* list of each run's {"dataset", "network", "training"} */
    struct scaling **scalings; /* [n_runs], of the first run with each data set; else NULL */
    struct scaling **target_scalings; /* the same */
    struct sweep sweep;
};

/* Run `run`'s "dataset", "network" or "training"; borrowed. */
const json_t *spec_section(const struct spec *spec, int run, const char *name);

#endif
