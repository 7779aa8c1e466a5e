/* What speed is asked of the core, and whether it was reached. */
#ifndef TESTS_BENCH_JUDGE_H
#define TESTS_BENCH_JUDGE_H

#include <stdio.h>

#include "tests/bench/figures.h"

/* Prints a line for each demand: must, aim, reached, and whether they were met. Demands that could
 * not be measured here are printed as such. */
void judge_print(const struct figures *figures);

/* The same as an array of JSON. */
void judge_write(const struct figures *figures, FILE *file);

#endif
