/* A rehearsal: one run of a spec, trained here and now and stored nowhere. */
#ifndef SERVER_LAB_EXPLAIN_REHEARSAL_H
#define SERVER_LAB_EXPLAIN_REHEARSAL_H

#include "core/explain/subject.h"
#include "server/spec/plan.h"

struct rehearsal {
    struct run_plan plan;
    double *parameters; /* at its end, owned */
    double first_loss;  /* printed, of epoch 1; NaN: there was none */
    struct subject subject; /* borrows from all of the above */
};

/* Trains run `run` to its end. `stop` is asked every few milliseconds: 1 gives up with ERROR_BUSY.
 * -1 also with ERROR_MEMORY; then there is nothing to clear. The spec must live as long. */
int rehearsal_init(struct rehearsal *rehearsal, const struct spec *spec, int run,
                   int (*stop)(void *context), void *context, struct error *error);
void rehearsal_clear(struct rehearsal *rehearsal);

#endif
