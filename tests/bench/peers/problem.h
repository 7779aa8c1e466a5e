/* A peer's side of problem.py: the training given, and the talk with peers.py. */
#ifndef TESTS_BENCH_PEERS_PROBLEM_H
#define TESTS_BENCH_PEERS_PROBLEM_H

#include <stddef.h>

enum { PROBLEM_SIZES_MAX = 8 };

struct problem {
    size_t n_samples, n_layers, batch_size;
    size_t sizes[PROBLEM_SIZES_MAX]; /* [n_layers + 1], from the inputs on */
    double rate;
    double *values;                     /* the whole file, which the others point into */
    double *features;                   /* [n_samples][inputs] */
    double *targets;                    /* [n_samples][outputs] */
    double *weights[PROBLEM_SIZES_MAX]; /* [n_layers][units][inputs] */
    double *biases[PROBLEM_SIZES_MAX];  /* [n_layers][units] */
};

/* Reads a file, or ends the process with a message. */
void problem_read(struct problem *problem, const char *path);

/* Trains n epochs and returns the last one's loss. */
typedef double problem_train(void *peer, size_t n_epochs);

/* Says a line about the peer, then answers until the input ends. */
void problem_serve(const char *about, problem_train *train, void *peer);

#endif
