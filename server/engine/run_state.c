/* The states of a run, by name. */
#include "server/engine/engine.h"

#include <string.h>

static const char *const names[RUN_STATES] = {
    [RUN_QUEUED] = "queued",     [RUN_RUNNING] = "running",     [RUN_DONE] = "done",
    [RUN_DIVERGED] = "diverged", [RUN_CANCELLED] = "cancelled", [RUN_FAILED] = "failed",
};

const char *run_state_name(enum run_state state)
{
    return names[state];
}

int run_state_find(const char *name)
{
    for (int state = 0; state < RUN_STATES; state++)
        if (strcmp(name, names[state]) == 0)
            return state;
    return -1;
}

int run_state_is_final(enum run_state state)
{
    return state != RUN_QUEUED && state != RUN_RUNNING;
}
