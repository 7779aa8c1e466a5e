/* The explainer: explains every run that has ended, while no run waits to begin.
 *
 * DESIGN: a thread finds out what is to be explained and stores what was found; another one thinks,
 * in time that nobody else wants. Writers take turns in the engine, so whoever writes must not be
 * kept from the processor.
 *
 * The engine knows what is left, in order (engine_find_unexplained); nothing is kept here.
 * What is broken off because runs wait is begun anew later. What takes longer than its share of
 * processor time is given up for good, and the answer says so: first the re-runs, then all that
 * needs the run to be trained again; so does a run that cannot be explained at all, or the same one
 * would come up for ever.
 *
 * The mutex guards is_woken, is_over, has_left, and which experiment is being explained; nothing is
 * called with it. */
#include "server/lab/explain/explainer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/base/clock.h"
#include "server/base/json.h"
#include "server/base/log.h"
#include "server/lab/explain/explanation.h"
#include "server/lab/explain/thinker.h"

/* How often a busy lab is looked at; how long after a failed write. */
enum { LOOK_MS = 50, RETRY_MS = 1000 };

struct explainer {
    struct explainer_config config;
    struct thinker *thinker;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* monotonic clock */
    int has_left;           /* the thread has nothing more to do */
    int is_joined;
    int is_woken;           /* runs may have ended since it last looked */
    int is_over;
    char id[ENGINE_ID_BYTES]; /* of the experiment being explained; "" */
    atomic_int is_broken_off; /* the present explanation is to end */
    enum explain_depth depth; /* of the present explanation; the thread's own, as the next two */
    int64_t until_ns;         /* of the thinker's processor time, its own; 0: it has not begun */
    int limit_ms;
    int is_too_long;
    char no_replay[80]; /* said where training a run again takes longer than end_ms */
    struct explanation_memo memo;
};

/* --- when ---------------------------------------------------------------------------------- */

/* Waits until woken, at most `timeout_ms` (0: for ever); 0 when it is over. */
static int wait_for_news(struct explainer *explainer, int timeout_ms)
{
    int64_t until_ns = clock_monotonic_ns() + (int64_t)timeout_ms * 1000000;
    struct timespec until = {until_ns / 1000000000, until_ns % 1000000000};
    int fault = 0;
    pthread_mutex_lock(&explainer->mutex);
    while (!explainer->is_woken && !explainer->is_over && fault == 0)
        fault = timeout_ms == 0
                    ? pthread_cond_wait(&explainer->changed, &explainer->mutex)
                    : pthread_cond_timedwait(&explainer->changed, &explainer->mutex, &until);
    explainer->is_woken = 0;
    int goes_on = !explainer->is_over;
    pthread_mutex_unlock(&explainer->mutex);
    return goes_on;
}

/* Waits while runs wait to be trained; 0 when it is over. All that has ended by now is about to be
 * looked for. */
static int wait_for_quiet(struct explainer *explainer)
{
    while (explainer->config.must_wait(explainer->config.context))
        if (!wait_for_news(explainer, LOOK_MS))
            return 0;
    pthread_mutex_lock(&explainer->mutex);
    explainer->is_woken = 0;
    int goes_on = !explainer->is_over;
    pthread_mutex_unlock(&explainer->mutex);
    return goes_on;
}

static int has_news(struct explainer *explainer)
{
    pthread_mutex_lock(&explainer->mutex);
    int has = explainer->is_woken;
    pthread_mutex_unlock(&explainer->mutex);
    return has;
}

/* Whoever has just ended comes before re-runs. */
static int must_stop(void *context)
{
    struct explainer *explainer = context;
    if (atomic_load(&explainer->is_broken_off) ||
        explainer->config.must_wait(explainer->config.context) ||
        (explainer->depth == EXPLAIN_FULL && has_news(explainer)))
        return 1;
    if (explainer->until_ns == 0)
        explainer->until_ns = clock_thread_ns() + explainer->limit_ms * (int64_t)1000000;
    explainer->is_too_long = clock_thread_ns() > explainer->until_ns;
    return explainer->is_too_long;
}

/* --- one run ------------------------------------------------------------------------------- */

static void note_experiment(struct explainer *explainer, const char *id)
{
    pthread_mutex_lock(&explainer->mutex);
    memset(explainer->id, 0, sizeof explainer->id);
    memcpy(explainer->id, id, strnlen(id, sizeof explainer->id - 1));
    atomic_store(&explainer->is_broken_off, explainer->is_over);
    pthread_mutex_unlock(&explainer->mutex);
}

