/* Deadlines: things that are due the same time after they were armed, in that order. Private.
 *
 * All of one queue wait equally long, so arming is an append and the first is always the next due:
 * no heap, no scan. (A queue of few may use deadline_arm_at instead.) Loop thread. */
#ifndef SERVER_HTTP_CONNECTION_DEADLINE_H
#define SERVER_HTTP_CONNECTION_DEADLINE_H

#include <stdint.h>

struct deadline_queue {
    int64_t wait_ms; /* > 0, for deadline_arm */
    struct deadline *first, *last;
    int n_armed;
};

/* Part of what is due. Starts zeroed, which is disarmed. Borrows its queue while armed. */
struct deadline {
    struct deadline_queue *queue; /* NULL while disarmed */
    struct deadline *before, *after;
    int64_t due_ms;
};

/* Puts it at the end of the queue, due at now_ms + wait_ms, from wherever it was. now_ms never goes
 * back. */
void deadline_arm(struct deadline *deadline, struct deadline_queue *queue, int64_t now_ms);

/* Puts it where it is due at due_ms, behind those due by then; for queues whose members wait as
 * long as each likes (wait_ms is not used). Looks from the end. */
void deadline_arm_at(struct deadline *deadline, struct deadline_queue *queue, int64_t due_ms);

/* Nothing if it is disarmed. */
void deadline_disarm(struct deadline *deadline);

/* Takes out the first that is due at now_ms, disarmed; NULL when none is. */
struct deadline *deadline_take_due(struct deadline_queue *queue, int64_t now_ms);

/* When the first is due; INT64_MAX when none is armed. */
int64_t deadline_next_ms(const struct deadline_queue *queue);

#endif
