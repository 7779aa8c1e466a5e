/* Epochs as text, written in slices: a run's epochs, or all runs side by side.
 *
 * DESIGN: table_read copies from `pending`; when that is empty, the next piece is printed into it:
 * some rows of CSV or NDJSON, or a part of one, or some numbers of the present JSON column. Every
 * part has a place that goes down its rows, and a window of records that is read from the engine as
 * the place advances, so memory does not grow with the epochs. */
#include "server/api/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/api/stream/column.h"
#include "server/base/json.h"

/* A piece is over after PIECE_NUMBERS, or when PIECE_READS windows were read for it: in a wide
 * table those of all runs end in the same row, and reading them at once would keep the loop. */
enum { WINDOW_NUMBERS = 8192, WINDOW_MIN = 256, PIECE_NUMBERS = 512, PIECE_READS = 24 };

/* A column of a part: its epochs, or a number (of a series, and of a bucket which). */
enum { COLUMN_EPOCH = -1 };

/* A row of a part. */
struct place {
    int64_t row, epoch;
    int64_t window_row; /* the row of the window's first record */
    unsigned series;    /* the set of those in the window, all of them or only the present one */
    double *window;     /* [window][n_series] */
};

struct table {
    struct engine *engine;
    char id[ENGINE_ID_BYTES];
    enum call_format format;
    int single;
    int is_exact; /* no part has buckets */
    int n_parts;
    struct table_part *parts;
    struct place *places; /* [n_parts] */
    int64_t window;       /* rows per part in a window */
    double *records;      /* of all windows */
    struct text pending;
    size_t n_taken;
    int begun, ended;
    int n_reads;        /* windows read for the present piece */
    int part;           /* the part to be written next: of the row, of JSON's list */
    int64_t epoch;      /* of the row, where it has begun (part > 0) */
    int column;         /* JSON: of that part */
};

/* --- parts --------------------------------------------------------------------------------- */

void table_part_clear(struct table_part *part)
{
    free(part->records);
    free(part->buckets);
    part->records = NULL;
    part->buckets = NULL;
}

static int64_t n_single_rows(const struct table_part *part)
{
    return part->to < part->from ? 0 : part->to - part->from + 1;
}

static int64_t n_rows(const struct table_part *part)
{
    return n_single_rows(part) + (int64_t)part->n_buckets;
}

int64_t table_part_last(const struct table_part *part)
{
    int64_t last = part->n_buckets > 0 ? part->first_summed - 1 : part->to;
    for (size_t b = 0; b < part->n_buckets; b++)
        last += part->buckets[b * (size_t)part->n_series].n;
    return last < part->from - 1 ? part->from - 1 : last;
}

/* The epoch of the place's row, from that of the row before. */
static void find_epoch(struct place *place, const struct table_part *part)
{
    int64_t b = place->row - n_single_rows(part);
    if (b < 0)
        place->epoch = part->from + place->row;
    else if (b < (int64_t)part->n_buckets)
        place->epoch = (b == 0 ? part->first_summed - 1 : place->epoch) +
                       part->buckets[b * part->n_series].n;
}

/* Columns of each series. */
static int n_parts_of(const struct table *table, int p)
{
    int has_buckets = table->format == FORMAT_JSON ? table->parts[p].n_buckets > 0
                                                   : !table->is_exact;
    return has_buckets ? COLUMN_PARTS : 1;
}

static int n_columns(const struct table *table, int p)
{
    return table->parts[p].n_series * n_parts_of(table, p);
}

/* JSON goes down once for each column, and reads only that one's series. */
static void go_to_top(struct table *table, int p)
{
    struct place *place = &table->places[p];
    place->row = 0;
    place->window_row = -table->window;
    place->series = table->parts[p].series;
    if (table->format == FORMAT_JSON && table->column != COLUMN_EPOCH)
        place->series = 1u << series_at(place->series, table->column / n_parts_of(table, p));
    find_epoch(&table->places[p], &table->parts[p]);
}

static void go_down(struct table *table, int p)
{
    table->places[p].row++;
    find_epoch(&table->places[p], &table->parts[p]);
}

static int is_at_end(const struct table *table, int p)
{
    return table->places[p].row >= n_rows(&table->parts[p]);
}

/* Reads the window that starts at the place. */
static int read_window(struct table *table, int p)
{
    const struct table_part *part = &table->parts[p];
    struct place *place = &table->places[p];
    int64_t left = n_single_rows(part) - place->row;
    size_t n = 0, wanted = (size_t)(left < table->window ? left : table->window);
    if (engine_read_records(table->engine, table->id, part->run, place->series,
                            part->from + place->row, wanted, place->window, &n, NULL) != 0 ||
        n != wanted)
        return -1;
    place->window_row = place->row;
    table->n_reads++;
    return 0;
}

