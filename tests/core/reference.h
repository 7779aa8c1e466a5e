/* Training written a second time, plainly, for the kernels to be compared with: naive loops over
 * doubles, one run, whole gradients; nothing of core/train but its header. */
#ifndef TESTS_CORE_REFERENCE_H
#define TESTS_CORE_REFERENCE_H

#include <stdint.h>

#include "core/base/math/rng.h"
#include "core/data/dataset.h"
#include "core/model/network.h"
#include "core/train/block/block.h"
#include "core/train/training.h"
#include "tests/core/same.h"

/* Trains `parameters` in place for up to training->epochs epochs and writes each finished epoch's
 * printed loss, which is monitored, but stops nothing. A run that diverges ends as block.h says. */
struct block_state reference_train(const struct network *network, const struct dataset *dataset,
                                   const struct training *training, double *parameters,
                                   double *losses);

/* What a sample does. */
struct reference_step {
    enum arithmetic arithmetic;
    enum loss loss;
    double scale;           /* what an error is multiplied with */
    const double *features; /* of the sample */
    const double *targets;
    double *outputs; /* out, unless NULL: the network's, of the sample */
};

/* One sample's loss; sums, if not NULL, gets for every parameter base[p] plus its descent (minus
 * the slope of its sum over the outputs, of the squared error of half of it, times scale), or
 * without a base the descent alone. */
double reference_sample(const struct network *network, const double *parameters,
                        const struct reference_step *step, const double *base, double *sums);

/* The mean loss of all samples, in their order, and the share of those whose class is told right
 * (of a cross-entropy). */
double reference_score(const struct network *network, const struct dataset *dataset,
                       const struct training *training, const double *parameters,
                       double *out_accuracy);

/* What the comparisons train: everything random, from one stream. */
struct reference_case {
    struct network network;
    struct training training;
    struct dataset *dataset;
    double *parameters; /* start values of run 0 */
};

enum { REFERENCE_UNITS_MAX = 13, REFERENCE_SMALL_UNITS = 3, REFERENCE_SMALL_SAMPLES = 5 };

/* A random case with up to 4 layers of up to REFERENCE_UNITS_MAX units and up to 40 samples; the
 * caller clears it. */
void reference_case_init(struct reference_case *it, struct rng *rng, int64_t epochs);
/* Makes it one of any loss, optimizer, penalty, limit and schedule; it was a plain one before. */
void reference_case_vary(struct reference_case *it, struct rng *rng);
/* Calls `check` with a small case of every activation, loss and 1 to `depth` layers of
 * REFERENCE_SMALL_UNITS units, whose outputs and targets the loss is made for: no number in it is
 * 0, where many losses and activations have a kink. Of its training only the loss is set. Softmax
 * has one layer. Returns how many there were. */
int reference_each_small(uint32_t seed, int depth,
                         void (*check)(struct reference_case *it, void *context), void *context);
void reference_case_clear(struct reference_case *it);

/* A data set of small random values for the network. Aborts without memory, as a test may. */
struct dataset *reference_dataset(struct rng *rng, const struct network *network, size_t n_samples);
double *reference_parameters(struct rng *rng, const struct network *network, double scale);

#endif
