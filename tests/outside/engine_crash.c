/* Works on a store until it is killed, saying on standard output what the engine acknowledged; see
 * test_engine_crash.py, which builds it.
 *
 *   engine_crash work PATH SEED   appends to the runs of experiment "e" with 3 threads, ends some,
 *                                 submits and deletes others; a line for each acknowledged call
 *   engine_crash fill PATH SPARE  appends until the disk is full, removes the file SPARE, goes on
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/engine/engine.h"

enum { THREADS = 3, RUNS = 60, LONGEST = 600, LAST_EPOCH = 12000, LIMIT_S = 20 };

struct worker {
    struct engine *engine;
    int number;
    uint32_t random;
};

static void say(const char *line)
{
    size_t n = strlen(line);
    if (write(STDOUT_FILENO, line, n) != (ssize_t)n)
        _exit(3);
}

static void give_up(const char *what, const struct error *error)
{
    char line[400];
    snprintf(line, sizeof line, "wrong %s: %s\n", what, error->text);
    say(line);
    _exit(2);
}

static uint32_t next(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

static double loss_of(int run, int64_t epoch)
{
    return run * 1e9 + (double)epoch + 1.0 / 3;
}

/* Where the run goes on: its checkpoint holds its own epoch. */
static int64_t resume(struct worker *worker, int run)
{
    struct error error = ERROR_INIT;
    struct engine_run record;
    void *bytes;
    size_t n;
    int64_t epoch, held = 0;
    if (engine_checkpoint(worker->engine, "e", run, &bytes, &n, &epoch, &error) != 0 ||
        engine_find_run(worker->engine, "e", run, &record, &error) != 0)
        give_up("resume", &error);
    if (bytes != NULL && n >= sizeof held)
        memcpy(&held, bytes, sizeof held);
    if (held != epoch || record.epoch != epoch)
        give_up("resume: epoch and checkpoint differ", &error);
    engine_run_clear(&record);
    free(bytes);
    return epoch;
}

/* One chunk, of a random length, with a checkpoint of a random size. */
static int64_t append(struct worker *worker, const struct engine_claim *claim, int64_t epoch)
{
    static __thread double losses[LONGEST];
    static __thread int64_t checkpoint[4096];
    struct error error = ERROR_INIT;
    size_t n = 1 + next(&worker->random) % LONGEST;
    for (size_t i = 0; i < n; i++)
        losses[i] = loss_of(claim->run, epoch + 1 + (int64_t)i);
    int64_t after = epoch + (int64_t)n;
    checkpoint[0] = after;
    struct engine_chunk chunk = {.first = epoch + 1, .n = n, .records = losses,
                                 .checkpoint = checkpoint,
                                 .checkpoint_bytes = 8 * (1 + next(&worker->random) % 4096)};
    int ends = after >= LAST_EPOCH;
    enum engine_result result =
        ends ? engine_finish(worker->engine, claim, &chunk, RUN_DONE, "", 0, -1, &error)
             : engine_append(worker->engine, claim, &chunk, &error);
    if (result != ENGINE_OK)
        give_up("append", &error);
    char line[64];
    snprintf(line, sizeof line, "%s %d %lld\n", ends ? "done" : "epoch", claim->run,
             (long long)after);
    say(line);
    return after;
}

/* A short life of another experiment; every third one is left. */
static void submit_another(struct worker *worker)
{
    static const char *const overrides[] = {"{}", "{}"};
    struct error error = ERROR_INIT;
    char id[ENGINE_ID_BYTES], line[64];
    snprintf(id, sizeof id, "%d-%x", worker->number, next(&worker->random));
    if (engine_submit(worker->engine, id, "another", "{}", 1, overrides, 2, &error) != 0) {
        if (error.kind == ERROR_CONFLICT) /* the same number was drawn in an earlier life */
            return;
        give_up("submit", &error);
    }
    snprintf(line, sizeof line, "submitted %s 0\n", id);
    say(line);
    if (next(&worker->random) % 3 == 0)
        return;
    snprintf(line, sizeof line, "deleting %s 0\n", id);
    say(line);
    if (engine_delete(worker->engine, id, &error) != 0)
        give_up("delete", &error);
    snprintf(line, sizeof line, "deleted %s 0\n", id);
    say(line);
}

