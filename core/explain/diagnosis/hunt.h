/* The hunt for the update that killed a relu unit of the first layer. Only where death is absorbing
 * (death.c) is there one. */
#ifndef CORE_EXPLAIN_DIAGNOSIS_HUNT_H
#define CORE_EXPLAIN_DIAGNOSIS_HUNT_H

#include "core/explain/verdict/examination.h"

/* Whether a unit of the first layer outputs 0 for every sample. */
int hunt_is_dead(const struct examination *it, const double *parameters, int unit);

/* Fills in when and how each unit of it->deaths died that was not born dead: the epoch by
 * bisection, the update by replaying that epoch. -1 with ERROR_MEMORY or ERROR_BUSY. */
int hunt_steps(struct examination *it, struct error *error);

/* Then trains from the start with a tenth of the learning rate, for ten times as many epochs as the
 * run had or 200 times as many as the unit lived, and notes which of them die too. */
int hunt_tenth(struct examination *it, struct error *error);

#endif
