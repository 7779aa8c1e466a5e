/* Uploaded data sets: stored once, listed, read to the byte, deleted; and which specs name one. */
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

static void assert_listed(struct engine *engine, const char *id, const char *expected)
{
    char ids[64] = "";
    must(engine_each_dataset(engine, id, collect, ids, fresh()));
    assert_string_equal(ids, expected);
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
    assert_listed(store->engine, NULL, "two one ");
    assert_listed(store->engine, "one", "one ");
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
    assert_listed(engine, NULL, "");
    assert_int_equal(engine_delete_dataset(engine, "one", fresh()), -1);
    assert_int_equal(last_error.kind, ERROR_NOT_FOUND);
    assert_int_equal(engine_read_dataset(engine, "one", &read, &n, fresh()), -1);
    assert_int_equal(last_error.kind, ERROR_NOT_FOUND);
    assert_int_equal(engine_each_dataset(engine, "one", collect, ids, fresh()), -1);
    assert_int_equal(last_error.kind, ERROR_NOT_FOUND);
    must(add(engine, "one", &is_new));
    assert_true(is_new);
}

static void specs_that_name_a_data_set_are_counted(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    static const char *const overrides[] = {"{}"};
    int n = -1;
    must(engine_submit(engine, "a", "", "{\"id\":\"one\"}", 1, overrides, 1, fresh()));
    must(engine_submit(engine, "b", "", "{\"id\":\"onetwo\"}", 1, overrides, 1, fresh()));
    must(engine_count_specs(engine, "\"one\"", &n, fresh()));
    assert_int_equal(n, 1);
    must(engine_delete(engine, "a", fresh()));
    must(engine_count_specs(engine, "\"one\"", &n, fresh()));
    assert_int_equal(n, 0);
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
        STORE_TEST(specs_that_name_a_data_set_are_counted),
        STORE_TEST(there_is_a_most),
    };
    return run_on_every_engine(datasets);
}
