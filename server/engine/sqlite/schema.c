/* The tables of the store, and how an older one is brought up to date.
 *
 * Migration n takes a store from version n to n + 1 in one transaction with the version itself
 * (PRAGMA user_version), so a kill in between leaves one of the two. A migration is never changed
 * once released. */
#include "server/engine/sqlite/store.h"

#include <stdio.h>
#include <string.h>

/* In the file's header, so that `file` and we know a store of Descent: "Dsct". */
#define APPLICATION_ID 0x44736374

/* Notes on version 1:
 * - Keys of experiments and sequence numbers are AUTOINCREMENT: never used twice.
 * - The spec has its own table: it may be long, and an experiment's row changes with every change
 *   of a run's state.
 * - log is a rowid table on purpose: without, its losses would be copied about with the index.
 *   losses are n little-endian doubles. A state entry has n = 0 and a state.
 * - log_sequence holds run and n too, so that engine_each_waiting reads nothing else.
 * - The first, last and best loss are NULL when they are NaN, which SQLite cannot hold.
 * - deleted holds experiments whose log and checkpoints are still to be removed. */
static const char version_1[] =
    "CREATE TABLE experiment("
    "  key INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  id TEXT NOT NULL UNIQUE,"
    "  name TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  n_runs INTEGER NOT NULL,"
    "  n_queued INTEGER NOT NULL,"
    "  n_running INTEGER NOT NULL DEFAULT 0,"
    "  n_done INTEGER NOT NULL DEFAULT 0,"
    "  n_diverged INTEGER NOT NULL DEFAULT 0,"
    "  n_cancelled INTEGER NOT NULL DEFAULT 0,"
    "  n_failed INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE TABLE spec("
    "  experiment INTEGER PRIMARY KEY,"
    "  spec TEXT NOT NULL"
    ") STRICT;"
    "CREATE TABLE run("
    "  experiment INTEGER NOT NULL,"
    "  run INTEGER NOT NULL,"
    "  state TEXT NOT NULL DEFAULT 'queued' CHECK(state IN"
    "    ('queued', 'running', 'done', 'diverged', 'cancelled', 'failed')),"
    "  attempt INTEGER NOT NULL DEFAULT 0,"
    "  epoch INTEGER NOT NULL DEFAULT 0,"
    "  loss REAL,"
    "  first_loss REAL,"
    "  best_loss REAL,"
    "  best_epoch INTEGER NOT NULL DEFAULT 0,"
    "  diverged_epoch INTEGER NOT NULL DEFAULT 0,"
    "  diverged_sample INTEGER NOT NULL DEFAULT -1,"
    "  started_ms INTEGER NOT NULL DEFAULT 0,"
    "  ended_ms INTEGER NOT NULL DEFAULT 0,"
    "  overrides TEXT NOT NULL,"
    "  message TEXT NOT NULL DEFAULT '',"
    "  PRIMARY KEY(experiment, run)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX run_unfinished ON run(state, experiment, run)"
    "  WHERE state IN ('queued', 'running');"
    "CREATE TABLE checkpoint("
    "  experiment INTEGER NOT NULL,"
    "  run INTEGER NOT NULL,"
    "  epoch INTEGER NOT NULL,"
    "  bytes BLOB NOT NULL,"
    "  PRIMARY KEY(experiment, run)"
    ") STRICT;"
    "CREATE TABLE log("
    "  sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  experiment INTEGER NOT NULL,"
    "  run INTEGER NOT NULL,"
    "  first INTEGER NOT NULL,"
    "  n INTEGER NOT NULL,"
    "  state TEXT,"
    "  losses BLOB"
    ") STRICT;"
    "CREATE INDEX log_sequence ON log(experiment, sequence, run, n);"
    "CREATE INDEX log_epochs ON log(experiment, run, first) WHERE n > 0;"
    "CREATE TABLE deleted(experiment INTEGER PRIMARY KEY) STRICT;"
    "INSERT INTO sqlite_sequence(name, seq) VALUES('log', 0);";

/* Notes on version 2, bounded history:
 * - run.exact: epochs kept one by one. What of the run's envelope stands in the log is counted.
 * - An envelope entry of the log has n below 0, minus its epochs, and buckets in `losses`; `since`
 *   when others were merged into it (envelope.c).
 * - kept holds checkpoints to replay from; the latest stays in checkpoint. */
