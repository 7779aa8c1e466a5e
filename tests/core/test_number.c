/* Doubles as text. Compared with Python's repr in tests/outside/test_core_against_python.py. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/math/rng.h"
#include "core/base/number.h"

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void prints_as_people_write(void **state)
{
    (void)state;
    const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0.0"},
        {1.0, "1"},
        {-1.0, "-1"},
        {0.5, "0.5"},
        {300.0, "300"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {0.0004, "0.0004"},
        {0.025, "0.025"},
        {1e-4, "0.0001"},
        {1e-5, "1e-5"},
        {1e-7, "1e-7"},
        {1.5e-7, "1.5e-7"},
        {33.414362506, "33.414362506"},
        {9.999999999999998, "9.999999999999998"},
        {0.09999999999999999, "0.09999999999999999"},
        {999999999999999.0, "999999999999999"},
        {1e15, "1000000000000000"},
        {9007199254740991.0, "9007199254740991"},
        {9007199254740992.0, "9007199254740992"},
        {1e16, "1e16"},
        {1e21, "1e21"},
        {1e22, "1e22"},
        {1e23, "1e23"}, /* the end of its interval, which belongs to it: the last bit is even */
        {0x1p-44, "5.684341886080802e-14"}, /* the nearest 16 digits do not read back */
        {DBL_MAX, "1.7976931348623157e308"},
        {-DBL_MAX, "-1.7976931348623157e308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {-0x1.fffffffffffffp-1022, "-4.4501477170144023e-308"},
        {5e-324, "5e-324"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[NUMBER_TEXT_BYTES];
        size_t length = number_print(text, cases[i].value);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(length, strlen(text));
    }
}

static int digits_of(const char *text)
{
    int n = 0;
    for (int leading = 1; *text && *text != 'e'; text++) {
        leading = leading && (*text == '0' || *text == '.' || *text == '-');
        n += !leading && *text != '.';
    }
    return n;
}

/* It reads back, and the nearest decimal of one digit less does not. */
static void assert_shortest(double value)
{
    char text[NUMBER_TEXT_BYTES];
    size_t length = number_print(text, value);
    assert_true(length < NUMBER_TEXT_BYTES);
    double back = strtod(text, NULL);
    if (memcmp(&back, &value, sizeof back) != 0) {
        fail_msg("%a printed as %s reads back as %a", value, text, back);
    }
    int integer = strchr(text, '.') == NULL && strchr(text, 'e') == NULL;
    int n_digits = digits_of(text);
    if (integer || n_digits < 2) {
        return; /* zeros at the end of an integer are no digits of its own */
    }
    char shorter[40];
    snprintf(shorter, sizeof shorter, "%.*e", n_digits - 2, value);
    if (strtod(shorter, NULL) == value) {
        fail_msg("%a printed as %s, but %s reads back too", value, text, shorter);
    }
}

static void random_bits_print_shortest_and_read_back(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 20);
    for (int i = 0; i < 20000; i++) {
        double value = from_bits((uint64_t)rng_randint(&rng, INT64_MIN, INT64_MAX));
        if (isfinite(value)) {
            assert_shortest(value);
        }
    }
}

/* printf rounds exactly, halves to even; up to 15 digits a decimal is its double's shortest. */
static void assert_rounded(double value, int digits)
{
    char text[NUMBER_TEXT_BYTES], expected[NUMBER_TEXT_BYTES], wide[64];
    snprintf(wide, sizeof wide, "%.*e", digits - 1, value);
    number_print(expected, strtod(wide, NULL));
    size_t length = number_print_rounded(text, value, digits);
    assert_int_equal(length, strlen(text));
    if (strcmp(text, expected) != 0) {
        fail_msg("%a to %d digits is %s, got %s", value, digits, expected, text);
    }
}

static void rounds_to_the_nearest_and_halves_to_even(void **state)
{
    (void)state;
    const double halves[] = {0.5,     1.5,    2.5,   0.125, 0.375,    9.5,       99.5,  1234565.0,
                             1e15,    1234.5, 65.0,  995.0, 0.0,      -0.0,      -2.5,  999999.5,
                             0x1p-70, 0x1p53, 1e-30, 1e300, INFINITY, -INFINITY, 250.0, 0.09999};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        for (int digits = 1; digits <= 15; digits++) {
            assert_rounded(halves[i], digits);
        }
    }
    struct rng rng;
    rng_seed(&rng, 21);
    for (int i = 0; i < 20000; i++) {
        double value = ldexp(rng_uniform(&rng) - 0.5, (int)rng_randint(&rng, -90, 70));
        assert_rounded(value, (int)rng_randint(&rng, 1, 15));
        assert_rounded((double)rng_randint(&rng, 0, 99999) / 8.0, (int)rng_randint(&rng, 1, 6));
    }
}

static void losses_print_shortest_and_read_back(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 21);
    for (int i = 0; i < 100000; i++) {
        assert_shortest(rng_uniform(&rng) * pow(10.0, (double)rng_randint(&rng, -24, 18)));
    }
}

static void both_ways_meet_where_they_change(void **state)
{
    (void)state;
    const double edges[] = {0x1p-70, 0x1p53, 0x1p54, DBL_MIN, 1.0, 0.1, 1e15, 1e16};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        double below = edges[i], above = edges[i];
        for (int k = 0; k < 1000; k++) {
            assert_shortest(below);
            assert_shortest(-above);
            below = nextafter(below, 0.0);
            above = nextafter(above, INFINITY);
        }
    }
}

static void few_decimals_come_back_as_written(void **state)
{
    (void)state;
    for (int i = 1; i < 100000; i += 7) {
        char written[40], text[NUMBER_TEXT_BYTES];
        snprintf(written, sizeof written, "%d.%05d", i % 977, i);
        number_print(text, strtod(written, NULL));
        size_t length = strlen(written);
        while (written[length - 1] == '0') {
            written[--length] = '\0';
        }
        assert_string_equal(text, written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_as_people_write),
        cmocka_unit_test(random_bits_print_shortest_and_read_back),
        cmocka_unit_test(rounds_to_the_nearest_and_halves_to_even),
        cmocka_unit_test(losses_print_shortest_and_read_back),
        cmocka_unit_test(both_ways_meet_where_they_change),
        cmocka_unit_test(few_decimals_come_back_as_written),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
