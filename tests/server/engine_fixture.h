/* What the tests of the engine share: the engines there are, a fresh store for each test, and
 * helpers that speak engine.h alone. A new engine is one more row in `engine_kinds`. */
#ifndef TESTS_SERVER_ENGINE_FIXTURE_H
#define TESTS_SERVER_ENGINE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/engine/engine.h"

/* --- the engines --------------------------------------------------------------------------- */

enum { PLACE_BYTES = 64, PATH_BYTES = 128 };
enum { LOSS_ALONE = 1 << SERIES_LOSS }; /* a set of series */

/* `place` is an empty directory at first; opening it again must find what was stored there. */
struct engine_kind {
    const char *name;
    struct engine *(*open)(const char *place, struct error *error);
};

static inline struct engine *open_sqlite(const char *place, struct error *error)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/lab.db", place);
    return engine_open(path, error);
}

static const struct engine_kind engine_kinds[] = {{"sqlite", open_sqlite}};

static const struct engine_kind *engine_kind = &engine_kinds[0]; /* the one under test */

/* --- a store for each test ----------------------------------------------------------------- */

struct store {
    char place[PLACE_BYTES];
    struct engine *engine;
};

static inline int store_open(struct store *store)
{
    struct error error = ERROR_INIT;
    store->engine = engine_kind->open(store->place, &error);
    if (store->engine == NULL)
        print_error("open: %s\n", error.text);
    return store->engine != NULL ? 0 : -1;
}

static inline void store_reopen(struct store *store)
{
    engine_close(store->engine);
    assert_int_equal(store_open(store), 0);
}

static inline void place_make(char place[PLACE_BYTES])
{
    const char *base = getenv("TMPDIR");
    snprintf(place, PLACE_BYTES, "%.40s/engine-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(place) == NULL)
        fail_msg("mkdtemp(%s)", place);
}

static inline void place_remove(const char *place)
{
    DIR *directory = opendir(place);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        char path[PLACE_BYTES + sizeof entry->d_name + 1];
        snprintf(path, sizeof path, "%s/%s", place, entry->d_name);
        unlink(path);
    }
    if (directory != NULL)
        closedir(directory);
    rmdir(place);
}

static inline int store_setup(void **state)
{
    struct store *store = calloc(1, sizeof *store);
    *state = store;
    place_make(store->place);
    return store_open(store);
}

