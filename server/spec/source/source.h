/* Where a data set's samples come from: one source for each kind. Private to /dataset.
 *
 * All take the normalised JSON of /dataset, and the library of the spec. */
#ifndef SERVER_SPEC_SOURCE_SOURCE_H
#define SERVER_SPEC_SOURCE_SOURCE_H

#include "core/data/population.h"
#include "server/spec/place.h"
#include "server/spec/section/sections.h"

struct source {
    /* The shape but for n_train, told without making the data set. */
    struct shape (*shape)(const json_t *dataset, struct library *library);
    /* Adds what does not fit together; the shape is within the limits. NULL: nothing can. */
    void (*check)(const json_t *dataset, struct library *library, struct faults *faults);
    /* The data set of JSON without faults; the caller owns it. NULL with the error filled. */
    struct dataset *(*make)(const json_t *dataset, struct library *library, struct error *error);
    /* What such data sets are samples of; the caller owns it. NULL with ERROR_MEMORY. NULL: nothing
     * is known. */
    struct population *(*population)(const json_t *dataset, struct error *error);
};

extern const struct source source_formula, source_table, source_pattern, source_csv;

extern const struct place source_place; /* /dataset */

#endif
