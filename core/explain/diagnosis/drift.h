/* Where noise keeps a run above the minimum below it. Of the squared error of one linear output,
 * and for networks small enough (setting.can_polish). */
#ifndef CORE_EXPLAIN_DIAGNOSIS_DRIFT_H
#define CORE_EXPLAIN_DIAGNOSIS_DRIFT_H

#include "core/explain/verdict/examination.h"

/* Goes down from the present parameters to the nearest minimum, at most n_steps: *out_loss is L
 * there, parameters [n_parameters] where it is. NaN and nothing for others. -1: ERROR_MEMORY. */
int drift_minimum(struct examination *it, int n_steps, double *parameters, double *out_loss,
                  struct error *error);

/* The loss that SGD on single samples hovers at around a minimum, predicted from its neighbourhood:
 * of a fixed order that of the cycle's fixed point; of samples drawn independently L plus
 * (2/c) (rate/4) tr C, C the covariance of the samples' gradients; NaN for others. */
int drift_predict(struct examination *it, const double *minimum, double *out_loss,
                  struct error *error);

#endif
