/* What only the SQLite engine has: its file, and all that can be wrong with it. */
#include "tests/server/engine_sqlite_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* --- who may open it ----------------------------------------------------------------------- */

static void a_second_server_is_refused(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES], link[PATH_BYTES], process[64];
    path_in(store, "lab.db", path);
    path_in(store, "link.db", link);
    snprintf(process, sizeof process, "in use by the server with process id %ld", (long)getpid());
    must_not_open(path, ERROR_CONFLICT, process);
    assert_int_equal(symlink("lab.db", link), 0);
    must_not_open(link, ERROR_CONFLICT, process);
    submit(store->engine, "e", 1); /* the first one is none the worse */
    store_reopen(store);
    assert_int_equal(state_of(store->engine, "e", 0), RUN_QUEUED);
}

static void a_killed_server_leaves_no_lock(void **state)
{
    struct store *store = *state;
    int ready[2];
    char byte, path[PATH_BYTES];
    path_in(store, "lab.db", path);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        alarm(20); /* should this test fail before it kills the child */
        struct engine *engine = engine_open(path, fresh());
        if (engine == NULL || write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    must_not_open(path, ERROR_CONFLICT, "is in use by the server with process id");
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(store_open(store), 0);
    close(ready[0]);
    close(ready[1]);
}

/* --- what may be opened ---------------------------------------------------------------------- */

static void says_that_the_directory_is_missing(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    path_in(store, "none/lab.db", path);
    must_not_open(path, ERROR_STORAGE, "No such file or directory");
    assert_non_null(strstr(last_error.text, path));
    must_not_open("", ERROR_STORAGE, "names no file");
    path_in(store, "", path);
    must_not_open(path, ERROR_STORAGE, "names no file");
}

static void says_that_the_path_is_a_directory(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    path_in(store, "lab.db", path);
    assert_int_equal(mkdir(path, 0755), 0);
    must_not_open(path, ERROR_STORAGE, path);
    assert_int_equal(rmdir(path), 0);
}

static void names_that_mean_something_to_sqlite_are_files(void **state)
{
    struct store *store = *state;
    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(store->place), 0);
    const char *const names[] = {":memory:", "file:lab.db?mode=memory"};
    for (int i = 0; i < 2; i++) {
        struct engine *engine = engine_open(names[i], fresh());
        assert_non_null(engine);
        engine_close(engine);
        assert_int_equal(access(names[i], F_OK), 0);
    }
    assert_int_equal(chdir(here), 0);
}

static void an_empty_file_is_a_new_store(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    path_in(store, "lab.db", path);
    write_file(path, "", 0);
    assert_int_equal(store_open(store), 0);
    submit(store->engine, "e", 1);
}

/* The file is refused and stays as it was. */
static void must_refuse_untouched(const char *path, const char *cause)
{
    size_t n_before, n_after;
    unsigned char *before = read_file(path, &n_before);
    must_not_open(path, ERROR_STORAGE, cause);
    assert_non_null(strstr(last_error.text, path));
    unsigned char *after = read_file(path, &n_after);
    assert_int_equal(n_after, n_before);
    assert_memory_equal(after, before, n_before);
    free(before);
    free(after);
}

static void refuses_a_file_that_is_no_database(void **state)
{
    char path[PATH_BYTES], text[5000];
    path_in(*state, "lab.db", path);
    memset(text, 'x', sizeof text);
    write_file(path, text, sizeof text);
    must_refuse_untouched(path, "is not an SQLite database");
}

static void refuses_the_database_of_another_program(void **state)
{
    char path[PATH_BYTES];
    path_in(*state, "lab.db", path);
    execute(path, "CREATE TABLE recipe(name)");
    must_refuse_untouched(path, "another program's");
}

static void refuses_a_newer_version(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    path_in(store, "lab.db", path);
    engine_close(store->engine);
    store->engine = NULL;
    execute(path, "PRAGMA user_version=99");
    must_refuse_untouched(path, "its version is 99, this server knows 1 to ");
}

/* What `open_as_nobody` saw. */
enum { OPENED = 1, REFUSED_AS_EXPECTED = 2, REFUSED_OTHERWISE = 3 };

