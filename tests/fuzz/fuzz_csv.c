/* Any bytes as a CSV file: refused with a line, or a table that reads the same when it is written
 * out again; and every column as feature, number, class. */
#include <string.h>

#include "core/data/csv/csv.h"
#include "tests/fuzz/fuzz.h"

/* Appends a field in quotes and what follows it. */
static char *write_field(char *out, const char *cell, char after)
{
    *out++ = '"';
    for (; *cell != '\0'; cell++) {
        if (*cell == '"')
            *out++ = '"';
        *out++ = *cell;
    }
    *out++ = '"';
    *out++ = after;
    return out;
}

/* The table again from its cells; the caller frees `*out_text`. */
static struct csv *read_again(const struct csv *csv, char **out_text)
{
    size_t n_cells = (csv->n_rows + 1) * csv->n_columns, n_bytes = 1;
    struct error error = ERROR_INIT;
    for (size_t i = 0; i < n_cells; i++) {
        const char *cell = i < csv->n_columns ? csv->names[i] : csv->cells[i - csv->n_columns];
        n_bytes += 2 * strlen(cell) + 3;
    }
    char *text = malloc(n_bytes), *out = text;
    FUZZ_CHECK(text != NULL);
    for (size_t i = 0; i < n_cells; i++) {
        const char *cell = i < csv->n_columns ? csv->names[i] : csv->cells[i - csv->n_columns];
        out = write_field(out, cell, (i + 1) % csv->n_columns == 0 ? '\n' : ',');
    }
    *out_text = text;
    return csv_parse(text, (size_t)(out - text), &error);
}

static void check_columns(const struct csv *csv)
{
    for (size_t k = 0; k < csv->n_columns && k < 4; k++) {
        const size_t features[] = {0}, targets[] = {k};
        FUZZ_CHECK(csv_find(csv, csv->names[k]) == k);
        for (int as = CSV_NUMBERS; as <= CSV_ONE_HOT; as++) {
            const struct csv_selection selection = {1, 1, features, targets, (enum csv_targets)as};
            struct error error = ERROR_INIT;
            size_t column = csv->n_columns;
            struct dataset *made = csv_dataset(csv, &selection, &column, &error);
            FUZZ_CHECK(column < csv->n_columns);
            FUZZ_CHECK(made != NULL || (error.kind == ERROR_INVALID && error.text[0] != '\0'));
            FUZZ_CHECK(made == NULL || made->n_samples == csv->n_rows);
            dataset_destroy(made);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct error error = ERROR_INIT;
    char *text;
    struct csv *csv = csv_parse((const char *)bytes, n_bytes, &error);
    if (csv == NULL) {
        FUZZ_CHECK(error.kind == ERROR_INVALID || error.kind == ERROR_TOO_LARGE);
        FUZZ_CHECK(strncmp(error.text, "line ", 5) == 0);
        return 0;
    }
    struct csv *again = read_again(csv, &text);
    FUZZ_CHECK(again != NULL);
    FUZZ_CHECK(again->n_rows == csv->n_rows && again->n_columns == csv->n_columns);
    for (size_t i = 0; i < csv->n_rows * csv->n_columns; i++)
        FUZZ_CHECK(strcmp(again->cells[i], csv->cells[i]) == 0);
    check_columns(csv);
    csv_destroy(again);
    csv_destroy(csv);
    free(text);
    return 0;
}
