/* Stops: at the epoch a plain rule says, whatever the cuts, the company and the resumes; and rates
 * reduced on a plateau. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/train/checkpoint/restart.h"
#include "tests/core/watched.h"

enum { CASES = 24 };

static const enum series MONITORS[] = {SERIES_LOSS, SERIES_END_LOSS, SERIES_VALIDATION_LOSS};

/* What the rule says of a run that was learnt: where it ends, and why. */
struct verdict {
    int64_t epoch;
    enum stopped stopped;
};

static struct verdict verdict_of(const struct watched *it, int run)
{
    const struct stop *stop = &it->trainings[run].stop;
    double best = INFINITY;
    int64_t since = 0;
    for (int64_t e = 0; e < it->epochs[run]; e++) {
        double value = it->values[run][e][it->base.monitor];
        int is_better = value < best - stop->min_delta;
        best = is_better ? value : best;
        since = is_better ? 0 : since + 1;
        if (stop->has_target && value <= stop->target) {
            return (struct verdict){e + 1, STOPPED_TARGET};
        }
        if (stop->patience > 0 && since >= stop->patience) {
            return (struct verdict){e + 1, STOPPED_PATIENCE};
        }
    }
    return (struct verdict){it->epochs[run], STOPPED_NOT};
}

/* Runs of which most stop somewhere, and some never. is_constant: their rates. */
struct field {
    struct watched it;
    struct verdict verdicts[BLOCK_RUNS_MAX];
    int64_t until[BLOCK_RUNS_MAX]; /* the verdicts' epochs */
};

static void field_init(struct field *field, struct rng *rng, int i, int is_constant)
{
    struct watched *it = &field->it;
    watched_init(it, rng, BLOCK_RUNS_MAX, i % 2 ? ARITHMETIC_EXACT : ARITHMETIC_FAST);
    it->base.monitor = MONITORS[i % 3];
    for (int run = 0; run < it->n_runs; run++) {
        it->trainings[run].monitor = it->base.monitor;
        if (is_constant) { /* rates that do not depend on how many epochs there were */
            it->trainings[run].schedule = (struct schedule){.kind = SCHEDULE_CONSTANT};
        }
    }
    watched_learn(it);
    for (int run = 0; run < it->n_runs; run++) {
        struct stop *stop = &it->trainings[run].stop;
        int64_t somewhere = rng_randint(rng, 0, WATCHED_EPOCHS);
        double there = it->values[run][somewhere][it->base.monitor];
        stop->has_target = run % 4 < 2 && isfinite(there);
        stop->target = stop->has_target ? there : 0;
        stop->patience = run % 4 == 1 || run % 4 == 2 ? rng_randint(rng, 1, 4) : 0;
        stop->min_delta = run % 8 == 2 ? 0.05 : 0;
        field->verdicts[run] = verdict_of(it, run);
        field->until[run] = field->verdicts[run].epoch;
    }
}

/* The run is where the rule says, with the parameters it had there. */
static void check_end(const struct field *field, const struct block *block, int member, int run)
{
    size_t n = network_n_parameters(&field->it.network);
    const struct verdict *verdict = &field->verdicts[run];
    struct block_state state = block_state(block, member);
    int has_stopped = verdict->stopped != STOPPED_NOT;
    assert_int_equal(state.status, has_stopped ? BLOCK_DONE : field->it.ends[run]);
    assert_int_equal(state.stopped, verdict->stopped);
    assert_int_equal(state.epoch, verdict->epoch);
    if (state.status == BLOCK_DONE) {
        double *found = calloc(n, sizeof *found);
        block_parameters(block, member, found);
        assert_same_doubles(found, field->it.parameters[run] + (size_t)(state.epoch - 1) * n, n,
                            "parameters");
        free(found);
    }
}

