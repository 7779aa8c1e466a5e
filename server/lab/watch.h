/* Who is watching which experiment, and whether it has news.
 *
 * A watch is a counter that moves whenever something of its experiment was committed. A reader
 * compares it with the value it saw before reading the log; equal means nothing new. A second
 * counter moves only when something ended, for those who wait for no more than that. */
#ifndef SERVER_LAB_WATCH_H
#define SERVER_LAB_WATCH_H

#include <stdint.h>

#include "core/base/error.h"

struct watch;       /* one experiment's counter, shared by its watchers */
struct watch_board; /* one mutex inside; any thread */

struct watch_board *watch_board_create(struct error *error);
void watch_board_destroy(struct watch_board *board); /* every watch must be closed */

/* Starts watching `id` (whether it exists or not); NULL with ERROR_MEMORY. */
struct watch *watch_open(struct watch_board *board, const char *id, struct error *error);
void watch_close(struct watch_board *board, struct watch *watch);

/* Without a lock. Read it before reading the log. Never the same again, even when the experiment
 * was not watched in between. */
uint64_t watch_version(const struct watch *watch);

uint64_t watch_endings(const struct watch *watch); /* likewise */

/* Tells the watchers of `id` that something was committed. Call after the commit. */
void watch_touch(struct watch_board *board, const char *id);

/* The same when runs of it may have ended, or it was cancelled or removed. */
void watch_end(struct watch_board *board, const char *id);

#endif
