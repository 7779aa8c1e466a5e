/* The bounded history of a run's series. */
#include "core/train/history.h"

#include <math.h>
#include <string.h>

int64_t history_keep(int n_runs, int n_series)
{
    int64_t share = HISTORY_EXPERIMENT_EPOCHS / (n_runs > 0 ? n_runs : 1);
    return (share < HISTORY_RUN_EPOCHS ? share : HISTORY_RUN_EPOCHS) / n_series;
}

int64_t history_stride(int64_t n)
{
    int64_t stride = HISTORY_STRIDE_MIN;
    while (n > stride * HISTORY_BUCKETS)
        stride *= 2;
    return stride;
}

int64_t history_cell_end(int64_t offset)
{
    int64_t stride = history_stride(offset + 1);
    return (offset / stride + 1) * stride;
}

int64_t history_spacing(int64_t epoch, int n_runs, size_t n_bytes)
{
    int64_t share = HISTORY_CHECKPOINT_BYTES / (n_runs > 0 ? n_runs : 1);
    int64_t n = n_bytes > 0 ? share / (int64_t)n_bytes : 0;
    n = n < HISTORY_CHECKPOINTS ? n : HISTORY_CHECKPOINTS;
    if (n < 2)
        return 0;
    int64_t spacing = 1;
    while (epoch / spacing >= n)
        spacing *= 2;
    return spacing;
}

struct history_bucket history_sum(const double *losses, size_t n, size_t apart, int64_t first)
{
    struct history_bucket sum = {(int64_t)n, 0, INFINITY, -INFINITY, losses[(n - 1) * apart]};
    for (size_t i = 0; i < n; i++) {
        double loss = losses[i * apart];
        if (!isfinite(loss))
            continue;
        if (loss < sum.min) {
            sum.min = loss;
            sum.lowest = first + (int64_t)i;
        }
        sum.max = loss > sum.max ? loss : sum.max;
    }
    if (sum.lowest == 0)
        sum.min = sum.max = NAN;
    return sum;
}

struct history_bucket history_merge(const struct history_bucket *a, const struct history_bucket *b)
{
    struct history_bucket sum = {a->n + b->n, a->lowest, a->min, a->max, b->last};
    if (b->lowest != 0 && (a->lowest == 0 || b->min < a->min)) {
        sum.lowest = b->lowest;
        sum.min = b->min;
    }
    if (b->lowest != 0 && (a->lowest == 0 || b->max > a->max))
        sum.max = b->max;
    return sum;
}

void history_add(struct history_bucket *row, const struct history_bucket *next, int n_series)
{
    for (int s = 0; s < n_series; s++)
        row[s] = history_merge(&row[s], &next[s]);
}

size_t history_gather(struct history_bucket *buckets, size_t n, int n_series, int64_t offset,
                      int64_t stride)
{
    struct history_bucket *left = buckets; /* behind the last row that is left */
    int64_t cell = -1;                     /* of that row */
    for (const struct history_bucket *row = buckets; n > 0; n--, row += n_series) {
        int64_t begins_in = offset / stride;
        offset += row->n;
        if (begins_in == cell && (offset - 1) / stride == cell) {
            history_add(left - n_series, row, n_series);
        } else {
            memmove(left, row, (size_t)n_series * sizeof *row);
            left += n_series;
        }
        cell = (offset - 1) / stride;
    }
    return (size_t)(left - buckets) / (size_t)n_series;
}
