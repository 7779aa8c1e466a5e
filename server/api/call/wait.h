/* Prefer: wait=N (RFC 7240): an answer held until the experiment has ended, or a run is
 * explained. */
#ifndef SERVER_API_CALL_WAIT_H
#define SERVER_API_CALL_WAIT_H

#include "server/api/call/call.h"

enum { WAIT_S_MAX = 60 };

/* Replies to the call about an experiment. */
typedef void (*wait_reply_fn)(struct call *call, int status);

/* Has `reply` called with the status when every run of the experiment call->name has ended or the
 * seconds asked for, at most WAIT_S_MAX, have passed; at once when no waiting is asked for. For a
 * handler at a desk, as the last thing it does; the call may be gone when it returns to it. */
void wait_for_end(struct call *call, int status, wait_reply_fn reply);

/* The same until the call's run is explained as far as it will ever be. */
void wait_for_explanation(struct call *call, int status, wait_reply_fn reply);

/* The N of "wait=N" in a Prefer header (or NULL), at most WAIT_S_MAX; 0 when there is none. */
int wait_read_preference(const char *prefer);

#endif
