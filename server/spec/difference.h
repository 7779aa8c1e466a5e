/* Differences: what a spec that was made from another has otherwise than that one. */
#ifndef SERVER_SPEC_DIFFERENCE_H
#define SERVER_SPEC_DIFFERENCE_H

#include <jansson.h>

enum { DIFFERENCE_VALUE_MAX = 200 };

/* {RFC 6901 pointer: {"from": value, "to": value}} for every field of dataset, network, training
 * and predict that differs in two normalised specs, in the order of the fields. null stands for a
 * field that is not there. A list is one field, but for the layers, where each has its own. Of a
 * value whose JSON is longer than DIFFERENCE_VALUE_MAX, as a table's rows may be, neither is told:
 * {}. Fields that `to` sweeps are not among them, since each of its runs has another; with
 * `is_continued` nor are the start values. Borrows; any thread. A new reference that shares nothing
 * with them; NULL on memory failure. */
json_t *difference_find(const json_t *from, const json_t *to, int is_continued);

#endif
