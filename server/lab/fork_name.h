/* The name of a fork that was given none: its source's, and what is otherwise. */
#ifndef SERVER_LAB_FORK_NAME_H
#define SERVER_LAB_FORK_NAME_H

#include <stdint.h>

#include <jansson.h>

enum { FORK_NAME_MAX = 200 }; /* bytes; as many as a name may have characters */

/* "lr_0.025, run 3, from epoch 1000, learning_rate 0.01" for a fork of the experiment called
 * `source`; `run` is -1 for its only one, `epoch` 0 for the start. A source's name that is too long
 * is cut. Of `posted` only words and numbers that the table of options knows come in, whatever else
 * it says. Borrows; any thread. A new reference; NULL on memory failure. */
json_t *fork_name(const char *source, int run, int64_t epoch, const json_t *posted);

#endif
