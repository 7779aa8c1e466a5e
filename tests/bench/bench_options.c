/* Times what the options cost: for every optimizer, activation and loss a sweep of 16 runs beside
 * one run, and the vector functions beside the C library's.
 *
 * DESIGN. As in bench_training: slices of some milliseconds of this thread's processor time, in
 * turn, round after round; what is told is the median over the rounds of the ratio within a
 * round. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/train/block/block.h"
#include "core/train/kernel/kernel.h"
#include "tests/bench/figures.h"
#include "tests/bench/probe.h"
#include "tests/bench/work.h"
#include "tests/core/wide_elementary.h"

enum { SAMPLES = 96, BATCH = 1, MANY = BLOCK_RUNS_MAX, LOSSES = 65536, VALUES = 1024, PASSES = 64 };

static const double SLICE_S = 0.003;

/* --- trainings ----------------------------------------------------------------------------- */

/* 2-8-8-1, one option varied. */
struct option {
    const char *name;
    enum optimizer optimizer;
    enum activation hidden;
    enum loss loss;
    int64_t epochs[2];      /* of a slice: one run, MANY runs */
    struct block *blocks[2];
    double sample_s[2][ROUNDS];
    double ratio[ROUNDS], share[ROUNDS]; /* share: of the peak, by MANY runs */
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

static int prepare(struct option *option)
{
    for (int i = 0; i < 2; i++) {
        option->blocks[i] = create(option, i == 0 ? 1 : MANY);
        if (option->blocks[i] == NULL)
            return -1;
        option->epochs[i] = calibrate(option->blocks[i]);
    }
    return 0;
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

/* --- elementary functions ------------------------------------------------------------------ */

struct function {
    const char *name;
    enum wide_function wide;
    double (*of_libm)(double);
    double ratio[ROUNDS];
};

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static struct function functions[] = {
    {.name = "exp", .wide = WIDE_EXP, .of_libm = exp},
    {.name = "tanh", .wide = WIDE_TANH, .of_libm = tanh},
    {.name = "expm1", .wide = WIDE_EXPM1, .of_libm = expm1},
    {.name = "sigmoid", .wide = WIDE_SIGMOID, .of_libm = sigmoid},
    {.name = "log", .wide = WIDE_LOG, .of_libm = log},
    {.name = "log1p", .wide = WIDE_LOG1P, .of_libm = log1p},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

static double inputs[VALUES], values[VALUES]; /* so few that both stay in the nearest cache */

/* The widest vectors that run here: what the kernels use. */
static wide_elementary_of *widest(int *out_width)
{
    *out_width = 2;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        *out_width = 8;
        return wide_elementary_8;
    }
    if (__builtin_cpu_supports("avx2")) {
        *out_width = 4;
        return wide_elementary_4;
    }
#endif
    return wide_elementary_2;
}

static double time_function(const struct function *function, wide_elementary_of *wide)
{
    double start = probe_clock_s(); /* takes as long as hundreds of values */
    long n = 0;
    do {
        for (int pass = 0; pass < PASSES; pass++) {
            if (wide != NULL)
                wide(function->wide, inputs, values, VALUES);
            else
                for (int i = 0; i < VALUES; i++)
                    values[i] = function->of_libm(inputs[i]);
        }
        n += PASSES;
    } while (probe_clock_s() - start < SLICE_S / 4);
    return (probe_clock_s() - start) / (double)n;
}

/* --- the table ----------------------------------------------------------------------------- */

static void time_option(struct option *option, int r, double peak)
{
    struct network network = network_of(option);
    for (int i = 0; i < 2; i++)
        option->sample_s[i][r] = train(option->blocks[i], option->epochs[i]) / SAMPLES;
    option->ratio[r] = option->sample_s[1][r] / option->sample_s[0][r];
    option->share[r] = peak > 0 ? MANY * work_flops(&network) / option->sample_s[1][r] / peak : 0;
}

static void run_rounds(wide_elementary_of *wide)
{
    for (int r = 0; r < ROUNDS; r++) {
        double peak = probe_fma_peak();
        for (int i = 0; i < OPTIONS; i++)
            time_option(&options[i], r, peak);
        for (int i = 0; i < FUNCTIONS; i++) {
            double libm = time_function(&functions[i], NULL);
            functions[i].ratio[r] = libm / time_function(&functions[i], wide);
        }
    }
}

static const char *verdict(double value, double must, int is_most)
{
    return must == 0.0 ? "" : (is_most ? value <= must : value >= must) ? "met" : "NOT MET";
}

static void print_option(const struct option *option, double must)
{
    struct spread ratio = figures_spread(option->ratio, ROUNDS);
    printf("  %-22s %7.0f %7.0f   %6.2f   %6.2f..%-6.2f %5.0f %%   %s\n", option->name,
           1e9 * figures_spread(option->sample_s[0], ROUNDS).median,
           1e9 * figures_spread(option->sample_s[1], ROUNDS).median, ratio.median, ratio.p10,
           ratio.p90, 100 * figures_spread(option->share, ROUNDS).median,
           verdict(ratio.median, must, 1));
}

static void print_options(void)
{
    printf("\n%s; %d rounds\n2-8-8-1 (%d samples, batches of %d): ns a sample of one run and of %d, "
           "their ratio (of optimizers at most 3),\nshare of the multiply-add peak; the operations "
           "of optimizers and activations, their roots and divisions too, aren't counted in it:\n",
           probe_processor(), ROUNDS, SAMPLES, BATCH, MANY);
    for (int i = 0; i < OPTIONS; i++)
        print_option(&options[i], i < OPTIMIZERS ? 3.0 : 0.0);
    const struct kernel *kernel = block_kernel(options[0].blocks[1]);
    printf("a lone run is one vector, %d runs are %d of %d: where both fill the pipes equally well the "
           "ratio is %d\n", MANY, kernel_lanes(kernel, MANY) / kernel->width, kernel->width,
           kernel_lanes(kernel, MANY) / kernel->width);
}

static void print_functions(int width)
{
    printf("vectors of %d, times as fast an element as the C library; exp and tanh at least 5:\n",
           width);
    for (int i = 0; i < FUNCTIONS; i++) {
        struct spread s = figures_spread(functions[i].ratio, ROUNDS);
        printf("  %-22s %6.2f   %6.2f..%-6.2f %s\n", functions[i].name, s.median, s.p10, s.p90,
               verdict(s.median, i < 2 ? 5.0 : 0.0, 0));
    }
}

int main(void)
{
    struct rng rng;
    int width, status = 0;
    wide_elementary_of *wide = widest(&width);
    fill_dataset();
    rng_seed(&rng, 3);
    for (int i = 0; i < VALUES; i++)
        inputs[i] = 0.05 + 4.0 * rng_uniform(&rng);
    for (int i = 0; i < OPTIONS && status == 0; i++)
        status = prepare(&options[i]) != 0;
    if (status == 0) {
        run_rounds(wide);
        print_options();
        print_functions(width);
    }
    for (int i = 0; i < OPTIONS; i++) {
        block_destroy(options[i].blocks[0]);
        block_destroy(options[i].blocks[1]);
    }
    return status;
}
