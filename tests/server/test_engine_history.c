/* Bounded history in the engine: envelopes, their merging, and checkpoints to replay from. */
#include "tests/server/engine_fixture.h"

enum { KEEP = 100 };

/* Loss of an epoch behind the exact ones: a few spikes. */
static double wild_loss(int64_t epoch)
{
    return epoch % 9973 == 0 ? 1e6 + (double)epoch : epoch % 7919 == 0 ? -1e6 - (double)epoch
                                                                       : (double)(epoch % 101);
}

static struct history_bucket direct(int64_t first, int64_t n)
{
    double *losses = calloc((size_t)n, sizeof *losses);
    for (int64_t i = 0; i < n; i++)
        losses[i] = wild_loss(first + i);
    struct history_bucket sum = history_sum(losses, (size_t)n, 1, first);
    free(losses);
    return sum;
}

/* Appends n epochs from `first` on as buckets, cut as history.h says. */
static enum engine_result append_envelope(struct engine *engine, const struct engine_claim *taken,
                                          int64_t first, int64_t n, int64_t spacing)
{
    static struct history_bucket buckets[ENGINE_CHUNK_BUCKETS_MAX];
    struct engine_chunk chunk = {.first = first, .buckets = buckets, .spacing = spacing};
    int64_t held = first + n - 1;
    for (int64_t at = first - 1 - KEEP, end; at < first - 1 - KEEP + n; at = end) {
        end = history_cell_end(at);
        end = end < first - 1 - KEEP + n ? end : first - 1 - KEEP + n;
        assert_true(chunk.n_buckets < ENGINE_CHUNK_BUCKETS_MAX);
        buckets[chunk.n_buckets++] = direct(KEEP + 1 + at, end - at);
    }
    chunk.checkpoint = &held;
    chunk.checkpoint_bytes = sizeof held;
    return engine_append(engine, taken, &chunk, fresh());
}

static struct engine_claim begin(struct engine *engine)
{
    submit(engine, "e", 2);
    struct engine_claim taken = claim(engine, "e", 0);
    must(append(engine, &taken, 1, KEEP));
    return taken;
}

/* Appends up to `epochs` in chunks of `length`. */
static void grow(struct engine *engine, const struct engine_claim *taken, int64_t length,
                 int64_t epochs)
{
    for (int64_t at = epoch_of(engine, "e", 0); at < epochs;) {
        int64_t n = epochs - at < length ? epochs - at : length;
        must(append_envelope(engine, taken, at + 1, n, 0));
        at += n;
    }
}

static void assert_envelope(struct engine *engine, size_t max_buckets, int64_t epochs,
                            int64_t stride)
{
    struct history_bucket *buckets;
    size_t n;
    int64_t exact, at = KEEP;
    must(engine_read_envelope(engine, "e", 0, max_buckets, &buckets, &n, &exact, fresh()));
    assert_true(exact == KEEP);
    assert_int_equal(n, (epochs - KEEP + stride - 1) / stride);
    for (size_t b = 0; b < n; b++) {
        int64_t length = epochs - at < stride ? epochs - at : stride;
        struct history_bucket expected = direct(at + 1, length);
        assert_true(buckets[b].n == length && buckets[b].lowest == expected.lowest);
        assert_same_bits(buckets[b].min, expected.min);
        assert_same_bits(buckets[b].max, expected.max);
        assert_same_bits(buckets[b].last, expected.last);
        at += length;
    }
    assert_true(at == epochs);
    free(buckets);
}

static void an_envelope_depends_on_the_losses_alone(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    const int64_t lengths[] = {1, 10, 777, 5000, 16384};
    int64_t epochs = KEEP;
    for (int i = 0; i < 5; i++) {
        epochs += 20 * lengths[i];
        grow(engine, &taken, lengths[i], epochs);
        assert_envelope(engine, 8192, epochs, history_stride(epochs - KEEP));
    }
    assert_true(epochs > 400000 && history_stride(epochs - KEEP) == 64);
    assert_envelope(engine, 1000, epochs, 512);
    assert_envelope(engine, 1, epochs, 524288);
}

