/* The queue: fairness between experiments, shares of runs, dropping, closing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>

#include "server/lab/train/queue.h"

static const int RUNS[40] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13,
                             14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
                             28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39};

/* Jobs are opaque to the queue: any address will do. */
static char jobs[4];
static struct job *job(int i)
{
    return (struct job *)&jobs[i];
}

static int n_closed;
static void count_closed(void *context, struct job *closed)
{
    (void)context;
    (void)closed;
    n_closed++;
}

static struct queue *open_queue(void **state, int n_workers)
{
    (void)state;
    struct queue *queue = queue_create(n_workers, NULL);
    assert_non_null(queue);
    n_closed = 0;
    return queue;
}

static struct turn take(struct queue *queue)
{
    struct turn turn;
    assert_int_equal(queue_take(queue, &turn), 1);
    return turn;
}

static void serves_experiments_in_turn(void **state)
{
    struct queue *queue = open_queue(state, 1);
    queue_add(queue, "a", RUNS, 1, NULL);
    queue_add(queue, "b", RUNS, 1, NULL);
    struct turn a = take(queue);
    assert_string_equal(a.id, "a");
    assert_int_equal(queue_end_turn(queue, &a, job(0), NULL, 0), 1);
    struct turn b = take(queue);
    assert_string_equal(b.id, "b");
    assert_int_equal(queue_end_turn(queue, &b, job(1), NULL, 0), 1);
    struct turn again = take(queue);
    assert_string_equal(again.id, "a");
    assert_ptr_equal(again.job, job(0));
    queue_end_turn(queue, &again, NULL, NULL, 0);
    queue_close(queue);
    queue_empty(queue, count_closed, NULL);
    queue_destroy(queue);
}

static void goes_on_with_begun_work_before_new_runs(void **state)
{
    struct queue *queue = open_queue(state, 1);
    queue_add(queue, "a", RUNS, 40, NULL);
    struct turn first = take(queue);
    assert_int_equal(first.n_runs, BLOCK_RUNS_MAX);
    queue_end_turn(queue, &first, job(0), NULL, 0);
    struct turn second = take(queue);
    assert_ptr_equal(second.job, job(0));
    assert_int_equal(second.n_runs, 0);
    queue_end_turn(queue, &second, NULL, NULL, 0);
    struct turn third = take(queue);
    assert_int_equal(third.runs[0], BLOCK_RUNS_MAX);
    queue_end_turn(queue, &third, NULL, NULL, 0);
    queue_destroy(queue);
}

static void shares_a_short_sweep_between_workers(void **state)
{
    struct queue *queue = open_queue(state, 2);
    queue_add(queue, "a", RUNS, 8, NULL);
    struct turn one = take(queue), other = take(queue);
    assert_int_equal(one.n_runs, 4);
    assert_int_equal(other.n_runs, 4);
    assert_int_equal(other.runs[0], 4);
    queue_end_turn(queue, &one, NULL, NULL, 0);
    queue_end_turn(queue, &other, NULL, NULL, 0);
    queue_destroy(queue);
}

/* What a number of workers take in turn of a sweep of n runs. */
static void assert_shares(void **state, int n_workers, int n, const int *expected, int n_expected)
{
    struct queue *queue = open_queue(state, n_workers);
    queue_add(queue, "a", RUNS, n, NULL);
    for (int i = 0, next = 0; i < n_expected; i++) {
        struct turn turn = take(queue);
        assert_int_equal(turn.n_runs, expected[i]);
        assert_int_equal(turn.runs[0], next);
        next += turn.n_runs;
        assert_true(next <= n && (i + 1 < n_expected || next == n));
        queue_end_turn(queue, &turn, NULL, NULL, 0);
    }
    queue_destroy(queue);
}

static void whole_blocks_first_then_equal_shares(void **state)
{
    assert_shares(state, 1, 40, (const int[]){16, 16, 8}, 3);
    assert_shares(state, 2, 32, (const int[]){16, 16}, 2);
    assert_shares(state, 2, 40, (const int[]){16, 16, 4, 4}, 4);
    assert_shares(state, 2, 33, (const int[]){16, 16, 1}, 3);
    assert_shares(state, 3, 7, (const int[]){3, 3, 1}, 3);
    assert_shares(state, 64, 3, (const int[]){1, 1, 1}, 3);
}

static void gives_back_runs_in_their_order(void **state)
{
    struct queue *queue = open_queue(state, 1);
    queue_add(queue, "a", RUNS, 10, NULL);
    struct turn turn = take(queue);
    assert_int_equal(turn.n_runs, 10);
    queue_end_turn(queue, &turn, NULL, turn.runs + 3, 7);
    struct turn rest = take(queue);
    assert_int_equal(rest.n_runs, 7);
    for (int i = 0; i < 7; i++)
        assert_int_equal(rest.runs[i], 3 + i);
    queue_end_turn(queue, &rest, NULL, NULL, 0);
    queue_destroy(queue);
}

static void forgets_an_experiment_that_has_ended(void **state)
{
    struct queue *queue = open_queue(state, 1);
    int n_experiments, n_runs;
    queue_add(queue, "a", RUNS, 1, NULL);
    struct turn turn = take(queue);
    queue_length(queue, &n_experiments, &n_runs);
    assert_int_equal(n_experiments, 1);
    queue_end_turn(queue, &turn, NULL, NULL, 0);
    queue_length(queue, &n_experiments, &n_runs);
    assert_int_equal(n_experiments, 0);
    queue_destroy(queue);
}

static void closes_the_paused_jobs_of_a_dropped_experiment(void **state)
{
    struct queue *queue = open_queue(state, 2);
    queue_add(queue, "a", RUNS, 2, NULL);
    struct turn one = take(queue), other = take(queue);
    queue_end_turn(queue, &one, job(0), NULL, 0);
    queue_drop(queue, "a", count_closed, NULL);
    assert_int_equal(n_closed, 1);
    assert_int_equal(queue_end_turn(queue, &other, job(1), NULL, 0), 0);
    queue_destroy(queue);
}

static void *take_once(void *context)
{
    struct turn turn;
    return queue_take(context, &turn) ? context : NULL;
}

static void closing_frees_a_waiting_worker(void **state)
{
    struct queue *queue = open_queue(state, 1);
    pthread_t thread;
    void *result = queue;
    assert_int_equal(pthread_create(&thread, NULL, take_once, queue), 0);
    assert_int_equal(queue_wait_closed(queue, 20), 0);
    queue_close(queue);
    assert_int_equal(queue_wait_closed(queue, 20), 1);
    pthread_join(thread, &result);
    assert_null(result);
    queue_destroy(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves_experiments_in_turn),
        cmocka_unit_test(goes_on_with_begun_work_before_new_runs),
        cmocka_unit_test(shares_a_short_sweep_between_workers),
        cmocka_unit_test(whole_blocks_first_then_equal_shares),
        cmocka_unit_test(gives_back_runs_in_their_order),
        cmocka_unit_test(forgets_an_experiment_that_has_ended),
        cmocka_unit_test(closes_the_paused_jobs_of_a_dropped_experiment),
        cmocka_unit_test(closing_frees_a_waiting_worker),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
