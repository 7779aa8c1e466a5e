/* Server-sent events: one log entry, or a part of it, as one frame. */
#include "server/api/stream/frame.h"

#include <string.h>

#include "server/api/stream/column.h"
#include "server/base/numeral.h"

int frame_read_id(const char *id, struct frame_cursor *out)
{
    out->n_sent = FRAME_ALL;
    if (numeral_integer(&id, &out->sequence) != 0)
        return -1;
    if (*id == '\0')
        return 0;
    if (*id++ != '.')
        return -1;
    if (strcmp(id, "done") == 0) {
        out->n_sent = FRAME_DONE;
        return 0;
    }
    return numeral_integer(&id, &out->n_sent) == 0 && *id == '\0' && out->n_sent < FRAME_ALL
               ? 0
               : -1;
}

void frame_print_cursor(struct text *text, const struct frame_cursor *cursor)
{
    text_printf(text, "%lld", (long long)cursor->sequence);
    if (cursor->n_sent == FRAME_DONE)
        text_printf(text, ".done");
    else if (cursor->n_sent != FRAME_ALL)
        text_printf(text, ".%lld", (long long)cursor->n_sent);
}

static void print_head(struct text *text, const char *event, const char *experiment)
{
    text_printf(text, "event: %s\ndata: {\"experiment\":\"%s\",", event, experiment);
}

enum { HEAD_BYTES = 640, EPOCH_BYTES = 11, NUMBER_BYTES = 25 }; /* at most, with a comma */

/* How many rows of so many numbers a frame has room for, `usual` at most. */
static size_t room(size_t usual, int n_numbers)
{
    size_t n = (FRAME_BYTES_MAX - HEAD_BYTES) / (EPOCH_BYTES + NUMBER_BYTES * (size_t)n_numbers);
    return n < usual ? n : usual;
}

static void print_range(struct text *text, int run, int64_t first, int64_t last, int is_exact)
{
    text_printf(text, "\"run\":%d,\"from\":%lld,\"to\":%lld,\"exact\":%s,\"epochs\":[", run,
                (long long)first, (long long)last, is_exact ? "true" : "false");
}

static void begin_column(struct text *text, enum series series, enum column_part part)
{
    text_printf(text, "],\"");
    column_print_name(text, series, part);
    text_printf(text, "\":[");
}

/* Epochs first..first+n-1, every number. */
static void print_exact(struct text *text, const struct engine_entry *entry, int64_t first,
                        const double *records, size_t n)
{
    print_range(text, entry->run, first, first + (int64_t)n - 1, 1);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text_add(text, ",", 1);
        text_integer(text, first + (int64_t)i);
    }
    for (int s = 0; s < entry->n_series; s++) {
        begin_column(text, series_at(entry->series, s), COLUMN_LAST);
        for (size_t i = 0; i < n; i++) {
            if (i > 0)
                text_add(text, ",", 1);
            text_number(text, records[i * (size_t)entry->n_series + (size_t)s]);
        }
    }
    text_printf(text, "]}\n\n");
}

static void print_bucket_column(struct text *text, const struct engine_entry *entry, int s,
                                enum column_part part, const struct history_bucket *buckets,
                                size_t n)
{
    begin_column(text, series_at(entry->series, s), part);
    for (size_t b = 0; b < n; b++) {
        if (b > 0)
            text_add(text, ",", 1);
        text_number(text, column_value(&buckets[b * (size_t)entry->n_series + (size_t)s], part));
    }
}

/* n rows of buckets that follow each other from epoch `first` on; the last epoch. */
static int64_t print_buckets(struct text *text, const struct engine_entry *entry, int64_t first,
                             const struct history_bucket *buckets, size_t n)
{
    int64_t last = first - 1, end = first - 1;
    for (size_t b = 0; b < n; b++)
        last += buckets[b * (size_t)entry->n_series].n;
    print_range(text, entry->run, first, last, 0);
    for (size_t b = 0; b < n; b++) {
        end += buckets[b * (size_t)entry->n_series].n;
        if (b > 0)
            text_add(text, ",", 1);
        text_integer(text, end);
    }
    for (int s = 0; s < entry->n_series; s++)
        for (enum column_part part = COLUMN_LAST; part < COLUMN_PARTS; part++)
            print_bucket_column(text, entry, s, part, buckets, n);
    text_printf(text, "]}\n\n");
    return last;
}

/* The buckets of a frame under way, in rows of n_series. */
struct rows {
    struct history_bucket buckets[FRAME_BUCKETS_MAX * SERIES_COUNT];
    size_t n, most;
    size_t n_series;
};

static void rows_begin(struct rows *rows, const struct engine_entry *entry)
{
    rows->n = 0;
    rows->n_series = (size_t)entry->n_series;
    rows->most = room(FRAME_BUCKETS_MAX, COLUMN_PARTS * entry->n_series);
}

static struct history_bucket *row_at(struct rows *rows, size_t i)
{
    return rows->buckets + i * rows->n_series;
}

