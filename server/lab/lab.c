/* The lab: the life of experiments, and the workers that train them.
 *
 * DESIGN: each worker takes turns from the queue, trains a slice, and ends its turn, so fairness
 * and cancelling need no signals: a cancelled run is fenced by the engine at its next commit, and a
 * dropped experiment's job is closed when its turn ends. Order of every change: engine first, then
 * queue, then watchers.
 *
 * What has ended the explainer takes up, on a thread of its own, when no run waits. */
#include "server/lab/lab.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/lab/explain/explainer.h"
#include "server/lab/submission.h"
#include "server/lab/train/job.h"
#include "server/lab/train/queue.h"

enum { SLICE_MS = 100, RETRY_MS = 1000, IDLE_STUDIES = 64, WAIT_FOREVER_MS = INT32_MAX };

struct lab {
    struct lab_config config;
    struct shelf *shelf;
    struct watch_board *watches;
    struct queue *queue;
    struct explainer *explainer;
    pthread_t *threads; /* [n_threads] */
    int n_threads;
    pthread_mutex_t mutex; /* orders the leaving of workers and waiting for it */
    pthread_cond_t left;   /* a worker ended; monotonic clock */
    atomic_int n_at_work;
};

static void tell(struct lab *lab, const char *id)
{
    watch_touch(lab->watches, id);
    lab->config.notify(lab->config.context);
}

static void tell_end(struct lab *lab, const char *id)
{
    watch_end(lab->watches, id);
    lab->config.notify(lab->config.context);
    explainer_wake(lab->explainer);
}

static void tell_explained(void *context, const char *id)
{
    struct lab *lab = context;
    watch_end(lab->watches, id);
    lab->config.notify(lab->config.context);
}

static int has_waiting_runs(void *context)
{
    struct lab *lab = context;
    int n_experiments, n_runs;
    queue_length(lab->queue, &n_experiments, &n_runs);
    return n_runs > 0;
}

/* --- workers --- */

/* Trouble that may pass: the same call may work later. */
static int is_passing(const struct error *error)
{
    return error->kind == ERROR_STORAGE || error->kind == ERROR_MEMORY;
}

/* Begins runs of a turn; those not dealt with stay in the turn. NULL when there is nothing to train
 * now; with a passing error the turn is to be tried again. */
static struct job *begin(struct lab *lab, struct turn *turn, struct error *error)
{
    int n_dealt = 0;
    struct job *job = NULL;
    const struct study *study = shelf_take(lab->shelf, turn->id, error);
    if (study != NULL) {
        job = job_begin(lab->config.engine, study, turn->runs, turn->n_runs, &n_dealt, error);
        shelf_release(lab->shelf, study);
    } else if (error->kind == ERROR_NOT_FOUND) {
        n_dealt = turn->n_runs; /* deleted meanwhile */
    }
    if (job == NULL && n_dealt < turn->n_runs && error->kind != ERROR_NONE && !is_passing(error)) {
        log_line(LOG_LEVEL_ERROR, "run_refused experiment=%s run=%d error=\"%s\"", turn->id,
                 turn->runs[n_dealt], error->text);
        job_refuse(lab->config.engine, turn->id, turn->runs[n_dealt++], error->text);
    }
    turn->n_runs -= n_dealt;
    memmove(turn->runs, turn->runs + n_dealt, (size_t)turn->n_runs * sizeof *turn->runs);
    return job;
}

static void close_job(void *context, struct job *job)
{
    const int *release = context;
    job_close(job, *release);
}

/* One turn: a slice of a job, and what is left goes back to the queue. */
static void serve(struct lab *lab, struct turn *turn)
{
    struct error error = ERROR_INIT;
    enum job_result result = JOB_ENDED;
    struct job *job = turn->job != NULL ? turn->job : begin(lab, turn, &error);
    tell(lab, turn->id);
    if (job != NULL)
        result = job_slice(job, SLICE_MS, &error);
    else if (is_passing(&error))
        result = JOB_STUCK;
    if (result == JOB_ENDED)
        tell_end(lab, turn->id);
    else
        tell(lab, turn->id);
    if (result == JOB_STUCK) {
        log_line(LOG_LEVEL_ERROR, "%s_failed experiment=%s error=\"%s\" retry_ms=%d",
                 job != NULL ? "commit" : "begin", turn->id, error.text, RETRY_MS);
        queue_wait_closed(lab->queue, RETRY_MS);
    }
    if (job != NULL && result == JOB_ENDED) {
        job_close(job, 0);
        job = NULL;
    }
    int kept = queue_end_turn(lab->queue, turn, job, turn->runs, turn->n_runs);
    if (!kept && job != NULL)
        job_close(job, 1);
}

