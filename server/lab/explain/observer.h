/* An observer: what the parameters of runs in training prove, told while they train. */
#ifndef SERVER_LAB_EXPLAIN_OBSERVER_H
#define SERVER_LAB_EXPLAIN_OBSERVER_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/train/block/block.h"
#include "server/lab/train/candidate.h"

/* One worker at a time uses it. */
struct observer;

/* Observes runs of `spec` in a block, of which candidates[n] are the same ones; takes their start
 * values, borrows the dataset. What is known of the data's generator it finds out for runs that
 * will train a second and longer: it may take 20 ms. NULL with ERROR_MEMORY; also NULL, without an
 * error, where looking would take long beside training. */
struct observer *observer_create(const struct spec *spec, struct candidate *candidates, int n,
                                 const struct dataset *dataset, struct error *error);
void observer_destroy(struct observer *observer); /* NULL is fine */

/* What there is to be told of run `i` of the block, which is at an epoch's end or over, and whose
 * last printed loss is given (NaN: none): {"epoch", "state", "headline", "codes"} as text, valid
 * until the next look at it. NULL: nothing. A run that goes on is looked at once a second at most,
 * and only what is new in `codes` is told; one that has ended is always looked at and told. */
const char *observer_look(struct observer *observer, const struct block *block, int i,
                          double printed_loss, int64_t now_ns);

/* What was told last could not be stored: it is told again. NULL is fine. */
void observer_repeat(struct observer *observer);

#endif
