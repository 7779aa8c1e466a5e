/* Derivatives of the outputs and of the loss by the parameters, exact but for rounding.
 *
 * Two losses are told apart. L is the printed one (core/model/loss.h). J is what training
 * minimises: half of L for the squared error with the "half" gradient, else L itself; a step of
 * plain SGD is -learning_rate * the gradient of J, meant or summed over the batch. Penalties are in
 * neither.
 *
 * The arithmetic is that of core/train/block/block.h, unfused and in its order, so a sample's
 * gradient times -learning_rate is what training adds up to the last bits. At a kink the slopes
 * are those that training takes. */
#ifndef CORE_EXPLAIN_DERIVATIVE_H
#define CORE_EXPLAIN_DERIVATIVE_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/model/network.h"
#include "core/train/training.h"

/* Parameters of the largest network whose Hessian is taken. */
enum { DERIVATIVE_HESSIAN_MAX = 256 };

/* The work place of one thread. The units are counted as in forward_lanes.h: first the inputs, then
 * every layer's, one after the other. */
struct derivative {
    const struct network *network; /* borrowed */
    enum loss loss;
    double factor;       /* J = factor * L: 0.5 or 1 */
    double scale;        /* what an output's e_j is multiplied with in the gradient of J */
    size_t n_parameters;
    size_t n_units;      /* inputs included: network_scratch */
    double *units;       /* [n_units]: the inputs and outputs of the last forward pass; owned, and
                            all that follow stand behind it */
    double *sums;        /* [n_units]: weighted sums; of softmax the outputs' logarithms */
    double *deltas;      /* [n_units]: of the last backward pass, slopes by the weighted sums */
    double *pulled;      /* [n_units]: the same by the units' outputs (not of the last layer) */
    double *tangents[3]; /* [n_units]: of units, sums and deltas, along a direction */
    double *direction;   /* [n_parameters] */
};

/* -1 with ERROR_MEMORY, and then nothing to clear. */
int derivative_init(struct derivative *it, const struct network *network, enum loss loss,
                    enum gradient gradient, struct error *error);
void derivative_clear(struct derivative *it); /* also one that is all zero */

/* Runs one sample forward: L of it; units and sums are filled. targets: NULL, and then NaN. */
double derivative_forward(struct derivative *it, const double *parameters, const double *features,
                          const double *targets);

/* The outputs of the last forward pass, [n_outputs]. */
const double *derivative_outputs(const struct derivative *it);

/* After that sample's forward pass: fills deltas, each times scale / it->scale (it->scale: those of
 * J), and adds the sample's gradient to gradient [n_parameters] (NULL: not wanted). */
void derivative_backward(struct derivative *it, const double *parameters, const double *targets,
                         double scale, double *gradient);

/* Both: L of the sample, its gradient of J added to gradient. */
double derivative_sample(struct derivative *it, const double *parameters, const double *features,
                         const double *targets, double *gradient);

/* Of the whole data set: returns the mean of L, gradient [n_parameters] (NULL: not wanted) becomes
 * that of the mean of J. */
double derivative_data(struct derivative *it, const double *parameters,
                       const struct dataset *dataset, double *gradient);

/* The outputs' slopes by the parameters, rows [n_outputs][n_parameters], for one sample. */
void derivative_jacobian(struct derivative *it, const double *parameters, const double *features,
                         double *rows);

/* Adds the Hessian of the sample's J times direction [n_parameters] to product [n_parameters]. */
void derivative_curve(struct derivative *it, const double *parameters, const double *features,
                      const double *targets, const double *direction, double *product);

/* The Hessian of the mean of J over the data set, [n_parameters][n_parameters], symmetric to the
 * bit. -1 with ERROR_TOO_LARGE beyond DERIVATIVE_HESSIAN_MAX parameters. Takes about 8 *
 * n_parameters^2 * n_samples operations. */
int derivative_hessian(struct derivative *it, const double *parameters,
                       const struct dataset *dataset, double *hessian, struct error *error);

#endif