static void runs_stop_where_the_rule_says(void **state)
{
    (void)state;
    static const int64_t cuts[] = {1, 9, 100, INT64_MAX};
    struct rng rng;
    int n_stopped[STOPPED_COUNT] = {0};
    rng_seed(&rng, 91);
    for (int i = 0; i < CASES; i++) {
        struct field field;
        int n = i % 4 == 0 ? 1 : i % 4 == 1 ? 5 : BLOCK_RUNS_MAX, members[BLOCK_RUNS_MAX];
        field_init(&field, &rng, i, 0);
        for (int first = 0; first < BLOCK_RUNS_MAX; first += n == BLOCK_RUNS_MAX ? 7 : n) {
            for (int k = 0; k < n; k++) {
                members[k] = (first + k) % BLOCK_RUNS_MAX;
            }
            struct block *block = watched_block(&field.it, NULL, members, n);
            watched_train(&field.it, block, members, n, cuts[(i + first) % 4], 0, field.until);
            for (int k = 0; k < n; k++) {
                check_end(&field, block, k, members[k]);
                n_stopped[field.verdicts[members[k]].stopped]++;
            }
            block_destroy(block);
        }
        watched_clear(&field.it);
    }
    assert_true(n_stopped[STOPPED_TARGET] > 50 && n_stopped[STOPPED_PATIENCE] > 50 &&
                n_stopped[STOPPED_NOT] > 50);
}

struct saved {
    void *bytes[BLOCK_RUNS_MAX];
    size_t n_bytes;
};

static void save(const struct block *block, const int *members, int n, struct saved *out)
{
    out->n_bytes = block_checkpoint_bytes(block);
    for (int i = 0; i < n; i++) {
        void **bytes = &out->bytes[members[i]];
        *bytes = realloc(*bytes, out->n_bytes);
        block_save(block, i, *bytes);
    }
}

static struct block *load(const struct watched *it, const int *members, int n,
                          const struct saved *saved)
{
    const void *bytes[BLOCK_RUNS_MAX];
    size_t n_bytes[BLOCK_RUNS_MAX];
    struct block *block = watched_block(it, NULL, members, n);
    struct error error = ERROR_INIT;
    for (int i = 0; i < n; i++) {
        bytes[i] = saved->bytes[members[i]];
        n_bytes[i] = saved->n_bytes;
    }
    if (block_load(block, bytes, n_bytes, &error) != 0) {
        fail_msg("%s", error.text);
    }
    return block;
}

static void saved_clear(struct saved *saved)
{
    for (int i = 0; i < BLOCK_RUNS_MAX; i++) {
        free(saved->bytes[i]);
    }
}

