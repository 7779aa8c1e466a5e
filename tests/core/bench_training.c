/* Times the training core: nanoseconds of processor time per run and sample update.
 *
 * Each line is one network, trained sample by sample on 100 samples, alone and as a full block of
 * runs. The figure is the median of several rounds; "per run" divides by the runs of the block. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/rng.h"
#include "core/data/dataset.h"
#include "core/model/init.h"
#include "core/model/network.h"
#include "core/train/block.h"
#include "core/train/training.h"

enum { ROUNDS = 7, SAMPLES = 100, EPOCHS_MAX = 1 << 16 };

static const int SHAPES[][NETWORK_LAYERS_MAX] = {{2, 1}, {8, 8, 1}, {64, 64, 1}};

static double processor_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static struct network network_of(const int *units)
{
    struct network network = {.n_inputs = 2};
    while (units[network.n_layers] > 0) {
        struct layer *layer = &network.layers[network.n_layers++];
        layer->units = units[network.n_layers - 1];
        layer->activation = layer->units > 1 ? ACTIVATION_RELU : ACTIVATION_LINEAR;
    }
    return network;
}

/* The founding report's data, from another seed: n1**2 + n2 + noise. */
static struct dataset *report_data(struct error *error)
{
    struct dataset *dataset = dataset_create(SAMPLES, 2, 1, error);
    if (dataset == NULL) {
        return NULL;
    }
    struct rng rng;
    rng_seed(&rng, 1);
    for (size_t i = 0; i < SAMPLES; i++) {
        double n1 = (double)rng_randint(&rng, 0, 4);
        double n2 = (double)rng_randint(&rng, 0, 15);
        dataset->features[2 * i] = n1;
        dataset->features[2 * i + 1] = n2;
        dataset->targets[i] = n1 * n1 + n2 + (double)rng_randint(&rng, 0, 5);
    }
    return dataset;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Processor seconds of training `epochs` epochs in a fresh block; -1 on failure. */
static double round_s(const struct network *network, const struct dataset *dataset,
                      const struct block_run *runs, int n_runs, int64_t epochs, double *losses,
                      struct error *error)
{
    struct block *block = block_create(network, dataset, runs, n_runs, error);
    if (block == NULL) {
        return -1;
    }
    double started = processor_s();
    int64_t finished = block_train(block, INT64_MAX, epochs, losses);
    double elapsed_s = processor_s() - started;
    block_destroy(block);
    if (finished != epochs) {
        error_set(error, ERROR_INTERNAL, "%lld of %lld epochs were trained", (long long)finished,
                  (long long)epochs);
        return -1;
    }
    return elapsed_s;
}

/* Prints the line of one network and block size. */
static int time_block(const struct network *network, const struct dataset *dataset,
                      const double *parameters, int n_runs, double *losses, struct error *error)
{
    struct training training = {.learning_rate = 1e-5,
                                .gradient = GRADIENT_HALF,
                                .batch_size = 1,
                                .epochs = EPOCHS_MAX};
    struct block_run runs[BLOCK_RUNS_MAX];
    for (int i = 0; i < n_runs; i++) {
        runs[i] = (struct block_run){&training, parameters};
    }
    /* About the same work for every line: the larger the network, the fewer epochs. */
    int64_t epochs = (int64_t)(400000 / network_n_parameters(network) / (size_t)n_runs) + 10;
    double seconds[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        seconds[i] = round_s(network, dataset, runs, n_runs, epochs, losses, error);
        if (seconds[i] < 0) {
            return -1;
        }
    }
    qsort(seconds, ROUNDS, sizeof seconds[0], ascending);
    double update_s = seconds[ROUNDS / 2] / ((double)epochs * SAMPLES * n_runs);
    printf("%10zu %6d %16.2f %16.0f\n", network_n_parameters(network), n_runs, 1e9 * update_s,
           1 / (update_s * SAMPLES));
    return 0;
}

static int time_network(const int *units, const struct dataset *dataset, double *losses,
                        struct error *error)
{
    struct network network = network_of(units);
    struct init init = {.scheme = INIT_UNIFORM, .seed = 1, .low = -0.1, .high = 0.1};
    double *parameters = calloc(network_n_parameters(&network), sizeof *parameters);
    if (parameters == NULL) {
        return error_set(error, ERROR_MEMORY, "out of memory");
    }
    init_parameters(&init, &network, parameters);
    int status = time_block(&network, dataset, parameters, 1, losses, error);
    if (status == 0) {
        status = time_block(&network, dataset, parameters, BLOCK_RUNS_MAX, losses, error);
    }
    free(parameters);
    return status;
}

int main(void)
{
    struct error error = ERROR_INIT;
    int status = 0;
    struct dataset *dataset = report_data(&error);
    double *losses = calloc((size_t)EPOCHS_MAX * BLOCK_RUNS_MAX, sizeof *losses);
    if (dataset == NULL || losses == NULL) {
        status = error_set(&error, ERROR_MEMORY, "out of memory");
        goto out;
    }
    printf("%10s %6s %16s %16s\n", "parameters", "runs", "ns/update/run", "epochs/s/run");
    for (size_t i = 0; status == 0 && i < sizeof SHAPES / sizeof SHAPES[0]; i++) {
        status = time_network(SHAPES[i], dataset, losses, &error);
    }
out:
    if (status != 0) {
        fprintf(stderr, "bench_training: %s\n", error.text);
    }
    free(losses);
    dataset_destroy(dataset);
    return status == 0 ? 0 : 1;
}
