/* An echo: what readers of an experiment were told lately, for the others who stand at their place.
 *
 * A thousand readers of a live run ask for the same entries in the same moment. The first one's
 * frames are kept as they were printed, and handed to the others without asking the engine again.
 * All on the loop thread. */
#ifndef SERVER_API_STREAM_ECHO_H
#define SERVER_API_STREAM_ECHO_H

#include "server/api/stream/frame.h"

/* A telling: a reader begins to read, and is told everything that was there then, in as many frames
 * and turns as it takes. What it is told depends on this alone. */
struct echo_telling {
    char id[ENGINE_ID_BYTES];
    struct frame_cursor begin;
    int points;       /* as follower_create has it */
    uint64_t version; /* the watch's before the log was read */
};

/* A step of a telling: a frame, or the word that there are no more. */
struct echo_step {
    struct echo_telling telling;
    struct frame_cursor from, to; /* where its reader stands before and after */
    int is_last;                  /* nothing more is to be told in this telling */
    int is_over;                  /* nor in any other: the frame is the experiment's end */
    int run;                      /* of a frame of an envelope: how far it brings its reader */
    int64_t reached;              /* the epoch; 0: it is another frame */
    struct text frame;            /* empty: no frame */
};

enum { ECHO_STEPS = 256 };

/* Starts zeroed. Holds up to ECHO_STEPS frames of at most FRAME_BYTES_MAX each. */
struct echo {
    struct echo_step steps[ECHO_STEPS];
    unsigned next; /* the step that is given away next */
};
void echo_clear(struct echo *echo);

/* The step of the telling from that place on, or NULL; valid until the next echo_add. */
const struct echo_step *echo_find(const struct echo *echo, const struct echo_telling *telling,
                                  const struct frame_cursor *from);

/* Keeps a copy of a step in place of the oldest one; without memory for it, nothing. */
void echo_add(struct echo *echo, const struct echo_step *step);

#endif