static inline int store_teardown(void **state)
{
    struct store *store = *state;
    engine_close(store->engine);
    place_remove(store->place);
    free(store);
    return 0;
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

/* Runs a group of tests on every engine; the number of failures. */
#define run_on_every_engine(tests)                                                                 \
    run_group_on_every_engine(#tests, tests, sizeof(tests) / sizeof(tests)[0])

static inline int run_group_on_every_engine(const char *group, const struct CMUnitTest *tests,
                                            size_t n_tests)
{
    int n_failed = 0;
    for (size_t i = 0; i < sizeof engine_kinds / sizeof engine_kinds[0]; i++) {
        char name[64];
        engine_kind = &engine_kinds[i];
        snprintf(name, sizeof name, "%.40s on %.20s", group, engine_kind->name);
        n_failed += _cmocka_run_group_tests(name, tests, n_tests, NULL, NULL);
    }
    return n_failed;
}

/* --- calls and what they must give (on the test's own thread) -------------------------------- */

static struct error last_error;

static inline struct error *fresh(void)
{
    last_error = (struct error)ERROR_INIT;
    return &last_error;
}

#define must(call)                                                                                 \
    do {                                                                                           \
        if ((int)(call) != 0)                                                                      \
            fail_msg("%s: %s", #call, last_error.kind != ERROR_NONE ? last_error.text : "fenced"); \
    } while (0)

#define must_be_fenced(call)                                                                       \
    do {                                                                                           \
        assert_int_equal(call, ENGINE_FENCED);                                                     \
        assert_int_equal(last_error.kind, ERROR_NONE);                                             \
    } while (0)

#define must_fail(call, expected)                                                                  \
    do {                                                                                           \
        assert_int_equal(call, -1);                                                                \
        if (last_error.kind != (expected))                                                         \
            fail_msg("%s: got kind %d (%s), expected %d", #call, last_error.kind, last_error.text, \
                     expected);                                                                    \
    } while (0)

static inline void assert_same_bits(double got, double expected)
{
    if (memcmp(&got, &expected, sizeof got) != 0)
        fail_msg("got %.17g (%a), expected %.17g (%a)", got, got, expected, expected);
}

/* --- everyday steps ------------------------------------------------------------------------ */

static inline void submit(struct engine *engine, const char *id, int n_runs)
{
    const char **overrides = calloc((size_t)n_runs, sizeof *overrides);
    for (int run = 0; run < n_runs; run++)
        overrides[run] = "{}";
    must(engine_submit(engine, id, "a name", "{\"spec\":1}", 1700000000000, overrides, n_runs,
                       fresh()));
    free(overrides);
}

/* Submits one run under a key; `body` stands for what was sent. The id it stands for, in `out`. */
static inline enum engine_once submit_once(struct engine *engine, const char *id, const char *key,
                                           const char *body, int64_t created_ms,
                                           char out[ENGINE_ID_BYTES])
{
    const char *const overrides[] = {"{}"};
    struct engine_submission new = {id, "a name", "{\"spec\":1}", created_ms, overrides, 1,
                                    NULL, NULL, 0};
    struct engine_key once = {.key = key};
    memcpy(once.digest, body, strnlen(body, sizeof once.digest));
    return engine_submit_once(engine, &new, &once, out, fresh());
}

static inline struct engine_claim claim(struct engine *engine, const char *id, int run)
{
    struct engine_claim taken;
    must(engine_claim(engine, id, run, &taken, fresh()));
    return taken;
}

static inline int read_losses(struct engine *engine, const char *id, int run, int64_t first,
                              size_t max, double *out, size_t *out_n, struct error *error)
{
    return engine_read_records(engine, id, run, LOSS_ALONE, first, max, out, out_n, error);
}

/* The loss of an epoch of a run in tests: any epoch's is told apart from any other's. */
static inline double loss_of(int run, int64_t epoch)
{
    return run * 1e9 + (double)epoch + 1.0 / 3;
}

/* A chunk of n such losses; its checkpoint is the epoch after them. Free `losses`. */
struct made_chunk {
    struct engine_chunk chunk;
    double *losses;
    int64_t checkpoint;
};

static inline void chunk_make(struct made_chunk *made, int run, int64_t first, size_t n)
{
    made->losses = malloc((n + 1) * sizeof *made->losses);
    for (size_t i = 0; i < n; i++)
        made->losses[i] = loss_of(run, first + (int64_t)i);
    made->checkpoint = first + (int64_t)n - 1;
    made->chunk =
        (struct engine_chunk){.first = first, .n = n, .records = made->losses,
                              .checkpoint = &made->checkpoint,
                              .checkpoint_bytes = sizeof made->checkpoint};
}

static inline enum engine_result append(struct engine *engine, const struct engine_claim *taken,
                                        int64_t first, size_t n)
{
    struct made_chunk made;
    chunk_make(&made, taken->run, first, n);
    enum engine_result result = engine_append(engine, taken, &made.chunk, fresh());
    free(made.losses);
    return result;
}

static inline enum engine_result finish(struct engine *engine, const struct engine_claim *taken,
                                        int64_t first, size_t n, enum run_state state)
{
    struct made_chunk made;
    chunk_make(&made, taken->run, first, n);
    enum engine_result result =
        engine_finish(engine, taken, &made.chunk, state, "", 0, -1, fresh());
    free(made.losses);
    return result;
}

static inline enum run_state state_of(struct engine *engine, const char *id, int run)
{
    struct engine_run record;
    must(engine_find_run(engine, id, run, &record, fresh()));
    engine_run_clear(&record);
    return record.state;
}

static inline int64_t epoch_of(struct engine *engine, const char *id, int run)
{
    struct engine_run record;
    must(engine_find_run(engine, id, run, &record, fresh()));
    engine_run_clear(&record);
    return record.epoch;
}

/* The checkpoint made by chunk_make, as the epoch it holds; its own epoch must be the same. */
static inline int64_t checkpoint_of(struct engine *engine, const char *id, int run)
{
    void *bytes;
    size_t n_bytes;
    int64_t epoch, held = 0;
    must(engine_checkpoint(engine, id, run, &bytes, &n_bytes, &epoch, fresh()));
    if (bytes != NULL) {
        assert_int_equal(n_bytes, sizeof held);
        memcpy(&held, bytes, sizeof held);
    }
    free(bytes);
    assert_int_equal(held, epoch);
    return epoch;
}

#endif