/* Up to n_left records from the n_before-th on, in buckets of `stride`; how many. */
static size_t print_thinned(struct text *text, const struct engine_entry *entry, size_t n_before,
                            size_t n_left, size_t stride)
{
    struct rows rows;
    int64_t first = entry->first + (int64_t)n_before;
    size_t at = 0;
    rows_begin(&rows, entry);
    while (at < n_left && rows.n < rows.most) {
        size_t length = n_left - at < stride ? n_left - at : stride;
        column_sum(entry->records + (n_before + at) * rows.n_series, length, entry->n_series,
                   first + (int64_t)at, row_at(&rows, rows.n++));
        at += length;
    }
    print_buckets(text, entry, first, rows.buckets, rows.n);
    return at;
}

/* A part of an envelope behind the epoch `sent`, neighbours merged to `stride` epochs. Of a bucket
 * that `sent` lies in the rest is told, with the extremes of all of it. Returns where it ends: an
 * epoch, or FRAME_ALL. */
static int64_t print_envelope(struct text *text, const struct engine_entry *entry, int64_t sent,
                              int64_t stride)
{
    struct rows rows;
    const struct history_bucket *row = entry->buckets;
    const struct history_bucket *end = row + entry->n_buckets * (size_t)entry->n_series;
    int64_t before = entry->first - 1;
    rows_begin(&rows, entry);
    for (; row < end && before + row->n <= sent; row += rows.n_series)
        before += row->n;
    if (row < end && before < sent) {
        memcpy(row_at(&rows, rows.n++), row, rows.n_series * sizeof *row);
        row += rows.n_series;
        rows.buckets[0].n -= sent - before;
        before = sent;
    }
    for (; row < end; row += rows.n_series) {
        if (rows.n > 0 && row_at(&rows, rows.n - 1)->n < stride)
            history_add(row_at(&rows, rows.n - 1), row, entry->n_series);
        else if (rows.n < rows.most)
            memcpy(row_at(&rows, rows.n++), row, rows.n_series * sizeof *row);
        else
            break;
    }
    int64_t last = print_buckets(text, entry, before + 1, rows.buckets, rows.n);
    return row == end ? FRAME_ALL : last;
}

int frame_is_place(const struct engine_entry *entry, const struct frame_cursor *cursor)
{
    if (cursor->n_sent >= FRAME_ALL)
        return 1;
    int64_t end = entry->first - 1;
    for (size_t b = 0; b + 1 < entry->n_buckets; b++)
        if ((end += entry->buckets[b * (size_t)entry->n_series].n) >= cursor->n_sent)
            return end == cursor->n_sent;
    return cursor->n_sent < (int64_t)entry->n;
}

static void print_records(struct text *text, const struct engine_entry *entry, int64_t stride,
                         int64_t sent, struct frame_cursor *cursor)
{
    size_t n_before = sent < (int64_t)entry->n ? (size_t)sent : 0;
    size_t n_left = entry->n - n_before, n = room(FRAME_EPOCHS, entry->n_series);
    n = n_left < n ? n_left : n;
    if (stride > 1 && n_left > 1)
        n = print_thinned(text, entry, n_before, n_left, (size_t)stride);
    else
        print_exact(text, entry, entry->first + (int64_t)n_before,
                    entry->records + n_before * (size_t)entry->n_series, n);
    if (n < n_left)
        cursor->n_sent = (int64_t)(n_before + n);
}

void frame_print_entry(struct text *text, const char *experiment, const struct engine_entry *entry,
                       int64_t stride, struct frame_cursor *cursor)
{
    int is_begun = cursor->sequence == entry->sequence && cursor->n_sent < FRAME_ALL;
    int64_t sent = is_begun ? cursor->n_sent : 0;
    cursor->sequence = entry->sequence;
    cursor->n_sent = FRAME_ALL;
    print_head(text,
               entry->verdict != NULL ? "verdict"
               : entry->is_state      ? "state"
                                      : "epochs",
               experiment);
    if (entry->verdict != NULL) {
        text_printf(text, "\"run\":%d,%s\n\n", entry->run, entry->verdict + 1); /* behind its "{" */
    } else if (entry->is_state) {
        text_printf(text, "\"run\":%d,\"state\":\"%s\",\"epoch\":%lld", entry->run,
                    run_state_name(entry->state), (long long)entry->first);
        if (entry->stopped != NULL)
            text_printf(text, ",\"stopped\":\"%s\"", entry->stopped);
        text_printf(text, "}\n\n");
    } else if (entry->n_buckets > 0) {
        cursor->n_sent = print_envelope(text, entry, sent, stride);
    } else {
        print_records(text, entry, stride, sent, cursor);
    }
}

void frame_print_end(struct text *text, const char *experiment, const char *state,
                     const int *n_in_state, struct frame_cursor *cursor)
{
    const char *before = ",\"states\":{";
    cursor->n_sent = FRAME_DONE;
    print_head(text, "state", experiment);
    text_printf(text, "\"state\":\"%s\"", state);
    for (int i = 0; i < RUN_STATES && n_in_state != NULL; i++) {
        if (n_in_state[i] == 0)
            continue;
        text_printf(text, "%s\"%s\":%d", before, run_state_name((enum run_state)i),
                    n_in_state[i]);
        before = ",";
    }
    text_printf(text, n_in_state != NULL ? "}}\n\n" : "}\n\n");
}
