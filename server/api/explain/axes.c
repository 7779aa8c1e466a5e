/* Axes: the directions a landscape is asked for along. */
#include "server/api/explain/axes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/base/memory.h"
#include "core/explain/landscape/direction.h"
#include "core/explain/landscape/spectrum.h"
#include "core/explain/step/naming.h"
#include "server/api/present.h"
#include "server/api/route/parameter.h"

/* What is asked for; texts are the query's own, or NULL. */
struct query {
    const char *kind, *x, *y;
    double span; /* 0: not given */
};

static size_t n_parameters(const struct look *look)
{
    return network_n_parameters(&look->plan.network);
}

static void reach(struct axes *axes, int axis, double middle, double span)
{
    axes->from[axis] = middle - span;
    axes->to[axis] = middle + span;
}

/* --- parameters ------------------------------------------------------------------------------ */

static long find_parameter(const struct network *network, const char *name)
{
    char known[NAMING_BYTES];
    for (size_t p = 0; p < network_n_parameters(network); p++) {
        naming_parameter(network, p, known);
        if (strcmp(name, known) == 0)
            return (long)p;
    }
    return -1;
}

/* Along an axis the value is the parameter's own. */
static int along_parameter(struct axes *axes, const struct look *look, int axis, const char *name,
                           const char *text, double span, struct error *error)
{
    const struct network *network = &look->plan.network;
    char first[NAMING_BYTES], last[NAMING_BYTES];
    naming_parameter(network, 0, first);
    naming_parameter(network, n_parameters(look) - 1, last);
    long p = find_parameter(network, text != NULL ? text : first);
    if (p < 0)
        return error_set(error, ERROR_INVALID,
                         "?%s=%.40s: expected a parameter's name, from %s to %s", name, text,
                         first, last);
    double value = look->parameters[p];
    axes->parameter = axes->n == 0 ? p : -1;
    axes->origin[p] = 0.0;
    axes->directions[axis][p] = 1.0;
    axes->here[axis] = value;
    reach(axes, axis, value, span > 0 ? span : fmax(1.0, 2.0 * fabs(value)));
    naming_parameter(network, (size_t)p, axes->names[axis]);
    axes->n = axis + 1;
    return 0;
}

static int along_parameters(struct axes *axes, struct look *look, const struct query *query,
                            struct error *error)
{
    if (query->y != NULL && query->x != NULL && strcmp(query->x, query->y) == 0)
        return error_set(error, ERROR_INVALID, "?y=%.40s: expected another parameter than ?x",
                         query->y);
    if (along_parameter(axes, look, 0, "x", query->x, query->span, error) != 0)
        return -1;
    return query->y == NULL
               ? 0
               : along_parameter(axes, look, 1, "y", query->y, query->span, error);
}

/* --- eigenvectors and random directions ------------------------------------------------------ */

/* Who names one direction wants a line; who names none, the first two. */
static int is_line(const struct query *query)
{
    return query->x != NULL && query->y == NULL;
}

static int along_eigenvectors(struct axes *axes, struct look *look, const struct query *query,
                              struct error *error)
{
    const struct training *training = &look->plan.training;
    struct spectrum spectrum;
    int64_t which[2];
    int64_t last = (int64_t)n_parameters(look) - 1;
    if (look_integer(look, "x", 0, last, 0, &which[0], error) != 0 ||
        look_integer(look, "y", 0, last, last > 0, &which[1], error) != 0)
        return -1;
    if (spectrum_init(&spectrum, &look->plan.network, look->plan.dataset, training->loss,
                      training->gradient, look->parameters, error) != 0)
        return -1;
    axes->n = is_line(query) || which[0] == which[1] ? 1 : 2;
    for (int k = 0; k < axes->n; k++) {
        size_t n = spectrum.n, at = (size_t)which[k];
        memcpy(axes->directions[k], spectrum.vectors + at * n, n * sizeof(double));
        snprintf(axes->names[k], sizeof axes->names[k], "eigenvector %zu (curvature %.3g)", at,
                 spectrum.values[at]);
        reach(axes, k, 0.0, query->span > 0 ? query->span : 1.0);
    }
    spectrum_clear(&spectrum);
    return 0;
}