/* Opens the store without the right to write that root always has. */
static int open_as_nobody(const char *path, const char *cause)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(REFUSED_OTHERWISE);
        struct engine *engine = engine_open(path, fresh());
        if (engine != NULL)
            _exit(OPENED);
        int expected = last_error.kind == ERROR_STORAGE && strstr(last_error.text, path) != NULL &&
                       strstr(last_error.text, cause) != NULL;
        if (!expected)
            print_error("%s\n", last_error.text);
        _exit(expected ? REFUSED_AS_EXPECTED : REFUSED_OTHERWISE);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void says_that_a_file_or_directory_is_read_only(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES], lock[PATH_BYTES];
    path_in(store, "lab.db", path);
    path_in(store, "lab.db-lock", lock);
    engine_close(store->engine);
    store->engine = NULL;
    chmod(store->place, 0777);
    chmod(path, 0444);
    assert_int_equal(open_as_nobody(path, "read-only"), REFUSED_AS_EXPECTED);
    chmod(path, 0666);
    chmod(lock, 0444);
    assert_int_equal(open_as_nobody(path, "lab.db-lock: Permission denied"), REFUSED_AS_EXPECTED);
    chmod(lock, 0666);
    chmod(store->place, 0555);
    assert_int_equal(open_as_nobody(path, "directory cannot be written to: Permission"),
                     REFUSED_AS_EXPECTED);
    path_in(store, "new.db", path);
    assert_int_equal(open_as_nobody(path, "directory cannot be written to: Permission"),
                     REFUSED_AS_EXPECTED);
    chmod(store->place, 0777);
}

/* --- a disk that is full -----------------------------------------------------------------------
 */

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Appends until the file may not grow; the epochs committed. */
static int64_t append_until_full(struct engine *engine, const struct engine_claim *taken,
                                 int64_t epoch)
{
    enum engine_result result = ENGINE_OK;
    for (int i = 0; i < 1000 && result == ENGINE_OK; i++) {
        result = append(engine, taken, epoch + 1, 1000);
        epoch += result == ENGINE_OK ? 1000 : 0;
    }
    assert_int_equal(result, ENGINE_ERROR);
    assert_int_equal(last_error.kind, ERROR_STORAGE);
    if (strstr(last_error.text, "size limit of this process") == NULL)
        fail_msg("%s", last_error.text);
    return epoch;
}

static void a_full_disk_stops_writing_and_nothing_else(void **state)
{
    struct store *store = *state;
    struct engine *engine = store->engine;
    submit(engine, "e", 2);
    struct engine_claim taken = claim(engine, "e", 0), other;
    must(append(engine, &taken, 1, 10));
    int64_t epoch = 10;
    for (int round = 1; round <= 3; round++) {
        limit_file_size((rlim_t)round * 300000);
        epoch = append_until_full(engine, &taken, epoch);
        must_fail(finish(engine, &taken, epoch + 1, 4000, RUN_DONE), ERROR_STORAGE);
        char *spec = calloc(1, 400001);
        const char *overrides[] = {"{}"};
        memset(spec, 'x', 400000);
        must_fail(engine_submit(engine, "new", "", spec, 1, overrides, 1, fresh()), ERROR_STORAGE);
        free(spec);
        assert_int_equal(epoch_of(engine, "e", 0), epoch);
        assert_int_equal(checkpoint_of(engine, "e", 0), epoch);
        assert_int_equal(state_of(engine, "e", 0), RUN_RUNNING);
        limit_file_size(RLIM_INFINITY);
        must(append(engine, &taken, epoch + 1, 1000));
        epoch += 1000;
    }
    other = claim(engine, "e", 1);
    must(finish(engine, &other, 1, 1, RUN_DONE));
    must(finish(engine, &taken, epoch + 1, 10, RUN_DONE));
    double *losses = calloc((size_t)epoch + 10, sizeof *losses);
    size_t n;
    must(read_losses(engine, "e", 0, 1, (size_t)epoch + 10, losses, &n, fresh()));
    assert_int_equal(n, epoch + 10);
    for (size_t i = 0; i < n; i++)
        assert_same_bits(losses[i], loss_of(0, (int64_t)i + 1));
    free(losses);
    char path[PATH_BYTES];
    path_in(store, "lab.db", path);
    assert_query(path, "PRAGMA integrity_check", "ok");
}

