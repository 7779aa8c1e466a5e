/* How fast the engine is: `bench_engine DIRECTORY` prints one line a figure. Not a test: figures
 * depend on the machine and its disk. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/engine/engine.h"

enum { SAMPLES_MAX = 4096 };

static struct engine *engine;
static struct error error = ERROR_INIT;
static double samples[SAMPLES_MAX]; /* microseconds */

static void must(int result)
{
    if (result == 0)
        return;
    fprintf(stderr, "bench_engine: %s\n", error.kind != ERROR_NONE ? error.text : "fenced");
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_samples(const char *what, int n)
{
    qsort(samples, (size_t)n, sizeof samples[0], compare);
    printf("%-58s median %9.1f us, 99 %% %9.1f us, max %9.1f us\n", what, samples[n / 2],
           samples[n * 99 / 100], samples[n - 1]);
}

static double elapsed_us(int64_t start_ns)
{
    return (double)(clock_monotonic_ns() - start_ns) / 1000;
}

static void submit(const char *id, int n_runs)
{
    const char **overrides = calloc((size_t)n_runs, sizeof *overrides);
    for (int run = 0; run < n_runs; run++)
        overrides[run] = "{\"/training/optimizer/learning_rate\":0.025}";
    must(engine_submit(engine, id, "bench", "{}", clock_wall_ms(), overrides, n_runs, &error));
    free(overrides);
}

static void bench_submit(const char *what, const char *prefix, int n_runs)
{
    for (int i = 0; i < 50; i++) {
        char id[ENGINE_ID_BYTES];
        snprintf(id, sizeof id, "%s%d", prefix, i);
        int64_t start = clock_monotonic_ns();
        submit(id, n_runs);
        samples[i] = elapsed_us(start);
    }
    print_samples(what, 50);
}

/* A million epochs in chunks of n, each with a checkpoint of the given size. */
static void bench_append(const char *what, const char *id, size_t n, size_t checkpoint_bytes)
{
    double *losses = calloc(n, sizeof *losses);
    void *checkpoint = calloc(checkpoint_bytes, 1);
    struct engine_claim claim;
    submit(id, 1);
    must(engine_claim(engine, id, 0, &claim, &error));
    int count = (int)(1000000 / n) + 1;
    count = count < SAMPLES_MAX ? count : SAMPLES_MAX;
    for (int i = 0; i < count; i++) {
        for (size_t k = 0; k < n; k++)
            losses[k] = (double)i + (double)k / 3;
        memset(checkpoint, i, checkpoint_bytes);
        struct engine_chunk chunk = {.first = (int64_t)n * i + 1, .n = n, .records = losses,
                                     .checkpoint = checkpoint,
                                     .checkpoint_bytes = checkpoint_bytes};
        int64_t start = clock_monotonic_ns();
        must(engine_append(engine, &claim, &chunk, &error));
        samples[i] = elapsed_us(start);
    }
    print_samples(what, count);
    struct engine_chunk nothing = {0};
    must(engine_finish(engine, &claim, &nothing, RUN_DONE, "", 0, -1, &error));
    free(losses);
    free(checkpoint);
}

/* A block of 16 runs that ends, 250 losses each: durable. At once, or run by run. */
static void bench_block(const char *what, int at_once)
{
    enum { RUNS = 16, TIMES = 30, LOSSES = 250 };
    static double losses[LOSSES];
    char checkpoint[500] = {0};
    int runs[RUNS];
    for (int run = 0; run < RUNS; run++)
        runs[run] = run;
    for (int i = 0; i < TIMES; i++) {
        char id[ENGINE_ID_BYTES];
        struct engine_claim claims[RUNS];
        struct engine_handover handovers[RUNS];
        snprintf(id, sizeof id, "block%d%d", at_once, i);
        submit(id, RUNS);
        must(engine_claim_all(engine, id, runs, RUNS, claims, &error));
        for (int run = 0; run < RUNS; run++)
            handovers[run] = (struct engine_handover){
                .claim = &claims[run],
                .chunk = {.first = 1, .n = LOSSES, .records = losses, .checkpoint = checkpoint,
                          .checkpoint_bytes = sizeof checkpoint},
                .state = RUN_DONE, .message = "", .diverged_sample = -1};
        int64_t start = clock_monotonic_ns();
        for (int run = 0; run < RUNS; run += at_once ? RUNS : 1)
            must(engine_hand_over(engine, handovers + run, at_once ? RUNS : 1, &error));
        samples[i] = elapsed_us(start);
    }
    print_samples(what, TIMES);
}

static void bench_read(const char *what, const char *id)
{
    double *losses = calloc(1000000, sizeof *losses);
    size_t n = 0;
    for (int i = 0; i < 20; i++) {
        int64_t start = clock_monotonic_ns();
        must(engine_read_records(engine, id, 0, 1u << SERIES_LOSS, 1, 1000000, losses, &n, &error));
        samples[i] = elapsed_us(start);
    }
    print_samples(what, 20);
    free(losses);
}

static int count_entry(void *context, const struct engine_entry *entry)
{
    *(size_t *)context += entry->n;
    return 0;
}

static void bench_log(const char *what, const char *id)
{
    for (int i = 0; i < 20; i++) {
        size_t n = 0;
        int64_t start = clock_monotonic_ns();
        must(engine_read_log(engine, id, 0, count_entry, &n, &error));
        samples[i] = elapsed_us(start);
    }
    print_samples(what, 20);
}

static int stop_at_once(void *context, const struct engine_entry *entry)
{
    *(size_t *)context += entry->n;
    return 1;
}

static int ignore_waiting(void *context, int run, int64_t n_epochs)
{
    (void)run;
    *(int64_t *)context += n_epochs;
    return 0;
}

/* What a stream asks each time it is woken. */
static void bench_stream(void)
{
    size_t n = 0;
    int64_t last; /* the end of the run; the chunks stand before it */
    must(engine_last_sequence(engine, "largest", &last, &error));
    for (int i = 0; i < 1000; i++) {
        int64_t start = clock_monotonic_ns();
        must(engine_read_log(engine, "largest", last - 2 - i % 10, stop_at_once, &n, &error));
        samples[i] = elapsed_us(start);
    }
    must(n == 1000 * 65536 ? 0 : -1);
    print_samples("read one log entry of 65536 losses", 1000);
    for (int i = 0; i < 1000; i++) {
        int64_t waiting = 0, start = clock_monotonic_ns();
        must(engine_each_waiting(engine, "small", 0, 0, ignore_waiting, &waiting, &error));
        samples[i] = elapsed_us(start);
    }
    print_samples("count 1,000,000 waiting epochs, chunks of 250", 1000);
}

static void bench_find(void)
{
    for (int i = 0; i < SAMPLES_MAX; i++) {
        struct engine_experiment found;
        int64_t start = clock_monotonic_ns();
        must(engine_find(engine, "many7", &found, &error));
        samples[i] = elapsed_us(start);
        engine_experiment_clear(&found);
    }
    print_samples("find an experiment of 1000 runs", SAMPLES_MAX);
    for (int i = 0; i < SAMPLES_MAX; i++) {
        struct engine_run found;
        int64_t start = clock_monotonic_ns();
        must(engine_find_run(engine, "many7", i % 1000, &found, &error));
        samples[i] = elapsed_us(start);
        engine_run_clear(&found);
    }
    print_samples("find a run", SAMPLES_MAX);
    for (int i = 0; i < SAMPLES_MAX; i++) {
        int64_t sequence, start = clock_monotonic_ns();
        must(engine_last_sequence(engine, "large", &sequence, &error));
        samples[i] = elapsed_us(start);
    }
    print_samples("last sequence", SAMPLES_MAX);
}

static int ignore_experiment(void *context, const struct engine_experiment *experiment)
{
    (void)context;
    (void)experiment;
    return 0;
}

static int ignore_run(void *context, const struct engine_run *run)
{
    (void)context;
    (void)run;
    return 0;
}

static void bench_lists(void)
{
    for (int i = 0; i < 1000; i++) {
        int64_t cursor, start = clock_monotonic_ns();
        must(engine_list(engine, 0, 20, ignore_experiment, NULL, &cursor, &error));
        samples[i] = elapsed_us(start);
    }
    print_samples("list 20 experiments", 1000);
    for (int i = 0; i < 1000; i++) {
        int64_t start = clock_monotonic_ns();
        must(engine_each_run(engine, "many7", 500, 100, ignore_run, NULL, &error));
        samples[i] = elapsed_us(start);
    }
    print_samples("100 runs of 1000", 1000);
}

/* Point reads while another thread appends as fast as it can. */
enum { APPENDS = 3000 };
static int n_appended;

static void *append_on(void *context)
{
    (void)context;
    struct engine_claim claim;
    struct error mine = ERROR_INIT;
    static double losses[64];
    enum engine_result result = engine_claim(engine, "many7", 0, &claim, &mine);
    for (int64_t i = 0; i < APPENDS; i++) {
        struct engine_chunk chunk = {.first = i * 64 + 1, .n = 64, .records = losses,
                                     .checkpoint = losses, .checkpoint_bytes = sizeof losses};
        if (result == ENGINE_OK)
            result = engine_append(engine, &claim, &chunk, &mine);
        __atomic_add_fetch(&n_appended, 1, __ATOMIC_RELAXED);
    }
    if (result != ENGINE_OK)
        fprintf(stderr, "bench_engine: %s\n", mine.text);
    return NULL;
}

static void bench_find_while_appending(void)
{
    pthread_t thread;
    int n = 0;
    if (pthread_create(&thread, NULL, append_on, NULL) != 0)
        return;
    while (__atomic_load_n(&n_appended, __ATOMIC_RELAXED) < APPENDS) {
        struct engine_run found;
        int64_t start = clock_monotonic_ns();
        must(engine_find_run(engine, "many7", n % 1000, &found, &error));
        samples[n++ % SAMPLES_MAX] = elapsed_us(start);
        engine_run_clear(&found);
    }
    pthread_join(thread, NULL);
    print_samples("find a run while another thread appends without pause",
                  n < SAMPLES_MAX ? n : SAMPLES_MAX);
}

static void bench_delete(const char *what, const char *id)
{
    int64_t start = clock_monotonic_ns();
    must(engine_delete(engine, id, &error));
    samples[0] = elapsed_us(start);
    print_samples(what, 1);
}

int main(int argc, char **argv)
{
    char path[512];
    if (argc != 2) {
        fprintf(stderr, "usage: bench_engine DIRECTORY\n");
        return 2;
    }
    snprintf(path, sizeof path, "%s/bench.db", argv[1]);
    engine = engine_open(path, &error);
    must(engine == NULL ? -1 : 0);
    bench_submit("submit 8 runs (durable)", "few", 8);
    bench_submit("submit 1000 runs (durable)", "many", 1000);
    bench_append("append 4096 losses, checkpoint 5 KB", "large", 4096, 5000);
    bench_append("append 65536 losses, checkpoint 5 KB", "largest", 65536, 5000);
    bench_append("append 250 losses, checkpoint 5 KB", "small", 250, 5000);
    bench_append("append 2500 losses, checkpoint 1 MB", "heavy", 2500, 1 << 20);
    bench_block("16 runs end, one after the other (durable)", 0);
    bench_block("16 runs end, handed over at once (durable)", 1);
    bench_read("read 1,000,000 losses, chunks of 4096", "large");
    bench_read("read 1,000,000 losses, chunks of 250", "small");
    bench_log("read 1,000,000 losses by the log, chunks of 250", "small");
    bench_stream();
    bench_find();
    bench_lists();
    bench_find_while_appending();
    bench_delete("delete 1,000,000 epochs in chunks of 250", "small");
    int64_t start = clock_monotonic_ns();
    engine_close(engine);
    samples[0] = elapsed_us(start);
    print_samples("close", 1);
    return 0;
}