static void losses_are_read_up_to_the_envelope(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    grow(engine, &taken, 50, KEEP + 500);
    double got[2 * KEEP];
    size_t n;
    must(read_losses(engine, "e", 0, 1, 2 * KEEP, got, &n, fresh()));
    assert_int_equal(n, KEEP);
    must(read_losses(engine, "e", 0, KEEP + 1, 10, got, &n, fresh()));
    assert_int_equal(n, 0);
    struct engine_run record;
    must(engine_find_run(engine, "e", 0, &record, fresh()));
    assert_true(record.exact == KEEP && record.epoch == KEEP + 500);
    assert_same_bits(record.loss, wild_loss(KEEP + 500));
    engine_run_clear(&record);
}

static void the_best_epoch_may_lie_in_a_bucket(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    grow(engine, &taken, 5000, 20000);
    struct engine_run record;
    must(engine_find_run(engine, "e", 0, &record, fresh()));
    assert_true(record.best_epoch == 15838);
    assert_same_bits(record.best_loss, wild_loss(15838));
    engine_run_clear(&record);
}

static void a_run_without_an_envelope_has_no_buckets(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    begin(engine);
    struct history_bucket *buckets;
    size_t n = 9;
    int64_t exact;
    must(engine_read_envelope(engine, "e", 0, 10, &buckets, &n, &exact, fresh()));
    assert_true(buckets == NULL && n == 0 && exact == KEEP);
    must(engine_read_envelope(engine, "e", 1, 10, &buckets, &n, &exact, fresh()));
    assert_true(buckets == NULL && n == 0 && exact == 0);
    must_fail(engine_read_envelope(engine, "e", 2, 10, &buckets, &n, &exact, fresh()),
              ERROR_NOT_FOUND);
}

/* What the log holds of run 0. */
struct survey {
    int n_entries;
    size_t n_buckets;
    int64_t next; /* the epoch that must follow */
    int64_t last, since;
};

static int survey_entry(void *context, const struct engine_entry *entry)
{
    struct survey *survey = context;
    if (entry->n_buckets == 0)
        return 0;
    if (survey->n_entries++ == 0)
        survey->since = entry->since;
    assert_true(entry->n == 0 && !entry->is_state);
    assert_true(survey->next == 0 || entry->first == survey->next);
    survey->next = entry->first;
    for (size_t b = 0; b < entry->n_buckets; b++)
        survey->next += entry->buckets[b].n;
    survey->n_buckets += entry->n_buckets;
    survey->last = entry->sequence;
    return 0;
}

static void the_log_stays_small_however_many_chunks_there_are(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    for (int64_t epochs = KEEP + 300; epochs <= KEEP + 3000; epochs += 300) {
        grow(engine, &taken, 1, epochs);
        struct survey survey = {0};
        must(engine_read_log(engine, "e", 0, survey_entry, &survey, fresh()));
        assert_true(survey.next == epochs + 1);
        assert_in_range(survey.n_entries, 5, 257);
        assert_in_range(survey.n_buckets, 1, 700);
    }
    assert_envelope(engine, 8192, KEEP + 3000, 16);
}

static void the_log_stays_small_however_long_the_run_is(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    for (int64_t epochs = 200000; epochs <= 1000000; epochs += 200000) {
        grow(engine, &taken, 16000, epochs);
        struct survey survey = {0};
        must(engine_read_log(engine, "e", 0, survey_entry, &survey, fresh()));
        assert_true(survey.next == epochs + 1);
        assert_in_range(survey.n_buckets, 4096, 2 * 8192);
    }
}

static void a_merged_entry_says_since_when_and_comes_once(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    int64_t before, at_200;
    must(engine_last_sequence(engine, "e", &before, fresh()));
    grow(engine, &taken, 1, KEEP + 200);
    must(engine_last_sequence(engine, "e", &at_200, fresh()));
    grow(engine, &taken, 1, KEEP + 257); /* entries 1 to 253 are one now */
    struct survey all = {0}, middle = {0}, late = {0};
    must(engine_read_log(engine, "e", before, survey_entry, &all, fresh()));
    assert_int_equal(all.n_entries, 5);
    assert_true(all.since == before + 1);
    must(engine_read_log(engine, "e", at_200, survey_entry, &middle, fresh()));
    assert_true(middle.since == before + 1 && middle.since <= at_200); /* so it is noticed */
    must(engine_read_log(engine, "e", at_200 + 53, survey_entry, &late, fresh()));
    assert_int_equal(late.n_entries, 4);
    assert_true(late.since > at_200 + 53);
}

