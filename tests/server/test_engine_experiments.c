/* Experiments in the engine: stored, found, listed, renamed, cancelled, deleted. */
#include "tests/server/engine_fixture.h"

/* --- submit and find ----------------------------------------------------------------------- */

static void remembers_an_experiment_as_submitted(void **state)
{
    struct store *store = *state;
    const char *overrides[] = {"{\"/a\":1}", "{\"/a\":2}", "{\"/a\":3}"};
    must(engine_submit(store->engine, "e-1", "Lernrate \xc3\xbc", "{\"epochs\":7}", 1700000000123,
                       overrides, 3, fresh()));
    for (int again = 0; again < 2; again++) {
        struct engine_experiment found;
        must(engine_find(store->engine, "e-1", &found, fresh()));
        assert_string_equal(found.id, "e-1");
        assert_string_equal(found.name, "Lernrate \xc3\xbc");
        assert_string_equal(found.spec, "{\"epochs\":7}");
        assert_int_equal(found.created_ms, 1700000000123);
        assert_int_equal(found.n_runs, 3);
        for (int s = 0; s < RUN_STATES; s++)
            assert_int_equal(found.n_in_state[s], s == RUN_QUEUED ? 3 : 0);
        engine_experiment_clear(&found);
        store_reopen(store);
    }
}

static void remembers_a_new_run_as_queued_and_without_losses(void **state)
{
    struct store *store = *state;
    const char *overrides[] = {"{\"/a\":1}", "{\"/a\":2}"};
    must(engine_submit(store->engine, "e", "", "{}", 1, overrides, 2, fresh()));
    struct engine_run run;
    must(engine_find_run(store->engine, "e", 1, &run, fresh()));
    assert_int_equal(run.run, 1);
    assert_int_equal(run.state, RUN_QUEUED);
    assert_string_equal(run.overrides, "{\"/a\":2}");
    assert_string_equal(run.message, "");
    assert_int_equal(run.epoch, 0);
    assert_true(isnan(run.loss) && isnan(run.first_loss) && isnan(run.best_loss));
    assert_int_equal(run.best_epoch, 0);
    assert_int_equal(run.diverged_epoch, 0);
    assert_int_equal(run.diverged_sample, -1);
    assert_int_equal(run.diverged_position, -1);
    assert_int_equal(run.started_ms, 0);
    assert_int_equal(run.ended_ms, 0);
    engine_run_clear(&run);
}

static void keeps_a_long_spec_whole(void **state)
{
    struct store *store = *state;
    size_t n = 3000000;
    char *spec = malloc(n + 1);
    for (size_t i = 0; i < n; i++)
        spec[i] = (char)('a' + i % 23);
    spec[n] = '\0';
    const char *overrides[] = {"{}"};
    must(engine_submit(store->engine, "e", "", spec, 1, overrides, 1, fresh()));
    struct engine_experiment found;
    must(engine_find(store->engine, "e", &found, fresh()));
    assert_string_equal(found.spec, spec);
    engine_experiment_clear(&found);
    free(spec);
}

static void refuses_an_id_twice(void **state)
{
    struct store *store = *state;
    const char *overrides[] = {"{}", "{}"};
    submit(store->engine, "e", 1);
    must_fail(engine_submit(store->engine, "e", "other", "{}", 1, overrides, 2, fresh()),
              ERROR_CONFLICT);
    struct engine_experiment found;
    must(engine_find(store->engine, "e", &found, fresh()));
    assert_string_equal(found.name, "a name");
    assert_int_equal(found.n_runs, 1);
    engine_experiment_clear(&found);
}

static void takes_ids_of_1_to_23_bytes(void **state)
{
    struct store *store = *state;
    const char *overrides[] = {"{}"};
    submit(store->engine, "12345678901234567890123", 1);
    assert_int_equal(state_of(store->engine, "12345678901234567890123", 0), RUN_QUEUED);
    must_fail(engine_submit(store->engine, "123456789012345678901234", "", "{}", 1, overrides, 1,
                            fresh()),
              ERROR_INVALID);
    must_fail(engine_submit(store->engine, "", "", "{}", 1, overrides, 1, fresh()), ERROR_INVALID);
}

