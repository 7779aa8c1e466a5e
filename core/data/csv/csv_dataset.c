/* Data sets from the columns of a CSV file: numbers, missing values, classes. */
#include "core/data/csv/csv.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/data/one_hot.h"

enum cell { CELL_NUMBER, CELL_MISSING, CELL_TEXT };

static int is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* The cell without spaces around it: where it begins, and its length. */
static const char *trim(const char *cell, size_t *out_n)
{
    while (is_space(*cell)) {
        cell++;
    }
    size_t n = strlen(cell);
    while (n > 0 && is_space(cell[n - 1])) {
        n--;
    }
    *out_n = n;
    return cell;
}

/* Whether the text is the word, which is in lower case. */
static int is_word(const char *text, size_t n, const char *word)
{
    size_t i = 0;
    while (i < n && tolower((unsigned char)text[i]) == word[i]) {
        i++;
    }
    return i == n && word[i] == '\0';
}

static int is_missing(const char *text, size_t n)
{
    static const char *const words[] = {"", "?", "na", "n/a", "nan", "null"};
    int found = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        found |= is_word(text, n, words[i]);
    }
    return found;
}

/* What a cell holds; *out_value where it is a number. Needs the C locale. */
static enum cell read_cell(const char *cell, double *out_value)
{
    size_t n;
    const char *text = trim(cell, &n);
    if (is_missing(text, n)) {
        return CELL_MISSING;
    }
    if (strspn(text, "0123456789+-.eE") < n) { /* strtod would take 0x10 and infinity */
        return CELL_TEXT;
    }
    char *end;
    *out_value = strtod(text, &end);
    return end == text + n && isfinite(*out_value) ? CELL_NUMBER : CELL_TEXT;
}

static const char *cell_at(const struct csv *csv, size_t row, size_t column)
{
    return csv->cells[row * csv->n_columns + column];
}

struct csv_column csv_look(const struct csv *csv, size_t column)
{
    struct csv_column found = {0};
    double value;
    for (size_t i = csv->n_rows; i-- > 0;) {
        enum cell cell = read_cell(cell_at(csv, i, column), &value);
        if (cell == CELL_MISSING) {
            found.n_missing++;
            found.first_missing = i;
        } else if (cell == CELL_TEXT) {
            found.n_text++;
            found.first_text = i;
        }
    }
    return found;
}

/* --- classes ------------------------------------------------------------------------------- */

static int compare_texts(const void *a, const void *b)
{
    size_t n_left, n_right;
    const char *left = trim(*(const char *const *)a, &n_left);
    const char *right = trim(*(const char *const *)b, &n_right);
    int order = memcmp(left, right, n_left < n_right ? n_left : n_right);
    return order != 0 ? order : (n_left > n_right) - (n_left < n_right);
}

static int compare_numbers(const void *a, const void *b)
{
    double left = 0, right = 0;
    read_cell(*(const char *const *)a, &left);
    read_cell(*(const char *const *)b, &right);
    return (left > right) - (left < right);
}

static int (*comparison(const struct csv *csv, size_t column))(const void *, const void *)
{
    return csv_look(csv, column).n_text > 0 ? compare_texts : compare_numbers;
}

size_t csv_classes(const struct csv *csv, size_t column, const char **out)
{
    int (*compare)(const void *, const void *) = comparison(csv, column);
    size_t n = 0;
    for (size_t i = 0; i < csv->n_rows; i++) {
        const char *cell = cell_at(csv, i, column);
        if (bsearch(&cell, out, n, sizeof *out, compare)) {
            continue;
        }
        if (n == CSV_CLASSES_MAX) {
            return CSV_CLASSES_MAX + 1;
        }
        size_t at = n++;
        for (; at > 0 && compare(&out[at - 1], &cell) > 0; at--) {
            out[at] = out[at - 1];
        }
        out[at] = cell;
    }
    return n;
}

/* --- the data set -------------------------------------------------------------------------- */

static void name_column(char out[DATASET_NAME_BYTES], const char *name)
{
    size_t n = 0;
    for (; name[n] != '\0' && n < DATASET_NAME_BYTES - 1; n++) {
        out[n] = isalnum((unsigned char)name[n]) ? name[n] : '_';
    }
    out[n] = '\0';
}

/* Says what is wrong with a cell that is to be a number. Returns -1. */
static int refuse_cell(const struct csv *csv, size_t row, size_t column, const char *advice,
                       struct error *error)
{
    double value;
    const char *cell = cell_at(csv, row, column);
    if (read_cell(cell, &value) == CELL_MISSING) {
        return error_set(error, ERROR_INVALID,
                         "line %zu, column \"%.60s\": got a missing value (\"%.20s\"), expected a "
                         "number; fill it in or leave the line out of the file",
                         csv->lines[row], csv->names[column], cell);
    }
    return error_set(error, ERROR_INVALID,
                     "line %zu, column \"%.60s\": got \"%.40s\", expected a number; %s",
                     csv->lines[row], csv->names[column], cell, advice);
}

/* Whether a cell's number is what stands there: a whole number beyond 2^53 may lie between two
 * doubles, and a small one become 0. */
