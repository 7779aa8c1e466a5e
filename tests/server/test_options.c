/* The table: whole, in order, agreeing with the core; and the guesses made from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/activation.h"
#include "core/model/init.h"
#include "core/train/training.h"
#include "server/base/json.h"
#include "server/spec/option/check.h"
#include "server/spec/option/leaf.h"
#include "server/spec/option/options.h"
#include "server/spec/option/suggest.h"

#define EACH_ROW(row)                                                                              \
    const struct option *row = option_whole() + 1;                                                 \
    row->pointer != NULL;                                                                          \
    row++

/* The row one level up. */
static const struct option *above(const struct option *row)
{
    char pointer[128];
    snprintf(pointer, sizeof pointer, "%.*s", (int)(strrchr(row->pointer, '/') - row->pointer),
             row->pointer);
    return option_find(pointer);
}

static void every_row_stands_below_its_parent_once(void **state)
{
    (void)state;
    for (EACH_ROW(row)) {
        const struct option *parent = above(row), *child = NULL;
        int n = 0;
        if (parent == NULL || parent >= row)
            fail_msg("%s: expected the row above it before it", row->pointer);
        while ((child = option_below(parent, child)) != NULL)
            n += child == row;
        if (n != 1)
            fail_msg("%s: found %d times below its parent, expected 1", row->pointer, n);
        assert_ptr_equal(option_find(row->pointer), row);
    }
}

static void every_row_says_what_it_is_for(void **state)
{
    (void)state;
    for (EACH_ROW(row)) {
        size_t n = strlen(row->description);
        if (n < 5 || (row->description[n - 1] != '.' && strstr(row->description, "...") == NULL))
            fail_msg("%s: \"%s\", expected a sentence", row->pointer, row->description);
        if (row->is_required && row->fallback != NULL)
            fail_msg("%s: required and with a default", row->pointer);
        if (row->type == OPTION_LIST && strcmp(option_name(option_below(row, NULL)), "*") != 0)
            fail_msg("%s: expected a row for its elements", row->pointer);
    }
}

static void every_default_is_right_by_its_own_row(void **state)
{
    (void)state;
    int n = 0;

    for (EACH_ROW(row)) {
        const char *const texts[] = {row->fallback, row->last};
        for (int i = 0; i < 2; i++) {
            struct faults faults = {0};
            struct check check = {.faults = &faults};
            if (texts[i] == NULL)
                continue;
            json_t *value = json_loads(texts[i], JSON_DECODE_ANY, NULL);
            json_t *checked = value != NULL ? check_value(&check, row, NULL, value) : NULL;
            if (checked == NULL)
                fail_msg("%s: default %s: %s", row->pointer, texts[i], faults.items[0].detail);
            json_decref(checked);
            json_decref(value);
            n++;
        }
    }
    assert_true(n > 20);
}

static void conditions_name_a_word_of_a_sibling_above(void **state)
{
    (void)state;
    for (EACH_ROW(row)) {
        char pointer[128];
        if (row->when == NULL)
            continue;
        size_t n = strcspn(row->when, "=");
        snprintf(pointer, sizeof pointer, "%s/%.*s", above(row)->pointer, (int)n, row->when);
        const struct option *kind = option_find(pointer);
        if (kind == NULL || kind >= row || kind->type != OPTION_CHOICE)
            fail_msg("%s: when %s: no such choice above it", row->pointer, row->when);
        for (const char *at = row->when + n; at != NULL; at = strchr(at + 1, '|')) {
            char word[32];
            snprintf(word, sizeof word, "%.*s", (int)strcspn(at + 1, "|"), at + 1);
            if (!option_has_word(kind->choices, word))
                fail_msg("%s: when %s: %s is no choice", row->pointer, row->when, word);
        }
    }
}

/* A word that a student can choose is explained where it is chosen: "word:". */
static void every_choice_of_mathematics_has_its_formula(void **state)
{
    (void)state;
    static const char *const pointers[] = {"/network/layers/*/activation", "/training/loss",
                                           "/training/optimizer/name"};
    for (size_t i = 0; i < sizeof pointers / sizeof pointers[0]; i++) {
        const struct option *row = option_find(pointers[i]);
        for (const char *at = row->choices; *at != '\0'; at += *at == '|') {
            char word[40];
            size_t n = strcspn(at, "|");
            snprintf(word, sizeof word, " %.*s:", (int)n, at);
            if (strstr(row->description, word) == NULL)
                fail_msg("%s: no \"%s\" in its description", row->pointer, word);
            at += n;
        }
    }
}

