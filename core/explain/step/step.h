/* A worked step: the complete arithmetic of one update of the parameters, seen from one sample of
 * its batch.
 *
 * Forward and backward pass, the batch's gradient and the update are what training computes, to the
 * last bit (of ARITHMETIC_EXACT; of the fast arithmetic the parameters are, while sums that lead to
 * them are told unfused). "gradient" is the slope of what is minimised, J (see derivative.h). */
#ifndef CORE_EXPLAIN_STEP_STEP_H
#define CORE_EXPLAIN_STEP_STEP_H

#include "core/base/error.h"
#include "core/base/teller.h"
#include "core/explain/derivative.h"
#include "core/explain/step/walk.h"

/* Parameters of the largest network whose step is worked out, and those times the samples of the
 * largest batch. */
enum { STEP_PARAMETERS_MAX = 10000, STEP_WORK_MAX = 20000000 };

/* Why a slope is exactly 0: which factors of it are, as bits. */
enum step_zero {
    STEP_ZERO_ERROR = 1,     /* the loss has no slope by the output */
    STEP_ZERO_OUTGOING = 2,  /* every weight that leads on from the unit */
    STEP_ZERO_SLOPE = 4,     /* the activation's: the unit is off or saturated */
    STEP_ZERO_ABOVE = 8,     /* the deltas of all units that it feeds */
    STEP_ZERO_HIDDEN = 16,   /* the output of the hidden unit that the weight weighs */
    STEP_ZERO_INPUT = 32,    /* the feature that it weighs */
    STEP_ZERO_CANCELLED = 64 /* none: terms cancel, or a product is too small for a double */
};

struct step {
    const struct walk *walk; /* borrowed, after the step's batch */
    size_t position;         /* of the sample in the epoch's order, in that batch */
    size_t row;              /* its row of the whole data set */
    const double *features, *targets; /* its */
    struct derivative before; /* its forward and backward pass, deltas of its own J */
    struct derivative after;  /* its forward pass with the new parameters */
    double loss, loss_after;  /* L of the sample */
    double objective, objective_after; /* J of the batch */
    double *gradient;      /* [n_parameters]: of J of the batch, its mean or sum */
    double *effective;     /* [n_parameters]: after penalties and clipping: the optimizer's */
    double *kept;          /* [n_parameters]: the old parameter, of adamw after its decay */
    double *moved;         /* [n_parameters]: what is added to that */
    unsigned char *zeros;  /* [n_parameters]: enum step_zero, common to the batch's samples; where
                              the gradient is 0 */
};

/* Trains the walk's batch that `position` (0..n_samples-1, not seen yet) is in, and works it out.
 * -1 with ERROR_MEMORY or ERROR_TOO_LARGE, and then nothing to clear. */
int step_init(struct step *step, struct walk *walk, size_t position, struct error *error);
void step_clear(struct step *step);

/* J of the batch at other parameters, with `it` as the work place. *pattern: a number that differs
 * wherever a unit, or the loss, is on the other side of a kink. */
double step_objective(const struct step *step, struct derivative *it, const double *parameters,
                      uint64_t *pattern);

/* Tells its members: forward, loss, backward, update, after, checks. */
int step_tell(const struct step *step, struct teller *teller, struct error *error);

/* A batch's samples seen by position of the epoch: the row at a position, its features, targets. */
const double *step_features(const struct walk *walk, size_t position);
const double *step_targets(const struct walk *walk, size_t position);

/* Which factors of a parameter's slope are 0 in the sample that was last run back; 0: it is not. */
unsigned step_zeros(const struct derivative *it, const double *parameters, size_t parameter);

#endif
