/* Answers to the presets' questions, also when memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/base/json.h"
#include "server/lab/explain/answer.h"
#include "server/spec/preset/presets.h"

/* From one allocation that fails first to the next: some 40 places of all kinds. Each takes a
 * training; a few are enough for the thread sanitizer, which sees nothing in them. */
#ifdef __SANITIZE_THREAD__
enum { STRIDE = 97 };
#else
enum { STRIDE = 23 };
#endif

static int n_left; /* allocations of JSON that still succeed */

static void *allocate(size_t size)
{
    return n_left-- > 0 ? malloc(size) : NULL;
}

static int setup(void **state)
{
    (void)state;
    return presets_json() == NULL;
}

static int teardown(void **state)
{
    (void)state;
    presets_clear();
    return 0;
}

static void an_answer_is_whole_or_there_is_none(void **state)
{
    (void)state;
    struct error error = ERROR_INIT;
    json_t *whole = answer_make(presets_answer("all_zero"), NULL, NULL, &error);
    assert_non_null(whole);
    assert_true(json_array_size(json_object_get(whole, "answer")) >= 3);
    json_allocate_with(allocate, free);
    int n_refused = 0;
    for (int n = 0;; n += STRIDE) {
        error = (struct error)ERROR_INIT;
        n_left = n;
        json_t *answer = answer_make(presets_answer("all_zero"), NULL, NULL, &error);
        if (answer != NULL) {
            assert_true(json_equal(answer, whole));
            json_decref(answer);
            break;
        }
        assert_int_equal(error.kind, ERROR_MEMORY);
        n_refused++;
    }
    json_allocate_with(malloc, free);
    assert_true(n_refused > 400 / STRIDE);
    json_decref(whole);
}

static int stop(void *context)
{
    return ++*(int *)context > 3;
}

static void who_asks_may_give_up(void **state)
{
    (void)state;
    struct error error = ERROR_INIT;
    int n_asked = 0;
    assert_null(answer_make(presets_answer("lr_1e-7_million"), stop, &n_asked, &error));
    assert_int_equal(error.kind, ERROR_BUSY);
    assert_true(n_asked > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_whole_or_there_is_none),
        cmocka_unit_test(who_asks_may_give_up),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
