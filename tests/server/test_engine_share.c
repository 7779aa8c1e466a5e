/* Results that several experiments show: which they are, who waits for them, what stays of them. */
#include "tests/server/engine_fixture.h"

enum { TOLD_MAX = 8 };

/* What the listener was told, in order. */
static struct told {
    int n;
    char ids[TOLD_MAX][ENGINE_ID_BYTES];
    int n_runs[TOLD_MAX];
} told;

static void note_settled(void *context, const char *id, int n_runs)
{
    struct told *to = context;
    assert_true(to->n < TOLD_MAX);
    snprintf(to->ids[to->n], ENGINE_ID_BYTES, "%s", id);
    to->n_runs[to->n++] = n_runs;
}

static void assert_told(int i, const char *id, int n_runs)
{
    assert_true(i < told.n);
    assert_string_equal(told.ids[i], id);
    assert_int_equal(told.n_runs[i], n_runs);
}

static void listen_to(struct engine *engine)
{
    told.n = 0;
    engine_listen(engine, note_settled, &told);
}

/* Two runs of the content. */
static enum engine_once submit_content(struct engine *engine, const char *id, const char *content)
{
    const char *const overrides[] = {"{\"a\":1}", "{\"a\":2}"};
    unsigned char digest[ENGINE_DIGEST_BYTES] = {0};
    memcpy(digest, content, strnlen(content, sizeof digest));
    struct engine_submission new = {id, id, "{\"spec\":1}", 1700000000000, overrides, 2, digest,
                                    NULL, 0};
    return engine_submit_once(engine, &new, NULL, NULL, fresh());
}

/* Trains both runs to their ends, n epochs each. */
static void train(struct engine *engine, const char *id, size_t n, enum run_state last)
{
    struct engine_claim first = claim(engine, id, 0), second = claim(engine, id, 1);
    must(finish(engine, &first, 1, n, RUN_DONE));
    must(finish(engine, &second, 1, n, last));
}

static struct engine_experiment find(struct engine *engine, const char *id)
{
    struct engine_experiment found;
    must(engine_find(engine, id, &found, fresh()));
    engine_experiment_clear(&found);
    return found;
}

static void assert_source(struct engine *engine, const char *id, const char *source)
{
    assert_string_equal(find(engine, id).source, source);
}

static int count_entries(void *context, const struct engine_entry *entry)
{
    (void)entry;
    ++*(int *)context;
    return 0;
}

/* All that a client may ask of the experiment: both runs with n epochs. */
static void assert_shows(struct engine *engine, const char *id, int64_t n)
{
    for (int run = 0; run < 2; run++) {
        double *losses = calloc((size_t)n + 1, sizeof *losses);
        size_t n_losses;
        must(read_losses(engine, id, run, 1, (size_t)n + 1, losses, &n_losses, fresh()));
        assert_int_equal(n_losses, n);
        for (int64_t epoch = 1; epoch <= n; epoch++)
            assert_same_bits(losses[epoch - 1], loss_of(run, epoch));
        free(losses);
        assert_int_equal(epoch_of(engine, id, run), n);
        assert_int_equal(checkpoint_of(engine, id, run), n);
    }
    int n_entries = 0;
    int64_t last;
    must(engine_read_log(engine, id, 0, count_entries, &n_entries, fresh()));
    assert_int_equal(n_entries, 6); /* running, epochs and the end of each run */
    must(engine_last_sequence(engine, id, &last, fresh()));
    assert_true(last > 0);
}

static int count_run(void *context, const struct engine_run *run)
{
    (void)run;
    ++*(int *)context;
    return 0;
}

static int count_queued(void *context, const char *id, int run)
{
    (void)id;
    (void)run;
    ++*(int *)context;
    return 0;
}

static int n_to_train(struct engine *engine)
{
    int n = 0;
    must(engine_each_queued(engine, count_queued, &n, fresh()));
    return n;
}

/* --- after the end ------------------------------------------------------------------------- */

