/* When a run ends early. */
#include "core/train/stop.h"

#include <math.h>

static const char *const NAMES[STOPPED_COUNT] = {
    [STOPPED_NOT] = "",
    [STOPPED_TARGET] = "target",
    [STOPPED_PATIENCE] = "patience",
    [STOPPED_TIME] = "time",
};

const char *stopped_name(enum stopped stopped)
{
    return NAMES[stopped];
}

struct stop_watch stop_watch_start(void)
{
    return (struct stop_watch){.best = INFINITY};
}

enum stopped stop_look(const struct stop *stop, struct stop_watch *watch, double value)
{
    if (value < watch->best - stop->min_delta) {
        *watch = (struct stop_watch){.best = value};
    } else {
        watch->waited++;
    }
    if (stop->has_target && value <= stop->target) {
        return STOPPED_TARGET;
    }
    return stop->patience > 0 && watch->waited >= stop->patience ? STOPPED_PATIENCE : STOPPED_NOT;
}

int stop_is_watchful(const struct stop *stop)
{
    return stop->has_target || stop->patience > 0;
}
