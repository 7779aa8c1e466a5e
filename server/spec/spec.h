/* An experiment spec: from JSON, checked whole, expanded into runs.
 *
 * Every fault is found at once and named by its JSON pointer. A struct spec is immutable: any
 * thread may read it. */
#ifndef SERVER_SPEC_SPEC_H
#define SERVER_SPEC_SPEC_H

#include <jansson.h>

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

/* 1 if both runs go on from the same state, or from none (so that they can be trained in
 * lockstep). */
int spec_same_start(const struct spec *spec, int run_a, int run_b);

/* 1 if both runs have the same data set (so that one copy can serve both). */
int spec_same_dataset(const struct spec *spec, int run_a, int run_b);

#endif
