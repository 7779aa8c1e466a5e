/* Training in the engine: claims, chunks, ends, fences, and what a restart finds. */
#include "tests/server/engine_fixture.h"

/* --- claims -------------------------------------------------------------------------------- */

static void claims_a_queued_run_once(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 2);
    struct engine_claim first = claim(engine, "e", 1), second;
    assert_string_equal(first.id, "e");
    assert_int_equal(first.run, 1);
    assert_true(first.attempt > 0);
    assert_int_equal(state_of(engine, "e", 1), RUN_RUNNING);
    assert_int_equal(state_of(engine, "e", 0), RUN_QUEUED);
    must_be_fenced(engine_claim(engine, "e", 1, &second, fresh()));
    struct engine_experiment found;
    must(engine_find(engine, "e", &found, fresh()));
    assert_int_equal(found.n_in_state[RUN_QUEUED], 1);
    assert_int_equal(found.n_in_state[RUN_RUNNING], 1);
    engine_experiment_clear(&found);
}

static void a_claim_of_what_does_not_exist_is_fenced(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim taken;
    must_be_fenced(engine_claim(engine, "nope", 0, &taken, fresh()));
    must_be_fenced(engine_claim(engine, "e", 1, &taken, fresh()));
}

static void remembers_when_a_run_was_first_claimed(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim taken = claim(engine, "e", 0);
    struct engine_run before, after;
    must(engine_find_run(engine, "e", 0, &before, fresh()));
    assert_true(before.started_ms > 1700000000000);
    must(engine_release(engine, &taken, fresh()));
    usleep(3000); /* so that a second stamp would differ */
    claim(engine, "e", 0);
    must(engine_find_run(engine, "e", 0, &after, fresh()));
    assert_int_equal(after.started_ms, before.started_ms);
    assert_int_equal(after.ended_ms, 0);
    engine_run_clear(&before);
    engine_run_clear(&after);
}

/* --- chunks -------------------------------------------------------------------------------- */

static enum engine_result append_losses(struct engine *engine, const struct engine_claim *taken,
                                        int64_t first, size_t n, const double *losses)
{
    int64_t checkpoint = first + (int64_t)n - 1;
    struct engine_chunk chunk = {.first = first, .n = n, .records = losses,
                                 .checkpoint = &checkpoint,
                                 .checkpoint_bytes = sizeof checkpoint};
    return engine_append(engine, taken, &chunk, fresh());
}

static void a_chunk_moves_the_run_on(void **state)
{
    struct store *store = *state;
    submit(store->engine, "e", 1);
    struct engine_claim taken = claim(store->engine, "e", 0);
    const double one[] = {7, 3, 5}, two[] = {3, 2.5, 2.5, 4};
    must(append_losses(store->engine, &taken, 1, 3, one));
    struct engine_run run;
    must(engine_find_run(store->engine, "e", 0, &run, fresh()));
    assert_int_equal(run.epoch, 3);
    assert_same_bits(run.first_loss, 7);
    assert_same_bits(run.loss, 5);
    assert_same_bits(run.best_loss, 3);
    assert_int_equal(run.best_epoch, 2);
    engine_run_clear(&run);

    must(append_losses(store->engine, &taken, 4, 4, two));
    for (int again = 0; again < 2; again++) {
        must(engine_find_run(store->engine, "e", 0, &run, fresh()));
        assert_int_equal(run.epoch, 7);
        assert_same_bits(run.first_loss, 7);
        assert_same_bits(run.loss, 4);
        assert_same_bits(run.best_loss, 2.5);
        assert_int_equal(run.best_epoch, 5); /* the first of two equal ones */
        engine_run_clear(&run);
        assert_int_equal(checkpoint_of(store->engine, "e", 0), 7);
        store_reopen(store);
    }
}

static void refuses_a_chunk_that_does_not_follow(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim taken = claim(engine, "e", 0);
    must_fail(append(engine, &taken, 2, 1), ERROR_INVALID);
    must(append(engine, &taken, 1, 4));
    int64_t before, after;
    must(engine_last_sequence(engine, "e", &before, fresh()));
    must_fail(append(engine, &taken, 4, 1), ERROR_INVALID);
    must_fail(append(engine, &taken, 6, 1), ERROR_INVALID);
    assert_non_null(strstr(last_error.text, "got first epoch 6, expected 5"));
    must_fail(finish(engine, &taken, 6, 1, RUN_DONE), ERROR_INVALID);
    must(engine_last_sequence(engine, "e", &after, fresh()));
    assert_int_equal(after, before);
    assert_int_equal(epoch_of(engine, "e", 0), 4);
    assert_int_equal(checkpoint_of(engine, "e", 0), 4);
    assert_int_equal(state_of(engine, "e", 0), RUN_RUNNING);
    must(append(engine, &taken, 5, 1));
}

