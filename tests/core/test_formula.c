/* The formula language. Compared with Python itself, on thousands of random formulas, in
 * tests/outside/test_core_against_python.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/data/formula/formula.h"
#include "tests/core/failing_memory.h"

enum { N_NAMES = 3 };
static const char *const names[N_NAMES] = {"n1", "n2", "x_3"};
static const double values[N_NAMES] = {3.0, 10.0, -0.5};

static struct formula *compile(const char *text)
{
    struct error error = ERROR_INIT;
    struct formula *formula = formula_compile(text, names, N_NAMES, &error);
    if (!formula) {
        fail_msg("%s: %s", text, error.text);
    }
    return formula;
}

static double evaluate(const char *text)
{
    struct formula *formula = compile(text);
    struct error error = ERROR_INIT;
    double value = NAN;
    if (formula_evaluate(formula, values, NULL, &value, &error)) {
        fail_msg("%s: %s", text, error.text);
    }
    formula_destroy(formula);
    return value;
}

struct evaluation {
    const char *text;
    double value;
};

static void assert_evaluations(const struct evaluation *cases, size_t n_cases)
{
    for (size_t i = 0; i < n_cases; i++) {
        double value = evaluate(cases[i].text);
        if (memcmp(&value, &cases[i].value, sizeof value) != 0) {
            fail_msg("%s: got %.17g, expected %.17g", cases[i].text, value, cases[i].value);
        }
    }
}
#define ASSERT_EVALUATIONS(cases) assert_evaluations(cases, sizeof cases / sizeof cases[0])

static void binds_as_python_does(void **state)
{
    (void)state;
    const struct evaluation cases[] = {
        {"2+3*4", 14},       {"(2+3)*4", 20},      {"2*3+4", 10},     {"10-4-3", 3},
        {"100/10/5", 2},     {"2**3**2", 512},     {"-2**2", -4},     {"(-2)**2", 4},
        {"2**-1", 0.5},      {"2**-3**0", 0.5},    {"-2**-2", -0.25}, {"+-+2", -2},
        {"2*-3", -6},        {"2--3", 5},          {"2-+3", -1},      {"7//2*2", 6},
        {"7%4*2", 6},        {"1+2<4", 1},         {"1<2", 1},        {"2<=1", 0},
        {"(1<2)==(3>2)", 1}, {"1+(2>1)*10", 11},   {"3!=3", 0},       {"2>=2", 1},
        {"n1**2 + n2", 19},  {" n1\t- x_3 ", 3.5}, {"-n1**2", -9},    {"2*(n1+n2)*x_3", -13},
    };
    ASSERT_EVALUATIONS(cases);
}

static void numbers_are_pythons(void **state)
{
    (void)state;
    const struct evaluation cases[] = {
        {"7", 7},
        {"1.", 1},
        {".5", 0.5},
        {"1e3", 1000},
        {"1.5E-3", 0.0015},
        {"1e+2", 100},
        {"0", 0},
        {"00", 0},
        {"0.1", 0.1},
        {"007.5", 7.5},
        {"1e-400", 0},
        {"9007199254740993", 0x1p53},
        {"pi", 0x1.921fb54442d18p+1},
        {"e", 0x1.5bf0a8b145769p+1},
    };
    ASSERT_EVALUATIONS(cases);
}

static void divides_and_floors_as_python_does(void **state)
{
    (void)state;
    const struct evaluation cases[] = {
        {"7//2", 3},     {"-7//2", -4},       {"7//-2", -4},  {"-7//-2", 3},   {"7%3", 1},
        {"-7%3", 2},     {"7%-3", -2},        {"-7%-3", -1},  {"6%-3", -0.0},  {"-6%3", 0.0},
        {"0//-5", -0.0}, {"1//0.1", 9},       {"5.5%2", 1.5}, {"-5.5//2", -3}, {"1e18%7", 1},
        {"7/2", 3.5},    {"-1%1e308", 1e308},
    };
    ASSERT_EVALUATIONS(cases);
}

static void functions_give_pythons_values(void **state)
{
    (void)state;
    const struct evaluation cases[] = {
        {"abs(-3)", 3},          {"min(3,1,2)", 1},     {"max(3,1,2,5)", 5}, {"sqrt(16)", 4},
        {"exp(0)", 1},           {"log(1)", 0},         {"log2(8)", 3},      {"log10(1000)", 3},
        {"sin(0)", 0},           {"cos(0)", 1},         {"tan(0)", 0},       {"tanh(0)", 0},
        {"floor(-1.5)", -2},     {"ceil(-1.5)", -1},    {"ceil(-0.5)", 0},   {"floor(-0.0)", 0},
        {"round(0.5)", 0},       {"round(1.5)", 2},     {"round(2.5)", 2},   {"round(-0.4)", 0},
        {"where(1>2,3,4)", 4},   {"where(x_3,3,4)", 3}, {"min(0,-0.0)", 0},  {"min(-0.0,0)", -0.0},
        {"max(min(1,2),-3)", 1}, {"2*abs(n1-n2)", 14},  {"e**0", 1},
    };
    ASSERT_EVALUATIONS(cases);
}

static void whole_numbers_are_exact_below_2_to_53(void **state)
{
    (void)state;
    for (long base = 2; base <= 200; base++) {
        long power = 1;
        for (int exponent = 0; power < (1L << 53) / base; exponent++, power *= base) {
            char text[64];
            snprintf(text, sizeof text, "%ld**%d == %ld", base, exponent, power);
            if (evaluate(text) != 1.0) {
                fail_msg("%s does not hold", text);
            }
        }
    }
    assert_true(evaluate("94906265**2 - 9007199136250225") == 0.0);
}

static void overflow_of_plain_arithmetic_is_infinite(void **state)
{
    (void)state;
    assert_true(isinf(evaluate("1e308*10")));
    assert_true(isinf(evaluate("1e308/0.1")));
    assert_true(isnan(evaluate("1e308*10 - 1e308*10")));
    assert_true(evaluate("(1e308*10)**-1") == 0.0);
}

struct wrong {
    const char *text;
    const char *message;
};

static void assert_not_compiled(const char *text, const char *message)
{
    struct error error = ERROR_INIT;
    struct formula *formula = formula_compile(text, names, N_NAMES, &error);
    if (formula) {
        fail_msg("'%s' was compiled, expected: %s", text, message);
    }
    assert_int_equal(error.kind, ERROR_INVALID);
    assert_string_equal(error.text, message);
}

static void wrong_formulas_name_the_column(void **state)
{
    (void)state;
    const struct wrong cases[] = {
        {"", "column 1: got the end, expected a number, a name or '('"},
        {"  ", "column 3: got the end, expected a number, a name or '('"},
        {"n1 +", "column 5: got the end, expected a number, a name or '('"},
        {"n1 ^ 2", "column 4: got '^', expected an operator or the end (use ** for powers)"},
        {"2 n1", "column 3: got 'n1', expected an operator or the end (use * to multiply)"},
        {"2(n1)", "column 2: got '(', expected an operator or the end (use * to multiply)"},
        {"0x10", "column 2: got 'x10', expected an operator or the end (use * to multiply)"},
        {"n1 = 2", "column 4: got '=', expected an operator or the end (use == to compare)"},
        {"(n1", "column 4: got the end, expected an operator or ')'"},
        {"n1)", "column 3: got ')', expected an operator or the end"},
        {"()", "column 2: got ')', expected a number, a name or '('"},
        {"1 < n1 < 2", "column 8: got '<', expected no second comparison (use parentheses)"},
        {"n3", "column 1: unknown name 'n3', expected n1, n2, x_3, pi, e or a function"},
        {"n1 + sine(2)", "column 6: unknown function 'sine', expected abs, min, max, sqrt, exp, "
                         "log, log2, log10, sin, cos, tan, tanh, floor, ceil, round, where, "
                         "randint, uniform, normal, rand, randn"},
        {"abs", "column 4: got the end, expected '(' after the name of a function"},
        {"2 + sin 3", "column 9: got '3', expected '(' after the name of a function"},
        {"n1(2)", "column 3: got '(', expected an operator or the end (use * to multiply)"},
        {"abs(1,2)", "column 1: got 2 values for abs, expected 1"},
        {"1+randint()", "column 3: got 0 values for randint, expected 1 to 2"},
        {"min(2)", "column 1: got 1 value for min, expected 2 or more"},
        {"rand(3)", "column 1: got 1 value for rand, expected 0"},
        {"where(1,2)", "column 1: got 2 values for where, expected 3"},
        {"max(1,)", "column 7: got ')', expected a number, a name or '('"},
        {"max(1 2)", "column 7: got '2', expected an operator, ',' or ')' (use * to multiply)"},
        {"max(1,2", "column 8: got the end, expected an operator, ',' or ')'"},
        {"1,2", "column 2: got ',', expected an operator or the end"},
        {"007", "column 1: got '007', expected a number without leading zeros"},
        {"1e999", "column 1: got '1e999', expected a number below 1.8e308"},
        {"n1 \xC3\x97 2", "column 4: got '\xC3\x97', expected an operator or the end"},
        {"n1\n+ 2", "column 3: got the control character 10, expected an operator or the end"},
        {"__import__('os')", "column 1: unknown function '__import__', expected abs, min, max, "
                             "sqrt, exp, log, log2, log10, sin, cos, tan, tanh, floor, ceil, "
                             "round, where, randint, uniform, normal, rand, randn"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_not_compiled(cases[i].text, cases[i].message);
    }
}

static void impossible_arithmetic_names_the_column(void **state)
{
    (void)state;
    const struct wrong cases[] = {
        {"n1 / (n2 - 10)", "division by zero at column 4"},
        {"1 // 0", "division by zero at column 3"},
        {"5 % 0", "remainder of a division by zero at column 3"},
        {"0 ** -1", "zero to a negative power at column 3: got 0 and -1"},
        {"x_3 ** 0.5", "a negative number to a fractional power at column 5: got -0.5 and 0.5"},
        {"10 ** 400", "a power that is too large at column 4: got 10 and 400"},
        {"exp(710)", "an exponential that is too large at column 1: got 710"},
        {"1 + log(0)", "a logarithm of zero or less at column 5: got 0"},
        {"log2(-1)", "a logarithm of zero or less at column 1: got -1"},
        {"sqrt(x_3)", "a square root of a negative number at column 1: got -0.5"},
        {"sin(1e308*10)", "an angle that is infinite at column 1: got inf"},
        {"floor(1e308*10)", "a whole number of a value that is not finite at column 1: got inf"},
        {"randint(5, 5)", "randint without low < high at column 1: got 5 and 5"},
        {"randint(5.2, 5.9)", "randint without low < high at column 1: got 5.2 and 5.9"},
        {"randint(0)", "randint without low < high at column 1: got 0"},
        {"randint(0, 1e16)", "randint with a bound beyond 2**53 at column 1: got 0 and 1e16"},
        {"uniform(0, 1e308*10)",
         "uniform with a range that is not finite at column 1: got 0 and inf"},
        {"normal(0, -1)", "normal with a negative sd at column 1: got 0 and -1"},
        {"where(1, 2, 1/0)", "division by zero at column 14"}, /* every argument is evaluated */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct formula *formula = compile(cases[i].text);
        struct error error = ERROR_INIT;
        struct rng rng;
        double value;
        rng_seed(&rng, 1);
        assert_int_equal(formula_evaluate(formula, values, &rng, &value, &error), -1);
        assert_int_equal(error.kind, ERROR_INVALID);
        assert_string_equal(error.text, cases[i].message);
        formula_destroy(formula);
    }
}

