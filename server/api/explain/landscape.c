/* Landscapes: the printed loss along one or two directions through a run's parameters. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/landscape/slice.h"
#include "core/explain/landscape/terrain.h"
#include "server/api/explain/axes.h"
#include "server/api/explain/look.h"
#include "server/base/json_teller.h"

/* Places times different inputs times parameters, at most: a second or two. */
#define WORK_MAX 5e8

/* All that an answer is made of. */
struct landscape {
    struct look *look;
    struct axes axes;
    struct terrain terrain;
    struct terrain_grid grid;
    double *losses; /* [n[1]][n[0]] */
};

/* ?points=, and whether so many places can be looked at. */
static int read_points(const struct landscape *it, int is_line, int64_t *out, struct error *error)
{
    int64_t points;
    if (look_integer(it->look, "points", 2, is_line ? LOOK_LINE_MAX : LOOK_PLANE_MAX,
                     is_line ? LOOK_LINE : LOOK_PLANE, &points, error) != 0)
        return -1;
    *out = points;
    double places = is_line ? (double)points : (double)points * (double)points;
    double each = (double)it->terrain.n_points * (double)it->terrain.work.n_parameters;
    if (places * each > WORK_MAX)
        return error_set(error, ERROR_TOO_LARGE,
                         "%.0f places, %zu different inputs and %zu parameters are %.2g together; "
                         "at most %.2g: take fewer ?points",
                         places, it->terrain.n_points, it->terrain.work.n_parameters,
                         places * each, WORK_MAX);
    return 0;
}

/* A path is replayed for its axes, of which it has two: whether it can be shown is known before. */
static int check_path(const struct landscape *it, struct error *error)
{
    const char *kind = http_query(it->look->call->request, "kind");
    int64_t points;
    return kind == NULL || strcmp(kind, "path") != 0 ? 0 : read_points(it, 0, &points, error);
}

static int lay_grid(struct landscape *it, struct error *error)
{
    const struct axes *axes = &it->axes;
    int is_line = axes->n == 1;
    int64_t points;
    if (read_points(it, is_line, &points, error) != 0)
        return -1;
    it->grid = (struct terrain_grid){
        .origin = axes->origin,
        .axes = {axes->directions[0], is_line ? NULL : axes->directions[1]},
        .from = {axes->from[0], axes->from[1]},
        .to = {axes->to[0], axes->to[1]},
        .n = {(int)points, is_line ? 1 : (int)points},
        .stop = it->look->replay.stop,
        .context = it->look->replay.context};
    size_t n = (size_t)it->grid.n[0] * (size_t)it->grid.n[1];
    it->losses = memory_array(n, sizeof *it->losses, error);
    return it->losses == NULL ? -1 : terrain_losses(&it->terrain, &it->grid, it->losses, error);
}

/* --- telling --------------------------------------------------------------------------------- */

static void tell_axis(const struct landscape *it, int axis, struct teller *teller)
{
    tell_object(teller, axis == 0 ? "x" : "y");
    tell_text(teller, "name", it->axes.names[axis]);
    tell_number(teller, "here", it->axes.here[axis]);
    tell_list(teller, "values");
    for (int i = 0; i < it->grid.n[axis]; i++)
        tell_number(teller, NULL, terrain_place(&it->grid, axis, i));
    tell_end(teller);
    tell_end(teller);
}

static void tell_losses(const struct landscape *it, struct teller *teller)
{
    size_t n = (size_t)it->grid.n[0];
    if (it->axes.n == 1) {
        tell_numbers(teller, "loss", it->losses, n);
        return;
    }
    tell_list(teller, "loss");
    for (int j = 0; j < it->grid.n[1]; j++)
        tell_numbers(teller, NULL, it->losses + (size_t)j * n, n);
    tell_end(teller);
}

static void tell_slice(const struct slice *slice, struct teller *teller)
{
    tell_object(teller, "exact");
    tell_text(teller, "tex", "L=A t^2+B t+C");
    tell_list(teller, "pieces");
    for (size_t i = 0; i < slice->n; i++) {
        const struct slice_piece *piece = &slice->pieces[i];
        const double row[] = {piece->from, piece->to, piece->a, piece->b, piece->c};
        tell_numbers(teller, NULL, row, 5);
    }
    tell_end(teller);
    tell_object(teller, "least");
    tell_number(teller, "at", slice->least_at);
    tell_number(teller, "loss", slice->least);
    tell_end(teller);
    tell_end(teller);
}

/* Along one parameter: the pieces, or why there are none. */
static int tell_exact(const struct landscape *it, struct teller *teller, struct error *error)
{
    const char *why;
    struct slice slice;
    if (it->axes.parameter < 0)
        return 0;
    if (!slice_is_exact(&it->terrain, &why)) {
        tell_text(teller, "exact", NULL);
        tell_text(teller, "not_exact_because", why);
        return 0;
    }
    if (slice_init(&slice, &it->terrain, it->look->parameters, (size_t)it->axes.parameter,
                   it->grid.from[0], it->grid.to[0], error) != 0)
        return -1;
    tell_slice(&slice, teller);
    slice_clear(&slice);
    return 0;
}

static void tell_path(const struct axes *axes, struct teller *teller)
{
    if (axes->n_path == 0)
        return;
    tell_object(teller, "path");
    tell_list(teller, "epoch");
    for (size_t i = 0; i < axes->n_path; i++)
        tell_integer(teller, NULL, axes->path_epochs[i]);
    tell_end(teller);
    for (int k = 0; k < 2; k++) {
        tell_list(teller, k == 0 ? "x" : "y");
        for (size_t i = 0; i < axes->n_path; i++)
            tell_number(teller, NULL, axes->path[i][k]);
        tell_end(teller);
    }
    tell_numbers(teller, "shares", axes->shares, 2);
    tell_end(teller);
}

static json_t *tell(struct landscape *it, struct error *error)
{
    struct json_teller teller;
    json_teller_init(&teller);
    tell_text(&teller.teller, "kind", it->axes.kind);
    tell_integer(&teller.teller, "epoch", it->look->epoch);
    tell_number(&teller.teller, "here", terrain_loss(&it->terrain, it->look->parameters));
    tell_text(&teller.teller, "note",
              it->axes.n == 1 ? "A slice along one direction: others exist."
                              : "A slice along two directions: others exist.");
    tell_axis(it, 0, &teller.teller);
    if (it->axes.n == 2)
        tell_axis(it, 1, &teller.teller);
    tell_losses(it, &teller.teller);
    tell_path(&it->axes, &teller.teller);
    int result = tell_exact(it, &teller.teller, error);
    json_t *json = json_teller_take(&teller);
    if (result == 0)
        return json;
    json_decref(json);
    return NULL;
}

static json_t *compute(struct look *look, struct error *error)
{
    const struct training *training = &look->plan.training;
    struct landscape it = {.look = look};
    json_t *json = NULL;
    if (terrain_init(&it.terrain, &look->plan.network, look->plan.dataset, training->loss,
                     training->gradient, error) == 0 &&
        check_path(&it, error) == 0 && axes_find(&it.axes, look, error) == 0 &&
        lay_grid(&it, error) == 0)
        json = tell(&it, error);
    free(it.losses);
    terrain_clear(&it.terrain);
    axes_clear(&it.axes);
    return json;
}

void landscape_get(struct call *call)
{
    look_answer(call, compute);
}
