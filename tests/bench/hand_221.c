/* The hand-written 2-2-1 kernel for one run, and the choice of the one for many. */
#include "tests/bench/hand_221.h"

#define LANES 2
#include "core/base/lanes.h"

LANES_FN lanes swapped(lanes a)
{
    return (lanes){a[1], a[0]};
}

/* What both units need stands in both lanes: a sum of the lanes is the same in either order. */
void hand_221_one(const struct hand_task *task)
{
    double *p = task->parameters;
    lanes w_x = {p[0], p[2]}, w_z = {p[1], p[3]}, bias = {p[4], p[5]}, w_out = {p[6], p[7]};
    lanes bias_out = lanes_set(p[8]), step = lanes_set(task->steps[0]);
    for (size_t epoch = 0; epoch < task->n_epochs; epoch++) {
        lanes total = lanes_set(0.0);
        for (size_t i = 0; i < task->n_samples; i++) {
            lanes x = lanes_set(task->features[2 * i]), z = lanes_set(task->features[2 * i + 1]);
            lanes h = lanes_positive((w_x * x + w_z * z) + bias);
            lanes products = w_out * h;
            lanes e = lanes_set(task->targets[i]) - ((products + swapped(products)) + bias_out);
            lanes c = step * e;
            lanes c_hidden = lanes_if_positive(h, c * w_out);
            total += e * e;
            w_out += c * h;
            bias_out += c;
            w_x += c_hidden * x;
            w_z += c_hidden * z;
            bias += c_hidden;
        }
        task->losses[epoch] = total[0] / (double)task->n_samples;
    }
    const double results[HAND_PARAMETERS] = {w_x[0],  w_z[0],   w_x[1],   w_z[1],     bias[0],
                                             bias[1], w_out[0], w_out[1], bias_out[0]};
    memcpy(p, results, sizeof results);
}

void (*hand_221_all(void))(const struct hand_task *task)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq")) {
        return hand_221_all_avx512;
    }
    if (__builtin_cpu_supports("avx2")) {
        return hand_221_all_avx2;
    }
#endif
    return NULL;
}
