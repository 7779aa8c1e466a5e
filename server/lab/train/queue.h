/* The queue: which experiment gets a worker next.
 *
 * Fair between experiments: they stand in a ring; whoever was served goes to its end. What is
 * served is a slice of about 100 ms, so an experiment of a million epochs never holds up one of a
 * thousand. Within an experiment, work that was begun goes on before new runs start. */
#ifndef SERVER_LAB_TRAIN_QUEUE_H
#define SERVER_LAB_TRAIN_QUEUE_H

#include "core/base/error.h"
#include "core/train/block/block.h"
#include "server/engine/engine.h"

struct job;   /* runs in training, see job.h */
struct queue; /* one mutex and one condition inside; any thread */

struct queue *queue_create(int n_workers, struct error *error);
void queue_destroy(struct queue *queue); /* no worker may use it; paused jobs must be taken out */

/* Adds an experiment with its waiting runs (copied). -1 with ERROR_MEMORY. */
int queue_add(struct queue *queue, const char *id, const int *runs, int n_runs,
              struct error *error);

/* A turn for one worker: either a job to go on with, or runs to begin, never both. */
struct turn {
    char id[ENGINE_ID_BYTES];
    struct job *job;
    int runs[BLOCK_RUNS_MAX];
    int n_runs;
};

/* Waits for a turn; 0 when the queue was closed. Every turn must be ended with queue_end_turn. */
int queue_take(struct queue *queue, struct turn *out_turn);

/* Ends the turn. `job` (or NULL) waits for the experiment's next turn; runs[n_runs] go back to the
 * front of those waiting. Returns 1 if they were kept, 0 if the experiment was dropped or the
 * queue closed meanwhile: then the caller keeps the job. */
int queue_end_turn(struct queue *queue, const struct turn *turn, struct job *job, const int *runs,
                   int n_runs);

/* Forgets an experiment (cancelled, deleted). Its paused jobs are handed to `close`, unlocked. */
typedef void (*queue_close_fn)(void *context, struct job *job);
void queue_drop(struct queue *queue, const char *id, queue_close_fn close, void *context);

/* Wakes every waiting worker for good. */
void queue_close(struct queue *queue);

/* Waits until the queue is closed, at most `timeout_ms`; 1 if it is closed. */
int queue_wait_closed(struct queue *queue, int timeout_ms);

/* After close, with no worker left: hands out every paused job. */
void queue_empty(struct queue *queue, queue_close_fn close, void *context);

/* How many experiments have work and how many runs have not begun. */
void queue_length(struct queue *queue, int *out_experiments, int *out_runs);

#endif
