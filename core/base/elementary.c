/* exp, tanh and sigmoid of one number: the vector form at one lane. */
#include "core/base/elementary.h"

#define LANES 1
#include "core/base/elementary_lanes.h"

double elementary_exp(double x)
{
    return lanes_exp(x);
}

double elementary_tanh(double x)
{
    return lanes_tanh(x);
}

double elementary_sigmoid(double x)
{
    return lanes_sigmoid(x);
}
