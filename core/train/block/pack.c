/* Runs in the lanes of a kernel. */
#include "core/train/block/pack.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

_Static_assert(PACK_WIDE - PACK_SLOTS == OPTIMIZER_SLOTS_MAX, "a place for every slot");
_Static_assert(PACK_NARROW - PACK_POWERS == OPTIMIZER_POWERS, "a place for every power");

static int keeps_wide(const struct pack_room *room, int i)
{
    return i < PACK_GRADIENTS   ? 1
           : i < PACK_SLOTS ? room->has_gradients
                            : i - PACK_SLOTS < optimizer_slots(room->optimizer);
}

static int keeps_narrow(const struct pack_room *room, int i)
{
    return i < PACK_POWERS || optimizer_has_powers(room->optimizer);
}

int pack_init(struct pack *pack, const struct kernel *kernel, const struct pack_room *room,
              struct error *error)
{
    size_t lane_bytes = (size_t)room->lanes * sizeof(double);
    int is_whole = 1;
    *pack = (struct pack){.kernel = kernel,
                          .lanes = room->lanes,
                          .n_parameters = room->n_parameters,
                          .optimizer = room->optimizer};
    for (int i = 0; i < PACK_WIDE; i++) {
        if (keeps_wide(room, i)) {
            pack->wide[i] = memory_array(room->n_parameters, lane_bytes, error);
            is_whole &= pack->wide[i] != NULL;
        }
    }
    for (int i = 0; i < PACK_NARROW; i++) {
        if (keeps_narrow(room, i)) {
            pack->narrow[i] = memory_array(1, lane_bytes, error);
            is_whole &= pack->narrow[i] != NULL;
        }
    }
    if (!is_whole) {
        pack_clear(pack);
        return -1;
    }
    pack_reshape(pack, kernel, room->lanes);
    return 0;
}

void pack_clear(struct pack *pack)
{
    for (int i = 0; i < PACK_WIDE; i++) {
        free(pack->wide[i]);
    }
    for (int i = 0; i < PACK_NARROW; i++) {
        free(pack->narrow[i]);
    }
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
    for (int i = 0; i < PACK_WIDE; i++) {
        if (from->wide[i] && (i != PACK_GRADIENTS || in_batch)) {
            memcpy(to->wide[i], from->wide[i], from->n_parameters * lane_bytes);
        }
    }
    for (int i = 0; i < PACK_NARROW; i++) {
        if (from->narrow[i]) {
            memcpy(to->narrow[i], from->narrow[i], lane_bytes);
        }
    }
}

/* A lane of one array of values per parameter and lane, from `from` or, if that is NULL, `value`;
 * from_stride is how far one parameter's value is from the next one's. */
static void fill_lane(const struct pack *pack, int wide, int lane, const double *from,
                      size_t from_stride, double value)
{
    size_t width = (size_t)pack->kernel->width;
    double *to = pack->wide[wide] + kernel_offset(pack->kernel, pack->n_parameters, 0, lane);
    for (size_t p = 0; p < pack->n_parameters; p++) {
        to[p * width] = from ? from[p * from_stride] : value;
    }
}

static void read_lane(const struct pack *pack, int wide, int lane, double *out)
{
    size_t width = (size_t)pack->kernel->width;
    const double *from = pack->wide[wide];
    from += kernel_offset(pack->kernel, pack->n_parameters, 0, lane);
    for (size_t p = 0; p < pack->n_parameters; p++) {
        out[p] = from[p * width];
    }
}

void pack_copy_run(struct pack *to, int to_lane, const struct pack *from, int from_lane)
{
    size_t from_offset = kernel_offset(from->kernel, from->n_parameters, 0, from_lane);
    for (int i = 0; i < PACK_WIDE; i++) {
        if (to->wide[i]) {
            fill_lane(to, i, to_lane, from->wide[i] + from_offset, (size_t)from->kernel->width, 0);
        }
    }
    for (int i = 0; i < PACK_NARROW; i++) {
        if (to->narrow[i]) {
            to->narrow[i][to_lane] = from->narrow[i][from_lane];
        }
    }
}

void pack_set(struct pack *pack, int lane, const double *parameters, const double *memory)
{
    size_t n = pack->n_parameters;
    int n_slots = optimizer_slots(pack->optimizer);
    pack_park(pack, lane);
    fill_lane(pack, PACK_PARAMETERS, lane, parameters, 1, 0);
    for (int k = 0; memory && k < n_slots; k++) {
        fill_lane(pack, PACK_SLOTS + k, lane, memory + (size_t)k * n, 1, 0);
    }
    for (int k = 0; memory && k < OPTIMIZER_POWERS && pack->narrow[PACK_POWERS + k]; k++) {
        pack->narrow[PACK_POWERS + k][lane] = memory[(size_t)n_slots * n + (size_t)k];
    }
}

void pack_get(const struct pack *pack, int lane, double *out_parameters)
{
    read_lane(pack, PACK_PARAMETERS, lane, out_parameters);
}

void pack_get_memory(const struct pack *pack, int lane, double *out_memory)
{
    size_t n = pack->n_parameters;
    int n_slots = optimizer_slots(pack->optimizer);
    for (int k = 0; k < n_slots; k++) {
        read_lane(pack, PACK_SLOTS + k, lane, out_memory + (size_t)k * n);
    }
    for (int k = 0; k < OPTIMIZER_POWERS && pack->narrow[PACK_POWERS + k]; k++) {
        out_memory[(size_t)n_slots * n + (size_t)k] = pack->narrow[PACK_POWERS + k][lane];
    }
}

void pack_start_batch(struct pack *pack, int lane)
{
    if (pack->wide[PACK_GRADIENTS]) { /* as the kernels leave it after a batch */
        fill_lane(pack, PACK_GRADIENTS, lane, NULL, 0, -0.0);
    }
}

void pack_park(struct pack *pack, int lane)
{
    for (int i = 0; i < PACK_WIDE; i++) {
        if (pack->wide[i] && i != PACK_GRADIENTS) {
            fill_lane(pack, i, lane, NULL, 0, 0.0);
        }
    }
    pack_start_batch(pack, lane);
    for (int i = 0; i < PACK_NARROW; i++) {
        if (pack->narrow[i]) { /* the powers of t = 0 */
            pack->narrow[i][lane] = i < PACK_POWERS ? 0.0 : 1.0;
        }
    }
}
