/* Uploaded data sets: stored once, listed, read to the byte, kept while used, deleted. */
#include "tests/server/engine_fixture.h"

static const char bytes[] = "a,b\n1,\0\xff\n";

static int add(struct engine *engine, const char *id, int *out_is_new)
{
    const struct engine_dataset dataset = {id, "about it", 1700000000000, sizeof bytes};
    return engine_add_dataset(engine, &dataset, bytes, out_is_new, fresh());
}

/* Collects the ids, each followed by a space. */
static int collect(void *context, const struct engine_dataset *dataset)
{
    char *out = context;
    size_t n = strlen(out);
    snprintf(out + n, 64 - n, "%s ", dataset->id);
    assert_string_equal(dataset->about, "about it");
    assert_int_equal(dataset->n_bytes, sizeof bytes);
    assert_true(dataset->created_ms == 1700000000000);
    return 0;
}

/* Returns the cursor of the next page. */
static int64_t assert_listed(struct engine *engine, int64_t cursor, int limit, const char *expected)
{
    char ids[64] = "";
    int64_t next;
    must(engine_list_datasets(engine, cursor, limit, collect, ids, &next, fresh()));
    assert_string_equal(ids, expected);
    return next;
}

static void the_same_id_is_stored_once(void **state)
{
    struct store *store = *state;
    int is_new;
    must(add(store->engine, "one", &is_new));
    assert_true(is_new);
    must(add(store->engine, "two", &is_new));
    assert_true(is_new);
    store_reopen(store);
    must(add(store->engine, "one", &is_new));
    assert_false(is_new);
    char ids[64] = "";
    assert_listed(store->engine, 0, 9, "two one ");
    must(engine_find_dataset(store->engine, "one", collect, ids, fresh()));
    assert_string_equal(ids, "one ");
}

static void bytes_are_kept_as_they_are(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    void *read;
    size_t n;
    int is_new;
    must(add(engine, "one", &is_new));
    must(engine_read_dataset(engine, "one", &read, &n, fresh()));
    assert_int_equal(n, sizeof bytes);
    assert_memory_equal(read, bytes, n);
    free(read);
}

static void what_is_not_there_is_not_found(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    char ids[64] = "";
    void *read;
    size_t n;
    int is_new;
    must(add(engine, "one", &is_new));
    must(engine_delete_dataset(engine, "one", fresh()));
    assert_true(assert_listed(engine, 0, 9, "") == 0);
    assert_int_equal(engine_delete_dataset(engine, "one", fresh()), -1);
    assert_int_equal(last_error.kind, ERROR_NOT_FOUND);
    assert_int_equal(engine_read_dataset(engine, "one", &read, &n, fresh()), -1);
    assert_int_equal(last_error.kind, ERROR_NOT_FOUND);
    assert_int_equal(engine_find_dataset(engine, "one", collect, ids, fresh()), -1);
    assert_int_equal(last_error.kind, ERROR_NOT_FOUND);
    must(add(engine, "one", &is_new));
    assert_true(is_new);
}

static void pages_follow_each_other(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    static const char *const ids[] = {"a", "b", "c", "d", "e"};
    int is_new;
    for (int i = 0; i < 5; i++)
        must(add(engine, ids[i], &is_new));
    int64_t cursor = assert_listed(engine, 0, 2, "e d ");
    must(engine_delete_dataset(engine, "d", fresh()));
    cursor = assert_listed(engine, cursor, 2, "c b ");
    assert_true(assert_listed(engine, cursor, 2, "a ") == 0);
    assert_true(assert_listed(engine, 0, 4, "e c b a ") == 0);
}

/* Submits an experiment with one data set, or with none. */
static enum engine_once submit_with(struct engine *engine, const char *id, const char *dataset)
{
    const char *const overrides[] = {"{}"};
    const struct engine_submission new = {.id = id, .name = "one", .spec = "{}", .created_ms = 1,
                                          .overrides = overrides, .n_runs = 1,
                                          .datasets = &dataset, .n_datasets = dataset != NULL};
    return engine_submit_once(engine, &new, NULL, NULL, fresh());
}

static void what_is_used_cannot_be_deleted(void **state)
{
    struct store *store = *state;
    int is_new;
    must(add(store->engine, "one", &is_new));
    assert_int_equal(submit_with(store->engine, "a", "one"), ONCE_NEW);
    assert_int_equal(submit_with(store->engine, "b", "one"), ONCE_NEW);
    assert_int_equal(submit_with(store->engine, "c", NULL), ONCE_NEW);
    store_reopen(store);
    assert_int_equal(engine_delete_dataset(store->engine, "one", fresh()), -1);
    assert_int_equal(last_error.kind, ERROR_CONFLICT);
    assert_string_equal(last_error.text, "2 experiments use data set one: delete them first");
    must(engine_delete(store->engine, "a", fresh()));
    assert_int_equal(engine_delete_dataset(store->engine, "one", fresh()), -1);
    assert_string_equal(last_error.text, "1 experiment uses data set one: delete it first");
    must(engine_delete(store->engine, "b", fresh()));
    must(engine_delete_dataset(store->engine, "one", fresh()));
}

static void what_is_gone_cannot_be_used(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_experiment found;
    assert_int_equal(submit_with(engine, "a", "one"), ONCE_ERROR);
    assert_int_equal(last_error.kind, ERROR_CONFLICT);
    assert_int_equal(engine_find(engine, "a", &found, fresh()), -1);
}

static void there_is_a_most(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    int is_new;
    for (int i = 0; i < ENGINE_DATASETS_MAX; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        must(add(engine, id, &is_new));
    }
    assert_int_equal(add(engine, "more", &is_new), -1);
    assert_int_equal(last_error.kind, ERROR_CONFLICT);
    must(add(engine, "7", &is_new)); /* is there */
    must(engine_delete_dataset(engine, "7", fresh()));
    must(add(engine, "more", &is_new));
}

int main(void)
{
    const struct CMUnitTest datasets[] = {
        STORE_TEST(the_same_id_is_stored_once),
        STORE_TEST(bytes_are_kept_as_they_are),
        STORE_TEST(what_is_not_there_is_not_found),
        STORE_TEST(pages_follow_each_other),
        STORE_TEST(what_is_used_cannot_be_deleted),
        STORE_TEST(what_is_gone_cannot_be_used),
        STORE_TEST(there_is_a_most),
    };
    return run_on_every_engine(datasets);
}
