/* Whether a sample's class is told right, over a vector of lanes.
 *
 * A template; include core/base/math/lanes.h before it. For the cross-entropies, as
 * core/model/metric.h says: of the categorical one the class is the place of the largest target or
 * output, the first of equals; of the binary one each output is a yes above 1/2 and else a no, and
 * all must be right. */
#ifndef CORE_MODEL_HIT_LANES_H
#define CORE_MODEL_HIT_LANES_H

#include "core/model/loss.h"

/* 1.0 where the values differ, which are whole numbers, else 0.0. */
LANES_FN lanes hit_differ(lanes a, lanes b)
{
    lanes d = a - b, one = lanes_set(1.0), zero = lanes_set(0.0);
    return lanes_choose_positive(d, one, lanes_choose_positive(-d, one, zero));
}

/* The j-th value: one for all lanes or, with is_own, a vector, `stride` from the one before. */
LANES_FN lanes hit_value(const double *values, int j, const int stride, const int is_own)
{
    return is_own ? ((const lanes *)values)[j * stride] : lanes_set(values[j]);
}

/* The place of the largest of n values. */
LANES_FN lanes hit_place(const int n, const double *values, const int stride, const int is_own)
{
    lanes largest = hit_value(values, 0, stride, is_own), place = lanes_set(0.0);
    for (int j = 1; j < n; j++) {
        lanes value = hit_value(values, j, stride, is_own), above = value - largest;
        largest = lanes_choose_positive(above, value, largest);
        place = lanes_choose_positive(above, lanes_set((double)j), place);
    }
    return place;
}

/* 1.0 in the lanes whose sample is told right, else 0.0, and of the other losses 0.0. A target is
 * one number for all lanes or, with is_own, a vector that lies as the outputs do. */
LANES_FN lanes hit(enum loss loss, const int n, const lanes *outputs, const double *targets,
                   const int stride, const int is_own)
{
    lanes one = lanes_set(1.0), zero = lanes_set(0.0), half = lanes_set(0.5), right = one;
    if (loss == LOSS_CATEGORICAL_CROSS_ENTROPY) {
        return one - hit_differ(hit_place(n, (const double *)outputs, stride, 1),
                                hit_place(n, targets, stride, is_own));
    }
    if (loss != LOSS_BINARY_CROSS_ENTROPY) {
        return zero;
    }
    for (int j = 0; j < n; j++) {
        lanes target = hit_value(targets, j, stride, is_own);
        lanes is = lanes_choose_positive(target - half, one, zero);
        lanes says = lanes_choose_positive(outputs[j * stride] - half, one, zero);
        right *= one - hit_differ(says, is);
    }
    return right;
}

#endif
