/* The hand-written 2-2-1 kernel for HAND_LANES runs, as `hand_221_all_lanes`, at the width of the
 * including file.
 *
 * All vectors' samples are independent, and each hides the latencies of the others. */
#ifndef TESTS_BENCH_HAND_221_LANES_H
#define TESTS_BENCH_HAND_221_LANES_H

#include "core/base/math/lanes.h"
#include "tests/bench/hand_221.h"

enum { N_VECTORS = HAND_LANES / LANES };

LANES_TARGET static void hand_221_all_lanes(const struct hand_task *task)
{
    lanes p[N_VECTORS][HAND_PARAMETERS], total[N_VECTORS], step[N_VECTORS];
    lanes *parameters = (lanes *)task->parameters;
    double *losses = task->losses;
    const double *features = task->features, *targets = task->targets;
    const lanes n_samples = lanes_set((double)task->n_samples);
    LANES_UNROLL
    for (int v = 0; v < N_VECTORS; v++) {
        step[v] = ((const lanes *)task->steps)[v];
        LANES_UNROLL
        for (int i = 0; i < HAND_PARAMETERS; i++) {
            p[v][i] = parameters[i * N_VECTORS + v];
        }
    }
    for (size_t epoch = 0; epoch < task->n_epochs; epoch++) {
        LANES_UNROLL
        for (int v = 0; v < N_VECTORS; v++) {
            total[v] = lanes_set(0.0);
        }
        for (size_t i = 0; i < task->n_samples; i++) {
            lanes x = lanes_set(features[2 * i]), z = lanes_set(features[2 * i + 1]);
            lanes y = lanes_set(targets[i]);
            LANES_UNROLL
            for (int v = 0; v < N_VECTORS; v++) {
                lanes *w = p[v];
                lanes h = lanes_positive((w[0] * x + w[1] * z) + w[4]);
                lanes g = lanes_positive((w[2] * x + w[3] * z) + w[5]);
                lanes e = y - ((w[6] * h + w[7] * g) + w[8]);
                lanes c = step[v] * e;
                lanes c1 = lanes_if_positive(h, c * w[6]);
                lanes c2 = lanes_if_positive(g, c * w[7]);
                total[v] += e * e;
                w[6] += c * h;
                w[7] += c * g;
                w[8] += c;
                w[0] += c1 * x;
                w[1] += c1 * z;
                w[4] += c1;
                w[2] += c2 * x;
                w[3] += c2 * z;
                w[5] += c2;
            }
        }
        LANES_UNROLL
        for (int v = 0; v < N_VECTORS; v++, losses += LANES) {
            lanes mean = total[v] / n_samples;
            memcpy(losses, &mean, sizeof mean);
        }
    }
    LANES_UNROLL
    for (int v = 0; v < N_VECTORS; v++) {
        LANES_UNROLL
        for (int i = 0; i < HAND_PARAMETERS; i++) {
            parameters[i * N_VECTORS + v] = p[v][i];
        }
    }
}

#endif
