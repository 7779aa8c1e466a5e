/* An examination: everything that was found out about one run, before it is told.
 *
 * Each diagnosis fills its own part and fires its verdict; later ones use what earlier ones found.
 * L is the printed loss's formula, J what training minimises; of the squared error J is the mean of
 * (c/2) (f - y)^2, c = `factor`. */
#ifndef CORE_EXPLAIN_VERDICT_EXAMINATION_H
#define CORE_EXPLAIN_VERDICT_EXAMINATION_H

#include <stdint.h>

#include "core/explain/derivative.h"
#include "core/explain/explain.h"
#include "core/explain/verdict/replay.h"
#include "core/explain/verdict/units.h"
#include "core/explain/verdict/verdict.h"

/* What the statements below depend on. */
struct setting {
    int is_finite;   /* the run has not diverged */
    int is_descent;  /* an update is -rate * gradient, perhaps limited: SGD without a penalty */
    int is_plain;    /* and nothing else: training_is_plain */
    int is_single;   /* batches of one sample */
    int is_full;     /* one batch an epoch */
    int is_fixed;    /* the same order every epoch, in more than one batch */
    int is_squared;  /* mean squared error of one linear output */
    int is_constant; /* the rate never changes */
    int can_replay;  /* training it again is possible and not too long */
    int can_rerun;   /* the re-runs, several times that, too */
    int can_polish;  /* small enough for dense linear algebra of its parameters */
    const char *why_not; /* static: what stands against the first of these that is 0 */
};

/* The losses of the epochs' last parameters, towards the end. */
struct tail {
    int64_t n, n_median; /* epochs kept; the last of them that the median is of */
    double *losses;      /* [n]; NULL: not replayed */
    double falling;      /* share of epochs whose loss is below that of the one before */
    double sd;           /* of the noise from epoch to epoch, 0 where that can't be told */
};

/* How a unit of the first layer died. The weights are those before and after the killing update. */
struct death {
    int unit;
    int is_known;        /* the update was found; else why is in not_run */
    int is_born;         /* dead at the start */
    int64_t epoch, step; /* from 1 */
    int64_t position;    /* of the update's first sample in the epoch's order, from 0 */
    int is_single;       /* and its only one, with what follows to `overshoot` */
    size_t sample;       /* which that is of those trained on */
    double residual_before, residual_after; /* f - y of that sample; NaN: not defined */
    double overshoot;    /* learning_rate * c * |gradient of f|^2; NaN: not defined */
    double bias_before, bias_after;
    double *weights; /* [2][n_inputs] before and after, then [n_out] the outgoing ones before */
    int with_tenth;  /* with a tenth of the rate: 1 dies too, 0 lives, -1 not known */
    int64_t tenth_epochs;
};

struct deaths {
    int n_dead;   /* units of any layer that are dead */
    int is_known; /* those of the first layer were looked for */
    int n;        /* of the first layer */
    struct death *items; /* [n] */
    double gradient;     /* largest size of their part of J's gradient: 0 */
};

/* Groups of units that started alike. */
struct symmetry {
    int n_groups;
    int *group;         /* [n_units] which group, from 1; 0: none */
    int is_still_equal; /* up to 1e-12 relative */
    int effective;      /* units when a group counts once, in all layers */
    double best;        /* the lowest loss known for as many units; NaN: not searched for */
};

struct zero_init {
    size_t n_frozen;      /* parameters whose bits never changed */
    double bias, expected, curvature;
};

struct overshoot {
    double *at_start; /* [n_samples] rho of each sample; NULL: not defined */
    double max;       /* of them */
    double fraction;  /* above 2 */
    double peak;      /* and in the first epoch, update by update */
    int64_t first_step; /* the first of these above 2, from 1; 0: none */
    size_t first_sample; /* its sample, of those trained on */
    double sharpness; /* full batch: learning_rate * largest eigenvalue of J's Hessian */
};

/* Trained on for three times as long, at the same rate and at a tenth of it. */
struct continuation {
    int is_known;
    int64_t epochs;
    double same, tenth;           /* the losses then; +inf: diverged */
    double gain_same, gain_tenth; /* what was gained, relative to the loss */
    double decrement;             /* Newton's, relative to the loss */
    double slowest;               /* 1 / (learning_rate N smallest positive eigenvalue) */
    double minimum, predicted;    /* of the noise floor: the minimum below, and what it predicts */
};

/* On the validation part, diagnosis/overfitting.c. */
struct overfit {
    int64_t best_epoch, n_late;     /* of its lowest loss; how many the last tenth is */
    double best, end, lowest_late;  /* its losses there, at the end, the lowest of the last tenth */
    double train_best;              /* the loss on what is trained on, at the best epoch */
    double rise, p;                 /* of the rows' losses, the mean; its tail; NaN: too few rows */
    int64_t n_worse;                /* rows whose loss rose */
    int is_clear;                   /* the rise is hardly luck */
};

/* From the height of the best plane, diagnosis/plateau.c: [0] the run, [1] at half its rate. */
struct escape {
    int is_known;
    int64_t arrived[2], left[2]; /* epochs, 0: not */
    double ratio;                /* left[1] / left[0] */
    int order;                   /* 1: rate x epochs counts; 2: rate^2 x epochs */
};

struct sensitivity {
    double amplification, change;
};

struct signal {
    double linear_p, anova_p, permutation_p, neighbour_p, by_mean, r2, smallest_r2;
    double risk;
};

/* The lowest loss that weights of this run had, diagnosis/reach.c; none where no search was run. */
struct reach {
    double loss;
    int64_t epoch;     /* the first with it, 0: the start */
    int is_separating; /* some of them have each sample's class on its own side */
};