static void refuses_chunks_that_cannot_follow(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    assert_int_equal(append_envelope(engine, &taken, KEEP + 2, 5, 0), ENGINE_ERROR);
    assert_int_equal(last_error.kind, ERROR_INVALID);
    grow(engine, &taken, 5, KEEP + 5);
    assert_int_equal(append(engine, &taken, KEEP + 6, 1), ENGINE_ERROR);
    assert_int_equal(last_error.kind, ERROR_INVALID);
    struct history_bucket empty = {.n = 0};
    int64_t held = KEEP + 5;
    struct engine_chunk chunk = {.first = KEEP + 6, .buckets = &empty, .n_buckets = 1,
                                 .checkpoint = &held, .checkpoint_bytes = sizeof held};
    assert_int_equal(engine_append(engine, &taken, &chunk, fresh()), ENGINE_ERROR);
    assert_int_equal(last_error.kind, ERROR_INVALID);
    empty.n = 1;
    chunk.checkpoint = NULL;
    assert_int_equal(engine_append(engine, &taken, &chunk, fresh()), ENGINE_ERROR);
    assert_int_equal(last_error.kind, ERROR_INVALID);
    assert_true(epoch_of(engine, "e", 0) == KEEP + 5);
}

static void an_envelope_survives_a_restart(void **state)
{
    struct store *store = *state;
    struct engine_claim taken = begin(store->engine);
    grow(store->engine, &taken, 16000, 250000);
    store_reopen(store);
    assert_envelope(store->engine, 8192, 250000, 32);
    taken = claim(store->engine, "e", 0);
    grow(store->engine, &taken, 999, 300000);
    assert_envelope(store->engine, 8192, 300000, 64);
    must(engine_delete(store->engine, "e", fresh()));
    begin(store->engine);
    struct survey survey = {0};
    must(engine_read_log(store->engine, "e", 0, survey_entry, &survey, fresh()));
    assert_int_equal(survey.n_entries, 0);
}

static int64_t kept(struct engine *engine, int64_t epoch)
{
    void *bytes;
    size_t n;
    int64_t found, held = 0;
    must(engine_kept_checkpoint(engine, "e", 0, epoch, &bytes, &n, &found, fresh()));
    if (bytes != NULL)
        memcpy(&held, bytes, sizeof held);
    assert_true(held == found);
    free(bytes);
    return found;
}

static void some_checkpoints_are_kept_ever_farther_apart(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    assert_true(kept(engine, 1000000) == 0);
    for (int64_t epoch = KEEP; epoch < 5000; epoch += 10)
        must(append_envelope(engine, &taken, epoch + 1, 10, 100));
    assert_true(checkpoint_of(engine, "e", 0) == 5000);
    assert_true(kept(engine, 1000000) == 5000);
    assert_true(kept(engine, 4999) == 4900);
    assert_true(kept(engine, 111) == 110);
    assert_true(kept(engine, 109) == 0);
    must(append_envelope(engine, &taken, 5001, 1000, 1600));
    assert_true(kept(engine, 1000000) == 5000); /* 6000 is in its cell */
    must(append_envelope(engine, &taken, 6001, 1000, 1600));
    assert_true(kept(engine, 1000000) == 7000);
    assert_true(kept(engine, 6999) == 4800);
    assert_true(kept(engine, 4799) == 3200);
    assert_true(kept(engine, 1599) == 110);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_envelope_depends_on_the_losses_alone),
        STORE_TEST(losses_are_read_up_to_the_envelope),
        STORE_TEST(the_best_epoch_may_lie_in_a_bucket),
        STORE_TEST(a_run_without_an_envelope_has_no_buckets),
        STORE_TEST(the_log_stays_small_however_many_chunks_there_are),
        STORE_TEST(the_log_stays_small_however_long_the_run_is),
        STORE_TEST(a_merged_entry_says_since_when_and_comes_once),
        STORE_TEST(refuses_chunks_that_cannot_follow),
        STORE_TEST(an_envelope_survives_a_restart),
        STORE_TEST(some_checkpoints_are_kept_ever_farther_apart),
    };
    return run_on_every_engine(tests);
}
