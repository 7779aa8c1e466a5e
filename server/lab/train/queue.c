/* The queue: which experiment gets a worker next.
 *
 * DESIGN: a ring of lots, one per experiment with work, under one mutex. A lot has runs that wait
 * (taken from the front), jobs that pause, and a count of turns under way. A turn takes the first
 * lot that has something to give and moves it to the ring's end. The lot is freed when it has
 * nothing left and no turn is under way; a dropped lot leaves the ring at once.
 *
 * So that all workers stay busy to the end, turns take whole blocks while each worker can have one,
 * and equal shares of the rest: a long sweep fills whole blocks, and many workers get small blocks
 * of a short one. */
#include "server/lab/train/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/memory.h"

struct lot {
    char id[ENGINE_ID_BYTES];
    int *runs; /* [n_runs]; waiting are next..n_runs-1 */
    int next;
    int n_runs;
    struct job **paused; /* [n_workers] */
    int n_paused;
    int n_turns;
    struct lot *after;
};

struct queue {
    int n_workers;
    pthread_mutex_t mutex; /* guards everything below */
    pthread_cond_t changed;
    int closed;
    struct lot *first;
};

struct queue *queue_create(int n_workers, struct error *error)
{
    struct queue *queue = memory_array(1, sizeof *queue, error);
    if (queue == NULL)
        return NULL;
    queue->n_workers = n_workers;
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return queue;
}

static void lot_destroy(struct lot *lot)
{
    if (lot == NULL)
        return;
    free(lot->runs);
    free(lot->paused);
    free(lot);
}

void queue_destroy(struct queue *queue)
{
    if (queue == NULL)
        return;
    while (queue->first != NULL) {
        struct lot *lot = queue->first;
        queue->first = lot->after;
        lot_destroy(lot);
    }
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->mutex);
    free(queue);
}

static struct lot *lot_create(const char *id, const int *runs, int n_runs, int n_workers,
                              struct error *error)
{
    struct lot *lot = memory_array(1, sizeof *lot, error);
    if (lot == NULL)
        return NULL;
    lot->runs = memory_array((size_t)n_runs, sizeof *lot->runs, error);
    lot->paused = memory_array((size_t)n_workers, sizeof *lot->paused, error);
    if (lot->runs == NULL || lot->paused == NULL) {
        lot_destroy(lot);
        return NULL;
    }
    strncpy(lot->id, id, sizeof lot->id - 1);
    memcpy(lot->runs, runs, (size_t)n_runs * sizeof *runs);
    lot->n_runs = n_runs;
    return lot;
}

static void append_locked(struct queue *queue, struct lot *lot)
{
    struct lot **link = &queue->first;
    while (*link != NULL)
        link = &(*link)->after;
    *link = lot;
    lot->after = NULL;
}

static struct lot **link_locked(struct queue *queue, const char *id)
{
    struct lot **link = &queue->first;
    while (*link != NULL && strcmp((*link)->id, id) != 0)
        link = &(*link)->after;
    return link;
}

int queue_add(struct queue *queue, const char *id, const int *runs, int n_runs,
              struct error *error)
{
    struct lot *lot = lot_create(id, runs, n_runs, queue->n_workers, error);
    if (lot == NULL)
        return -1;
    pthread_mutex_lock(&queue->mutex);
    append_locked(queue, lot);
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
    return 0;
}

static int has_work(const struct lot *lot)
{
    return lot->n_paused > 0 || lot->next < lot->n_runs;
}

/* How many of the waiting runs a worker takes: at least one, at most a block. */
static int share(const struct lot *lot, int n_workers)
{
    int round = n_workers * BLOCK_RUNS_MAX, n_rest = lot->n_runs % round;
    int n_waiting = lot->n_runs - lot->next;
    int fair = n_waiting > n_rest ? BLOCK_RUNS_MAX : (n_rest + n_workers - 1) / n_workers;
    return fair < n_waiting ? fair : n_waiting;
}

static void begin_turn_locked(struct queue *queue, struct lot *lot, struct turn *turn)
{
    memset(turn, 0, sizeof *turn);
    memcpy(turn->id, lot->id, sizeof turn->id);
    if (lot->n_paused > 0) {
        turn->job = lot->paused[--lot->n_paused];
    } else {
        turn->n_runs = share(lot, queue->n_workers);
        memcpy(turn->runs, lot->runs + lot->next, (size_t)turn->n_runs * sizeof *turn->runs);
        lot->next += turn->n_runs;
    }
    lot->n_turns++;
}

int queue_take(struct queue *queue, struct turn *out_turn)
{
    int taken = 0;
    pthread_mutex_lock(&queue->mutex);
    while (!queue->closed && !taken) {
        struct lot **link = &queue->first;
        while (*link != NULL && !has_work(*link))
            link = &(*link)->after;
        struct lot *lot = *link;
        if (lot == NULL) {
            pthread_cond_wait(&queue->changed, &queue->mutex);
            continue;
        }
        *link = lot->after;
        append_locked(queue, lot);
        begin_turn_locked(queue, lot, out_turn);
        taken = 1;
    }
    pthread_mutex_unlock(&queue->mutex);
    return taken;
}

int queue_end_turn(struct queue *queue, const struct turn *turn, struct job *job, const int *runs,
                   int n_runs)
{
    struct lot *gone = NULL;
    pthread_mutex_lock(&queue->mutex);
    struct lot **link = link_locked(queue, turn->id);
    struct lot *lot = *link;
    int kept = lot != NULL && !queue->closed;
    if (lot != NULL) {
        lot->n_turns--;
        /* What was taken from the front fits before `next` again. */
        for (int i = n_runs; i > 0; i--)
            lot->runs[--lot->next] = runs[i - 1];
        if (job != NULL && kept)
            lot->paused[lot->n_paused++] = job;
        if (!has_work(lot) && lot->n_turns == 0) {
            *link = lot->after;
            gone = lot;
        } else {
            pthread_cond_broadcast(&queue->changed);
        }
    }
    pthread_mutex_unlock(&queue->mutex);
    lot_destroy(gone);
    return kept;
}

void queue_drop(struct queue *queue, const char *id, queue_close_fn close, void *context)
{
    pthread_mutex_lock(&queue->mutex);
    struct lot **link = link_locked(queue, id);
    struct lot *lot = *link;
    if (lot != NULL)
        *link = lot->after;
    pthread_mutex_unlock(&queue->mutex);
    if (lot == NULL)
        return;
    for (int i = 0; i < lot->n_paused; i++)
        close(context, lot->paused[i]);
    lot_destroy(lot);
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closed = 1;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}

int queue_wait_closed(struct queue *queue, int timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&queue->mutex);
    while (!queue->closed)
        if (pthread_cond_timedwait(&queue->changed, &queue->mutex, &until) != 0)
            break;
    int closed = queue->closed;
    pthread_mutex_unlock(&queue->mutex);
    return closed;
}

void queue_empty(struct queue *queue, queue_close_fn close, void *context)
{
    for (struct lot *lot = queue->first; lot != NULL; lot = lot->after)
        while (lot->n_paused > 0)
            close(context, lot->paused[--lot->n_paused]);
}

void queue_length(struct queue *queue, int *out_experiments, int *out_runs)
{
    *out_experiments = *out_runs = 0;
    pthread_mutex_lock(&queue->mutex);
    for (struct lot *lot = queue->first; lot != NULL; lot = lot->after) {
        *out_experiments += 1;
        *out_runs += lot->n_runs - lot->next;
    }
    pthread_mutex_unlock(&queue->mutex);
}
