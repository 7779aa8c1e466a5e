/* Server-sent events: one log entry, or a part of it, as one frame. */
#include "server/api/stream/frame.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static int read_digits(const char **text, int64_t *out)
{
    if (**text < '0' || **text > '9')
        return -1;
    char *end;
    errno = 0;
    *out = strtoll(*text, &end, 10);
    *text = end;
    return errno == 0 ? 0 : -1;
}

int frame_read_id(const char *id, struct frame_cursor *out)
{
    out->n_sent = FRAME_ALL;
    if (read_digits(&id, &out->sequence) != 0)
        return -1;
    if (*id == '\0')
        return 0;
    if (*id++ != '.')
        return -1;
    if (strcmp(id, "done") == 0) {
        out->n_sent = FRAME_DONE;
        return 0;
    }
    return read_digits(&id, &out->n_sent) == 0 && *id == '\0' && out->n_sent < FRAME_ALL ? 0 : -1;
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

/* Epochs first..first+n-1, every loss. */
static void print_exact(struct text *text, const struct engine_entry *entry, int64_t first,
                        const double *losses, size_t n)
{
    text_printf(text, "\"run\":%d,\"from\":%lld,\"to\":%lld,\"exact\":true,\"epochs\":[",
                entry->run, (long long)first, (long long)(first + (int64_t)n - 1));
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text_add(text, ",", 1);
        text_integer(text, first + (int64_t)i);
    }
    text_printf(text, "],\"loss\":[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text_add(text, ",", 1);
        text_number(text, losses[i]);
    }
    text_printf(text, "]}\n\n");
}

static void print_bucket_column(struct text *text, const char *name,
                                const struct history_bucket *buckets, size_t n, size_t offset)
{
    text_printf(text, ",\"%s\":[", name);
    for (size_t b = 0; b < n; b++) {
        if (b > 0)
            text_add(text, ",", 1);
        text_number(text, *(const double *)((const char *)&buckets[b] + offset));
    }
    text_add(text, "]", 1);
}

/* Buckets that follow each other from epoch `first` on; the last epoch. */
static int64_t print_buckets(struct text *text, int run, int64_t first,
                             const struct history_bucket *buckets, size_t n)
{
    int64_t last = first - 1, end = first - 1;
    for (size_t b = 0; b < n; b++)
        last += buckets[b].n;
    text_printf(text, "\"run\":%d,\"from\":%lld,\"to\":%lld,\"exact\":false,\"epochs\":[", run,
                (long long)first, (long long)last);
    for (size_t b = 0; b < n; b++) {
        end += buckets[b].n;
        if (b > 0)
            text_add(text, ",", 1);
        text_integer(text, end);
    }
    text_add(text, "]", 1);
    print_bucket_column(text, "loss", buckets, n, offsetof(struct history_bucket, last));
    print_bucket_column(text, "min", buckets, n, offsetof(struct history_bucket, min));
    print_bucket_column(text, "max", buckets, n, offsetof(struct history_bucket, max));
    text_printf(text, "}\n\n");
    return last;
}

/* Up to n_left losses from the n_before-th on, in buckets of `stride`; how many. */
static size_t print_thinned(struct text *text, const struct engine_entry *entry, size_t n_before,
                            size_t n_left, size_t stride)
{
    struct history_bucket buckets[FRAME_BUCKETS_MAX];
    int64_t first = entry->first + (int64_t)n_before;
    size_t n = 0, at = 0;
    while (at < n_left && n < FRAME_BUCKETS_MAX) {
        size_t length = n_left - at < stride ? n_left - at : stride;
        buckets[n++] = history_sum(entry->losses + n_before + at, length, 1, first + (int64_t)at);
        at += length;
    }
    print_buckets(text, entry->run, first, buckets, n);
    return at;
}

/* A part of an envelope behind the epoch `sent`, neighbours merged to `stride` epochs. Of a bucket
 * that `sent` lies in the rest is told, with the extremes of all of it. Returns where it ends: an
 * epoch, or FRAME_ALL. */
static int64_t print_envelope(struct text *text, const struct engine_entry *entry, int64_t sent,
                              int64_t stride)
{
    struct history_bucket buckets[FRAME_BUCKETS_MAX];
    size_t b = 0, n = 0;
    int64_t before = entry->first - 1;
    for (; b < entry->n_buckets && before + entry->buckets[b].n <= sent; b++)
        before += entry->buckets[b].n;
    if (b < entry->n_buckets && before < sent) {
        buckets[n] = entry->buckets[b++];
        buckets[n++].n -= sent - before;
        before = sent;
    }
    for (; b < entry->n_buckets; b++) {
        if (n > 0 && buckets[n - 1].n < stride)
            buckets[n - 1] = history_merge(&buckets[n - 1], &entry->buckets[b]);
        else if (n < FRAME_BUCKETS_MAX)
            buckets[n++] = entry->buckets[b];
        else
            break;
    }
    int64_t last = print_buckets(text, entry->run, before + 1, buckets, n);
    return b == entry->n_buckets ? FRAME_ALL : last;
}

int frame_is_place(const struct engine_entry *entry, const struct frame_cursor *cursor)
{
    if (cursor->n_sent >= FRAME_ALL)
        return 1;
    int64_t end = entry->first - 1;
    for (size_t b = 0; b + 1 < entry->n_buckets; b++)
        if ((end += entry->buckets[b].n) >= cursor->n_sent)
            return end == cursor->n_sent;
    return cursor->n_sent < (int64_t)entry->n;
}

static void print_losses(struct text *text, const struct engine_entry *entry, int64_t stride,
                         int64_t sent, struct frame_cursor *cursor)
{
    size_t n_before = sent < (int64_t)entry->n ? (size_t)sent : 0;
    size_t n_left = entry->n - n_before, n = n_left < FRAME_EPOCHS ? n_left : FRAME_EPOCHS;
    if (stride > 1 && n_left > 1)
        n = print_thinned(text, entry, n_before, n_left, (size_t)stride);
    else
        print_exact(text, entry, entry->first + (int64_t)n_before, entry->losses + n_before, n);
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
    print_head(text, entry->is_state ? "state" : "epochs", experiment);
    if (entry->is_state) {
        text_printf(text, "\"run\":%d,\"state\":\"%s\",\"epoch\":%lld}\n\n", entry->run,
                    run_state_name(entry->state), (long long)entry->first);
    } else if (entry->n_buckets > 0) {
        cursor->n_sent = print_envelope(text, entry, sent, stride);
    } else {
        print_losses(text, entry, stride, sent, cursor);
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
