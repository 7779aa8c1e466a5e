/* A replay: the run, or one like it, trained again by the same blocks.
 *
 * Up to BLOCK_RUNS_MAX variants of one training go side by side. `subject->stop` is asked between
 * calls of a few milliseconds. */
#ifndef CORE_EXPLAIN_VERDICT_REPLAY_H
#define CORE_EXPLAIN_VERDICT_REPLAY_H

#include "core/base/error.h"
#include "core/explain/derivative.h"
#include "core/explain/subject.h"

struct replay {
    const struct subject *subject;
    struct block *block;
    int n_runs;
    double *records; /* what a call recorded, not kept */
    int series_at;   /* of those, the one that is watched */
    double lowest;   /* of what run 0's watched series was so far; infinite before the first */
    int64_t lowest_epoch; /* the first epoch with it */
};

/* One variant: from where, and with which multiple of the run's own learning rates. */
struct replay_run {
    const double *parameters; /* start values */
    double pace;
};

/* From the run's start, or another, with what its optimizer began with, for as many epochs as the
 * training has, or more when it needs not know its last. -1 with ERROR_MEMORY, and then nothing to
 * close. */
int replay_open(struct replay *replay, const struct subject *subject,
                const struct replay_run *runs, int n_runs, int64_t epochs, struct error *error);

/* The same to watch one series, of an epoch's last parameters: SERIES_END_LOSS, or
 * SERIES_VALIDATION_LOSS on `validation` (borrowed until closed; NULL for the former). */
int replay_open_to_watch(struct replay *replay, const struct subject *subject,
                         const struct replay_run *runs, int n_runs, int64_t epochs,
                         enum series series, const struct dataset *validation,
                         struct error *error);

void replay_close(struct replay *replay); /* also one that is all zero */

/* The same from where `from`'s run 0 stands, its optimizer's memory and sample order included, with
 * its present rate times each pace, constant. */
int replay_continue(struct replay *replay, const struct replay *from, const double *paces,
                    int n_runs, int64_t epochs, struct error *error);

/* Trains until `epoch` epochs are finished or no run is left. -1 with ERROR_BUSY when told to
 * stop. */
int replay_to(struct replay *replay, int64_t epoch, struct error *error);

/* The same, showing `look` the watched series of each epoch, from 1, of each run that has finished
 * it; until that says 1, which may be some epochs earlier than where the runs then stand. */
int replay_watch(struct replay *replay, int64_t epoch,
                 int (*look)(void *context, int run, int64_t epoch, double value), void *context,
                 struct error *error);

/* Trains one update of every run, those of an epoch that is cut in its batches. */
void replay_step(struct replay *replay);

/* The samples of the next epoch in the order of the visit: see block_next_rows. A run that went on
 * from another's state goes on with its orders, too. */
const uint32_t *replay_next_rows(const struct replay *replay);

/* Run 0's learning rate in its next epoch; and at present: that of its last epoch, or where it
 * follows a plateau, of the next. */
double replay_next_rate(const struct replay *replay);
double replay_rate(const struct replay *replay);

int64_t replay_epoch(const struct replay *replay, int run);
int replay_is_finite(const struct replay *replay, int run); /* has not diverged */
void replay_present(const struct replay *replay, int run, double *out_parameters);

/* Trains n epochs more, noting the loss of each epoch's last parameters: out [n][n_runs], infinite
 * for a run that diverged. */
int replay_end_losses(struct replay *replay, struct derivative *derivative, int64_t n,
                      double *out_losses, struct error *error);

/* A place to come back to: the runs as they stand at an epoch's end. */
struct replay_mark {
    void *bytes; /* [n_runs] checkpoints */
};

int replay_mark(const struct replay *replay, struct replay_mark *mark, struct error *error);
int replay_return(struct replay *replay, const struct replay_mark *mark, struct error *error);
void replay_mark_clear(struct replay_mark *mark);

#endif
