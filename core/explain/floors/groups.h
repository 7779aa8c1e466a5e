/* Samples with the same inputs, put together. For the files of the floors alone. */
#ifndef CORE_EXPLAIN_FLOORS_GROUPS_H
#define CORE_EXPLAIN_FLOORS_GROUPS_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/model/loss.h"

/* Groups are numbered in the order their first samples have. */
struct groups {
    size_t n;
    size_t *of;     /* [n_samples] each sample's group */
    size_t *counts; /* [n_samples], of which n are used: samples in the group */
    size_t *first;  /* the same: its first sample */
};

/* 0, or -1 with ERROR_MEMORY. 0.0 and -0.0 are the same input. Clear it in any case. */
int groups_find(struct groups *groups, const struct dataset *dataset, struct error *error);
void groups_clear(struct groups *groups);

/* Means of the targets: out_means [n][n_targets]. */
void groups_means(const struct groups *groups, const struct dataset *dataset, double *out_means);

/* The lowest loss of a function that has one value for each group: the mean over the samples and
 * outputs of what each group's best constant leaves. 0, or -1 with ERROR_MEMORY. */
int groups_loss(const struct groups *groups, const struct dataset *dataset, enum loss loss,
                double *out_loss, struct error *error);

#endif
