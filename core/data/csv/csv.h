/* CSV files with a header (RFC 4180), and data sets from their columns.
 *
 * Fields are separated by commas; one in quotes may hold commas, line ends and quotes, each quote
 * twice. Lines end with CRLF or LF. A byte order mark before the header and empty lines after the
 * last one are no part of the table. Nothing else is forgiven: faults name the line. */
#ifndef CORE_DATA_CSV_CSV_H
#define CORE_DATA_CSV_CSV_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/data/dataset.h"

enum { CSV_ROWS_MAX = 100000, CSV_NAME_BYTES = 200, CSV_CLASSES_MAX = 100 };

struct csv {
    size_t n_columns; /* 1..DATASET_COLUMNS_MAX */
    size_t n_rows;    /* 1..CSV_ROWS_MAX */
    char **names;     /* [n_columns], not empty, all different */
    char **cells;     /* [n_rows][n_columns], without quotes, "" where nothing stands */
    size_t *lines;    /* [n_rows] the line each row begins in, from 1 */
    char *text;       /* what names and cells point into */
};

/* The table in `bytes`; NULL with ERROR_INVALID ("line 7: got 3 fields, expected 4 as in the
 * header"), ERROR_TOO_LARGE or ERROR_MEMORY. The caller owns it. Immutable. */
struct csv *csv_parse(const char *bytes, size_t n_bytes, struct error *error);
void csv_destroy(struct csv *csv); /* NULL is fine */

/* The column of that name, or n_columns. */
size_t csv_find(const struct csv *csv, const char *name);

/* What stands in a column: numbers as strtod reads them, finite, with or without spaces around;
 * nothing ("", "?", "NA", "N/A", "NaN", "null", in any case); or other text. */
struct csv_column {
    size_t n_missing, n_text;
    size_t first_missing, first_text; /* rows, where there are any */
};
struct csv_column csv_look(const struct csv *csv, size_t column);

/* The different values of a column, in order of number if all are numbers, else of their bytes;
 * texts of the csv. out[CSV_CLASSES_MAX] gets the first ones found; returns how many there are,
 * CSV_CLASSES_MAX + 1 for any more. Numbers are equal by value, texts but for spaces around. */
size_t csv_classes(const struct csv *csv, size_t column, const char **out);

enum csv_targets {
    CSV_NUMBERS,       /* as they stand */
    CSV_CLASS_NUMBERS, /* one target, its value's class: 0, 1, ... in the order of csv_classes */
    CSV_ONE_HOT        /* a target for each class */
};

/* Which columns are what; borrowed. */
struct csv_selection {
    size_t n_features, n_targets; /* >= 1 each, all different; 1 target unless CSV_NUMBERS */
    const size_t *features, *targets;
    enum csv_targets targets_as;
};

/* The data set; NULL with ERROR_INVALID ("line 9, column "width": ..."; *out_column which), or
 * ERROR_TOO_LARGE or ERROR_MEMORY. Its names are the columns', each character but letters, digits
 * and _ as _, cut at DATASET_NAME_BYTES - 1. The caller owns it. */
struct dataset *csv_dataset(const struct csv *csv, const struct csv_selection *selection,
                            size_t *out_column, struct error *error);

#endif
