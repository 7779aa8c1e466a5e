/* Checked allocation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "tests/core/failing_memory.h"

static void items_are_zero_and_aligned(void **state)
{
    (void)state;
    const size_t counts[] = {1, 7, 8, 9, 63, 1000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct error error = ERROR_INIT;
        unsigned char *dirty = memory_array(counts[i], 9, &error);
        assert_non_null(dirty);
        memset(dirty, 0xAA, counts[i] * 9);
        free(dirty);
        unsigned char *bytes = memory_array(counts[i], 9, &error); /* likely the same memory */
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % 64, 0);
        for (size_t k = 0; k < counts[i] * 9; k++) {
            assert_int_equal(bytes[k], 0);
        }
        assert_int_equal(error.kind, ERROR_NONE);
        free(bytes);
    }
}

static void no_items_give_a_valid_pointer(void **state)
{
    (void)state;
    struct error error = ERROR_INIT;
    void *none = memory_array(0, 8, &error);
    void *empty = memory_array(8, 0, &error);
    assert_non_null(none);
    assert_non_null(empty);
    free(none);
    free(empty);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    const size_t cases[][2] = {{SIZE_MAX, 2},
                               {SIZE_MAX / 8 + 1, 8},
                               {SIZE_MAX, 1},
                               {(size_t)PTRDIFF_MAX + 1, 1},
                               {(size_t)PTRDIFF_MAX, 1}};
    memory_fail_from(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = ERROR_INIT;
        assert_null(memory_array(cases[i][0], cases[i][1], &error));
        assert_int_equal(error.kind, ERROR_MEMORY);
    }
    assert_int_equal(memory_count(), 0); /* before any allocation */
}

static void failed_allocation_is_an_error(void **state)
{
    (void)state;
    struct error error = ERROR_INIT;
    memory_fail_from(1);
    assert_null(memory_array(10, 8, &error));
    assert_int_equal(error.kind, ERROR_MEMORY);
    assert_string_equal(error.text, "out of memory: 80 bytes");
    assert_null(memory_text("text", NULL));
    memory_fail_from(0);
}

static void text_is_copied(void **state)
{
    (void)state;
    char text[] = "loss";
    char *copy = memory_text(text, NULL);
    text[0] = 'b';
    assert_string_equal(copy, "loss");
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_zero_and_aligned),
        cmocka_unit_test(no_items_give_a_valid_pointer),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(failed_allocation_is_an_error),
        cmocka_unit_test(text_is_copied),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
