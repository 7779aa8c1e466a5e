/* A thinker: a thread that makes explanations for another in processor time that nobody else wants.
 *
 * It may get none for long on a busy machine, so it does nothing but think: it writes nothing that
 * others wait for. */
#ifndef SERVER_LAB_EXPLAIN_THINKER_H
#define SERVER_LAB_EXPLAIN_THINKER_H

#include "server/lab/explain/explanation.h"

struct thinker;

/* Starts the thread (SCHED_IDLE). NULL with ERROR_MEMORY. */
struct thinker *thinker_create(struct error *error);
void thinker_destroy(struct thinker *thinker); /* not while it thinks; NULL is fine */

/* explanation_make on its thread, which also calls wish->stop; waits for it. One at a time. */
json_t *thinker_make(struct thinker *thinker, const struct explanation_wish *wish,
                     struct error *error);

/* Lets it have its share of the processor again, where the system allows that, so that it comes to
 * its next look at wish->stop. Any thread. */
void thinker_hurry(struct thinker *thinker);

#endif
