/* Marking: a student's own numbers of a step, compared with the worked one. */
#ifndef CORE_EXPLAIN_STEP_MARK_H
#define CORE_EXPLAIN_STEP_MARK_H

#include "core/base/teller.h"
#include "core/explain/step/step.h"

/* How close is right. */
struct mark_tolerance {
    double relative; /* > 0; not looked at with digits */
    int digits;      /* 1..17: right if rounding to so many significant digits gives it; 0: none */
};

/* Asks for the student's number of that name; group is NULL, "gradients" or "new". 1 with *out, 0
 * if there is none. */
typedef int (*mark_ask_fn)(void *context, const char *group, const char *name, double *out);

/* Asks for every number of the step in the order in which it is computed (z1, h1, ..., f, error,
 * loss, delta, dz1, ... of the one sample, gradients, new) and tells "right",
 * "wrong" (how many), "lines" and "first_wrong" (a line, or none). A line: name, got, expected,
 * right, tex and slip: what was probably done, if that gives the number exactly, else none. */
void mark_step(const struct step *step, const struct mark_tolerance *tolerance, mark_ask_fn ask,
               void *context, struct teller *teller);

#endif
