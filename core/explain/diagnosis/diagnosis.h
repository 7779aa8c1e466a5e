/* The diagnoses: each finds its facts in an examination, fires, and can tell what it found. */
#ifndef CORE_EXPLAIN_DIAGNOSIS_DIAGNOSIS_H
#define CORE_EXPLAIN_DIAGNOSIS_DIAGNOSIS_H

#include "core/base/teller.h"
#include "core/explain/verdict/examination.h"

/* How a verdict that fired is told. */
struct diagnosis {
    void (*evidence)(const struct examination *it, struct teller *teller); /* an object's members */
    void (*text)(const struct examination *it, struct teller *teller);     /* "text" */
    void (*actions)(const struct examination *it, struct teller *teller);  /* a list's; or NULL */
};

/* 0, or -1 with ERROR_MEMORY or ERROR_BUSY. Those without a result can't fail. */
void nonfinite_find(struct examination *it);
int zero_init_find(struct examination *it, struct error *error);
void collapse_find(struct examination *it);
int reach_find(struct examination *it, struct floors *floors, struct error *error); /* reach */
int death_find(struct examination *it, struct error *error);
void saturation_find(struct examination *it);
int symmetry_find(struct examination *it, struct error *error);
void affine_find(struct examination *it);
int stall_find(struct examination *it, struct error *error);
int overshoot_find(struct examination *it, struct error *error);
int continuation_find(struct examination *it, struct error *error);
int sensitivity_find(struct examination *it, struct error *error);
int overfitting_find(struct examination *it, struct error *error);
int plateau_find(struct examination *it, struct error *error);
void signal_find(struct examination *it);
int minimum_find(struct examination *it, struct error *error);
void printed_find(struct examination *it);
int noise_find(struct examination *it, struct error *error); /* noise_p */
int limits_find(struct examination *it, struct error *error);
int gradient_check_find(struct examination *it, struct error *error);
int balance_find(struct examination *it, struct error *error);
int numbers_find(struct examination *it, struct error *error);
void numbers_tell(const struct examination *it, struct teller *teller);
void limits_tell(const struct examination *it, struct teller *teller); /* members of an object */
void gradient_check_tell(const struct examination *it, struct teller *teller); /* likewise */

extern const struct diagnosis diagnosis_nonfinite, diagnosis_zero_init, diagnosis_collapse,
    diagnosis_death, diagnosis_saturation, diagnosis_symmetry, diagnosis_affine, diagnosis_stall,
    diagnosis_undertrained, diagnosis_stopped, diagnosis_noise_floor, diagnosis_no_signal,
    diagnosis_worse_minimum, diagnosis_overshoot_start, diagnosis_overshoot_epoch,
    diagnosis_gd_limit, diagnosis_sensitivity, diagnosis_plateau, diagnosis_below_noise,
    diagnosis_printed, diagnosis_near_best, diagnosis_overfitting, diagnosis_balance,
    diagnosis_limits, diagnosis_gradient_check;

/* Whether a tenth of the learning rate may save a dead unit: not where each was born dead or is
 * known to die all the same. Without dead units it may help, too. */
int death_may_be_of_the_rate(const struct examination *it);

#endif