static void what_was_trained_is_shown_at_once(void **state)
{
    struct store *store = *state;
    struct engine_totals before, after;
    int n_runs = 0;
    assert_int_equal(submit_content(store->engine, "a", "same"), ONCE_NEW);
    train(store->engine, "a", 5, RUN_DIVERGED);
    must(engine_totals(store->engine, &before, fresh()));
    assert_int_equal(submit_content(store->engine, "b", "same"), ONCE_SHARED);
    assert_int_equal(submit_content(store->engine, "c", "same"), ONCE_SHARED);
    must(engine_totals(store->engine, &after, fresh()));
    assert_int_equal(after.n_epochs, before.n_epochs);
    for (int again = 0; again < 2; again++) {
        for (const char *const *id = (const char *const[]){"b", "c", NULL}; *id != NULL; id++) {
            struct engine_experiment found = find(store->engine, *id);
            assert_string_equal(found.source, "a");
            assert_int_equal(found.n_in_state[RUN_DONE], 1);
            assert_int_equal(found.n_in_state[RUN_DIVERGED], 1);
            assert_int_equal(found.n_in_state[RUN_QUEUED], 0);
            assert_shows(store->engine, *id, 5);
        }
        must(engine_each_run(store->engine, "b", 0, 9, count_run, &n_runs, fresh()));
        assert_int_equal(n_runs, 2 * (again + 1));
        assert_int_equal(n_to_train(store->engine), 0);
        store_reopen(store);
    }
    assert_source(store->engine, "a", "");
}

static void other_content_and_none_are_trained(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    assert_int_equal(submit_content(engine, "a", "same"), ONCE_NEW);
    train(engine, "a", 5, RUN_DONE);
    assert_int_equal(submit_content(engine, "b", "samE"), ONCE_NEW);
    submit(engine, "c", 2);
    submit(engine, "d", 2);
    assert_int_equal(n_to_train(engine), 6);
    assert_source(engine, "d", "");
}

static void what_did_not_end_well_is_no_source(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    int n;
    assert_int_equal(submit_content(engine, "a", "one"), ONCE_NEW);
    train(engine, "a", 5, RUN_FAILED);
    assert_int_equal(submit_content(engine, "b", "one"), ONCE_NEW);
    must(engine_cancel(engine, "b", &n, fresh()));
    assert_int_equal(submit_content(engine, "c", "one"), ONCE_NEW);
    train(engine, "c", 5, RUN_DONE);
    assert_int_equal(submit_content(engine, "d", "one"), ONCE_SHARED);
    assert_source(engine, "d", "c");
}

static void nobody_trains_what_is_shown(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken;
    int n;
    assert_int_equal(submit_content(engine, "a", "same"), ONCE_NEW);
    train(engine, "a", 5, RUN_DONE);
    assert_int_equal(submit_content(engine, "b", "same"), ONCE_SHARED);
    must_be_fenced(engine_claim(engine, "b", 0, &taken, fresh()));
    must(engine_cancel(engine, "b", &n, fresh()));
    assert_int_equal(n, 0);
    assert_source(engine, "b", "a");
    must(engine_rename(engine, "b", "other", fresh()));
    assert_shows(engine, "a", 5);
    assert_shows(engine, "b", 5);
}

static void results_stay_until_the_last_that_shows_them_is_deleted(void **state)
{
    struct store *store = *state;
    assert_int_equal(submit_content(store->engine, "a", "same"), ONCE_NEW);
    train(store->engine, "a", 5, RUN_DONE);
    assert_int_equal(submit_content(store->engine, "b", "same"), ONCE_SHARED);
    must(engine_delete(store->engine, "a", fresh()));
    assert_shows(store->engine, "b", 5);
    store_reopen(store);
    assert_shows(store->engine, "b", 5);
    assert_int_equal(submit_content(store->engine, "c", "same"), ONCE_SHARED);
    assert_source(store->engine, "c", "a"); /* which trained it, though it is gone */
    must(engine_delete(store->engine, "b", fresh()));
    assert_shows(store->engine, "c", 5);
    must(engine_delete(store->engine, "c", fresh()));
    assert_int_equal(submit_content(store->engine, "d", "same"), ONCE_NEW);
}

/* --- at once ------------------------------------------------------------------------------- */

static void who_comes_during_the_training_waits_and_ends_with_it(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    listen_to(engine);
    assert_int_equal(submit_content(engine, "a", "same"), ONCE_NEW);
    assert_int_equal(submit_content(engine, "b", "same"), ONCE_SHARED);
    struct engine_claim first = claim(engine, "a", 0), second = claim(engine, "a", 1);
    assert_int_equal(submit_content(engine, "c", "same"), ONCE_SHARED);
    must(finish(engine, &first, 1, 5, RUN_DONE));
    assert_int_equal(find(engine, "b").n_in_state[RUN_QUEUED], 2);
    assert_int_equal(n_to_train(engine), 0);
    assert_int_equal(told.n, 0);
    must(finish(engine, &second, 1, 5, RUN_DONE));
    assert_int_equal(told.n, 2);
    assert_told(0, "b", 0);
    assert_told(1, "c", 0);
    assert_int_equal(find(engine, "b").n_in_state[RUN_QUEUED], 0);
    assert_shows(engine, "b", 5);
    assert_shows(engine, "c", 5);
    assert_source(engine, "c", "a");
    must(engine_delete(engine, "a", fresh()));
    assert_shows(engine, "b", 5);
}

