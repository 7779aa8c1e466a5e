/* Logistic regression: the lowest cross-entropy of a network without hidden layers. For the files
 * of the floors alone. */
#ifndef CORE_EXPLAIN_FLOORS_LOGISTIC_H
#define CORE_EXPLAIN_FLOORS_LOGISTIC_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/explain/floors/plane.h"
#include "core/model/loss.h"

enum logistic_end {
    LOGISTIC_FOUND,
    LOGISTIC_SEPARABLE, /* a plane has every class on its own side: the infimum is 0, which growing
                           weights come as near to as one likes and never reach */
    LOGISTIC_LOST       /* Newton's method did not settle */
};

/* Multiplications that it takes, about. */
double logistic_work(const struct dataset *dataset, enum loss loss);

/* The infimum of the loss (one of the two cross-entropies) over all planes: a plane with a sigmoid
 * for each output, or a softmax over all of them. `plane` is that of the data set. 0, or -1 with
 * ERROR_MEMORY. */
int logistic_fit(const struct plane *plane, const struct dataset *dataset, enum loss loss,
                 double *out_loss, enum logistic_end *out_end, struct error *error);

#endif
