/* Times what the options cost: for every optimizer, activation and loss a sweep of 16 runs beside
 * one run.
 *
 * DESIGN. As in bench_training: slices of some milliseconds, in turn, round after round; what is
 * told is the median over the rounds of the ratio within a round. On one core, in this thread's
 * processor time; and on all cores, in the time that passes: there the runs are shared among as
 * many threads as there are processors, as the server's workers share a sweep. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/math/rng.h"
#include "core/train/block/block.h"
#include "core/train/kernel/kernel.h"
#include "tests/bench/crew.h"
#include "tests/bench/figures.h"
#include "tests/bench/probe.h"
#include "tests/bench/work.h"

enum { SAMPLES = 96, BATCH = 1, MANY = BLOCK_RUNS_MAX, LOSSES = 65536, CREW_ROUNDS = 21,
       CREW_SLICES = 16 };

static const double SLICE_S = 0.003;
static const double RATIO_MOST = 3.0; /* asked of every optimizer */

/* --- trainings ----------------------------------------------------------------------------- */

/* 2-8-8-1, one option varied. */
struct option {
    const char *name;
    enum optimizer optimizer;
    enum activation hidden;
    enum loss loss;
    int64_t epochs[2];      /* of a slice: one run, MANY runs */
    struct block *blocks[2];
    struct block *shares[CREW_MAX]; /* the MANY runs, shared among the processors */
    int n_shares;
    double sample_s[2][ROUNDS];
    double ratio[ROUNDS], share[ROUNDS]; /* share: of the peak, by MANY runs */
    double passed[CREW_ROUNDS];          /* the ratio on all cores */
};

static double features[SAMPLES * 2], targets[SAMPLES];
static struct dataset dataset = {.n_samples = SAMPLES, .n_features = 2, .n_targets = 1,
                                 .features = features, .targets = targets};
static double losses[LOSSES];

static void fill_dataset(void)
{
    struct rng rng;
    rng_seed(&rng, 5);
    for (int i = 0; i < SAMPLES; i++) {
        features[2 * i] = rng_normal_fixed(&rng);
        features[2 * i + 1] = rng_normal_fixed(&rng);
        targets[i] = features[2 * i] * features[2 * i + 1] > 0;
    }
}

static struct network network_of(const struct option *option)
{
    enum activation last = loss_activation(option->loss);
    return (struct network){.n_inputs = 2, .n_layers = 3,
                            .layers = {{8, option->hidden}, {8, option->hidden},
                                       {1, last == ACTIVATION_COUNT ? ACTIVATION_LINEAR : last}}};
}

static struct block *create(const struct option *option, int n_runs)
{
    struct network network = network_of(option);
    struct training trainings[MANY];
    struct block_run runs[MANY];
    double parameters[256];
    struct rng rng;
    rng_seed(&rng, 9);
    for (size_t i = 0; i < network_n_parameters(&network); i++)
        parameters[i] = 0.5 * rng_normal_fixed(&rng);
    for (int i = 0; i < n_runs; i++) {
        trainings[i] = (struct training){
            .optimizer = option->optimizer, .loss = option->loss,
            .learning_rate = 1e-6 * (1 + i), .batch_size = BATCH, .epochs = INT64_MAX,
            .settings = {[SETTING_MOMENTUM] = 0.9, [SETTING_ALPHA] = 0.99, [SETTING_BETA1] = 0.9,
                         [SETTING_BETA2] = 0.999, [SETTING_EPSILON] = 1e-8}};
        runs[i] = (struct block_run){&trainings[i], parameters};
    }
    struct error error = ERROR_INIT;
    struct block *block = block_create(&network, &dataset, runs, n_runs, &error);
    if (block == NULL)
        fprintf(stderr, "%s: %s\n", option->name, error.text);
    return block;
}

/* Seconds an epoch. */
static double train(struct block *block, int64_t epochs)
{
    double start = probe_clock_s();
    for (int64_t left = epochs; left > 0;)
        left -= block_train(block, INT64_MAX, left < LOSSES / MANY ? left : LOSSES / MANY, losses);
    return (probe_clock_s() - start) / (double)epochs;
}

static int64_t calibrate(struct block *block)
{
    int64_t epochs = 1;
    while (train(block, epochs) * (double)epochs < SLICE_S / 2)
        epochs *= 2;
    return epochs;
}

/* As the server's queue shares a sweep: each worker gets as many, the last one the rest. */
static int prepare_shares(struct option *option)
{
    int n_workers = crew_size(), most = (MANY + n_workers - 1) / n_workers;
    for (int left = MANY; left > 0; left -= most) {
        struct block *block = create(option, left < most ? left : most);
        if (block == NULL)
            return -1;
        option->shares[option->n_shares++] = block;
    }
    return 0;
}

static int prepare(struct option *option)
{
    for (int i = 0; i < 2; i++) {
        option->blocks[i] = create(option, i == 0 ? 1 : MANY);
        if (option->blocks[i] == NULL)
            return -1;
        option->epochs[i] = calibrate(option->blocks[i]);
    }
    return prepare_shares(option);
}

static void clear(struct option *option)
{
    for (int i = 0; i < 2; i++)
        block_destroy(option->blocks[i]);
    for (int i = 0; i < option->n_shares; i++)
        block_destroy(option->shares[i]);
}

#define SGD OPTIMIZER_SGD
#define RELU ACTIVATION_RELU