/* The number in a column at the place; -1 when the engine failed. */
static int find_value(struct table *table, int p, int column, double *out)
{
    const struct table_part *part = &table->parts[p];
    struct place *place = &table->places[p];
    int n_of_each = n_parts_of(table, p), s = column / n_of_each;
    int64_t b = place->row - n_single_rows(part);
    if (b >= 0) {
        *out = column_value(&part->buckets[b * part->n_series + s],
                            (enum column_part)(column % n_of_each));
        return 0;
    }
    if (part->records != NULL) {
        *out = part->records[place->row * part->n_series + s];
        return 0;
    }
    if (place->row >= place->window_row + table->window && read_window(table, p) != 0)
        return -1;
    int64_t at = place->row - place->window_row;
    *out = place->series == part->series ? place->window[at * part->n_series + s]
                                         : place->window[at];
    return 0;
}

/* --- life ---------------------------------------------------------------------------------- */

/* Takes the parts over. */
static void take_parts(struct table *table, struct table_part *parts, int n_parts)
{
    table->n_parts = n_parts;
    table->is_exact = 1;
    for (int p = 0; p < n_parts; p++) {
        table->parts[p] = parts[p];
        parts[p].records = NULL;
        parts[p].buckets = NULL;
        table->is_exact = table->is_exact && parts[p].n_buckets == 0;
    }
}

static int table_fill(struct table *table, struct table_part *parts, int n_parts,
                      struct error *error)
{
    size_t n_series = 0;
    for (int p = 0; p < n_parts; p++)
        n_series += (size_t)parts[p].n_series;
    table->window = table->format == FORMAT_JSON || n_parts == 0
                        ? PIECE_NUMBERS
                        : WINDOW_NUMBERS / (int64_t)n_series;
    table->window = table->window < WINDOW_MIN ? WINDOW_MIN : table->window;
    table->places = memory_array((size_t)n_parts, sizeof *table->places, error);
    table->records =
        memory_array(n_series, (size_t)table->window * sizeof *table->records, error);
    table->parts = memory_array((size_t)n_parts, sizeof *parts, error);
    if (table->places == NULL || table->records == NULL || table->parts == NULL)
        return -1;
    take_parts(table, parts, n_parts);
    double *window = table->records;
    for (int p = 0; p < n_parts; p++) {
        table->places[p].window = window;
        window += table->window * table->parts[p].n_series;
        go_to_top(table, p);
    }
    return 0;
}

struct table *table_create(struct engine *engine, const char *id, struct table_part *parts,
                           int n_parts, int single, enum call_format format, struct error *error)
{
    struct table *table = memory_array(1, sizeof *table, error);
    if (table == NULL)
        return NULL;
    table->engine = engine;
    strncpy(table->id, id, sizeof table->id - 1);
    table->format = format;
    table->single = single;
    table->column = COLUMN_EPOCH;
    if (table_fill(table, parts, n_parts, error) == 0)
        return table;
    table_destroy(table);
    return NULL;
}

void table_destroy(void *context)
{
    struct table *table = context;
    for (int p = 0; p < table->n_parts; p++)
        table_part_clear(&table->parts[p]);
    free(table->parts);
    free(table->places);
    free(table->records);
    text_clear(&table->pending);
    free(table);
}

/* --- CSV and NDJSON: row by row ------------------------------------------------------------ */

/* "loss", "validation_loss_min", or "run_3", "run_3_validation_loss_min". */
static void print_column_name(struct table *table, int p, int column)
{
    struct text *text = &table->pending;
    int n_of_each = n_parts_of(table, p);
    enum series series = series_at(table->parts[p].series, column / n_of_each);
    enum column_part part = (enum column_part)(column % n_of_each);
    if (!table->single)
        text_printf(text, "run_%d", table->parts[p].run);
    if (!table->single && series == SERIES_LOSS && part == COLUMN_LAST)
        return;
    text_printf(text, table->single ? "" : "_");
    column_print_name(text, series, part);
}

static void print_header(struct table *table)
{
    if (table->format != FORMAT_CSV)
        return;
    text_printf(&table->pending, "epoch");
    for (int p = 0; p < table->n_parts; p++)
        for (int column = 0; column < n_columns(table, p); column++) {
            text_printf(&table->pending, ",");
            print_column_name(table, p, column);
        }
    text_printf(&table->pending, "\r\n");
}

/* A part's numbers in the row of `epoch`, empty where it has none; then it goes down. */
static int print_cells(struct table *table, int p, int64_t epoch)
{
    struct text *text = &table->pending;
    int csv = table->format == FORMAT_CSV;
    int is_there = !is_at_end(table, p) && table->places[p].epoch == epoch;
    for (int column = 0; column < n_columns(table, p); column++) {
        double value = NAN;
        if (is_there && find_value(table, p, column, &value) != 0)
            return -1;
        text_printf(text, csv ? "," : ",\"");
        if (!csv) {
            print_column_name(table, p, column);
            text_printf(text, "\":");
        }
        if (!csv || isfinite(value))
            text_number(text, value);
    }
    if (is_there)
        go_down(table, p);
    return 0;
}

