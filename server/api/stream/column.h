/* A column of what is told of epochs: one series, its number or an extreme of it. */
#ifndef SERVER_API_STREAM_COLUMN_H
#define SERVER_API_STREAM_COLUMN_H

#include "core/train/history.h"
#include "core/train/series.h"
#include "server/base/text.h"

/* Of an epoch there is its number; of a bucket the last epoch's, and the extremes of all. */
enum column_part { COLUMN_LAST, COLUMN_MIN, COLUMN_MAX, COLUMN_PARTS };

/* "loss", "min", "max"; "validation_loss", "validation_loss_min", ... */
void column_print_name(struct text *text, enum series series, enum column_part part);

double column_value(const struct history_bucket *bucket, enum column_part part);

/* Sums up n records of `n_series` numbers each, of the epochs first.., in row[n_series]. */
void column_sum(const double *records, size_t n, int n_series, int64_t first,
                struct history_bucket *row);

#endif