static void *worker_main(void *context)
{
    struct lab *lab = context;
    struct turn turn;
    while (queue_take(lab->queue, &turn))
        serve(lab, &turn);
    pthread_mutex_lock(&lab->mutex);
    atomic_fetch_sub(&lab->n_at_work, 1);
    pthread_cond_signal(&lab->left);
    pthread_mutex_unlock(&lab->mutex);
    return NULL;
}

/* --- start and stop --- */

/* Collects the queued runs of one experiment after the other and queues them. */
struct gathering {
    struct lab *lab;
    char id[ENGINE_ID_BYTES];
    int *runs;
    size_t n_runs, capacity;
    struct error *error;
};

static int gathering_flush(struct gathering *gathering)
{
    int failed = gathering->n_runs > 0 &&
                 queue_add(gathering->lab->queue, gathering->id, gathering->runs,
                           (int)gathering->n_runs, gathering->error) != 0;
    gathering->n_runs = 0;
    return failed;
}

static int gather_queued(void *context, const char *id, int run)
{
    struct gathering *gathering = context;
    if (strcmp(gathering->id, id) != 0) {
        if (gathering_flush(gathering))
            return 1;
        strncpy(gathering->id, id, sizeof gathering->id - 1);
    }
    if (gathering->n_runs == gathering->capacity) {
        size_t capacity = gathering->capacity * 2 + 64;
        int *grown = realloc(gathering->runs, capacity * sizeof *grown);
        if (grown == NULL)
            return error_set(gathering->error, ERROR_MEMORY, "no memory for the queue");
        gathering->runs = grown;
        gathering->capacity = capacity;
    }
    gathering->runs[gathering->n_runs++] = run;
    return 0;
}

static int queue_unfinished(struct lab *lab, struct error *error)
{
    struct gathering gathering = {.lab = lab, .error = error};
    int failed =
        engine_each_queued(lab->config.engine, gather_queued, &gathering, error) != 0 ||
        error->kind != ERROR_NONE || gathering_flush(&gathering);
    free(gathering.runs);
    return failed ? -1 : 0;
}

static int start_explainer(struct lab *lab, struct error *error)
{
    const struct explainer_config config = {.engine = lab->config.engine, .shelf = lab->shelf,
                                            .end_ms = 5000, .full_ms = 10000,
                                            .must_wait = has_waiting_runs, .tell = tell_explained,
                                            .context = lab};
    lab->explainer = explainer_create(&config, error);
    return lab->explainer != NULL ? 0 : -1;
}

static int start_workers(struct lab *lab, struct error *error)
{
    lab->threads = memory_array((size_t)lab->config.n_workers, sizeof *lab->threads, error);
    if (lab->threads == NULL)
        return -1;
    for (int i = 0; i < lab->config.n_workers; i++) {
        atomic_fetch_add(&lab->n_at_work, 1);
        if (pthread_create(&lab->threads[i], NULL, worker_main, lab) != 0) {
            atomic_fetch_sub(&lab->n_at_work, 1);
            return error_set(error, ERROR_MEMORY, "could not start worker thread %d", i + 1);
        }
        lab->n_threads++;
    }
    return 0;
}

static void open_door(struct lab *lab)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&lab->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&lab->left, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* --- queueing --- */

/* All runs of an experiment. If they cannot be queued now, the next start of the server does it. */
static void queue_all(struct lab *lab, const char *id, int n_runs)
{
    struct error error = ERROR_INIT;
    int *runs = memory_array((size_t)n_runs, sizeof *runs, &error);
    for (int run = 0; runs != NULL && run < n_runs; run++)
        runs[run] = run;
    if (runs == NULL || queue_add(lab->queue, id, runs, n_runs, &error) != 0)
        log_line(LOG_LEVEL_ERROR, "unqueued_until_restart experiment=%s error=\"%s\"", id,
                 error.text);
    free(runs);
}

/* An experiment waited for another of the same content, and that one is over. */
static void settle(void *context, const char *id, int n_runs)
{
    struct lab *lab = context;
    if (n_runs > 0)
        queue_all(lab, id, n_runs);
    tell_end(lab, id);
}