static void epochs_come_with_their_checkpoint(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim taken = claim(engine, "e", 0);
    const double losses[] = {1, 2};
    struct engine_chunk chunk = {.first = 1, .n = 2, .records = losses};
    must_fail(engine_append(engine, &taken, &chunk, fresh()), ERROR_INVALID);
    assert_int_equal(epoch_of(engine, "e", 0), 0);
    must(engine_finish(engine, &taken, &chunk, RUN_DONE, "", 0, -1, fresh()));
    assert_int_equal(epoch_of(engine, "e", 0), 2);
    assert_int_equal(checkpoint_of(engine, "e", 0), 0);
}

static void an_empty_chunk_only_asks_whether_the_attempt_holds(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim taken = claim(engine, "e", 0);
    must(append(engine, &taken, 1, 4));
    struct engine_chunk nothing = {0};
    int64_t before, after;
    must(engine_last_sequence(engine, "e", &before, fresh()));
    must(engine_append(engine, &taken, &nothing, fresh()));
    must(engine_last_sequence(engine, "e", &after, fresh()));
    assert_int_equal(after, before);
    assert_int_equal(checkpoint_of(engine, "e", 0), 4);
    must(engine_release(engine, &taken, fresh()));
    must_be_fenced(engine_append(engine, &taken, &nothing, fresh()));
}

static void losses_that_are_no_numbers_survive(void **state)
{
    struct store *store = *state;
    uint64_t odd_nan = 0xfff4000000001234; /* a NaN of our own making */
    double losses[] = {-0.0, NAN, INFINITY, 5e-324, -INFINITY, 0, NAN}, got[7];
    memcpy(&losses[5], &odd_nan, sizeof odd_nan);
    submit(store->engine, "e", 2);
    struct engine_claim taken = claim(store->engine, "e", 0);
    must(append_losses(store->engine, &taken, 1, 7, losses));
    struct engine_claim other = claim(store->engine, "e", 1);
    const double bad[] = {NAN, INFINITY, NAN, 4};
    must(append_losses(store->engine, &other, 1, 1, bad));
    struct engine_run run;
    must(engine_find_run(store->engine, "e", 1, &run, fresh()));
    assert_true(isnan(run.loss) && isnan(run.best_loss));
    assert_int_equal(run.best_epoch, 0);
    engine_run_clear(&run);
    must(append_losses(store->engine, &other, 2, 3, bad + 1));
    store_reopen(store);
    size_t n;
    must(read_losses(store->engine, "e", 0, 1, 7, got, &n, fresh()));
    assert_int_equal(n, 7);
    assert_memory_equal(got, losses, sizeof losses);
    must(engine_find_run(store->engine, "e", 0, &run, fresh()));
    assert_true(isnan(run.loss));
    assert_same_bits(run.best_loss, -INFINITY);
    assert_int_equal(run.best_epoch, 5);
    engine_run_clear(&run);
    must(engine_find_run(store->engine, "e", 1, &run, fresh()));
    assert_true(isnan(run.first_loss));
    assert_same_bits(run.best_loss, 4);
    assert_int_equal(run.best_epoch, 4);
    engine_run_clear(&run);
}

static void a_checkpoint_is_replaced_whole(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim taken = claim(engine, "e", 0);
    const size_t sizes[] = {100000, 3, 0, 70000};
    unsigned char *bytes = malloc(100000);
    for (int i = 0; i < 4; i++) {
        for (size_t at = 0; at < sizes[i]; at++)
            bytes[at] = (unsigned char)(at * 7 + (size_t)i);
        double loss = i;
        struct engine_chunk chunk = {.first = i + 1, .n = 1, .records = &loss, .checkpoint = bytes,
                                     .checkpoint_bytes = sizes[i]};
        must(engine_append(engine, &taken, &chunk, fresh()));
        void *got;
        size_t n;
        int64_t epoch;
        must(engine_checkpoint(engine, "e", 0, &got, &n, &epoch, fresh()));
        assert_non_null(got);
        assert_int_equal(epoch, i + 1);
        assert_int_equal(n, sizes[i]);
        assert_memory_equal(got, bytes, n);
        free(got);
    }
    free(bytes);
}

