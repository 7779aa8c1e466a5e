/* Several series of a run in the engine: what goes in comes out, exact and as an envelope. */
#include "tests/server/engine_fixture.h"

enum { TWO = LOSS_ALONE | 1 << SERIES_VALIDATION_LOSS, ALL = (1 << SERIES_COUNT) - 1 };

/* The number of a series in an epoch: spikes both ways, at other epochs for each series. */
static double value_of(int series, int64_t epoch)
{
    int64_t at = epoch + 37 * series;
    return at % 991 == 0 ? 1e6 * (series + 1) + (double)at : at % 787 == 0 ? -1e6 - (double)at
                                                              : (double)(at % 101) + series / 8.0;
}

/* Records of the epochs from `first` on, as a block hands them over: a place of `lanes` for each
 * series, ours being the second. */
struct lanes {
    double *records;
    struct engine_chunk chunk;
    int64_t held;
};

enum { LANES = 3, LANE = 1 };

static void lanes_make(struct lanes *lanes, unsigned set, int64_t first, size_t n)
{
    size_t n_series = (size_t)series_n(set);
    lanes->records = calloc(n * n_series * LANES + 1, sizeof *lanes->records);
    for (size_t e = 0; e < n; e++)
        for (size_t s = 0; s < n_series; s++)
            lanes->records[(e * n_series + s) * LANES + LANE] =
                value_of(series_at(set, (int)s), first + (int64_t)e);
    lanes->held = first + (int64_t)n - 1;
    lanes->chunk = (struct engine_chunk){.first = first, .n = n, .series = set,
                                         .records = lanes->records + LANE,
                                         .stride = n_series * LANES, .apart = LANES,
                                         .checkpoint = &lanes->held,
                                         .checkpoint_bytes = sizeof lanes->held};
}

static enum engine_result append_series(struct engine *engine, const struct engine_claim *taken,
                                        unsigned set, int64_t first, size_t n)
{
    struct lanes lanes;
    lanes_make(&lanes, set, first, n);
    enum engine_result result = engine_append(engine, taken, &lanes.chunk, fresh());
    free(lanes.records);
    return result;
}

/* As buckets, behind `keep` epochs. */
static enum engine_result append_rows(struct engine *engine, const struct engine_claim *taken,
                                      unsigned set, int64_t keep, int64_t first, int64_t n)
{
    struct lanes lanes;
    static struct history_bucket rows[ENGINE_CHUNK_BUCKETS_MAX * SERIES_COUNT];
    size_t n_series = (size_t)series_n(set), n_rows = 0;
    lanes_make(&lanes, set, first, (size_t)n);
    for (int64_t at = first - 1 - keep, end; at < first - 1 - keep + n; at = end, n_rows++) {
        end = history_cell_end(at);
        end = end < first - 1 - keep + n ? end : first - 1 - keep + n;
        assert_true(n_rows < ENGINE_CHUNK_BUCKETS_MAX);
        for (size_t s = 0; s < n_series; s++) {
            size_t offset = (size_t)(keep + at + 1 - first);
            rows[n_rows * n_series + s] =
                history_sum(lanes.chunk.records + offset * n_series * LANES + s * LANES,
                            (size_t)(end - at), n_series * LANES, keep + at + 1);
        }
    }
    lanes.chunk.n = 0;
    lanes.chunk.buckets = rows;
    lanes.chunk.n_buckets = n_rows;
    enum engine_result result = engine_append(engine, taken, &lanes.chunk, fresh());
    free(lanes.records);
    return result;
}

static struct engine_claim begin(struct engine *engine)
{
    submit(engine, "e", 1);
    return claim(engine, "e", 0);
}

static void assert_records(struct engine *engine, unsigned set, unsigned wanted, int64_t first,
                           size_t n)
{
    size_t n_read, n_wanted = (size_t)series_n(wanted);
    double *got = calloc(n * n_wanted + 1, sizeof *got);
    must(engine_read_records(engine, "e", 0, wanted, first, n, got, &n_read, fresh()));
    assert_int_equal(n_read, n);
    for (size_t e = 0; e < n; e++)
        for (size_t s = 0; s < n_wanted; s++) {
            enum series series = series_at(wanted, (int)s);
            double value = got[e * n_wanted + s];
            if ((set >> series & 1) == 1)
                assert_same_bits(value, value_of(series, first + (int64_t)e));
            else
                assert_true(isnan(value));
        }
    free(got);
}

