/* Forks: what asks for a run again, changed or continued, as the whole spec that it stands for. */
#ifndef SERVER_LAB_FORK_H
#define SERVER_LAB_FORK_H

#include <jansson.h>

#include "core/base/error.h"
#include "server/engine/engine.h"
#include "server/lab/replay.h"
#include "server/lab/shelf.h"
#include "server/spec/faults.h"

/* Where the runs are, and who may stop a replay. All borrowed. */
struct fork_desk {
    struct engine *engine;
    struct shelf *shelf;
    replay_stop_fn stop;
    void *context;
};

/* 1 if the posted body is a fork. */
int fork_is_asked(const json_t *posted);

/* {"fork": {"experiment", "run", "at"}, "changes"?, "name"?, "sweep"?} as a spec: that run's,
 * changed as server/spec/changes.h says.
 *   "at": "start"   the same start and data (the default)
 *   otherwise       it goes on: parameters, what the optimizer remembers and the generator of the
 *                   orders are those after that epoch, which is a number that the run has reached;
 *                   "end", its last whole epoch once it has ended, however it did; or "best", the
 *                   epoch that its record says had the best loss
 * Of a run that diverged, "end" is the epoch before the one in which it did. What comes out has
 * everything in it: the source may be deleted. A new reference; NULL with faults at their places in
 * the body, or with the error filled. Any thread; may train for REPLAY_MS. */
json_t *fork_expand(const struct fork_desk *desk, const json_t *posted, struct faults *faults,
                    struct error *error);

/* What `spec` says of the run that it was made from, with what is otherwise in it:
 * {"experiment", "run", "epoch", "changes"}, the changes as server/spec/difference.h says, null
 * when the source is gone. A new reference; NULL with nothing in the error where `spec` is no fork,
 * else with the error filled. Any thread. */
json_t *fork_origin(struct shelf *shelf, const struct spec *spec, struct error *error);

/* Moves the faults of the expanded spec to their places in the body. */
void fork_place_faults(const json_t *posted, struct faults *faults);

#endif
