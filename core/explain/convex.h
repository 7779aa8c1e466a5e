/* A loss as a convex function of what the last layer gives: its value, slope and curvature.
 *
 * Of the cross-entropies that is the weighted sums, before sigmoid or softmax; of the others the
 * outputs. Of one sample, without the mean over the outputs. */
#ifndef CORE_EXPLAIN_CONVEX_H
#define CORE_EXPLAIN_CONVEX_H

#include <stddef.h>

#include "core/model/loss.h"

/* The sum over the outputs [n]; targets of classes may be shares. */
double convex_loss(enum loss loss, const double *outputs, const double *targets, size_t n);

/* Fills slopes [n] and curves [n]; of the squared error half of both, those of e^2 / 2. The
 * absolute error and the Huber loss have the curvature of the parabola that touches them there and
 * is nowhere below, for an absolute error of at least `least`. The categorical cross-entropy's is
 * the matrix diag(curves) - curves curves' / (sum of curves). */
void convex_bend(enum loss loss, const double *outputs, const double *targets, size_t n,
                 double least, double *slopes, double *curves);

#endif
