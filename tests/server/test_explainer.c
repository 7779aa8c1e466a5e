/* The explainer breaks off what can wait: for a run that has just ended, and for an experiment that
 * was deleted. What happens meanwhile happens while it asks whether it must wait. */
#include "tests/server/engine_fixture.h"

#include <pthread.h>

#include "server/base/clock.h"
#include "server/lab/explain/explainer.h"
#include "server/lab/submission.h"
#include "server/lab/train/job.h"

enum { TOLD_MAX = 8, WAIT_MS = 600000 };

static const char spec_format[] =
    "{\"dataset\": {\"kind\": \"formula\", \"samples\": 16, \"seed\": 1,"
    "  \"features\": {\"x\": \"uniform(0, 1)\"}, \"target\": \"x**2 + normal(0, 0.1)\"},"
    " \"network\": {\"layers\": [{\"units\": 2, \"activation\": \"tanh\"}, {\"units\": 1}],"
    "  \"init\": {\"scheme\": \"uniform\", \"seed\": %d}},"
    " \"training\": {\"epochs\": %d, \"optimizer\": {\"name\": \"sgd\", \"learning_rate\": 0.01}}}";

struct stage {
    struct store store;
    struct shelf *shelf;
    struct explainer *explainer;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    int epochs, end_ms;
    pthread_t asker; /* the explainer's first thread; the other one thinks */
    int is_known;
    char told[TOLD_MAX][ENGINE_ID_BYTES]; /* whose explanations were stored, one after the other */
    int n_told;
    void (*act)(struct stage *stage); /* once, amid the first explanation with re-runs */
    int has_acted;
    int n_thoughts; /* the thinker's questions since */
    int is_back;    /* the other thread has asked since: that explanation is over */
    char first[ENGINE_ID_BYTES], second[ENGINE_ID_BYTES];
};

static void train(struct stage *stage, int seed, int epochs, char id[ENGINE_ID_BYTES])
{
    char text[1024];
    int runs[] = {0}, n;
    struct faults *faults = calloc(1, sizeof *faults);
    snprintf(text, sizeof text, spec_format, seed, epochs);
    json_t *json = json_loads(text, 0, NULL);
    struct spec *spec = spec_parse(json, faults);
    assert_non_null(spec);
    assert_int_equal(submission_store(stage->store.engine, spec, NULL, id, fresh()), ONCE_NEW);
    shelf_add(stage->shelf, id, spec);
    const struct study *study = shelf_take(stage->shelf, id, fresh());
    struct job *job = job_begin(stage->store.engine, study, runs, 1, &n, fresh());
    assert_non_null(job);
    while (job_slice(job, 100, fresh()) == JOB_MORE)
        continue;
    job_close(job, 0);
    shelf_release(stage->shelf, study);
    json_decref(json);
    free(faults);
}

/* The thinker's question whether it must stop, and the other thread's whether it may begin. */
static int must_wait(void *context)
{
    struct stage *stage = context;
    void (*act)(struct stage *stage) = NULL;
    pthread_mutex_lock(&stage->mutex);
    if (!stage->is_known)
        stage->asker = pthread_self();
    stage->is_known = 1;
    int is_thinking = !pthread_equal(pthread_self(), stage->asker);
    stage->n_thoughts += is_thinking && stage->has_acted && !stage->is_back;
    stage->is_back |= !is_thinking && stage->has_acted;
    if (is_thinking && stage->n_told == 1 && !stage->has_acted) {
        act = stage->act;
        stage->has_acted = 1;
    }
    pthread_cond_broadcast(&stage->changed);
    pthread_mutex_unlock(&stage->mutex);
    if (act != NULL)
        act(stage);
    return 0;
}

static void note(void *context, const char *id)
{
    struct stage *stage = context;
    pthread_mutex_lock(&stage->mutex);
    if (stage->n_told < TOLD_MAX)
        memcpy(stage->told[stage->n_told++], id, strnlen(id, ENGINE_ID_BYTES - 1));
    pthread_cond_broadcast(&stage->changed);
    pthread_mutex_unlock(&stage->mutex);
}

/* Explains the first experiment, with `act` in the midst, until so much is told and that one is
 * over. */
