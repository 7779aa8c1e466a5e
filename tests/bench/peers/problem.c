/* Reading a problem, answering peers.py. */
#include "tests/bench/peers/problem.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/probe.h"

static void fail(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

static double *read_whole(const char *path, size_t *out_n)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        fail(path, "can't be read");
    }
    *out_n = (size_t)ftell(file) / sizeof(double);
    double *values = malloc((*out_n + 1) * sizeof *values);
    rewind(file);
    if (!values || fread(values, sizeof *values, *out_n, file) != *out_n) {
        fail(path, "can't be read");
    }
    fclose(file);
    return values;
}

void problem_read(struct problem *problem, const char *path)
{
    size_t n;
    double *at = problem->values = read_whole(path, &n), *end = at + n;
    problem->n_samples = (size_t)*at++;
    problem->n_layers = (size_t)*at++;
    if (n < 2 || problem->n_layers >= PROBLEM_SIZES_MAX) {
        fail(path, "too many layers");
    }
    for (size_t l = 0; l <= problem->n_layers; l++) {
        problem->sizes[l] = (size_t)*at++;
    }
    problem->batch_size = (size_t)*at++;
    problem->rate = *at++;
    problem->features = at;
    problem->targets = at += problem->n_samples * problem->sizes[0];
    at += problem->n_samples * problem->sizes[problem->n_layers];
    for (size_t l = 0; l < problem->n_layers; l++) {
        problem->weights[l] = at;
        problem->biases[l] = at += problem->sizes[l] * problem->sizes[l + 1];
        at += problem->sizes[l + 1];
    }
    if (at != end) {
        fail(path, "not as long as its sizes say");
    }
}

void problem_serve(const char *about, problem_train *train, void *peer)
{
    char line[64];
    printf("%s\n", about);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        double started = probe_clock_s();
        double loss = train(peer, strtoul(line, NULL, 10));
        printf("%.9e %.17g\n", probe_clock_s() - started, loss);
        fflush(stdout);
    }
}
