/* What the benchmark times: trainings of a network, a number of runs and an order.
 *
 * Nearly all go through blocks as the server uses them, their losses recorded, on the kernel that
 * kernel_pick takes. A sweep of more runs than a block holds has several blocks, trained in turn. */
#ifndef TESTS_BENCH_WORK_H
#define TESTS_BENCH_WORK_H

#include <stddef.h>
#include <stdint.h>

#include "core/data/dataset.h"
#include "core/train/block/block.h"

struct kernel;

enum { WORK_RUNS_MAX = 256, WORK_BLOCKS_MAX = WORK_RUNS_MAX / BLOCK_RUNS_MAX };

enum work_way {
    WORK_PICKED,   /* blocks on the kernel that kernel_pick takes */
    WORK_END_LOSS, /* the same, which record every epoch's end loss, too */
    WORK_ANY_SIZE, /* blocks on the best kernel for any size, though there is one for this size */
    WORK_SILENT,   /* the picked kernel alone, in epochs so long that hardly a loss is recorded */
    WORK_HAND      /* the hand-written 2-2-1 kernel */
};

struct work_spec {
    const char *key;   /* in the JSON */
    const char *shape; /* "2-2-1" */
    enum activation hidden;
    int n_runs; /* up to BLOCK_RUNS_MAX, or a multiple of it up to WORK_RUNS_MAX */
    size_t n_samples;
    size_t batch_size;
    enum order order;
    enum work_way way;
    enum arithmetic arithmetic;
};

struct work {
    const struct work_spec *spec;
    struct network network;
    struct dataset *dataset;
    double *parameters; /* start values, of every run */
    int n_blocks;       /* 0 when it goes another way */
    struct block *blocks[WORK_BLOCKS_MAX];
    struct bare *bare; /* that other way, or NULL */
    double *losses; /* as many as a job of the server has room for */
    int64_t epochs; /* of a slice, by each block */
    double flops;   /* of one run's update by one sample */
};

/* All that are timed; NULL key past the last. The first is the one others are compared with: one
 * run of the report's network. */
extern const struct work_spec work_specs[];

/* Multiplications and additions of one run's update by one sample; none of the activations'. */
double work_flops(const struct network *network);

/* Builds it and finds out how many epochs take about slice_s. 0; 1 if this processor has no kernel
 * for it; -1 and a message printed. */
int work_init(struct work *work, const struct work_spec *spec, double slice_s);
void work_clear(struct work *work);

/* Trains a slice; processor seconds per run and sample. */
double work_slice(struct work *work);

/* Trains so many epochs on; losses [epochs][series][runs of a block], of several blocks the last
 * one's. */
void work_train(struct work *work, int64_t epochs, double *losses);

/* A block of the work's runs from `first` on, at their beginning, on a kernel (NULL: picked). */
struct block *work_block(const struct work *work, int first, const struct kernel *kernel);

/* How run `run` is trained, and how many there are in a block. */
struct training work_training(const struct work *work, int run);
int work_block_runs(const struct work *work);

/* How many numbers it records of an epoch of each run. */
int work_n_series(const struct work *work);

/* "2-2-1 relu x8", "any size x1", "by hand": what trains it. In out[size]. */
void work_kernel_name(const struct work *work, char *out, size_t size);

#endif