static void every_series_is_read_as_it_was_written(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    must(append_series(engine, &taken, ALL, 1, 100));
    must(append_series(engine, &taken, ALL, 101, 1));
    must(append_series(engine, &taken, ALL, 102, 20000)); /* of more numbers than an entry has */
    assert_records(engine, ALL, ALL, 1, 20101);
    assert_records(engine, ALL, ALL, 99, 5);
    assert_records(engine, ALL, TWO, 13000, 300);
    assert_records(engine, ALL, 1 << SERIES_ACCURACY, 50, 60);
}

static void a_series_that_is_not_recorded_is_no_number(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    must(append_series(engine, &taken, TWO, 1, 10));
    assert_records(engine, TWO, ALL, 1, 10);
    assert_records(engine, TWO, LOSS_ALONE | 1 << SERIES_END_LOSS, 3, 4);
}

struct seen {
    int64_t next;
    unsigned set;
    int n_entries;
};

static int check_entry(void *context, const struct engine_entry *entry)
{
    struct seen *seen = context;
    if (entry->is_state) {
        assert_int_equal(entry->n_series, 0);
        return 0;
    }
    assert_int_equal(entry->series, seen->set);
    assert_int_equal(entry->n_series, series_n(seen->set));
    assert_true(entry->first == seen->next);
    for (size_t e = 0; e < entry->n; e++, seen->next++)
        for (int s = 0; s < entry->n_series; s++)
            assert_same_bits(entry->records[e * (size_t)entry->n_series + (size_t)s],
                             value_of(series_at(seen->set, s), seen->next));
    seen->n_entries++;
    return 0;
}

static void the_log_has_every_series_of_every_epoch(void **state)
{
    struct store *store = *state;
    struct engine_claim taken = begin(store->engine);
    must(append_series(store->engine, &taken, TWO, 1, 7));
    must(append_series(store->engine, &taken, TWO, 8, 40000));
    store_reopen(store);
    struct seen seen = {1, TWO, 0};
    must(engine_read_log(store->engine, "e", 0, check_entry, &seen, fresh()));
    assert_true(seen.next == 40008);
    assert_int_equal(seen.n_entries, 3);
}

static void an_envelope_keeps_the_extremes_of_every_series(void **state)
{
    struct store *store = *state;
    enum { KEEP = 50, EPOCHS = 300050, CHUNK = 9000 };
    struct engine_claim taken = begin(store->engine);
    must(append_series(store->engine, &taken, ALL, 1, KEEP));
    for (int64_t at = KEEP; at < EPOCHS; at += CHUNK)
        must(append_rows(store->engine, &taken, ALL, KEEP, at + 1,
                         at + CHUNK < EPOCHS ? CHUNK : EPOCHS - at));
    store_reopen(store);
    struct history_bucket *rows;
    size_t n;
    int64_t exact, at = KEEP;
    must(engine_read_envelope(store->engine, "e", 0, 8192, &rows, &n, &exact, fresh()));
    assert_true(exact == KEEP);
    for (size_t b = 0; b < n; b++) {
        struct lanes lanes;
        int64_t length = rows[b * SERIES_COUNT].n;
        lanes_make(&lanes, ALL, at + 1, (size_t)length);
        for (size_t s = 0; s < SERIES_COUNT; s++) {
            struct history_bucket *got = &rows[b * SERIES_COUNT + s];
            struct history_bucket direct =
                history_sum(lanes.chunk.records + s * LANES, (size_t)length, SERIES_COUNT * LANES,
                            at + 1);
            assert_true(got->n == direct.n && got->lowest == direct.lowest);
            assert_same_bits(got->min, direct.min);
            assert_same_bits(got->max, direct.max);
            assert_same_bits(got->last, direct.last);
        }
        free(lanes.records);
        at += length;
    }
    assert_true(at == EPOCHS);
    free(rows);
}

