/* Losses as text, written in slices: a run's epochs, or all runs side by side. */
#ifndef SERVER_API_TABLE_H
#define SERVER_API_TABLE_H

#include <stdint.h>
#include <sys/types.h>

#include "core/base/error.h"
#include "server/api/call.h"

/* One run's part of the table: the epochs from..to (from > to: none). */
struct table_part {
    int run;
    int64_t from, to;
};

struct table;

/* A table over parts[n_parts] (copied) of the experiment. `single`: the one part alone is the
 * document; otherwise all are side by side. Exact: every epoch is there. */
struct table *table_create(struct engine *engine, const char *id, const struct table_part *parts,
                           int n_parts, int single, enum call_format format, struct error *error);

/* An http_read_fn and http_end_fn: about a millisecond of work a call. */
ssize_t table_read(void *table, char *out, size_t size);
void table_destroy(void *table);

#endif