static void there_is_no_checkpoint_at_first(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    int here;
    void *bytes = &here;
    size_t n = 9;
    int64_t epoch = 9;
    must(engine_checkpoint(engine, "e", 0, &bytes, &n, &epoch, fresh()));
    assert_null(bytes);
    assert_int_equal(n, 0);
    assert_int_equal(epoch, 0);
}

/* --- ends ---------------------------------------------------------------------------------- */

static void a_run_ends_with_its_last_chunk(void **state)
{
    struct store *store = *state;
    submit(store->engine, "e", 2);
    struct engine_claim taken = claim(store->engine, "e", 0);
    must(append(store->engine, &taken, 1, 10));
    must(finish(store->engine, &taken, 11, 3, RUN_DONE));
    store_reopen(store);
    struct engine_run run;
    must(engine_find_run(store->engine, "e", 0, &run, fresh()));
    assert_int_equal(run.state, RUN_DONE);
    assert_int_equal(run.epoch, 13);
    assert_same_bits(run.loss, loss_of(0, 13));
    assert_true(run.ended_ms >= run.started_ms);
    engine_run_clear(&run);
    assert_int_equal(checkpoint_of(store->engine, "e", 0), 13);
    struct engine_experiment found;
    must(engine_find(store->engine, "e", &found, fresh()));
    assert_int_equal(found.n_in_state[RUN_DONE], 1);
    assert_int_equal(found.n_in_state[RUN_QUEUED], 1);
    assert_int_equal(found.n_in_state[RUN_RUNNING], 0);
    engine_experiment_clear(&found);
}

static void a_diverged_run_says_where(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim taken = claim(engine, "e", 0);
    int64_t start_values = 0;
    struct engine_chunk last = {.first = 1, .checkpoint = &start_values,
                                .checkpoint_bytes = sizeof start_values};
    must(engine_finish(engine, &taken, &last, RUN_DIVERGED, "not finite", 1, 42, fresh()));
    struct engine_run run;
    must(engine_find_run(engine, "e", 0, &run, fresh()));
    assert_int_equal(run.state, RUN_DIVERGED);
    assert_string_equal(run.message, "not finite");
    assert_int_equal(run.diverged_epoch, 1);
    assert_int_equal(run.diverged_sample, 42);
    assert_int_equal(run.diverged_position, -1);
    assert_int_equal(run.epoch, 0);
    assert_true(isnan(run.loss));
    engine_run_clear(&run);
    void *bytes;
    size_t n;
    int64_t epoch;
    must(engine_checkpoint(engine, "e", 0, &bytes, &n, &epoch, fresh()));
    assert_non_null(bytes); /* the parameters the run started with are kept, though no epoch was */
    assert_int_equal(epoch, 0);
    free(bytes);
}

static void a_run_does_not_end_as_queued_or_running(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim taken = claim(engine, "e", 0);
    must_fail(finish(engine, &taken, 1, 1, RUN_QUEUED), ERROR_INVALID);
    must_fail(finish(engine, &taken, 1, 1, RUN_RUNNING), ERROR_INVALID);
    assert_int_equal(epoch_of(engine, "e", 0), 0);
}

static void each_final_state_is_counted(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    const enum run_state finals[] = {RUN_DONE, RUN_DIVERGED, RUN_CANCELLED, RUN_FAILED};
    submit(engine, "e", 6);
    for (int run = 0; run < 4; run++) {
        struct engine_claim taken = claim(engine, "e", run);
        must(finish(engine, &taken, 1, 1, finals[run]));
        assert_int_equal(state_of(engine, "e", run), finals[run]);
    }
    claim(engine, "e", 4);
    struct engine_experiment found;
    must(engine_find(engine, "e", &found, fresh()));
    for (int s = 0; s < RUN_STATES; s++)
        assert_int_equal(found.n_in_state[s], 1);
    engine_experiment_clear(&found);
}

/* --- fences -------------------------------------------------------------------------------- */

/* Nothing a holder of `old` may do is done. */
static void must_be_fenced_off(struct engine *engine, const struct engine_claim *old,
                               int64_t next_epoch)
{
    must_be_fenced(append(engine, old, next_epoch, 2));
    must_be_fenced(finish(engine, old, next_epoch, 2, RUN_DONE));
    must_be_fenced(engine_release(engine, old, fresh()));
}

