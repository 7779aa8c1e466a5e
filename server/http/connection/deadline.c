/* Deadlines in the order they are due: as a rule that in which they were armed. */
#include "server/http/connection/deadline.h"

#include <stddef.h>

void deadline_arm(struct deadline *deadline, struct deadline_queue *queue, int64_t now_ms)
{
    deadline_arm_at(deadline, queue, now_ms + queue->wait_ms);
}

void deadline_arm_at(struct deadline *deadline, struct deadline_queue *queue, int64_t due_ms)
{
    deadline_disarm(deadline);
    struct deadline *before = queue->last;
    while (before != NULL && before->due_ms > due_ms)
        before = before->before;
    deadline->queue = queue;
    deadline->due_ms = due_ms;
    deadline->before = before;
    deadline->after = before != NULL ? before->after : queue->first;
    if (deadline->after != NULL)
        deadline->after->before = deadline;
    else
        queue->last = deadline;
    if (before != NULL)
        before->after = deadline;
    else
        queue->first = deadline;
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
