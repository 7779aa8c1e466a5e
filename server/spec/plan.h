/* Plans: each run of a spec, ready to train, and the data it is trained on.
 *
 * Pure: the same spec gives the same bits. A plan borrows from its spec. Any thread. */
#ifndef SERVER_SPEC_PLAN_H
#define SERVER_SPEC_PLAN_H

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/data/population.h"
#include "core/data/scaling.h"
#include "core/data/split.h"
#include "core/model/init.h"
#include "core/model/network.h"
#include "core/train/training.h"
#include "server/spec/spec.h"

/* One run, ready to train. */
struct run_plan {
    struct network network;
    struct training training;
    unsigned series;         /* the set of those it records */
    size_t n_samples;        /* of its data, all parts together */
    double *parameters;      /* start values [network_n_parameters], owned */
    void *start;             /* a checkpoint to load before the first epoch, when it goes on from
                                another run's state (restart.h), owned; else NULL */
    size_t start_bytes;
    struct dataset *dataset; /* what is trained on, owned; NULL unless asked for */
    struct dataset *validation, *test; /* kept from training, owned; NULL where there are none */
    const struct scaling *scaling; /* of the features, the spec's; NULL: none */
    const struct scaling *target_scaling; /* likewise: data sets hold scaled targets, and outputs
                                             are to be scaled back (scaling_undo) */
    size_t n_predict;
    double *predict; /* [n_predict][n_inputs], standardised as the data set, owned */
};

/* The network, the training, the series, n_samples and n_predict of run 0..n_runs-1; nothing to
 * clear. */
void spec_outline(const struct spec *spec, int run, struct run_plan *out_plan);

/* Builds the plan of run 0..n_runs-1; `with_dataset` 1 also generates its data. -1 with
 * ERROR_MEMORY (or ERROR_INTERNAL). */
int spec_plan(const struct spec *spec, int run, int with_dataset, struct run_plan *out_plan,
              struct error *error);

/* The same without start values and data, which take long to make, for a network that has been
 * trained; -1 with ERROR_MEMORY. */
int spec_plan_trained(const struct spec *spec, int run, struct run_plan *out_plan,
                      struct error *error);
/* Adds the data sets to a plan without; -1 with ERROR_MEMORY. */
int spec_plan_data(const struct spec *spec, int run, struct run_plan *plan, struct error *error);
void run_plan_clear(struct run_plan *plan);

/* All samples of run 0..n_runs-1 as they are, and what is made of them, to show them. */
struct spec_data {
    struct dataset *whole;
    unsigned char *parts;    /* [n_samples] enum part; NULL: all are trained on */
    struct scaling *scaling; /* NULL: features are trained on as they are */
    struct scaling *target_scaling; /* NULL: targets are */
};
int spec_data(const struct spec *spec, int run, struct spec_data *out, struct error *error);
void spec_data_clear(struct spec_data *data);

/* What the data set of run 0..n_runs-1 is a sample of, standardised as the run sees it; *out NULL:
 * nothing is known. The caller owns it. Goes through all that can be drawn: some 10 ms. 0, or -1
 * with ERROR_MEMORY. */
int spec_population(const struct spec *spec, int run, struct population **out,
                    struct error *error);

#endif
