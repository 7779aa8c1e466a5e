/* Explanations: stored once a run has ended, the deeper one stays, and what has none is found. */
#include "tests/server/engine_fixture.h"

static int explain(struct engine *engine, const char *id, int run, enum engine_depth depth,
                   const char *text)
{
    const struct engine_explanation explanation = {depth, "its headline", text};
    return engine_explain(engine, id, run, &explanation, fresh());
}

static void assert_explained(struct engine *engine, const char *id, int run,
                             enum engine_depth depth, const char *expected)
{
    enum engine_depth found;
    char *text;
    must(engine_read_explanation(engine, id, run, &found, &text, fresh()));
    assert_int_equal(found, depth);
    if (expected == NULL)
        assert_null(text);
    else
        assert_string_equal(text, expected);
    free(text);
    struct engine_run record;
    must(engine_find_run(engine, id, run, &record, fresh()));
    assert_int_equal(record.explained, depth);
    assert_string_equal(record.headline, expected == NULL ? "" : "its headline");
    engine_run_clear(&record);
}

static void assert_next(struct engine *engine, enum engine_depth depth, const char *id, int run)
{
    char found[ENGINE_ID_BYTES] = "";
    int found_run;
    must(engine_find_unexplained(engine, depth, found, &found_run, fresh()));
    assert_int_equal(found_run, run);
    assert_string_equal(found, id);
}

static void end_run(struct engine *engine, const char *id, int run, enum run_state state)
{
    struct engine_claim taken = claim(engine, id, run);
    must(finish(engine, &taken, 1, 3, state));
}

static void only_a_run_that_has_ended_is_explained(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "a", 2);
    assert_int_equal(explain(engine, "a", 0, ENGINE_END_EXPLAINED, "early"), -1);
    assert_int_equal(last_error.kind, ERROR_CONFLICT);
    struct engine_claim taken = claim(engine, "a", 0);
    assert_int_equal(explain(engine, "a", 0, ENGINE_END_EXPLAINED, "early"), -1);
    assert_int_equal(last_error.kind, ERROR_CONFLICT);
    assert_explained(engine, "a", 0, ENGINE_NOT_EXPLAINED, NULL);
    must(finish(engine, &taken, 1, 3, RUN_DONE));
    must(explain(engine, "a", 0, ENGINE_END_EXPLAINED, "{\"text\": \"\xc3\xa4\"}"));
    assert_explained(engine, "a", 0, ENGINE_END_EXPLAINED, "{\"text\": \"\xc3\xa4\"}");
    assert_int_equal(explain(engine, "a", 2, ENGINE_END_EXPLAINED, "no run"), -1);
    assert_int_equal(last_error.kind, ERROR_NOT_FOUND);
}

static void the_deeper_explanation_stays_also_after_a_restart(void **state)
{
    struct store *store = *state;
    submit(store->engine, "a", 1);
    end_run(store->engine, "a", 0, RUN_DIVERGED);
    must(explain(store->engine, "a", 0, ENGINE_END_EXPLAINED, "end"));
    must(explain(store->engine, "a", 0, ENGINE_FULLY_EXPLAINED, "full"));
    must(explain(store->engine, "a", 0, ENGINE_END_EXPLAINED, "end again"));
    store_reopen(store);
    assert_explained(store->engine, "a", 0, ENGINE_FULLY_EXPLAINED, "full");
}

static void what_is_left_comes_first_runs_first_and_newest_first(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    assert_next(engine, ENGINE_NOT_EXPLAINED, "", -1);
    submit(engine, "a", 2);
    submit(engine, "b", 2);
    submit(engine, "c", 1);
    submit(engine, "d", 1);
    end_run(engine, "a", 0, RUN_DONE);
    end_run(engine, "a", 1, RUN_DONE);
    end_run(engine, "b", 0, RUN_DIVERGED);
    end_run(engine, "b", 1, RUN_DONE);
    end_run(engine, "c", 0, RUN_FAILED); /* nothing is known of it */
    static const struct { const char *id; int run; } order[] = {{"b", 0}, {"a", 0}, {"b", 1},
                                                                {"a", 1}};
    for (int i = 0; i < 4; i++) {
        assert_next(engine, ENGINE_NOT_EXPLAINED, order[i].id, order[i].run);
        must(explain(engine, order[i].id, order[i].run, ENGINE_END_EXPLAINED, "end"));
    }
    assert_next(engine, ENGINE_NOT_EXPLAINED, "", -1);
    assert_next(engine, ENGINE_END_EXPLAINED, "b", 0);
    must(explain(engine, "b", 0, ENGINE_FULLY_EXPLAINED, "full"));
    assert_next(engine, ENGINE_END_EXPLAINED, "a", 0);
    int n;
    must(engine_cancel(engine, "d", &n, fresh()));
    assert_next(engine, ENGINE_NOT_EXPLAINED, "d", 0);
}