static void a_store_is_not_begun_on_a_full_disk(void **state)
{
    char path[PATH_BYTES];
    path_in(*state, "lab.db", path);
    limit_file_size(5000);
    must_not_open(path, ERROR_STORAGE, "size limit of this process");
    limit_file_size(RLIM_INFINITY);
    assert_int_equal(store_open(*state), 0);
    submit(((struct store *)*state)->engine, "e", 1);
}

/* --- power cuts ------------------------------------------------------------------------------ */

static _Thread_local int n_syncs; /* by this thread */

/* Stands before the system's for SQLite too. */
int fdatasync(int descriptor)
{
    n_syncs++;
    return (int)syscall(SYS_fdatasync, descriptor);
}

static int syncs_since(int *before)
{
    int n = n_syncs - *before;
    *before = n_syncs;
    return n;
}

static void what_must_survive_a_power_cut_is_synced_and_no_more(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    int before = n_syncs, n;
    for (int i = 0; i < 2; i++) {
        const char *id = i == 0 ? "e" : "f";
        submit(engine, id, 2);
        assert_true(syncs_since(&before) > 0);
        struct engine_claim taken = claim(engine, id, 0), other = claim(engine, id, 1);
        must(append(engine, &taken, 1, 5));
        must(append(engine, &other, 1, 5));
        must(engine_release(engine, &other, fresh()));
        assert_int_equal(syncs_since(&before), 0);
        must(finish(engine, &taken, 6, 1, RUN_DONE));
        assert_true(syncs_since(&before) > 0);
        must(engine_rename(engine, id, "x", fresh()));
        assert_true(syncs_since(&before) > 0);
        must(engine_cancel(engine, id, &n, fresh()));
        assert_true(syncs_since(&before) > 0);
        must(engine_delete(engine, id, fresh()));
        assert_true(syncs_since(&before) > 0);
    }
}

/* How often the write-ahead log was begun anew, as its header says. */
static uint32_t n_begun(const char *path)
{
    unsigned char header[16] = {0};
    FILE *file = fopen(path, "rb");
    if (file != NULL) {
        size_t n = fread(header, 1, sizeof header, file);
        fclose(file);
        if (n != sizeof header)
            return 0;
    }
    return (uint32_t)header[12] << 24 | (uint32_t)header[13] << 16 | (uint32_t)header[14] << 8 |
           header[15];
}

/* It stays short although there is no pause in which to do it. Of a fold's three syncs the writer
 * makes the one of the new header. */
static void a_long_log_is_folded_beside_the_writers(void **state)
{
    enum { N = 20000, CHUNKS_MAX = 2000, TIMES = 3 };
    struct store *store = *state;
    char path[PATH_BYTES], log_path[PATH_BYTES];
    path_in(store, "lab.db", path);
    path_in(store, "lab.db-wal", log_path);
    submit(store->engine, "e", 1);
    struct engine_claim taken = claim(store->engine, "e", 0);
    struct made_chunk made;
    chunk_make(&made, 0, 1, N);
    uint32_t first = n_begun(log_path), times = 0;
    int before = n_syncs, n_chunks = 0;
    for (; n_chunks < CHUNKS_MAX && times < TIMES; n_chunks++) {
        made.chunk.first = (int64_t)n_chunks * N + 1;
        must(engine_append(store->engine, &taken, &made.chunk, fresh()));
        times = n_begun(log_path) - first;
    }
    free(made.losses);
    if (times < TIMES)
        fail_msg("begun anew %u times in %d chunks of 160 kB", times, n_chunks);
    assert_true(syncs_since(&before) <= TIMES);
    assert_int_equal(epoch_of(store->engine, "e", 0), (int64_t)n_chunks * N);
    assert_query(path, "PRAGMA quick_check", "ok");
}

