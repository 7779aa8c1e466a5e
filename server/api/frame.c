/* Server-sent events: one log entry, or a part of it, as one frame. */
#include "server/api/frame.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "server/api/thin.h"

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
    for (size_t i = 0; i < n; i++)
        text_printf(text, i == 0 ? "%lld" : ",%lld", (long long)(first + (int64_t)i));
    text_printf(text, "],\"loss\":[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text_add(text, ",", 1);
        text_number(text, losses[i]);
    }
    text_printf(text, "]}\n\n");
}

static void print_bucket_column(struct text *text, const char *name,
                                const struct thin_bucket *buckets, size_t n, size_t offset)
{
    text_printf(text, ",\"%s\":[", name);
    for (size_t b = 0; b < n; b++) {
        if (b > 0)
            text_add(text, ",", 1);
        text_number(text, *(const double *)((const char *)&buckets[b] + offset));
    }
    text_add(text, "]", 1);
}

/* The whole entry in n buckets. */
static void print_thinned(struct text *text, const struct engine_entry *entry, size_t n)
{
    struct thin_bucket buckets[FRAME_BUCKETS_MAX];
    text_printf(text, "\"run\":%d,\"from\":%lld,\"to\":%lld,\"exact\":false,\"epochs\":[",
                entry->run, (long long)entry->first,
                (long long)(entry->first + (int64_t)entry->n - 1));
    for (size_t b = 0; b < n; b++) {
        size_t begin = thin_begin(b, entry->n, n);
        size_t end = thin_begin(b + 1, entry->n, n);
        buckets[b] = thin_bucket(entry->losses + begin, end - begin);
        text_printf(text, b == 0 ? "%lld" : ",%lld",
                    (long long)(entry->first + (int64_t)end - 1));
    }
    text_add(text, "]", 1);
    print_bucket_column(text, "loss", buckets, n, offsetof(struct thin_bucket, last));
    print_bucket_column(text, "min", buckets, n, offsetof(struct thin_bucket, min));
    print_bucket_column(text, "max", buckets, n, offsetof(struct thin_bucket, max));
    text_printf(text, "}\n\n");
}

void frame_print_entry(struct text *text, const char *experiment, const struct engine_entry *entry,
                       int n_buckets, struct frame_cursor *cursor)
{
    size_t n_before = 0;
    if (cursor->sequence == entry->sequence && cursor->n_sent < (int64_t)entry->n)
        n_before = (size_t)cursor->n_sent;
    cursor->sequence = entry->sequence;
    cursor->n_sent = FRAME_ALL;
    if (entry->is_state) {
        print_head(text, "state", experiment);
        text_printf(text, "\"run\":%d,\"state\":\"%s\",\"epoch\":%lld}\n\n", entry->run,
                    run_state_name(entry->state), (long long)entry->first);
        return;
    }
    if (n_buckets > 0 && n_before == 0 && entry->n > (size_t)n_buckets) {
        print_head(text, "epochs", experiment);
        print_thinned(text, entry, (size_t)n_buckets);
        return;
    }
    size_t n = entry->n - n_before < FRAME_EPOCHS ? entry->n - n_before : FRAME_EPOCHS;
    if (n_before + n < entry->n)
        cursor->n_sent = (int64_t)(n_before + n);
    print_head(text, "epochs", experiment);
    print_exact(text, entry, entry->first + (int64_t)n_before, entry->losses + n_before, n);
}

void frame_print_end(struct text *text, const char *experiment, const char *state,
                     struct frame_cursor *cursor)
{
    cursor->n_sent = FRAME_DONE;
    print_head(text, "state", experiment);
    text_printf(text, "\"state\":\"%s\"}\n\n", state);
}