static char *append(char *at, const char *text)
{
    size_t length = strlen(text);
    memcpy(at, text, length + 1);
    return at + length;
}

/* `n` times `unit`, then `middle`, then n times `closing`. */
static char *nested(const char *unit, const char *middle, const char *closing, int n)
{
    char *text = malloc((size_t)n * (strlen(unit) + strlen(closing)) + strlen(middle) + 1);
    assert_non_null(text);
    char *end = text;
    for (int i = 0; i < n; i++) {
        end = append(end, unit);
    }
    end = append(end, middle);
    for (int i = 0; i < n; i++) {
        end = append(end, closing);
    }
    return text;
}

/* The first value inside a unit stands `offset` characters into it. */
static void assert_depth_limit(const char *unit, size_t offset, const char *closing)
{
    char *deep = nested(unit, "1", closing, FORMULA_DEPTH_MAX);
    formula_destroy(compile(deep));
    free(deep);

    char message[ERROR_TEXT_BYTES];
    snprintf(message, sizeof message, "column %zu: nested too deeply, expected at most %d levels",
             FORMULA_DEPTH_MAX * strlen(unit) + offset + 1, FORMULA_DEPTH_MAX);
    char *deeper = nested(unit, "1", closing, FORMULA_DEPTH_MAX + 1);
    assert_not_compiled(deeper, message);
    free(deeper);
}