static const char version_2[] =
    "ALTER TABLE run ADD COLUMN exact INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE run ADD COLUMN envelope_entries INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE run ADD COLUMN envelope_buckets INTEGER NOT NULL DEFAULT 0;"
    "UPDATE run SET exact = epoch;"
    "ALTER TABLE log ADD COLUMN since INTEGER;"
    "CREATE INDEX log_envelope ON log(experiment, run, first) WHERE n < 0;"
    "CREATE TABLE kept("
    "  experiment INTEGER NOT NULL,"
    "  run INTEGER NOT NULL,"
    "  epoch INTEGER NOT NULL,"
    "  bytes BLOB NOT NULL,"
    "  PRIMARY KEY(experiment, run, epoch)"
    ") STRICT;";

/* Notes on version 3, keys of submissions:
 * - number ascends with age, so that the oldest are found when there are too many. */
static const char version_3[] =
    "CREATE TABLE submission("
    "  number INTEGER PRIMARY KEY,"
    "  key TEXT NOT NULL UNIQUE,"
    "  digest BLOB NOT NULL,"
    "  id TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX submission_age ON submission(created_ms);";

/* Notes on version 4, results that several experiments show (share.c):
 * - content: a digest of what determines the results; NULL: they are never shared.
 * - source: the id of the experiment whose results these are or will be; '' when its own.
 * - data: the key under which its runs, log and checkpoints stand; NULL: its own key. */
static const char version_4[] =
    "ALTER TABLE experiment ADD COLUMN content BLOB;"
    "ALTER TABLE experiment ADD COLUMN source TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE experiment ADD COLUMN data INTEGER;"
    "CREATE INDEX experiment_content ON experiment(content, key) WHERE content IS NOT NULL;"
    "CREATE INDEX experiment_data ON experiment(data) WHERE data IS NOT NULL;"
    "CREATE INDEX experiment_waiting ON experiment(source, key)"
    "  WHERE data IS NULL AND source <> '';";

/* Notes on version 5, uploaded data sets:
 * - id is made from a digest of the bytes, so that the same file is stored once; about is what the
 *   server wants to say of it without reading it. */
static const char version_5[] =
    "CREATE TABLE dataset("
    "  number INTEGER PRIMARY KEY,"
    "  id TEXT NOT NULL UNIQUE,"
    "  about TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  n_bytes INTEGER NOT NULL,"
    "  bytes BLOB NOT NULL"
    ") STRICT;";

/* Notes on version 6, explanations:
 * - run.explained: enum engine_depth, here and not beside the text, so that the index finds what is
 *   left to do. It has run before experiment: all experiments' first runs come before any second.
 * - headline stands before text, so that a list of runs reads no more of a row than its beginning.
 * - A verdict in the log has n = 0, no state, and a text with its NUL in `losses`. */
static const char version_6[] =
    "ALTER TABLE run ADD COLUMN explained INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX run_unexplained ON run(explained, run, experiment)"
    "  WHERE explained < 2 AND state IN ('done', 'diverged', 'cancelled');"
    "CREATE TABLE explanation("
    "  experiment INTEGER NOT NULL,"
    "  run INTEGER NOT NULL,"
    "  headline TEXT NOT NULL,"
    "  text TEXT NOT NULL,"
    "  PRIMARY KEY(experiment, run)"
    ") STRICT;";

/* Notes on version 7, which experiment uses which data set:
 * - Of experiments before it, a data set counts as used where the spec has its id anywhere but as
 *   its name. */
static const char version_7[] =
    "CREATE TABLE dataset_use("
    "  dataset TEXT NOT NULL,"
    "  experiment INTEGER NOT NULL,"
    "  PRIMARY KEY(dataset, experiment)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX dataset_use_experiment ON dataset_use(experiment);"
    "INSERT OR IGNORE INTO dataset_use(dataset, experiment)"
    "  SELECT dataset.id, spec.experiment FROM dataset"
    "    JOIN spec ON instr(spec, dataset.id) > 0 AND json_valid(spec)"
    "    JOIN json_tree(spec.spec) AS part ON part.atom = dataset.id AND part.fullkey <> '$.name';";

