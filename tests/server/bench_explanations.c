/* Times what floors and live verdicts add to training 100 samples, on this thread's processor clock:
 *
 *   bench_explanations DIR
 *
 * Sixteen runs of the report's network are trained together, as a worker does, and looked at once a
 * second of training and when they end. The least of some rounds: what others do to the caches
 * meanwhile is not its cost.
 *
 * A run that trains for seconds pays next to nothing. One of 1,000 epochs, which takes 0.1 ms of
 * its block's time, pays for one look: one pass over its samples and some hundred printed bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/base/clock.h"
#include "server/base/json.h"
#include "server/lab/explain/observer.h"
#include "server/spec/plan.h"

enum { RUNS = 16, ROUNDS = 31, EPOCHS = 1000, MAX_PERCENT = 3 };

static const char spec_text[] =
    "{\"dataset\": {\"kind\": \"formula\", \"samples\": 100, \"seed\": 134551,"
    "  \"features\": {\"n1\": \"randint(0,4)\", \"n2\": \"randint(0,15)\"},"
    "  \"target\": \"n1**2 + n2 + randint(0,5)\"},"
    " \"network\": {\"layers\": [{\"units\": 2, \"activation\": \"relu\"}, {\"units\": 1}],"
    "  \"init\": {\"scheme\": \"uniform\", \"seed\": 1}},"
    " \"training\": {\"gradient\": \"half\", \"epochs\": 1000,"
    "  \"optimizer\": {\"name\": \"sgd\", \"learning_rate\": 0.0004}},"
    " \"sweep\": {\"/network/init/seed\": {\"from\": 1, \"to\": 16}}}";

/* A block of all runs, and what looks at it. */
struct bench {
    struct spec *spec;
    struct candidate candidates[RUNS];
    struct block *block;
    double *losses;
    double train_ns, open_ns, look_ns;
};

static double least(double least_so_far, double value)
{
    return least_so_far > 0.0 && least_so_far < value ? least_so_far : value;
}

static int load(struct bench *bench, struct error *error)
{
    struct block_run runs[RUNS];
    for (int i = 0; i < RUNS; i++) {
        struct candidate *candidate = &bench->candidates[i];
        if (spec_plan(bench->spec, i, i == 0, &candidate->plan, error) != 0)
            return -1;
        runs[i] = (struct block_run){&candidate->plan.training, candidate->plan.parameters};
    }
    bench->block = block_create(&bench->candidates[0].plan.network,
                                bench->candidates[0].plan.dataset, runs, RUNS, error);
    return bench->block != NULL ? 0 : -1;
}

static void clear(struct bench *bench)
{
    block_destroy(bench->block);
    for (int i = 0; i < RUNS; i++)
        candidate_clear(&bench->candidates[i]);
    memset(bench->candidates, 0, sizeof bench->candidates);
}

/* One round: trains all epochs, then opens an observer and looks at every run. */
static int run_round(struct bench *bench, struct error *error)
{
    if (load(bench, error) != 0)
        return -1;
    int64_t start = clock_thread_ns();
    block_train(bench->block, INT64_MAX, EPOCHS, bench->losses);
    int64_t trained = clock_thread_ns();
    struct observer *observer = observer_create(bench->spec, bench->candidates, RUNS,
                                                bench->candidates[0].plan.dataset, error);
    if (observer == NULL)
        return -1;
    int n_told = observer_look(observer, bench->block, 0, 3.0, 0) != NULL; /* finds the floors out */
    int64_t opened = clock_thread_ns();
    for (int i = 1; i < RUNS; i++)
        n_told += observer_look(observer, bench->block, i, 3.0, 0) != NULL;
    int64_t looked = clock_thread_ns();
    observer_destroy(observer);
    bench->train_ns = (double)(trained - start);
    bench->open_ns = (double)(opened - trained);
    bench->look_ns = (double)(looked - opened);
    if (n_told != RUNS)
        return error_set(error, ERROR_INTERNAL, "only %d of %d runs were told of", n_told, RUNS);
    return 0;
}

/* 0 if both a second of training, with a look at every run and the opening in it, and runs that end
 * sooner are within their limits. */
static int report(double train_ns, double open_ns, double look_ns)
{
    double percent = 100 * (open_ns + look_ns) / 1e9;
    double percent_short = 100 * (open_ns + look_ns) / train_ns;
    int is_met = percent <= MAX_PERCENT && percent_short <= MAX_PERCENT;
    printf("explanations, %d runs of 2-2-1 with 100 samples in one block\n", RUNS);
    printf("  %d epochs of all runs        %9.1f us\n", EPOCHS, train_ns / 1e3);
    printf("  floors and the first look      %9.1f us\n", open_ns / 1e3);
    printf("  a live look at the others      %9.1f us\n", look_ns / 1e3);
    printf("  of a second of training        %9.3f %%\n", percent);
    printf("  of runs of %d epochs         %9.2f %% (told once, when they end)\n", EPOCHS,
           percent_short);
    printf("  at most %d %% of either: %s\n", MAX_PERCENT, is_met ? "met" : "NOT MET");
    return is_met ? 0 : 1;
}

int main(void)
{
    struct bench bench = {0};
    struct error error = ERROR_INIT;
    double train = 0.0, open = 0.0, look = 0.0;
    struct faults *faults = memory_array(1, sizeof *faults, &error);
    json_t *json = json_loads(spec_text, 0, NULL);
    int result = 1;
    bench.losses = memory_array((size_t)EPOCHS * RUNS, sizeof *bench.losses, &error);
    bench.spec = faults != NULL ? spec_parse(json, faults) : NULL;
    if (bench.spec == NULL || bench.losses == NULL)
        goto out;
    for (int round = 0; round < ROUNDS; round++) {
        result = run_round(&bench, &error);
        clear(&bench);
        if (result != 0)
            goto out;
        train = least(train, bench.train_ns);
        open = least(open, bench.open_ns);
        look = least(look, bench.look_ns);
    }
    result = report(train, open, look);
out:
    if (result != 0 && error.kind != ERROR_NONE)
        fprintf(stderr, "bench_explanations: %s\n", error.text);
    spec_destroy(bench.spec);
    json_decref(json);
    free(bench.losses);
    free(faults);
    return result != 0;
}
