/* A job: a block of one experiment's runs in training, and its commits. */
#ifndef SERVER_LAB_TRAIN_JOB_H
#define SERVER_LAB_TRAIN_JOB_H

#include "core/base/error.h"
#include "core/train/block/block.h"
#include "server/engine/engine.h"
#include "server/lab/shelf.h"

struct job; /* one worker at a time uses it; its own, no lock */

/* Begins with runs[0] and as many of the others as can be trained in lockstep with it (same shape,
 * data, order, length and starting epoch): claims them, builds their data and parameters, goes on
 * from their checkpoints. *out_n: how many of runs[] were dealt with, from the front; the others
 * are untouched. NULL without an error when none of those needs training (fenced, or ended as
 * failed because they could not be built). NULL with an error: runs[*out_n] could not be begun; for
 * ERROR_STORAGE and ERROR_MEMORY it may be later. The engine is borrowed until job_close. */
struct job *job_begin(struct engine *engine, const struct study *study, const int *runs,
                      int n_runs, int *out_n, struct error *error);

enum job_result {
    JOB_MORE,  /* goes on in a later slice */
    JOB_ENDED, /* every run has ended or was fenced: close it */
    JOB_STUCK  /* a commit failed; nothing is lost, a later slice tries again */
};

/* Trains for about `slice_ms` and commits what whole epochs were reached. */
enum job_result job_slice(struct job *job, int slice_ms, struct error *error);

/* Ends every unfinished run as failed with `message` (best effort). */
void job_fail(struct job *job, const char *message);

/* Frees the job. With `release` its unfinished runs go back to the engine's queue. */
void job_close(struct job *job, int release);

/* Commits as failed a run that could not even be begun. */
void job_refuse(struct engine *engine, const char *id, int run, const char *message);

#endif
