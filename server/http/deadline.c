/* Deadlines of equal length, in the order they were armed. */
#include "server/http/deadline.h"

#include <stddef.h>

void deadline_arm(struct deadline *deadline, struct deadline_queue *queue, int64_t now_ms)
{
    deadline_disarm(deadline);
    deadline->queue = queue;
    deadline->due_ms = now_ms + queue->wait_ms;
    deadline->before = queue->last;
    deadline->after = NULL;
    if (queue->last != NULL)
        queue->last->after = deadline;
    else
        queue->first = deadline;
    queue->last = deadline;
    queue->n_armed++;
}

void deadline_disarm(struct deadline *deadline)
{
    struct deadline_queue *queue = deadline->queue;
    if (queue == NULL)
        return;
    if (deadline->before != NULL)
        deadline->before->after = deadline->after;
    else
        queue->first = deadline->after;
    if (deadline->after != NULL)
        deadline->after->before = deadline->before;
    else
        queue->last = deadline->before;
    queue->n_armed--;
    deadline->queue = NULL;
}

struct deadline *deadline_take_due(struct deadline_queue *queue, int64_t now_ms)
{
    struct deadline *first = queue->first;
    if (first == NULL || first->due_ms > now_ms)
        return NULL;
    deadline_disarm(first);
    return first;
}

int64_t deadline_next_ms(const struct deadline_queue *queue)
{
    return queue->first == NULL ? INT64_MAX : queue->first->due_ms;
}
