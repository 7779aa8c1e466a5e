/* Candidates: runs that could be trained together, loaded but not claimed yet. */
#ifndef SERVER_LAB_TRAIN_CANDIDATE_H
#define SERVER_LAB_TRAIN_CANDIDATE_H

#include "core/base/error.h"
#include "server/engine/engine.h"
#include "server/lab/shelf.h"
#include "server/spec/plan.h"

struct candidate {
    int run;
    struct run_plan plan; /* only the first one's has the data set */
    void *checkpoint;     /* where it goes on, or the plan's start; NULL: from the start values */
    size_t checkpoint_bytes;
    int64_t epoch;   /* where the checkpoint stands */
    int64_t keep;    /* epochs to keep one by one */
    unsigned series; /* the set of those to commit: the first ones of those the block records */
    struct engine_record best; /* so far, by what is monitored */
    int64_t trained_ms;        /* likewise the time spent */
};

/* Loads runs[0] and those after it that go in lockstep with it (same shape, data, order, length and
 * starting epoch), as many as are best trained together, into candidates[BLOCK_RUNS_MAX]. Returns
 * how many, each to be cleared, or -1 with the error of runs[0]; a later run that can't be loaded
 * only ends the row. */
int candidates_gather(struct engine *engine, const struct study *study, const int *runs,
                      int n_runs, struct candidate *candidates, struct error *error);

void candidate_clear(struct candidate *candidate);

#endif
