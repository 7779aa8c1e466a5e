/* Replays: what is kept is read, the rest is trained again, and what would take too long is refused
 * before it has. */
#include "tests/server/engine_fixture.h"

#include "server/base/clock.h"
#include "server/base/json.h"
#include "server/lab/replay.h"
#include "server/spec/plan.h"

static const char text[] =
    "{\"dataset\":{\"kind\":\"linear\",\"samples\":500},\"network\":{\"layers\":[{\"units\":8},"
    "{\"units\":1}]},\"training\":{\"epochs\":1000000000}}";
static const int64_t FAR_AWAY = 1000000000;

static int never_stops(void *context)
{
    (void)context;
    return 0;
}

/* A submitted run of FAR_AWAY epochs that nobody has begun. */
struct source {
    struct study study;
    struct replay_wish wish;
};

static void source_init(struct source *source, struct engine *engine)
{
    struct faults faults = {0};
    json_t *json = json_read(text, sizeof text - 1, NULL);
    *source = (struct source){.study = {.id = "abc", .spec = spec_parse(json, &faults)}};
    json_decref(json);
    assert_non_null(source->study.spec);
    submit(engine, source->study.id, 1);
    source->wish =
        (struct replay_wish){.engine = engine, .study = &source->study, .stop = never_stops};
}

static void assert_told(const char *part)
{
    if (strstr(last_error.text, part) == NULL)
        fail_msg("\"%s\" does not tell \"%s\"", last_error.text, part);
}

static void what_is_kept_is_read_and_not_trained(void **state)
{
    struct store *store = *state;
    struct source source;
    double losses[3];
    source_init(&source, store->engine);
    struct engine_claim taken = claim(store->engine, source.study.id, 0);
    must(append(store->engine, &taken, 1, 5));
    must(replay_records(&source.wish, LOSS_ALONE, 2, 4, losses, fresh()));
    for (int i = 0; i < 3; i++) /* numbers that no training comes to */
        assert_same_bits(losses[i], loss_of(0, 2 + i));
    spec_destroy(source.study.spec);
}

static void what_is_not_kept_is_trained(void **state)
{
    struct store *store = *state;
    struct source source;
    double losses[20], again[10];
    source_init(&source, store->engine);
    must(replay_records(&source.wish, LOSS_ALONE, 1, 20, losses, fresh()));
    must(replay_records(&source.wish, LOSS_ALONE, 11, 20, again, fresh()));
    assert_memory_equal(losses + 10, again, sizeof again);
    assert_true(losses[19] < losses[0]);
    spec_destroy(source.study.spec);
}

static void a_hopeless_replay_is_refused_with_its_cost_before_its_time_is_over(void **state)
{
    struct store *store = *state;
    struct source source;
    struct run_plan plan;
    double *parameters;
    int64_t end_ns = clock_monotonic_ns() + REPLAY_MS * 1000000LL;
    source_init(&source, store->engine);
    must_fail(replay_parameters(&source.wish, FAR_AWAY, &plan, &parameters, fresh()),
              ERROR_TOO_LARGE);
    assert_true(clock_monotonic_ns() < end_ns);
    assert_told("the 1000000000 epochs of 500 samples since epoch 0 again would take about ");
    assert_told(" s, and 10 s are allowed");
    must(replay_parameters(&source.wish, 3, &plan, &parameters, fresh())); /* the place is free */
    free(parameters);
    run_plan_clear(&plan);
    spec_destroy(source.study.spec);
}

/* So long that its pace is measured, and by itself no trouble: with an hour to do it in, also under
 * a sanitizer on a slow machine. */
static void a_replay_counts_those_that_its_answer_needs_after_it(void **state)
{
    struct store *store = *state;
    struct source source;
    const int64_t path[] = {1, 20000};
    size_t n_parameters = 8 * 2 + 9;
    double *points = calloc(2 * n_parameters, sizeof *points);
    assert_non_null(points);
    source_init(&source, store->engine);
    source.wish.until_ns = clock_monotonic_ns() + 3600 * 1000000000LL;
    must(replay_path(&source.wish, path, 2, points, fresh()));
    source.wish.until_ns = 0;
    source.wish.n_samples_after = FAR_AWAY * 500;
    must_fail(replay_path(&source.wish, path, 2, points, fresh()), ERROR_TOO_LARGE);
    assert_told(", and those of other runs, again");
    source.wish.n_samples_after = 0;
    source.wish.until_ns = clock_monotonic_ns() - 1;
    must_fail(replay_path(&source.wish, path, 2, points, fresh()), ERROR_TOO_LARGE);
    free(points);
    spec_destroy(source.study.spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_is_kept_is_read_and_not_trained),
        STORE_TEST(what_is_not_kept_is_trained),
        STORE_TEST(a_hopeless_replay_is_refused_with_its_cost_before_its_time_is_over),
        STORE_TEST(a_replay_counts_those_that_its_answer_needs_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
