/* Refusing what was posted: every fault with its place. */
#ifndef SERVER_API_CALL_REFUSE_H
#define SERVER_API_CALL_REFUSE_H

#include "server/api/call/call.h"
#include "server/spec/faults.h"

/* Replies 422 with every fault: its pointer and what was found and expected. */
void refuse_faults(struct call *call, const struct faults *faults);

/* Adds a fault for each member of the object but `known`. */
void refuse_others(const json_t *body, const char *known, struct faults *faults);

#endif
