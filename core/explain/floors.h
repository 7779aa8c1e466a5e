/* Floors: losses that a class of predictors cannot beat on these samples.
 *
 * The first is that of the best constant, the second of the best plane, the third of the best
 * function of the inputs whatsoever: for the mean squared error the variance, least squares and
 * pure error; for the cross-entropies the entropy of the class shares, logistic regression and
 * label conflict. Each is exact or not given: then `why` says in words what stands against it. All
 * are in units of the printed loss: the mean over samples and outputs, without a factor 1/2.
 *
 * For the mean absolute error and the Huber loss they are the same three, each with the constant
 * and the plane that are best for that loss: the median, say, and least absolute deviations. */
#ifndef CORE_EXPLAIN_FLOORS_H
#define CORE_EXPLAIN_FLOORS_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/base/teller.h"
#include "core/data/dataset.h"
#include "core/data/population.h"
#include "core/model/loss.h"
#include "core/model/network.h"

enum floor {
    /* of the samples that are trained on */
    FLOOR_CONSTANT,   /* "constant", of the cross-entropies "prior_entropy" */
    FLOOR_LINEAR,     /* "linear", "logistic" */
    FLOOR_PURE_ERROR, /* "pure_error", "label_conflict" */
    FLOOR_BEST_KNOWN, /* "best_known": no floor but an upper bound of the network's lowest loss */
    /* of all that the data set's generator can draw */
    FLOOR_NOISE,               /* "noise": the lowest expected loss there is */
    FLOOR_POPULATION_CONSTANT, /* "population_constant": of the best constant */
    FLOOR_COUNT
};

struct floors {
    enum loss loss;
    size_t n_samples, n_inputs, n_outputs;

    double value[FLOOR_COUNT];    /* >= 0; NaN: not known */
    const char *why[FLOOR_COUNT]; /* static: why it is not known, or what restricts it; or NULL */

    double deviation;     /* standard deviation of the targets, the largest of the outputs' */
    double *mean;         /* [n_outputs] of the targets */
    double longest;       /* squared length of the inputs of the sample where it is largest */
    double *coefficients; /* [n_outputs][n_inputs + 1], of the plane, the intercept last: the one of
                             FLOOR_LINEAR; of the cross-entropies, and where that is not known,
                             least squares; NULL: not computed */
    size_t rank;          /* of the inputs and a column of ones: n_inputs + 1, or fewer when they
                             depend on each other; 0: not computed */
    size_t n_groups;      /* different inputs; n_samples: none comes twice; 0: not computed */

    /* Of the mean squared error and one output; otherwise NaN. The p-values are of F-tests, for
     * normal noise of one variance. */
    double r2;             /* 1 - linear / constant */
    double linear_p;       /* all slopes of the plane are 0 */
    double anova_p;        /* all groups have the same mean; needs repeated inputs */
    double lack_of_fit_p;  /* the groups' means lie on the plane; needs repeated inputs */
    double smallest_r2;    /* that a test would have noticed at 5 %, whatever the loss; NaN where
                              one did (linear_p), or there are too few samples for any */
    double noise_estimate; /* sigma^2: squares within groups / (n_samples - n_groups) */

    /* NaN until floors_permute: the share of random pairings of inputs and targets whose plane
     * explains at least as much, (1 + found) / (1 + n_permutations), whatever the loss. Assumes no
     * normal noise. */
    double permutation_p;
    int n_permutations;
    const char *permutation_why; /* static: why there is none; NULL: there is */

    /* Likewise, the share whose nearest neighbours' targets are as much alike, which any smooth
     * function of the inputs makes them; only where anova_p, which sees every function, is none. */
    double neighbour_p;
    const char *neighbour_why;

    /* What best_known came from; 0 until floors_search. */
    int n_starts;
    int n_agreeing;     /* starts that ended within 1e-6 (relative) of the best */
    int best_is_lowest; /* 1: best_known is proved to be the lowest loss of this network */
    double missed_from; /* the lowest that the search found, where a run had one clearly below it,
                           which is best_known then; 0: none had */

    double expected_pure_error; /* of samples like these, noise (n - groups) / n; NaN: not known */
};

/* The `why` of a p-value before floors_permute. */
#define FLOORS_NOT_COUNTED "not counted yet"

/* What is known before training: all but the permutations and the search. O(n_samples n_inputs^2 +
 * n_samples log n_samples), at most some 100 ms: what would take longer is not computed, and `why`
 * says so. `population` may be NULL. A pure function of its arguments, the same bits everywhere.
 * NULL with ERROR_MEMORY. */
struct floors *floors_create(const struct dataset *dataset, enum loss loss,
                             const struct population *population, struct error *error);
void floors_destroy(struct floors *floors); /* NULL is fine */

/* An owned copy; NULL with ERROR_MEMORY. */
struct floors *floors_copy(const struct floors *floors, struct error *error);

/* Fills permutation_p and neighbour_p, each from 999 permutations by np.random.RandomState(0), of
 * large data fewer, down to 99: at most half a second each. Where that is too few, or there is no
 * plane, they stay NaN and the `why` says so. 0; -1 with ERROR_MEMORY, or ERROR_BUSY when `stop`
 * (NULL: never) said so, with the floors as they were. */
int floors_permute(struct floors *floors, const struct dataset *dataset, int (*stop)(void *context),
                   void *context, struct error *error);

/* Fills best_known: the lowest loss that Levenberg-Marquardt found from seeded starts on this
 * network. An upper bound of its optimum, not the optimum; of a network without hidden layers (or
 * without bends) exact. Of a cross-entropy whose classes such a network separates it is 0, which is
 * proved to be the infimum, and `why` says that none reaches it. Up to about a second; for larger
 * networks not run: value NaN and `why`. Fails as floors_permute does. */
int floors_search(struct floors *floors, const struct network *network,
                  const struct dataset *dataset, int (*stop)(void *context), void *context,
                  struct error *error);

/* Lowers best_known, where there is one, to a loss that a run of this network had on this data; and
 * if its weights separate the classes, to their infimum, 0. */
void floors_lower(struct floors *floors, double loss, int is_separating);

/* "constant", "logistic", ...: as the loss calls it. */
const char *floor_code(enum floor floor, enum loss loss);

/* Tells the members of an answer:
 *   "lines": [{"code", "value", "of": "train" | "population", "kind": "exact" | "bound",
 *              "formula", "tex", "text", "note"}], those that are known, highest first; kind
 * "bound" is best_known's, unless it is proved; "note" only where something restricts it;
 *   "not_known": [{"code", "why"}], also a pure error that says nothing, and permutation_p;
 *   "data": {"n_samples", "n_groups", "mean", "coefficients", "r2", "linear_p", ...}, without what
 *              is not known, and without more than 100 coefficients. */
void floors_tell(const struct floors *floors, struct teller *teller);

#endif