static void refuses_an_experiment_without_runs(void **state)
{
    struct store *store = *state;
    must_fail(engine_submit(store->engine, "e", "", "{}", 1, NULL, 0, fresh()), ERROR_INVALID);
}

static int never(void *context, const struct engine_run *run)
{
    (void)context;
    (void)run;
    fail_msg("called for nothing");
    return 0;
}

static int never_entry(void *context, const struct engine_entry *entry)
{
    (void)context;
    (void)entry;
    fail_msg("called for nothing");
    return 0;
}

static void says_which_experiment_is_missing(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_experiment experiment;
    struct engine_run run;
    void *bytes;
    size_t n;
    int64_t number;
    double loss;
    int count;
    must_fail(engine_find(engine, "nope", &experiment, fresh()), ERROR_NOT_FOUND);
    assert_non_null(strstr(last_error.text, "nope"));
    must_fail(engine_find_run(engine, "nope", 0, &run, fresh()), ERROR_NOT_FOUND);
    must_fail(engine_each_run(engine, "nope", 0, 9, never, NULL, fresh()), ERROR_NOT_FOUND);
    must_fail(engine_rename(engine, "nope", "x", fresh()), ERROR_NOT_FOUND);
    must_fail(engine_delete(engine, "nope", fresh()), ERROR_NOT_FOUND);
    must_fail(engine_cancel(engine, "nope", &count, fresh()), ERROR_NOT_FOUND);
    must_fail(engine_checkpoint(engine, "nope", 0, &bytes, &n, &number, fresh()), ERROR_NOT_FOUND);
    must_fail(read_losses(engine, "nope", 0, 1, 1, &loss, &n, fresh()), ERROR_NOT_FOUND);
    must_fail(engine_read_log(engine, "nope", 0, never_entry, NULL, fresh()), ERROR_NOT_FOUND);
    must_fail(engine_last_sequence(engine, "nope", &number, fresh()), ERROR_NOT_FOUND);
}

static void says_which_run_is_missing(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 2);
    struct engine_run run;
    void *bytes;
    size_t n;
    int64_t epoch;
    double loss;
    must_fail(engine_find_run(engine, "e", 2, &run, fresh()), ERROR_NOT_FOUND);
    assert_non_null(strstr(last_error.text, "no run 2"));
    must_fail(engine_find_run(engine, "e", -1, &run, fresh()), ERROR_NOT_FOUND);
    must_fail(engine_checkpoint(engine, "e", 2, &bytes, &n, &epoch, fresh()), ERROR_NOT_FOUND);
    must_fail(read_losses(engine, "e", 2, 1, 1, &loss, &n, fresh()), ERROR_NOT_FOUND);
}

/* --- lists --------------------------------------------------------------------------------- */

/* What a callback saw, in words. */
struct seen {
    char text[400];
    int stop_at; /* the call that stops, counted from 1; 0: none */
    int n;
};

static int see(struct seen *seen, const char *word)
{
    size_t used = strlen(seen->text);
    snprintf(seen->text + used, sizeof seen->text - used, "%s ", word);
    return ++seen->n == seen->stop_at;
}

static int see_experiment(void *context, const struct engine_experiment *experiment)
{
    assert_null(experiment->spec);
    assert_string_equal(experiment->name, "a name");
    assert_int_equal(experiment->n_in_state[RUN_QUEUED], experiment->n_runs);
    return see(context, experiment->id);
}

