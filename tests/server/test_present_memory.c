/* Answers when memory runs out: at every single allocation they are whole or an error. */
#include "tests/server/failing_allocations.h"

#include "server/api/present.h"
#include "server/lab/uploads.h"
#include "server/spec/spec.h"
#include "tests/server/engine_fixture.h"

static const char text[] =
    "{\"dataset\":{\"kind\":\"table\",\"rows\":[[1,2,0],[3,4,1],[5,7,1],[2,2,0]],\"split\":"
    "{\"train\":0.5,\"test\":0.5},\"standardize\":true,\"standardize_target\":true},"
    "\"predict\":[[1,2],[3,4]],\"training\":{\"epochs\":2},"
    "\"sweep\":{\"/training/optimizer/learning_rate\":[0.1,0.2]}}";

/* An experiment of two runs: one diverged before its first epoch, one was cancelled. */
struct shown {
    struct engine *engine;
    struct study study;
    int run;
    json_t *whole; /* what it looks like with memory enough */
};

static void shown_init(struct shown *shown, struct engine *engine)
{
    static const char id[] = "abc";
    struct faults faults = {0};
    json_t *json = json_read(text, sizeof text - 1, NULL);
    *shown = (struct shown){.engine = engine, .study = {.spec = spec_parse(json, &faults)}};
    json_decref(json);
    assert_non_null(shown->study.spec);
    memcpy(shown->study.id, id, sizeof id);
    submit(engine, id, 2);
    struct engine_claim taken = claim(engine, id, 0);
    const struct engine_chunk none = {.first = 1};
    int n_cancelled;
    must(engine_finish(engine, &taken, &none, RUN_DIVERGED, "too far", 1, 0, fresh()));
    must(engine_cancel(engine, id, &n_cancelled, fresh()));
    assert_int_equal(n_cancelled, 1);
}

static void shown_clear(struct shown *shown)
{
    json_decref(shown->whole);
    spec_destroy(shown->study.spec);
}

/* Whether an answer is missing, for memory; one that is there must be whole. */
static int is_missing(const struct shown *shown, json_t *json, const struct error *error)
{
    int failed = json == NULL;
    if (failed && error->kind != ERROR_MEMORY)
        fail_msg("no answer and error %d: %s", error->kind, error->text);
    if (!failed && !json_equal(json, shown->whole))
        fail_msg("a shortened answer: %s", json_dumps(json, 0));
    json_decref(json);
    return failed;
}

static int show_experiment(void *context)
{
    struct shown *shown = context;
    struct error error = ERROR_INIT;
    return is_missing(shown, present_experiment(shown->engine, &shown->study, &error), &error);
}

static int show_run(void *context)
{
    struct shown *shown = context;
    struct error error = ERROR_INIT;
    return is_missing(shown, present_run(shown->engine, &shown->study, shown->run, &error), &error);
}

static void an_experiment_is_whole_or_an_error(void **state)
{
    struct store *store = *state;
    struct shown shown;
    shown_init(&shown, store->engine);
    shown.whole = present_experiment(store->engine, &shown.study, fresh());
    assert_non_null(json_at(shown.whole, "/runs/1/predictions/1/0"));
    assert_non_null(json_at(shown.whole, "/runs/1/named/bias3"));
    assert_true(fail_each(show_experiment, &shown) > 100);
    shown_clear(&shown);
}

static void a_run_is_whole_or_an_error(void **state)
{
    struct store *store = *state;
    struct shown shown;
    shown_init(&shown, store->engine);
    for (shown.run = 0; shown.run < 2; shown.run++) {
        json_decref(shown.whole);
        shown.whole = present_run(store->engine, &shown.study, shown.run, fresh());
        assert_non_null(json_at(shown.whole, "/parameters/weights/1/0/1"));
        assert_non_null(json_at(shown.whole, "/metrics/test/r2_by_output"));
        assert_int_equal(json_at(shown.whole, "/diverged/epoch") != NULL, shown.run == 0);
        assert_true(fail_each(show_run, &shown) > 100);
    }
    shown_clear(&shown);
}

static int list_uploads(void *context)
{
    struct shown *shown = context;
    struct error error = ERROR_INIT;
    int64_t cursor;
    json_t *json = uploads_list(shown->engine, 0, 10, &cursor, &error);
    int failed = json == NULL;
    if (!failed && !json_equal(json, shown->whole))
        fail_msg("a shortened answer: %s", json_dumps(json, 0));
    json_decref(json);
    return failed;
}

static void the_list_of_files_is_whole_or_an_error(void **state)
{
    struct store *store = *state;
    char id[UPLOADS_ID_BYTES];
    int is_new;
    must(uploads_add(store->engine, "a,b\n1,2\n", 8, id, &is_new, fresh()));
    must(uploads_add(store->engine, "a,c\n1,x\n", 8, id, &is_new, fresh()));
    int64_t cursor;
    struct shown shown = {.engine = store->engine,
                          .whole = uploads_list(store->engine, 0, 10, &cursor, fresh())};
    assert_int_equal(json_array_size(shown.whole), 2);
    assert_string_equal(json_string_value(json_at(shown.whole, "/0/columns/1/type")), "text");
    assert_true(fail_each(list_uploads, &shown) > 30);
    json_decref(shown.whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_experiment_is_whole_or_an_error),
        STORE_TEST(a_run_is_whole_or_an_error),
        STORE_TEST(the_list_of_files_is_whole_or_an_error),
    };
    json_allocate_with(json_allocate, json_release);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