/* Asserts that the row's choices are exactly the core's names. */
static void assert_choices(const char *pointer, int count, const char *(*name)(int))
{
    const struct option *row = option_find(pointer);
    int n_words = 1;

    for (const char *at = row->choices; *at != '\0'; at++)
        n_words += *at == '|';
    assert_int_equal(n_words, count);
    for (int i = 0; i < count; i++)
        if (!option_has_word(row->choices, name(i)))
            fail_msg("%s: %s of the core is missing in %s", pointer, name(i), row->choices);
}

static const char *activation(int i)
{
    return activation_name((enum activation)i);
}
static const char *scheme(int i) /* and the server's own */
{
    return i < INIT_COUNT ? init_name((enum init_scheme)i) : "continue";
}
static const char *loss(int i)
{
    return loss_name((enum loss)i);
}
static const char *gradient(int i)
{
    return training_gradient_name((enum gradient)i);
}
static const char *optimizer(int i)
{
    return optimizer_name((enum optimizer)i);
}
static const char *reduction(int i)
{
    return training_reduction_name((enum reduction)i);
}
static const char *order(int i)
{
    return training_order_name((enum order)i);
}

static const char *arithmetic(int i)
{
    return training_arithmetic_name((enum arithmetic)i);
}
static const char *schedule(int i)
{
    return schedule_name((enum schedule_kind)i);
}

static void choices_are_those_of_the_core(void **state)
{
    (void)state;
    assert_choices("/network/layers/*/activation", ACTIVATION_COUNT, activation);
    assert_choices("/network/init/scheme", INIT_COUNT + 1, scheme);
    assert_choices("/training/loss", LOSS_COUNT, loss);
    assert_choices("/training/gradient", GRADIENT_COUNT, gradient);
    assert_choices("/training/optimizer/name", OPTIMIZER_COUNT, optimizer);
    assert_choices("/training/arithmetic", ARITHMETIC_COUNT, arithmetic);
    assert_choices("/training/schedule/kind", SCHEDULE_COUNT, schedule);
    assert_choices("/training/reduction", REDUCTION_COUNT, reduction);
    assert_choices("/training/order", ORDER_COUNT, order);
}

static void names_of_the_network_are_fields(void **state)
{
    (void)state;
    const struct option *row = option_below(option_find("/network/init/named"), NULL);
    for (int i = 0; i < NETWORK_NAMES; i++) {
        assert_string_equal(option_name(row), network_name(i));
        row = option_below(option_find("/network/init/named"), row);
    }
    assert_null(row);
}

/* --- messages ------------------------------------------------------------------------------ */

static void ranges_are_told_in_words(void **state)
{
    (void)state;
    char out[LEAF_TEXT_BYTES];
    assert_string_equal(leaf_print_range(out, option_find("/network/layers/*/units")), "1 to 4096");
    assert_string_equal(leaf_print_range(out, option_find("/training/optimizer/learning_rate")),
                        "more than 0");
    assert_string_equal(leaf_print_range(out, option_find("/dataset/rows/*/*")), "");
    for (EACH_ROW(row))
        if (row->choices != NULL && strlen(leaf_print_choices(out, row->choices)) >= sizeof out - 1)
            fail_msg("%s: its choices do not fit", row->pointer);
}

static void assert_suggests(const char *parent, const char *name, const char *expected)
{
    char out[SUGGEST_BYTES];
    suggest_member(out, option_find(parent), name);
    if (strcmp(out, expected) != 0)
        fail_msg("%s/%s: got \"%s\", expected \"%s\"", parent, name, out, expected);
}

static void guesses_what_was_meant(void **state)
{
    (void)state;
    assert_suggests("/training/optimizer", "learning_raet", ", did you mean learning_rate?");
    assert_suggests("/training/optimizer", "learningRate", ", did you mean learning_rate?");
    assert_suggests("/training/optimizer", "lr", ", did you mean learning_rate?");
    assert_suggests("/network/layers/*", "neurons", ", did you mean units?");
    assert_suggests("/network/layers/*", "unti", ", did you mean units?");
    assert_suggests("/training", "learning_rate",
                    " here, did you mean /training/optimizer/learning_rate?");
    assert_suggests("", "epochs", " here, did you mean /training/epochs?");
    assert_suggests("/network/init", "ds", ", did you mean sd?");
    assert_suggests("", "data", ", did you mean dataset?");
    assert_suggests("/training/schedule", "curve",
                    ", expected one of kind, every, factor, patience, threshold, min_learning_rate, "
                    "final, warmup_epochs");
    assert_suggests("/training/optimizer", "eps", ", did you mean epsilon?");
}

