/* Stream frames: ids, cuts, thinning, and that none is too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/api/stream/frame.h"

static double losses[131072];

static struct engine_entry chunk(int64_t sequence, int64_t first, size_t n)
{
    struct engine_entry entry = {.sequence = sequence, .run = 3, .first = first, .n = n,
                                 .series = 1, .n_series = 1, .records = losses};
    return entry;
}

static void reads_back_every_id_it_writes(void **state)
{
    (void)state;
    const char *ids[] = {"17", "17.512", "17.done"};
    const int64_t sent[] = {FRAME_ALL, 512, FRAME_DONE};
    for (int i = 0; i < 3; i++) {
        struct frame_cursor cursor;
        assert_int_equal(frame_read_id(ids[i], &cursor), 0);
        assert_int_equal(cursor.sequence, 17);
        assert_true(cursor.n_sent == sent[i]);
    }
}

static void refuses_what_is_no_id(void **state)
{
    (void)state;
    const char *ids[] = {"", "-1", "x", "17.", "17.x", "17 ", " 17", "17.5.1", "17.done ",
                         "99999999999999999999999", "17.9223372036854775807"};
    struct frame_cursor cursor;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_int_equal(frame_read_id(ids[i], &cursor), -1);
}

/* Frames of 1234 epochs follow each other; how many. */
static int frames_of_chunk(int64_t stride)
{
    struct engine_entry entry = chunk(5, 1001, 1234);
    struct frame_cursor cursor = {0, FRAME_ALL};
    int64_t next = 1001;
    int n = 0;
    do {
        struct text text = {0};
        long long from, to;
        frame_print_entry(&text, "e", &entry, stride, &cursor);
        const char *data = strstr(text.bytes, "\"from\":");
        assert_non_null(data);
        assert_true(cursor.n_sent == FRAME_ALL || frame_is_place(&entry, &cursor));
        assert_int_equal(sscanf(data, "\"from\":%lld,\"to\":%lld", &from, &to), 2);
        assert_true(from == next);
        next = to + 1;
        n++;
        text_clear(&text);
    } while (cursor.n_sent < FRAME_ALL);
    assert_true(next == 1001 + 1234);
    return n;
}

static void cuts_a_chunk_without_gap_or_repetition(void **state)
{
    (void)state;
    assert_int_equal(frames_of_chunk(0), 4);
    assert_int_equal(frames_of_chunk(1), 4);
    assert_int_equal(frames_of_chunk(7), 2);   /* 177 buckets */
    assert_int_equal(frames_of_chunk(100), 1); /* the last one of 34 epochs */
    assert_int_equal(frames_of_chunk(INT64_MAX), 1);
}

static void never_exceeds_the_frame_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < 131072; i++)
        losses[i] = -1.2345678901234567e-300 * (double)(i + 1);
    int64_t firsts[] = {1, 9999999000};
    for (int i = 0; i < 2; i++)
        for (int exact = 0; exact < 2; exact++) {
            struct engine_entry entry = chunk(INT64_MAX - 1, firsts[i], 131072);
            struct frame_cursor cursor = {0, FRAME_ALL};
            struct text text = {0};
            entry.run = 1023;
            frame_print_entry(&text, "e", &entry, exact ? 0 : 2, &cursor);
            assert_true(text.n_bytes <= FRAME_BYTES_MAX);
            text_clear(&text);
        }
}

static void keeps_the_extremes_when_thinned(void **state)
{
    (void)state;
    memset(losses, 0, sizeof losses);
    losses[54321] = 1e9;
    losses[54322] = -7.25;
    struct engine_entry entry = chunk(9, 1, 100000);
    struct frame_cursor cursor = {0, FRAME_ALL};
    struct text text = {0};
    frame_print_entry(&text, "e", &entry, 1000, &cursor);
    assert_non_null(strstr(text.bytes, "\"exact\":false"));
    assert_non_null(strstr(text.bytes, "\"from\":1,\"to\":100000"));
    assert_non_null(strstr(text.bytes, "1000000000"));
    assert_non_null(strstr(text.bytes, "-7.25"));
    assert_true(cursor.sequence == 9 && cursor.n_sent == FRAME_ALL);
    text_clear(&text);
}

static struct history_bucket buckets[1000];

/* 1000 buckets of 16 epochs from 1001 on, one with a spike. */
static struct engine_entry envelope(int64_t sequence)
{
    for (int b = 0; b < 1000; b++)
        buckets[b] = (struct history_bucket){16, 1001 + 16 * b, -1.2345678901234567e-300 * (b + 1),
                                             1.2345678901234567e-300 * (b + 1), 1e-300};
    buckets[777].max = 12345678;
    struct engine_entry entry = {.sequence = sequence, .run = 3, .first = 1001, .series = 1,
                                 .n_series = 1,
                                 .buckets = buckets, .n_buckets = 1000};
    return entry;
}

