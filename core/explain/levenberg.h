/* Descent to the nearest minimum of the mean squared error, far faster than training: damped
 * Gauss-Newton steps (Levenberg 1944, Marquardt 1963).
 *
 * Samples with the same inputs count as one, with their mean target and their number as its weight:
 * the loss is pure error plus that of the means, exactly. */
#ifndef CORE_EXPLAIN_LEVENBERG_H
#define CORE_EXPLAIN_LEVENBERG_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/explain/derivative.h"
#include "core/model/network.h"

/* The work place of one thread. */
struct levenberg {
    const struct network *network; /* borrowed */
    size_t n_points, n_outputs, n_parameters;
    double *inputs;  /* [n_points][n_inputs], each once */
    double *targets; /* [n_points][n_outputs], the means */
    double *weights; /* [n_points]: share of the samples, over n_outputs */
    double rest;     /* pure error: what no function of the inputs takes off */
    struct derivative derivative;
    double *rows;         /* [n_outputs][n_parameters]: slopes of a point's outputs */
    double *normal;       /* [n_parameters][n_parameters]: sum of weighted rows' products */
    double *damped;       /* the same, with damping, then its Cholesky factor */
    double *gradient;     /* [n_parameters]: sum of weighted error times row */
    double *step, *trial; /* [n_parameters] */
};

/* 0, or -1 with ERROR_MEMORY. Clear it in any case. The data set may be gone afterwards. */
int levenberg_init(struct levenberg *it, const struct network *network,
                   const struct dataset *dataset, struct error *error);
void levenberg_clear(struct levenberg *it);

/* Multiplications of a step, about. */
double levenberg_work(const struct network *network, size_t n_points);

/* The mean squared error there; may be inf or NaN. */
double levenberg_loss(struct levenberg *it, const double *parameters);

/* Goes down from `parameters`, in place, for at most `n_steps` steps, until a step takes less than
 * 1e-12 of the loss off or none takes any. Returns the loss, never above the first. (At a kink of
 * relu no step may lead down though some path does.) */
double levenberg_descend(struct levenberg *it, double *parameters, int n_steps);

#endif