static void *work(void *context)
{
    struct worker *worker = context;
    for (int run = worker->number; run < RUNS; run += THREADS) {
        struct error error = ERROR_INIT;
        struct engine_claim claim;
        int64_t epoch = resume(worker, run);
        enum engine_result result = engine_claim(worker->engine, "e", run, &claim, &error);
        if (result == ENGINE_ERROR)
            give_up("claim", &error);
        while (result == ENGINE_OK && epoch < LAST_EPOCH) {
            epoch = append(worker, &claim, epoch);
            if (next(&worker->random) % 8 == 0)
                submit_another(worker);
        }
    }
    return NULL;
}

static void submit_runs(struct engine *engine)
{
    struct error error = ERROR_INIT;
    const char *overrides[RUNS];
    for (int run = 0; run < RUNS; run++)
        overrides[run] = "{}";
    if (engine_submit(engine, "e", "crash", "{}", 1, overrides, RUNS, &error) != 0 &&
        error.kind != ERROR_CONFLICT)
        give_up("submit", &error);
}

static void work_with_threads(struct engine *engine, uint32_t seed)
{
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){engine, i, seed * 31 + (uint32_t)i};
        if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
            _exit(3);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    say("finished - 0\n");
}

/* Appends 1000 epochs at a time until told otherwise; the epochs committed. */
static int64_t append_until_error(struct engine *engine, const struct engine_claim *claim,
                                  int64_t epoch, int n_chunks, struct error *error)
{
    double losses[1000];
    for (int i = 0; i < n_chunks; i++) {
        for (int k = 0; k < 1000; k++)
            losses[k] = loss_of(0, epoch + 1 + k);
        int64_t after = epoch + 1000;
        struct engine_chunk chunk = {.first = epoch + 1, .n = 1000, .records = losses,
                                     .checkpoint = &after, .checkpoint_bytes = sizeof after};
        if (engine_append(engine, claim, &chunk, error) != ENGINE_OK)
            break;
        epoch = after;
    }
    return epoch;
}

static void fill(struct engine *engine, const char *spare)
{
    struct error error = ERROR_INIT, none = ERROR_INIT;
    struct engine_claim claim;
    char line[400];
    if (engine_claim(engine, "e", 0, &claim, &none) != ENGINE_OK)
        give_up("claim", &none);
    int64_t epoch = append_until_error(engine, &claim, 0, 100000, &error);
    snprintf(line, sizeof line, "full %lld %s\n", (long long)epoch, error.text);
    say(line);
    struct engine_run record;
    if (engine_find_run(engine, "e", 0, &record, &none) != 0 || record.epoch != epoch)
        give_up("reading on a full disk", &none);
    engine_run_clear(&record);
    unlink(spare);
    int64_t after = append_until_error(engine, &claim, epoch, 3, &none);
    if (after != epoch + 3000)
        give_up("append after the disk was full", &none);
    snprintf(line, sizeof line, "went on %lld\n", (long long)after);
    say(line);
}

int main(int argc, char **argv)
{
    struct error error = ERROR_INIT;
    if (argc != 4)
        return 3;
    alarm(LIMIT_S); /* should whoever started this be gone */
    struct engine *engine = engine_open(argv[2], &error);
    if (engine == NULL)
        give_up("open", &error);
    submit_runs(engine);
    say("open - 0\n");
    if (strcmp(argv[1], "fill") == 0)
        fill(engine, argv[3]);
    else
        work_with_threads(engine, (uint32_t)strtoul(argv[3], NULL, 10));
    engine_close(engine);
    return 0;
}
