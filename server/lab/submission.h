/* Submissions: a spec as the engine stores it. */
#ifndef SERVER_LAB_SUBMISSION_H
#define SERVER_LAB_SUBMISSION_H

#include "core/base/error.h"
#include "server/engine/engine.h"
#include "server/spec/spec.h"

/* Stores the experiment under a new id, with a digest of its content unless the spec forbids to use
 * older results; fills out_id as engine_submit_once does. key: NULL, or then also ONCE_AGAIN and
 * ONCE_OTHER are answers. Borrows everything. Any thread; waits for the disk. */
enum engine_once submission_store(struct engine *engine, const struct spec *spec,
                                  const struct engine_key *key, char out_id[ENGINE_ID_BYTES],
                                  struct error *error);

#endif
