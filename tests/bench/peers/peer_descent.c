/* Descent's own core, through a block as the server uses it:
 *
 *   peer_descent PROBLEM [exact|fast [RUNS]]
 *
 * Of several runs the first has the problem's rate, the others have others; the loss answered is
 * the first one's, the seconds are those of all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/train/block/block.h"
#include "core/train/kernel/kernel.h"
#include "tests/bench/peers/problem.h"

struct peer {
    struct block *block;
    int n_runs;
    size_t n_recorded; /* epochs that losses has room for */
    double *losses;
};

enum { LOSSES = 131072 }; /* as many as a job of the server has room for */

static double train(void *pointer, size_t n_epochs)
{
    struct peer *peer = pointer;
    size_t n = 0;
    for (; n_epochs > 0; n_epochs -= n) {
        n = n_epochs < peer->n_recorded ? n_epochs : peer->n_recorded;
        n = (size_t)block_train(peer->block, INT64_MAX, (int64_t)n, peer->losses);
    }
    return peer->losses[(n - 1) * (size_t)peer->n_runs];
}

static struct network network_of(const struct problem *problem)
{
    struct network network = {.n_inputs = (int)problem->sizes[0],
                              .n_layers = (int)problem->n_layers};
    for (size_t l = 0; l < problem->n_layers; l++) {
        network.layers[l].units = (int)problem->sizes[l + 1];
        network.layers[l].activation =
            l + 1 < problem->n_layers ? ACTIVATION_RELU : ACTIVATION_LINEAR;
    }
    return network;
}

static struct block *block_of(const struct problem *problem, const struct network *network,
                              const struct dataset *dataset, enum arithmetic arithmetic, int n_runs)
{
    struct training trainings[BLOCK_RUNS_MAX];
    struct block_run runs[BLOCK_RUNS_MAX];
    struct error error = ERROR_INIT;
    for (int i = 0; i < n_runs; i++) {
        trainings[i] = (struct training){.arithmetic = arithmetic,
                                         .gradient = GRADIENT_HALF,
                                         .learning_rate = problem->rate * (1 + 0.1 * i),
                                         .batch_size = problem->batch_size,
                                         .epochs = INT64_MAX};
        runs[i] = (struct block_run){&trainings[i], problem->weights[0]};
    }
    struct block *block = block_create(network, dataset, runs, n_runs, &error);
    if (!block) {
        fprintf(stderr, "peer_descent: %s\n", error.text);
        exit(1);
    }
    return block;
}

int main(int argc, char **argv)
{
    int arithmetic = argc > 2 ? training_arithmetic_find(argv[2]) : ARITHMETIC_EXACT;
    int n_runs = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 1;
    if (argc < 2 || arithmetic < 0 || n_runs < 1 || n_runs > BLOCK_RUNS_MAX) {
        fprintf(stderr, "usage: peer_descent PROBLEM [exact|fast [RUNS]]\n");
        return 2;
    }
    struct problem problem;
    problem_read(&problem, argv[1]);
    struct network network = network_of(&problem);
    size_t n_outputs = problem.sizes[problem.n_layers];
    struct dataset *dataset = dataset_create(problem.n_samples, problem.sizes[0], n_outputs, NULL);
    struct peer peer = {.n_runs = n_runs, .n_recorded = (size_t)(LOSSES / n_runs)};
    peer.losses = malloc(LOSSES * sizeof *peer.losses);
    if (!dataset || !peer.losses) {
        fprintf(stderr, "peer_descent: out of memory\n");
        return 1;
    }
    memcpy(dataset->features, problem.features,
           problem.n_samples * problem.sizes[0] * sizeof(double));
    memcpy(dataset->targets, problem.targets, problem.n_samples * n_outputs * sizeof(double));
    peer.block = block_of(&problem, &network, dataset, (enum arithmetic)arithmetic, n_runs);
    const struct kernel *kernel = block_kernel(peer.block);
    char about[128];
    snprintf(about, sizeof about, "Descent, %s, kernel %s x%d for %s processor",
             training_arithmetic_name((enum arithmetic)arithmetic), kernel->name, kernel->width,
             kernel_processor_name(kernel->processor));
    problem_serve(about, train, &peer);
    block_destroy(peer.block);
    dataset_destroy(dataset);
    free(peer.losses);
    free(problem.values);
    return 0;
}
