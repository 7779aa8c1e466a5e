/* FANN in doubles, trained incrementally: after every sample, as the problem wants it, without
 * momentum.
 *
 *   peer_fann PROBLEM
 *
 * It has no relu. Its cheapest kink is FANN_LINEAR_PIECE, so this is work of the same size, not the
 * same training, and its loss is its own. */
#include <doublefann.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/peers/problem.h"

struct peer {
    struct problem problem;
    struct fann *ann;
};

static double train(void *pointer, size_t n_epochs)
{
    struct peer *peer = pointer;
    const struct problem *problem = &peer->problem;
    for (size_t epoch = 0; epoch < n_epochs; epoch++) {
        fann_reset_MSE(peer->ann);
        for (size_t i = 0; i < problem->n_samples; i++) {
            fann_train(peer->ann, problem->features + i * problem->sizes[0],
                       problem->targets + i * problem->sizes[problem->n_layers]);
        }
    }
    return fann_get_MSE(peer->ann);
}

int main(int argc, char **argv)
{
    struct peer peer;
    unsigned int sizes[PROBLEM_SIZES_MAX];
    if (argc != 2) {
        fprintf(stderr, "usage: peer_fann PROBLEM\n");
        return 2;
    }
    problem_read(&peer.problem, argv[1]);
    for (size_t l = 0; l <= peer.problem.n_layers; l++) {
        sizes[l] = (unsigned int)peer.problem.sizes[l];
    }
    peer.ann = fann_create_standard_array((unsigned int)peer.problem.n_layers + 1, sizes);
    if (!peer.ann) {
        fprintf(stderr, "peer_fann: out of memory\n");
        return 1;
    }
    fann_set_training_algorithm(peer.ann, FANN_TRAIN_INCREMENTAL);
    fann_set_learning_momentum(peer.ann, 0);
    fann_set_learning_rate(peer.ann, (float)peer.problem.rate);
    fann_set_activation_function_hidden(peer.ann, FANN_LINEAR_PIECE);
    fann_set_activation_function_output(peer.ann, FANN_LINEAR);
    problem_serve("FANN, doubles, incremental, linear pieces", train, &peer);
    fann_destroy(peer.ann);
    free(peer.problem.values);
    return 0;
}