static void depth_is_limited_whatever_nests(void **state)
{
    (void)state;
    assert_depth_limit("(", 1, ")");
    assert_depth_limit("-", 1, "");
    assert_depth_limit("+", 1, "");
    assert_depth_limit("1**", 3, "");
    assert_depth_limit("abs(", 4, ")");
    assert_depth_limit("min(1,", 4, ")");
    assert_depth_limit("1+(", 3, ")");
}

static void size_is_limited(void **state)
{
    (void)state;
    char *most = nested("1+", "1", "", (FORMULA_SIZE_MAX - 1) / 2);
    assert_true(evaluate(most) == (FORMULA_SIZE_MAX - 1) / 2 + 1);
    free(most);
    char *wide = nested("1+", "1", "", FORMULA_SIZE_MAX / 2);
    assert_not_compiled(wide,
                        "column 256: too long, expected at most 256 operators, calls, numbers "
                        "and names together");
    free(wide);
}

static void length_is_limited(void **state)
{
    (void)state;
    char *longest = nested(" ", "1", "", FORMULA_TEXT_MAX - 1);
    assert_true(evaluate(longest) == 1.0);
    free(longest);
    char *longer = nested(" ", "1", "", FORMULA_TEXT_MAX);
    assert_not_compiled(longer, "column 1001: the formula goes on, expected at most 1000 "
                                "characters");
    free(longer);
    char *number = nested("9", "e-900", "", FORMULA_TEXT_MAX - 5); /* one token of full length */
    assert_true(evaluate(number) > 0.0);
    free(number);
    char *huge = nested("(", "1", ")", 1000000);
    assert_not_compiled(huge, "column 1001: the formula goes on, expected at most 1000 characters");
    free(huge);
}

