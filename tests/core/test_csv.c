/* CSV files: what RFC 4180 allows is read, all else is refused by line; columns become data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/data/csv/csv.h"
#include "tests/core/failing_memory.h"

static struct csv *parse(const char *text)
{
    struct error error = ERROR_INIT;
    struct csv *csv = csv_parse(text, strlen(text), &error);
    if (!csv) {
        fail_msg("%s: %s", text, error.text);
    }
    return csv;
}

static void assert_cells(const char *text, size_t n_columns, size_t n_rows,
                         const char *const *expected)
{
    struct csv *csv = parse(text);
    assert_int_equal(csv->n_columns, n_columns);
    assert_int_equal(csv->n_rows, n_rows);
    for (size_t k = 0; k < n_columns; k++) {
        assert_string_equal(csv->names[k], expected[k]);
    }
    for (size_t i = 0; i < n_columns * n_rows; i++) {
        assert_string_equal(csv->cells[i], expected[n_columns + i]);
    }
    csv_destroy(csv);
}

static void lines_end_either_way(void **state)
{
    (void)state;
    static const char *const cells[] = {"a", "b", "1", "2", "3", "4"};
    assert_cells("a,b\n1,2\n3,4\n", 2, 2, cells);
    assert_cells("a,b\r\n1,2\r\n3,4\r\n", 2, 2, cells);
    assert_cells("a,b\n1,2\n3,4", 2, 2, cells);
    assert_cells("\xef\xbb\xbf"
                 "a,b\r\n1,2\n3,4\n\r\n\n",
                 2, 2, cells);
}

static void quoted_fields_hold_anything(void **state)
{
    (void)state;
    static const char *const cells[] = {"a, b", "c\"d", "1\n2", "", " x ", "\"\""};
    assert_cells("\"a, b\",\"c\"\"d\"\n\"1\n2\",\"\"\n x ,\"\"\"\"\"\"\n", 2, 2, cells);
}

static void empty_cells_of_one_column_are_rows_but_for_the_last(void **state)
{
    (void)state;
    static const char *const cells[] = {"a", "1", "", "2"};
    assert_cells("a\n1\n\n2\n\n\n", 1, 3, cells);
}

static void rows_know_their_lines(void **state)
{
    (void)state;
    struct csv *csv = parse("a,b\n1,\"x\ny\"\n2,z\n");
    assert_int_equal(csv->lines[0], 2);
    assert_int_equal(csv->lines[1], 4);
    assert_int_equal(csv_find(csv, "b"), 1);
    assert_int_equal(csv_find(csv, "c"), 2);
    csv_destroy(csv);
}

static void assert_refused(const char *bytes, size_t n, enum error_kind kind, const char *expected)
{
    struct error error = ERROR_INIT;
    assert_null(csv_parse(bytes, n, &error));
    assert_int_equal(error.kind, kind);
    assert_string_equal(error.text, expected);
}

static void faults_name_the_line(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "line 1: got nothing, expected a header that names each column"},
        {"\n1,2\n", "line 1: got nothing, expected a header that names each column"},
        {"a\001b,c\n1,2\n",
         "line 1: the name of column 1 has a control character, expected letters that can be seen"},
        {"a;b\n1;2\n", "line 1: got one column, \"a;b\", expected commas between columns"},
        {"a\tb\n1\t2\n", "line 1: got one column, \"a b\", expected commas between columns"},
        {"1,2.5\n3,-4e1\n", "line 1: got numbers alone, expected a header that names each column"},
        {"a,b\n", "line 2: got no row, expected at least one after the header"},
        {"a,,b\n1,2,3\n", "line 1: column 2 has no name, expected a header that names each column"},
        {"a,b,a\n1,2,3\n", "line 1: got the name \"a\" twice, expected each name once"},
        {"a,b\n1,2\n3\n", "line 3: got 1 field, expected 2 as in the header"},
        {"a,b\n1,2\n\n3,4\n", "line 3: got 1 field, expected 2 as in the header"},
        {"a,b\n1,2,3\n", "line 2: got 3 fields, expected 2 as in the header"},
        {"a,b\n\"1\n2\",x\n1,x\"y\n",
         "line 4: got a quote inside a field, expected it doubled and the whole field in quotes"},
        {"a,b\n1,\"x\"y\n",
         "line 2: got text after a closing quote, expected a comma or the end of the line"},
        {"a,b\n1,\"x\n\n", "line 2: got a quote that is never closed, expected another one"},
        {"a,b\n1\r2,3\n",
         "line 2: got a carriage return inside a line, expected lines that end with LF or CRLF"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(cases[i][0], strlen(cases[i][0]), ERROR_INVALID, cases[i][1]);
    }
    assert_refused("a\n1\0\n", 5, ERROR_INVALID, "line 2: got a NUL byte, expected text");
    assert_refused("a\n\"1\0\"\n", 7, ERROR_INVALID, "line 2: got a NUL byte, expected text");
}

static void too_many_rows_and_columns_are_refused(void **state)
{
    (void)state;
    char *text = malloc(2 * CSV_ROWS_MAX + 8);
    memcpy(text, "a\n", 2);
    for (size_t i = 1; i <= CSV_ROWS_MAX + 1; i++) {
        memcpy(text + 2 * i, "1\n", 2);
    }
    struct csv *csv = csv_parse(text, 2 * CSV_ROWS_MAX + 2, NULL);
    assert_int_equal(csv->n_rows, CSV_ROWS_MAX);
    csv_destroy(csv);
    assert_refused(text, 2 * CSV_ROWS_MAX + 4, ERROR_TOO_LARGE,
                   "line 100002: got more than 100000 rows, expected at most that many");
    memset(text, ',', DATASET_COLUMNS_MAX);
    assert_refused(text, DATASET_COLUMNS_MAX, ERROR_TOO_LARGE,
                   "line 1: got 1025 columns, expected at most 1024");
    free(text);
}

/* --- columns ------------------------------------------------------------------------------- */