/* Somebody was told the numbers of entries that a power cut then took away. */
static void numbers_lost_in_a_power_cut_are_not_given_again(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES], log_path[PATH_BYTES];
    size_t n, n_log;
    int64_t told, again;
    path_in(store, "lab.db", path);
    path_in(store, "lab.db-wal", log_path);
    submit(store->engine, "e", 1);
    store_reopen(store);
    unsigned char *bytes = read_file(path, &n), *log_bytes = read_file(log_path, &n_log);
    struct engine_claim before = claim(store->engine, "e", 0);
    must(append(store->engine, &before, 1, 5));
    must(engine_last_sequence(store->engine, "e", &told, fresh()));
    engine_close(store->engine);
    write_file(path, bytes, n);
    write_file(log_path, log_bytes, n_log);
    assert_int_equal(store_open(store), 0);
    must(engine_last_sequence(store->engine, "e", &again, fresh()));
    assert_int_equal(again, 0); /* it is as it was */
    struct engine_claim after = claim(store->engine, "e", 0);
    assert_true(after.attempt > before.attempt);
    must(engine_last_sequence(store->engine, "e", &again, fresh()));
    assert_true(again > told);
    free(bytes);
    free(log_bytes);
}

/* --- descriptors ----------------------------------------------------------------------------- */

enum { CROWD = 30 };

struct crowd {
    struct engine *engine;
    int n_inside, n_failed; /* atomic */
};

static int count_descriptors(void)
{
    int n = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory) != NULL)
        n++;
    closedir(directory);
    return n;
}

/* Stays until all are inside, then reads once more from there: each needs two readers. */
static int read_inside(void *context, const struct engine_run *run)
{
    struct crowd *crowd = context;
    struct error error = ERROR_INIT;
    int64_t sequence;
    (void)run;
    __atomic_add_fetch(&crowd->n_inside, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&crowd->n_inside, __ATOMIC_SEQ_CST) < CROWD)
        sched_yield();
    return engine_last_sequence(crowd->engine, "e", &sequence, &error);
}

static void *read_in_a_crowd(void *context)
{
    struct crowd *crowd = context;
    struct error error = ERROR_INIT;
    if (engine_each_run(crowd->engine, "e", 0, 1, read_inside, crowd, &error) != 0)
        __atomic_add_fetch(&crowd->n_failed, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void crowd_in(struct engine *engine)
{
    struct crowd crowd = {.engine = engine};
    pthread_t threads[CROWD];
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_in_a_crowd, &crowd), 0);
    for (int i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(crowd.n_failed, 0);
    assert_int_equal(crowd.n_inside, CROWD);
}

static void a_crowd_of_readers_waits_for_nobody_and_leaks_no_descriptors(void **state)
{
    struct store *store = *state;
    engine_close(store->engine);
    int before = count_descriptors();
    assert_int_equal(store_open(store), 0);
    submit(store->engine, "e", 1);
    for (int round = 0; round < 5; round++)
        crowd_in(store->engine);
    /* The store itself needs 6 (engine.h; the folder of the log has a connection of its own), each of
     * the 8 readers kept one for its write-ahead log. The other descriptor of a reader is one for
     * the database: SQLite must not close it while this process holds locks on the file, so it uses
     * it again; at most all readers of a crowd left one. */
    int n = count_descriptors() - before, n_max = 6 + 8 + 2 * CROWD;
    if (n > n_max || n < 6)
        fail_msg("%d descriptors are left, expected 6 to %d", n, n_max);
}

/* --- deletions ------------------------------------------------------------------------------- */

static void nothing_is_left_of_a_deleted_experiment(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    path_in(store, "lab.db", path);
    submit(store->engine, "e", 30);
    submit(store->engine, "other", 1);
    for (int run = 0; run < 30; run++) {
        struct engine_claim taken = claim(store->engine, "e", run);
        for (int64_t first = 1; first < 20; first++)
            must(append(store->engine, &taken, first, 1));
    }
    must(engine_delete(store->engine, "e", fresh()));
    assert_query(path,
                 "SELECT (SELECT count(*) FROM log) || ' ' || (SELECT count(*) FROM checkpoint)"
                 " || ' ' || (SELECT count(*) FROM deleted) || ' ' || (SELECT count(*) FROM run)"
                 " || ' ' || (SELECT count(*) FROM spec)",
                 "0 0 0 1 1");
}

/* Otherwise what is still to be removed of the old one would be the new one's. */
static void a_key_is_not_given_to_another_experiment(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    path_in(store, "lab.db", path);
    submit(store->engine, "e", 1);
    must(engine_delete(store->engine, "e", fresh()));
    submit(store->engine, "e", 1);
    assert_query(path, "SELECT key FROM experiment", "2");
}

static void a_deletion_cut_short_is_finished_at_the_next_start(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    path_in(store, "lab.db", path);
    submit(store->engine, "e", 1);
    struct engine_claim taken = claim(store->engine, "e", 0);
    for (int64_t first = 1; first < 200; first++)
        must(append(store->engine, &taken, first, 1));
    engine_close(store->engine);
    execute(path, "INSERT INTO deleted SELECT key FROM experiment; DELETE FROM experiment;"
                  "DELETE FROM run; DELETE FROM spec");
    assert_int_equal(store_open(store), 0);
    assert_query(path,
                 "SELECT (SELECT count(*) FROM log) || ' ' || (SELECT count(*) FROM checkpoint)"
                 " || ' ' || (SELECT count(*) FROM deleted)",
                 "0 0 0");
}

/* --- keys of submissions ---------------------------------------------------------------------- */

/* Without the many commits that this would take from before. */
static void the_oldest_key_gives_way_to_the_newest(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES], sql[320], id[ENGINE_ID_BYTES];
    path_in(store, "lab.db", path);
    engine_close(store->engine);
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
             " INSERT INTO submission(key, digest, id, created_ms)"
             " SELECT 'k' || i, zeroblob(32), 'e', 1000 FROM n",
             ENGINE_KEYS_MAX - 1);
    execute(path, sql);
    assert_int_equal(store_open(store), 0);
    assert_int_equal(submit_once(store->engine, "a", "last", "", 2000, id), ONCE_NEW);
    assert_int_equal(submit_once(store->engine, "b", "k1", "", 2000, id), ONCE_AGAIN);
    assert_int_equal(submit_once(store->engine, "b", "more", "", 2000, id), ONCE_NEW);
    assert_int_equal(submit_once(store->engine, "c", "k1", "", 2000, id), ONCE_NEW);
    assert_int_equal(submit_once(store->engine, "d", "k3", "", 2000, id), ONCE_AGAIN);
    assert_int_equal(submit_once(store->engine, "d", "k2", "", 2000, id), ONCE_NEW);
    assert_query(path, "SELECT count(*) FROM submission", "10000");
}

