/* Runs in the lanes of a kernel. */
#include "core/train/pack.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

int pack_init(struct pack *pack, const struct kernel *kernel, int lanes_max, size_t n_parameters,
              int has_gradients, struct error *error)
{
    size_t lane_bytes = (size_t)lanes_max * sizeof(double);
    *pack = (struct pack){.kernel = kernel, .lanes = lanes_max, .n_parameters = n_parameters};
    pack->parameters = memory_array(n_parameters, lane_bytes, error);
    pack->totals = memory_array(1, lane_bytes, error);
    pack->gradients = has_gradients ? memory_array(n_parameters, lane_bytes, error) : NULL;
    if (!pack->parameters || !pack->totals || (has_gradients && !pack->gradients)) {
        pack_clear(pack);
        return -1;
    }
    pack_reshape(pack, kernel, lanes_max);
    return 0;
}

void pack_clear(struct pack *pack)
{
    free(pack->parameters);
    free(pack->gradients);
    free(pack->totals);
    *pack = (struct pack){.kernel = NULL};
}

void pack_reshape(struct pack *pack, const struct kernel *kernel, int lanes)
{
    pack->kernel = kernel;
    pack->lanes = lanes;
    for (int lane = 0; lane < lanes; lane++) {
        pack_park(pack, lane);
    }
}

void pack_copy(struct pack *to, const struct pack *from, int in_batch)
{
    size_t lane_bytes = (size_t)from->lanes * sizeof(double);
    to->kernel = from->kernel;
    to->lanes = from->lanes;
    memcpy(to->parameters, from->parameters, from->n_parameters * lane_bytes);
    memcpy(to->totals, from->totals, lane_bytes);
    if (from->gradients && in_batch) {
        memcpy(to->gradients, from->gradients, from->n_parameters * lane_bytes);
    }
}

/* Copies a lane of one array of values per parameter and lane. */
static void copy_lane(double *to, const struct pack *to_pack, int to_lane, const double *from,
                      const struct pack *from_pack, int from_lane)
{
    size_t n = to_pack->n_parameters;
    to += kernel_offset(to_pack->kernel, n, 0, to_lane);
    from += kernel_offset(from_pack->kernel, n, 0, from_lane);
    for (size_t p = 0; p < n; p++) {
        to[p * (size_t)to_pack->kernel->width] = from[p * (size_t)from_pack->kernel->width];
    }
}

void pack_copy_run(struct pack *to, int to_lane, const struct pack *from, int from_lane)
{
    copy_lane(to->parameters, to, to_lane, from->parameters, from, from_lane);
    if (to->gradients) {
        copy_lane(to->gradients, to, to_lane, from->gradients, from, from_lane);
    }
    to->totals[to_lane] = from->totals[from_lane];
}

/* Sets a lane of one array of values per parameter and lane. */
static void fill_lane(double *values, const struct pack *pack, int lane, double value)
{
    values += kernel_offset(pack->kernel, pack->n_parameters, 0, lane);
    for (size_t p = 0; p < pack->n_parameters; p++) {
        values[p * (size_t)pack->kernel->width] = value;
    }
}

void pack_start_batch(struct pack *pack, int lane)
{
    if (pack->gradients) {
        fill_lane(pack->gradients, pack, lane, -0.0); /* as the kernels leave it after a batch */
    }
}

void pack_set(struct pack *pack, int lane, const double *parameters)
{
    pack_park(pack, lane);
    double *to = pack->parameters + kernel_offset(pack->kernel, pack->n_parameters, 0, lane);
    for (size_t p = 0; p < pack->n_parameters; p++) {
        to[p * (size_t)pack->kernel->width] = parameters[p];
    }
}

void pack_get(const struct pack *pack, int lane, double *out_parameters)
{
    const double *from = pack->parameters;
    from += kernel_offset(pack->kernel, pack->n_parameters, 0, lane);
    for (size_t p = 0; p < pack->n_parameters; p++) {
        out_parameters[p] = from[p * (size_t)pack->kernel->width];
    }
}

void pack_park(struct pack *pack, int lane)
{
    fill_lane(pack->parameters, pack, lane, 0.0);
    pack_start_batch(pack, lane);
    pack->totals[lane] = 0.0;
}