static void play(struct stage *stage, void (*act)(struct stage *stage), int n_told)
{
    const struct explainer_config config = {
        .engine = stage->store.engine, .shelf = stage->shelf, .end_ms = stage->end_ms,
        .full_ms = 2 * stage->end_ms, .must_wait = must_wait, .tell = note, .context = stage};
    int64_t until_ns = clock_monotonic_ns() + (int64_t)WAIT_MS * 1000000;
    struct timespec until = {until_ns / 1000000000, until_ns % 1000000000};
    int fault = 0;
    stage->act = act;
    train(stage, 1, stage->epochs, stage->first);
    stage->explainer = explainer_create(&config, fresh());
    assert_non_null(stage->explainer);
    pthread_mutex_lock(&stage->mutex);
    while ((stage->n_told < n_told || !stage->is_back) && fault == 0)
        fault = pthread_cond_timedwait(&stage->changed, &stage->mutex, &until);
    pthread_mutex_unlock(&stage->mutex);
    assert_int_equal(explainer_stop(stage->explainer, &until), 1);
    explainer_destroy(stage->explainer);
    assert_int_equal(fault, 0);
}

static int stage_setup(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    pthread_condattr_t attributes;
    *state = stage;
    stage->epochs = 200;
    stage->end_ms = 600000;
    place_make(stage->store.place);
    pthread_mutex_init(&stage->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&stage->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (store_open(&stage->store) != 0)
        return -1;
    stage->shelf = shelf_create(stage->store.engine, 8, fresh());
    return stage->shelf != NULL ? 0 : -1;
}

static int stage_teardown(void **state)
{
    struct stage *stage = *state;
    shelf_destroy(stage->shelf);
    engine_close(stage->store.engine);
    place_remove(stage->store.place);
    pthread_cond_destroy(&stage->changed);
    pthread_mutex_destroy(&stage->mutex);
    free(stage);
    return 0;
}

static void end_another(struct stage *stage)
{
    train(stage, 2, 200, stage->second);
    explainer_wake(stage->explainer);
}

static void who_has_just_ended_comes_before_reruns(void **state)
{
    struct stage *stage = *state;
    play(stage, end_another, 4);
    assert_string_equal(stage->told[0], stage->first);
    assert_string_equal(stage->told[1], stage->second);
    assert_string_equal(stage->told[2], stage->second); /* newer ones come before older ones */
    assert_string_equal(stage->told[3], stage->first);
}

static void delete_it(struct stage *stage)
{
    must(engine_delete(stage->store.engine, stage->first, fresh()));
    shelf_remove(stage->shelf, stage->first);
    explainer_interrupt(stage->explainer, stage->first);
}

static void what_was_deleted_is_not_thought_about(void **state)
{
    struct stage *stage = *state;
    play(stage, delete_it, 1);
    assert_int_equal(stage->n_thoughts, 0);
    assert_int_equal(stage->n_told, 1);
}

static void interrupt_another(struct stage *stage)
{
    explainer_interrupt(stage->explainer, "another");
}

static void an_interrupt_of_another_experiment_changes_nothing(void **state)
{
    struct stage *stage = *state;
    play(stage, interrupt_another, 2);
    assert_true(stage->n_thoughts > 0);
    assert_string_equal(stage->told[1], stage->first);
}

static void do_nothing(struct stage *stage)
{
    (void)stage;
}

static int says(const json_t *list, const char *name, const char *text)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(list, i, entry)
        if (strcmp(json_string_value(json_object_get(entry, name)), text) == 0)
            return 1;
    return 0;
}

/* A million epochs: some hundred times the limit. */
static void what_is_too_long_to_be_trained_again_is_explained_without(void **state)
{
    struct stage *stage = *state;
    enum engine_depth depth;
    char *text = NULL;
    stage->epochs = 1000000;
    stage->end_ms = 20;
    play(stage, do_nothing, 1);
    must(engine_read_explanation(stage->store.engine, stage->first, 0, &depth, &text, fresh()));
    json_t *told = json_loads(text, 0, NULL), *verdicts = json_object_get(told, "verdicts");
    assert_string_equal(json_string_value(json_object_get(verdicts, "state")), "end");
    assert_true(json_array_size(json_object_get(json_object_get(told, "floors"), "lines")) >= 2);
    assert_true(says(json_object_get(verdicts, "verdicts"), "code", "LR_WINDOW"));
    assert_true(says(json_object_get(verdicts, "not_run"), "why",
                     "training it again takes more than 0.02 s of processor time"));
    json_decref(told);
    free(text);
}

#define STAGE_TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(who_has_just_ended_comes_before_reruns),
        STAGE_TEST(what_was_deleted_is_not_thought_about),
        STAGE_TEST(an_interrupt_of_another_experiment_changes_nothing),
        STAGE_TEST(what_is_too_long_to_be_trained_again_is_explained_without),
    };
    return cmocka_run_group_tests_name("explainer", tests, NULL, NULL);
}
