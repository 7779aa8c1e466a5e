/* Server-sent events: one log entry, or a part of it, as one frame. */
#ifndef SERVER_API_STREAM_FRAME_H
#define SERVER_API_STREAM_FRAME_H

#include <stdint.h>

#include "server/base/json.h"
#include "server/engine/engine.h"

/* No frame is longer than this, so that a stream's buffer takes any with its id. The other two are
 * for one series; of several it has fewer. */
enum { FRAME_BYTES_MAX = 16384, FRAME_EPOCHS = 400, FRAME_BUCKETS_MAX = 160 };

/* Where a reader stands in the log: it has had everything before `sequence`, and `n_sent` epochs
 * of that entry (FRAME_ALL: the whole entry; FRAME_DONE: also the experiment's end). Of an
 * envelope, which may be merged with others meanwhile, n_sent is the last epoch itself. */
struct frame_cursor {
    int64_t sequence;
    int64_t n_sent;
};
#define FRAME_ALL (INT64_MAX - 1)
#define FRAME_DONE INT64_MAX

/* "17", "17.512", "17.done" -> cursor; -1 when `id` is none of these. */
int frame_read_id(const char *id, struct frame_cursor *out);

/* The id's form of a cursor. */
void frame_print_cursor(struct text *text, const struct frame_cursor *cursor);

/* A frame: {"experiment", "run", "from", "to", "exact", "epochs", "loss"} and, where it is not
 * exact, "min" and "max": a bucket each, `epochs` the last one of it. Other series of the run have
 * columns likewise, "validation_loss", "validation_loss_min" and so on (column.h). from and to of a
 * run's frames follow each other without gap or repetition. After a merge the first bucket's
 * extremes may be those of some epochs before `from` too. */

/* The frame of a state has {"experiment", "run", "state", "epoch"} and, of a run that was done
 * before its last epoch, "stopped": why. */

/* The frame of a verdict has the members of its text, a JSON object, behind "experiment" and "run".
 */

/* 1 if the cursor, of this entry's sequence number, is at the end of something in it. */
int frame_is_place(const struct engine_entry *entry, const struct frame_cursor *cursor);

/* Appends the next frame of `entry` from n_sent on, but for its id, and moves the cursor behind it.
 * stride > 1 thins: buckets of so many epochs with their extremes in place of every loss, and of an
 * envelope neighbours merged until they have at least so many. */
void frame_print_entry(struct text *text, const char *experiment, const struct engine_entry *entry,
                       int64_t stride, struct frame_cursor *cursor);

/* The last frame of an experiment: its own state, and how many of its runs ended in each state
 * (n_in_state[RUN_STATES]; NULL: it is gone). */
void frame_print_end(struct text *text, const char *experiment, const char *state,
                     const int *n_in_state, struct frame_cursor *cursor);

#endif
