/* The floors of experiments as the first events of their streams, kept where they are quickly
 * found.
 *
 * They follow from the spec alone, so they stand in no log; but to find them out may take longer
 * than the loop thread has. */
#ifndef SERVER_API_EXPLAIN_FLOORS_BOARD_H
#define SERVER_API_EXPLAIN_FLOORS_BOARD_H

#include <pthread.h>

#include "server/base/text.h"
#include "server/lab/shelf.h"

enum { FLOORS_BOARD_PLACES = 128 };

struct floors_board {
    pthread_mutex_t mutex; /* guards the rest */
    struct floors_place {
        char id[ENGINE_ID_BYTES]; /* "": free */
        char *frames;             /* owned */
    } places[FLOORS_BOARD_PLACES];
    unsigned next; /* the place that is given away next */
};
#define FLOORS_BOARD_INIT {.mutex = PTHREAD_MUTEX_INITIALIZER}
void floors_board_clear(struct floors_board *board);

/* Adds the experiment's frames to `out`; 0 when they are not on the board. Any thread, quick. */
int floors_board_find(struct floors_board *board, const char *id, struct text *out);

/* Finds them out and puts them on the board: {"experiment", "runs", "lines"} for each of the first
 * data sets that the runs have, `runs` those of it. Any thread, not the loop's. */
int floors_board_fill(struct floors_board *board, const struct study *study, struct error *error);

#endif
