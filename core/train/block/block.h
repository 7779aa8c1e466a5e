/* A block: up to BLOCK_RUNS_MAX runs of one shape, one data set and one sample order, trained in
 * lockstep, one run per vector lane; or, where a batch fills the lanes, one run after the other. A
 * run's losses and parameters never depend on how many runs share the block, on which kernel the
 * processor chose, or on how the calls are cut.
 *
 * Arithmetic: that of plain Python floats, unfused, in this order. (With ARITHMETIC_FAST the order
 * is the same, but where a product is added to a sum of weighted inputs, of weighted c_j, or to a
 * parameter or a batch's sum, that is one fused operation: other bits, and again the same ones
 * on every machine.)
 *   forward   z = (sum of weight * input by ascending input, from the first product) + bias
 *   loss      of a sample: (sum of each output's share by ascending j) / n_outputs, not divided for
 *             the categorical cross-entropy; of an output, see core/model/loss_lanes.h, which also
 *             has the descent d_j, minus the slope: for the squared error e_j * e_j and d_j = e_j,
 *             e_j = target_j - output_j. An epoch's printed loss is (sum over its samples, as
 *             visited) / n_samples, each sample scored with the parameters before its own batch's
 *             update
 *   step      s = (learning_rate * K) / n_outputs, K = 2 for the squared error's full gradient,
 *             else 1; for the mean over a batch, s / (the samples of that batch). Only a plain SGD
 *             (training_is_plain) has the learning rate in here, at its epoch's value
 *   backward  c_j = s * d_j, times the slope of the output's activation unless the loss is a
 *             cross-entropy; for a unit below, (sum of c_j * weight_j by ascending j, all weights
 *             old) times its slope, see core/model/activation_lanes.h: relu u > 0 ? c : 0.0
 *   update    plain SGD with batch_size 1: weight += c * input and bias += c, after every sample.
 *             Otherwise the same products are summed per parameter in the order the samples are
 *             visited, and after the batch parameter += sum, or what core/train/optimizer.h says
 *             of that sum; a last, smaller batch is a batch of its own size. (The sums start from
 *             -0.0, which changes no bit of what is added to it, so a batch of one sample is,
 *             unfused, the first rule exactly.)
 *
 * Series: an epoch is finished once its training is, and the parameters it ended with have been
 * scored for the series that are of them (series.h): the mean over all samples of a part, in the
 * data set's order, each by the forward and loss above. They need not be finite: an end or
 * validation loss beyond all doubles is recorded as the infinity or NaN it is and ends no run,
 * for what it is of, the parameters, is finite and may get better; and what was trained never
 * depends on what was looked at. Then the monitored one may stop the run (stop.h) or, from the next
 * epoch on, change its rate (schedule.h).
 *
 * Divergence: a run ends at the first sample after whose visit the loss summed over the epoch, or
 * (at the end of its batch) a parameter, is not finite. That epoch does not count; the parameters
 * kept are those before that batch's update, all finite. */
#ifndef CORE_TRAIN_BLOCK_BLOCK_H
#define CORE_TRAIN_BLOCK_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/model/network.h"
#include "core/train/training.h"

enum { BLOCK_RUNS_MAX = 16 };

/* One run's part in a block. */
struct block_run {
    const struct training *training; /* alike as training_in_lockstep says */
    const double *parameters;        /* start values [network_n_parameters] */
};

/* What a block is made of. */
struct block_parts {
    const struct network *network;
    const struct dataset *dataset;    /* trained on */
    const struct dataset *validation; /* of the same columns; NULL: none */
    const struct block_run *runs;
    int n_runs;
    const struct kernel *kernel; /* must suit the network and run here; NULL: the best */
};

enum block_status { BLOCK_RUNNING, BLOCK_DONE, BLOCK_DIVERGED };

