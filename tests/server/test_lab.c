/* The lab: what was deleted keeps nobody waiting for an explanation. */
#include "tests/server/engine_fixture.h"

#include <pthread.h>
#include <time.h>

#include "server/base/clock.h"
#include "server/base/json.h"
#include "server/lab/lab.h"
#include "server/lab/submission.h"
#include "server/lab/train/job.h"
#include "server/spec/spec.h"

/* The long one is explained in about a second. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { LONG_EPOCHS = 20000 };
#else
enum { LONG_EPOCHS = 200000 };
#endif
enum { WAIT_MS = 600000, SHORT_EPOCHS = 10 };

/* At over 20,000 epochs nothing but the explanation of the end is thought about. */
static const char spec_format[] =
    "{\"dataset\": {\"kind\": \"formula\", \"samples\": 100, \"seed\": 1,"
    "  \"features\": {\"x\": \"uniform(0, 1)\"}, \"target\": \"x**2 + normal(0, 0.1)\"},"
    " \"network\": {\"layers\": [{\"units\": 2, \"activation\": \"relu\"}, {\"units\": 1}],"
    "  \"init\": {\"scheme\": \"uniform\", \"seed\": %d}},"
    " \"training\": {\"epochs\": %d, \"optimizer\": {\"name\": \"sgd\", \"learning_rate\": 0.01}}}";

struct bench {
    struct store store;
    struct lab *lab;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* monotonic clock */
    int n_changes;
};

static void note(void *context)
{
    struct bench *bench = context;
    pthread_mutex_lock(&bench->mutex);
    bench->n_changes++;
    pthread_cond_signal(&bench->changed);
    pthread_mutex_unlock(&bench->mutex);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    pthread_condattr_t attributes;
    *state = bench;
    place_make(bench->store.place);
    pthread_mutex_init(&bench->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&bench->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (store_open(&bench->store) != 0)
        return -1;
    const struct lab_config config = {bench->store.engine, 1, note, bench};
    bench->lab = lab_create(&config, fresh());
    return bench->lab != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    lab_destroy(bench->lab);
    engine_close(bench->store.engine);
    place_remove(bench->store.place);
    pthread_cond_destroy(&bench->changed);
    pthread_mutex_destroy(&bench->mutex);
    free(bench);
    return 0;
}

static struct spec *write_spec(int seed, int epochs)
{
    char text[1024];
    struct faults *faults = calloc(1, sizeof *faults);
    snprintf(text, sizeof text, spec_format, seed, epochs);
    json_t *json = json_loads(text, 0, NULL);
    struct spec *spec = spec_parse(json, faults);
    assert_non_null(spec);
    json_decref(json);
    free(faults);
    return spec;
}

static void enter(struct bench *bench, int seed, int epochs, char id[ENGINE_ID_BYTES])
{
    struct spec *spec = write_spec(seed, epochs);
    assert_int_equal(lab_submit(bench->lab, spec, NULL, id, fresh()), ONCE_NEW);
}

/* Trains one past the lab's queue, in which a run that waits would break off what is explained. */
static void train(struct bench *bench, int seed, int epochs, char id[ENGINE_ID_BYTES])
{
    int runs[] = {0}, n;
    struct spec *spec = write_spec(seed, epochs);
    assert_int_equal(submission_store(bench->store.engine, spec, NULL, id, fresh()), ONCE_NEW);
    shelf_add(lab_shelf(bench->lab), id, spec);
    const struct study *study = shelf_take(lab_shelf(bench->lab), id, fresh());
    struct job *job = job_begin(bench->store.engine, study, runs, 1, &n, fresh());
    assert_non_null(job);
    while (job_slice(job, 100, fresh()) == JOB_MORE)
        continue;
    job_close(job, 0);
    shelf_release(lab_shelf(bench->lab), study);
}

static int has_ended(struct bench *bench, const char *id)
{
    struct engine_run run;
    must(engine_find_run(bench->store.engine, id, 0, &run, fresh()));
    int has = run.state == RUN_DONE;
    engine_run_clear(&run);
    return has;
}

static int is_explained(struct bench *bench, const char *id)
{
    enum engine_depth depth;
    char *text;
    must(engine_read_explanation(bench->store.engine, id, 0, &depth, &text, fresh()));
    free(text);
    return depth != ENGINE_NOT_EXPLAINED;
}

static void wait_until(struct bench *bench, int (*is_so)(struct bench *, const char *),
                       const char *id)
{
    int64_t until_ns = clock_monotonic_ns() + (int64_t)WAIT_MS * 1000000;
    struct timespec until = {until_ns / 1000000000, until_ns % 1000000000};
    for (int fault = 0, n_seen; fault == 0;) {
        pthread_mutex_lock(&bench->mutex);
        n_seen = bench->n_changes;
        pthread_mutex_unlock(&bench->mutex);
        if (is_so(bench, id))
            return;
        pthread_mutex_lock(&bench->mutex);
        while (bench->n_changes == n_seen && fault == 0)
            fault = pthread_cond_timedwait(&bench->changed, &bench->mutex, &until);
        pthread_mutex_unlock(&bench->mutex);
    }
    fail_msg("nothing came of %s within %d ms", id, WAIT_MS);
}

/* Processor time of all threads. */
static double spent_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* What explaining the end of a long run costs. */
static double explain_whole(struct bench *bench)
{
    char id[ENGINE_ID_BYTES];
    enter(bench, 1, LONG_EPOCHS, id);
    wait_until(bench, has_ended, id);
    double start_s = spent_s();
    wait_until(bench, is_explained, id);
    return spent_s() - start_s;
}

/* Nobody but who explains has anything to do: it is at it when so much is spent. */
static void wait_until_amid(double whole_s)
{
    double start_s = spent_s();
    int64_t until_ns = clock_monotonic_ns() + (int64_t)WAIT_MS * 1000000;
    while (spent_s() - start_s < whole_s / 20.0) {
        assert_true(clock_monotonic_ns() < until_ns);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

/* The second long one takes about half of the first's time, the short one a hundredth. */
static void deleted_ones_keep_nobody_waiting(void **state)
{
    struct bench *bench = *state;
    char gone[ENGINE_ID_BYTES], next[ENGINE_ID_BYTES];
    double whole_s = explain_whole(bench);
    enter(bench, 2, LONG_EPOCHS, gone);
    wait_until(bench, has_ended, gone);
    wait_until_amid(whole_s);
    train(bench, 3, SHORT_EPOCHS, next);
    assert_false(is_explained(bench, gone));
    double start_s = spent_s();
    must(lab_delete(bench->lab, gone, fresh()));
    wait_until(bench, is_explained, next);
    double next_s = spent_s() - start_s;
    if (next_s > whole_s / 5.0)
        fail_msg("%.3f s until the next is explained, of %.3f s for a whole one", next_s, whole_s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(deleted_ones_keep_nobody_waiting, setup, teardown),
    };
    return cmocka_run_group_tests_name("lab", tests, NULL, NULL);
}