/* Takes away what later versions added, newest first. */
#define BEFORE_VERSION_9 "ALTER TABLE run DROP COLUMN diverged_position;"
#define BEFORE_VERSION_8                                                                           \
    BEFORE_VERSION_9                                                                               \
    "ALTER TABLE log DROP COLUMN series; ALTER TABLE run DROP COLUMN series;"                      \
    "ALTER TABLE run DROP COLUMN last; ALTER TABLE run DROP COLUMN best;"                          \
    "ALTER TABLE run DROP COLUMN stopped; ALTER TABLE run DROP COLUMN trained_ms;"
#define BEFORE_VERSION_7 BEFORE_VERSION_8 "DROP TABLE dataset_use;"
#define BEFORE_VERSION_6                                                                           \
    BEFORE_VERSION_7                                                                               \
    "DROP INDEX run_unexplained; DROP TABLE explanation; ALTER TABLE run DROP COLUMN explained;"
#define BEFORE_VERSION_5 BEFORE_VERSION_6 "DROP TABLE dataset;"
#define BEFORE_VERSION_4                                                                           \
    BEFORE_VERSION_5                                                                               \
    "DROP INDEX experiment_content; DROP INDEX experiment_data; DROP INDEX experiment_waiting;"    \
    "ALTER TABLE experiment DROP COLUMN content; ALTER TABLE experiment DROP COLUMN source;"       \
    "ALTER TABLE experiment DROP COLUMN data;"
#define BEFORE_VERSION_3 BEFORE_VERSION_4 "DROP TABLE submission;"

