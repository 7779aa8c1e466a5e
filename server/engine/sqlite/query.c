/* One SQLite connection and the queries on it; what SQLite's failures are called. */
#include "server/engine/sqlite/query.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- failures ------------------------------------------------------------------------------ */

/* The cause when the operating system refused a write, or NULL. */
static const char *write_cause(int system_error)
{
    switch (system_error) {
    case ENOSPC:
        return "the disk is full; free some space, then try again";
    case EDQUOT:
        return "the disk quota is used up; free some space, then try again";
    case EFBIG:
        return "the file has reached the size limit of this process (ulimit -f)";
    case EROFS:
        return "the file system is read-only";
    default:
        return NULL;
    }
}

static const char *cause_of(int code, int system_error)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "the disk is full; free some space, then try again";
    case SQLITE_READONLY:
        return "the file or its directory is read-only for this user";
    case SQLITE_NOTADB:
        return "the file is not an SQLite database; restore it from a backup or use another "
               "data directory";
    case SQLITE_CORRUPT:
        return "the file is damaged; restore it from a backup or use another data directory";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program keeps the file locked";
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return write_cause(system_error);
    default:
        return NULL;
    }
}

/* Callers set errno to 0 before the call that failed: SQLite keeps the system's error of most
 * calls, but not of a commit, and never says which call it was of. */
int connection_fail(struct connection *connection, int code, struct error *error)
{
    int system_error = errno;
    code = connection->db != NULL ? sqlite3_extended_errcode(connection->db) : code;
    if ((code & 0xff) == SQLITE_NOMEM || connection->db == NULL)
        return error_set(error, ERROR_MEMORY, "store %s: out of memory", connection->label);
    if ((code & 0xff) == SQLITE_TOOBIG)
        return error_set(error, ERROR_TOO_LARGE, "store %s: a text or checkpoint of 1 GB or more",
                         connection->label);
    if (system_error == 0)
        system_error = sqlite3_system_errno(connection->db);
    const char *cause = cause_of(code, system_error);
    if (cause != NULL)
        return error_set(error, ERROR_STORAGE, "store %s: %s", connection->label, cause);
    char text[128];
    const char *system_text =
        system_error != 0 ? strerror_r(system_error, text, sizeof text) : "no more is known";
    return error_set(error, ERROR_STORAGE, "store %s: %s: %s (SQLite code %d)", connection->label,
                     sqlite3_errmsg(connection->db), system_text, code);
}

int connection_damaged(struct connection *connection, const char *what, struct error *error)
{
    return error_set(error, ERROR_STORAGE,
                     "store %s: the file is damaged (%s); restore it from a backup or use another "
                     "data directory",
                     connection->label, what);
}

/* --- the connection ------------------------------------------------------------------------ */

static void set_label(struct connection *connection, const char *path)
{
    size_t length = strlen(path), room = sizeof connection->label - 1;
    if (length <= room)
        snprintf(connection->label, sizeof connection->label, "%s", path);
    else
        snprintf(connection->label, sizeof connection->label, "...%s", path + length - room + 3);
}

