/* The SQLite engine with a damaged file, or without memory: errors, never a crash. */
#include "tests/server/engine_sqlite_fixture.h"

/* --- damage ---------------------------------------------------------------------------------- */

static int ignore_experiment(void *context, const struct engine_experiment *experiment)
{
    *(size_t *)context += strlen(experiment->name);
    return 0;
}

static int ignore_run(void *context, const struct engine_run *run)
{
    *(size_t *)context += strlen(run->overrides) + strlen(run->message);
    return 0;
}

static int ignore_entry(void *context, const struct engine_entry *entry)
{
    for (size_t i = 0; i < entry->n; i++)
        *(size_t *)context += entry->records[i] > 0;
    return 0;
}

static int ignore_queued(void *context, const char *id, int run)
{
    *(size_t *)context += strlen(id) + (size_t)run;
    return 0;
}

/* Every function once, on whatever is there. Results are of no interest, crashes are. */
static void call_everything(struct engine *engine)
{
    struct engine_experiment experiment;
    struct engine_run run;
    struct engine_claim taken;
    static double losses[2000];
    size_t seen = 0, n;
    int64_t number;
    void *bytes;
    int count;
    engine_list(engine, 0, 100, ignore_experiment, &seen, &number, fresh());
    engine_each_queued(engine, ignore_queued, &seen, fresh());
    for (int i = 0; i < 3; i++) {
        if (engine_find(engine, "e", &experiment, fresh()) == 0)
            engine_experiment_clear(&experiment);
        if (engine_find_run(engine, "e", i, &run, fresh()) == 0)
            engine_run_clear(&run);
        read_losses(engine, "e", i, 1, 2000, losses, &n, fresh());
        if (engine_checkpoint(engine, "e", i, &bytes, &n, &number, fresh()) == 0)
            free(bytes);
        if (engine_claim(engine, "e", i, &taken, fresh()) == ENGINE_OK) {
            append(engine, &taken, 1, 3);
            append(engine, &taken, 1001, 3);
            finish(engine, &taken, 4, 0, RUN_DONE);
        }
    }
    engine_each_run(engine, "e", 0, 100, ignore_run, &seen, fresh());
    engine_read_log(engine, "e", 0, ignore_entry, &seen, fresh());
    engine_last_sequence(engine, "e", &number, fresh());
    engine_rename(engine, "e", "another name", fresh());
    engine_cancel(engine, "e", &count, fresh());
    engine_delete(engine, "f", fresh());
    engine_delete(engine, "e", fresh());
}

static uint32_t random_next(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

/* A store with something of everything in it, as bytes. */
static unsigned char *make_store_bytes(struct store *store, size_t *out_n)
{
    char path[PATH_BYTES];
    path_in(store, "lab.db", path);
    assert_int_equal(store_open(store), 0);
    submit(store->engine, "e", 3);
    submit(store->engine, "f", 2);
    struct engine_claim taken = claim(store->engine, "e", 0), other = claim(store->engine, "e", 1);
    must(append(store->engine, &taken, 1, 1000));
    must(append(store->engine, &taken, 1001, 10));
    must(append(store->engine, &other, 1, 20));
    must(finish(store->engine, &other, 21, 1, RUN_FAILED));
    engine_close(store->engine);
    store->engine = NULL;
    return read_file(path, out_n);
}

static void a_damaged_file_crashes_nothing(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    size_t n;
    path_in(store, "lab.db", path);
    unsigned char *good = make_store_bytes(store, &n), *bad = malloc(n);
    uint32_t random = 1;
    int n_opened = 0, n_refused = 0;
    for (int round = 0; round < 150; round++) {
        memcpy(bad, good, n);
        int n_changes = 1 + (int)(random_next(&random) % 30);
        for (int i = 0; i < n_changes; i++)
            bad[random_next(&random) % n] = (unsigned char)random_next(&random);
        size_t kept = round % 10 == 9 ? random_next(&random) % n : n;
        write_file(path, bad, kept);
        struct engine *engine = engine_open(path, fresh());
        n_opened += engine != NULL;
        n_refused += engine == NULL;
        if (engine != NULL)
            call_everything(engine);
        else
            assert_true(last_error.text[0] != '\0');
        engine_close(engine);
    }
    /* Otherwise the damage was not of a kind that tests anything. */
    assert_true(n_opened > 15 && n_refused > 15);
    free(good);
    free(bad);
}

static void wrong_lengths_and_gaps_in_the_log_are_noticed(void **state)
{
    struct store *store = *state;
    static const char *const damages[] = {
        "UPDATE log SET losses = x'00' WHERE n > 0 AND first = 11",
        "UPDATE log SET n = 5 WHERE n > 0 AND first = 11",
        "UPDATE log SET n = 70000, losses = zeroblob(560000) WHERE n > 0 AND first = 11",
        "UPDATE log SET n = 50, losses = zeroblob(400) WHERE n > 0 AND first = 11",
        "UPDATE log SET first = 9, n = 12, losses = zeroblob(96) WHERE n > 0 AND first = 11",
        "UPDATE log SET losses = NULL WHERE n > 0 AND first = 11",
        "DELETE FROM log WHERE n > 0 AND first = 11",
        "DELETE FROM log WHERE n > 0 AND first = 1",
        "DELETE FROM log WHERE n > 0 AND first = 21",
        "UPDATE log SET first = first - 9223372036854775800 WHERE n > 0 AND first = 11",
    };
    char path[PATH_BYTES];
    path_in(store, "lab.db", path);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        unlink(path);
        assert_int_equal(store_open(store), 0);
        submit(store->engine, "e", 1);
        struct engine_claim taken = claim(store->engine, "e", 0);
        for (int64_t first = 1; first <= 30; first += 10)
            must(append(store->engine, &taken, first, 10));
        engine_close(store->engine);
        execute(path, damages[i]);
        assert_int_equal(store_open(store), 0);
        double losses[40];
        size_t n = 9;
        must_fail(read_losses(store->engine, "e", 0, 1, 40, losses, &n, fresh()),
                  ERROR_STORAGE);
        assert_non_null(strstr(last_error.text, "damaged"));
        assert_int_equal(n, 0);
        engine_close(store->engine);
        store->engine = NULL;
    }
}

