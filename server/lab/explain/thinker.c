/* A thinker: a thread that makes explanations for another in processor time that nobody else wants.
 *
 * The mutex guards wish, is_over and what was made; it is not held while thinking. */
#include "server/lab/explain/thinker.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "core/base/memory.h"

struct thinker {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    const struct explanation_wish *wish; /* to be thought about; NULL: none */
    int is_over;
    json_t *made;
    struct error *error; /* the caller's */
};

/* Waits for a wish; 0 when it is over. */
static int wait_for_wish(struct thinker *thinker)
{
    pthread_mutex_lock(&thinker->mutex);
    while (thinker->wish == NULL && !thinker->is_over)
        pthread_cond_wait(&thinker->changed, &thinker->mutex);
    int goes_on = thinker->wish != NULL;
    pthread_mutex_unlock(&thinker->mutex);
    return goes_on;
}

static void *think(void *context)
{
    struct thinker *thinker = context;
    struct sched_param nothing_special = {0};
    pthread_setschedparam(pthread_self(), SCHED_IDLE, &nothing_special);
    while (wait_for_wish(thinker)) {
        json_t *made = explanation_make(thinker->wish, thinker->error);
        pthread_mutex_lock(&thinker->mutex);
        thinker->made = made;
        thinker->wish = NULL;
        pthread_cond_broadcast(&thinker->changed);
        pthread_mutex_unlock(&thinker->mutex);
    }
    return NULL;
}

struct thinker *thinker_create(struct error *error)
{
    struct thinker *thinker = memory_array(1, sizeof *thinker, error);
    if (thinker == NULL)
        return NULL;
    pthread_mutex_init(&thinker->mutex, NULL);
    pthread_cond_init(&thinker->changed, NULL);
    if (pthread_create(&thinker->thread, NULL, think, thinker) == 0)
        return thinker;
    error_set(error, ERROR_MEMORY, "could not start the thinker's thread");
    pthread_cond_destroy(&thinker->changed);
    pthread_mutex_destroy(&thinker->mutex);
    free(thinker);
    return NULL;
}

void thinker_destroy(struct thinker *thinker)
{
    if (thinker == NULL)
        return;
    pthread_mutex_lock(&thinker->mutex);
    thinker->is_over = 1;
    pthread_cond_broadcast(&thinker->changed);
    pthread_mutex_unlock(&thinker->mutex);
    thinker_hurry(thinker);
    pthread_join(thinker->thread, NULL);
    pthread_cond_destroy(&thinker->changed);
    pthread_mutex_destroy(&thinker->mutex);
    free(thinker);
}

json_t *thinker_make(struct thinker *thinker, const struct explanation_wish *wish,
                     struct error *error)
{
    pthread_mutex_lock(&thinker->mutex);
    thinker->wish = wish;
    thinker->error = error;
    thinker->made = NULL;
    pthread_cond_broadcast(&thinker->changed);
    while (thinker->wish != NULL)
        pthread_cond_wait(&thinker->changed, &thinker->mutex);
    json_t *made = thinker->made;
    thinker->made = NULL;
    pthread_mutex_unlock(&thinker->mutex);
    return made;
}

void thinker_hurry(struct thinker *thinker)
{
    struct sched_param nothing_special = {0};
    pthread_setschedparam(thinker->thread, SCHED_OTHER, &nothing_special);
}
