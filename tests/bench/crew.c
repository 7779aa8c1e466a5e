/* A crew: blocks trained at the same time, each on a processor of its own. */
#include "tests/bench/crew.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

enum { CALL_LOSSES = 4096 };

struct hand {
    struct block *block;
    int64_t epochs;
    int processor; /* which one of those that this process may use */
};

int crew_size(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n < CREW_MAX ? n : CREW_MAX;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Where the system would put threads of a few milliseconds is luck. */
static void stay_on(int processor)
{
    cpu_set_t all, one;
    int cpu = 0;
    if (sched_getaffinity(0, sizeof all, &all) != 0)
        return;
    while (cpu < CPU_SETSIZE && (!CPU_ISSET(cpu, &all) || processor-- > 0))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
}

static void *work(void *argument)
{
    const struct hand *hand = argument;
    double losses[CALL_LOSSES];
    const int64_t most = CALL_LOSSES / BLOCK_RUNS_MAX;
    stay_on(hand->processor);
    for (int64_t left = hand->epochs; left > 0;)
        left -= block_train(hand->block, INT64_MAX, left < most ? left : most, losses);
    return NULL;
}

int crew_train(struct block *const *blocks, int n, int64_t epochs, double *out_s)
{
    pthread_t threads[CREW_MAX];
    struct hand hands[CREW_MAX];
    int n_threads = 0;
    double began_s = now_s();
    for (int i = 0; i < n; i++)
        hands[i] = (struct hand){blocks[i], epochs, i};
    while (n_threads < n && pthread_create(&threads[n_threads], NULL, work, &hands[n_threads]) == 0)
        n_threads++;
    for (int i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    *out_s = (now_s() - began_s) / (double)epochs;
    return n_threads == n ? 0 : -1;
}