static void an_impossible_number_of_epochs_is_noticed(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    path_in(store, "lab.db", path);
    assert_int_equal(store_open(store), 0);
    submit(store->engine, "e", 1);
    engine_close(store->engine);
    execute(path, "UPDATE run SET epoch = 9223372036854775807");
    assert_int_equal(store_open(store), 0);
    double losses[2];
    size_t n;
    must_fail(read_losses(store->engine, "e", 0, INT64_MAX, 2, losses, &n, fresh()),
              ERROR_STORAGE);
    assert_non_null(strstr(last_error.text, "damaged (a number of epochs)"));
}

/* --- no memory ------------------------------------------------------------------------------- */

static sqlite3_mem_methods real_methods;
static int allocations_left = -1; /* until one fails; below 0: none will */
static int n_failed_allocations;

static int allocation_fails(void)
{
    int fails = allocations_left == 0;
    if (allocations_left >= 0)
        allocations_left--;
    n_failed_allocations += fails;
    return fails;
}

static void *try_malloc(int n)
{
    return allocation_fails() ? NULL : real_methods.xMalloc(n);
}

static void *try_realloc(void *old, int n)
{
    return allocation_fails() ? NULL : real_methods.xRealloc(old, n);
}

static void install_failing_memory(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_methods);
    sqlite3_mem_methods methods = real_methods;
    methods.xMalloc = try_malloc;
    methods.xRealloc = try_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

/* Repeats the call with the first, second, ... allocation failing until none is left to fail. Every
 * failure is one for lack of memory. The number of calls that failed. */
