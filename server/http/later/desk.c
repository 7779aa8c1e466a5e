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

struct desk {
    struct http_server *server;
    pthread_mutex_t lock;
    pthread_cond_t came; /* something was queued, or is_closing */
    struct queue waiting, done;
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

/* The next to work on; NULL when the desks are closed and none is left. */
static struct http_request *wait_for_work(struct desk *desk)
{
    struct http_request *request;
    pthread_mutex_lock(&desk->lock);
    while ((request = take_first(&desk->waiting)) == NULL && !desk->is_closing)
        pthread_cond_wait(&desk->came, &desk->lock);
    pthread_mutex_unlock(&desk->lock);
    return request;
}

static void *work_at_desk(void *context)
{
    struct desk *desk = context;
    struct http_request *request;
    while ((request = wait_for_work(desk)) != NULL) {
        request->work(request->work_context, request);
        pthread_mutex_lock(&desk->lock);
        append(&desk->done, request);
        pthread_mutex_unlock(&desk->lock);
        server_ring(desk->server);
    }
    return NULL;
}

/* Signals are for the thread that started the server. */
static int start_threads(struct desk *desk, int n_threads)
{
    sigset_t all, before;
    int fault = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (fault == 0 && desk->n_threads < n_threads) {
        fault = pthread_create(&desk->threads[desk->n_threads], NULL, work_at_desk, desk);
        desk->n_threads += fault == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fault;
}

struct desk *desk_create(struct http_server *server, int n_threads, int n_waiting_max,
                         struct error *error)
{
    struct desk *desk = calloc(1, sizeof *desk + (size_t)n_threads * sizeof *desk->threads);
    if (desk == NULL) {
        error_set(error, ERROR_MEMORY, "not enough memory for %d desk threads", n_threads);
        return NULL;
    }
    desk->server = server;
    desk->n_waiting_max = n_waiting_max;
    pthread_mutex_init(&desk->lock, NULL);
    pthread_cond_init(&desk->came, NULL);
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

int desk_submit(struct desk *desk, struct http_request *request)
{
    int result = -1;
    pthread_mutex_lock(&desk->lock);
    if (desk->waiting.n < desk->n_waiting_max && !desk->is_closing) {
        append(&desk->waiting, request);
        pthread_cond_signal(&desk->came);
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
    int n = desk->waiting.n;
    pthread_mutex_unlock(&desk->lock);
    return n;
}

void desk_close(struct desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    desk->is_closing = 1;
    pthread_cond_broadcast(&desk->came);
    pthread_mutex_unlock(&desk->lock);
    for (int i = 0; i < desk->n_threads; i++)
        pthread_join(desk->threads[i], NULL);
    desk->n_threads = 0;
}

void desk_destroy(struct desk *desk)
{
    if (desk == NULL)
        return;
    pthread_cond_destroy(&desk->came);
    pthread_mutex_destroy(&desk->lock);
    free(desk);
}