static void tells_whether_it_draws(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int draws;
    } cases[] = {
        {"n1 + 2", 0},   {"where(1,2,3)", 0}, {"randint(5)", 1}, {"randint(0,5)", 1},
        {"1+rand()", 1}, {"-randn()", 1},     {"uniform()", 1},  {"n1*normal(0,1)", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct formula *formula = compile(cases[i].text);
        assert_int_equal(formula_draws(formula), cases[i].draws);
        formula_destroy(formula);
    }
}

static void draws_in_pythons_order(void **state)
{
    (void)state;
    struct formula *formula = compile(
        "randint(0,1000)*1e6 - where(rand(), uniform(2, 3)**-randint(4), normal(5, 2)) % randn()");
    struct rng rng, twin;
    rng_seed(&rng, 8);
    rng_seed(&twin, 8);
    for (int i = 0; i < 100; i++) {
        double value;
        assert_int_equal(formula_evaluate(formula, values, &rng, &value, NULL), 0);
        double first = (double)rng_randint(&twin, 0, 1000) * 1e6;
        double condition = rng_uniform(&twin);
        double base = 2.0 + (3.0 - 2.0) * rng_uniform(&twin);
        double power = pow(base, -(double)rng_randint(&twin, 0, 4));
        double other = 5.0 + 2.0 * rng_normal(&twin);
        double divisor = rng_normal(&twin);
        double rest = fmod(condition != 0.0 ? power : other, divisor);
        rest += rest != 0.0 && divisor < 0.0 ? divisor : 0.0; /* the dividend is positive */
        assert_true(value == first - rest);
    }
    formula_destroy(formula);
}