/* Stores what was found; `json` is {"floors", "verdicts"}. */
static int store(struct explainer *explainer, const char *id, int run, enum engine_depth depth,
                 const json_t *json, struct error *error)
{
    size_t n_bytes;
    json_t *headline_json = explanation_headline(json_object_get(json, "verdicts"));
    char *headline = json_is_object(headline_json) ? json_text(headline_json, &n_bytes)
                                                   : memory_text("", error);
    char *text = json_text(json, &n_bytes);
    int result = -1;
    if (headline == NULL || text == NULL) {
        error_set(error, ERROR_MEMORY, "not enough memory for the explanation");
    } else {
        struct engine_explanation explanation = {depth, headline, text};
        result = engine_explain(explainer->config.engine, id, run, &explanation, error);
    }
    json_decref(headline_json);
    free(headline);
    free(text);
    if (result == 0)
        explainer->config.tell(explainer->config.context, id);
    return result;
}

/* A failure that the run will not be rid of: what is said then. Others may pass. */
static int is_final(const struct explainer *explainer, const struct error *error)
{
    if (error->kind == ERROR_BUSY)
        return explainer->is_too_long; /* otherwise broken off: it comes up again */
    return error->kind != ERROR_MEMORY && error->kind != ERROR_STORAGE &&
           error->kind != ERROR_NOT_FOUND;
}

static json_t *make(struct explainer *explainer, const struct study *study, int run,
                    enum explain_depth depth, const char *no_replay, struct error *error)
{
    struct explanation_wish wish = {.engine = explainer->config.engine, .study = study, .run = run,
                                    .depth = depth, .no_replay = no_replay,
                                    .memo = &explainer->memo, .stop = must_stop,
                                    .context = explainer};
    explainer->limit_ms =
        depth == EXPLAIN_END ? explainer->config.end_ms : explainer->config.full_ms;
    explainer->depth = depth;
    explainer->is_too_long = 0;
    explainer->until_ns = 0;
    json_t *json = thinker_make(explainer->thinker, &wish, error);
    if (json == NULL && error->kind == ERROR_BUSY && explainer->is_too_long)
        snprintf(error->text, sizeof error->text, "it takes more than %g s of processor time",
                 explainer->limit_ms / 1000.0);
    return json;
}

/* Where that takes too long, without what needs the run to be trained again. */
static json_t *make_end(struct explainer *explainer, const struct study *study, int run,
                        struct error *error)
{
    json_t *json = make(explainer, study, run, EXPLAIN_END, NULL, error);
    if (json == NULL && error->kind == ERROR_BUSY && explainer->is_too_long) {
        *error = (struct error)ERROR_INIT;
        json = make(explainer, study, run, EXPLAIN_END, explainer->no_replay, error);
    }
    if (json == NULL && is_final(explainer, error))
        json = json_pack("{s:n, s:o}", "floors", "verdicts", explanation_not_run(error->text));
    return json;
}

/* With re-runs; where they are not wanted or fail for good, without, saying why. */
static json_t *make_full(struct explainer *explainer, const struct study *study, int run,
                         struct error *error)
{
    struct engine_run record = {0};
    struct error fault = ERROR_INIT;
    json_t *json = NULL;
    if (engine_find_run(explainer->config.engine, study->id, run, &record, error) != 0)
        return NULL;
    if (record.state == RUN_CANCELLED)
        error_set(&fault, ERROR_CONFLICT, "the run was cancelled");
    else
        json = make(explainer, study, run, EXPLAIN_FULL, NULL, &fault);
    engine_run_clear(&record);
    if (json != NULL || !is_final(explainer, &fault)) {
        *error = fault;
        return json;
    }
    json = make_end(explainer, study, run, error);
    if (json != NULL)
        json_array_append_new(json_object_get(json_object_get(json, "verdicts"), "not_run"),
                              json_pack("{s:s, s:s}", "code", "RE_RUNS", "why", fault.text));
    return json;
}

/* -1: not now; the run comes up again. */
static int explain(struct explainer *explainer, const struct study *study, int run,
                   enum engine_depth so_far, struct error *error)
{
    json_t *json = so_far == ENGINE_NOT_EXPLAINED ? make_end(explainer, study, run, error)
                                                  : make_full(explainer, study, run, error);
    if (json == NULL)
        return -1;
    *error = (struct error)ERROR_INIT;
    int result = store(explainer, study->id, run, so_far + 1, json, error);
    json_decref(json);
    return result;
}