/* Notes on version 8, several series:
 * - series: the set of those recorded, in a run (before its first epoch that of the loss) and in an
 *   entry of the log, whose `losses` are records (NULL: of the loss alone); buckets are 40 bytes
 *   each, a row of them one after the other.
 * - last, best: records (record.c); NULL: of what the columns loss and best_loss say. */
static const char version_8[] =
    "ALTER TABLE log ADD COLUMN series INTEGER;"
    "ALTER TABLE run ADD COLUMN series INTEGER;"
    "ALTER TABLE run ADD COLUMN last BLOB;"
    "ALTER TABLE run ADD COLUMN best BLOB;"
    "ALTER TABLE run ADD COLUMN stopped TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE run ADD COLUMN trained_ms INTEGER NOT NULL DEFAULT 0;";

/* Notes on version 9, the step in which a run diverged:
 * - diverged_position: of diverged_sample in its epoch's order; -1: not known, in old stores. */
static const char version_9[] =
    "ALTER TABLE run ADD COLUMN diverged_position INTEGER NOT NULL DEFAULT -1;";

/* Notes on version 10, other verdicts:
 * - Explanations tell what the server of their day knew; those made before are made again. */
static const char version_10[] =
    "DELETE FROM explanation;"
    "UPDATE run SET explained = 0 WHERE explained <> 0;";

static const char *const migrations[] = {version_1, version_2, version_3, version_4, version_5,
                                         version_6, version_7, version_8, version_9, version_10};
enum { VERSION = sizeof migrations / sizeof migrations[0] };

static int read_identity(struct connection *connection, int64_t *out_version, int *out_is_new,
                         struct error *error)
{
    int64_t application = 0, n_tables = 0;
    struct query query;
    query_start(&query, connection,
                "SELECT (SELECT user_version FROM pragma_user_version),"
                "  (SELECT application_id FROM pragma_application_id),"
                "  (SELECT count(*) FROM sqlite_schema)",
                error);
    if (query_step(&query)) {
        *out_version = query_integer(&query, 0);
        application = query_integer(&query, 1);
        n_tables = query_integer(&query, 2);
    }
    if (query_end(&query) != 0)
        return -1;
    *out_is_new = n_tables == 0 && *out_version == 0;
    if (!*out_is_new && application != APPLICATION_ID)
        return error_set(error, ERROR_STORAGE,
                         "store %s: the database is another program's; use another data directory",
                         connection->label);
    if (*out_version < 0 || *out_version > VERSION)
        return error_set(error, ERROR_STORAGE,
                         "store %s: its version is %lld, this server knows 1 to %d; use the newer "
                         "server that wrote it, or another data directory",
                         connection->label, (long long)*out_version, VERSION);
    return 0;
}

/* The write-ahead log stays on in the file; where shared memory is missing SQLite declines without
 * an error. */
static int use_write_ahead_log(struct connection *connection, struct error *error)
{
    struct query query;
    query_start(&query, connection, "PRAGMA journal_mode=WAL", error);
    int on = query_step(&query) && strcmp(query_text(&query, 0), "wal") == 0;
    if (query_end(&query) != 0)
        return -1;
    return on ? 0
              : error_set(error, ERROR_STORAGE,
                          "store %s: its file system cannot share memory between connections (a "
                          "network share?); use a data directory on a local disk",
                          connection->label);
}

static int migrate(struct connection *connection, int version, struct error *error)
{
    char identity[96];
    snprintf(identity, sizeof identity, "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
             APPLICATION_ID, version + 1);
    if (connection_execute(connection, "BEGIN IMMEDIATE", error) == 0 &&
        connection_execute(connection, migrations[version], error) == 0 &&
        connection_execute(connection, identity, error) == 0)
        return 0;
    connection_execute(connection, "ROLLBACK", NULL);
    return -1;
}

int schema_prepare(struct connection *connection, int *out_is_new, struct error *error)
{
    int64_t version = 0;
    if (read_identity(connection, &version, out_is_new, error) != 0)
        return -1;
    if (use_write_ahead_log(connection, error) != 0) /* only now: it writes into the file */
        return -1;
    for (; version < VERSION; version++)
        if (migrate(connection, (int)version, error) != 0)
            return -1;
    return 0;
}

int schema_touch(struct connection *connection, struct error *error)
{
    char identity[64];
    snprintf(identity, sizeof identity, "PRAGMA application_id=%d", APPLICATION_ID);
    return connection_execute(connection, identity, error);
}