struct minimum {
    double polished, curvature;
};

/* Limits of the learning rate by ways of sampling, see diagnosis/limits.c; NaN: not known. */
struct limits {
    double all_samples, trace, sample, mean_square;
    double low, high; /* between these lies that of the run's own way */
    double rate;      /* of its last epoch */
};

struct gradient_check {
    int n_checked;
    double error, allowed; /* the largest, relative, NaN: none checked; what passes */
    size_t worst;          /* that parameter */
};

/* Of the hidden units, see diagnosis/balance.c. */
struct balance {
    double *start, *now; /* [n_units], at the start and now; NULL: not defined */
    double drift;        /* the largest change, over the largest at the start; NaN likewise */
    int unit;            /* which changed most */
    int64_t n_steps;     /* that were walked */
    double step_error;   /* the largest of them */
};

/* Shown as numbers, never as a verdict; see diagnosis/numbers.c. NaN: not known. */
struct numbers {
    double gradient_norm, update_ratio, sharpness;
    int64_t n_frozen, n_negative;
};

enum { NOT_RUN_MAX = 24 };

struct not_run {
    const char *code, *why; /* static */
};

struct examination {
    const struct subject *subject;
    const struct floors *floors;
    enum explain_depth depth;
    int is_brief; /* codes, headline and its words are all that is wanted: with EXPLAIN_LIVE */
    struct derivative derivative;
    size_t n_samples, n_parameters;
    struct setting setting;
    double factor;

    struct survey now;    /* of the present parameters */
    double *gradient;     /* [n_parameters] of J, there; in brief NULL until it is needed */
    double *hessian;      /* of J, there; NULL: too large, or not that deep */
    double *eigenvalues;  /* [n_parameters] of it, ascending */
    double first_loss;    /* L at the start; in brief NaN until it is needed */
    double loss;          /* the median of the last epochs', or that of the present parameters */
    double best;          /* the lowest loss known for this network; NaN: none */
    double gap;           /* loss / best - 1; NaN; inf of classes that can be separated: best 0 */
    size_t n_wrong;       /* then: samples that are not on their class's own side */
    double noise_p;       /* that what is left is noise, diagnosis/noise.c; NaN: can't be told */
    struct replay end;    /* stands at the run's last epoch, where it could be replayed */

    struct reach reach;
    struct tail tail;
    struct deaths deaths;
    struct symmetry symmetry;
    struct zero_init zero_init;
    struct overshoot overshoot;
    struct continuation continuation;
    struct sensitivity sensitivity;
    struct escape escape;
    struct overfit overfit;
    struct signal signal;
    struct minimum minimum;
    struct limits limits;
    struct gradient_check check;
    struct balance balance;
    struct numbers numbers;

    struct verdict verdicts[CODE_COUNT];
    int n_not_run;
    struct not_run not_run[NOT_RUN_MAX];
};

/* The setting, the present parameters and what the floors say; and the same in brief, where `it` is
 * all zero or was examination_reset at the same network, loss and gradient. -1: memory. */
int examination_init(struct examination *it, const struct subject *subject,
                     const struct floors *floors, enum explain_depth depth, struct error *error);
int examination_init_brief(struct examination *it, const struct subject *subject,
                           const struct floors *floors, struct error *error);
void examination_clear(struct examination *it); /* also one that is all zero */
void examination_reset(struct examination *it); /* keeps the memory that the next one needs, too */

/* Replays the run to its end for the last epochs' losses: fills tail, loss and end. */
int examination_replay(struct examination *it, struct error *error);

/* Fill `gradient` and `first_loss`. -1 with ERROR_MEMORY. */
int examination_take_gradient(struct examination *it, struct error *error);
void examination_take_first_loss(struct examination *it);

/* The gap, once the loss is known, or the best loss known is another. */
void examination_compare(struct examination *it);

/* Samples that such parameters don't have on their class's own side. */
size_t examination_count_wrong(struct examination *it, const double *parameters);

/* -1 with ERROR_BUSY when the subject's owner says so. */
int examination_ask(const struct examination *it, struct error *error);

void examination_fire(struct examination *it, enum code code, enum kind kind,
                      enum severity severity, unsigned scope);
void examination_not_run(struct examination *it, const char *code, const char *why);

/* Whether the gap is above 5 %, and more than a thousandth of what the best constant leaves:
 * without noise the best loss is next to 0, and any gap to it large. Of classes that can be
 * separated, where no loss is the best: whether some sample is on the wrong side, and more than 5 %
 * is left of what the best constant leaves; the rest is only a matter of growing weights. */
int examination_has_gap(const struct examination *it);

/* How far a loss is above a floor, relative to it. NaN of a floor next to 0, below 1e-9 of the best
 * constant's loss: such a ratio would be of roundings. */
double examination_excess(const struct examination *it, double loss, double floor);

const double *examination_features(const struct examination *it, size_t sample);
const double *examination_targets(const struct examination *it, size_t sample);

/* The learning rate of an epoch, from 1. One that follows a plateau is known, once the run was
 * replayed, at its last epoch: that it would go on with; NaN of others but the first. */
double examination_rate(const struct examination *it, int64_t epoch);

/* rate * c * |gradient of f|^2 of one sample, of one linear output. row: [n_parameters], gets that
 * gradient. */
double examination_overshoot(struct examination *it, const double *parameters, size_t sample,
                             double rate, double *row);

/* The median of the last losses that continued or changed runs ended with: losses [n][n_runs]. */
double examination_median(const double *losses, int64_t n, int n_runs, int run, double *scratch);

#endif
