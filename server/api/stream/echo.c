/* An echo: what readers of an experiment were told lately, for the others who stand at their
 * place. */
#include "server/api/stream/echo.h"

#include <string.h>

void echo_clear(struct echo *echo)
{
    for (int i = 0; i < ECHO_STEPS; i++)
        text_clear(&echo->steps[i].frame);
    memset(echo, 0, sizeof *echo);
}

static int same_cursor(const struct frame_cursor *a, const struct frame_cursor *b)
{
    return a->sequence == b->sequence && a->n_sent == b->n_sent;
}

static int same_telling(const struct echo_telling *a, const struct echo_telling *b)
{
    return a->version == b->version && a->points == b->points &&
           same_cursor(&a->begin, &b->begin) && strcmp(a->id, b->id) == 0;
}

const struct echo_step *echo_find(const struct echo *echo, const struct echo_telling *telling,
                                  const struct frame_cursor *from)
{
    for (unsigned i = 1; i <= ECHO_STEPS; i++) { /* what is asked for was mostly told just now */
        const struct echo_step *step = &echo->steps[(echo->next - i) % ECHO_STEPS];
        if (same_cursor(&step->from, from) && same_telling(&step->telling, telling))
            return step;
    }
    return NULL;
}

void echo_add(struct echo *echo, const struct echo_step *step)
{
    struct echo_step *kept = &echo->steps[echo->next % ECHO_STEPS];
    struct text frame = kept->frame; /* its memory is used again */
    frame.n_bytes = 0;
    text_add(&frame, step->frame.bytes, step->frame.n_bytes);
    if (frame.failed) {
        text_clear(&frame);
        memset(kept, 0, sizeof *kept);
        return;
    }
    *kept = *step;
    kept->frame = frame;
    echo->next++;
}
