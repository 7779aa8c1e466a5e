/* Kernels timed without a block around them: the hand-written one, and the core's own when it need
 * not record. What the block and the recording cost is the difference. */
#ifndef TESTS_BENCH_BARE_H
#define TESTS_BENCH_BARE_H

#include "tests/bench/work.h"

/* What they work in. */
struct bare;

/* For a work whose network, data and start values are ready; NULL without memory, or, *out_is_there
 * 0, on a processor without such a kernel. */
struct bare *bare_create(const struct work *work, int *out_is_there);
void bare_destroy(struct bare *bare); /* NULL is fine */

/* Trains so many epochs on. losses [epochs][runs] by hand; the core's kernel records none, and
 * trains the same number of samples. */
void bare_train(struct bare *bare, int64_t epochs, double *losses);

/* Present parameters of a run. */
void bare_parameters(const struct bare *bare, int run, double *out_parameters);

#endif
