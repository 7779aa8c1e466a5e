/* What the tests of the SQLite engine share: its file, read and written behind its back. */
#ifndef TESTS_SERVER_ENGINE_SQLITE_FIXTURE_H
#define TESTS_SERVER_ENGINE_SQLITE_FIXTURE_H

#include "tests/server/engine_fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

/* Not inlined: where it is, gcc 12 with -fsanitize=undefined warns of a null that cannot be. */
__attribute__((noinline)) static void path_in(const struct store *store, const char *name,
                                              char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s", store->place, name);
}

static inline int place_setup(void **state)
{
    struct store *store = calloc(1, sizeof *store);
    *state = store;
    place_make(store->place);
    return 0;
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, store_teardown)

static inline void must_not_open(const char *path, enum error_kind kind, const char *cause)
{
    struct engine *engine = engine_open(path, fresh());
    assert_null(engine);
    if (last_error.kind != kind || strstr(last_error.text, cause) == NULL)
        fail_msg("%s: got kind %d (%s), expected %d (%s)", path, last_error.kind, last_error.text,
                 kind, cause);
}

static inline void write_file(const char *path, const void *bytes, size_t n)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, n), n);
    close(file);
}

static inline unsigned char *read_file(const char *path, size_t *out_n)
{
    struct stat status;
    int file = open(path, O_RDONLY);
    assert_true(file >= 0);
    assert_int_equal(fstat(file, &status), 0);
    *out_n = (size_t)status.st_size;
    unsigned char *bytes = malloc(*out_n + 1);
    assert_int_equal(read(file, bytes, *out_n), *out_n);
    close(file);
    return bytes;
}

/* Behind the engine's back, which must be closed. */
static inline void execute(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline void assert_query(const char *path, const char *sql, const char *expected)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), expected);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#endif
