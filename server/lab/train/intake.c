/* An intake: what a block has trained and nobody has committed yet.
 *
 * DESIGN: records that are to be kept one by one stay where the block wrote them. Beyond those
 * (core/train/history.h) what a call has written is summed up in buckets after it, and its place
 * used again: so there a slice is as long as elsewhere, and costs no memory. */
#include "server/lab/train/intake.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/train/history.h"

enum { CHUNK_NUMBERS = 131072 };

/* --- life ---------------------------------------------------------------------------------- */

int intake_init(struct intake *intake, const struct intake_shape *shape, int64_t epochs,
                struct error *error)
{
    size_t n_numbers = (size_t)(shape->n_lanes * shape->n_recorded);
    intake->shape = *shape;
    intake->n_series = series_n(shape->series);
    intake->reached = shape->reached;
    intake->first = shape->reached + 1;
    intake->capacity = CHUNK_NUMBERS / (int64_t)n_numbers;
    intake->records =
        memory_array((size_t)intake->capacity, n_numbers * sizeof *intake->records, error);
    if (intake->records == NULL)
        return -1;
    for (int i = 0; i < shape->n_lanes && epochs > shape->keep; i++) {
        size_t n = (size_t)ENGINE_CHUNK_BUCKETS_MAX * (size_t)intake->n_series;
        intake->lanes[i].buckets = memory_array(n, sizeof(struct history_bucket), error);
        if (intake->lanes[i].buckets == NULL)
            return -1;
    }
    return 0;
}

void intake_clear(struct intake *intake)
{
    for (int i = 0; i < intake->shape.n_lanes; i++)
        free(intake->lanes[i].buckets);
    free(intake->records);
}

/* --- taking in ----------------------------------------------------------------------------- */

/* The numbers of a lane's record are this far apart. */
static size_t apart(const struct intake *intake)
{
    return (size_t)intake->shape.n_lanes;
}

/* And its records. */
static size_t stride(const struct intake *intake)
{
    return (size_t)(intake->shape.n_lanes * intake->shape.n_recorded);
}

/* What fits, and in buckets not more than are surely left. */
int64_t intake_room(const struct intake *intake)
{
    int64_t n = intake->capacity - intake->n_epochs, n_kept = intake->shape.keep - intake->reached;
    int64_t cell = history_stride(n_kept < 0 ? -n_kept + 1 : 1);
    size_t n_buckets = 0;
    for (int i = 0; i < intake->shape.n_lanes; i++)
        n_buckets = intake->lanes[i].n_buckets > n_buckets ? intake->lanes[i].n_buckets : n_buckets;
    int64_t fits = ((int64_t)ENGINE_CHUNK_BUCKETS_MAX - (int64_t)n_buckets - 1) * cell;
    fits += n_kept > 0 ? n_kept : 0;
    return fits < n ? fits : n;
}

double *intake_next(const struct intake *intake)
{
    return intake->records + (size_t)intake->n_epochs * stride(intake);
}

/* Sums up n of a lane's records, the first one of `first`, in buckets. */
static void fold(const struct intake *intake, struct intake_lane *lane, const double *records,
                 int64_t first, int64_t n)
{
    struct history_bucket sum[SERIES_COUNT];
    int64_t keep = intake->shape.keep, at = first - 1 - keep, stop = at + n;
    while (at < stop) {
        int64_t cell_end = history_cell_end(at), end = cell_end < stop ? cell_end : stop;
        for (int s = 0; s < intake->n_series; s++)
            sum[s] = history_sum(records + (size_t)s * apart(intake), (size_t)(end - at),
                                 stride(intake), keep + at + 1);
        records += (size_t)(end - at) * stride(intake);
        struct history_bucket *next = lane->buckets + lane->n_buckets * (size_t)intake->n_series;
        if (lane->n_buckets > 0 && lane->is_open) {
            history_add(next - intake->n_series, sum, intake->n_series);
        } else {
            memcpy(next, sum, (size_t)intake->n_series * sizeof *sum);
            lane->n_buckets++;
        }
        lane->is_open = end < cell_end;
        at = end;
    }
}

/* Finds the best of n more records of a lane, the first one of `first`: there is none while the
 * monitored loss is not finite. */
static void note_best(const struct intake *intake, struct intake_lane *lane, const double *records,
                      int64_t first, int64_t n)
{
    enum series monitor = intake->shape.monitor;
    int place = series_n(intake->shape.series & ((1u << monitor) - 1)); /* in a record */
    const double *monitored = records + (size_t)place * apart(intake);
    double value = lane->best.epoch > 0 ? lane->best.values[monitor] : NAN;
    int64_t best = -1;
    for (int64_t e = 0; e < n; e++, monitored += stride(intake)) {
        if (isfinite(*monitored) && !(*monitored >= value)) {
            value = *monitored;
            best = e;
        }
    }
    if (best < 0)
        return;
    lane->best.epoch = first + best;
    for (int s = 0; s < intake->n_series; s++)
        lane->best.values[series_at(intake->shape.series, s)] =
            records[(size_t)best * stride(intake) + (size_t)s * apart(intake)];
}

void intake_take(struct intake *intake, const struct block *block, int64_t n)
{
    int64_t n_kept = intake->shape.keep - intake->reached;
    n_kept = n_kept < 0 ? 0 : n_kept < n ? n_kept : n;
    for (int i = 0; i < intake->shape.n_lanes; i++) {
        struct intake_lane *lane = &intake->lanes[i];
        const double *records = intake_next(intake) + i;
        int64_t n_run = block_state(block, i).epoch - intake->reached;
        n_run = n_run < n ? n_run : n;
        if (intake->n_series > 1)
            note_best(intake, lane, records, intake->reached + 1, n_run);
        if (n_run > n_kept)
            fold(intake, lane, records + (size_t)n_kept * stride(intake),
                 intake->reached + n_kept + 1, n_run - n_kept);
    }
    intake->n_epochs += n_kept;
    intake->reached += n;
}

/* --- giving -------------------------------------------------------------------------------- */

struct engine_chunk intake_chunk(const struct intake *intake, int index, int64_t committed,
                                 const struct block_state *state)
{
    const struct intake_lane *lane = &intake->lanes[index];
    struct engine_chunk chunk = {.first = committed + 1, .series = intake->shape.series,
                                 .stride = stride(intake), .apart = apart(intake),
                                 .buckets = lane->buckets, .n_buckets = lane->n_buckets};
    int64_t keep = intake->shape.keep, last = state->epoch < keep ? state->epoch : keep;
    if (last >= chunk.first) {
        chunk.n = (size_t)(last - chunk.first + 1);
        chunk.records =
            intake->records + (size_t)(chunk.first - intake->first) * stride(intake) + index;
    }
    if (intake->n_series > 1 && lane->best.epoch > 0) /* else the engine finds it */
        chunk.best = &lane->best;
    return chunk;
}

void intake_empty(struct intake *intake)
{
    for (int i = 0; i < intake->shape.n_lanes; i++)
        intake->lanes[i].n_buckets = 0;
    intake->first = intake->reached + 1;
    intake->n_epochs = 0;
}
