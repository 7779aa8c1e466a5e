/* An echo: what a reader of an experiment was told last, for the others who stand at its place. */
#include "server/api/echo.h"

#include <string.h>

static int same_place(const struct echo_place *a, const struct echo_place *b)
{
    return a->version == b->version && a->cursor.sequence == b->cursor.sequence &&
           a->cursor.n_sent == b->cursor.n_sent && a->exact == b->exact &&
           strcmp(a->id, b->id) == 0;
}

const struct echo_said *echo_find(const struct echo *echo, const struct echo_place *place)
{
    for (int i = 0; i < ECHO_SLOTS; i++)
        if (echo->slots[i].is_whole && same_place(&echo->slots[i].place, place))
            return &echo->slots[i];
    return NULL;
}

struct echo_said *echo_begin(struct echo *echo, const struct echo_place *place)
{
    struct echo_said *said = &echo->slots[echo->next++ % ECHO_SLOTS];
    said->is_whole = 0;
    said->place = *place;
    said->n_frames = 0;
    return said;
}

void echo_add(struct echo_said *said, const struct text *frame, const struct frame_cursor *cursor)
{
    if (said->n_frames < 0)
        return;
    size_t begin = said->n_frames == 0 ? 0 : said->ends[said->n_frames - 1];
    if (said->n_frames == ECHO_FRAMES || frame->n_bytes > ECHO_BYTES - begin) {
        said->n_frames = -1;
        return;
    }
    memcpy(said->bytes + begin, frame->bytes, frame->n_bytes);
    said->ends[said->n_frames] = begin + frame->n_bytes;
    said->reached[said->n_frames] = (struct echo_reached){0, 0};
    said->cursors[said->n_frames++] = *cursor;
}

void echo_add_reached(struct echo_said *said, int run, int64_t epoch)
{
    if (said->n_frames > 0)
        said->reached[said->n_frames - 1] = (struct echo_reached){run, epoch};
}

void echo_end(struct echo_said *said, int is_whole, int is_over)
{
    said->is_whole = is_whole && said->n_frames >= 0;
    said->is_over = is_over;
}
