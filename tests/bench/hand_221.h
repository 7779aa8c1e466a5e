/* Kernels written by hand for the report's network alone: the yardstick for the generic core.
 *
 * 2-2-1, relu, one sample a batch, samples in their own order, losses recorded: nothing else. No
 * room is left for another size, optimizer, order or activation; the bits are the core's. */
#ifndef TESTS_BENCH_HAND_221_H
#define TESTS_BENCH_HAND_221_H

#include <stddef.h>

enum { HAND_PARAMETERS = 9, HAND_LANES = 16 };

/* lanes is 1 or HAND_LANES; parameters and steps are aligned to 64 bytes. */
struct hand_task {
    const double *features; /* [n_samples][2] */
    const double *targets;  /* [n_samples] */
    size_t n_samples;
    size_t n_epochs;
    double *parameters;  /* [HAND_PARAMETERS][lanes], in the order of a network's flat block */
    const double *steps; /* [lanes] */
    double *losses;      /* out, [n_epochs][lanes] */
};

/* One run, without vectors. */
void hand_221_one(const struct hand_task *task);

/* HAND_LANES runs, one in each lane, in the widest vectors this processor has; NULL if it has none
 * that this was written for. */
void (*hand_221_all(void))(const struct hand_task *task);

/* Its parts. */
void hand_221_all_avx2(const struct hand_task *task);
void hand_221_all_avx512(const struct hand_task *task);

#endif