static void defaults_of_draws_are_numpys(void **state)
{
    (void)state;
    const char *const cases[][2] = {
        {"randint(9)", "randint(0, 9)"},
        {"uniform()", "uniform(0, 1)"},
        {"uniform(-2)", "uniform(-2, 1)"},
        {"normal()", "normal(0, 1)"},
        {"normal(7)", "normal(7, 1)"},
        {"randn()", "normal(0, 1) + 0"},
        {"randint(-1.5, 2.9)", "randint(-1, 2)"}, /* NumPy cuts fractions off */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (uint32_t seed = 0; seed < 20; seed++) {
            double drawn[2];
            for (int k = 0; k < 2; k++) {
                struct formula *formula = compile(cases[i][k]);
                struct rng rng;
                rng_seed(&rng, seed);
                assert_int_equal(formula_evaluate(formula, values, &rng, &drawn[k], NULL), 0);
                formula_destroy(formula);
            }
            assert_true(drawn[0] == drawn[1]);
        }
    }
}

static void columns_draw_one_call_at_a_time(void **state)
{
    (void)state;
    enum { N = 50 };
    struct formula *formula = compile("n1 * randint(0, 9) - (n2 + rand()) * normal(n1, 2)");
    double n1[N], n2[N], got[N];
    for (int i = 0; i < N; i++) {
        n1[i] = i;
        n2[i] = 0.5 * i;
    }
    const double *const columns[N_NAMES] = {n1, n2, NULL};
    struct rng rng, twin;
    rng_seed(&rng, 4);
    rng_seed(&twin, 4);
    size_t failed = 0;
    assert_int_equal(formula_evaluate_column(formula, columns, N, &rng, got, &failed, NULL), 0);
    double first[N], second[N];
    for (int i = 0; i < N; i++) {
        first[i] = (double)rng_randint(&twin, 0, 9);
    }
    for (int i = 0; i < N; i++) {
        second[i] = rng_uniform(&twin);
    }
    for (int i = 0; i < N; i++) {
        double expected = n1[i] * first[i] - (n2[i] + second[i]) * (n1[i] + 2 * rng_normal(&twin));
        assert_true(got[i] == expected);
    }
    assert_memory_equal(&rng, &twin, sizeof rng);
    formula_destroy(formula);
}

static void columns_name_the_failed_sample(void **state)
{
    (void)state;
    struct formula *formula = compile("rand() + 1 / n1");
    const double n1[] = {2, 1, 0, -1, 0};
    const double *const columns[N_NAMES] = {n1, n1, n1};
    double got[5];
    size_t failed = 99;
    struct rng rng;
    struct error error = ERROR_INIT;
    rng_seed(&rng, 4);
    assert_int_equal(formula_evaluate_column(formula, columns, 5, &rng, got, &failed, &error), -1);
    assert_int_equal(failed, 2);
    assert_string_equal(error.text, "division by zero at column 12");
    formula_destroy(formula);
}

static void checks_names_of_variables(void **state)
{
    (void)state;
    const char *const good[] = {"n1", "_", "x_3", "Sin", "E", "average_of_everything"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(formula_check_name(good[i], NULL), 0);
    }
    const char *const bad[] = {"",
                               "1n",
                               "n 1",
                               "n-1",
                               "gr\xC3\xB6\xC3\x9F"
                               "e",
                               "n1\n",
                               "pi",
                               "e",
                               "sin",
                               "randint"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct error error = ERROR_INIT;
        assert_int_equal(formula_check_name(bad[i], &error), -1);
        assert_int_equal(error.kind, ERROR_INVALID);
    }
}