static int is_kept(const char *cell, double value)
{
    size_t n, length;
    char printed[400];
    const char *text = trim(cell, &n);
    if (value == 0) {
        return strcspn(text, "123456789") >= strcspn(text, "eE");
    }
    if (strcspn(text, ".eE") < n || fabs(value) < 0x1p53) {
        return 1;
    }
    text += strspn(text, "+-");
    text += strspn(text, "0");
    length = strspn(text, "0123456789");
    snprintf(printed, sizeof printed, "%.0f", fabs(value));
    return strlen(printed) == length && strncmp(printed, text, length) == 0;
}

/* Copies a column's numbers to every `stride`-th place of `out`. */
static int take_numbers(const struct csv *csv, size_t column, double *out, size_t stride,
                        const char *advice, struct error *error)
{
    for (size_t i = 0; i < csv->n_rows; i++) {
        if (read_cell(cell_at(csv, i, column), &out[i * stride]) != CELL_NUMBER) {
            return refuse_cell(csv, i, column, advice, error);
        }
        if (!is_kept(cell_at(csv, i, column), out[i * stride])) {
            return error_set(error, ERROR_INVALID,
                             "line %zu, column \"%.60s\": got %.40s, which no double is, expected "
                             "one that need not be rounded to another number",
                             csv->lines[i], csv->names[column], cell_at(csv, i, column));
        }
    }
    return 0;
}

/* Writes the class of each row's value to `out`, and the classes' names. -1 or how many. */
static long take_classes(const struct csv *csv, size_t column, double *out, const char **classes,
                         struct error *error)
{
    int (*compare)(const void *, const void *) = comparison(csv, column);
    struct csv_column found = csv_look(csv, column);
    if (found.n_missing > 0) {
        return refuse_cell(csv, found.first_missing, column, "", error);
    }
    size_t n = csv_classes(csv, column, classes);
    if (n < 2 || n > CSV_CLASSES_MAX) {
        return error_set(error, ERROR_INVALID,
                         "column \"%.60s\": got %s, expected 2 to %d different values as classes",
                         csv->names[column], n < 2 ? "the same value everywhere" : "too many",
                         CSV_CLASSES_MAX);
    }
    for (size_t i = 0; i < csv->n_rows; i++) {
        const char *cell = cell_at(csv, i, column);
        const char **own = bsearch(&cell, classes, n, sizeof *classes, compare);
        out[i] = (double)(own - classes);
    }
    return (long)n;
}

/* The cell's text, cut between characters where it is too long. Returns whether it was not. */
static int name_class(char out[DATASET_NAME_BYTES], const char *cell)
{
    size_t n_whole;
    const char *name = trim(cell, &n_whole);
    size_t n = n_whole < DATASET_NAME_BYTES ? n_whole : DATASET_NAME_BYTES - 1;
    while (n < n_whole && n > 0 && ((unsigned char)name[n] & 0xC0) == 0x80) {
        n--;
    }
    memcpy(out, name, n);
    out[n] = '\0';
    return n == n_whole;
}

/* The targets of classes: one column of class numbers, or one for each class. */
static int make_classes(const struct csv *csv, const struct csv_selection *selection,
                        struct dataset *made, struct error *error)
{
    const char *classes[CSV_CLASSES_MAX], *names[CSV_CLASSES_MAX];
    long n = take_classes(csv, selection->targets[0], made->targets, classes, error);
    if (n < 0 || dataset_add_classes(made, (size_t)n, error)) {
        return -1;
    }
    for (long k = 0; k < n; k++) {
        names[k] = name_class(made->classes[k], classes[k]) ? made->classes[k] : NULL;
    }
    return selection->targets_as == CSV_ONE_HOT ? one_hot_targets(made, (size_t)n, names, error)
                                                : 0;
}

static int fill(const struct csv *csv, const struct csv_selection *selection, struct dataset *made,
                size_t *out_column, struct error *error)
{
    size_t n_features = selection->n_features, n_targets = selection->n_targets;
    for (size_t k = 0; k < n_features + n_targets; k++) {
        int is_target = k >= n_features;
        size_t column = is_target ? selection->targets[k - n_features] : selection->features[k];
        *out_column = column;
        name_column(made->names[k], csv->names[column]);
        if (is_target && selection->targets_as != CSV_NUMBERS) {
            continue;
        }
        double *out = is_target ? made->targets + k - n_features : made->features + k;
        if (take_numbers(csv, column, out, is_target ? n_targets : n_features,
                         is_target ? "one_hot makes classes of it: true, or false for their numbers"
                                   : "leave the column out of the features",
                         error)) {
            return -1;
        }
    }
    return selection->targets_as == CSV_NUMBERS ? 0 : make_classes(csv, selection, made, error);
}

struct dataset *csv_dataset(const struct csv *csv, const struct csv_selection *selection,
                            size_t *out_column, struct error *error)
{
    struct dataset *made =
        dataset_create(csv->n_rows, selection->n_features, selection->n_targets, error);
    if (!made) {
        return NULL;
    }
    if (fill(csv, selection, made, out_column, error)) {
        dataset_destroy(made);
        return NULL;
    }
    dataset_distinguish(made);
    return made;
}