#define with_failing_memory(call)                                                                  \
    do {                                                                                           \
        for (int nth = 0, fired = 1; fired; nth++) {                                               \
            allocations_left = nth;                                                                \
            n_failed_allocations = 0;                                                              \
            int result = (int)(call);                                                              \
            allocations_left = -1;                                                                 \
            fired = n_failed_allocations > 0;                                                      \
            if (result != 0)                                                                       \
                assert_int_equal(last_error.kind, ERROR_MEMORY);                                   \
            else                                                                                   \
                assert_int_equal(last_error.kind, ERROR_NONE);                                     \
            if (result != 0 && !fired)                                                             \
                fail_msg("%s: %s", #call, last_error.text);                                        \
        }                                                                                          \
    } while (0)

static int open_and_close(const char *path)
{
    struct engine *engine = engine_open(path, fresh());
    engine_close(engine);
    return engine != NULL ? 0 : -1;
}

static int submit_next(struct engine *engine)
{
    static int n;
    char id[ENGINE_ID_BYTES];
    const char *overrides[] = {"{}", "{}"};
    snprintf(id, sizeof id, "m%d", n);
    int result = engine_submit(engine, id, "", "{}", 1, overrides, 2, fresh());
    n += result == 0;
    return result;
}

static int append_next(struct engine *engine, const struct engine_claim *taken, int64_t *epoch)
{
    enum engine_result result = append(engine, taken, *epoch + 1, 3);
    *epoch += result == ENGINE_OK ? 3 : 0;
    struct error kept = last_error;
    allocations_left = -1;
    assert_int_equal(epoch_of(engine, taken->id, taken->run), *epoch);
    last_error = kept;
    return result;
}

static int claim_and_release(struct engine *engine)
{
    struct engine_claim taken;
    enum engine_result result = engine_claim(engine, "e", 1, &taken, fresh());
    if (result != ENGINE_OK)
        return result;
    result = engine_release(engine, &taken, fresh());
    if (result != ENGINE_OK) { /* once more, with memory, so that it can be claimed again */
        struct error kept = last_error;
        allocations_left = -1;
        must(engine_release(engine, &taken, fresh()));
        last_error = kept;
    }
    return result;
}

static int find_both(struct engine *engine)
{
    struct engine_experiment experiment;
    struct engine_run run;
    int result = engine_find(engine, "e", &experiment, fresh());
    engine_experiment_clear(&experiment);
    if (result == 0)
        result = engine_find_run(engine, "e", 0, &run, fresh());
    if (result == 0)
        engine_run_clear(&run);
    return result;
}

static int read_checkpoint(struct engine *engine)
{
    void *bytes;
    size_t n;
    int64_t epoch;
    int result = engine_checkpoint(engine, "e", 0, &bytes, &n, &epoch, fresh());
    assert_true(result != 0 || n == 90000);
    free(bytes);
    return result;
}

static void no_memory_is_an_error_and_no_more(void **state)
{
    struct store *store = *state;
    char path[PATH_BYTES];
    path_in(store, "lab.db", path);
    with_failing_memory(open_and_close(path));
    assert_int_equal(store_open(store), 0);
    struct engine *engine = store->engine;
    submit(engine, "e", 3);
    with_failing_memory(submit_next(engine));
    with_failing_memory(engine_rename(engine, "e", "another", fresh()));
    with_failing_memory(claim_and_release(engine));
    struct engine_claim taken = claim(engine, "e", 0);
    int64_t epoch = 0;
    with_failing_memory(append_next(engine, &taken, &epoch));
    unsigned char *large = calloc(1, 90000);
    double loss = loss_of(0, epoch + 1);
    struct engine_chunk chunk = {.first = epoch + 1, .n = 1, .records = &loss,
                                 .checkpoint = large, .checkpoint_bytes = 90000};
    must(engine_append(engine, &taken, &chunk, fresh()));
    free(large);
    store_reopen(store); /* with nothing prepared or cached */
    engine = store->engine;
    double losses[10];
    size_t n, seen = 0;
    int64_t number;
    int count;
    with_failing_memory(find_both(engine));
    with_failing_memory(read_checkpoint(engine));
    with_failing_memory(read_losses(engine, "e", 0, 1, 10, losses, &n, fresh()));
    with_failing_memory(engine_read_log(engine, "e", 0, ignore_entry, &seen, fresh()));
    with_failing_memory(engine_last_sequence(engine, "e", &number, fresh()));
    with_failing_memory(engine_list(engine, 0, 9, ignore_experiment, &seen, &number, fresh()));
    with_failing_memory(engine_each_run(engine, "e", 0, 9, ignore_run, &seen, fresh()));
    with_failing_memory(engine_each_queued(engine, ignore_queued, &seen, fresh()));
    with_failing_memory(engine_cancel(engine, "e", &count, fresh()));
    assert_query(path, "PRAGMA integrity_check", "ok");
}

int main(void)
{
    install_failing_memory();
    const struct CMUnitTest damage[] = {
        PLACE_TEST(a_damaged_file_crashes_nothing),
        PLACE_TEST(wrong_lengths_and_gaps_in_the_log_are_noticed),
        PLACE_TEST(an_impossible_number_of_epochs_is_noticed),
        PLACE_TEST(no_memory_is_an_error_and_no_more),
    };
    return cmocka_run_group_tests(damage, NULL, NULL);
}
