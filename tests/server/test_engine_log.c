/* The engine's log: losses and state changes, read back in any piece. */
#include "tests/server/engine_fixture.h"

#include <pthread.h>

/* --- losses -------------------------------------------------------------------------------- */

/* Run 0 of experiment "e" with chunks of these lengths; the number of epochs. */
static int64_t train(struct engine *engine, const size_t *lengths, size_t n_lengths,
                     struct engine_claim *out_claim)
{
    int64_t epoch = 0;
    *out_claim = claim(engine, "e", 0);
    for (size_t i = 0; i < n_lengths; i++) {
        must(append(engine, out_claim, epoch + 1, lengths[i]));
        epoch += (int64_t)lengths[i];
    }
    return epoch;
}

static void read_range(struct engine *engine, int64_t first, size_t max, int64_t epochs)
{
    double *got = calloc(max + 1, sizeof *got);
    got[max] = -7; /* a mark behind the end */
    size_t n = 99;
    must(read_losses(engine, "e", 0, first, max, got, &n, fresh()));
    int64_t expected = first > epochs ? 0 : epochs - first + 1;
    expected = expected < (int64_t)max ? expected : (int64_t)max;
    assert_int_equal(n, expected);
    for (size_t i = 0; i < n; i++)
        assert_same_bits(got[i], loss_of(0, first + (int64_t)i));
    assert_same_bits(got[max], -7);
    free(got);
}

static void reads_any_range_of_losses(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    const size_t lengths[] = {1, 2, 300, 1, 4096, 4097, 7, 12500, 1};
    submit(engine, "other", 1);
    struct engine_claim other = claim(engine, "other", 0), taken;
    submit(engine, "e", 2);
    must(append(engine, &other, 1, 500));
    int64_t epochs = train(engine, lengths, sizeof lengths / sizeof lengths[0], &taken);
    assert_int_equal(epochs, 21005);
    read_range(engine, 1, 30000, epochs);
    int64_t edge = 0;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        edge += (int64_t)lengths[i];
        for (int64_t first = edge > 1 ? edge - 1 : 1; first <= edge + 2; first++)
            for (size_t max = 0; max < 5; max++)
                read_range(engine, first, max, epochs);
    }
    uint32_t random = 12345;
    for (int i = 0; i < 200; i++) {
        random = random * 1664525 + 1013904223;
        int64_t first = 1 + (random >> 8) % 21010;
        random = random * 1664525 + 1013904223;
        read_range(engine, first, (random >> 8) % 9000, epochs);
    }
}

static void there_are_no_losses_before_the_first_epoch(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    read_range(engine, 1, 10, 0);
    double got;
    size_t n = 9;
    must_fail(read_losses(engine, "e", 0, 0, 1, &got, &n, fresh()), ERROR_INVALID);
    assert_int_equal(n, 0);
    must_fail(read_losses(engine, "e", 0, INT64_MIN, 1, &got, &n, fresh()), ERROR_INVALID);
    must(read_losses(engine, "e", 0, INT64_MAX, SIZE_MAX, &got, &n, fresh()));
    assert_int_equal(n, 0);
}

/* --- entries ------------------------------------------------------------------------------- */

/* The log in words: "running@0", "1+3" (three epochs from 1) each with its run, "r1:". */
struct heard {
    char text[2000];
    int64_t sequence;
    int n, stop_at;
};

static int hear(void *context, const struct engine_entry *entry)
{
    struct heard *heard = context;
    assert_true(entry->sequence > heard->sequence);
    heard->sequence = entry->sequence;
    size_t used = strlen(heard->text);
    char *end = heard->text + used;
    if (entry->is_state) {
        assert_int_equal(entry->n, 0);
        snprintf(end, sizeof heard->text - used, "r%d:%s@%lld ", entry->run,
                 run_state_name(entry->state), (long long)entry->first);
    } else {
        for (size_t i = 0; i < entry->n; i++)
            assert_same_bits(entry->records[i], loss_of(entry->run, entry->first + (int64_t)i));
        snprintf(end, sizeof heard->text - used, "r%d:%lld+%zu ", entry->run,
                 (long long)entry->first, entry->n);
    }
    return ++heard->n == heard->stop_at;
}

static void the_log_tells_what_happened_in_order(void **state)
{
    struct store *store = *state;
    struct engine *engine = store->engine;
    submit(engine, "e", 3);
    submit(engine, "other", 1);
    struct engine_claim zero = claim(engine, "e", 0), one = claim(engine, "e", 1);
    struct engine_claim other = claim(engine, "other", 0);
    must(append(engine, &zero, 1, 3));
    must(append(engine, &other, 1, 8));
    must(append(engine, &one, 1, 2));
    must(append(engine, &zero, 4, 1));
    must(finish(engine, &zero, 5, 2, RUN_DONE));
    must(engine_release(engine, &one, fresh()));
    one = claim(engine, "e", 1);
    store_reopen(store);
    engine = store->engine;
    int n;
    must(engine_cancel(engine, "e", &n, fresh()));
    assert_int_equal(n, 2);
    struct heard heard = {0};
    must(engine_read_log(engine, "e", 0, hear, &heard, fresh()));
    assert_string_equal(heard.text,
                        "r0:running@0 r1:running@0 r0:1+3 r1:1+2 r0:4+1 r0:5+2 r0:done@6 "
                        "r1:queued@2 r1:running@2 r1:queued@2 r1:cancelled@2 r2:cancelled@0 ");
    int64_t last;
    must(engine_last_sequence(engine, "e", &last, fresh()));
    assert_int_equal(last, heard.sequence);
}

