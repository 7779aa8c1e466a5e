/* The explainer: explains every run that has ended, while no run waits to begin.
 *
 * All runs are explained as far as goes without training anything again, first; then each with its
 * re-runs and searches. It thinks in processor time that nobody else wants (SCHED_IDLE), does not
 * begin, and breaks off, while runs in the queue have not begun; those that train in turns do not
 * count. What is left is read from the engine, so after a restart it goes on. */
#ifndef SERVER_LAB_EXPLAIN_EXPLAINER_H
#define SERVER_LAB_EXPLAIN_EXPLAINER_H

#include <time.h>

#include "core/base/error.h"
#include "server/engine/engine.h"
#include "server/lab/shelf.h"

struct explainer;

struct explainer_config {
    struct engine *engine; /* borrowed, as all */
    struct shelf *shelf;
    int end_ms, full_ms; /* of processor time, for an explanation without re-runs and with */
    int (*must_wait)(void *context); /* runs have not begun; any thread, cheap */
    void (*tell)(void *context, const char *id); /* an explanation was stored */
    void *context;
};

/* Starts its threads. NULL with ERROR_MEMORY. */
struct explainer *explainer_create(const struct explainer_config *config, struct error *error);

/* Ends its threads if they leave before `until` of the monotonic clock: within milliseconds, unless
 * others have all of the processor. 1 if they did. Nothing is explained after it. NULL is fine. */
int explainer_stop(struct explainer *explainer, const struct timespec *until);
void explainer_destroy(struct explainer *explainer); /* stopped; NULL is fine */

/* Runs may have ended. Any thread. */
void explainer_wake(struct explainer *explainer);

/* Breaks off what it does for this experiment, which was deleted. Any thread. */
void explainer_interrupt(struct explainer *explainer, const char *id);

#endif
