/* Epochs as text, written in slices: a run's epochs, or all runs side by side. */
#ifndef SERVER_API_TABLE_H
#define SERVER_API_TABLE_H

#include <stdint.h>
#include <sys/types.h>

#include "core/base/error.h"
#include "core/train/history.h"
#include "server/api/call/call.h"

/* One run's part of the table: the epochs from..to one by one (from > to: none), then buckets of
 * the epochs from first_summed on, a row each. */
struct table_part {
    int run;
    unsigned series; /* the set of those recorded */
    int n_series;
    int64_t from, to;
    double *records; /* [to - from + 1][n_series], owned; NULL: the engine has them */
    int64_t first_summed;
    struct history_bucket *buckets; /* [n_buckets][n_series], owned */
    size_t n_buckets;
};
void table_part_clear(struct table_part *part);

/* Its last epoch, or from - 1. */
int64_t table_part_last(const struct table_part *part);

struct table;

/* A table over parts[n_parts] of the experiment; what they own is moved into it if it succeeds.
 * `single`: the one part alone is the document; otherwise all are side by side. Each
 * series has a column, and in a table with buckets three, the lowest and the highest too. */
struct table *table_create(struct engine *engine, const char *id, struct table_part *parts,
                           int n_parts, int single, enum call_format format, struct error *error);

/* An http_read_fn and http_end_fn: about a millisecond of work a call. */
ssize_t table_read(void *table, char *out, size_t size);
void table_destroy(void *table);

#endif
