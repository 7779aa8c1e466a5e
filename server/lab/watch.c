/* Who is watching which experiment, and whether it has news.
 *
 * DESIGN: a hash table of the watched experiments only, chained, under one mutex that is held for
 * a few instructions. Versions are atomics, so that the loop thread asks for thousands of sleeping
 * streams without a lock. A watch's versions begin where no other's can get to. */
#include "server/lab/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/engine/engine.h"

enum { WATCH_SLOTS = 1024, LIFETIME_BITS = 32 };

struct watch {
    char id[ENGINE_ID_BYTES];
    int n_watchers; /* under the board's mutex */
    atomic_uint_fast64_t version, endings;
    struct watch *next;
};

struct watch_board {
    pthread_mutex_t mutex; /* guards the slots, their chains and n_watchers */
    struct watch *slots[WATCH_SLOTS];
    uint64_t n_created; /* under the mutex: watches ever */
};

struct watch_board *watch_board_create(struct error *error)
{
    struct watch_board *board = memory_array(1, sizeof *board, error);
    if (board != NULL)
        pthread_mutex_init(&board->mutex, NULL);
    return board;
}

void watch_board_destroy(struct watch_board *board)
{
    if (board == NULL)
        return;
    pthread_mutex_destroy(&board->mutex);
    free(board);
}

/* FNV-1a. */
static size_t slot_of(const char *id)
{
    uint32_t hash = 2166136261u;
    for (; *id != '\0'; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619u;
    return hash % WATCH_SLOTS;
}

/* The link that points at the watch of `id`, or at NULL where it would be. */
static struct watch **link_locked(struct watch_board *board, const char *id)
{
    struct watch **link = &board->slots[slot_of(id)];
    while (*link != NULL && strcmp((*link)->id, id) != 0)
        link = &(*link)->next;
    return link;
}

struct watch *watch_open(struct watch_board *board, const char *id, struct error *error)
{
    pthread_mutex_lock(&board->mutex);
    struct watch **link = link_locked(board, id);
    if (*link == NULL && (*link = memory_array(1, sizeof **link, error)) != NULL) {
        strncpy((*link)->id, id, sizeof (*link)->id - 1);
        atomic_init(&(*link)->version, ++board->n_created << LIFETIME_BITS);
    }
    struct watch *watch = *link;
    if (watch != NULL)
        watch->n_watchers++;
    pthread_mutex_unlock(&board->mutex);
    return watch;
}

void watch_close(struct watch_board *board, struct watch *watch)
{
    pthread_mutex_lock(&board->mutex);
    if (--watch->n_watchers == 0) {
        *link_locked(board, watch->id) = watch->next;
        free(watch);
    }
    pthread_mutex_unlock(&board->mutex);
}

uint64_t watch_version(const struct watch *watch)
{
    return atomic_load_explicit(&watch->version, memory_order_acquire);
}

uint64_t watch_endings(const struct watch *watch)
{
    return atomic_load_explicit(&watch->endings, memory_order_acquire);
}

static void move(struct watch_board *board, const char *id, int is_ending)
{
    pthread_mutex_lock(&board->mutex);
    struct watch *watch = *link_locked(board, id);
    if (watch != NULL) {
        atomic_fetch_add_explicit(&watch->version, 1, memory_order_release);
        atomic_fetch_add_explicit(&watch->endings, (unsigned)is_ending, memory_order_release);
    }
    pthread_mutex_unlock(&board->mutex);
}

void watch_touch(struct watch_board *board, const char *id)
{
    move(board, id, 0);
}

void watch_end(struct watch_board *board, const char *id)
{
    move(board, id, 1);
}