static void a_store_of_version_1_goes_on_with_buckets(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    submit(store->engine, "old", 1);
    struct engine_claim taken = claim(store->engine, "old", 0);
    must(append(store->engine, &taken, 1, 50));
    path_in(store, "lab.db", path);
    engine_close(store->engine);
    execute(path, BEFORE_VERSION_3 "DROP TABLE kept; DROP INDEX log_envelope;"
                  "ALTER TABLE log DROP COLUMN since; ALTER TABLE run DROP COLUMN exact;"
                  "ALTER TABLE run DROP COLUMN envelope_entries;"
                  "ALTER TABLE run DROP COLUMN envelope_buckets; PRAGMA user_version=1");
    assert_int_equal(store_open(store), 0);
    taken = claim(store->engine, "old", 0);
    int64_t held = 66;
    struct history_bucket bucket = {16, 60, 1, 3, 2}, *read;
    struct engine_chunk chunk = {.first = 51, .buckets = &bucket, .n_buckets = 1,
                                 .checkpoint = &held, .checkpoint_bytes = sizeof held};
    must(engine_append(store->engine, &taken, &chunk, fresh()));
    size_t n;
    int64_t exact;
    must(engine_read_envelope(store->engine, "old", 0, 10, &read, &n, &exact, fresh()));
    assert_true(exact == 50 && n == 1 && read[0].lowest == 60);
    free(read);
    double losses[60];
    must(read_losses(store->engine, "old", 0, 1, 60, losses, &n, fresh()));
    assert_int_equal(n, 50);
    assert_same_bits(losses[49], loss_of(0, 50));
    assert_int_equal(epoch_of(store->engine, "old", 0), 66);
}

static void a_store_of_version_2_learns_keys(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES], id[ENGINE_ID_BYTES];
    submit(store->engine, "old", 1);
    path_in(store, "lab.db", path);
    engine_close(store->engine);
    execute(path, BEFORE_VERSION_3 "PRAGMA user_version=2");
    assert_int_equal(store_open(store), 0);
    assert_int_equal(state_of(store->engine, "old", 0), RUN_QUEUED);
    assert_int_equal(submit_once(store->engine, "new", "key", "body", 1000, id), ONCE_NEW);
    assert_int_equal(submit_once(store->engine, "again", "key", "body", 1000, id), ONCE_AGAIN);
    assert_string_equal(id, "new");
}

static enum engine_once submit_content(struct engine *engine, const char *id)
{
    const char *const overrides[] = {"{}"};
    const unsigned char content[ENGINE_DIGEST_BYTES] = {1};
    struct engine_submission new = {id, "", "{}", 1000, overrides, 1, content, NULL, 0};
    return engine_submit_once(engine, &new, NULL, NULL, fresh());
}

/* What it holds stays as it was, ends as it would have, and is nobody's source. */
static void a_store_of_version_3_learns_to_share(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    double losses[9];
    size_t n;
    submit(store->engine, "ended", 1);
    submit(store->engine, "begun", 1);
    struct engine_claim ended = claim(store->engine, "ended", 0);
    struct engine_claim begun = claim(store->engine, "begun", 0);
    must(finish(store->engine, &ended, 1, 5, RUN_DONE));
    must(append(store->engine, &begun, 1, 3));
    path_in(store, "lab.db", path);
    engine_close(store->engine);
    execute(path, BEFORE_VERSION_4 "PRAGMA user_version=3");
    assert_int_equal(store_open(store), 0);
    assert_query(path, "PRAGMA user_version", "10");
    must(read_losses(store->engine, "ended", 0, 1, 9, losses, &n, fresh()));
    assert_int_equal(n, 5);
    assert_same_bits(losses[4], loss_of(0, 5));
    begun = claim(store->engine, "begun", 0);
    must(finish(store->engine, &begun, 4, 2, RUN_DONE));
    assert_int_equal(epoch_of(store->engine, "begun", 0), 5);
    assert_int_equal(submit_content(store->engine, "new"), ONCE_NEW);
    begun = claim(store->engine, "new", 0);
    must(finish(store->engine, &begun, 1, 2, RUN_DONE));
    assert_int_equal(submit_content(store->engine, "shared"), ONCE_SHARED);
    must(engine_delete(store->engine, "ended", fresh()));
    assert_query(path, "SELECT count(*) FROM run", "2");
}

static void a_store_of_version_4_learns_data_sets(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    int is_new;
    submit(store->engine, "old", 1);
    path_in(store, "lab.db", path);
    engine_close(store->engine);
    execute(path, BEFORE_VERSION_5 "PRAGMA user_version=4");
    assert_int_equal(store_open(store), 0);
    assert_int_equal(state_of(store->engine, "old", 0), RUN_QUEUED);
    const struct engine_dataset dataset = {"id", "", 1, 3};
    must(engine_add_dataset(store->engine, &dataset, "a\n1", &is_new, fresh()));
    assert_true(is_new);
}

