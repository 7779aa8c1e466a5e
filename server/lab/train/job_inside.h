/* What the files of a job share. Others see job.h alone. */
#ifndef SERVER_LAB_TRAIN_JOB_INSIDE_H
#define SERVER_LAB_TRAIN_JOB_INSIDE_H

#include "core/train/block/block.h"
#include "server/engine/engine.h"
#include "server/lab/explain/observer.h"
#include "server/lab/train/intake.h"
#include "server/lab/train/job.h"

struct lane {
    struct engine_claim claim;
    int64_t committed; /* epochs */
    int ended;         /* finished or fenced: nothing more to commit */
    int64_t before_ns; /* spent training by attempts before this */
    double seconds;    /* it may take; 0: any */
};

struct job {
    struct engine *engine;
    struct dataset *dataset, *validation;
    struct block *block;
    struct observer *observer; /* NULL: nobody looks at its runs */
    int n_lanes;
    struct lane lanes[BLOCK_RUNS_MAX];
    int n_runs;         /* of the experiment */
    int64_t steps;      /* samples a call is given */
    int64_t steps_min;  /* fewer would cost more in copies than in training */
    int64_t call_ns;    /* how long that is to take */
    int64_t trained_ns; /* spent in training */
    struct intake intake;
    unsigned char *checkpoints; /* [n_lanes][checkpoint_bytes] */
    size_t checkpoint_bytes;
};

/* Commits every run, all at once; the records are dropped only when all are safe. */
int job_commit(struct job *job, struct error *error);

#endif
