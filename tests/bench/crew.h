/* A crew: blocks trained at the same time, each on a processor of its own, as by the server's
 * workers. */
#ifndef TESTS_BENCH_CREW_H
#define TESTS_BENCH_CREW_H

#include <stdint.h>

#include "core/train/block/block.h"

enum { CREW_MAX = BLOCK_RUNS_MAX };

/* How many processors this process may use, at most CREW_MAX. */
int crew_size(void);

/* Trains n blocks, 1 to crew_size(), by `epochs` each. *out_s: the seconds that passed, an epoch,
 * those of starting the threads too. 0; -1 where a thread could not be started. */
int crew_train(struct block *const *blocks, int n, int64_t epochs, double *out_s);

#endif
