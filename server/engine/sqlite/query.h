/* One SQLite connection and the queries on it. Private to the SQLite engine.
 *
 * A query is prepared once per connection, found again by the address of its text, and used like
 * this; the first failure stays in `error` and turns the calls after it into no-ops:
 *
 *     struct query query;
 *     query_start(&query, connection, "SELECT name FROM experiment WHERE id = ?", error);
 *     query_bind_text(&query, id);
 *     while (query_step(&query))
 *         ... query_text(&query, 0) ...
 *     return query_end(&query);
 */
#ifndef SERVER_ENGINE_SQLITE_QUERY_H
#define SERVER_ENGINE_SQLITE_QUERY_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

enum { CONNECTION_QUERIES_MAX = 64, CONNECTION_LABEL_BYTES = 176 };

/* Used by one thread at a time. */
struct connection {
    sqlite3 *db;                        /* NULL: not open */
    char label[CONNECTION_LABEL_BYTES]; /* the file's path as errors show it, its end if long */
    int n_prepared;
    struct {
        const char *sql;
        sqlite3_stmt *statement;
    } prepared[CONNECTION_QUERIES_MAX];
};

/* Opens the file with SQLITE_OPEN_* `flags`. -1 with the error filled leaves it closed. */
int connection_open(struct connection *connection, const char *path, int flags,
                    struct error *error);
void connection_close(struct connection *connection); /* not open is fine */

/* Runs statements without parameters or results that are not worth keeping. */
int connection_execute(struct connection *connection, const char *sql, struct error *error);

/* Says in `error` what the connection's last call, which gave `code`, failed of. Returns -1. */
int connection_fail(struct connection *connection, int code, struct error *error);

/* Says that what the file holds cannot be; `what` names it. Returns -1. */
int connection_damaged(struct connection *connection, const char *what, struct error *error);

struct query {
    struct connection *connection;
    struct error *error;
    sqlite3_stmt *statement;
    int n_bound;
    int failed;
};

/* `sql` must be a string literal. Every started query must be ended. */
void query_start(struct query *query, struct connection *connection, const char *sql,
                 struct error *error);

/* The next parameter. Text and bytes are borrowed until query_end. */
void query_bind_integer(struct query *query, int64_t value);
void query_bind_real(struct query *query, double value); /* NaN becomes NULL */
void query_bind_text(struct query *query, const char *text);
void query_bind_bytes(struct query *query, const void *bytes, size_t n_bytes);

int query_step(struct query *query); /* 1: a row; 0: the end, or failed */

/* The same for a page of *left rows, which is counted down and may be set to 0 to end it. Column 0
 * is what the rows are in order of: *cursor becomes the present row's, or 0 when none follow. */
int query_next(struct query *query, int *left, int64_t *cursor);

/* Columns of the present row, from 0. Text and bytes are valid until the next step. */
int64_t query_integer(struct query *query, int column);
double query_real(struct query *query, int column);      /* NULL becomes NaN */
const char *query_text(struct query *query, int column); /* never NULL */
const void *query_bytes(struct query *query, int column, size_t *out_n_bytes); /* NULL if empty */

int query_end(struct query *query); /* 0, or -1 when anything failed since the start */
int query_run(struct query *query); /* steps to the end and ends */

#endif