struct lab *lab_create(const struct lab_config *config, struct error *error)
{
    struct lab *lab = memory_array(1, sizeof *lab, error);
    if (lab == NULL)
        return NULL;
    lab->config = *config;
    open_door(lab);
    engine_listen(config->engine, settle, lab);
    lab->shelf = shelf_create(config->engine, IDLE_STUDIES, error);
    lab->watches = watch_board_create(error);
    lab->queue = queue_create(config->n_workers, error);
    if (lab->shelf == NULL || lab->watches == NULL || lab->queue == NULL ||
        queue_unfinished(lab, error) != 0 || start_explainer(lab, error) != 0 ||
        start_workers(lab, error) != 0) {
        lab_destroy(lab);
        return NULL;
    }
    return lab;
}

/* Joins the workers if all end before `until`; 1 if they did. Not by pthread_clockjoin_np, which
 * ThreadSanitizer does not know. */
static int join_workers(struct lab *lab, const struct timespec *until)
{
    int fault = 0;
    pthread_mutex_lock(&lab->mutex);
    while (atomic_load(&lab->n_at_work) > 0 && fault == 0)
        fault = pthread_cond_timedwait(&lab->left, &lab->mutex, until);
    int have_left = atomic_load(&lab->n_at_work) == 0;
    pthread_mutex_unlock(&lab->mutex);
    while (have_left && lab->n_threads > 0)
        pthread_join(lab->threads[--lab->n_threads], NULL);
    return have_left;
}

int lab_stop(struct lab *lab, int wait_ms)
{
    int64_t until_ns = clock_monotonic_ns() + (int64_t)wait_ms * 1000000;
    struct timespec until = {until_ns / 1000000000, until_ns % 1000000000};
    int release = 1;
    queue_close(lab->queue);
    if (!join_workers(lab, &until))
        return 0;
    queue_empty(lab->queue, close_job, &release);
    return explainer_stop(lab->explainer, &until);
}

void lab_destroy(struct lab *lab)
{
    if (lab == NULL)
        return;
    if (lab->queue != NULL)
        lab_stop(lab, WAIT_FOREVER_MS);
    engine_listen(lab->config.engine, NULL, NULL);
    explainer_destroy(lab->explainer);
    queue_destroy(lab->queue);
    watch_board_destroy(lab->watches);
    shelf_destroy(lab->shelf);
    pthread_cond_destroy(&lab->left);
    pthread_mutex_destroy(&lab->mutex);
    free(lab->threads);
    free(lab);
}

/* --- the life of an experiment --- */

enum engine_once lab_submit(struct lab *lab, struct spec *spec, const struct engine_key *key,
                            char out_id[ENGINE_ID_BYTES], struct error *error)
{
    int n_runs = spec_n_runs(spec);
    enum engine_once result = submission_store(lab->config.engine, spec, key, out_id, error);
    if (result != ONCE_NEW && result != ONCE_SHARED) {
        spec_destroy(spec);
        return result;
    }
    shelf_add(lab->shelf, out_id, spec);
    if (result == ONCE_NEW)
        queue_all(lab, out_id, n_runs);
    return result;
}

int lab_cancel(struct lab *lab, const char *id, int *out_n, struct error *error)
{
    if (engine_cancel(lab->config.engine, id, out_n, error) != 0)
        return -1;
    int release = 0;
    queue_drop(lab->queue, id, close_job, &release);
    tell_end(lab, id);
    return 0;
}

int lab_delete(struct lab *lab, const char *id, struct error *error)
{
    if (engine_delete(lab->config.engine, id, error) != 0)
        return -1;
    shelf_remove(lab->shelf, id);
    int release = 0;
    explainer_interrupt(lab->explainer, id);
    queue_drop(lab->queue, id, close_job, &release);
    tell_end(lab, id);
    return 0;
}

int lab_rename(struct lab *lab, const char *id, const char *name, struct error *error)
{
    return engine_rename(lab->config.engine, id, name, error);
}

struct engine *lab_engine(struct lab *lab)
{
    return lab->config.engine;
}

struct shelf *lab_shelf(struct lab *lab)
{
    return lab->shelf;
}

struct watch_board *lab_watches(struct lab *lab)
{
    return lab->watches;
}

int lab_n_workers(const struct lab *lab)
{
    return lab->config.n_workers;
}

int lab_n_at_work(const struct lab *lab)
{
    return atomic_load(&lab->n_at_work);
}

void lab_load(struct lab *lab, int *out_experiments, int *out_runs)
{
    queue_length(lab->queue, out_experiments, out_runs);
}