/* How the one that is trained may come to nothing. */
static void lose_by_cancel(struct engine *engine)
{
    int n;
    must(engine_cancel(engine, "a", &n, fresh()));
    assert_int_equal(n, 2);
}

static void lose_by_delete(struct engine *engine)
{
    must(engine_delete(engine, "a", fresh()));
}

static void lose_by_failure(struct engine *engine)
{
    struct engine_claim taken = claim(engine, "a", 0);
    must(finish(engine, &taken, 1, 1, RUN_FAILED));
}

static void the_oldest_that_waits_is_trained_when_the_other_is_lost(void **state)
{
    struct store *store = *state;
    void (*const losses[])(struct engine *) = {lose_by_cancel, lose_by_delete, lose_by_failure};
    for (int i = 0; i < 3; i++) {
        struct engine *engine = store->engine;
        const char *const content = (const char *const[]){"x", "y", "z"}[i];
        listen_to(engine);
        assert_int_equal(submit_content(engine, "a", content), ONCE_NEW);
        assert_int_equal(submit_content(engine, "b", content), ONCE_SHARED);
        assert_int_equal(submit_content(engine, "c", content), ONCE_SHARED);
        losses[i](engine);
        assert_int_equal(told.n, 1);
        assert_told(0, "b", 2);
        assert_source(engine, "b", "");
        assert_source(engine, "c", "b");
        assert_int_equal(submit_content(engine, "d", content), ONCE_SHARED);
        assert_source(engine, "d", "b");
        store_reopen(store);
        engine = store->engine;
        listen_to(engine);
        train(engine, "b", 4, RUN_DONE);
        assert_int_equal(told.n, 2);
        assert_shows(engine, "c", 4);
        assert_shows(engine, "d", 4);
        for (const char *const *id = (const char *const[]){"b", "c", "d", NULL}; *id != NULL; id++)
            must(engine_delete(engine, *id, fresh()));
        if (i != 1)
            must(engine_delete(engine, "a", fresh()));
    }
}

static void who_waits_may_be_cancelled_or_deleted_alone(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    int n;
    listen_to(engine);
    assert_int_equal(submit_content(engine, "a", "same"), ONCE_NEW);
    assert_int_equal(submit_content(engine, "b", "same"), ONCE_SHARED);
    assert_int_equal(submit_content(engine, "c", "same"), ONCE_SHARED);
    must(engine_cancel(engine, "b", &n, fresh()));
    assert_int_equal(n, 2);
    assert_source(engine, "b", "");
    must(engine_delete(engine, "c", fresh()));
    assert_int_equal(told.n, 0);
    train(engine, "a", 3, RUN_DONE);
    assert_int_equal(told.n, 0);
    assert_int_equal(state_of(engine, "b", 1), RUN_CANCELLED);
    assert_int_equal(epoch_of(engine, "b", 1), 0);
    assert_shows(engine, "a", 3);
}

static void a_restart_goes_on_with_who_is_trained_alone(void **state)
{
    struct store *store = *state;
    assert_int_equal(submit_content(store->engine, "a", "same"), ONCE_NEW);
    assert_int_equal(submit_content(store->engine, "b", "same"), ONCE_SHARED);
    claim(store->engine, "a", 0);
    store_reopen(store);
    assert_int_equal(n_to_train(store->engine), 2);
    assert_source(store->engine, "b", "a");
    struct engine_claim first = claim(store->engine, "a", 0), second = claim(store->engine, "a", 1);
    must(finish(store->engine, &first, 1, 5, RUN_DONE));
    must(finish(store->engine, &second, 1, 5, RUN_DONE));
    struct engine_experiment found = find(store->engine, "b");
    assert_int_equal(found.n_in_state[RUN_DONE], 2);
}

int main(void)
{
    const struct CMUnitTest share[] = {
        STORE_TEST(what_was_trained_is_shown_at_once),
        STORE_TEST(other_content_and_none_are_trained),
        STORE_TEST(what_did_not_end_well_is_no_source),
        STORE_TEST(nobody_trains_what_is_shown),
        STORE_TEST(results_stay_until_the_last_that_shows_them_is_deleted),
        STORE_TEST(who_comes_during_the_training_waits_and_ends_with_it),
        STORE_TEST(the_oldest_that_waits_is_trained_when_the_other_is_lost),
        STORE_TEST(who_waits_may_be_cancelled_or_deleted_alone),
        STORE_TEST(a_restart_goes_on_with_who_is_trained_alone),
    };
    return run_on_every_engine(share);
}
