/* What the benchmark times: trainings of a network, a number of runs and an order, through the
 * block as the server uses it, losses recorded. */
#ifndef TESTS_BENCH_WORK_H
#define TESTS_BENCH_WORK_H

#include <stddef.h>
#include <stdint.h>

#include "core/data/dataset.h"
#include "core/train/block.h"

struct work_spec {
    const char *key;   /* in the JSON */
    const char *shape; /* "2-2-1" */
    enum activation hidden;
    int n_runs;
    size_t n_samples;
    size_t batch_size;
    enum order order;
    int any_size; /* 1: on the kernel for any size, though there is one for this size */
};

struct work {
    const struct work_spec *spec;
    struct network network;
    struct dataset *dataset;
    struct block *block;
    double *losses;
    int64_t steps; /* samples a slice */
    double flops;  /* of one run's update by one sample */
};

/* All that are timed; NULL key past the last. The first is the one others are compared with: one
 * run of the report's network. */
extern const struct work_spec work_specs[];

/* Builds it and finds out how many steps take about slice_s. 0, or -1 and a message printed. */
int work_init(struct work *work, const struct work_spec *spec, double slice_s);
void work_clear(struct work *work);

/* Trains a slice; processor seconds per run and sample. */
double work_slice(struct work *work);

/* The block of a work from its beginning, on a kernel (NULL: the chosen one). */
struct block *work_block(const struct work *work, const struct kernel *kernel);

#endif
