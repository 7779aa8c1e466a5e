/* A number from elsewhere, held against the curves of a sweep. */
#ifndef SERVER_API_SWEEP_CLAIM_H
#define SERVER_API_SWEEP_CLAIM_H

#include "core/explain/sweep/effective_time.h"
#include "server/api/call/call.h"
#include "server/api/sweep/grid.h"

/* Reads "RATE,EPOCHS,LOSS". 0, or -1. */
int claim_read(const char *text, struct time_claim *out);

/* {"verdict", "run", "epoch", "loss", "fitting_rate", "text"}: the claim beside the runs of the
 * first start that are plain SGD with one rate; of several starts a claim that does not fit tells
 * nothing, as it may be another's. NULL with the error filled. At a desk. */
json_t *claim_json(struct call *call, const struct study *study, const struct grid *grid,
                   const struct time_claim *claim, struct error *error);

#endif
