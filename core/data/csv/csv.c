/* CSV files with a header.
 *
 * DESIGN. Fields are unquoted into one text as they are read, which can only grow shorter, so it is
 * allocated once. A first pass counts lines for the room of the rows, a bound. */
#include "core/data/csv/csv.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

struct reader {
    const char *at, *end;
    size_t line;
    char *out; /* where the next field's text goes */
    struct error *error;
};

void csv_destroy(struct csv *csv)
{
    if (!csv) {
        return;
    }
    free(csv->names);
    free(csv->cells);
    free(csv->lines);
    free(csv->text);
    free(csv);
}

/* --- fields -------------------------------------------------------------------------------- */

static int at_line_end(const struct reader *reader)
{
    const char *at = reader->at;
    return at == reader->end || *at == '\n' ||
           (*at == '\r' && at + 1 < reader->end && at[1] == '\n');
}

static int refuse_byte(struct reader *reader, char byte)
{
    if (byte == '\0') {
        return error_set(reader->error, ERROR_INVALID, "line %zu: got a NUL byte, expected text",
                         reader->line);
    }
    return error_set(reader->error, ERROR_INVALID,
                     byte == '"' ? "line %zu: got a quote inside a field, expected it doubled and "
                                   "the whole field in quotes"
                                 : "line %zu: got a carriage return inside a line, expected lines "
                                   "that end with LF or CRLF",
                     reader->line);
}

static int read_plain(struct reader *reader)
{
    while (!at_line_end(reader) && *reader->at != ',') {
        char byte = *reader->at++;
        if (byte == '"' || byte == '\0' || byte == '\r') {
            return refuse_byte(reader, byte);
        }
        *reader->out++ = byte;
    }
    return 0;
}

static int read_quoted(struct reader *reader)
{
    size_t first_line = reader->line;
    for (reader->at++; reader->at < reader->end; reader->at++) {
        char byte = *reader->at;
        if (byte == '"' && reader->at + 1 < reader->end && reader->at[1] == '"') {
            reader->at++;
        } else if (byte == '"') {
            reader->at++;
            return at_line_end(reader) || *reader->at == ','
                       ? 0
                       : error_set(reader->error, ERROR_INVALID,
                                   "line %zu: got text after a closing quote, expected a comma or "
                                   "the end of the line",
                                   reader->line);
        } else if (byte == '\0') {
            return refuse_byte(reader, byte);
        }
        reader->line += byte == '\n';
        *reader->out++ = byte;
    }
    return error_set(reader->error, ERROR_INVALID,
                     "line %zu: got a quote that is never closed, expected another one",
                     first_line);
}

/* One line's fields into fields[max], those beyond only counted. -1 or the number of fields. */
static long read_record(struct reader *reader, char **fields, size_t max)
{
    long n = 0;
    for (int more = 1; more; n++) {
        if ((size_t)n < max) {
            fields[n] = reader->out;
        }
        int is_quoted = reader->at < reader->end && *reader->at == '"';
        if ((is_quoted ? read_quoted(reader) : read_plain(reader)) != 0) {
            return -1;
        }
        *reader->out++ = '\0';
        more = reader->at < reader->end && *reader->at == ',';
        reader->at += more;
    }
    if (reader->at < reader->end) {
        reader->at += *reader->at == '\r' ? 2 : 1;
    }
    reader->line++;
    return n;
}

/* --- the table ----------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A whole line taken for one name, or a first row of numbers, is hardly what was meant. */
static int check_header(const struct csv *csv, struct error *error)
{
    size_t n_numbers = 0;
    for (size_t k = 0; k < csv->n_columns; k++) {
        const char *name = csv->names[k];
        n_numbers += name[0] != '\0' && strspn(name, "0123456789+-.eE") == strlen(name);
    }
    if (csv->n_columns == 1 && strpbrk(csv->names[0], ";\t")) {
        return error_set(error, ERROR_INVALID,
                         "line 1: got one column, \"%.100s\", expected commas between columns",
                         csv->names[0]);
    }
    if (n_numbers == csv->n_columns) {
        return error_set(error, ERROR_INVALID,
                         "line 1: got numbers alone, expected a header that names each column");
    }
    return 0;
}

/* Letters of any script, but nothing that could not be seen or would fill a page. */
static int check_name(const char *name, size_t column, struct error *error)
{
    size_t n = strlen(name);
    int is_plain = strncmp(name, "\xef\xbb\xbf", 3) != 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)name[i];
        is_plain &= byte >= 0x20 && byte != 0x7f;
    }
    if (n > CSV_NAME_BYTES) {
        return error_set(error, ERROR_INVALID,
                         "line 1: the name of column %zu has %zu bytes, expected at most %d",
                         column, n, CSV_NAME_BYTES);
    }
    return is_plain ? 0
                    : error_set(error, ERROR_INVALID,
                                "line 1: the name of column %zu has a control character, expected "
                                "letters that can be seen",
                                column);
}

