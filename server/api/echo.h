/* An echo: what a reader of an experiment was told last, for the others who stand at its place.
 *
 * A thousand readers of a live run ask for the same entries in the same moment. The first one's
 * frames are kept as they were printed, and handed to the others without asking the engine again.
 * All on the loop thread. */
#ifndef SERVER_API_ECHO_H
#define SERVER_API_ECHO_H

#include "server/api/frame.h"

/* How far a frame of an envelope brings its reader; 0: it is another frame. */
struct echo_reached {
    int run;
    int64_t epoch;
};

/* What is read depends on this alone. `version` is the watch's before the log was read. */
struct echo_place {
    char id[ENGINE_ID_BYTES];
    struct frame_cursor cursor;
    int exact;
    uint64_t version;
};

enum { ECHO_BYTES = 20 * 1024, ECHO_FRAMES = 64, ECHO_SLOTS = 16 };

/* Everything that was there to be told at a place. */
struct echo_said {
    int is_whole; /* 0: nothing is kept here, or not yet all */
    int is_over;  /* the last frame is the experiment's end */
    struct echo_place place;
    int n_frames;
    size_t ends[ECHO_FRAMES]; /* where each frame ends in bytes */
    struct frame_cursor cursors[ECHO_FRAMES]; /* behind each */
    struct echo_reached reached[ECHO_FRAMES];
    char bytes[ECHO_BYTES];
};

/* Starts zeroed and holds no memory but its own. */
struct echo {
    struct echo_said slots[ECHO_SLOTS];
    unsigned next; /* the slot that is given away next */
};

/* What was told at the place, or NULL; valid until the next echo_begin. */
const struct echo_said *echo_find(const struct echo *echo, const struct echo_place *place);

/* A slot to keep what is now told there: echo_add for each frame, then echo_end. */
struct echo_said *echo_begin(struct echo *echo, const struct echo_place *place);

/* `cursor` is behind the frame. What doesn't fit makes echo_end give the slot up. */
void echo_add(struct echo_said *said, const struct text *frame, const struct frame_cursor *cursor);

/* The frame added last is of an envelope. */
void echo_add_reached(struct echo_said *said, int run, int64_t epoch);

/* `is_whole`: there was nothing more to tell. Not calling it gives the slot up too. */
void echo_end(struct echo_said *said, int is_whole, int is_over);

#endif
