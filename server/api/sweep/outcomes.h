/* What all runs of an experiment came to: the losses of their last parameters, and their fates. */
#ifndef SERVER_API_SWEEP_OUTCOMES_H
#define SERVER_API_SWEEP_OUTCOMES_H

#include "core/data/split.h"
#include "core/explain/sweep/summary.h"
#include "server/engine/engine.h"
#include "server/lab/shelf.h"

/* Numbers multiplied for it, at most: about two seconds' worth. */
#define OUTCOMES_WORK_MAX 4e9

/* Fills outcomes[n_runs] by the samples of `part`, which every run must have: the mean loss of the
 * parameters at a run's end, without whatever else changed while they moved. -1 with ERROR_INVALID
 * (no such samples), ERROR_TOO_LARGE, ERROR_MEMORY or ERROR_STORAGE. */
int outcomes_find(struct engine *engine, const struct study *study, enum part part,
                  struct outcome *outcomes, struct error *error);

#endif
