/* Polishing: the minimum below given parameters, and where noise keeps a run above it. Both of the
 * squared error of one linear output, and for networks small enough (setting.can_polish). */
#ifndef CORE_EXPLAIN_VERDICT_POLISH_H
#define CORE_EXPLAIN_VERDICT_POLISH_H

#include "core/explain/verdict/examination.h"

/* Levenberg-Marquardt from `parameters`, in place, at most n_steps. *out_loss: L there. -1 with
 * ERROR_MEMORY or ERROR_BUSY. */
int polish(struct examination *it, double *parameters, int n_steps, double *out_loss,
           struct error *error);

/* The loss that SGD on single samples hovers at around a minimum, predicted from its neighbourhood:
 * of a fixed order that of the cycle's fixed point; of samples drawn independently L plus
 * (2/c) (rate/4) tr C, C the covariance of the samples' gradients; NaN for others. */
int drift_predict(struct examination *it, const double *minimum, double *out_loss,
                  struct error *error);

#endif
