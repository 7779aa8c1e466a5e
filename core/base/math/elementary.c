/* The elementary functions of one number: the vector forms at one lane. */
#include "core/base/math/elementary.h"

#define LANES 1
#include "core/base/math/elementary_lanes.h"
#include "core/base/math/logarithm_lanes.h"
#include "core/base/math/normal_lanes.h"

double elementary_exp(double x)
{
    return lanes_exp(x);
}

double elementary_expm1(double x)
{
    return lanes_expm1(x);
}

double elementary_tanh(double x)
{
    return lanes_tanh(x);
}

double elementary_sigmoid(double x)
{
    return lanes_sigmoid(x);
}

double elementary_log(double x)
{
    return lanes_log(x);
}

double elementary_log1p(double x)
{
    return lanes_log1p(x);
}

double elementary_softplus(double x)
{
    return lanes_softplus(x);
}

double elementary_normal_cdf(double x)
{
    return lanes_normal_cdf(x);
}

double elementary_normal_density(double x)
{
    return lanes_normal_density(x);
}
