/* A data set from the columns of a CSV file: an uploaded one, or one that comes with the server. */
#include "server/spec/source/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/data/csv/csv.h"
#include "server/base/text.h"

/* The files with a class in the last column, after so many features. */
enum { KNOWN_FEATURES_MAX = 64 };
static const struct {
    const char *kind;
    size_t n_features;
} classified[] = {{"iris", 4}, {"wine", 13}, {"digits", 64}};

static const char *kind_of(const json_t *dataset)
{
    return json_string_value(json_object_get(dataset, "kind"));
}

static int is_upload(const json_t *dataset)
{
    return strcmp(kind_of(dataset), "upload") == 0;
}

static const char *id_of(const json_t *dataset)
{
    return is_upload(dataset) ? json_string_value(json_object_get(dataset, "id"))
                              : kind_of(dataset);
}

/* 0 for the others. */
static size_t n_known_features(const json_t *dataset)
{
    for (size_t i = 0; i < sizeof classified / sizeof classified[0]; i++)
        if (strcmp(kind_of(dataset), classified[i].kind) == 0)
            return classified[i].n_features;
    return 0;
}

static enum csv_targets targets_as(const json_t *dataset)
{
    const json_t *one_hot = json_object_get(dataset, "one_hot");
    if (one_hot == NULL)
        return n_known_features(dataset) > 0 ? CSV_ONE_HOT : CSV_NUMBERS;
    return json_is_true(one_hot) ? CSV_ONE_HOT : CSV_CLASS_NUMBERS;
}

/* --- columns ------------------------------------------------------------------------------- */

/* The columns of the files that come with the server, in the place of lists of names. */
static size_t known_columns(const json_t *dataset, int is_target, size_t *out)
{
    size_t set = (size_t)json_integer_value(json_object_get(dataset, "set"));
    size_t n_features = n_known_features(dataset);

    if (n_features == 0) { /* anscombe: each set has its two columns */
        out[0] = 2 * (set - 1) + (is_target ? 1 : 0);
        return 1;
    }
    if (is_target) {
        out[0] = n_features;
        return 1;
    }
    for (size_t k = 0; k < n_features; k++)
        out[k] = k;
    return n_features;
}

static size_t n_columns(const json_t *dataset, const char *list)
{
    size_t spare[KNOWN_FEATURES_MAX];
    return is_upload(dataset) ? json_array_size(json_object_get(dataset, list))
                              : known_columns(dataset, strcmp(list, "targets") == 0, spare);
}

/* Fills out[n_columns] with the list's columns of the file, n_columns of it for unknown names. */
static void find_columns(const json_t *dataset, const char *list, const struct csv *csv,
                         size_t *out)
{
    const json_t *names = json_object_get(dataset, list);

    if (!is_upload(dataset))
        known_columns(dataset, strcmp(list, "targets") == 0, out);
    for (size_t i = 0; i < json_array_size(names); i++)
        out[i] = csv_find(csv, json_string_value(json_array_get(names, i)));
}

/* The columns' names as a message shows them. */
static void list_names(char *out, size_t size, const struct csv *csv)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t k = 0; k < csv->n_columns && n < size; k++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", k > 0 ? ", " : "", csv->names[k]);
    if (n >= size) /* cut, perhaps inside a character */
        out[text_utf8_prefix(out, strlen(out))] = '\0';
}

static int check_columns(const json_t *dataset, const char *list, const struct csv *csv,
                         const size_t *columns, size_t *n_seen, struct faults *faults)
{
    const json_t *names = json_object_get(dataset, list);
    struct place place = {&source_place, list, 0};
    char known[240], got[FAULT_GOT_BYTES];
    int is_right = 1;

    for (size_t i = 0; i < json_array_size(names); i++) {
        struct place name = {&place, NULL, i};
        size_t column = columns[*n_seen];
        fault_got(got, json_array_get(names, i));
        if (column == csv->n_columns) {
            list_names(known, sizeof known, csv);
            place_fault(&name, faults, "got %s, expected a column of the file: %s", got, known);
            is_right = 0;
        }
        for (size_t k = 0; k < *n_seen && column < csv->n_columns; k++) {
            if (columns[k] != column)
                continue;
            place_fault(&name, faults, "got %s again, expected each column once", got);
            is_right = 0;
            break;
        }
        (*n_seen)++;
    }
    return is_right;
}

/* --- the source ---------------------------------------------------------------------------- */

static struct shape shape_of(const json_t *dataset, struct library *library)
{
    const struct error *error;
    const struct csv *csv = library_find(library, id_of(dataset), &error);
    struct shape shape = {.n_features = n_columns(dataset, "features"),
                          .n_targets = n_columns(dataset, "targets")};
    size_t target;