static void an_ended_attempt_is_fenced(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim old = claim(engine, "e", 0), again;
    must(finish(engine, &old, 1, 3, RUN_DONE));
    must_be_fenced_off(engine, &old, 4);
    must_be_fenced(engine_claim(engine, "e", 0, &again, fresh()));
    assert_int_equal(epoch_of(engine, "e", 0), 3);
}

static void a_released_attempt_is_fenced_and_the_next_goes_on(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim old = claim(engine, "e", 0);
    must(append(engine, &old, 1, 3));
    must(engine_release(engine, &old, fresh()));
    assert_int_equal(state_of(engine, "e", 0), RUN_QUEUED);
    must_be_fenced_off(engine, &old, 4);
    struct engine_claim next = claim(engine, "e", 0);
    assert_true(next.attempt > old.attempt);
    must_be_fenced_off(engine, &old, 4);
    assert_int_equal(checkpoint_of(engine, "e", 0), 3);
    must(append(engine, &next, 4, 2));
    assert_int_equal(epoch_of(engine, "e", 0), 5);
}

static void a_cancelled_attempt_is_fenced(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim old = claim(engine, "e", 0), again;
    int n;
    must(engine_cancel(engine, "e", &n, fresh()));
    must_be_fenced_off(engine, &old, 1);
    must_be_fenced(engine_claim(engine, "e", 0, &again, fresh()));
    assert_int_equal(state_of(engine, "e", 0), RUN_CANCELLED);
}

static void a_deleted_attempt_is_fenced_even_when_the_id_comes_back(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim old = claim(engine, "e", 0);
    must(engine_delete(engine, "e", fresh()));
    must_be_fenced_off(engine, &old, 1);
    submit(engine, "e", 1);
    must_be_fenced_off(engine, &old, 1);
    struct engine_claim next = claim(engine, "e", 0);
    assert_true(next.attempt > old.attempt);
    must_be_fenced_off(engine, &old, 1);
    must(append(engine, &next, 1, 2));
}

static void a_claim_holds_for_its_own_run_only(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 2);
    submit(engine, "f", 1);
    struct engine_claim taken = claim(engine, "e", 0);
    claim(engine, "e", 1);
    claim(engine, "f", 0);
    struct engine_claim forged = taken;
    forged.run = 1;
    must_be_fenced_off(engine, &forged, 1);
    forged = taken;
    snprintf(forged.id, sizeof forged.id, "f");
    must_be_fenced_off(engine, &forged, 1);
    forged = taken;
    forged.attempt++;
    must_be_fenced_off(engine, &forged, 1);
    must(append(engine, &taken, 1, 1));
}

/* --- several at once ----------------------------------------------------------------------- */

enum { BLOCK = 4 };

/* What a block of runs hands over: n epochs each from `first` on. */
static void block_make(struct made_chunk *made, struct engine_handover *handovers,
                       const struct engine_claim *claims, int64_t first, size_t n)
{
    for (int i = 0; i < BLOCK; i++) {
        chunk_make(&made[i], claims[i].run, first, n);
        handovers[i] = (struct engine_handover){.claim = &claims[i], .chunk = made[i].chunk,
                                                .state = RUN_RUNNING, .message = "",
                                                .diverged_sample = -1};
    }
}

static void block_free(struct made_chunk *made)
{
    for (int i = 0; i < BLOCK; i++)
        free(made[i].losses);
}

static void several_runs_are_claimed_at_once_but_for_the_fenced(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    const int runs[] = {0, 1, 2, 7};
    struct engine_claim claims[BLOCK];
    submit(engine, "e", BLOCK);
    struct engine_claim other = claim(engine, "e", 1);
    must(engine_claim_all(engine, "e", runs, BLOCK, claims, fresh()));
    for (int i = 0; i < BLOCK; i++) {
        assert_int_equal(claims[i].run, runs[i]);
        assert_int_equal(claims[i].attempt > 0, i == 0 || i == 2);
    }
    must(append(engine, &claims[0], 1, 3));
    must(append(engine, &claims[2], 1, 3));
    must(append(engine, &other, 1, 3));
    must_be_fenced(append(engine, &claims[1], 4, 3));
}

