/* A sentence put together piece by piece. */
#ifndef CORE_EXPLAIN_VERDICT_WORDS_H
#define CORE_EXPLAIN_VERDICT_WORDS_H

#include <stddef.h>

#include "core/explain/verdict/examination.h"

enum { WORDS_BYTES = GLANCE_TEXT_BYTES };

struct words {
    size_t n;
    char text[WORDS_BYTES];
};

/* Adds; what is beyond WORDS_BYTES is cut. */
void words_add(struct words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A number as a person writes it: `digits` significant ones, 0.0004 and 4e-7. */
void words_number(struct words *words, double value, int digits);

/* How far a loss is above a floor, before "the best loss ...": "12 % above", "35 times", or above
 * one next to 0 (examination_excess) the difference, "0.0012 above". */
void words_above(struct words *words, const struct examination *it, double loss, double floor);

/* "1", "1 and 2", "1, 2 and 3", "1, 2, 3 and 5 more", counted from 1. */
void words_list(struct words *words, const int *items, int n);

/* "Hidden unit 1", "Hidden units 1 and 2", or of deeper networks "Units 1 and 2 of hidden layer 2":
 * those units of the survey whose `is_meant` is set. */
void words_units(struct words *words, const struct examination *it,
                 int (*is_meant)(const struct examination *it, int unit));

#endif