static void a_store_of_version_7_goes_on_with_the_loss_alone(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    struct engine_run record;
    double records[8 * 2];
    size_t n;
    submit(store->engine, "old", 1);
    struct engine_claim taken = claim(store->engine, "old", 0);
    must(append(store->engine, &taken, 1, 5));
    path_in(store, "lab.db", path);
    engine_close(store->engine);
    execute(path, BEFORE_VERSION_8 "PRAGMA user_version=7");
    assert_int_equal(store_open(store), 0);
    must(engine_find_run(store->engine, "old", 0, &record, fresh()));
    assert_int_equal(record.series, LOSS_ALONE);
    assert_true(record.last.epoch == 5 && record.best.epoch == 1);
    assert_same_bits(record.last.values[SERIES_LOSS], loss_of(0, 5));
    assert_same_bits(record.best.values[SERIES_LOSS], loss_of(0, 1));
    assert_true(isnan(record.last.values[SERIES_VALIDATION_LOSS]));
    engine_run_clear(&record);
    taken = claim(store->engine, "old", 0);
    must(append(store->engine, &taken, 6, 3));
    must(engine_read_records(store->engine, "old", 0, LOSS_ALONE | 1 << SERIES_VALIDATION_LOSS, 1,
                             8, records, &n, fresh()));
    assert_int_equal(n, 8);
    for (int i = 0; i < 8; i++) {
        assert_same_bits(records[2 * i], loss_of(0, i + 1));
        assert_true(isnan(records[2 * i + 1]));
    }
}

static void a_store_of_version_9_explains_its_runs_again(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES], id[ENGINE_ID_BYTES] = "", *text;
    int run;
    enum engine_depth depth;
    const struct engine_explanation old = {ENGINE_FULLY_EXPLAINED, "old headline", "{}"};
    submit(store->engine, "old", 1);
    struct engine_claim taken = claim(store->engine, "old", 0);
    must(finish(store->engine, &taken, 1, 3, RUN_DONE));
    must(engine_explain(store->engine, "old", 0, &old, fresh()));
    must(engine_find_unexplained(store->engine, ENGINE_NOT_EXPLAINED, id, &run, fresh()));
    assert_int_equal(run, -1);
    path_in(store, "lab.db", path);
    engine_close(store->engine);
    execute(path, "PRAGMA user_version=9");
    assert_int_equal(store_open(store), 0);
    must(engine_read_explanation(store->engine, "old", 0, &depth, &text, fresh()));
    assert_int_equal(depth, ENGINE_NOT_EXPLAINED);
    assert_null(text);
    must(engine_find_unexplained(store->engine, ENGINE_NOT_EXPLAINED, id, &run, fresh()));
    assert_string_equal(id, "old");
}

/* Of older specs the text tells, but not their names. */
static void a_store_of_version_6_learns_what_uses_data_sets(void **state)
{
    static const struct {
        const char *id, *spec;
    } old[] = {{"uses", "{\"name\":\"n\",\"dataset\":{\"kind\":\"upload\",\"id\":\"one\"}}"},
               {"swept", "{\"sweep\":{\"/dataset/id\":[\"one\",\"two\"]}}"},
               {"named", "{\"name\":\"three\"}"},
               {"broken", "no JSON, \"three\""}};
    struct store *store = *state;
    char path[PATH_BYTES];
    const char *const overrides[] = {"{}"};
    const char *const ids[] = {"one", "two", "three"};
    int is_new;
    for (int i = 0; i < 3; i++) {
        const struct engine_dataset dataset = {ids[i], "", 1, 3};
        must(engine_add_dataset(store->engine, &dataset, "a\n1", &is_new, fresh()));
    }
    for (int i = 0; i < 4; i++)
        must(engine_submit(store->engine, old[i].id, "", old[i].spec, 1, overrides, 1, fresh()));
    path_in(store, "lab.db", path);
    engine_close(store->engine);
    execute(path, BEFORE_VERSION_7 "PRAGMA user_version=6");
    assert_int_equal(store_open(store), 0);
    assert_int_equal(engine_delete_dataset(store->engine, "one", fresh()), -1);
    assert_string_equal(last_error.text, "2 experiments use data set one: delete them first");
    assert_int_equal(engine_delete_dataset(store->engine, "two", fresh()), -1);
    must(engine_delete_dataset(store->engine, "three", fresh()));
    must(engine_delete(store->engine, "swept", fresh()));
    must(engine_delete_dataset(store->engine, "two", fresh()));
}

