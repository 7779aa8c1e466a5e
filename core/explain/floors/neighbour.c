/* Each sample's nearest neighbours among the others: all distances, the smallest kept. */
#include "core/explain/floors/neighbour.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/math/statistics.h"
#include "core/base/memory.h"

#define NEIGHBOUR_WORK_MAX 1e8

size_t neighbour_count(size_t n_samples)
{
    size_t n = n_samples / 6;
    return n < 1 ? 1 : n < NEIGHBOURS_MAX ? n : NEIGHBOURS_MAX;
}

int neighbour_is_cheap(const struct dataset *dataset)
{
    double n = (double)dataset->n_samples;
    return n * n * (double)dataset->n_features <= NEIGHBOUR_WORK_MAX;
}

/* Inputs over their standard deviations, [n_samples][n_features]; NULL with ERROR_MEMORY. */
static double *standardise(const struct dataset *dataset, struct error *error)
{
    size_t n = dataset->n_samples, d = dataset->n_features;
    double *room = memory_array(n, (d + 1) * sizeof *room, error), *column = room + n * d;
    for (size_t k = 0; room && k < d; k++) {
        for (size_t i = 0; i < n; i++) {
            column[i] = dataset->features[i * d + k];
        }
        double sd = sqrt(statistics_variance(column, n));
        for (size_t i = 0; i < n; i++) {
            room[i * d + k] = sd > 0.0 && isfinite(sd) ? column[i] / sd : 0.0;
        }
    }
    return room;
}

/* Puts j among the nearest, ascending, if it is nearer than the last of them. */
static void insert(uint32_t *nearest, double *distances, size_t count, uint32_t j, double distance)
{
    size_t at = count;
    for (; at > 0 && distance < distances[at - 1]; at--) {
        if (at < count) {
            nearest[at] = nearest[at - 1];
            distances[at] = distances[at - 1];
        }
    }
    if (at < count) {
        nearest[at] = j;
        distances[at] = distance;
    }
}

int neighbour_find(const struct dataset *dataset, size_t count, uint32_t *out,
                   struct error *error)
{
    size_t n = dataset->n_samples, d = dataset->n_features;
    double *x = standardise(dataset, error), distances[NEIGHBOURS_MAX];
    for (size_t i = 0; x && i < n; i++) {
        for (size_t k = 0; k < count; k++) {
            distances[k] = INFINITY;
            out[i * count + k] = 0;
        }
        for (size_t j = 0; j < n; j++) {
            double distance = 0.0;
            for (size_t k = 0; k < d; k++) {
                double away = x[i * d + k] - x[j * d + k];
                distance += away * away;
            }
            if (j != i) {
                insert(out + i * count, distances, count, (uint32_t)j, distance);
            }
        }
    }
    free(x);
    return x ? 0 : -1;
}
