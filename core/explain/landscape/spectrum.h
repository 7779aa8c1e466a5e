/* The spectrum: gradient and Hessian of what is minimised (J) over the data set, with what its zero
 * eigenvalues are due to. */
#ifndef CORE_EXPLAIN_LANDSCAPE_SPECTRUM_H
#define CORE_EXPLAIN_LANDSCAPE_SPECTRUM_H

#include "core/base/error.h"
#include "core/base/teller.h"
#include "core/explain/derivative.h"

/* Work of the Hessian, parameters squared times samples, that is done at most. */
enum { SPECTRUM_WORK_MAX = 200000000 };

struct spectrum {
    size_t n;         /* parameters */
    double *gradient; /* [n] of the mean J */
    double *hessian;  /* [n][n] */
    double *values;   /* [n] eigenvalues, descending */
    double *vectors;  /* [n][n]: rows, in their order */
};

/* -1 with ERROR_MEMORY, ERROR_TOO_LARGE, or ERROR_INVALID when a number is not finite; then nothing
 * to clear. */
int spectrum_init(struct spectrum *spectrum, const struct network *network,
                  const struct dataset *dataset, enum loss loss, enum gradient gradient,
                  const double *parameters, struct error *error);
void spectrum_clear(struct spectrum *spectrum); /* also one that is all zero */

/* Tells the members "loss", "gradient", "gradient_norm", "eigenvalues", "positive", "zero",
 * "negative", "zero_within", "zeros" (what they are due to), "names" and, of at most 64 parameters,
 * "hessian". */
int spectrum_tell(const struct spectrum *spectrum, const struct network *network,
                  const struct dataset *dataset, enum loss loss, enum gradient gradient,
                  const double *parameters, struct teller *teller, struct error *error);

#endif
