/* Effective time, learning rate times epochs: whether a number from elsewhere fits the curves here.
 *
 * Plain SGD of small steps follows one path, each rate at its own speed, so the same rate times
 * epochs means the same loss, to first order in the rate. A run of more effective time with a
 * higher loss does not fit: most often its rate was mistyped. */
#ifndef CORE_EXPLAIN_SWEEP_EFFECTIVE_TIME_H
#define CORE_EXPLAIN_SWEEP_EFFECTIVE_TIME_H

#include <stddef.h>
#include <stdint.h>

/* A run of plain SGD with one rate: the losses of its epochs 1 to n, all finite. */
struct time_curve {
    double rate;
    const double *losses;
    size_t n;
};

/* What is said of another run of the same start and data. */
struct time_claim {
    double rate; /* > 0 */
    int64_t epochs;
    double loss;
};

enum time_verdict { TIME_FITS, TIME_DOES_NOT_FIT, TIME_NO_VERDICT };

struct time_check {
    enum time_verdict verdict;
    size_t curve;     /* which one it was held against */
    int64_t epoch;    /* its last one of at most the claim's effective time; 0: none, no verdict */
    double loss;      /* there */
    double disagreement; /* of that loss with the next curve's at the same time, relative; NaN: no
                            other reaches it */
    double fitting_rate; /* the rate with which so many epochs come to the claimed loss; NaN: the
                            curve does not */
};

#define TIME_SMALL 0.02 /* curves that agree so well at one time have small enough steps */
#define TIME_SLACK 0.05 /* a claim may be off by so much */

/* Held against the curve of the lowest rate that comes so far, or else the one that comes
 * furthest; no verdict where the next curve says something else (the steps are not small), or
 * where no curve has an epoch in that time. */
void time_check(const struct time_curve *curves, size_t n, const struct time_claim *claim,
                struct time_check *out);

#endif
