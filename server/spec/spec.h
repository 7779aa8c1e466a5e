/* An experiment spec: from JSON, checked whole, expanded into runs.
 *
 * Every fault is found at once and named by its JSON pointer. A struct spec is immutable: any
 * thread may read it. */
#ifndef SERVER_SPEC_SPEC_H
#define SERVER_SPEC_SPEC_H

#include <jansson.h>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/data/population.h"
#include "core/data/scaling.h"
#include "core/data/split.h"
#include "core/model/init.h"
#include "core/model/network.h"
#include "core/train/training.h"
#include "server/base/text.h"
#include "server/spec/faults.h"
#include "server/spec/source/library.h"

struct spec;

/* The spec in `json` (borrowed), or NULL with every fault in `faults` (at least one; also for
 * memory). Checks everything that can be checked without training, for every run of the sweep:
 * fields, types, ranges, shapes, formulas, and that the data set generates. spec_json of the
 * result parses to the same spec. */
struct spec *spec_parse(const json_t *json, struct faults *faults);
/* The same for a spec whose data sets may be uploaded files: `fetch` gets them, while this runs. */
struct spec *spec_parse_with(const json_t *json, library_fetch_fn fetch, void *context,
                             struct faults *faults);
void spec_destroy(struct spec *spec); /* NULL is fine */

/* Checks a new name for an experiment as the spec's field /name. 0, or -1 with a fault. */
int spec_check_name(const json_t *name, struct faults *faults);

/* The normalised spec with every default filled in; borrowed, and shared with other threads: take
 * json_private() of what shall go into other JSON. */
const json_t *spec_json(const struct spec *spec);
const char *spec_name(const struct spec *spec);

/* Whether results of the same content may answer for it: "cache" says so, and no run's length is a
 * matter of time (/training/stop/seconds). */
int spec_uses_cache(const struct spec *spec);

/* Prints what determines its runs' numbers, as content.h says. */
void spec_print_content(const struct spec *spec, struct text *text);

/* The id of the i-th uploaded file that it takes data from; NULL behind the last. */
const char *spec_upload(const struct spec *spec, int i);

int spec_n_runs(const struct spec *spec);

/* Run `run` alone as a spec, without a name; a new reference, NULL on memory failure. */
json_t *spec_of_run(const struct spec *spec, int run);

/* Run `run`'s overrides, {"/training/optimizer/learning_rate": 0.001, ...}; {} without a sweep.
 * A new reference; NULL on memory failure. */
json_t *spec_overrides(const struct spec *spec, int run);

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
 * ERROR_MEMORY (or ERROR_INTERNAL). Pure: the same spec gives the same bits. The plan borrows from
 * the spec. */
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

/* 1 if both runs go on from the same state, or from none (so that they can be trained in
 * lockstep).*/
int spec_same_start(const struct spec *spec, int run_a, int run_b);

/* 1 if both runs have the same data set (so that one copy can serve both). */
int spec_same_dataset(const struct spec *spec, int run_a, int run_b);

#endif