static void totals_count_what_is_stored_and_what_was_committed(void **state)
{
    struct store *store = *state;
    struct engine_totals totals;
    must(engine_totals(store->engine, &totals, fresh()));
    int64_t n_commits = totals.n_commits;
    assert_int_equal(totals.n_experiments, 0);
    submit(store->engine, "a", 3);
    submit(store->engine, "b", 2);
    struct engine_claim done = claim(store->engine, "a", 0), running = claim(store->engine, "a", 1);
    must(append(store->engine, &done, 1, 7));
    must(finish(store->engine, &done, 8, 3, RUN_DONE));
    must(append(store->engine, &running, 1, 5));
    must_fail(append(store->engine, &running, 9, 5), ERROR_INVALID);
    must_be_fenced(append(store->engine, &done, 11, 5));
    must(engine_totals(store->engine, &totals, fresh()));
    assert_int_equal(totals.n_experiments, 2);
    for (int s = 0; s < RUN_STATES; s++)
        assert_int_equal(totals.n_in_state[s],
                         s == RUN_QUEUED ? 3 : s == RUN_RUNNING || s == RUN_DONE ? 1 : 0);
    assert_int_equal(totals.n_epochs, 15);
    assert_int_equal(totals.n_commits - n_commits, 7);
    store_reopen(store);
    must(engine_totals(store->engine, &totals, fresh()));
    assert_int_equal(totals.n_in_state[RUN_QUEUED], 4);
    assert_int_equal(totals.n_epochs, 0);
}

static void a_check_commits_and_changes_nothing(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_totals before, after;
    submit(engine, "e", 1);
    must(engine_totals(engine, &before, fresh()));
    must(engine_check(engine, fresh()));
    must(engine_totals(engine, &after, fresh()));
    assert_int_equal(after.n_commits, before.n_commits + 1);
    assert_int_equal(after.n_experiments, 1);
    assert_int_equal(state_of(engine, "e", 0), RUN_QUEUED);
}

static void lists_newest_first_by_pages(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    const char *const ids[] = {"one", "two", "three", "four", "five"};
    for (int i = 0; i < 5; i++)
        submit(engine, ids[i], i + 1);
    struct seen seen = {0};
    int64_t cursor = 0;
    must(engine_list(engine, cursor, 2, see_experiment, &seen, &cursor, fresh()));
    assert_string_equal(seen.text, "five four ");
    assert_int_not_equal(cursor, 0);
    submit(engine, "six", 1);
    must(engine_delete(engine, "four", fresh()));
    must(engine_list(engine, cursor, 2, see_experiment, &seen, &cursor, fresh()));
    assert_string_equal(seen.text, "five four three two ");
    must(engine_list(engine, cursor, 2, see_experiment, &seen, &cursor, fresh()));
    assert_string_equal(seen.text, "five four three two one ");
    assert_int_equal(cursor, 0);
}

static void lists_nothing_of_an_empty_store(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct seen seen = {0};
    int64_t cursor = 77;
    must(engine_list(engine, 0, 10, see_experiment, &seen, &cursor, fresh()));
    assert_int_equal(cursor, 0);
    assert_int_equal(seen.n, 0);
}

static void a_page_that_is_just_full_is_the_last(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "one", 1);
    submit(engine, "two", 1);
    struct seen seen = {0};
    int64_t cursor = 0;
    must(engine_list(engine, 0, 2, see_experiment, &seen, &cursor, fresh()));
    assert_string_equal(seen.text, "two one ");
    assert_int_equal(cursor, 0);
}

static void a_list_that_was_stopped_goes_on_behind(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "one", 1);
    submit(engine, "two", 1);
    submit(engine, "three", 1);
    struct seen seen = {.stop_at = 2};
    int64_t cursor = 0;
    must(engine_list(engine, 0, 10, see_experiment, &seen, &cursor, fresh()));
    assert_string_equal(seen.text, "three two ");
    must(engine_list(engine, cursor, 10, see_experiment, &seen, &cursor, fresh()));
    assert_string_equal(seen.text, "three two one ");
    assert_int_equal(cursor, 0);
}

