/* What is told becomes JSON. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/base/json.h"
#include "server/base/json_teller.h"

static void tell_something(struct teller *teller)
{
    tell_number(teller, "loss", 0.1);
    tell_number(teller, "unknown", NAN);
    tell_object(teller, "unit");
    tell_integer(teller, "index", 2);
    tell_numbers(teller, "weights", (double[]){1.5, -2}, 2);
    tell_end(teller);
    tell_texts(teller, "scope", (const char *const[]){"plain SGD", "fixed data"}, 2);
    tell_list(teller, "rows");
    tell_object(teller, NULL);
    tell_flag(teller, "certain", 1);
    tell_end(teller);
    tell_end(teller);
    tell_format(teller, "text", "at %g", 0.5);
    tell_text(teller, "none", NULL);
}

static void values_become_members_in_the_order_told(void **state)
{
    (void)state;
    struct json_teller teller;
    json_teller_init(&teller);
    tell_something(&teller.teller);
    json_t *json = json_teller_take(&teller);
    char *text = json_text(json, NULL);
    assert_string_equal(text, "{\"loss\":0.1,\"unknown\":null,"
                              "\"unit\":{\"index\":2,\"weights\":[1.5,-2]},"
                              "\"scope\":[\"plain SGD\",\"fixed data\"],"
                              "\"rows\":[{\"certain\":true}],\"text\":\"at 0.5\",\"none\":null}");
    free(text);
    json_decref(json);
}

static void what_is_left_open_is_nothing(void **state)
{
    (void)state;
    struct json_teller teller;
    json_teller_init(&teller);
    tell_list(&teller.teller, "rows");
    tell_number(&teller.teller, NULL, 1);
    assert_null(json_teller_take(&teller));

    json_teller_init(&teller);
    tell_end(&teller.teller);
    assert_null(json_teller_take(&teller));
}

static void nesting_has_an_end(void **state)
{
    (void)state;
    struct json_teller teller;
    json_teller_init(&teller);
    for (int i = 0; i < 2 * JSON_TELLER_DEPTH_MAX; i++)
        tell_object(&teller.teller, "deeper");
    for (int i = 0; i < 2 * JSON_TELLER_DEPTH_MAX; i++)
        tell_end(&teller.teller);
    assert_null(json_teller_take(&teller));
}

/* The allocations that still succeed. */
static int n_left;

static void *allocate(size_t size)
{
    return n_left-- > 0 ? malloc(size) : NULL;
}

static void without_memory_nothing_is_half_told(void **state)
{
    (void)state;
    json_allocate_with(allocate, free);
    int n = 0;
    for (json_t *json = NULL; json == NULL; n++) {
        struct json_teller teller;
        n_left = n;
        json_teller_init(&teller);
        tell_something(&teller.teller);
        json = json_teller_take(&teller);
        assert_true(json != NULL || n < 200);
        if (json != NULL) {
            assert_int_equal(json_object_size(json), 7);
            json_decref(json);
            break;
        }
    }
    assert_true(n > 10);
    json_allocate_with(malloc, free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_members_in_the_order_told),
        cmocka_unit_test(what_is_left_open_is_nothing),
        cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(without_memory_nothing_is_half_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
