/* Rows of numbers that are the same.
 *
 * DESIGN. A hash table of row numbers, open and half empty: a sort would take longer. */
#include "core/data/distinct.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

struct table {
    const double *rows; /* [n_rows][width] */
    size_t width;
    size_t *cells; /* [mask + 1]: a number plus 1, or 0 */
    size_t mask;
    size_t *first; /* [n]: the row of each number */
    size_t n;
};

static size_t hash(const double *row, size_t width)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < width; i++) {
        double value = row[i] + 0.0; /* -0.0 becomes 0.0 */
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        sum = (sum ^ bits) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
    }
    return (size_t)sum;
}

static int same(const double *a, const double *b, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        if (a[i] != b[i]) {
            return 0;
        }
    }
    return 1;
}

/* The row's number, a new one if it is the first of its kind. */
static size_t number_of(struct table *table, size_t row)
{
    const double *values = table->rows + row * table->width;
    size_t at = hash(values, table->width) & table->mask;
    for (; table->cells[at] != 0; at = (at + 1) & table->mask) {
        size_t number = table->cells[at] - 1;
        if (same(values, table->rows + table->first[number] * table->width, table->width)) {
            return number;
        }
    }
    table->cells[at] = table->n + 1;
    table->first[table->n] = row;
    return table->n++;
}

int distinct_rows(const double *rows, size_t n_rows, size_t width, size_t *out_of,
                  size_t *out_first, size_t *out_n, struct error *error)
{
    size_t size = 4;
    while (size / 2 < n_rows) {
        size *= 2;
    }
    struct table table = {rows,     width,     memory_array(size, sizeof(size_t), error),
                          size - 1, out_first, 0};
    if (!table.cells) {
        return -1;
    }
    for (size_t row = 0; row < n_rows; row++) {
        out_of[row] = number_of(&table, row);
    }
    *out_n = table.n;
    free(table.cells);
    return 0;
}