/* --- the thread ---------------------------------------------------------------------------- */

/* Explains the next run that is explained only so far. 1 if there was one; 0: none is left. */
static int explain_next(struct explainer *explainer, enum engine_depth so_far)
{
    struct error error = ERROR_INIT;
    char id[ENGINE_ID_BYTES] = "";
    int run = -1;
    const struct study *study = NULL;
    if (engine_find_unexplained(explainer->config.engine, so_far, id, &run, &error) == 0 && run < 0)
        return 0;
    if (run >= 0)
        study = shelf_take(explainer->config.shelf, id, &error);
    if (study != NULL) {
        note_experiment(explainer, id);
        explain(explainer, study, run, so_far, &error);
        note_experiment(explainer, "");
        shelf_release(explainer->config.shelf, study);
    }
    if (error.kind != ERROR_NONE && error.kind != ERROR_BUSY) {
        if (error.kind != ERROR_NOT_FOUND) /* deleted meanwhile */
            log_line(LOG_LEVEL_ERROR, "explanation_failed experiment=%s run=%d error=\"%s\"", id,
                     run, error.text);
        wait_for_news(explainer, RETRY_MS);
    }
    return 1;
}

static void *explainer_main(void *context)
{
    struct explainer *explainer = context;
    while (wait_for_quiet(explainer))
        if (!explain_next(explainer, ENGINE_NOT_EXPLAINED) &&
            !explain_next(explainer, ENGINE_END_EXPLAINED) && !wait_for_news(explainer, 0))
            break;
    pthread_mutex_lock(&explainer->mutex);
    explainer->has_left = 1;
    pthread_cond_broadcast(&explainer->changed);
    pthread_mutex_unlock(&explainer->mutex);
    return NULL;
}

static void free_parts(struct explainer *explainer)
{
    thinker_destroy(explainer->thinker);
    pthread_cond_destroy(&explainer->changed);
    pthread_mutex_destroy(&explainer->mutex);
    free(explainer);
}

struct explainer *explainer_create(const struct explainer_config *config, struct error *error)
{
    struct explainer *explainer = memory_array(1, sizeof *explainer, error);
    if (explainer == NULL)
        return NULL;
    explainer->config = *config;
    snprintf(explainer->no_replay, sizeof explainer->no_replay,
             "training it again takes more than %g s of processor time", config->end_ms / 1000.0);
    pthread_condattr_t attributes;
    pthread_mutex_init(&explainer->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&explainer->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    explainer->thinker = thinker_create(error);
    if (explainer->thinker != NULL &&
        pthread_create(&explainer->thread, NULL, explainer_main, explainer) == 0)
        return explainer;
    error_set(error, ERROR_MEMORY, "could not start the explainer's thread");
    free_parts(explainer);
    return NULL;
}

int explainer_stop(struct explainer *explainer, const struct timespec *until)
{
    int fault = 0;
    if (explainer == NULL || explainer->is_joined)
        return 1;
    pthread_mutex_lock(&explainer->mutex);
    explainer->is_over = 1;
    atomic_store(&explainer->is_broken_off, 1);
    pthread_cond_broadcast(&explainer->changed);
    thinker_hurry(explainer->thinker);
    while (!explainer->has_left && fault == 0)
        fault = pthread_cond_timedwait(&explainer->changed, &explainer->mutex, until);
    explainer->is_joined = explainer->has_left;
    pthread_mutex_unlock(&explainer->mutex);
    if (explainer->is_joined)
        pthread_join(explainer->thread, NULL);
    return explainer->is_joined;
}

void explainer_destroy(struct explainer *explainer)
{
    if (explainer == NULL)
        return;
    explanation_memo_clear(&explainer->memo);
    free_parts(explainer);
}

void explainer_wake(struct explainer *explainer)
{
    pthread_mutex_lock(&explainer->mutex);
    explainer->is_woken = 1;
    pthread_cond_broadcast(&explainer->changed);
    pthread_mutex_unlock(&explainer->mutex);
}

void explainer_interrupt(struct explainer *explainer, const char *id)
{
    pthread_mutex_lock(&explainer->mutex);
    if (strcmp(explainer->id, id) == 0)
        atomic_store(&explainer->is_broken_off, 1);
    pthread_mutex_unlock(&explainer->mutex);
}
