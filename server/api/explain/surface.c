/* Surfaces: what a network of one or two features says all over the plane of its inputs. */
#include <stdlib.h>

#include "core/base/memory.h"
#include "server/api/explain/look.h"
#include "server/api/present.h"

/* Beyond the data on either side. */
#define MARGIN 0.1

/* The places along each feature. */
struct plane {
    size_t n_features, n; /* of each */
    double from[2], to[2];
};

static void find_limits(const struct dataset *whole, size_t feature, struct plane *plane)
{
    double low = whole->features[feature], high = low;
    for (size_t i = 0; i < whole->n_samples; i++) {
        double x = whole->features[i * whole->n_features + feature];
        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    double margin = high > low ? MARGIN * (high - low) : 1.0;
    plane->from[feature] = low - margin;
    plane->to[feature] = high + margin;
}

static double place(const struct plane *plane, size_t feature, size_t i)
{
    double share = (double)i / (double)(plane->n - 1);
    return plane->from[feature] * (1.0 - share) + plane->to[feature] * share;
}

static json_t *places_json(const struct plane *plane, size_t feature)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plane->n; i++)
        list = json_push(list, json_real(place(plane, feature, i)));
    return list;
}

/* The inputs of every place, row by row of the second feature, as the network wants them. */
static double *make_inputs(const struct plane *plane, const struct scaling *scaling, size_t n,
                           struct error *error)
{
    double *inputs = memory_array(n * plane->n_features, sizeof *inputs, error);
    for (size_t i = 0; inputs != NULL && i < n; i++)
        for (size_t k = 0; k < plane->n_features; k++)
            inputs[i * plane->n_features + k] =
                place(plane, k, k == 0 ? i % plane->n : i / plane->n);
    if (inputs != NULL)
        scaling_apply(scaling, inputs, n);
    return inputs;
}

static json_t *describe(const struct look *look, const struct plane *plane,
                        const struct dataset *whole, json_t *outputs)
{
    json_t *names = json_array(), *targets = json_array(), *axes = json_array();
    for (size_t k = 0; k < plane->n_features; k++) {
        names = json_push(names, json_string(whole->names[k]));
        axes = json_push(axes, places_json(plane, k));
    }
    for (size_t k = 0; k < whole->n_targets; k++)
        targets = json_push(targets, json_string(whole->names[whole->n_features + k]));
    return json_pack("{s:I, s:s, s:o, s:o, s:[f, f], s:o, s:o}", "epoch", (json_int_t)look->epoch,
                     "loss", loss_name(look->plan.training.loss), "features", names, "targets",
                     targets, "beyond_the_data", MARGIN, MARGIN, "places", axes, "outputs",
                     outputs);
}

static json_t *compute_with(struct look *look, const struct dataset *whole, struct error *error)
{
    struct plane plane = {.n_features = whole->n_features};
    int64_t points;
    int is_line = plane.n_features == 1;
    if (plane.n_features > 2) {
        error_set(error, ERROR_TOO_LARGE,
                  "the data set has %zu features; a surface is shown of 1 or 2", plane.n_features);
        return NULL;
    }
    if (look_integer(look, "points", 2, is_line ? LOOK_LINE_MAX : LOOK_PLANE_MAX,
                     is_line ? LOOK_LINE : LOOK_PLANE, &points, error) != 0)
        return NULL;
    plane.n = (size_t)points;
    for (size_t k = 0; k < plane.n_features; k++)
        find_limits(whole, k, &plane);
    size_t n = is_line ? plane.n : plane.n * plane.n;
    if ((double)n * (double)network_n_parameters(&look->plan.network) > 5e8) {
        error_set(error, ERROR_TOO_LARGE,
                  "%zu places of %zu parameters; at most 500 million of their product: take fewer "
                  "?points", n, network_n_parameters(&look->plan.network));
        return NULL;
    }
    double *inputs = make_inputs(&plane, look->plan.scaling, n, error);
    json_t *outputs =
        inputs == NULL ? NULL
                       : present_outputs(&look->plan, look->parameters, inputs, n, error);
    free(inputs);
    return outputs == NULL ? NULL : describe(look, &plane, whole, outputs);
}

static json_t *compute(struct look *look, struct error *error)
{
    struct spec_data data = {0};
    json_t *json = NULL;
    if (spec_data(look->study->spec, look->call->run, &data, error) == 0)
        json = compute_with(look, data.whole, error);
    spec_data_clear(&data);
    return json;
}

void surface_get(struct call *call)
{
    look_answer(call, compute);
}
