/* Losses as text, written in slices: a run's epochs, or all runs side by side.
 *
 * DESIGN: table_read copies from `pending`; when that is empty, the next piece is printed into it:
 * some rows of CSV or NDJSON, or some numbers of the present JSON column. A window of losses per
 * part is read from the engine as the rows advance, so memory does not grow with the epochs. */
#include "server/api/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/base/json.h"

enum { WINDOW_LOSSES = 8192, PIECE_NUMBERS = 512 };

struct table {
    struct engine *engine;
    char id[ENGINE_ID_BYTES];
    enum call_format format;
    int single;
    int n_parts;
    struct table_part *parts;
    int64_t window;       /* epochs per part in a window */
    int64_t window_first; /* the epoch of losses[part][0] */
    double *losses;       /* [n_parts][window]; NaN where a run has no such epoch */
    struct text pending;
    size_t n_taken;
    int begun, ended, failed;
    int64_t row;        /* the next epoch of CSV and NDJSON */
    int part;           /* JSON: the part being written */
    int in_losses;      /* JSON: 0 while its epoch column is written */
    int64_t last_row;
};

struct table *table_create(struct engine *engine, const char *id, const struct table_part *parts,
                           int n_parts, int single, enum call_format format, struct error *error)
{
    struct table *table = memory_array(1, sizeof *table, error);
    if (table == NULL)
        return NULL;
    table->engine = engine;
    strncpy(table->id, id, sizeof table->id - 1);
    table->format = format;
    table->single = single;
    table->n_parts = n_parts;
    table->window = format == FORMAT_JSON || n_parts == 0 ? PIECE_NUMBERS : WINDOW_LOSSES / n_parts;
    table->window = table->window < 1 ? 1 : table->window;
    table->window_first = -table->window;
    table->parts = memory_array((size_t)n_parts, sizeof *parts, error);
    table->losses =
        memory_array((size_t)n_parts, (size_t)table->window * sizeof *table->losses, error);
    if (table->parts == NULL || table->losses == NULL) {
        table_destroy(table);
        return NULL;
    }
    memcpy(table->parts, parts, (size_t)n_parts * sizeof *parts);
    table->row = INT64_MAX;
    for (int p = 0; p < n_parts; p++) {
        table->row = parts[p].from < table->row ? parts[p].from : table->row;
        table->last_row = parts[p].to > table->last_row ? parts[p].to : table->last_row;
    }
    return table;
}

void table_destroy(void *context)
{
    struct table *table = context;
    free(table->parts);
    free(table->losses);
    text_clear(&table->pending);
    free(table);
}

/* Reads the window that starts at epoch `first` of one part. */
static int read_window(struct table *table, int p, int64_t first)
{
    const struct table_part *part = &table->parts[p];
    double *out = table->losses + p * table->window;
    size_t n = 0, wanted = 0;
    if (first <= part->to)
        wanted = (size_t)(part->to - first + 1 < table->window ? part->to - first + 1
                                                               : table->window);
    if (wanted > 0 && engine_read_losses(table->engine, table->id, part->run, first, wanted, out,
                                         &n, NULL) != 0)
        return -1;
    for (int64_t i = (int64_t)n; i < table->window; i++)
        out[i] = NAN;
    return n == wanted ? 0 : -1;
}

/* --- CSV and NDJSON: row by row --- */

static void print_header(struct table *table)
{
    if (table->format != FORMAT_CSV)
        return;
    text_printf(&table->pending, "epoch");
    for (int p = 0; p < table->n_parts; p++)
        if (table->single)
            text_printf(&table->pending, ",loss");
        else
            text_printf(&table->pending, ",run_%d", table->parts[p].run);
    text_printf(&table->pending, "\r\n");
}

static double loss_at(const struct table *table, int p, int64_t epoch)
{
    const struct table_part *part = &table->parts[p];
    if (epoch < part->from || epoch > part->to)
        return NAN;
    return table->losses[p * table->window + (epoch - table->window_first)];
}

static void print_row(struct table *table, int64_t epoch)
{
    struct text *text = &table->pending;
    int csv = table->format == FORMAT_CSV;
    text_printf(text, csv ? "%lld" : "{\"epoch\":%lld", (long long)epoch);
    for (int p = 0; p < table->n_parts; p++) {
        double loss = loss_at(table, p, epoch);
        if (csv)
            text_printf(text, ",");
        else if (table->single)
            text_printf(text, ",\"loss\":");
        else
            text_printf(text, ",\"run_%d\":", table->parts[p].run);
        if (!csv || isfinite(loss))
            text_number(text, loss);
    }
    text_printf(text, csv ? "\r\n" : "}\n");
}

static int print_rows(struct table *table)
{
    for (int i = 0; i < PIECE_NUMBERS / (table->n_parts + 1) + 1; i++, table->row++) {
        if (table->row > table->last_row) {
            table->ended = 1;
            return 0;
        }
        if (table->row >= table->window_first + table->window) {
            table->window_first = table->row;
            for (int p = 0; p < table->n_parts; p++)
                if (read_window(table, p, table->row) != 0)
                    return -1;
        }
        print_row(table, table->row);
    }
    return 0;
}

/* --- JSON: column by column --- */

static void begin_part(struct table *table)
{
    struct table_part *part = &table->parts[table->part];
    text_printf(&table->pending, "%s{\"run\":%d,\"exact\":true,\"epoch\":[",
                table->part > 0 ? "," : "", part->run);
    table->in_losses = 0;
    table->row = part->from;
}

static int print_epochs(struct table *table)
{
    const struct table_part *part = &table->parts[table->part];
    for (int i = 0; i < PIECE_NUMBERS && table->row <= part->to; i++, table->row++)
        text_printf(&table->pending, table->row == part->from ? "%lld" : ",%lld",
                    (long long)table->row);
    if (table->row > part->to) {
        text_printf(&table->pending, "],\"loss\":[");
        table->in_losses = 1;
        table->row = part->from;
    }
    return 0;
}

static int print_losses(struct table *table)
{
    const struct table_part *part = &table->parts[table->part];
    if (table->row <= part->to && read_window(table, table->part, table->row) != 0)
        return -1;
    const double *losses = table->losses + table->part * table->window;
    for (int i = 0; i < table->window && table->row <= part->to; i++, table->row++) {
        text_printf(&table->pending, table->row == part->from ? "" : ",");
        text_number(&table->pending, losses[i]);
    }
    if (table->row <= part->to)
        return 0;
    text_printf(&table->pending, "]}");
    if (++table->part < table->n_parts) {
        begin_part(table);
    } else {
        text_printf(&table->pending, table->single ? "" : "]}");
        table->ended = 1;
    }
    return 0;
}

static int begin_json(struct table *table)
{
    text_printf(&table->pending, table->single ? "" : "{\"exact\":true,\"runs\":[");
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
    if (!table->begun) {
        table->begun = 1;
        if (table->format == FORMAT_JSON)
            return begin_json(table);
        print_header(table);
        return 0;
    }
    if (table->format != FORMAT_JSON)
        return print_rows(table);
    return table->in_losses ? print_losses(table) : print_epochs(table);
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
