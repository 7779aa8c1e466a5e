/* The sections of a run's spec: what the table cannot say about them, and what they are to the
 * core.
 *
 * All take normalised JSON, in which every field that is there is right by itself. The check
 * functions find what does not fit together; a run without faults can then be made. */
#ifndef SERVER_SPEC_SECTION_SECTIONS_H
#define SERVER_SPEC_SECTION_SECTIONS_H

#include <jansson.h>
#include <stddef.h>

#include "server/spec/faults.h"
#include "server/spec/plan.h"
#include "server/spec/source/library.h"

/* The shape of a data set, told without making it. All zero: unknown, and not checked against. */
struct shape {
    size_t n_samples, n_features, n_targets;
    size_t n_train; /* samples trained on: all, but for a split */
    size_t n_validation;
};

/* /dataset; `library` has the files it may take its data from. The check makes the data set once,
 * unless an earlier fault forbids it. */
struct shape section_shape(const json_t *dataset, struct library *library);
void section_check_dataset(const json_t *dataset, struct library *library, struct faults *faults);
/* 0, or -1 with the error filled and nothing to clear; cleared with spec_data_clear. */
int section_data(const json_t *dataset, struct library *library, struct spec_data *out,
                 struct error *error);
/* What the samples are drawn from, not standardised; *out NULL: nothing is known. The caller owns
 * it. 0, or -1 with ERROR_MEMORY. */
int section_population(const json_t *dataset, struct population **out, struct error *error);
int section_is_standardised(const json_t *dataset); /* features or targets */
int section_has_scaled_targets(const json_t *dataset);

/* /network, without its start values. */
void section_network(const json_t *network, const struct shape *shape, struct network *out);
void section_check_network(const json_t *network, const struct shape *shape, struct faults *faults);

/* /network/init: fills parameters[network_n_parameters]. 0, or -1 with ERROR_MEMORY. */
void section_check_init(const json_t *init, const struct network *network, struct faults *faults);
int section_init(const json_t *init, const struct network *network, double *parameters,
                 struct error *error);

/* /network/init of a run that goes on from another's state: whether it is one; whether the rest of
 * `run`, which has all three sections, lets it, with faults at the fields that do not; and fills
 * the plan's parameters and its start, for a training on n_samples samples. The plan has network
 * and training, and is the caller's to clear after a failure too. */
int section_is_continued(const json_t *init);
void section_check_continue(const json_t *run, const struct shape *shape, struct faults *faults);
int section_continue(const json_t *init, size_t n_samples, struct run_plan *plan,
                     struct error *error);

/* /training. */
void section_training(const json_t *training, const struct shape *shape, struct training *out);
void section_check_training(const json_t *training, const struct shape *shape,
                            struct faults *faults);

/* Whether /network's outputs and /dataset's targets are such as /training's loss is made for; `run`
 * has all three sections. */
void section_check_loss(const json_t *run, struct library *library, const struct shape *shape,
                        struct faults *faults);

/* /predict: fills inputs[n_rows][n_features]. */
void section_predict(const json_t *predict, size_t n_features, double *inputs);
void section_check_predict(const json_t *predict, const struct shape *shape, struct faults *faults);

#endif