static void numbers_missing_values_and_text_are_told_apart(void **state)
{
    (void)state;
    static const char *const numbers[] = {"0", " -1.5e3 ", "+.5", "1.", "1e-320"};
    static const char *const missing[] = {"", "  ", "?", "NA", "nan", "N/A", "NULL"};
    static const char *const texts[] = {"0x10", "inf", "1e999", "1,5", "1 2", "-", "one", "1.2.3"};
    for (int kind = 0; kind < 3; kind++) {
        const char *const *cells = kind == 0 ? numbers : kind == 1 ? missing : texts;
        for (int i = 0; i < (kind == 0 ? 5 : kind == 1 ? 7 : 8); i++) {
            char text[64];
            snprintf(text, sizeof text, "a\n1\n\"%s\"\n", cells[i]);
            struct csv *csv = parse(text);
            struct csv_column found = csv_look(csv, 0);
            if (found.n_missing != (kind == 1) || found.n_text != (kind == 2)) {
                fail_msg("\"%s\": got %zu missing, %zu text", cells[i], found.n_missing,
                         found.n_text);
            }
            csv_destroy(csv);
        }
    }
}

static struct dataset *select_columns(const struct csv *csv, enum csv_targets as,
                                      struct error *error)
{
    static const size_t features[] = {2, 0}, targets[] = {1};
    const struct csv_selection selection = {2, 1, features, targets, as};
    size_t column;
    return csv_dataset(csv, &selection, &column, error);
}

static void columns_become_features_and_targets(void **state)
{
    (void)state;
    struct csv *csv =
        parse("petal width (cm),b,a_name_that_is_longer_than_thirty_one\n1,2,3\n4,5,6\n");
    struct dataset *dataset = select_columns(csv, CSV_NUMBERS, NULL);
    static const double features[] = {3, 1, 6, 4}, targets[] = {2, 5};
    assert_memory_equal(dataset->features, features, sizeof features);
    assert_memory_equal(dataset->targets, targets, sizeof targets);
    assert_string_equal(dataset->names[0], "a_name_that_is_longer_than_thir");
    assert_string_equal(dataset->names[1], "petal_width__cm_");
    assert_string_equal(dataset->names[2], "b");
    dataset_destroy(dataset);
    csv_destroy(csv);
}

