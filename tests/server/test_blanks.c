/* Sentences with blanks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/base/blanks.h"
#include "server/base/json.h"

static json_t *values;

static int setup(void **state)
{
    (void)state;
    static const char text[] = "{\"run\": {\"loss\": 3.3796189557, \"epochs\": 1000, \"none\": null},"
                               "\"verdicts\": [{\"code\": \"DEAD\", \"text\": \"It is off.\"},"
                               "{\"code\": \"AFFINE\", \"units\": [1, 2]}]}";
    values = json_read(text, sizeof text - 1, NULL);
    return values == NULL;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(values);
    return 0;
}

static void assert_filled(const char *sentence, const char *expected)
{
    struct text text = {0};
    int result = blanks_fill(sentence, values, &text);
    char *got = text_take(&text, NULL);
    assert_string_equal(got, expected == NULL ? "" : expected);
    assert_int_equal(result, expected == NULL ? -1 : 0);
    free(got);
}

static void blanks_are_filled_with_texts_and_numbers(void **state)
{
    (void)state;
    assert_filled("No blank.", "No blank.");
    assert_filled("{/run/loss} after {/run/epochs} epochs", "3.3796 after 1000 epochs");
    assert_filled("{/verdicts/code=DEAD/text}", "It is off.");
    assert_filled("{/verdicts/1/units/0}", "1");
    assert_filled("", "");
}

static void a_sentence_without_its_value_says_nothing(void **state)
{
    (void)state;
    assert_filled("Loss {/run/loss}, and {/run/best}", NULL);
    assert_filled("{/run/none}", NULL);
    assert_filled("{/run}", NULL);
    assert_filled("{/verdicts/code=NONE/text}", NULL);
    assert_filled("{/verdicts/2/text}", NULL);
    assert_filled("{/verdicts/x/text}", NULL);
    assert_filled("{run}", NULL);
    assert_filled("an open {/run/loss", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_are_filled_with_texts_and_numbers),
        cmocka_unit_test(a_sentence_without_its_value_says_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
