/* A follower: one reader's place in one experiment's log.
 *
 * It holds a cursor, not a queue. Asked to read, it prints the log's entries behind its cursor, as
 * many as fit. Live, catch-up and resume are this one path. All on the loop thread. */
#ifndef SERVER_API_STREAM_FOLLOWER_H
#define SERVER_API_STREAM_FOLLOWER_H

#include <stddef.h>

#include "server/api/stream/echo.h"
#include "server/api/stream/frame.h"
#include "server/lab/lab.h"

struct follower;

/* How many buckets each run may take of a stream of so many runs. */
int follower_points(int n_runs);

/* Follows the experiment `id` of n_runs runs from `cursor` on. Runs that come faster than that, or
 * have long begun, are thinned to about `points` buckets; 0: never. NULL with ERROR_MEMORY. The lab
 * and the echo are borrowed. */
struct follower *follower_create(struct lab *lab, struct echo *echo, const char *id, int n_runs,
                                 int points, const struct frame_cursor *cursor,
                                 struct error *error);
void follower_destroy(struct follower *follower);

/* 1 if reading may give something. */
int follower_is_ready(const struct follower *follower);

/* 1 once the experiment's end was told: nothing comes any more. */
int follower_is_over(const struct follower *follower);

struct frame_cursor follower_cursor(const struct follower *follower);

/* Prints frames and gives each to `take`, which returns 1, or 0 when there is no room for it: then
 * the frame is printed again next time. A frame lacks its id and the empty line: follower_cursor
 * is already behind it when `take` is called. 0; -1 when the engine failed; 1 when entries were
 * merged where the reader came back to, so that it must be told to forget what it has, and begin
 * anew. */
typedef int (*follower_take_fn)(void *context, const struct text *frame);
int follower_read(struct follower *follower, follower_take_fn take, void *context);

/* Goes back to the beginning. */
void follower_restart(struct follower *follower);

/* 1 if `cursor` is a place in the log of `id`: its beginning, or one of its entries. */
int follower_knows(struct lab *lab, const char *id, const struct frame_cursor *cursor);

#endif