/* The next epoch that any part has a row of. */
static int64_t next_epoch(const struct table *table)
{
    int64_t epoch = INT64_MAX;
    for (int p = 0; p < table->n_parts; p++)
        if (!is_at_end(table, p) && table->places[p].epoch < epoch)
            epoch = table->places[p].epoch;
    return epoch;
}

/* Goes on in a row, as far as the piece may; *out_n counts its numbers. */
static int print_row(struct table *table, int *out_n)
{
    int csv = table->format == FORMAT_CSV;
    if (table->part == 0)
        text_printf(&table->pending, csv ? "%lld" : "{\"epoch\":%lld", (long long)table->epoch);
    for (; table->part < table->n_parts; table->part++) {
        if (*out_n >= PIECE_NUMBERS || table->n_reads >= PIECE_READS)
            return 0;
        if (print_cells(table, table->part, table->epoch) != 0)
            return -1;
        *out_n += n_columns(table, table->part);
    }
    text_printf(&table->pending, csv ? "\r\n" : "}\n");
    table->part = 0;
    return 0;
}

static int print_rows(struct table *table)
{
    for (int n = 0; n < PIECE_NUMBERS && table->n_reads < PIECE_READS; n++) {
        if (table->part == 0 && (table->epoch = next_epoch(table)) == INT64_MAX) {
            table->ended = 1;
            return 0;
        }
        if (print_row(table, &n) != 0)
            return -1;
    }
    return 0;
}

/* --- JSON: column by column ---------------------------------------------------------------- */

static void begin_part(struct table *table)
{
    const struct table_part *part = &table->parts[table->part];
    text_printf(&table->pending, "%s{\"run\":%d,\"exact\":%s,\"epoch\":[",
                table->part > 0 ? "," : "", part->run, part->n_buckets == 0 ? "true" : "false");
    table->column = COLUMN_EPOCH;
    go_to_top(table, table->part);
}

/* The present column is done. */
static void end_column(struct table *table)
{
    if (++table->column < n_columns(table, table->part)) {
        text_printf(&table->pending, "],\"");
        int n_of_each = n_parts_of(table, table->part);
        column_print_name(&table->pending,
                          series_at(table->parts[table->part].series, table->column / n_of_each),
                          (enum column_part)(table->column % n_of_each));
        text_printf(&table->pending, "\":[");
        go_to_top(table, table->part);
        return;
    }
    text_printf(&table->pending, "]}");
    if (++table->part < table->n_parts) {
        begin_part(table);
    } else {
        text_printf(&table->pending, table->single ? "" : "]}");
        table->ended = 1;
    }
}

static int print_column(struct table *table)
{
    int p = table->part;
    struct text *text = &table->pending;
    for (int i = 0; i < PIECE_NUMBERS && !is_at_end(table, p); i++, go_down(table, p)) {
        double value;
        text_printf(text, table->places[p].row == 0 ? "" : ",");
        if (table->column == COLUMN_EPOCH) {
            text_printf(text, "%lld", (long long)table->places[p].epoch);
            continue;
        }
        if (find_value(table, p, table->column, &value) != 0)
            return -1;
        text_number(text, value);
    }
    if (is_at_end(table, p))
        end_column(table);
    return 0;
}

static int begin_json(struct table *table)
{
    if (!table->single)
        text_printf(&table->pending, "{\"exact\":%s,\"runs\":[",
                    table->is_exact ? "true" : "false");
    if (table->n_parts > 0)
        begin_part(table);
    else
        text_printf(&table->pending, "]}");
    table->ended = table->n_parts == 0;
    return 0;
}

/* Prints the next piece; -1 when the engine failed. */
static int print_piece(struct table *table)
{
    table->n_reads = 0;
    if (!table->begun) {
        table->begun = 1;
        if (table->format == FORMAT_JSON)
            return begin_json(table);
        print_header(table);
        return 0;
    }
    return table->format == FORMAT_JSON ? print_column(table) : print_rows(table);
}

ssize_t table_read(void *context, char *out, size_t size)
{
    struct table *table = context;
    while (table->n_taken == table->pending.n_bytes) {
        if (table->ended)
            return 0;
        table->pending.n_bytes = table->n_taken = 0;
        if (print_piece(table) != 0 || table->pending.failed)
            return -1;
    }
    size_t n = table->pending.n_bytes - table->n_taken;
    n = n < size ? n : size;
    memcpy(out, table->pending.bytes + table->n_taken, n);
    table->n_taken += n;
    return (ssize_t)n;
}