static void random_words_compile_or_fail_cleanly(void **state)
{
    (void)state;
    const char *const words[] = {"n1",   "n2",       "(",    ")",        "+",       "-",      "*",
                                 "/",    "//",       "%",    "**",       "<",       "==",     ",",
                                 "abs(", "randint(", "min",  "rand()",   "1.5",     "7",      "0",
                                 "1e",   ".",        " ",    "\xE2\x82", "^",       "where(", "pi",
                                 "!",    "#",        "\x01", "e9",       "uniform("};
    const int n_words = sizeof words / sizeof words[0];
    struct rng rng;
    rng_seed(&rng, 3);
    int compiled = 0;
    for (int i = 0; i < 50000; i++) {
        char text[256], *end = text;
        for (int k = (int)rng_randint(&rng, 1, 13); k > 0; k--) {
            end = append(end, words[rng_randint(&rng, 0, n_words)]);
        }
        struct error error = ERROR_INIT;
        struct formula *formula = formula_compile(text, names, N_NAMES, &error);
        if (formula) {
            double value;
            struct rng draws = rng;
            formula_evaluate(formula, values, &draws, &value, &error);
            formula_destroy(formula);
            compiled++;
        } else {
            long column = strncmp(error.text, "column ", 7) ? 0 : strtol(error.text + 7, NULL, 10);
            if (column < 1 || (size_t)column > strlen(text) + 1) {
                fail_msg("'%s': %s", text, error.text);
            }
        }
    }
    assert_true(compiled > 1000); /* so that the above saw both */
}

static void failed_allocation_fails_cleanly(void **state)
{
    (void)state;
    struct error error = ERROR_INIT;
    memory_fail_from(1);
    assert_null(formula_compile("n1 + 1", names, N_NAMES, &error));
    memory_fail_from(0);
    assert_int_equal(error.kind, ERROR_MEMORY);

    struct formula *formula = compile("n1 + rand()");
    const double column[2] = {1, 2};
    const double *const columns[N_NAMES] = {column, column, column};
    double got[2];
    size_t failed;
    struct rng rng;
    rng_seed(&rng, 1);
    error = (struct error)ERROR_INIT;
    memory_fail_from(1);
    assert_int_equal(formula_evaluate_column(formula, columns, 2, &rng, got, &failed, &error), -1);
    memory_fail_from(0);
    assert_int_equal(error.kind, ERROR_MEMORY);
    formula_destroy(formula);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binds_as_python_does),
        cmocka_unit_test(numbers_are_pythons),
        cmocka_unit_test(divides_and_floors_as_python_does),
        cmocka_unit_test(functions_give_pythons_values),
        cmocka_unit_test(whole_numbers_are_exact_below_2_to_53),
        cmocka_unit_test(overflow_of_plain_arithmetic_is_infinite),
        cmocka_unit_test(wrong_formulas_name_the_column),
        cmocka_unit_test(impossible_arithmetic_names_the_column),
        cmocka_unit_test(depth_is_limited_whatever_nests),
        cmocka_unit_test(size_is_limited),
        cmocka_unit_test(length_is_limited),
        cmocka_unit_test(tells_whether_it_draws),
        cmocka_unit_test(draws_in_pythons_order),
        cmocka_unit_test(defaults_of_draws_are_numpys),
        cmocka_unit_test(columns_draw_one_call_at_a_time),
        cmocka_unit_test(columns_name_the_failed_sample),
        cmocka_unit_test(checks_names_of_variables),
        cmocka_unit_test(random_words_compile_or_fail_cleanly),
        cmocka_unit_test(failed_allocation_fails_cleanly),
    };
    return cmocka_run_group_tests_name("formula", tests, NULL, NULL);
}
