/* Training kernels: each trains, and scores, the runs of a block in lockstep, one run per lane of a
 * vector; or, of width 1, one run after the other, the samples of a batch in the lanes
 * (core/train/batch).
 *
 * The first are instances of one core (core.h), the others of batch.h, which takes loss, slopes and
 * updates from there. Those of one arithmetic give every run the same bits; they differ in what
 * their vectors hold, how wide those are, in the processor they need, and in whether they know the
 * network's sizes beforehand. kernel_pick chooses.
 *
 * Layout of a value per parameter and lane, [n_vectors][n_parameters][width]: each vector's runs
 * have a block of their own, in which the lanes of one parameter stand side by side. Values per
 * lane, [lanes], stand in the order of the lanes: vector by vector. All but the losses and, for one
 * lane, the settings are aligned to 64 bytes. */
#ifndef CORE_TRAIN_KERNEL_KERNEL_H
#define CORE_TRAIN_KERNEL_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "core/model/network.h"
#include "core/train/training.h"

enum { KERNEL_LANES_MAX = 16 };

/* How far a step goes: what an error is multiplied with in a whole batch and in a last, smaller
 * one; and the learning rate, which a plain SGD has in those already. */
enum pace { PACE_WHOLE, PACE_LAST, PACE_RATE, PACE_COUNT };

/* A stretch of training: n_steps samples from `position` of the present epoch on, across the ends
 * of epochs and batches. What it reaches is all in the arrays, so that stretches can be cut
 * anywhere. */
struct kernel_task {
    const struct network *network;
    enum loss loss;
    enum optimizer optimizer;
    const double *features; /* [n_samples][n_inputs] */
    const double *targets;  /* [n_samples][n_outputs] */
    size_t n_samples;
    size_t batch_size; /* 1..n_samples */
    size_t position;   /* 0..n_samples-1 */
    size_t n_steps;
    const uint32_t *order; /* row of the data set at each position of the present epoch */
    size_t order_stride;   /* entries from one epoch's order to the next one's */
    int lanes;             /* a multiple of the kernel's width, at most KERNEL_LANES_MAX */
    double *parameters;    /* per parameter and lane */
    double *gradients;     /* the same: sums of the batch under way; NULL for a plain SGD on batches
                              of one sample */
    double *slots[OPTIMIZER_SLOTS_MAX]; /* the same: what the optimizer remembers, or NULL */
    double *powers[OPTIMIZER_POWERS];   /* [lanes] each: beta1^t and beta2^t, or NULL */
    const double *settings; /* [SETTING_COUNT][lanes] */
    int has_penalty, has_clip; /* see optimizer.h; the same for all runs */
    double *totals;        /* [lanes]: sum of the losses of the epoch under way */
    const double *paces;   /* [epochs touched][PACE_COUNT][lanes] */
    size_t paces_stride;   /* doubles from one epoch's paces to the next one's; 0: all have these */
    double *scratch;       /* [kernel_scratch] */
    double *losses;        /* out, [epochs finished][lanes]: their printed losses */
    double *check;         /* out, [lanes]: 0, or NaN if a loss or a parameter is not finite */
};

/* Samples in a row to be scored with the parameters as they are. */
struct kernel_score_task {
    const struct network *network;
    enum loss loss;
    const double *features; /* [n_samples][n_inputs] */
    const double *targets;  /* [n_samples][n_outputs] */
    size_t n_samples;
    int lanes;                /* a multiple of the kernel's width, at most KERNEL_LANES_MAX */
    const double *parameters; /* per parameter and lane */
    double *scratch;          /* [kernel_scratch] */
    double *totals; /* [lanes]: the samples' losses are added to it, one after the other */
    double *right;  /* [lanes]: likewise how many are told right, see core/model/hit_lanes.h */
};

/* What a processor must have. */
enum kernel_processor { KERNEL_ANY_PROCESSOR, KERNEL_AVX2, KERNEL_AVX2_FMA, KERNEL_AVX512 };

struct kernel {
    const char *name; /* "2-2-1 relu", "any size" */
    enum arithmetic arithmetic;
    enum kernel_processor processor;
    int width;                   /* runs in a vector */
    const struct network *shape; /* the only network it trains; NULL: any */
    void (*train)(const struct kernel_task *task);
    void (*score)(const struct kernel_score_task *task);
    int samples;                 /* of a batch, side by side in a vector; 0: vectors hold runs */
    int steps; /* 0: trains by plain SGD alone. With a shape, otherwise on batches of one sample */
};

/* All kernels compiled in; NULL past the last. The first is the exact reference. */
const struct kernel *kernel_at(int i);

/* The one-lane kernel for any size and any processor: its bits are those of all kernels of this
 * arithmetic, and it replays single runs. */
const struct kernel *kernel_reference(enum arithmetic arithmetic);

/* "any", "avx2", "avx2 and fma", "avx512". */
const char *kernel_processor_name(enum kernel_processor processor);

/* 1 if this processor can run it; 1 if it trains this network in this way. */
int kernel_runs_here(const struct kernel *kernel);
int kernel_suits(const struct kernel *kernel, const struct network *network,
                 const struct training *training);

/* The best kernel here for n_runs (1..KERNEL_LANES_MAX) runs of the network, trained so; never
 * NULL. */
const struct kernel *kernel_pick(const struct network *network, const struct training *training,
                                 int n_runs);

/* Lanes it needs for n_runs runs: the next multiple of its width. */
int kernel_lanes(const struct kernel *kernel, int n_runs);

/* Where parameter `parameter` of a lane stands. */
size_t kernel_offset(const struct kernel *kernel, size_t n_parameters, size_t parameter, int lane);

/* Doubles of scratch its tasks need. */
size_t kernel_scratch(const struct kernel *kernel, const struct network *network,
                      const struct training *training);

#endif
