/* Deadlines of equal length: the order they fall due in, and leaving from anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/http/connection/deadline.h"

static void the_first_armed_is_the_first_due(void **state)
{
    (void)state;
    struct deadline_queue queue = {.wait_ms = 100};
    struct deadline a = {0}, b = {0};
    assert_true(deadline_next_ms(&queue) == INT64_MAX);
    deadline_arm(&a, &queue, 1000);
    deadline_arm(&b, &queue, 1050);
    assert_int_equal(deadline_next_ms(&queue), 1100);
    assert_null(deadline_take_due(&queue, 1099));
    assert_ptr_equal(deadline_take_due(&queue, 1100), &a);
    assert_null(a.queue);
    assert_null(deadline_take_due(&queue, 1100));
    assert_ptr_equal(deadline_take_due(&queue, 9999), &b);
    assert_int_equal(queue.n_armed, 0);
}

static void arming_again_moves_it_to_the_end(void **state)
{
    (void)state;
    struct deadline_queue queue = {.wait_ms = 100}, other = {.wait_ms = 10};
    struct deadline a = {0}, b = {0};
    deadline_arm(&a, &queue, 1000);
    deadline_arm(&b, &queue, 1000);
    deadline_arm(&a, &queue, 1050);
    assert_ptr_equal(deadline_take_due(&queue, 2000), &b);
    deadline_arm(&a, &other, 1060);
    assert_int_equal(queue.n_armed, 0);
    assert_int_equal(deadline_next_ms(&other), 1070);
}

static void armed_at_a_time_of_its_own_it_stands_in_order(void **state)
{
    (void)state;
    static const int64_t due[] = {50, 20, 90, 20, 10, 60};
    static const int order[] = {4, 1, 3, 0, 5, 2};
    struct deadline_queue queue = {.wait_ms = 100};
    struct deadline items[6] = {{0}};
    for (int i = 0; i < 6; i++)
        deadline_arm_at(&items[i], &queue, due[i]);
    deadline_arm_at(&items[2], &queue, 15);
    deadline_arm_at(&items[2], &queue, 90);
    assert_int_equal(queue.n_armed, 6);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(deadline_next_ms(&queue), due[order[i]]);
        assert_ptr_equal(deadline_take_due(&queue, 90), &items[order[i]]);
    }
    assert_null(queue.first);
    assert_null(queue.last);
}

static void it_may_leave_from_anywhere_and_twice(void **state)
{
    (void)state;
    for (int gone = 0; gone < 3; gone++) {
        struct deadline_queue queue = {.wait_ms = 100};
        struct deadline items[3] = {{0}, {0}, {0}};
        for (int i = 0; i < 3; i++)
            deadline_arm(&items[i], &queue, i);
        deadline_disarm(&items[gone]);
        deadline_disarm(&items[gone]);
        assert_int_equal(queue.n_armed, 2);
        for (int i = 0; i < 3; i++)
            if (i != gone)
                assert_ptr_equal(deadline_take_due(&queue, 1000), &items[i]);
        assert_null(queue.first);
        assert_null(queue.last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_armed_is_the_first_due),
        cmocka_unit_test(arming_again_moves_it_to_the_end),
        cmocka_unit_test(armed_at_a_time_of_its_own_it_stands_in_order),
        cmocka_unit_test(it_may_leave_from_anywhere_and_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