/* Frames of the entry from the cursor on: how many; *out_spikes tell the spike. */
static int frames_of(const struct engine_entry *entry, int64_t stride, struct frame_cursor cursor,
                     int64_t next, int *out_spikes)
{
    int n = 0;
    *out_spikes = 0;
    do {
        struct text text = {0};
        long long from, to;
        frame_print_entry(&text, "e", entry, stride, &cursor);
        const char *data = strstr(text.bytes, "\"from\":");
        assert_int_equal(sscanf(data, "\"from\":%lld,\"to\":%lld,\"exact\":false", &from, &to), 2);
        assert_true(from == next && to >= from && text.n_bytes <= FRAME_BYTES_MAX);
        assert_true(cursor.n_sent == FRAME_ALL || frame_is_place(entry, &cursor));
        *out_spikes += strstr(text.bytes, "12345678,") != NULL;
        next = to + 1;
        n++;
        text_clear(&text);
    } while (cursor.n_sent < FRAME_ALL);
    assert_true(next == 17001);
    return n;
}

static void cuts_an_envelope_without_gap_or_repetition(void **state)
{
    (void)state;
    struct engine_entry entry = envelope(5);
    const struct frame_cursor begin = {0, FRAME_ALL};
    int n_spikes;
    assert_int_equal(frames_of(&entry, 0, begin, 1001, &n_spikes), 7);
    assert_int_equal(n_spikes, 1);
    assert_int_equal(frames_of(&entry, 160, begin, 1001, &n_spikes), 1);
    assert_int_equal(n_spikes, 1);
    assert_int_equal(frames_of(&entry, 17, begin, 1001, &n_spikes), 4); /* pairs */
    assert_int_equal(n_spikes, 1);
}

static void goes_on_in_the_middle_of_a_merged_bucket(void **state)
{
    (void)state;
    struct engine_entry entry = envelope(5);
    const struct frame_cursor inside = {5, 1000 + 16 * 777 + 3}, edge = {5, 1000 + 16 * 778};
    int n_spikes;
    assert_int_equal(frames_of(&entry, 0, inside, inside.n_sent + 1, &n_spikes), 2);
    assert_int_equal(n_spikes, 1); /* its bucket's extremes are told */
    assert_int_equal(frames_of(&entry, 0, edge, edge.n_sent + 1, &n_spikes), 2);
    assert_int_equal(n_spikes, 0);
    assert_false(frame_is_place(&entry, &inside));
    assert_true(frame_is_place(&entry, &edge));
    const struct frame_cursor nowhere[] = {{5, 0}, {5, 1000}, {5, 17000}, {5, 99999}};
    for (int i = 0; i < 4; i++)
        assert_false(frame_is_place(&entry, &nowhere[i]));
}

static void writes_a_loss_that_is_not_finite_as_null(void **state)
{
    (void)state;
    losses[0] = INFINITY;
    losses[1] = NAN;
    losses[2] = 0.5;
    struct engine_entry entry = chunk(1, 1, 3);
    struct frame_cursor cursor = {0, FRAME_ALL};
    struct text text = {0};
    frame_print_entry(&text, "e", &entry, 0, &cursor);
    assert_non_null(strstr(text.bytes, "\"loss\":[null,null,0.5]"));
    text_clear(&text);
}

enum { ALL_SERIES = (1 << SERIES_COUNT) - 1 };

/* Numbers as long as they can be. */
static void the_frames_of_five_series_are_not_too_long(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        losses[i] = 1.2345678901234567e-300 * (1 + (double)(i % 97) / 97);
    for (int64_t stride = 0; stride <= 10; stride += 10) {
        struct engine_entry entry = chunk(INT64_MAX - 1, 999990000, 9000);
        entry.series = ALL_SERIES;
        entry.n_series = SERIES_COUNT;
        entry.run = 1023;
        struct frame_cursor cursor = {0, FRAME_ALL};
        int n = 0;
        do {
            struct text text = {0};
            frame_print_entry(&text, "abcdefghijklmnopqrstuvw", &entry, stride, &cursor);
            assert_in_range(text.n_bytes, 1, FRAME_BYTES_MAX);
            assert_non_null(strstr(text.bytes, "\"validation_accuracy\":["));
            assert_true((strstr(text.bytes, "\"validation_loss_max\":[") != NULL) == (stride > 0));
            text_clear(&text);
            n++;
        } while (cursor.n_sent < FRAME_ALL);
        assert_in_range(n, stride == 0 ? 70 : 20, stride == 0 ? 90 : 30);
    }
}

