/* Medians, spreads, ratios within a round. */
#include "tests/bench/figures.h"

#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct spread figures_spread(const double *values, int n)
{
    double sorted[ROUNDS];
    memcpy(sorted, values, (size_t)n * sizeof *values);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    return (struct spread){sorted[n / 2], sorted[n / 10], sorted[n - 1 - n / 10]};
}

int figures_find(const struct figures *figures, const char *key)
{
    for (int i = 0; i < figures->n_works; i++) {
        if (strcmp(figures->works[i].spec->key, key) == 0) {
            return i;
        }
    }
    return -1;
}

struct spread figures_ratio(const struct figures *figures, int a, int b)
{
    double ratios[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        ratios[r] = figures->update_s[a][r] / figures->update_s[b][r];
    }
    return figures_spread(ratios, ROUNDS);
}

struct spread figures_share(const struct figures *figures, int i)
{
    double shares[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        double rate = figures->works[i].flops / figures->update_s[i][r];
        shares[r] = figures->peak[r] > 0 ? rate / figures->peak[r] : 0;
    }
    return figures_spread(shares, ROUNDS);
}