static int check_names(const struct csv *csv, struct error *error)
{
    for (size_t k = 0; k < csv->n_columns; k++) {
        if (check_name(csv->names[k], k + 1, error) != 0) {
            return -1;
        }
        if (csv->names[k][0] == '\0') {
            return error_set(error, ERROR_INVALID,
                             "line 1: column %zu has no name, expected a header that names each "
                             "column",
                             k + 1);
        }
    }
    char **sorted = memory_array(csv->n_columns, sizeof *sorted, error);
    if (!sorted) {
        return -1;
    }
    memcpy(sorted, csv->names, csv->n_columns * sizeof *sorted);
    qsort(sorted, csv->n_columns, sizeof *sorted, compare_names);
    int result = 0;
    for (size_t k = 1; k < csv->n_columns && result == 0; k++) {
        if (strcmp(sorted[k - 1], sorted[k]) == 0) {
            result = error_set(error, ERROR_INVALID,
                               "line 1: got the name \"%.100s\" twice, expected each name once",
                               sorted[k]);
        }
    }
    free(sorted);
    return result;
}

static int read_header(struct csv *csv, struct reader *reader)
{
    csv->names = memory_array(DATASET_COLUMNS_MAX, sizeof *csv->names, reader->error);
    if (!csv->names) {
        return -1;
    }
    if (reader->at == reader->end || at_line_end(reader)) {
        return error_set(reader->error, ERROR_INVALID,
                         "line 1: got nothing, expected a header that names each column");
    }
    long n = read_record(reader, csv->names, DATASET_COLUMNS_MAX);
    if (n > DATASET_COLUMNS_MAX) {
        return error_set(reader->error, ERROR_TOO_LARGE,
                         "line 1: got %ld columns, expected at most %d", n, DATASET_COLUMNS_MAX);
    }
    csv->n_columns = n < 0 ? 0 : (size_t)n;
    if (n < 0 || check_header(csv, reader->error) != 0) {
        return -1;
    }
    return check_names(csv, reader->error);
}

/* Lines that may still hold a row. */
static size_t count_lines(const struct reader *reader)
{
    size_t n = reader->at < reader->end;
    for (const char *at = reader->at; at < reader->end; at++) {
        n += *at == '\n';
    }
    return n;
}

/* Whether nothing but line ends is left. */
static int is_at_end(const struct reader *reader)
{
    const char *at = reader->at;
    while (at < reader->end && (*at == '\n' || *at == '\r')) {
        at++;
    }
    return at == reader->end;
}

static int read_rows(struct csv *csv, struct reader *reader)
{
    size_t n_lines = count_lines(reader);
    n_lines = n_lines < CSV_ROWS_MAX ? n_lines : CSV_ROWS_MAX;
    csv->cells = memory_array(n_lines, csv->n_columns * sizeof *csv->cells, reader->error);
    csv->lines = memory_array(n_lines, sizeof *csv->lines, reader->error);
    if (!csv->cells || !csv->lines) {
        return -1;
    }
    while (!is_at_end(reader)) {
        size_t line = reader->line;
        if (csv->n_rows == CSV_ROWS_MAX) {
            return error_set(reader->error, ERROR_TOO_LARGE,
                             "line %zu: got more than %d rows, expected at most that many", line,
                             CSV_ROWS_MAX);
        }
        long n = read_record(reader, csv->cells + csv->n_rows * csv->n_columns, csv->n_columns);
        if (n < 0) {
            return -1;
        }
        if ((size_t)n != csv->n_columns) {
            return error_set(reader->error, ERROR_INVALID,
                             "line %zu: got %ld field%s, expected %zu as in the header", line, n,
                             n == 1 ? "" : "s", csv->n_columns);
        }
        csv->lines[csv->n_rows++] = line;
    }
    return csv->n_rows > 0 ? 0
                           : error_set(reader->error, ERROR_INVALID,
                                       "line %zu: got no row, expected at least one after the "
                                       "header",
                                       reader->line);
}

struct csv *csv_parse(const char *bytes, size_t n_bytes, struct error *error)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct csv *csv = memory_array(1, sizeof *csv, error);
    if (!csv) {
        return NULL;
    }
    if (n_bytes >= 3 && memcmp(bytes, mark, 3) == 0) {
        bytes += 3;
        n_bytes -= 3;
    }
    csv->text = memory_array(n_bytes + 2, 1, error); /* each field's NUL where its comma was */
    struct reader reader = {bytes, bytes + n_bytes, 1, csv->text, error};
    if (!csv->text || read_header(csv, &reader) || read_rows(csv, &reader)) {
        csv_destroy(csv);
        return NULL;
    }
    return csv;
}

size_t csv_find(const struct csv *csv, const char *name)
{
    size_t k = 0;
    while (k < csv->n_columns && strcmp(csv->names[k], name) != 0) {
        k++;
    }
    return k;
}
