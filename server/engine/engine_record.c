/* What a caller got from the engine and gives up again: records of experiments and runs. */
#include "server/engine/engine.h"

#include <stdlib.h>

void engine_experiment_clear(struct engine_experiment *experiment)
{
    free(experiment->name);
    free(experiment->spec);
    experiment->name = NULL;
    experiment->spec = NULL;
}

void engine_run_clear(struct engine_run *run)
{
    free(run->overrides);
    free(run->message);
    free(run->headline);
    run->overrides = NULL;
    run->message = NULL;
    run->headline = NULL;
}
