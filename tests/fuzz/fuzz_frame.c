/* Any losses as frames of a stream, and any text as an event's id: what is printed is read back.
 *
 * Up to the first newline stands an id, or what somebody takes for one. Then a byte each for how
 * often every number is repeated, the run (and with it how many series), the epochs of a bucket; two
 * for the first epoch; and the numbers, as the bits of doubles. */
#include <math.h>
#include <string.h>

#include "server/api/stream/column.h"
#include "server/api/stream/frame.h"
#include "server/api/call/wait.h"
#include "tests/fuzz/fuzz.h"

enum { HEAD_BYTES = 5, LOSSES_MAX = 1200 };

/* --- ids ------------------------------------------------------------------------------------ */

static void check_cursor(const struct frame_cursor *cursor)
{
    struct text text = {0};
    struct frame_cursor again;
    frame_print_cursor(&text, cursor);
    FUZZ_CHECK(!text.failed && frame_read_id(text.bytes, &again) == 0);
    FUZZ_CHECK(again.sequence == cursor->sequence && again.n_sent == cursor->n_sent);
    text_clear(&text);
}

static void check_id(const char *id)
{
    struct frame_cursor cursor;
    if (frame_read_id(id, &cursor) == 0) {
        FUZZ_CHECK(cursor.sequence >= 0 && cursor.n_sent >= 0);
        check_cursor(&cursor);
    }
    wait_read_preference(id); /* another short text that comes from outside */
}

/* --- frames --------------------------------------------------------------------------------- */

/* The JSON of the one event in `text`. */
static json_t *read_event(const struct text *text)
{
    static const char start[] = "event: epochs\ndata: ";
    struct error error = ERROR_INIT;
    FUZZ_CHECK(!text->failed && text->n_bytes <= FRAME_BYTES_MAX);
    FUZZ_CHECK(strncmp(text->bytes, start, sizeof start - 1) == 0);
    const char *data = text->bytes + sizeof start - 1, *end = strstr(data, "\n\n");
    FUZZ_CHECK(end != NULL && end + 2 == text->bytes + text->n_bytes);
    json_t *json = json_read(data, (size_t)(end - data), &error);
    FUZZ_CHECK(json != NULL);
    return json;
}

static int64_t integer(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);
    FUZZ_CHECK(json_is_number(value));
    return (int64_t)json_number_value(value);
}

/* A loss that is not finite is null. */
static void check_loss(const json_t *json, double loss)
{
    if (isfinite(loss))
        FUZZ_CHECK(json_is_number(json) && json_number_value(json) == loss);
    else
        FUZZ_CHECK(json_is_null(json));
}

static const json_t *column(const json_t *json, enum series series, enum column_part part)
{
    struct text name = {0};
    column_print_name(&name, series, part);
    FUZZ_CHECK(!name.failed);
    const json_t *found = json_object_get(json, name.bytes);
    text_clear(&name);
    return found;
}

/* Every number of an exact frame; of a thinned one that each bucket's last is there, at its epoch. */
static void check_series(const json_t *json, const struct engine_entry *entry, int s, int64_t from,
                         int64_t to)
{
    enum series series = series_at(entry->series, s);
    const json_t *epochs = json_object_get(json, "epochs");
    const json_t *losses = column(json, series, COLUMN_LAST);
    size_t n = json_array_size(epochs);
    FUZZ_CHECK(n > 0 && n == json_array_size(losses));
    if (json_is_true(json_object_get(json, "exact")))
        FUZZ_CHECK((int64_t)n == to - from + 1);
    else
        FUZZ_CHECK(n <= FRAME_BUCKETS_MAX &&
                   n == json_array_size(column(json, series, COLUMN_MAX)) &&
                   n == json_array_size(column(json, series, COLUMN_MIN)));
    int64_t before = from - 1;
    for (size_t i = 0; i < n; i++) {
        int64_t epoch = (int64_t)json_number_value(json_array_get(epochs, i));
        FUZZ_CHECK(epoch > before && epoch <= to);
        check_loss(json_array_get(losses, i),
                   entry->records[(epoch - entry->first) * entry->n_series + s]);
        before = epoch;
    }
    FUZZ_CHECK(before == to);
}

/* The frames of an entry follow each other without gap or repetition. */
static void check_frames(const struct engine_entry *entry, int64_t stride)
{
    struct frame_cursor cursor = {0, FRAME_ALL};
    int64_t next = entry->first, last = entry->first + (int64_t)entry->n - 1;
    while (next <= last) {
        struct text text = {0};
        frame_print_entry(&text, "some-experiment", entry, stride, &cursor);
        json_t *json = read_event(&text);
        int64_t from = integer(json, "from"), to = integer(json, "to");
        FUZZ_CHECK(integer(json, "run") == entry->run && from == next && to >= from && to <= last);
        for (int s = 0; s < entry->n_series; s++)
            check_series(json, entry, s, from, to);
        check_cursor(&cursor);
        FUZZ_CHECK(cursor.sequence == entry->sequence);
        next = to + 1;
        json_decref(json);
        text_clear(&text);
    }
    FUZZ_CHECK(cursor.n_sent == FRAME_ALL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    static double losses[LOSSES_MAX];
    const uint8_t *end = n_bytes == 0 ? NULL : memchr(bytes, '\n', n_bytes);
    size_t n_id = end == NULL ? n_bytes : (size_t)(end - bytes);
    char *id = malloc(n_id + 1);
    FUZZ_CHECK(id != NULL);
    if (n_id > 0)
        memcpy(id, bytes, n_id);
    id[n_id] = '\0';
    check_id(id);
    free(id);
    if (end == NULL || n_bytes - n_id - 1 < HEAD_BYTES + sizeof(double))
        return 0;
    const uint8_t *head = end + 1, *at = head + HEAD_BYTES;
    size_t n = 0;
    struct engine_entry entry = {.sequence = 17, .since = 17, .run = head[1], .records = losses,
                                 .n_series = 1 + head[1] % SERIES_COUNT};
    entry.series = (1u << entry.n_series) - 1;
    for (; bytes + n_bytes - at >= (ptrdiff_t)sizeof(double); at += sizeof(double))
        for (int i = 0; i <= head[0] && n < LOSSES_MAX; i++)
            memcpy(&losses[n++], at, sizeof(double));
    entry.n = n / (size_t)entry.n_series;
    if (entry.n == 0)
        return 0;
    entry.first = 1 + head[3] + ((int64_t)head[4] << 24);
    check_frames(&entry, head[2]);
    return 0;
}