    if (csv == NULL || shape.n_features == 0 || shape.n_targets == 0)
        return (struct shape){0};
    shape.n_samples = csv->n_rows;
    if (targets_as(dataset) == CSV_NUMBERS)
        return shape;
    if (shape.n_targets != 1)
        return (struct shape){0};
    if (targets_as(dataset) == CSV_CLASS_NUMBERS)
        return shape;
    find_columns(dataset, "targets", csv, &target);
    if (target == csv->n_columns)
        return (struct shape){0};
    shape.n_targets = library_n_classes(library, id_of(dataset), target);
    return shape.n_targets <= CSV_CLASSES_MAX ? shape : (struct shape){0};
}

/* The data set, or NULL with the error and which column it is about, counted over features, then
 * targets. */
static struct dataset *read_dataset(const json_t *dataset, const struct csv *csv,
                                    const size_t *columns, size_t *out_at, struct error *error)
{
    const struct csv_selection selection = {.n_features = n_columns(dataset, "features"),
                                            .n_targets = n_columns(dataset, "targets"),
                                            .features = columns,
                                            .targets = columns + n_columns(dataset, "features"),
                                            .targets_as = targets_as(dataset)};
    size_t column = 0;
    struct dataset *made = csv_dataset(csv, &selection, &column, error);

    *out_at = 0;
    while (made == NULL && *out_at + 1 < selection.n_features + selection.n_targets &&
           columns[*out_at] != column)
        (*out_at)++;
    return made;
}

static void check_file(const json_t *dataset, const struct csv *csv, size_t *columns,
                       struct faults *faults)
{
    size_t n_features = n_columns(dataset, "features"), n_seen = 0, at;
    struct error error = ERROR_INIT;

    find_columns(dataset, "features", csv, columns);
    find_columns(dataset, "targets", csv, columns + n_features);
    int is_right = check_columns(dataset, "features", csv, columns, &n_seen, faults);
    is_right &= check_columns(dataset, "targets", csv, columns, &n_seen, faults);
    if (targets_as(dataset) != CSV_NUMBERS && n_columns(dataset, "targets") != 1) {
        faults_add(faults, "/dataset/one_hot",
                   "got %zu targets, expected one, whose values are the classes",
                   n_columns(dataset, "targets"));
        is_right = 0;
    }
    if (!is_right)
        return;
    struct dataset *made = read_dataset(dataset, csv, columns, &at, &error);
    struct place list = {&source_place, at < n_features ? "features" : "targets", 0};
    struct place place = {&list, NULL, at < n_features ? at : at - n_features};
    if (made == NULL && error.kind == ERROR_MEMORY)
        faults_add_memory(faults);
    else if (made == NULL)
        place_fault(&place, faults, "%s", error.text);
    dataset_destroy(made);
}

/* Lists of names where another kind has formulas. */
static int check_lists(const json_t *dataset, struct faults *faults)
{
    static const char *const lists[] = {"features", "targets"};
    char got[FAULT_GOT_BYTES];
    int is_right = 1;

    for (int i = 0; i < 2; i++) {
        const json_t *list = json_object_get(dataset, lists[i]);
        struct place place = {&source_place, lists[i], 0};
        if (json_is_array(list))
            continue;
        place_fault(&place, faults, "got %s, expected a list of columns of the file by name",
                    fault_got(got, list));
        is_right = 0;
    }
    return is_right;
}

static void check(const json_t *dataset, struct library *library, struct faults *faults)
{
    const struct error *trouble;
    const struct csv *csv = library_find(library, id_of(dataset), &trouble);

    if (is_upload(dataset) && !check_lists(dataset, faults))
        return;
    if (csv == NULL) {
        if (trouble->kind == ERROR_MEMORY)
            faults_add_memory(faults);
        else
            faults_add(faults, "/dataset/id",
                       "%s; POST the file to /api/v1/datasets, which answers with its id",
                       trouble->text);
        return;
    }
    size_t n = n_columns(dataset, "features") + n_columns(dataset, "targets");
    size_t *columns = memory_array(n, sizeof *columns, NULL);
    if (columns != NULL)
        check_file(dataset, csv, columns, faults);
    else
        faults_add_memory(faults);
    free(columns);
}

static struct dataset *make(const json_t *dataset, struct library *library, struct error *error)
{
    size_t n_features = n_columns(dataset, "features"), at;
    const struct error *trouble;
    const struct csv *csv = library_find(library, id_of(dataset), &trouble);
    struct dataset *made = NULL;

    if (csv == NULL) {
        error_set(error, trouble->kind, "%s", trouble->text);
        return NULL;
    }
    size_t n = n_features + n_columns(dataset, "targets");
    size_t *columns = memory_array(n, sizeof *columns, error);
    if (columns != NULL) {
        find_columns(dataset, "features", csv, columns);
        find_columns(dataset, "targets", csv, columns + n_features);
        made = read_dataset(dataset, csv, columns, &at, error);
    }
    free(columns);
    return made;
}

const struct source source_csv = {shape_of, check, make, NULL};