static void a_run_tells_its_last_and_its_best_record(void **state)
{
    struct store *store = *state;
    struct engine_claim taken = begin(store->engine);
    struct lanes lanes;
    struct engine_run record;
    struct engine_record best = {4, {0.5, NAN, NAN, 0.25, NAN}};
    must(append_series(store->engine, &taken, TWO, 1, 5));
    lanes_make(&lanes, TWO, 6, 5);
    lanes.chunk.best = &best;
    lanes.chunk.trained_ms = 1234;
    must(engine_append(store->engine, &taken, &lanes.chunk, fresh()));
    free(lanes.records);
    must(append_rows(store->engine, &taken, TWO, 10, 11, 40));
    store_reopen(store);
    must(engine_find_run(store->engine, "e", 0, &record, fresh()));
    assert_int_equal(record.series, TWO);
    assert_true(record.last.epoch == 50 && record.best.epoch == 4 && record.trained_ms == 1234);
    assert_same_bits(record.last.values[SERIES_LOSS], value_of(SERIES_LOSS, 50));
    assert_same_bits(record.last.values[SERIES_VALIDATION_LOSS],
                     value_of(SERIES_VALIDATION_LOSS, 50));
    assert_true(isnan(record.last.values[SERIES_END_LOSS]));
    assert_same_bits(record.best.values[SERIES_LOSS], 0.5);
    assert_same_bits(record.best.values[SERIES_VALIDATION_LOSS], 0.25);
    assert_true(isnan(record.best.values[SERIES_ACCURACY]));
    engine_run_clear(&record);
}

/* Counts the states, of which only one of run 0 that is done tells why. */
static int check_stopped(void *context, const struct engine_entry *entry)
{
    if (!entry->is_state)
        return 0;
    *(int *)context += 1;
    if (entry->run == 0 && entry->state == RUN_DONE)
        assert_string_equal(entry->stopped, "patience");
    else
        assert_null(entry->stopped);
    return 0;
}

static void a_run_tells_why_it_stopped(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    struct lanes lanes;
    struct engine_run record;
    lanes_make(&lanes, TWO, 1, 5);
    struct engine_handover end = {.claim = &taken, .chunk = lanes.chunk, .state = RUN_DONE,
                                  .message = "", .diverged_sample = -1, .stopped = "patience"};
    must(engine_hand_over(engine, &end, 1, fresh()));
    free(lanes.records);
    must(engine_find_run(engine, "e", 0, &record, fresh()));
    assert_string_equal(record.stopped, "patience");
    assert_int_equal(record.state, RUN_DONE);
    engine_run_clear(&record);

    int n_states = 0;
    must(engine_read_log(engine, "e", 0, check_stopped, &n_states, fresh()));
    assert_int_equal(n_states, 2);
}

static void a_run_cannot_change_what_it_records(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    must(append_series(engine, &taken, TWO, 1, 5));
    const unsigned others[] = {LOSS_ALONE, ALL, 1 << SERIES_VALIDATION_LOSS, 1 << SERIES_COUNT | 1};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(append_series(engine, &taken, others[i], 6, 2), ENGINE_ERROR);
        assert_int_equal(last_error.kind, ERROR_INVALID);
    }
    must(append_series(engine, &taken, TWO, 6, 2));
    assert_records(engine, TWO, TWO, 1, 7);
}

static void refuses_a_row_whose_series_differ_in_length(void **state)
{
    struct engine *engine = ((struct store *)*state)->engine;
    struct engine_claim taken = begin(engine);
    int64_t held = 16;
    struct history_bucket rows[] = {{16, 1, 1, 1, 1}, {15, 1, 1, 1, 1}};
    struct engine_chunk chunk = {.first = 1, .series = TWO, .buckets = rows, .n_buckets = 1,
                                 .checkpoint = &held, .checkpoint_bytes = sizeof held};
    assert_int_equal(engine_append(engine, &taken, &chunk, fresh()), ENGINE_ERROR);
    assert_int_equal(last_error.kind, ERROR_INVALID);
    rows[1].n = 16;
    must(engine_append(engine, &taken, &chunk, fresh()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(every_series_is_read_as_it_was_written),
        STORE_TEST(a_series_that_is_not_recorded_is_no_number),
        STORE_TEST(the_log_has_every_series_of_every_epoch),
        STORE_TEST(an_envelope_keeps_the_extremes_of_every_series),
        STORE_TEST(a_run_tells_its_last_and_its_best_record),
        STORE_TEST(a_run_tells_why_it_stopped),
        STORE_TEST(a_run_cannot_change_what_it_records),
        STORE_TEST(refuses_a_row_whose_series_differ_in_length),
    };
    return run_on_every_engine(tests);
}
