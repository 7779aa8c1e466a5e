/* Checks single values: numbers, texts, words. */
#ifndef SERVER_SPEC_OPTION_LEAF_H
#define SERVER_SPEC_OPTION_LEAF_H

#include <jansson.h>

#include "server/spec/faults.h"
#include "server/spec/option/options.h"
#include "server/spec/place.h"

/* The value in its normalised form, a new reference; NULL with a fault at `place`. For the row
 * types text, name, formula, choice, integer, number and boolean. */
json_t *leaf_check(const struct option *option, const struct place *place, const json_t *value,
                   struct faults *faults);

/* Whether a text can name a column; a fault at `place` if not. */
int leaf_is_name(const struct place *place, const char *text, struct faults *faults);

/* Puts the fault "got ..., expected ..." at `place`. Returns NULL. */
json_t *leaf_refuse(const struct place *place, const json_t *value, const char *expected,
                    struct faults *faults);

/* For messages: "1 to 4096", "more than 0", "at least 2" or "" of the row's limits; `"mean" or
 * "sum"` of "mean|sum". */
enum { LEAF_TEXT_BYTES = 256 };
const char *leaf_print_range(char out[LEAF_TEXT_BYTES], const struct option *option);
const char *leaf_print_choices(char out[LEAF_TEXT_BYTES], const char *choices);

/* What a value of the row must be: "a whole number from 1 to 4096", "a list of 1 to 16". */
enum { LEAF_EXPECTED_BYTES = LEAF_TEXT_BYTES + 64 };
const char *leaf_print_expected(char out[LEAF_EXPECTED_BYTES], const struct option *option);

#endif