static int along_random(struct axes *axes, struct look *look, const struct query *query,
                        struct error *error)
{
    int64_t seeds[2];
    if (look_integer(look, "x", 0, UINT32_MAX, 1, &seeds[0], error) != 0 ||
        look_integer(look, "y", 0, UINT32_MAX, 2, &seeds[1], error) != 0)
        return -1;
    axes->n = is_line(query) || seeds[0] == seeds[1] ? 1 : 2;
    for (int k = 0; k < axes->n; k++) {
        direction_random(&look->plan.network, look->parameters, (uint32_t)seeds[k],
                         axes->directions[k]);
        snprintf(axes->names[k], sizeof axes->names[k], "random direction, seed %lld",
                 (long long)seeds[k]);
        reach(axes, k, 0.0, query->span > 0 ? query->span : 1.0);
    }
    return 0;
}

/* --- the path -------------------------------------------------------------------------------- */

/* Epochs evenly from 0 to the one looked at, each once. */
static void choose_epochs(struct axes *axes, int64_t last)
{
    axes->n_path = 0;
    for (int i = 0; i < AXES_PATH_POINTS; i++) {
        int64_t epoch = last / (AXES_PATH_POINTS - 1) * i +
                        last % (AXES_PATH_POINTS - 1) * i / (AXES_PATH_POINTS - 1);
        if (axes->n_path == 0 || epoch > axes->path_epochs[axes->n_path - 1])
            axes->path_epochs[axes->n_path++] = epoch;
    }
}

static void place_path(struct axes *axes, const struct look *look, double *points, double span)
{
    size_t n = n_parameters(look);
    for (int k = 0; k < 2; k++) {
        double low = 0.0, high = 0.0;
        for (size_t i = 0; i < axes->n_path; i++) {
            double at = 0.0;
            for (size_t p = 0; p < n; p++)
                at += (points[i * n + p] - look->parameters[p]) * axes->directions[k][p];
            axes->path[i][k] = at;
            low = at < low ? at : low;
            high = at > high ? at : high;
        }
        double margin = high > low ? 0.2 * (high - low) : 1.0;
        axes->from[k] = span > 0 ? -span : low - margin;
        axes->to[k] = span > 0 ? span : high + margin;
        snprintf(axes->names[k], sizeof axes->names[k], "direction %d of the path (%.3g %%)", k + 1,
                 100.0 * axes->shares[k]);
    }
}

static int along_path(struct axes *axes, struct look *look, const struct query *query,
                      struct error *error)
{
    size_t n = n_parameters(look);
    if (query->x != NULL || query->y != NULL)
        return error_set(error, ERROR_INVALID,
                         "?%s: kind path takes neither x nor y: its directions are the path's",
                         query->x != NULL ? "x" : "y");
    if (n * AXES_PATH_POINTS > 4000000)
        return error_set(error, ERROR_TOO_LARGE,
                         "the network has %zu parameters; a path is taken of at most 61000", n);
    choose_epochs(axes, look->epoch);
    double *points = memory_array(axes->n_path * n, sizeof *points, error);
    int result = points == NULL ? -1
                                : replay_path(&look->replay, axes->path_epochs, axes->n_path,
                                              points, error);
    if (result == 0)
        result = direction_principal(points, axes->n_path, look->parameters, n, axes->directions,
                                     axes->shares, error);
    if (result == 0) {
        axes->n = 2;
        place_path(axes, look, points, query->span);
    }
    free(points);
    return result;
}

/* --- between runs ---------------------------------------------------------------------------- */

/* "3" is a run of this experiment, "id:3" of another. */
static int read_run(const struct look *look, const char *name, const char *text,
                    char id[ENGINE_ID_BYTES], int *out_run, struct error *error)
{
    const struct parameter *row = call_parameter(look->call, name);
    const char *own = look->study->id;
    const char *colon = text == NULL ? NULL : strrchr(text, ':');
    const char *digits = colon != NULL ? colon + 1 : text;
    size_t n_id = colon != NULL ? (size_t)(colon - text) : strlen(own);
    int64_t run;
    struct error inner = ERROR_INIT;
    if (text == NULL || n_id >= ENGINE_ID_BYTES ||
        parameter_integer(row, digits, 0, 999999, &run, &inner) != 0)
        return error_set(error, ERROR_INVALID,
                         "?%s%s%.60s: expected another run, as 3 or experiment:3", name,
                         text == NULL ? "" : "=", text == NULL ? "" : text);
    snprintf(id, ENGINE_ID_BYTES, "%.*s", (int)n_id, colon != NULL ? text : own);
    *out_run = (int)run;
    return 0;
}

