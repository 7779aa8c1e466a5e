/* Metrics: what a network's parameters are worth on samples, in one pass over them.
 *
 * A sample's outputs and loss are computed by the forward pass and the formulas that train
 * (forward_lanes.h, loss_lanes.h), the losses are added in the order of the samples and divided by
 * their number: of exact arithmetic, the bits of training. */
#ifndef CORE_MODEL_METRIC_H
#define CORE_MODEL_METRIC_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/model/loss.h"
#include "core/model/network.h"

/* What is scored; all borrowed. */
struct metric_samples {
    size_t n_samples;       /* >= 1 */
    const double *features; /* [n_samples][n_inputs] */
    const double *targets;  /* [n_samples][n_outputs] */
    const double *units;    /* [n_outputs]: what 1 of a scaled target is in its own unit, > 0; NULL:
                               targets are in their own units */
};

/* More classes than this have no confusion matrix. */
enum { METRIC_CLASSES_MAX = 100 };

/* t a sample's target, h its output; NaN: not known, or not finite. */
struct metric {
    size_t n_samples;
    double loss;           /* mean over the samples, as trained on */
    double loss_original_units; /* the same of errors in the targets' own units: of mse and mae */

    /* Of the cross-entropies. With categorical_cross_entropy a sample's class is the place of its
     * largest target, the first of equals, and its predicted one that of its largest output. With
     * binary_cross_entropy each output is a yes (above 1/2) or no by itself: a single one makes the
     * classes 0 and 1, of several all must be as their targets for the sample to count as right
     * (scikit-learn's accuracy_score and confusion_matrix; there "subset accuracy"). */
    double accuracy;   /* share of the samples whose prediction is right */
    int n_classes;     /* 0: there is no matrix */
    size_t *confusion; /* [n_classes true][n_classes predicted], how many samples; owned */

    /* Of the other losses, in the targets' own units: R^2 = 1 - SSE / SST, where
     * SSE = sum (t - h)^2 and SST = sum (t - mean of t)^2 over these samples (coefficient of
     * determination; Draper & Smith, "Applied Regression Analysis", eq. 1.3.6; scikit-learn's
     * r2_score). NaN where the target never changes. `r2` is that of the sums over all outputs
     * whose targets change (there multioutput="variance_weighted"). */
    int n_outputs; /* 0: a cross-entropy */
    double *r2_by_output; /* [n_outputs], owned */
    double r2;
};

/* Whether the loss compares classes: then there is an accuracy, else an R^2. */
int metric_is_of_classes(enum loss loss);

/* Scores parameters[network_n_parameters] on the samples; *out is the caller's to clear. A pure
 * function. -1 with ERROR_MEMORY and nothing to clear. */
int metric_measure(const struct network *network, enum loss loss, const double *parameters,
                   const struct metric_samples *samples, struct metric *out, struct error *error);
void metric_clear(struct metric *metric);

/* Products and sums it takes for so many samples, about: its time is in proportion. */
double metric_work(const struct network *network, size_t n_samples);

#endif