static void guesses_pointers(void **state)
{
    (void)state;
    assert_string_equal(suggest_pointer("/training/learning_rate"),
                        "/training/optimizer/learning_rate");
    assert_string_equal(suggest_pointer("/trainig/epocs"), "/training/epochs");
    assert_string_equal(suggest_pointer("epochs"), "/training/epochs");
    assert_null(suggest_pointer("/something/else/altogether"));
    assert_null(suggest_pointer(""));
}

/* --- as JSON ------------------------------------------------------------------------------- */

static const json_t *field(const json_t *options, const char *pointer)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(options, "fields"), i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "pointer")), pointer) == 0)
            return row;
    }
    fail_msg("%s is missing", pointer);
    return NULL;
}

static void assert_field(const json_t *options, const char *pointer, const char *expected)
{
    json_t *row = json_copy((json_t *)field(options, pointer));
    assert_true(json_string_length(json_object_get(row, "description")) > 0);
    json_object_del(row, "description");
    char *text = json_text(row, NULL);
    assert_string_equal(text, expected);
    free(text);
    json_decref(row);
}

static void the_table_is_served_with_limits_and_defaults(void **state)
{
    (void)state;
    json_t *options = options_json();
    size_t n_rows = 0;

    for (EACH_ROW(row))
        n_rows++;
    assert_int_equal(json_array_size(json_object_get(options, "fields")), n_rows);
    assert_field(options, "/training/optimizer/learning_rate",
                 "{\"pointer\":\"/training/optimizer/learning_rate\",\"type\":\"number\","
                 "\"default\":0.001,\"minimum\":0,\"above\":true}");
    assert_field(options, "/training/epochs",
                 "{\"pointer\":\"/training/epochs\",\"type\":\"integer\",\"unit\":\"epochs\","
                 "\"default\":1000,\"minimum\":1,\"maximum\":1000000000}");
    assert_field(options, "/network/layers/*/activation",
                 "{\"pointer\":\"/network/layers/*/activation\",\"type\":\"choice\",\"default\":"
                 "\"relu\",\"default_last\":\"linear\",\"choices\":[\"linear\",\"relu\","
                 "\"leaky_relu\",\"tanh\",\"sigmoid\",\"elu\",\"gelu\",\"softplus\","
                 "\"softmax\"]}");
    assert_field(options, "/training/optimizer/epsilon",
                 "{\"pointer\":\"/training/optimizer/epsilon\",\"type\":\"number\",\"default\":1e-8,"
                 "\"minimum\":0,\"above\":true,\"maximum\":1,\"default_when\":{\"field\":\"name\","
                 "\"values\":[\"adagrad\"],\"default\":1e-10},\"when\":{\"field\":\"name\",\"values\":"
                 "[\"adagrad\",\"rmsprop\",\"adam\",\"adamw\"]}}");
    assert_field(options, "/network/init/bias",
                 "{\"pointer\":\"/network/init/bias\",\"type\":\"number\",\"default\":0,"
                 "\"minimum\":-1e100,\"maximum\":1e100,\"when\":{\"field\":\"scheme\",\"values\":"
                 "[\"constant\",\"uniform\",\"normal\",\"he_normal\",\"he_uniform\","
                 "\"glorot_normal\",\"glorot_uniform\",\"lecun_normal\",\"lecun_uniform\","
                 "\"orthogonal\"]}}");
    assert_field(options, "/dataset/target",
                 "{\"pointer\":\"/dataset/target\",\"type\":\"formula\",\"required\":true,"
                 "\"unless\":\"targets\",\"minimum\":0,\"maximum\":1000,\"when\":{\"field\":"
                 "\"kind\",\"values\":[\"formula\"]}}");
    assert_int_equal(json_integer_value(json_at(options, "/limits/runs")), OPTIONS_RUNS_MAX);
    assert_int_equal(json_integer_value(json_at(options, "/limits/exact_epochs")), 1048576);
    json_decref(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_stands_below_its_parent_once),
        cmocka_unit_test(every_row_says_what_it_is_for),
        cmocka_unit_test(every_default_is_right_by_its_own_row),
        cmocka_unit_test(conditions_name_a_word_of_a_sibling_above),
        cmocka_unit_test(every_choice_of_mathematics_has_its_formula),
        cmocka_unit_test(choices_are_those_of_the_core),
        cmocka_unit_test(names_of_the_network_are_fields),
        cmocka_unit_test(ranges_are_told_in_words),
        cmocka_unit_test(guesses_what_was_meant),
        cmocka_unit_test(guesses_pointers),
        cmocka_unit_test(the_table_is_served_with_limits_and_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
