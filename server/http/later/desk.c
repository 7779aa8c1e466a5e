/* Desks: where slow handlers work while their connections sleep.
 *
 * Threads: `lock` guards everything in struct desk but `threads`. A request handed over through a
 * queue belongs to the side that took it out; the lock is what orders their accesses. */
#include "server/http/later/desk.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "server/http/request.h"

struct queue {
    struct http_request *first, *last;
    int n;
};

/* Work of one effort, and the desks that take no longer one. */
struct level {
    struct desk *desk;
    struct queue waiting;
    pthread_cond_t came; /* n_called or is_closing has changed */
    int n_idle, n_called; /* of its desks: asleep; of these, on their way to look for work */
};

struct desk {
    struct http_server *server;
    pthread_mutex_t lock;
    struct level levels[HTTP_EFFORTS];
    struct queue done;
    int n_waiting_max, is_closing;
    int n_threads;
    pthread_t threads[];
};

static void append(struct queue *queue, struct http_request *request)
{
    request->next = NULL;
    if (queue->last != NULL)
        queue->last->next = request;
    else
        queue->first = request;
    queue->last = request;
    queue->n++;
}

static struct http_request *take_first(struct queue *queue)
{
    struct http_request *request = queue->first;
    if (request == NULL)
        return NULL;
    queue->first = request->next;
    if (queue->first == NULL)
        queue->last = NULL;
    queue->n--;
    return request;
}

/* The oldest of the longest work that a desk of this level takes. */
static struct http_request *take_work_locked(struct level *level)
{
    struct level *levels = level->desk->levels;
    struct http_request *request = NULL;
    for (int effort = (int)(level - levels); request == NULL && effort >= 0; effort--)
        request = take_first(&levels[effort].waiting);
    return request;
}

/* The next to work on; NULL when the desks are closed and none is left. */
static struct http_request *wait_for_work(struct level *level)
{
    struct desk *desk = level->desk;
    struct http_request *request;
    pthread_mutex_lock(&desk->lock);
    while ((request = take_work_locked(level)) == NULL && !desk->is_closing) {
        level->n_idle++;
        while (level->n_called == 0 && !desk->is_closing)
            pthread_cond_wait(&level->came, &desk->lock);
        level->n_idle--;
        level->n_called -= level->n_called > 0;
    }
    pthread_mutex_unlock(&desk->lock);
    return request;
}

static void *work_at_desk(void *context)
{
    struct level *level = context;
    struct desk *desk = level->desk;
    struct http_request *request;
    while ((request = wait_for_work(level)) != NULL) {
        request->work(request->work_context, request);
        pthread_mutex_lock(&desk->lock);
        append(&desk->done, request);
        pthread_mutex_unlock(&desk->lock);
        server_ring(desk->server);
    }
    return NULL;
}

/* One for each lesser effort, the rest for the longest. Signals are for the thread that started the
 * server. */
static int start_threads(struct desk *desk, int n_threads)
{
    sigset_t all, before;
    int fault = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (fault == 0 && desk->n_threads < n_threads) {
        int effort = desk->n_threads < HTTP_LONG ? desk->n_threads : HTTP_LONG;
        fault = pthread_create(&desk->threads[desk->n_threads], NULL, work_at_desk,
                               &desk->levels[effort]);
        desk->n_threads += fault == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fault;
}

struct desk *desk_create(struct http_server *server, int n_long, int n_waiting_max,
                         struct error *error)
{
    int n_threads = HTTP_LONG + n_long;
    struct desk *desk = calloc(1, sizeof *desk + (size_t)n_threads * sizeof *desk->threads);
    if (desk == NULL) {
        error_set(error, ERROR_MEMORY, "not enough memory for %d desk threads", n_threads);
        return NULL;
    }
    desk->server = server;
    desk->n_waiting_max = n_waiting_max;
    pthread_mutex_init(&desk->lock, NULL);
    for (int effort = 0; effort < HTTP_EFFORTS; effort++) {
        desk->levels[effort].desk = desk;
        pthread_cond_init(&desk->levels[effort].came, NULL);
    }
    int fault = start_threads(desk, n_threads);
    if (fault != 0) {
        error_set(error, ERROR_STORAGE, "cannot start %d desk threads: %s", n_threads,
                  strerror(fault));
        desk_close(desk);
        desk_destroy(desk);
        return NULL;
    }
    return desk;
}

/* An idle one of its own desks, or one for longer work. Where all are taken or called nobody need
 * be: each looks again before it sleeps. */
static void call_desk_locked(struct desk *desk, int effort)
{
    for (struct level *level = &desk->levels[effort]; level <= &desk->levels[HTTP_LONG]; level++)
        if (level->n_idle > level->n_called) {
            level->n_called++;
            pthread_cond_signal(&level->came);
            return;
        }
}

int desk_submit(struct desk *desk, struct http_request *request)
{
    int result = -1;
    struct queue *waiting = &desk->levels[request->effort].waiting;
    pthread_mutex_lock(&desk->lock);
    if (waiting->n < desk->n_waiting_max && !desk->is_closing) {
        append(waiting, request);
        call_desk_locked(desk, request->effort);
        result = 0;
    }
    pthread_mutex_unlock(&desk->lock);
    return result;
}

struct http_request *desk_take_done(struct desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    struct http_request *first = desk->done.first;
    desk->done = (struct queue){NULL, NULL, 0};
    pthread_mutex_unlock(&desk->lock);
    return first;
}

int desk_n_waiting(struct desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    int n = 0;
    for (int effort = 0; effort < HTTP_EFFORTS; effort++)
        n += desk->levels[effort].waiting.n;
    pthread_mutex_unlock(&desk->lock);
    return n;
}

void desk_close(struct desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    desk->is_closing = 1;
    for (int effort = 0; effort < HTTP_EFFORTS; effort++)
        pthread_cond_broadcast(&desk->levels[effort].came);
    pthread_mutex_unlock(&desk->lock);
    for (int i = 0; i < desk->n_threads; i++)
        pthread_join(desk->threads[i], NULL);
    desk->n_threads = 0;
}

void desk_destroy(struct desk *desk)
{
    if (desk == NULL)
        return;
    for (int effort = 0; effort < HTTP_EFFORTS; effort++)
        pthread_cond_destroy(&desk->levels[effort].came);
    pthread_mutex_destroy(&desk->lock);
    free(desk);
}