static void submit_shared(struct engine *engine, const char *id, enum engine_once expected)
{
    const char *const overrides[] = {"{}"};
    const unsigned char content[ENGINE_DIGEST_BYTES] = {7};
    struct engine_submission new = {id, "", "{}", 1000, overrides, 1, content, NULL, 0};
    assert_int_equal(engine_submit_once(engine, &new, NULL, NULL, fresh()), expected);
}

static void whoever_shows_the_results_shows_their_explanation(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit_shared(engine, "source", ONCE_NEW);
    end_run(engine, "source", 0, RUN_DONE);
    must(explain(engine, "source", 0, ENGINE_END_EXPLAINED, "end"));
    submit_shared(engine, "other", ONCE_SHARED);
    assert_explained(engine, "other", 0, ENGINE_END_EXPLAINED, "end");
    must(engine_delete(engine, "source", fresh()));
    assert_next(engine, ENGINE_END_EXPLAINED, "other", 0);
    must(explain(engine, "other", 0, ENGINE_FULLY_EXPLAINED, "full"));
    assert_explained(engine, "other", 0, ENGINE_FULLY_EXPLAINED, "full");
}

static void of_a_deleted_experiment_nothing_is_stored(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "a", 1);
    end_run(engine, "a", 0, RUN_DONE);
    must(explain(engine, "a", 0, ENGINE_END_EXPLAINED, "end"));
    must(engine_delete(engine, "a", fresh()));
    assert_int_equal(explain(engine, "a", 0, ENGINE_FULLY_EXPLAINED, "late"), -1);
    assert_int_equal(last_error.kind, ERROR_NOT_FOUND);
    assert_next(engine, ENGINE_END_EXPLAINED, "", -1);
}

/* --- verdicts in the log -------------------------------------------------------------------- */

struct told {
    int n, n_verdicts;
    char text[64];
    int64_t epoch;
    int is_last_a_state;
};

static int take(void *context, const struct engine_entry *entry)
{
    struct told *told = context;
    told->n++;
    told->is_last_a_state = entry->is_state;
    if (entry->verdict == NULL)
        return 0;
    told->n_verdicts++;
    told->epoch = entry->first;
    assert_true(!entry->is_state && entry->n == 0 && entry->n_buckets == 0);
    snprintf(told->text, sizeof told->text, "%s", entry->verdict);
    return 0;
}

static enum engine_result hand_over(struct engine *engine, const struct engine_claim *taken,
                                    enum run_state state, const char *verdict)
{
    static const double losses[] = {3, 2, 1};
    static const int64_t checkpoint = 3;
    struct engine_handover handover = {
        .claim = taken,
        .chunk = {.first = epoch_of(engine, taken->id, taken->run) + 1, .n = 3, .records = losses,
                  .checkpoint = &checkpoint, .checkpoint_bytes = sizeof checkpoint},
        .state = state, .message = "", .diverged_sample = -1, .verdict = verdict};
    return engine_hand_over(engine, &handover, 1, fresh()) == 0 ? handover.result : ENGINE_ERROR;
}

static void a_verdict_is_an_entry_between_the_epochs_and_the_end(void **state)
{
    struct store *store = *state;
    struct told told = {0};
    submit(store->engine, "a", 1);
    struct engine_claim taken = claim(store->engine, "a", 0);
    must(hand_over(store->engine, &taken, RUN_RUNNING, "first"));
    must(hand_over(store->engine, &taken, RUN_DONE, "{\"second\": 1}"));
    store_reopen(store);
    must(engine_read_log(store->engine, "a", 0, take, &told, fresh()));
    assert_int_equal(told.n, 6); /* running, epochs, verdict, epochs, verdict, done */
    assert_int_equal(told.n_verdicts, 2);
    assert_string_equal(told.text, "{\"second\": 1}");
    assert_int_equal(told.epoch, 6);
    assert_true(told.is_last_a_state);
}

static void a_verdict_that_is_too_long_is_refused_with_its_epochs(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    char text[ENGINE_VERDICT_BYTES_MAX + 1];
    memset(text, 'x', sizeof text);
    text[ENGINE_VERDICT_BYTES_MAX] = '\0';
    submit(engine, "a", 1);
    struct engine_claim taken = claim(engine, "a", 0);
    assert_int_equal(hand_over(engine, &taken, RUN_RUNNING, text), ENGINE_ERROR);
    assert_int_equal(last_error.kind, ERROR_INVALID);
    assert_int_equal(epoch_of(engine, "a", 0), 0);
    text[ENGINE_VERDICT_BYTES_MAX - 1] = '\0';
    must(hand_over(engine, &taken, RUN_RUNNING, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(only_a_run_that_has_ended_is_explained),
        STORE_TEST(the_deeper_explanation_stays_also_after_a_restart),
        STORE_TEST(what_is_left_comes_first_runs_first_and_newest_first),
        STORE_TEST(whoever_shows_the_results_shows_their_explanation),
        STORE_TEST(of_a_deleted_experiment_nothing_is_stored),
        STORE_TEST(a_verdict_is_an_entry_between_the_epochs_and_the_end),
        STORE_TEST(a_verdict_that_is_too_long_is_refused_with_its_epochs),
    };
    return run_on_every_engine(tests);
}
