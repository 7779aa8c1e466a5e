/* Submissions with a key: stored once, whatever is sent again, and remembered for a day. */
#include "tests/server/engine_fixture.h"

#include <pthread.h>

static const int64_t now_ms = 1700000000000;

static int exists(struct engine *engine, const char *id)
{
    struct engine_experiment found;
    if (engine_find(engine, id, &found, fresh()) != 0)
        return 0;
    engine_experiment_clear(&found);
    return 1;
}

static enum engine_once find(struct engine *engine, const char *key, const char *body,
                             int64_t at_ms, char out[ENGINE_ID_BYTES])
{
    struct engine_key once = {.key = key};
    memcpy(once.digest, body, strnlen(body, sizeof once.digest));
    return engine_find_key(engine, &once, at_ms, out, fresh());
}

static void a_key_stores_once(void **state)
{
    struct store *store = *state;
    char id[ENGINE_ID_BYTES] = "untouched";
    assert_int_equal(find(store->engine, "key", "body", now_ms, id), ONCE_NEW);
    assert_int_equal(submit_once(store->engine, "a", "key", "body", now_ms, id), ONCE_NEW);
    assert_string_equal(id, "untouched");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(submit_once(store->engine, "b", "key", "body", now_ms + 5, id),
                         ONCE_AGAIN);
        assert_string_equal(id, "a");
        memset(id, 'x', sizeof id);
        assert_int_equal(find(store->engine, "key", "body", now_ms + 5, id), ONCE_AGAIN);
        assert_string_equal(id, "a");
        assert_false(exists(store->engine, "b"));
        store_reopen(store);
    }
}

static void another_body_is_told_apart(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    char id[ENGINE_ID_BYTES];
    assert_int_equal(submit_once(engine, "a", "key", "body", now_ms, id), ONCE_NEW);
    assert_int_equal(submit_once(engine, "b", "key", "bodY", now_ms, id), ONCE_OTHER);
    assert_int_equal(find(engine, "key", "bodY", now_ms, id), ONCE_OTHER);
    assert_false(exists(engine, "b"));
    assert_int_equal(submit_once(engine, "b", "Key", "body", now_ms, id), ONCE_NEW);
    assert_true(exists(engine, "b"));
}

static void a_submission_that_fails_leaves_no_key(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    char id[ENGINE_ID_BYTES];
    submit(engine, "taken", 1);
    assert_int_equal(submit_once(engine, "taken", "key", "body", now_ms, id), ONCE_ERROR);
    assert_int_equal(last_error.kind, ERROR_CONFLICT);
    assert_int_equal(find(engine, "key", "body", now_ms, id), ONCE_NEW);
    assert_int_equal(submit_once(engine, "free", "key", "other", now_ms, id), ONCE_NEW);
}

static void keys_have_1_to_64_bytes(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    char id[ENGINE_ID_BYTES], key[ENGINE_KEY_BYTES + 1];
    memset(key, 'k', sizeof key);
    key[ENGINE_KEY_BYTES] = '\0';
    assert_int_equal(submit_once(engine, "a", key, "body", now_ms, id), ONCE_ERROR);
    assert_int_equal(last_error.kind, ERROR_INVALID);
    assert_int_equal(submit_once(engine, "a", "", "body", now_ms, id), ONCE_ERROR);
    assert_int_equal(find(engine, "", "body", now_ms, id), ONCE_ERROR);
    key[ENGINE_KEY_BYTES - 1] = '\0';
    assert_int_equal(submit_once(engine, "a", key, "body", now_ms, id), ONCE_NEW);
    assert_int_equal(find(engine, key, "body", now_ms, id), ONCE_AGAIN);
}

static void a_key_stands_for_an_experiment_that_was_deleted(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    char id[ENGINE_ID_BYTES];
    assert_int_equal(submit_once(engine, "a", "key", "body", now_ms, id), ONCE_NEW);
    must(engine_delete(engine, "a", fresh()));
    assert_int_equal(submit_once(engine, "b", "key", "body", now_ms, id), ONCE_AGAIN);
    assert_string_equal(id, "a");
}

static void a_key_is_forgotten_after_a_day(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    char id[ENGINE_ID_BYTES];
    assert_int_equal(submit_once(engine, "a", "key", "body", now_ms, id), ONCE_NEW);
    int64_t last_ms = now_ms + ENGINE_KEY_LIFE_MS - 1;
    assert_int_equal(find(engine, "key", "body", last_ms, id), ONCE_AGAIN);
    assert_int_equal(submit_once(engine, "b", "key", "body", last_ms, id), ONCE_AGAIN);
    assert_int_equal(find(engine, "key", "body", last_ms + 1, id), ONCE_NEW);
    assert_int_equal(submit_once(engine, "b", "key", "other", last_ms + 1, id), ONCE_NEW);
    assert_int_equal(find(engine, "key", "other", last_ms + 1, id), ONCE_AGAIN);
    assert_string_equal(id, "b");
}

/* --- at once ------------------------------------------------------------------------------- */

enum { SENDERS = 8 };

struct sender {
    struct engine *engine;
    int number;
    enum engine_once result;
    char id[ENGINE_ID_BYTES];
};

static void *send_same(void *context)
{
    struct sender *sender = context;
    const char *const overrides[] = {"{}"};
    char id[ENGINE_ID_BYTES];
    struct engine_key key = {.key = "key", .digest = {1}};
    snprintf(id, sizeof id, "e%d", sender->number);
    struct engine_submission new = {id, "", "{}", now_ms, overrides, 1, NULL, NULL, 0};
    sender->result = engine_submit_once(sender->engine, &new, &key, sender->id, NULL);
    if (sender->result == ONCE_NEW)
        memcpy(sender->id, id, sizeof id);
    return NULL;
}

static void of_many_at_once_one_is_stored(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct sender senders[SENDERS];
    pthread_t threads[SENDERS];
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){.engine = engine, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, send_same, &senders[i]), 0);
    }
    int n_new = 0;
    for (int i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < SENDERS; i++) {
        assert_true(senders[i].result == ONCE_NEW || senders[i].result == ONCE_AGAIN);
        assert_string_equal(senders[i].id, senders[0].id);
        n_new += senders[i].result == ONCE_NEW;
    }
    assert_int_equal(n_new, 1);
    struct engine_totals totals;
    must(engine_totals(engine, &totals, fresh()));
    assert_int_equal(totals.n_experiments, 1);
}

int main(void)
{
    const struct CMUnitTest once[] = {
        STORE_TEST(a_key_stores_once),
        STORE_TEST(another_body_is_told_apart),
        STORE_TEST(a_submission_that_fails_leaves_no_key),
        STORE_TEST(keys_have_1_to_64_bytes),
        STORE_TEST(a_key_stands_for_an_experiment_that_was_deleted),
        STORE_TEST(a_key_is_forgotten_after_a_day),
        STORE_TEST(of_many_at_once_one_is_stored),
    };
    return run_on_every_engine(once);
}