static void what_nobody_shows_any_more_leaves_no_rows(void **state)
{
    static const char *const order[][3] = {{"a", "b", "c"}, {"c", "b", "a"}, {"b", "a", "c"}};
    struct store *store = *state;
    char path[PATH_BYTES];
    path_in(store, "lab.db", path);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(submit_content(store->engine, "a"), ONCE_NEW);
        assert_int_equal(submit_content(store->engine, "b"), ONCE_SHARED); /* waits */
        struct engine_claim taken = claim(store->engine, "a", 0);
        must(append(store->engine, &taken, 1, 5));
        must(finish(store->engine, &taken, 6, 5, RUN_DONE));
        assert_int_equal(submit_content(store->engine, "c"), ONCE_SHARED);
        assert_query(path, "SELECT count(*) FROM run", "1");
        for (int k = 0; k < 3; k++) {
            assert_query(path, "SELECT count(*) FROM log", "4");
            assert_query(path, "SELECT count(*) FROM checkpoint", "1");
            must(engine_delete(store->engine, order[i][k], fresh()));
        }
        assert_query(path, "SELECT (SELECT count(*) FROM log) + (SELECT count(*) FROM run) +"
                           "  (SELECT count(*) FROM checkpoint) + (SELECT count(*) FROM spec) +"
                           "  (SELECT count(*) FROM deleted)", "0");
    }
}

int main(void)
{
    signal(SIGXFSZ, SIG_IGN); /* as the server does, or a file size limit would end the process */
    const struct CMUnitTest sqlite[] = {
        STORE_TEST(a_second_server_is_refused),
        PLACE_TEST(a_killed_server_leaves_no_lock),
        PLACE_TEST(says_that_the_directory_is_missing),
        PLACE_TEST(says_that_the_path_is_a_directory),
        PLACE_TEST(names_that_mean_something_to_sqlite_are_files),
        PLACE_TEST(an_empty_file_is_a_new_store),
        PLACE_TEST(refuses_a_file_that_is_no_database),
        PLACE_TEST(refuses_the_database_of_another_program),
        STORE_TEST(refuses_a_newer_version),
        STORE_TEST(says_that_a_file_or_directory_is_read_only),
        STORE_TEST(a_full_disk_stops_writing_and_nothing_else),
        PLACE_TEST(a_store_is_not_begun_on_a_full_disk),
        STORE_TEST(what_must_survive_a_power_cut_is_synced_and_no_more),
        STORE_TEST(a_long_log_is_folded_beside_the_writers),
        STORE_TEST(numbers_lost_in_a_power_cut_are_not_given_again),
        STORE_TEST(a_crowd_of_readers_waits_for_nobody_and_leaks_no_descriptors),
        STORE_TEST(nothing_is_left_of_a_deleted_experiment),
        STORE_TEST(a_key_is_not_given_to_another_experiment),
        STORE_TEST(a_deletion_cut_short_is_finished_at_the_next_start),
        STORE_TEST(the_oldest_key_gives_way_to_the_newest),
        STORE_TEST(a_store_of_version_1_goes_on_with_buckets),
        STORE_TEST(a_store_of_version_2_learns_keys),
        STORE_TEST(a_store_of_version_3_learns_to_share),
        STORE_TEST(a_store_of_version_4_learns_data_sets),
        STORE_TEST(a_store_of_version_9_explains_its_runs_again),
        STORE_TEST(a_store_of_version_7_goes_on_with_the_loss_alone),
        STORE_TEST(a_store_of_version_6_learns_what_uses_data_sets),
        STORE_TEST(what_nobody_shows_any_more_leaves_no_rows),
    };
    return cmocka_run_group_tests(sqlite, NULL, NULL);
}