static int see_run(void *context, const struct engine_run *run)
{
    char word[32];
    assert_string_equal(run->overrides, "{}");
    assert_string_equal(run->message, "");
    snprintf(word, sizeof word, "%d:%s", run->run, run_state_name(run->state));
    return see(context, word);
}

static void gives_a_range_of_runs_in_order(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "other", 20);
    submit(engine, "e", 12);
    claim(engine, "e", 9);
    struct seen seen = {0};
    must(engine_each_run(engine, "e", 8, 3, see_run, &seen, fresh()));
    assert_string_equal(seen.text, "8:queued 9:running 10:queued ");
    seen = (struct seen){0};
    must(engine_each_run(engine, "e", 10, INT32_MAX, see_run, &seen, fresh()));
    assert_string_equal(seen.text, "10:queued 11:queued ");
    seen = (struct seen){.stop_at = 2};
    must(engine_each_run(engine, "e", 0, 12, see_run, &seen, fresh()));
    assert_string_equal(seen.text, "0:queued 1:queued ");
    must(engine_each_run(engine, "e", 12, 5, never, NULL, fresh()));
}

static int see_queued(void *context, const char *id, int run)
{
    char word[48];
    snprintf(word, sizeof word, "%s:%d", id, run);
    return see(context, word);
}

static void gives_queued_runs_of_the_oldest_experiment_first(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "z", 3);
    submit(engine, "a", 2);
    submit(engine, "m", 1);
    claim(engine, "z", 1);
    struct engine_claim ended = claim(engine, "a", 0);
    must(finish(engine, &ended, 1, 1, RUN_DONE));
    int n;
    must(engine_cancel(engine, "m", &n, fresh()));
    struct seen seen = {0};
    must(engine_each_queued(engine, see_queued, &seen, fresh()));
    assert_string_equal(seen.text, "z:0 z:2 a:1 ");
    seen = (struct seen){.stop_at = 1};
    must(engine_each_queued(engine, see_queued, &seen, fresh()));
    assert_string_equal(seen.text, "z:0 ");
}

/* --- rename, cancel, delete ------------------------------------------------------------------ */

static void renames(void **state)
{
    struct store *store = *state;
    submit(store->engine, "e", 1);
    must(engine_rename(store->engine, "e", "b\xc3\xa4r <b>", fresh()));
    store_reopen(store);
    struct engine_experiment found;
    must(engine_find(store->engine, "e", &found, fresh()));
    assert_string_equal(found.name, "b\xc3\xa4r <b>");
    engine_experiment_clear(&found);
}

static void cancels_what_has_not_ended(void **state)
{
    struct store *store = *state;
    struct engine *engine = store->engine;
    submit(engine, "e", 4);
    submit(engine, "other", 1);
    struct engine_claim done = claim(engine, "e", 0), running = claim(engine, "e", 2);
    must(finish(engine, &done, 1, 3, RUN_DONE));
    must(append(engine, &running, 1, 5));
    int n = -1;
    must(engine_cancel(engine, "e", &n, fresh()));
    assert_int_equal(n, 3);
    store_reopen(store);
    engine = store->engine;
    struct engine_experiment found;
    must(engine_find(engine, "e", &found, fresh()));
    for (int s = 0; s < RUN_STATES; s++)
        assert_int_equal(found.n_in_state[s], s == RUN_DONE ? 1 : s == RUN_CANCELLED ? 3 : 0);
    engine_experiment_clear(&found);
    struct engine_run run;
    must(engine_find_run(engine, "e", 2, &run, fresh()));
    assert_int_equal(run.state, RUN_CANCELLED);
    assert_int_equal(run.epoch, 5);
    assert_true(run.ended_ms >= run.started_ms && run.started_ms > 0);
    engine_run_clear(&run);
    assert_int_equal(state_of(engine, "e", 0), RUN_DONE);
    assert_int_equal(state_of(engine, "other", 0), RUN_QUEUED);
}

