/* Stream frames: ids, cuts, thinning, and that none is too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/api/frame.h"

static double losses[131072];

static struct engine_entry chunk(int64_t sequence, int64_t first, size_t n)
{
    struct engine_entry entry = {.sequence = sequence, .run = 3, .first = first, .n = n,
                                 .losses = losses};
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

static void cuts_a_chunk_without_gap_or_repetition(void **state)
{
    (void)state;
    struct engine_entry entry = chunk(5, 1001, 1234);
    struct frame_cursor cursor = {0, FRAME_ALL};
    int64_t next = 1001;
    do {
        struct text text = {0};
        long long from, to;
        frame_print_entry(&text, "e", &entry, 0, &cursor);
        const char *data = strstr(text.bytes, "\"from\":");
        assert_non_null(data);
        assert_int_equal(sscanf(data, "\"from\":%lld,\"to\":%lld", &from, &to), 2);
        assert_true(from == next);
        next = to + 1;
        text_clear(&text);
    } while (cursor.n_sent < FRAME_ALL);
    assert_true(next == 1001 + 1234);
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
            frame_print_entry(&text, "e", &entry, exact ? 0 : FRAME_BUCKETS_MAX, &cursor);
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
    frame_print_entry(&text, "e", &entry, 100, &cursor);
    assert_non_null(strstr(text.bytes, "\"exact\":false"));
    assert_non_null(strstr(text.bytes, "\"from\":1,\"to\":100000"));
    assert_non_null(strstr(text.bytes, "1000000000"));
    assert_non_null(strstr(text.bytes, "-7.25"));
    assert_true(cursor.sequence == 9 && cursor.n_sent == FRAME_ALL);
    text_clear(&text);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_every_id_it_writes),
        cmocka_unit_test(refuses_what_is_no_id),
        cmocka_unit_test(cuts_a_chunk_without_gap_or_repetition),
        cmocka_unit_test(never_exceeds_the_frame_size),
        cmocka_unit_test(keeps_the_extremes_when_thinned),
        cmocka_unit_test(writes_a_loss_that_is_not_finite_as_null),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