static void a_new_experiment_has_no_entries(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 2);
    struct heard heard = {0};
    must(engine_read_log(engine, "e", 0, hear, &heard, fresh()));
    assert_int_equal(heard.n, 0);
    int64_t last = 9;
    must(engine_last_sequence(engine, "e", &last, fresh()));
    assert_int_equal(last, 0);
}

static void a_reader_goes_on_where_it_stopped(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim taken = claim(engine, "e", 0);
    for (int64_t first = 1; first <= 30; first += 3)
        must(append(engine, &taken, first, 3));
    struct heard whole = {0}, pieces = {0};
    must(engine_read_log(engine, "e", 0, hear, &whole, fresh()));
    assert_int_equal(whole.n, 11);
    for (int i = 0; i < 20; i++) {
        pieces.stop_at = pieces.n + 2;
        must(engine_read_log(engine, "e", pieces.sequence, hear, &pieces, fresh()));
    }
    assert_string_equal(pieces.text, whole.text);
    must(append(engine, &taken, 31, 1));
    pieces.text[0] = '\0';
    must(engine_read_log(engine, "e", pieces.sequence, hear, &pieces, fresh()));
    assert_string_equal(pieces.text, "r0:31+1 ");
    must(engine_read_log(engine, "e", INT64_MAX, hear, &pieces, fresh()));
    assert_string_equal(pieces.text, "r0:31+1 ");
}

static void a_long_chunk_becomes_several_entries(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct engine_claim taken = claim(engine, "e", 0);
    must(append(engine, &taken, 1, ENGINE_ENTRY_NUMBERS_MAX));
    must(append(engine, &taken, ENGINE_ENTRY_NUMBERS_MAX + 1, ENGINE_ENTRY_NUMBERS_MAX + 1808));
    struct heard heard = {0};
    must(engine_read_log(engine, "e", 0, hear, &heard, fresh()));
    assert_string_equal(heard.text, "r0:running@0 r0:1+65536 r0:65537+65536 r0:131073+1808 ");
}

struct backlog {
    char text[64];
};

static int note_waiting(void *context, int run, int64_t n_epochs)
{
    struct backlog *backlog = context;
    size_t n = strlen(backlog->text);
    snprintf(backlog->text + n, sizeof backlog->text - n, "r%d:%lld ", run, (long long)n_epochs);
    return 0;
}

static void counts_the_epochs_that_wait_behind_a_cursor(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 2);
    struct engine_claim first = claim(engine, "e", 0), second = claim(engine, "e", 1);
    must(append(engine, &first, 1, 100));
    must(append(engine, &second, 1, 30));
    int64_t middle;
    must(engine_last_sequence(engine, "e", &middle, fresh()));
    must(append(engine, &first, 101, 7));
    struct backlog all = {""}, many = {""}, late = {""};
    must(engine_each_waiting(engine, "e", 0, 0, note_waiting, &all, fresh()));
    must(engine_each_waiting(engine, "e", 0, 30, note_waiting, &many, fresh()));
    must(engine_each_waiting(engine, "e", middle, 0, note_waiting, &late, fresh()));
    assert_string_equal(all.text, "r0:107 r1:30 ");
    assert_string_equal(many.text, "r0:107 ");
    assert_string_equal(late.text, "r0:7 ");
}

/* A write, by another thread, while a reader is in the middle of the log: neither waits for the
 * other, and the reader goes on seeing its own moment. */
struct interloper {
    struct engine *engine;
    struct engine_claim claim;
    int64_t next;
    enum engine_result result;
};

static void *append_one(void *context)
{
    struct interloper *interloper = context;
    struct made_chunk made;
    struct error error = ERROR_INIT;
    chunk_make(&made, interloper->claim.run, interloper->next++, 1);
    interloper->result = engine_append(interloper->engine, &interloper->claim, &made.chunk, &error);
    free(made.losses);
    return NULL;
}

static int append_meanwhile(void *context, const struct engine_entry *entry)
{
    struct interloper *interloper = context;
    (void)entry;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, append_one, interloper), 0);
    pthread_join(thread, NULL);
    assert_int_equal(interloper->result, ENGINE_OK);
    return 0;
}

static void a_read_sees_one_moment_and_holds_up_no_writer(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    submit(engine, "e", 1);
    struct interloper interloper = {.engine = engine, .claim = claim(engine, "e", 0), .next = 4};
    must(append(engine, &interloper.claim, 1, 3));
    must(engine_read_log(engine, "e", 0, append_meanwhile, &interloper, fresh()));
    assert_int_equal(interloper.next, 6); /* called for the two entries there were at first */
    assert_int_equal(epoch_of(engine, "e", 0), 5);
}

int main(void)
{
    const struct CMUnitTest log[] = {
        STORE_TEST(reads_any_range_of_losses),
        STORE_TEST(there_are_no_losses_before_the_first_epoch),
        STORE_TEST(the_log_tells_what_happened_in_order),
        STORE_TEST(a_new_experiment_has_no_entries),
        STORE_TEST(a_reader_goes_on_where_it_stopped),
        STORE_TEST(a_long_chunk_becomes_several_entries),
        STORE_TEST(counts_the_epochs_that_wait_behind_a_cursor),
        STORE_TEST(a_read_sees_one_moment_and_holds_up_no_writer),
    };
    return run_on_every_engine(log);
}
