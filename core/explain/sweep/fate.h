/* Fates: what became of a run, told from its last parameters and its data. */
#ifndef CORE_EXPLAIN_SWEEP_FATE_H
#define CORE_EXPLAIN_SWEEP_FATE_H

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/model/network.h"

/* The first of these that holds. */
enum fate {
    FATE_DIVERGED,    /* the loss was no longer finite */
    FATE_COLLAPSED,   /* the same outputs for every sample, to 1e-9 of their targets' spread */
    FATE_AFFINE,      /* no hidden unit bends inside the data: all are linear there */
    FATE_PARTLY_DEAD, /* some relu unit of a hidden layer is 0 for every sample */
    FATE_BENDS,       /* none of these */
    FATE_COUNT
};

/* "diverged", "collapsed", "affine", "partly_dead", "bends". */
const char *fate_name(enum fate fate);

/* The fate of a run that did not diverge. 0, or -1 with ERROR_MEMORY. A network without a hidden
 * layer is affine. */
int fate_find(const struct network *network, const double *parameters,
              const struct dataset *dataset, enum fate *out, struct error *error);

#endif