int connection_open(struct connection *connection, const char *path, int flags, struct error *error)
{
    memset(connection, 0, sizeof *connection);
    set_label(connection, path);
    /* NOMUTEX: the engine already sees to it that one thread at a time uses a connection. */
    errno = 0;
    int code = sqlite3_open_v2(path, &connection->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        return 0;
    connection_fail(connection, code, error);
    connection_close(connection);
    return -1;
}

void connection_close(struct connection *connection)
{
    for (int i = 0; i < connection->n_prepared; i++)
        sqlite3_finalize(connection->prepared[i].statement);
    connection->n_prepared = 0;
    sqlite3_close(connection->db);
    connection->db = NULL;
}

int connection_execute(struct connection *connection, const char *sql, struct error *error)
{
    errno = 0;
    int code = sqlite3_exec(connection->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : connection_fail(connection, code, error);
}

/* The statement of `sql`, prepared at its first use. Comparing addresses is enough: a query's text
 * is a literal and stays where it is. */
static sqlite3_stmt *prepare(struct connection *connection, const char *sql, struct error *error)
{
    for (int i = 0; i < connection->n_prepared; i++)
        if (connection->prepared[i].sql == sql)
            return connection->prepared[i].statement;
    if (connection->n_prepared == CONNECTION_QUERIES_MAX) {
        error_set(error, ERROR_INTERNAL, "store %s: more than %d different queries",
                  connection->label, CONNECTION_QUERIES_MAX);
        return NULL;
    }
    sqlite3_stmt *statement = NULL;
    errno = 0;
    int code =
        sqlite3_prepare_v3(connection->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (code != SQLITE_OK) {
        connection_fail(connection, code, error);
        return NULL;
    }
    connection->prepared[connection->n_prepared].sql = sql;
    connection->prepared[connection->n_prepared].statement = statement;
    connection->n_prepared++;
    return statement;
}

/* --- queries ------------------------------------------------------------------------------- */

void query_start(struct query *query, struct connection *connection, const char *sql,
                 struct error *error)
{
    *query = (struct query){.connection = connection, .error = error};
    query->statement = prepare(connection, sql, error);
    query->failed = query->statement == NULL;
}

static void check(struct query *query, int code)
{
    if (code == SQLITE_OK)
        return;
    query->failed = 1;
    connection_fail(query->connection, code, query->error);
}

void query_bind_integer(struct query *query, int64_t value)
{
    if (!query->failed)
        check(query, sqlite3_bind_int64(query->statement, ++query->n_bound, value));
}

void query_bind_real(struct query *query, double value)
{
    if (!query->failed)
        check(query, sqlite3_bind_double(query->statement, ++query->n_bound, value));
}

void query_bind_text(struct query *query, const char *text)
{
    if (!query->failed)
        check(query, sqlite3_bind_text64(query->statement, ++query->n_bound, text, strlen(text),
                                         SQLITE_STATIC, SQLITE_UTF8));
}

void query_bind_bytes(struct query *query, const void *bytes, size_t n_bytes)
{
    if (!query->failed)
        check(query, sqlite3_bind_blob64(query->statement, ++query->n_bound, bytes, n_bytes,
                                         SQLITE_STATIC));
}

int query_step(struct query *query)
{
    if (query->failed)
        return 0;
    errno = 0;
    int code = sqlite3_step(query->statement);
    if (code == SQLITE_ROW)
        return 1;
    check(query, code == SQLITE_DONE ? SQLITE_OK : code);
    return 0;
}

int query_next(struct query *query, int *left, int64_t *cursor)
{
    if (!query_step(query)) {
        *cursor = 0;
        return 0;
    }
    if (*left <= 0) /* a row more than was asked for: there is a next page */
        return 0;
    (*left)--;
    *cursor = query_integer(query, 0);
    return 1;
}

int64_t query_integer(struct query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

double query_real(struct query *query, int column)
{
    if (sqlite3_column_type(query->statement, column) == SQLITE_NULL)
        return NAN;
    return sqlite3_column_double(query->statement, column);
}

/* Why a column gave no text: no memory, or damage, as no text of ours is ever NULL. */
static void check_missing(struct query *query)
{
    if (sqlite3_errcode(query->connection->db) == SQLITE_NOMEM)
        check(query, SQLITE_NOMEM);
    else
        query->failed = connection_damaged(query->connection, "a text is missing", query->error);
}

const char *query_text(struct query *query, int column)
{
    const char *text = (const char *)sqlite3_column_text(query->statement, column);
    if (text == NULL)
        check_missing(query);
    return text != NULL ? text : "";
}

const void *query_bytes(struct query *query, int column, size_t *out_n_bytes)
{
    const void *bytes = sqlite3_column_blob(query->statement, column);
    *out_n_bytes = (size_t)sqlite3_column_bytes(query->statement, column);
    if (bytes == NULL && sqlite3_errcode(query->connection->db) == SQLITE_NOMEM)
        check(query, SQLITE_NOMEM);
    return bytes;
}

int query_end(struct query *query)
{
    if (query->statement != NULL) {
        sqlite3_reset(query->statement);
        sqlite3_clear_bindings(query->statement);
        query->statement = NULL;
    }
    return query->failed ? -1 : 0;
}

int query_run(struct query *query)
{
    while (query_step(query))
        ;
    return query_end(query);
}