/* Saved after every epoch, and gone on with in two halves of other company. */
static void resumed_runs_stop_at_the_same_epoch(void **state)
{
    (void)state;
    static const int all[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const int halves[2][8] = {{14, 12, 10, 8, 6, 4, 2, 0}, {1, 3, 5, 7, 9, 11, 13, 15}};
    struct rng rng;
    rng_seed(&rng, 92);
    for (int i = 0; i < CASES / 2; i++) {
        struct field field;
        struct saved saved = {.n_bytes = 0}, ends[2] = {{.n_bytes = 0}, {.n_bytes = 0}};
        field_init(&field, &rng, i, 0);
        int n_records = SERIES_COUNT * BLOCK_RUNS_MAX;
        double *records = calloc((size_t)(WATCHED_EPOCHS * n_records), sizeof *records);
        struct block *block = watched_block(&field.it, NULL, all, BLOCK_RUNS_MAX);
        int64_t at = rng_randint(&rng, 1, WATCHED_EPOCHS);
        block_train(block, INT64_MAX, at, records);
        save(block, all, BLOCK_RUNS_MAX, &saved);
        block_train(block, INT64_MAX, INT64_MAX, records);
        save(block, all, BLOCK_RUNS_MAX, &ends[0]);
        block_destroy(block);
        for (int h = 0; h < 2; h++) {
            block = load(&field.it, halves[h], 8, &saved);
            watched_train(&field.it, block, halves[h], 8, 13, at, field.until);
            for (int k = 0; k < 8; k++) {
                check_end(&field, block, k, halves[h][k]);
            }
            save(block, halves[h], 8, &ends[1]);
            block_destroy(block);
        }
        for (int run = 0; run < BLOCK_RUNS_MAX; run++) { /* to the last byte */
            assert_memory_equal(ends[0].bytes[run], ends[1].bytes[run], ends[0].n_bytes);
        }
        saved_clear(&saved);
        saved_clear(&ends[0]);
        saved_clear(&ends[1]);
        free(records);
        watched_clear(&field.it);
    }
}

/* What it remembers where it stopped is all there: its company went on long after. */
static void a_stopped_run_can_be_gone_on_with(void **state)
{
    (void)state;
    struct rng rng;
    int n_gone_on = 0;
    rng_seed(&rng, 93);
    for (int i = 0; i < CASES; i++) {
        static const int all[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        struct field field;
        struct saved saved = {.n_bytes = 0};
        field_init(&field, &rng, i, 1);
        struct block *block = watched_block(&field.it, NULL, all, BLOCK_RUNS_MAX);
        watched_train(&field.it, block, all, BLOCK_RUNS_MAX, INT64_MAX, 0, field.until);
        save(block, all, BLOCK_RUNS_MAX, &saved);
        block_destroy(block);
        for (int run = 0; run < BLOCK_RUNS_MAX; run++) {
            int64_t left = field.it.epochs[run] - field.until[run];
            struct training rest = field.it.trainings[run];
            if (field.verdicts[run].stopped == STOPPED_NOT || left == 0) {
                continue;
            }
            double losses[WATCHED_EPOCHS];
            size_t n_bytes;
            rest.stop = (struct stop){.patience = 0};
            rest.monitor = SERIES_LOSS;
            rest.record = 0;
            void *start = checkpoint_restart(&field.it.network, &rest, field.it.dataset->n_samples,
                                             saved.bytes[run], saved.n_bytes, &n_bytes, NULL);
            assert_non_null(start);
            const struct block_run alone = {&rest, field.it.start};
            block = block_create(&field.it.network, field.it.dataset, &alone, 1, NULL);
            assert_int_equal(block_load(block, (const void *const *)&start, &n_bytes, NULL), 0);
            assert_int_equal(block_train(block, INT64_MAX, left, losses), left);
            for (int64_t e = 0; e < left; e++) {
                assert_same_double(losses[e],
                                   field.it.values[run][field.until[run] + e][SERIES_LOSS], "loss");
            }
            n_gone_on++;
            block_destroy(block);
            free(start);
        }
        saved_clear(&saved);
        watched_clear(&field.it);
    }
    assert_true(n_gone_on > 100);
}

static void a_run_is_stopped_from_outside_at_an_epochs_end(void **state)
{
    (void)state;
    static const int pair[] = {0, 1};
    struct rng rng;
    struct watched it;
    double records[WATCHED_EPOCHS * SERIES_COUNT * 2];
    rng_seed(&rng, 94);
    watched_init(&it, &rng, 2, ARITHMETIC_EXACT);
    watched_learn(&it);
    assert_true(it.ends[0] == BLOCK_DONE && it.ends[1] == BLOCK_DONE);
    struct block *block = watched_block(&it, NULL, pair, 2);
    assert_int_equal(block_train(block, INT64_MAX, 5, records), 5);
    block_stop(block, 1);
    struct block_state state_1 = block_state(block, 1);
    assert_int_equal(state_1.status, BLOCK_DONE);
    assert_int_equal(state_1.stopped, STOPPED_TIME);
    assert_int_equal(state_1.epoch, 5);
    int64_t until[] = {WATCHED_EPOCHS, 5};
    watched_train(&it, block, pair, 2, INT64_MAX, 5, until);
    block_stop(block, 0); /* it is done by itself: nothing happens */
    assert_int_equal(block_state(block, 0).stopped, STOPPED_NOT);
    assert_int_equal(block_state(block, 0).epoch, WATCHED_EPOCHS);
    assert_int_equal(block_state(block, 1).epoch, 5);
    block_destroy(block);
    watched_clear(&it);
}

/* A stop in the last epoch is told, too: the target was reached. */
static void a_target_reached_at_last_is_told(void **state)
{
    (void)state;
    static const int first[] = {0};
    struct rng rng;
    struct watched it;
    rng_seed(&rng, 95);
    watched_init(&it, &rng, 1, ARITHMETIC_EXACT);
    watched_learn(&it);
    assert_int_equal(it.ends[0], BLOCK_DONE);
    double lowest = INFINITY;
    for (int e = 0; e < WATCHED_EPOCHS - 1; e++) {
        lowest = fmin(lowest, it.values[0][e][SERIES_LOSS]);
    }
    double last = it.values[0][WATCHED_EPOCHS - 1][SERIES_LOSS];
    assert_true(last < lowest);
    it.trainings[0].stop = (struct stop){.has_target = 1, .target = last};
    struct block *block = watched_block(&it, NULL, first, 1);
    watched_train(&it, block, first, 1, INT64_MAX, 0, it.epochs);
    assert_int_equal(block_state(block, 0).stopped, STOPPED_TARGET);
    assert_int_equal(block_state(block, 0).epoch, WATCHED_EPOCHS);
    block_destroy(block);
    watched_clear(&it);
}

static void nothing_that_is_not_finite_improves(void **state)
{
    (void)state;
    const struct stop stop = {.patience = 2, .has_target = 1, .target = 1};
    struct stop_watch watch = stop_watch_start();
    assert_int_equal(stop_look(&stop, &watch, 5), STOPPED_NOT);
    assert_int_equal(stop_look(&stop, &watch, NAN), STOPPED_NOT);
    assert_int_equal(stop_look(&stop, &watch, 4), STOPPED_NOT);
    assert_int_equal(stop_look(&stop, &watch, INFINITY), STOPPED_NOT);
    assert_int_equal(stop_look(&stop, &watch, 4), STOPPED_PATIENCE);
    watch = stop_watch_start();
    assert_int_equal(stop_look(&stop, &watch, INFINITY), STOPPED_NOT);
    assert_int_equal(stop_look(&stop, &watch, INFINITY), STOPPED_PATIENCE);
    watch = stop_watch_start();
    assert_int_equal(stop_look(&stop, &watch, 1), STOPPED_TARGET);
    static const char *const names[STOPPED_COUNT] = {"", "target", "patience", "time"};
    for (int i = 0; i < STOPPED_COUNT; i++) {
        assert_string_equal(stopped_name((enum stopped)i), names[i]);
    }
}

/* The reference's plain ReduceLROnPlateau looks at the printed loss. tests/golden has PyTorch's. */
static void rates_are_reduced_on_plateaus_in_any_cut(void **state)
{
    (void)state;
    enum { EPOCHS = 60 };
    struct rng rng;
    int n_reduced = 0;
    rng_seed(&rng, 96);
    for (int i = 0; i < 30; i++) {
        struct reference_case it;
        double *expected = calloc(EPOCHS, sizeof *expected), *got = calloc(EPOCHS, sizeof *got);
        double *constant = calloc(EPOCHS, sizeof *constant);
        reference_case_init(&it, &rng, EPOCHS);
        size_t n = network_n_parameters(&it.network);
        double *parameters = calloc(n, sizeof *parameters);
        memcpy(parameters, it.parameters, n * sizeof *parameters);
        reference_train(&it.network, it.dataset, &it.training, parameters, constant);
        it.training.schedule = (struct schedule){.kind = SCHEDULE_REDUCE_ON_PLATEAU,
                                                 .factor = 0.5,
                                                 .patience = i % 3,
                                                 .threshold = 0.01,
                                                 .min_learning_rate = i % 2 ? 0.01 : 0,
                                                 .warmup_epochs = i % 5};
        memcpy(parameters, it.parameters, n * sizeof *parameters);
        struct block_state end =
            reference_train(&it.network, it.dataset, &it.training, parameters, expected);
        const struct block_run run = {&it.training, it.parameters};
        struct block *block = block_create(&it.network, it.dataset, &run, 1, NULL);
        int64_t done = 0;
        while (block_state(block, 0).status == BLOCK_RUNNING) {
            done += block_train(block, 1 + i * i, EPOCHS, got + done);
        }
        assert_int_equal(done, end.epoch);
        assert_same_doubles(got, expected, (size_t)done, "losses");
        n_reduced += it.training.schedule.warmup_epochs == 0 &&
                     memcmp(expected, constant, EPOCHS * sizeof *expected) != 0;
        block_destroy(block);
        free(parameters);
        free(constant);
        free(expected);
        free(got);
        reference_case_clear(&it);
    }
    assert_true(n_reduced > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_stop_where_the_rule_says),
        cmocka_unit_test(resumed_runs_stop_at_the_same_epoch),
        cmocka_unit_test(a_stopped_run_can_be_gone_on_with),
        cmocka_unit_test(a_run_is_stopped_from_outside_at_an_epochs_end),
        cmocka_unit_test(a_target_reached_at_last_is_told),
        cmocka_unit_test(nothing_that_is_not_finite_improves),
        cmocka_unit_test(rates_are_reduced_on_plateaus_in_any_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