static int same_data(const struct dataset *a, const struct dataset *b)
{
    return a->n_samples == b->n_samples && a->n_features == b->n_features &&
           a->n_targets == b->n_targets &&
           memcmp(a->features, b->features, a->n_samples * a->n_features * sizeof(double)) == 0 &&
           memcmp(a->targets, b->targets, a->n_samples * a->n_targets * sizeof(double)) == 0;
}

/* The other run's last parameters minus this look's, into the direction. */
static int to_run(struct axes *axes, struct look *look, int axis, const struct study *study,
                  int run, struct error *error)
{
    struct run_plan plan;
    double *parameters;
    int64_t epoch;
    int result = -1;
    if (run >= spec_n_runs(study->spec))
        return error_set(error, ERROR_NOT_FOUND, "experiment %s has no run %d", study->id, run);
    if (present_load(lab_engine(look->call->api->lab), study, run, &plan, &parameters, &epoch,
                     error) != 0)
        return -1;
    if (!network_same(&plan.network, &look->plan.network)) {
        error_set(error, ERROR_INVALID,
                  "run %d of experiment %s has a network of another shape; between them there is "
                  "no line", run, study->id);
    } else if (spec_plan_data(study->spec, run, &plan, error) == 0) {
        if (same_data(plan.dataset, look->plan.dataset) &&
            plan.training.loss == look->plan.training.loss)
            result = 0;
        else
            error_set(error, ERROR_INVALID,
                      "run %d of experiment %s has other data or another loss; their losses "
                      "cannot be compared", run, study->id);
    }
    for (size_t p = 0; result == 0 && p < n_parameters(look); p++)
        axes->directions[axis][p] = parameters[p] - look->parameters[p];
    snprintf(axes->names[axis], sizeof axes->names[axis], "to run %d of %s, epoch %lld (at 1)",
             run, study->id, (long long)epoch);
    free(parameters);
    run_plan_clear(&plan);
    return result;
}

static int between(struct axes *axes, struct look *look, int axis, const char *name,
                   const char *text, double span, struct error *error)
{
    struct shelf *shelf = lab_shelf(look->call->api->lab);
    char id[ENGINE_ID_BYTES];
    int run;
    if (read_run(look, name, text, id, &run, error) != 0)
        return -1;
    const struct study *study = shelf_take(shelf, id, error);
    if (study == NULL)
        return -1;
    int result = to_run(axes, look, axis, study, run, error);
    shelf_release(shelf, study);
    axes->n = axis + 1;
    axes->from[axis] = span > 0 ? -span : -0.25;
    axes->to[axis] = span > 0 ? 1.0 + span : 1.25;
    return result;
}

/* ---------------------------------------------------------------------------------------------- */

static int along(struct axes *axes, struct look *look, const struct query *query,
                 struct error *error)
{
    int kind = 0;
    if (query->kind != NULL &&
        parameter_choice(call_parameter(look->call, "kind"), query->kind, &kind, error) != 0)
        return -1;
    axes->kind = query->kind != NULL ? query->kind : call_parameter(look->call, "kind")->fallback;
    switch (kind) {
    case 0:
        return along_parameters(axes, look, query, error);
    case 1:
        return along_eigenvectors(axes, look, query, error);
    case 2:
        return along_path(axes, look, query, error);
    case 3:
        if (between(axes, look, 0, "x", query->x, query->span, error) != 0)
            return -1;
        return query->y == NULL ? 0
                                : between(axes, look, 1, "y", query->y, query->span, error);
    default:
        return along_random(axes, look, query, error);
    }
}

int axes_find(struct axes *axes, struct look *look, struct error *error)
{
    struct http_request *request = look->call->request;
    struct query query = {.kind = http_query(request, "kind"),
                          .x = http_query(request, "x"),
                          .y = http_query(request, "y")};
    size_t n = n_parameters(look);
    *axes = (struct axes){.parameter = -1};
    const char *span = http_query(request, "span");
    if (span != NULL && parameter_number(call_parameter(look->call, "span"), span, &query.span,
                                         error) != 0)
        return -1;
    axes->origin = memory_array(n, sizeof *axes->origin, error);
    axes->directions[0] = memory_array(n, sizeof(double), error);
    axes->directions[1] = memory_array(n, sizeof(double), error);
    if (axes->origin == NULL || axes->directions[0] == NULL || axes->directions[1] == NULL)
        return -1;
    memcpy(axes->origin, look->parameters, n * sizeof(double));
    return along(axes, look, &query, error);
}

void axes_clear(struct axes *axes)
{
    free(axes->origin);
    free(axes->directions[0]);
    free(axes->directions[1]);
}
