/* A column of what is told of epochs: one series, its number or an extreme of it. */
#include "server/api/stream/column.h"

void column_print_name(struct text *text, enum series series, enum column_part part)
{
    static const char *const extremes[] = {"", "min", "max"};
    int is_loss = series == SERIES_LOSS;
    if (is_loss && part != COLUMN_LAST)
        text_printf(text, "%s", extremes[part]);
    else
        text_printf(text, part == COLUMN_LAST ? "%s" : "%s_%s", series_name(series),
                    extremes[part]);
}

double column_value(const struct history_bucket *bucket, enum column_part part)
{
    return part == COLUMN_LAST ? bucket->last : part == COLUMN_MIN ? bucket->min : bucket->max;
}

void column_sum(const double *records, size_t n, int n_series, int64_t first,
                struct history_bucket *row)
{
    for (int s = 0; s < n_series; s++)
        row[s] = history_sum(records + s, n, (size_t)n_series, first);
}