static struct option options[] = {
    {.name = "sgd", .optimizer = SGD, .hidden = RELU},
    {.name = "momentum", .optimizer = OPTIMIZER_MOMENTUM, .hidden = RELU},
    {.name = "nesterov", .optimizer = OPTIMIZER_NESTEROV, .hidden = RELU},
    {.name = "adagrad", .optimizer = OPTIMIZER_ADAGRAD, .hidden = RELU},
    {.name = "rmsprop", .optimizer = OPTIMIZER_RMSPROP, .hidden = RELU},
    {.name = "adam", .optimizer = OPTIMIZER_ADAM, .hidden = RELU},
    {.name = "adamw", .optimizer = OPTIMIZER_ADAMW, .hidden = RELU},
    {.name = "linear", .hidden = ACTIVATION_LINEAR},
    {.name = "leaky_relu", .hidden = ACTIVATION_LEAKY_RELU},
    {.name = "elu", .hidden = ACTIVATION_ELU},
    {.name = "gelu", .hidden = ACTIVATION_GELU},
    {.name = "softplus", .hidden = ACTIVATION_SOFTPLUS},
    {.name = "tanh", .hidden = ACTIVATION_TANH},
    {.name = "sigmoid", .hidden = ACTIVATION_SIGMOID},
    {.name = "mae", .hidden = RELU, .loss = LOSS_MAE},
    {.name = "huber", .hidden = RELU, .loss = LOSS_HUBER},
    {.name = "binary_cross_entropy", .hidden = RELU, .loss = LOSS_BINARY_CROSS_ENTROPY},
};
enum { OPTIONS = sizeof options / sizeof options[0], OPTIMIZERS = 7 };

/* --- the table ----------------------------------------------------------------------------- */

static void time_option(struct option *option, int r, double peak)
{
    struct network network = network_of(option);
    for (int i = 0; i < 2; i++)
        option->sample_s[i][r] = train(option->blocks[i], option->epochs[i]) / SAMPLES;
    option->ratio[r] = option->sample_s[1][r] / option->sample_s[0][r];
    option->share[r] = peak > 0 ? MANY * work_flops(&network) / option->sample_s[1][r] / peak : 0;
}

/* In long slices: to wake a processor that sleeps may take a virtual machine milliseconds. */
static int time_crew(struct option *option, int r)
{
    double one_s, all_s;
    if (crew_train(option->blocks, 1, CREW_SLICES * option->epochs[0], &one_s) != 0 ||
        crew_train(option->shares, option->n_shares, CREW_SLICES * option->epochs[1], &all_s) != 0)
        return -1;
    option->passed[r] = all_s / one_s;
    return 0;
}

static int run_rounds(void)
{
    for (int r = 0; r < ROUNDS; r++) {
        double peak = probe_fma_peak();
        for (int i = 0; i < OPTIONS; i++)
            time_option(&options[i], r, peak);
    }
    for (int r = 0; r < CREW_ROUNDS; r++)
        for (int i = 0; i < OPTIONS; i++)
            if (time_crew(&options[i], r) != 0)
                return -1;
    return 0;
}

static void print_option(const struct option *option, int is_asked)
{
    struct spread one = figures_spread(option->ratio, ROUNDS);
    struct spread all = figures_spread(option->passed, CREW_ROUNDS);
    printf("  %-22s %7.0f %7.0f %4.0f %%   %5.2f  %5.2f..%-5.2f   %5.2f  %5.2f..%-5.2f %s\n",
           option->name, 1e9 * figures_spread(option->sample_s[0], ROUNDS).median,
           1e9 * figures_spread(option->sample_s[1], ROUNDS).median,
           100 * figures_spread(option->share, ROUNDS).median, one.median, one.p10, one.p90,
           all.median, all.p10, all.p90,
           !is_asked ? "" : all.median <= RATIO_MOST ? "met" : "NOT MET");
}

static void print_options(void)
{
    const struct kernel *kernel = block_kernel(options[0].blocks[1]);
    int n_vectors = kernel_lanes(kernel, MANY) / kernel->width;
    printf("\n%s; %d rounds\n2-8-8-1, %d samples, batches of %d: ns a sample of one run and of %d; "
           "the share of the multiply-add peak\n(the operations of optimizers and activations, "
           "their roots and divisions too, not counted);\nand how many times the time of one the "
           "%d take: processor time on one core, and the time that passes where\nall %d cores "
           "share them, as the server's workers do (of optimizers at most %g)\n"
           "  %-22s %7s %7s %6s   %-19s   %s\n", probe_processor(), ROUNDS, SAMPLES, BATCH, MANY,
           MANY, crew_size(), RATIO_MOST, "", "1", "16", "peak", "one core", "all cores");
    for (int i = 0; i < OPTIONS; i++)
        print_option(&options[i], i < OPTIMIZERS);
    printf("a lone run is one vector, %d runs are %d of %d: on one core, where both fill the pipes "
           "equally well, the ratio is %d\n", MANY, n_vectors, kernel->width, n_vectors);
}

int main(void)
{
    int status = 0;
    fill_dataset();
    for (int i = 0; i < OPTIONS && status == 0; i++)
        status = prepare(&options[i]) != 0;
    if (status == 0)
        status = run_rounds() != 0;
    if (status == 0)
        print_options();
    for (int i = 0; i < OPTIONS; i++)
        clear(&options[i]);
    return status;
}