static void names_that_become_the_same_are_told_apart(void **state)
{
    (void)state;
    struct csv *csv = parse("a b,a_b,a-b\n1,2,3\n");
    struct dataset *dataset = select_columns(csv, CSV_NUMBERS, NULL);
    assert_string_equal(dataset->names[0], "a_b"); /* a-b, the first that is asked for */
    assert_string_equal(dataset->names[1], "a_b_2");
    assert_string_equal(dataset->names[2], "a_b_3");
    dataset_destroy(dataset);
    csv_destroy(csv);
    csv = parse("a_name_that_is_longer_than_31_bytes,b,a_name_that_is_longer_than_31_too\n1,2,3\n");
    dataset = select_columns(csv, CSV_NUMBERS, NULL);
    assert_string_equal(dataset->names[0], "a_name_that_is_longer_than_31_t");
    assert_string_equal(dataset->names[1], "a_name_that_is_longer_than_31_b");
    dataset_destroy(dataset);
    csv_destroy(csv);
    csv = parse("a_name_that_is_longer_than_31_b1,b_2,a_name_that_is_longer_than_31_b2\n1,2,3\n1,4,3\n");
    dataset = select_columns(csv, CSV_ONE_HOT, NULL);
    assert_string_equal(dataset->names[1], "a_name_that_is_longer_than_31_2");
    dataset_destroy(dataset);
    csv_destroy(csv);
}

static void a_class_is_not_called_as_a_feature_is(void **state)
{
    (void)state;
    struct csv *csv = parse("b_red,b,c\n1,red,3\n1,blue,3\n");
    struct dataset *dataset = select_columns(csv, CSV_ONE_HOT, NULL);
    assert_string_equal(dataset->names[1], "b_red");
    assert_string_equal(dataset->names[2], "b_blue");
    assert_string_equal(dataset->names[3], "b_red_2");
    dataset_destroy(dataset);
    csv_destroy(csv);
}

static void classes_are_in_order_of_their_values(void **state)
{
    (void)state;
    struct csv *texts = parse("a,b,c\n1, red,1\n1,green ,1\n1,red,1\n1,blue,1\n");
    struct dataset *dataset = select_columns(texts, CSV_CLASS_NUMBERS, NULL);
    static const double numbers[] = {2, 1, 2, 0};
    assert_memory_equal(dataset->targets, numbers, sizeof numbers);
    assert_int_equal(dataset->n_classes, 3);
    assert_string_equal(dataset->classes[0], "blue");
    assert_string_equal(dataset->classes[2], "red");
    dataset_destroy(dataset);
    dataset = select_columns(texts, CSV_ONE_HOT, NULL);
    static const double hot[] = {0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0};
    assert_int_equal(dataset->n_targets, 3);
    assert_memory_equal(dataset->targets, hot, sizeof hot);
    assert_string_equal(dataset->names[2], "b_blue");
    assert_string_equal(dataset->names[4], "b_red");
    assert_string_equal(dataset->classes[1], "green");
    dataset_destroy(dataset);
    csv_destroy(texts);

    struct csv *counts = parse("a,b,c\n1,10,1\n1,9,1\n1,9.0,1\n1,-1,1\n");
    dataset = select_columns(counts, CSV_CLASS_NUMBERS, NULL);
    static const double by_value[] = {2, 1, 1, 0};
    assert_memory_equal(dataset->targets, by_value, sizeof by_value);
    dataset_destroy(dataset);
    csv_destroy(counts);
}

static void a_long_name_of_a_class_is_cut_between_characters(void **state)
{
    (void)state;
    struct csv *csv = parse("a,b,c\n1,a name of thirty characters: \xc3\xa4\xc3\xa4,1\n1,short one,1\n");
    struct dataset *dataset = select_columns(csv, CSV_ONE_HOT, NULL);
    assert_string_equal(dataset->classes[0], "a name of thirty characters: \xc3\xa4");
    assert_string_equal(dataset->names[2], "b_0"); /* of no plain name its number */
    dataset_destroy(dataset);
    csv_destroy(csv);
}

