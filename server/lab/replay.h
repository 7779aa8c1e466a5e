/* Replay: what a run's history does not keep, trained again from a kept checkpoint.
 *
 * A run is a function of its spec, so the bits are those of the first time. */
#ifndef SERVER_LAB_REPLAY_H
#define SERVER_LAB_REPLAY_H

#include "core/base/error.h"
#include "core/explain/step/walk.h"
#include "server/engine/engine.h"
#include "server/lab/shelf.h"
#include "server/spec/plan.h"

/* A replay may take REPLAY_MS; a later one that must train too refuses while REPLAYS_MAX do, so
 * that a reader who asks for much cannot take every desk. One that will take much longer is refused
 * as soon as its pace is known, after about PACE_MS. */
enum { REPLAY_MS = 10000, REPLAYS_MAX = 1, PACE_MS = 100 };

/* Asked every few milliseconds: 1 gives up. */
typedef int (*replay_stop_fn)(void *context);

/* Which run, and who may stop it. All borrowed. */
struct replay_wish {
    struct engine *engine;
    const struct study *study;
    int run;
    replay_stop_fn stop;
    void *context;
    /* Where one answer takes several replays, else 0: by when all must be done, on the monotonic
     * clock, and how many samples are to be trained on in those after this one. */
    int64_t until_ns, n_samples_after;
};

/* The records of the epochs from..to, all of which must be committed, into out[to - from + 1][of
 * each of `series`], a set of those the run records: read where they are kept, and only behind
 * those trained again. -1 with ERROR_TOO_LARGE when it would take, or has taken, more than its time
 * (the text says how much and what is allowed), ERROR_BUSY when others are under way or `stop` said
 * so, or another error. Any thread. */
int replay_records(const struct replay_wish *wish, unsigned series, int64_t from, int64_t to,
                   double *out, struct error *error);

/* The run's plan without its data and its parameters after `epoch` whole epochs, 0 to the committed
 * ones; the caller's to clear and free. Fails likewise. */
int replay_parameters(const struct replay_wish *wish, int64_t epoch, struct run_plan *out_plan,
                      double **out_parameters, struct error *error);

/* The parameters after each of n ascending numbers of epochs, into out [n][n_parameters]. Fails
 * likewise. */
int replay_path(const struct replay_wish *wish, const int64_t *epochs, size_t n, double *out,
                struct error *error);

/* The run's plan with its data, and a walk of epoch 1 to one past the committed ones, which borrows
 * from the plan; both the caller's to clear, and out_plan to stay where it is. The epoch in which a
 * run diverged is one past its last. Fails likewise. */
int replay_walk(const struct replay_wish *wish, int64_t epoch, struct run_plan *out_plan,
                struct walk *out_walk, struct error *error);

/* Likewise the run's checkpoint after `epoch`, malloc'ed. Nothing is trained, and nobody else is in
 * the way, where one is kept of that epoch. */
int replay_checkpoint(const struct replay_wish *wish, int64_t epoch, void **out_bytes,
                      size_t *out_n_bytes, struct error *error);

#endif