static void a_block_is_handed_over_at_once_but_for_the_fenced(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    const int runs[BLOCK] = {0, 1, 2, 3};
    struct engine_claim claims[BLOCK];
    struct engine_handover handovers[BLOCK];
    struct made_chunk made[BLOCK];
    struct engine_totals before, after;
    submit(engine, "e", BLOCK);
    must(engine_claim_all(engine, "e", runs, BLOCK, claims, fresh()));
    must(engine_release(engine, &claims[1], fresh()));
    must(engine_totals(engine, &before, fresh()));
    block_make(made, handovers, claims, 1, 5);
    handovers[2].state = RUN_DONE;
    handovers[3].state = RUN_DIVERGED;
    handovers[3].message = "why";
    handovers[3].diverged_epoch = 6;
    handovers[3].diverged_sample = 9;
    handovers[3].diverged_position = 4;
    must(engine_hand_over(engine, handovers, BLOCK, fresh()));
    block_free(made);
    const enum run_state states[] = {RUN_RUNNING, RUN_QUEUED, RUN_DONE, RUN_DIVERGED};
    for (int i = 0; i < BLOCK; i++) {
        assert_int_equal(handovers[i].result, i == 1 ? ENGINE_FENCED : ENGINE_OK);
        assert_int_equal(state_of(engine, "e", i), states[i]);
        assert_int_equal(epoch_of(engine, "e", i), i == 1 ? 0 : 5);
        assert_int_equal(checkpoint_of(engine, "e", i), i == 1 ? 0 : 5);
    }
    must(engine_totals(engine, &after, fresh()));
    assert_int_equal(after.n_commits, before.n_commits + 1);
    assert_int_equal(after.n_epochs, before.n_epochs + 15);
    struct engine_run run;
    must(engine_find_run(engine, "e", 3, &run, fresh()));
    assert_string_equal(run.message, "why");
    assert_int_equal(run.diverged_epoch, 6);
    assert_int_equal(run.diverged_sample, 9);
    assert_int_equal(run.diverged_position, 4);
    engine_run_clear(&run);
}

static void a_block_that_fails_leaves_nothing_of_any_run(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    const int runs[BLOCK] = {0, 1, 2, 3};
    struct engine_claim claims[BLOCK];
    struct engine_handover handovers[BLOCK];
    struct made_chunk made[BLOCK];
    int64_t before, after;
    submit(engine, "e", BLOCK);
    must(engine_claim_all(engine, "e", runs, BLOCK, claims, fresh()));
    must(engine_last_sequence(engine, "e", &before, fresh()));
    block_make(made, handovers, claims, 1, 5);
    handovers[0].state = RUN_DONE;
    handovers[3].chunk.first = 2;
    must_fail(engine_hand_over(engine, handovers, BLOCK, fresh()), ERROR_INVALID);
    handovers[3].chunk.first = 1;
    handovers[3].state = RUN_QUEUED;
    must_fail(engine_hand_over(engine, handovers, BLOCK, fresh()), ERROR_INVALID);
    must(engine_last_sequence(engine, "e", &after, fresh()));
    assert_int_equal(after, before);
    for (int i = 0; i < BLOCK; i++) {
        assert_int_equal(state_of(engine, "e", i), RUN_RUNNING);
        assert_int_equal(epoch_of(engine, "e", i), 0);
    }
    handovers[3].state = RUN_RUNNING;
    must(engine_hand_over(engine, handovers, BLOCK, fresh()));
    assert_int_equal(epoch_of(engine, "e", 3), 5);
    block_free(made);
}

/* A block's losses lie run beside run. */
static void losses_may_stand_apart(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    enum { N = 70000, STRIDE = 3 }; /* more than one entry */
    double *losses = malloc(N * STRIDE * sizeof *losses), *got = malloc(N * sizeof *got);
    submit(engine, "e", 1);
    struct engine_claim taken = claim(engine, "e", 0);
    for (int i = 0; i < N * STRIDE; i++)
        losses[i] = i % STRIDE == 0 ? loss_of(0, i / STRIDE + 1) : -1;
    struct engine_chunk chunk = {.first = 1, .n = N, .records = losses, .stride = STRIDE,
                                 .checkpoint = losses, .checkpoint_bytes = 8};
    must(engine_append(engine, &taken, &chunk, fresh()));
    size_t n;
    must(read_losses(engine, "e", 0, 1, N, got, &n, fresh()));
    assert_int_equal(n, N);
    for (int i = 0; i < N; i++)
        assert_same_bits(got[i], loss_of(0, i + 1));
    struct engine_run run;
    must(engine_find_run(engine, "e", 0, &run, fresh()));
    assert_same_bits(run.first_loss, loss_of(0, 1));
    assert_same_bits(run.best_loss, loss_of(0, 1));
    assert_same_bits(run.loss, loss_of(0, N));
    engine_run_clear(&run);
    free(losses);
    free(got);
}