static void what_is_no_number_is_refused_by_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
        enum csv_targets as;
    } cases[] = {
        {"a,b,c\n1,2,3\n,5,6\n",
         "line 3, column \"a\": got a missing value (\"\"), expected a number; fill it in or leave "
         "the line out of the file",
         CSV_NUMBERS},
        {"a,b,c\n9007199254740993,2,3\n",
         "line 2, column \"a\": got 9007199254740993, which no double is, expected one that need not "
         "be rounded to another number",
         CSV_NUMBERS},
        {"a,b,c\n9007199254740992,-0.0,3\n1,1e-400,3\n",
         "line 3, column \"b\": got 1e-400, which no double is, expected one that need not be "
         "rounded to another number",
         CSV_NUMBERS},
        {"a,b,c\n1,2,tall\n",
         "line 2, column \"c\": got \"tall\", expected a number; leave the "
         "column out of the features",
         CSV_NUMBERS},
        {"a,b,c\n1,red,3\n",
         "line 2, column \"b\": got \"red\", expected a number; one_hot makes "
         "classes of it: true, or false for their numbers",
         CSV_NUMBERS},
        {"a,b,c\n1,red,3\n1,NA,3\n",
         "line 3, column \"b\": got a missing value (\"NA\"), expected a number; fill it in or "
         "leave the line out of the file",
         CSV_ONE_HOT},
        {"a,b,c\n1,red,3\n",
         "column \"b\": got the same value everywhere, expected 2 to 100 different values as "
         "classes",
         CSV_ONE_HOT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = ERROR_INIT;
        struct csv *csv = parse(cases[i].text);
        assert_null(select_columns(csv, cases[i].as, &error));
        assert_string_equal(error.text, cases[i].expected);
        csv_destroy(csv);
    }
}

static void too_many_classes_are_refused(void **state)
{
    (void)state;
    char text[4096] = "a,b,c\n";
    struct error error = ERROR_INIT;
    for (int i = 0; i <= CSV_CLASSES_MAX; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "1,%d,1\n", i);
    }
    struct csv *csv = parse(text);
    assert_null(select_columns(csv, CSV_ONE_HOT, &error));
    assert_string_equal(
        error.text, "column \"b\": got too many, expected 2 to 100 different values as classes");
    csv_destroy(csv);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const char text[] = "a,b,c\n1,2,3\n4,5,6\n";
    memory_fail_from(0);
    struct csv *whole = parse(text);
    int n_parse = memory_count();
    for (int i = 1; i <= n_parse; i++) {
        struct error error = ERROR_INIT;
        memory_fail_from(i);
        assert_null(csv_parse(text, sizeof text - 1, &error));
        assert_int_equal(error.kind, ERROR_MEMORY);
    }
    memory_fail_from(0);
    dataset_destroy(select_columns(whole, CSV_ONE_HOT, NULL));
    int n_select = memory_count();
    for (int i = 1; i <= n_select; i++) {
        struct error error = ERROR_INIT;
        memory_fail_from(i);
        assert_null(select_columns(whole, CSV_ONE_HOT, &error));
        assert_int_equal(error.kind, ERROR_MEMORY);
    }
    memory_fail_from(0);
    csv_destroy(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_either_way),
        cmocka_unit_test(quoted_fields_hold_anything),
        cmocka_unit_test(empty_cells_of_one_column_are_rows_but_for_the_last),
        cmocka_unit_test(rows_know_their_lines),
        cmocka_unit_test(faults_name_the_line),
        cmocka_unit_test(too_many_rows_and_columns_are_refused),
        cmocka_unit_test(numbers_missing_values_and_text_are_told_apart),
        cmocka_unit_test(columns_become_features_and_targets),
        cmocka_unit_test(names_that_become_the_same_are_told_apart),
        cmocka_unit_test(a_class_is_not_called_as_a_feature_is),
        cmocka_unit_test(classes_are_in_order_of_their_values),
        cmocka_unit_test(a_long_name_of_a_class_is_cut_between_characters),
        cmocka_unit_test(what_is_no_number_is_refused_by_line_and_column),
        cmocka_unit_test(too_many_classes_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
