/* Terrain: the printed loss of a data set as a function of the parameters, evaluated often.
 *
 * Samples with the same inputs are put together. For the squared error and the cross-entropies that
 * changes nothing but the rounding: L = E + the groups' weighted losses against their mean targets,
 * E being what no function of the inputs can reach (0 for the cross-entropies, which are linear in
 * the target). The other losses are taken sample by sample. */
#ifndef CORE_EXPLAIN_LANDSCAPE_TERRAIN_H
#define CORE_EXPLAIN_LANDSCAPE_TERRAIN_H

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/explain/derivative.h"
#include "core/model/network.h"

struct terrain {
    const struct network *network; /* borrowed */
    enum loss loss;
    size_t n_points;  /* different inputs, or samples */
    double *features; /* [n_points][n_inputs] */
    double *targets;  /* [n_points][n_outputs] */
    double *weights;  /* [n_points]: the share of the samples, together 1 */
    double least;     /* E */
    struct derivative work;
    double *at;       /* [n_parameters]: where a grid is evaluated */
};

/* -1 with ERROR_MEMORY, and then nothing to clear. The data set may go afterwards. */
int terrain_init(struct terrain *terrain, const struct network *network,
                 const struct dataset *dataset, enum loss loss, enum gradient gradient,
                 struct error *error);
void terrain_clear(struct terrain *terrain); /* also one that is all zero */

double terrain_loss(struct terrain *terrain, const double *parameters);

/* A grid: the parameters origin + a * axis 0 (+ b * axis 1), a and b at equal steps. */
struct terrain_grid {
    const double *origin;     /* [n_parameters] */
    const double *axes[2];    /* [n_parameters]; the second NULL: a line */
    double from[2], to[2];
    int n[2];                 /* >= 2; the second 1 for a line */
    int (*stop)(void *context); /* asked now and then: 1 gives up; NULL: never */
    void *context;
};

/* The i-th value along an axis. */
double terrain_place(const struct terrain_grid *grid, int axis, int i);

/* losses [n[1]][n[0]]. -1 with ERROR_BUSY when `stop` said so. */
int terrain_losses(struct terrain *terrain, const struct terrain_grid *grid, double *losses,
                   struct error *error);

#endif
