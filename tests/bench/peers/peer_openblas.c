/* Batches with OpenBLAS from C: five products of matrices for a hidden layer, as few passes over
 * memory as they allow, one thread.
 *
 *   peer_openblas PROBLEM */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/peers/problem.h"

struct peer {
    struct problem problem;
    double *outputs[PROBLEM_SIZES_MAX]; /* [n_layers + 1][batch_size][size]; [0] unused */
    double *deltas[PROBLEM_SIZES_MAX];  /* the same */
};

/* outputs = inputs * weights' + biases, relu for hidden layers. */
static void forward(struct peer *peer, size_t l, const double *inputs, size_t n)
{
    const struct problem *problem = &peer->problem;
    size_t n_inputs = problem->sizes[l], n_units = problem->sizes[l + 1];
    double *outputs = peer->outputs[l + 1];
    for (size_t i = 0; i < n; i++) {
        memcpy(outputs + i * n_units, problem->biases[l], n_units * sizeof *outputs);
    }
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)n_units, (int)n_inputs, 1.0,
                inputs, (int)n_inputs, problem->weights[l], (int)n_inputs, 1.0, outputs,
                (int)n_units);
    for (size_t i = 0; l + 1 < problem->n_layers && i < n * n_units; i++) {
        outputs[i] = outputs[i] > 0 ? outputs[i] : 0;
    }
}

/* The batch's loss, summed over its samples; its scaled errors become the last deltas. */
static double score(struct peer *peer, const double *targets, size_t n)
{
    const struct problem *problem = &peer->problem;
    size_t n_outputs = problem->sizes[problem->n_layers];
    const double *outputs = peer->outputs[problem->n_layers];
    double *deltas = peer->deltas[problem->n_layers];
    double total = 0, step = problem->rate / (double)n_outputs / (double)n;
    for (size_t i = 0; i < n * n_outputs; i++) {
        double e = targets[i] - outputs[i];
        total += e * e;
        deltas[i] = step * e;
    }
    return total / (double)n_outputs;
}

/* The deltas below, from the old weights; then the update. */
static void backward(struct peer *peer, size_t l, const double *inputs, size_t n)
{
    struct problem *problem = &peer->problem;
    size_t n_inputs = problem->sizes[l], n_units = problem->sizes[l + 1];
    const double *deltas = peer->deltas[l + 1];
    double *below = peer->deltas[l];
    if (l > 0) {
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)n_inputs, (int)n_units,
                    1.0, deltas, (int)n_units, problem->weights[l], (int)n_inputs, 0.0, below,
                    (int)n_inputs);
        for (size_t i = 0; i < n * n_inputs; i++) {
            below[i] = inputs[i] > 0 ? below[i] : 0;
        }
    }
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n_units, (int)n_inputs, (int)n, 1.0,
                deltas, (int)n_units, inputs, (int)n_inputs, 1.0, problem->weights[l],
                (int)n_inputs);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n_units; j++) {
            problem->biases[l][j] += deltas[i * n_units + j];
        }
    }
}

static double train(void *pointer, size_t n_epochs)
{
    struct peer *peer = pointer;
    struct problem *problem = &peer->problem;
    double total = 0;
    for (size_t epoch = 0; epoch < n_epochs; epoch++) {
        total = 0;
        for (size_t first = 0, n; first < problem->n_samples; first += n) {
            size_t left = problem->n_samples - first;
            n = left < problem->batch_size ? left : problem->batch_size;
            const double *inputs = problem->features + first * problem->sizes[0];
            for (size_t l = 0; l < problem->n_layers; l++) {
                forward(peer, l, l == 0 ? inputs : peer->outputs[l], n);
            }
            total += score(peer, problem->targets + first * problem->sizes[problem->n_layers], n);
            for (size_t l = problem->n_layers; l-- > 0;) {
                backward(peer, l, l == 0 ? inputs : peer->outputs[l], n);
            }
        }
    }
    return total / (double)problem->n_samples;
}

int main(int argc, char **argv)
{
    struct peer peer = {.outputs = {NULL}};
    if (argc != 2) {
        fprintf(stderr, "usage: peer_openblas PROBLEM\n");
        return 2;
    }
    problem_read(&peer.problem, argv[1]);
    for (size_t l = 1; l <= peer.problem.n_layers; l++) {
        peer.outputs[l] = calloc(peer.problem.batch_size * peer.problem.sizes[l], sizeof(double));
        peer.deltas[l] = calloc(peer.problem.batch_size * peer.problem.sizes[l], sizeof(double));
        if (!peer.outputs[l] || !peer.deltas[l]) {
            fprintf(stderr, "peer_openblas: out of memory\n");
            return 1;
        }
    }
    openblas_set_num_threads(1);
    char about[256];
    snprintf(about, sizeof about, "OpenBLAS from C, %s, core %s", openblas_get_config(),
             openblas_get_corename());
    problem_serve(about, train, &peer);
    for (size_t l = 1; l <= peer.problem.n_layers; l++) {
        free(peer.outputs[l]);
        free(peer.deltas[l]);
    }
    free(peer.problem.values);
    return 0;
}