static void every_series_has_its_columns(void **state)
{
    (void)state;
    const double records[] = {5, 0.5, 4, 0.25, 7, 0.75};
    struct engine_entry entry = {.sequence = 1, .run = 3, .first = 1, .n = 3, .n_series = 2,
                                 .series = 1 << SERIES_LOSS | 1 << SERIES_VALIDATION_LOSS,
                                 .records = records};
    struct frame_cursor cursor = {0, FRAME_ALL};
    struct text text = {0};
    frame_print_entry(&text, "e", &entry, 0, &cursor);
    assert_non_null(strstr(text.bytes, "\"loss\":[5,4,7],\"validation_loss\":[0.5,0.25,0.75]}"));
    cursor = (struct frame_cursor){0, FRAME_ALL};
    text.n_bytes = 0;
    frame_print_entry(&text, "e", &entry, 3, &cursor);
    assert_non_null(strstr(text.bytes, "\"epochs\":[3],\"loss\":[7],\"min\":[4],\"max\":[7],"
                                       "\"validation_loss\":[0.75],\"validation_loss_min\":[0.25],"
                                       "\"validation_loss_max\":[0.75]}"));
    text_clear(&text);
}

/* Five hundred buckets of two series, the second the first negated. */
static void an_envelope_of_two_series_is_merged_by_rows(void **state)
{
    (void)state;
    static struct history_bucket rows[500][2];
    for (int b = 0; b < 500; b++) {
        rows[b][0] = (struct history_bucket){16, 16 * b + 3, b, 1000 + b, b + 0.5};
        rows[b][1] = (struct history_bucket){16, 16 * b + 4, -1000 - b, -1 - b, -b - 0.5};
    }
    struct engine_entry entry = {.sequence = 1, .first = 1, .n_series = 2, .n_buckets = 500,
                                 .series = 1 << SERIES_LOSS | 1 << SERIES_VALIDATION_LOSS,
                                 .buckets = rows[0]};
    struct frame_cursor cursor = {0, FRAME_ALL};
    struct text text = {0};
    frame_print_entry(&text, "e", &entry, 8000, &cursor);
    assert_true(cursor.n_sent == FRAME_ALL);
    assert_non_null(strstr(text.bytes,
                           "\"epochs\":[8000],\"loss\":[499.5],\"min\":[0],\"max\":[1499],"
                           "\"validation_loss\":[-499.5],\"validation_loss_min\":[-1499],"
                           "\"validation_loss_max\":[-1]}"));
    text_clear(&text);
}

static void a_state_tells_why_a_run_stopped(void **state)
{
    (void)state;
    struct engine_entry entry = {.sequence = 7, .run = 2, .is_state = 1, .state = RUN_DONE,
                                 .first = 41};
    for (int has_stopped = 0; has_stopped < 2; has_stopped++) {
        struct frame_cursor cursor = {0, FRAME_ALL};
        struct text text = {0};
        entry.stopped = has_stopped ? "patience" : NULL;
        frame_print_entry(&text, "e", &entry, 0, &cursor);
        assert_string_equal(text.bytes,
                            has_stopped ? "event: state\ndata: {\"experiment\":\"e\",\"run\":2,"
                                          "\"state\":\"done\",\"epoch\":41,"
                                          "\"stopped\":\"patience\"}\n\n"
                                        : "event: state\ndata: {\"experiment\":\"e\",\"run\":2,"
                                          "\"state\":\"done\",\"epoch\":41}\n\n");
        text_clear(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_every_id_it_writes),
        cmocka_unit_test(refuses_what_is_no_id),
        cmocka_unit_test(cuts_a_chunk_without_gap_or_repetition),
        cmocka_unit_test(never_exceeds_the_frame_size),
        cmocka_unit_test(keeps_the_extremes_when_thinned),
        cmocka_unit_test(cuts_an_envelope_without_gap_or_repetition),
        cmocka_unit_test(goes_on_in_the_middle_of_a_merged_bucket),
        cmocka_unit_test(the_frames_of_five_series_are_not_too_long),
        cmocka_unit_test(every_series_has_its_columns),
        cmocka_unit_test(an_envelope_of_two_series_is_merged_by_rows),
        cmocka_unit_test(a_state_tells_why_a_run_stopped),
        cmocka_unit_test(writes_a_loss_that_is_not_finite_as_null),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