static void cancelling_twice_cancels_nothing_more(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 2);
    int n = -1;
    must(engine_cancel(engine, "e", &n, fresh()));
    int64_t before, after;
    must(engine_last_sequence(engine, "e", &before, fresh()));
    must(engine_cancel(engine, "e", &n, fresh()));
    assert_int_equal(n, 0);
    must(engine_last_sequence(engine, "e", &after, fresh()));
    assert_int_equal(after, before);
}

static void deletes_an_experiment_with_all_that_belongs_to_it(void **state)
{
    struct store *store = *state;
    struct engine *engine = store->engine;
    submit(engine, "e", 20);
    submit(engine, "other", 1);
    struct engine_claim other = claim(engine, "other", 0);
    must(append(engine, &other, 1, 10));
    for (int run = 0; run < 20; run++) {
        struct engine_claim taken = claim(engine, "e", run);
        for (int64_t first = 1; first < 100; first += 9)
            must(append(engine, &taken, first, 9));
    }
    must(engine_delete(engine, "e", fresh()));
    struct engine_experiment found;
    must_fail(engine_find(engine, "e", &found, fresh()), ERROR_NOT_FOUND);
    must_fail(engine_delete(engine, "e", fresh()), ERROR_NOT_FOUND);
    assert_int_equal(epoch_of(engine, "other", 0), 10);
    assert_int_equal(checkpoint_of(engine, "other", 0), 10);

    submit(engine, "e", 20);
    int64_t sequence = -1;
    must(engine_last_sequence(engine, "e", &sequence, fresh()));
    assert_int_equal(sequence, 0);
    for (int run = 0; run < 20; run++) {
        assert_int_equal(checkpoint_of(engine, "e", run), 0);
        assert_int_equal(epoch_of(engine, "e", run), 0);
    }
    must(engine_read_log(engine, "e", 0, never_entry, NULL, fresh()));
}

/* --- states -------------------------------------------------------------------------------- */

static void states_have_the_names_of_the_api(void **state)
{
    (void)state;
    const char *const names[] = {"queued", "running", "done", "diverged", "cancelled", "failed"};
    for (int s = 0; s < RUN_STATES; s++) {
        assert_string_equal(run_state_name((enum run_state)s), names[s]);
        assert_int_equal(run_state_find(names[s]), s);
        assert_int_equal(run_state_is_final((enum run_state)s), s >= 2);
    }
    assert_int_equal(run_state_find("Queued"), -1);
    assert_int_equal(run_state_find(""), -1);
}

int main(void)
{
    const struct CMUnitTest experiments[] = {
        STORE_TEST(remembers_an_experiment_as_submitted),
        STORE_TEST(remembers_a_new_run_as_queued_and_without_losses),
        STORE_TEST(keeps_a_long_spec_whole),
        STORE_TEST(refuses_an_id_twice),
        STORE_TEST(takes_ids_of_1_to_23_bytes),
        STORE_TEST(refuses_an_experiment_without_runs),
        STORE_TEST(says_which_experiment_is_missing),
        STORE_TEST(says_which_run_is_missing),
        STORE_TEST(totals_count_what_is_stored_and_what_was_committed),
        STORE_TEST(a_check_commits_and_changes_nothing),
        STORE_TEST(lists_newest_first_by_pages),
        STORE_TEST(lists_nothing_of_an_empty_store),
        STORE_TEST(a_page_that_is_just_full_is_the_last),
        STORE_TEST(a_list_that_was_stopped_goes_on_behind),
        STORE_TEST(gives_a_range_of_runs_in_order),
        STORE_TEST(gives_queued_runs_of_the_oldest_experiment_first),
        STORE_TEST(renames),
        STORE_TEST(cancels_what_has_not_ended),
        STORE_TEST(cancelling_twice_cancels_nothing_more),
        STORE_TEST(deletes_an_experiment_with_all_that_belongs_to_it),
        cmocka_unit_test(states_have_the_names_of_the_api),
    };
    return run_on_every_engine(experiments);
}
