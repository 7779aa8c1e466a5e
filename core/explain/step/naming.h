/* What units and parameters are called in a worked step, in plain text and in TeX.
 *
 * Parameters of a 2-2-1 network are w1..w6, bias1..bias3; of another, "weights/0/1/2" and
 * "biases/0/1": layer, unit and input, counted from 0 as in a run's `parameters`. Units are counted
 * from 1: z1 and h1 are the weighted sum and the output of the first hidden unit (of several hidden
 * layers' z2_1: the second layer's first), x1 is the first feature, f the output or, of several,
 * f1, f2, ..., and zf, zf1, ... their weighted sums where the outputs are something else. */
#ifndef CORE_EXPLAIN_STEP_NAMING_H
#define CORE_EXPLAIN_STEP_NAMING_H

#include <stddef.h>

#include "core/model/network.h"

enum { NAMING_BYTES = 48, NAMING_TEX_BYTES = 1024 };

/* Text that grows until it is full. */
struct tex {
    char text[NAMING_TEX_BYTES];
    size_t n;
};

void tex_add(struct tex *tex, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where a parameter stands; input -1: a bias. */
struct naming_place {
    int layer, unit, input;
};
struct naming_place naming_place(const struct network *network, size_t parameter);

void naming_parameter(const struct network *network, size_t parameter, char out[NAMING_BYTES]);
void naming_parameter_tex(const struct network *network, size_t parameter, struct tex *tex);

/* The units of layer -1 are the features; is_sum: the weighted sum. */
void naming_unit(const struct network *network, int layer, int unit, int is_sum,
                 char out[NAMING_BYTES]);
void naming_unit_tex(const struct network *network, int layer, int unit, int is_sum,
                     struct tex *tex);

/* delta, the slope of the loss by a unit's weighted sum: "delta" of the output (delta1, ... of
 * several), "dz1" of a hidden unit. */
void naming_delta(const struct network *network, int layer, int unit, char out[NAMING_BYTES]);
void naming_delta_tex(const struct network *network, int layer, int unit, struct tex *tex);

/* An activation's function: \mathrm{ReLU}, \tanh, \sigma, ... */
const char *naming_activation_tex(enum activation activation);

/* Whether a layer's outputs are its weighted sums. */
int naming_is_linear(const struct network *network, int layer);

#endif
