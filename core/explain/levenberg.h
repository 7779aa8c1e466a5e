/* Descent to the nearest minimum of a loss, far faster than training: damped Gauss-Newton steps
 * (Levenberg 1944, Marquardt 1963).
 *
 * What is linearised is the last layer's outputs, of the cross-entropies its weighted sums, whose
 * loss is convex: that of the squared error and the cross-entropies with their own curvature (N.
 * Schraudolph, 2002), of the mean absolute error and the Huber loss with that of the parabola that
 * touches it at the present error and is nowhere below.
 *
 * Samples with the same inputs count as one, with their mean target and their number as its weight:
 * the squared error is pure error plus that of the means, and a cross-entropy that of the means.
 * The other two losses have every sample for itself. */
#ifndef CORE_EXPLAIN_LEVENBERG_H
#define CORE_EXPLAIN_LEVENBERG_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/explain/derivative.h"
#include "core/model/loss.h"
#include "core/model/network.h"

/* The work place of one thread; must not be moved. */
struct levenberg {
    struct network network; /* of the cross-entropies with a linear last layer */
    enum loss loss;
    size_t n_points, n_outputs, n_parameters;
    double *inputs;  /* [n_points][n_inputs] */
    double *targets; /* [n_points][n_outputs], the means */
    double *weights; /* [n_points]: share of the samples, over n_outputs where the loss is */
    double rest;     /* pure error: what no function of the inputs takes off */
    double enough;   /* below that every sample has its class on its own side; else 0 */
    struct derivative derivative;
    double *rows;         /* [n_outputs][n_parameters]: slopes of a point's outputs */
    double *slopes;       /* [n_outputs]: of a point's loss by them */
    double *curves;       /* [n_outputs]: how it is curved */
    double *normal;       /* [n_parameters][n_parameters]: sum of weighted rows' products */
    double *damped;       /* the same, with damping, then its Cholesky factor */
    double *gradient;     /* [n_parameters]: sum of weighted error times row */
    double *step, *trial; /* [n_parameters] */
};

/* 0, or -1 with ERROR_MEMORY. Clear it in any case. Network and data set may be gone afterwards. */
int levenberg_init(struct levenberg *it, const struct network *network,
                   const struct dataset *dataset, enum loss loss, struct error *error);
void levenberg_clear(struct levenberg *it);

/* Multiplications of a step, about. */
double levenberg_work(const struct network *network, enum loss loss, size_t n_points);

/* The loss there; may be inf or NaN. */
double levenberg_loss(struct levenberg *it, const double *parameters);

/* Goes down from `parameters`, in place, for at most `n_steps` steps, until a step takes less than
 * 1e-12 of the loss off or none takes any. Returns the loss, never above the first. (At a kink of
 * relu, or of the mean absolute error, no step may lead down though some path does.)
 *
 * It also ends below `enough`. Then every sample's class has more than half of the chances, so all
 * weighted sums are on the right side of each other, and multiplying the last layer's parameters
 * takes the loss as near to 0 as one likes: that is the infimum, and nothing reaches it. */
double levenberg_descend(struct levenberg *it, double *parameters, int n_steps);

#endif