/* --- restarts ------------------------------------------------------------------------------ */

static void a_restart_queues_running_runs_again(void **state)
{
    struct store *store = *state;
    submit(store->engine, "e", 4);
    struct engine_claim running = claim(store->engine, "e", 0);
    struct engine_claim begun = claim(store->engine, "e", 1);
    struct engine_claim done = claim(store->engine, "e", 2);
    must(append(store->engine, &running, 1, 6));
    must(finish(store->engine, &done, 1, 2, RUN_DONE));
    int64_t before, after;
    must(engine_last_sequence(store->engine, "e", &before, fresh()));
    store_reopen(store);
    const enum run_state expected[] = {RUN_QUEUED, RUN_QUEUED, RUN_DONE, RUN_QUEUED};
    for (int run = 0; run < 4; run++)
        assert_int_equal(state_of(store->engine, "e", run), expected[run]);
    struct engine_experiment found;
    must(engine_find(store->engine, "e", &found, fresh()));
    assert_int_equal(found.n_in_state[RUN_QUEUED], 3);
    assert_int_equal(found.n_in_state[RUN_RUNNING], 0);
    assert_int_equal(found.n_in_state[RUN_DONE], 1);
    engine_experiment_clear(&found);
    must(engine_last_sequence(store->engine, "e", &after, fresh()));
    assert_true(after > before);

    must_be_fenced_off(store->engine, &running, 7);
    must_be_fenced_off(store->engine, &begun, 1);
    assert_int_equal(epoch_of(store->engine, "e", 0), 6);
    assert_int_equal(checkpoint_of(store->engine, "e", 0), 6);
    struct engine_claim next = claim(store->engine, "e", 0);
    must_be_fenced_off(store->engine, &running, 7);
    must(append(store->engine, &next, 7, 1));
}

static void numbers_are_never_given_twice(void **state)
{
    struct store *store = *state;
    int64_t last_attempt = 0, last_sequence = 0;
    for (int round = 0; round < 4; round++) {
        submit(store->engine, "e", 1);
        struct engine_claim taken = claim(store->engine, "e", 0);
        assert_true(taken.attempt > last_attempt);
        last_attempt = taken.attempt;
        must(append(store->engine, &taken, 1, 1));
        int64_t sequence;
        must(engine_last_sequence(store->engine, "e", &sequence, fresh()));
        assert_true(sequence > last_sequence);
        last_sequence = sequence;
        must(engine_delete(store->engine, "e", fresh()));
        if (round % 2 == 1)
            store_reopen(store);
    }
}

int main(void)
{
    const struct CMUnitTest work[] = {
        STORE_TEST(claims_a_queued_run_once),
        STORE_TEST(a_claim_of_what_does_not_exist_is_fenced),
        STORE_TEST(remembers_when_a_run_was_first_claimed),
        STORE_TEST(a_chunk_moves_the_run_on),
        STORE_TEST(refuses_a_chunk_that_does_not_follow),
        STORE_TEST(epochs_come_with_their_checkpoint),
        STORE_TEST(an_empty_chunk_only_asks_whether_the_attempt_holds),
        STORE_TEST(losses_that_are_no_numbers_survive),
        STORE_TEST(a_checkpoint_is_replaced_whole),
        STORE_TEST(there_is_no_checkpoint_at_first),
        STORE_TEST(a_run_ends_with_its_last_chunk),
        STORE_TEST(a_diverged_run_says_where),
        STORE_TEST(a_run_does_not_end_as_queued_or_running),
        STORE_TEST(each_final_state_is_counted),
        STORE_TEST(an_ended_attempt_is_fenced),
        STORE_TEST(a_released_attempt_is_fenced_and_the_next_goes_on),
        STORE_TEST(a_cancelled_attempt_is_fenced),
        STORE_TEST(a_deleted_attempt_is_fenced_even_when_the_id_comes_back),
        STORE_TEST(a_claim_holds_for_its_own_run_only),
        STORE_TEST(several_runs_are_claimed_at_once_but_for_the_fenced),
        STORE_TEST(a_block_is_handed_over_at_once_but_for_the_fenced),
        STORE_TEST(a_block_that_fails_leaves_nothing_of_any_run),
        STORE_TEST(losses_may_stand_apart),
        STORE_TEST(a_restart_queues_running_runs_again),
        STORE_TEST(numbers_are_never_given_twice),
    };
    return run_on_every_engine(work);
}
