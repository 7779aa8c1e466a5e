/* The bounded history: no extreme is lost, whatever way the epochs were cut and merged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/train/history.h"

enum { N = 300000, FIRST = 1001 /* the epoch of offset 0 */ };

static uint32_t next(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

/* Losses with ties, spikes both ways and some that are not finite. */
static double *losses_make(void)
{
    double *losses = calloc(N, sizeof *losses);
    uint32_t random = 7;
    for (int i = 0; i < N; i++)
        losses[i] = next(&random) % 500 / 8.0;
    for (int i = 0; i < 40; i++) {
        losses[next(&random) % N] = 1e9 + i;
        losses[next(&random) % N] = -1e9 - i;
        losses[next(&random) % N] = i % 2 ? NAN : INFINITY;
    }
    for (int i = 5000; i < 5100; i++) /* more than a cell */
        losses[i] = NAN;
    return losses;
}

static void assert_same(const struct history_bucket *a, const struct history_bucket *b)
{
    assert_true(a->n == b->n && a->lowest == b->lowest);
    assert_memory_equal(&a->min, &b->min, sizeof a->min);
    assert_memory_equal(&a->max, &b->max, sizeof a->max);
    assert_memory_equal(&a->last, &b->last, sizeof a->last);
}

/* Buckets as a job makes them when it commits after cuts of up to `longest` epochs. */
static size_t cut(const double *losses, int64_t n, uint32_t longest, struct history_bucket *out)
{
    uint32_t random = longest;
    size_t n_buckets = 0;
    for (int64_t at = 0; at < n;) {
        int64_t stop = at + 1 + next(&random) % longest;
        stop = stop < n ? stop : n;
        while (at < stop) {
            int64_t end = history_cell_end(at);
            end = end < stop ? end : stop;
            out[n_buckets++] = history_sum(losses + at, (size_t)(end - at), 1, FIRST + at);
            at = end;
        }
    }
    return n_buckets;
}

static void keeps_a_million_epochs_of_a_run_and_fewer_of_many(void **state)
{
    (void)state;
    assert_true(history_keep(1, 1) == 1048576);
    assert_true(history_keep(16, 1) == 1048576);
    assert_true(history_keep(17, 1) < 1048576);
    for (int n = 1; n <= 1024; n++)
        for (int n_series = 1; n_series <= 5; n_series++)
            assert_true(history_keep(n, n_series) * n * n_series <= 16777216);
    assert_true(history_keep(1, 2) == 524288);
    assert_true(history_keep(1024, 1) == 16384);
}

static void the_stride_doubles_when_all_buckets_are_full(void **state)
{
    (void)state;
    assert_true(history_stride(1) == 16);
    assert_true(history_stride(16 * 8192) == 16);
    assert_true(history_stride(16 * 8192 + 1) == 32);
    assert_true(history_stride(32 * 8192 + 1) == 64);
    int64_t billion = 1000000000, stride = history_stride(billion);
    assert_true(billion / stride <= 8192 && billion / stride >= 4096);
}

static void a_cell_lies_in_a_cell_of_every_later_stride(void **state)
{
    (void)state;
    assert_true(history_cell_end(0) == 16);
    assert_true(history_cell_end(15) == 16);
    assert_true(history_cell_end(16) == 32);
    assert_true(history_cell_end(16 * 8192) == 16 * 8192 + 32);
    for (int64_t at = 0; at < 3000000; at = history_cell_end(at))
        for (int64_t stride = history_stride(at + 1); stride < 4096; stride *= 2)
            assert_true(at / stride == (history_cell_end(at) - 1) / stride);
}

static void gathered_buckets_are_those_of_the_losses_themselves(void **state)
{
    (void)state;
    double *losses = losses_make();
    struct history_bucket *buckets = calloc(N, sizeof *buckets);
    const uint32_t longest[] = {1, 7, 100, 5000, N};
    for (int i = 0; i < 5; i++) {
        for (int64_t stride = 64; stride <= 4096; stride *= 8) {
            size_t n = cut(losses, N, longest[i], buckets);
            n = history_gather(buckets, n, 1, 0, stride);
            assert_int_equal(n, (N + stride - 1) / stride);
            for (size_t b = 0; b < n; b++) {
                int64_t at = (int64_t)b * stride;
                int64_t end = at + stride < N ? at + stride : N;
                struct history_bucket direct =
                    history_sum(losses + at, (size_t)(end - at), 1, FIRST + at);
                assert_same(&buckets[b], &direct);
            }
        }
    }
    free(buckets);
    free(losses);
}

static void gathering_step_by_step_is_gathering_at_once(void **state)
{
    (void)state;
    double *losses = losses_make();
    struct history_bucket *once = calloc(N, sizeof *once), *often = calloc(N, sizeof *often);
    size_t n_once = cut(losses, N, 3000, once), n_often = cut(losses, N, 77, often);
    for (int64_t stride = 32; stride <= 512; stride *= 2)
        n_often = history_gather(often, n_often, 1, 0, stride);
    n_once = history_gather(once, n_once, 1, 0, 512);
    assert_int_equal(n_once, n_often);
    for (size_t b = 0; b < n_once; b++)
        assert_same(&once[b], &often[b]);
    free(often);
    free(once);
    free(losses);
}

static void gathers_from_the_middle_of_a_cell(void **state)
{
    (void)state;
    struct history_bucket buckets[] = {{6, 1, 1, 1, 1}, {16, 7, 2, 2, 2}, {10, 23, 0, 9, 3}};
    assert_int_equal(history_gather(buckets, 3, 1, 10, 32), 2); /* 10..15, 16..31 | 32..41 */
    assert_true(buckets[0].n == 22 && buckets[0].lowest == 1 && buckets[0].max == 2);
    assert_true(buckets[1].n == 10 && buckets[1].lowest == 23 && buckets[1].last == 3);
    assert_int_equal(history_gather(buckets, 0, 1, 10, 32), 0);
}

static void a_row_of_series_is_gathered_as_each_of_them_alone(void **state)
{
    (void)state;
    enum { SERIES = 3 };
    double *losses = losses_make();
    struct history_bucket *alone[SERIES], *rows = calloc((size_t)N * SERIES, sizeof *rows);
    size_t n = 0;
    for (int s = 0; s < SERIES; s++) { /* series s is the losses, turned and scaled */
        alone[s] = calloc(N, sizeof *alone[s]);
        double *series = calloc(N, sizeof *series);
        for (int i = 0; i < N; i++)
            series[i] = losses[(i + 1000 * s) % N] * (s - 1.5);
        n = cut(series, N, 333, alone[s]);
        for (size_t b = 0; b < n; b++)
            rows[b * SERIES + (size_t)s] = alone[s][b];
        free(series);
    }
    size_t n_left = history_gather(rows, n, SERIES, 0, 256);
    for (int s = 0; s < SERIES; s++) {
        assert_int_equal(history_gather(alone[s], n, 1, 0, 256), n_left);
        for (size_t b = 0; b < n_left; b++)
            assert_same(&rows[b * SERIES + (size_t)s], &alone[s][b]);
        free(alone[s]);
    }
    free(rows);
    free(losses);
}

static void reads_losses_that_stand_apart(void **state)
{
    (void)state;
    const double losses[] = {5, -99, 3, -99, 7, 99, 3};
    struct history_bucket sum = history_sum(losses, 4, 2, 100);
    assert_true(sum.n == 4 && sum.min == 3 && sum.max == 7 && sum.last == 3 && sum.lowest == 101);
}

static void kept_checkpoints_are_few_and_small(void **state)
{
    (void)state;
    for (int64_t epoch = 1; epoch <= 1000000000; epoch = epoch * 3 / 2 + 1) {
        assert_true(epoch / history_spacing(epoch, 1, 300) < 64);
        assert_true(epoch < 64 || epoch / history_spacing(epoch, 1, 300) >= 32);
        int64_t large = (int64_t)1 << 24; /* 16 MiB each: 4 of them */
        assert_true(epoch / history_spacing(epoch, 1, (size_t)large) < 4);
    }
    assert_true(history_spacing(1000, 1024, 1 << 24) == 0);
    assert_true(history_spacing(10, 1, 300) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_million_epochs_of_a_run_and_fewer_of_many),
        cmocka_unit_test(the_stride_doubles_when_all_buckets_are_full),
        cmocka_unit_test(a_cell_lies_in_a_cell_of_every_later_stride),
        cmocka_unit_test(gathered_buckets_are_those_of_the_losses_themselves),
        cmocka_unit_test(gathering_step_by_step_is_gathering_at_once),
        cmocka_unit_test(gathers_from_the_middle_of_a_cell),
        cmocka_unit_test(a_row_of_series_is_gathered_as_each_of_them_alone),
        cmocka_unit_test(reads_losses_that_stand_apart),
        cmocka_unit_test(kept_checkpoints_are_few_and_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
