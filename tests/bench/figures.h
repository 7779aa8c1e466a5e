/* The figures of one run of the benchmark: every work's time in every round, and what is told of
 * them: medians, with the tenth and the ninetieth of a hundred. */
#ifndef TESTS_BENCH_FIGURES_H
#define TESTS_BENCH_FIGURES_H

#include "tests/bench/work.h"

enum { ROUNDS = 101, WORKS_MAX = 48, ANCHORS = 10 };

/* Middle and spread of a series. */
struct spread {
    double median, p10, p90;
};

struct figures {
    int n_works;
    struct work works[WORKS_MAX];
    double update_s[WORKS_MAX][ROUNDS]; /* per run and sample */
    double peak[ROUNDS];                /* flops per second; 0: not known */
    double hz[ROUNDS];
    int n_anchors; /* rounds of a plain Python loop; 0 without python3 */
    double anchor_s[ANCHORS], anchor_ratio[ANCHORS];
    char python[32];
    double million_s, million_loss; /* 1,000,000 epochs of the report's network */
};

struct spread figures_spread(const double *values, int n);

/* Which work has this key; -1: none here. */
int figures_find(const struct figures *figures, const char *key);

/* Time of work `a` in units of work b's, over the rounds; both exist. */
struct spread figures_ratio(const struct figures *figures, int a, int b);

/* Share of the fused multiply-add peak; zeros where that is not known. */
struct spread figures_share(const struct figures *figures, int i);

#endif
