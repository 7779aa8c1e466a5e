/* The lab: the life of experiments, and the workers that train them. */
#ifndef SERVER_LAB_LAB_H
#define SERVER_LAB_LAB_H

#include "core/base/error.h"
#include "server/engine/engine.h"
#include "server/lab/shelf.h"
#include "server/lab/watch.h"

struct lab;

struct lab_config {
    struct engine *engine;    /* borrowed */
    int n_workers;            /* >= 1 */
    void (*notify)(void *);   /* after commits, by any thread; must not block */
    void *context;
};

/* Queues every unfinished run of the engine and starts the workers. */
struct lab *lab_create(const struct lab_config *config, struct error *error);

/* Lets the workers commit what they have, gives unfinished runs back to the engine and ends the
 * threads. After it nothing is trained; reading still works. Returns 1, or 0 when after wait_ms a
 * worker was still in the middle of a long batch, or what explains had no processor: then the lab
 * cannot be destroyed, and the process should end without; the next start goes on from what was
 * committed. */
int lab_stop(struct lab *lab, int wait_ms);

/* Waits for its workers if not stopped; every study and watch must be put back. */
void lab_destroy(struct lab *lab);

/* Stores the experiment durably, then queues its runs; unless ones of the same content (all of the
 * spec but name, predict and cache) were or are being trained, and the spec does not forbid to use
 * those: ONCE_SHARED. Takes `spec` in any case. Fills out_id. With a key (or NULL) only once, as
 * engine_submit_once says. Any thread; waits for the disk. */
enum engine_once lab_submit(struct lab *lab, struct spec *spec, const struct engine_key *key,
                            char out_id[ENGINE_ID_BYTES], struct error *error);

/* Ends every unfinished run as cancelled at its last committed epoch; *out_n how many. Durable. */
int lab_cancel(struct lab *lab, const char *id, int *out_n, struct error *error);

/* Removes the experiment and all its records. Durable. */
int lab_delete(struct lab *lab, const char *id, struct error *error);

int lab_rename(struct lab *lab, const char *id, const char *name, struct error *error);

struct engine *lab_engine(struct lab *lab);
struct shelf *lab_shelf(struct lab *lab);
struct watch_board *lab_watches(struct lab *lab);
int lab_n_workers(const struct lab *lab);
int lab_n_at_work(const struct lab *lab); /* worker threads alive: all of them until lab_stop */
/* Experiments with work, runs not begun. */
void lab_load(struct lab *lab, int *out_experiments, int *out_runs);

#endif
