/* Nothing is timed that computes anything else. */
#ifndef TESTS_BENCH_CHECK_H
#define TESTS_BENCH_CHECK_H

#include "tests/bench/work.h"

/* Trains each work on every kernel that runs here and suits it, against the reference kernel of its
 * arithmetic, and that against the trainings in floats.h; and the founding report's experiments,
 * one of them for a million epochs: *out_s is the processor time that took, *out_loss its last
 * loss. Both, floats.h and the report, are plain Python floats. Returns how many trainings were
 * compared, or -1 after printing the one that differs. */
int check_all(double *out_s, double *out_loss);

#endif