/* Where a run stands. */
struct block_state {
    enum block_status status;
    enum stopped stopped;    /* why it is done, where that is not its last epoch alone */
    int64_t epoch;           /* finished epochs; of a diverged run, those before it diverged */
    int64_t diverged_epoch;  /* 1-based, epoch + 1; 0 unless diverged */
    int64_t diverged_sample; /* 0-based row of the data set; 0 unless diverged */
    int64_t diverged_position; /* 0-based, of that sample in the epoch's order; 0 unless diverged;
                                  -1: not known, of a state that was loaded */
};

struct block;
struct kernel;

/* Takes copies of everything but the data sets, which it borrows until destroyed and whose shape
 * must match. NULL with ERROR_MEMORY or ERROR_INVALID. One thread at a time may use a block. */
struct block *block_create_of(const struct block_parts *parts, struct error *error);
void block_destroy(struct block *block); /* NULL is fine */

/* The same without a validation part; and so on a given kernel (core/train/kernel/kernel.h), for
 * tests and benchmarks: the results are the same bits. */
struct block *block_create(const struct network *network, const struct dataset *dataset,
                           const struct block_run *runs, int n_runs, struct error *error);
struct block *block_create_on(const struct kernel *kernel, const struct network *network,
                              const struct dataset *dataset, const struct block_run *runs,
                              int n_runs, struct error *error);

/* How many runs are best given to one block: of wide networks few, for beyond a vector of runs, or
 * a run whose samples fill the vectors, more of them only make each call longer. */
int block_runs_best(const struct network *network, const struct training *training);

int block_n_runs(const struct block *block);

/* How many numbers are recorded of every epoch of each run: those training_series lists. */
int block_n_series(const struct block *block);

/* The kernel that trains its running runs now. */
const struct kernel *block_kernel(const struct block *block);

/* Trains until about `max_steps` samples have been seen (in training, or in scoring an epoch's
 * end), `max_epochs` epochs have been finished, or no run is left. It stops at an epoch's end if it
 * can, or at a batch's: only an epoch longer than `max_steps` is cut in the middle, to be gone on
 * with by the next call, and only a batch longer than that. At least one sample is seen.
 *
 * Writes what every epoch finished in this call came to into records[epoch][n_series][n_runs]; NaN
 * for a run that had ended or diverged in it. Returns the number of epochs finished: that of the
 * runs that are left, or if none is, of the one that came furthest. */
int64_t block_train(struct block *block, int64_t max_steps, int64_t max_epochs, double *records);

/* Ends a running run at the present epoch's end: it is done, STOPPED_TIME. Only valid at an epoch's
 * end (block_at_epoch_end); a run that has ended stays as it is. */
void block_stop(struct block *block, int run);

struct block_state block_state(const struct block *block, int run);

/* Present parameters of a run, [network_n_parameters]; of a diverged run the ones its last sample
 * was scored with, all finite. Only between epochs are they those of a whole number of epochs. */
void block_parameters(const struct block *block, int run, double *out_parameters);

/* A run's checkpoint: everything needed to go on bit-identically, in a little-endian form that
 * does not depend on the block's company (checkpoint.h). Only valid at an epoch's end, which
 * block_at_epoch_end tells: also before the first epoch and when no run is left. */
int block_at_epoch_end(const struct block *block);
size_t block_checkpoint_bytes(const struct block *block);
void block_save(const struct block *block, int run, void *out_bytes);

/* Puts all runs of a block where their checkpoints were: checkpoints[n_runs]; those that had not
 * diverged all of the same epoch. 0, or -1 with ERROR_INVALID when one is not a checkpoint of this
 * network, number of samples and order, or is beyond this training's last epoch; then the block is
 * as it was. */
int block_load(struct block *block, const void *const *checkpoints, const size_t *bytes,
               struct error *error);

/* Reads a checkpoint without a block: its epoch and its parameters (NULL: not wanted). -1 with
 * ERROR_INVALID when it is damaged or of another shape. */
int block_read_checkpoint(const struct network *network, const void *bytes, size_t n_bytes,
                          struct block_state *out_state, double *out_parameters,
                          struct error *error);

#endif
