/* Stopping: what ends a run before its last epoch. */
#ifndef CORE_TRAIN_STOP_H
#define CORE_TRAIN_STOP_H

#include <stdint.h>

/* Looked at after every epoch, with that epoch's value of the monitored series (training.h). */
struct stop {
    int has_target;
    double target;    /* the run stops once the value is no more than this */
    int64_t patience; /* >= 1: it stops once so many epochs in a row did not improve; 0: never */
    double min_delta; /* >= 0, finite: only a value below the best one minus this improves */
    double seconds;   /* > 0: of training; 0: any. For who has a clock; block_stop then ends it */
};

/* Why a run ended before its last epoch or, for the target and the patience, in it. */
enum stopped { STOPPED_NOT, STOPPED_TARGET, STOPPED_PATIENCE, STOPPED_TIME, STOPPED_COUNT };

/* "", "target", "patience", "time". */
const char *stopped_name(enum stopped stopped);

/* What a run remembers for it. As Keras's EarlyStopping: the best value is one that improved. */
struct stop_watch {
    double best;    /* +inf before the first */
    int64_t waited; /* epochs since */
};

struct stop_watch stop_watch_start(void);

/* Takes one epoch's value, which may be no finite number: that improves nothing and reaches no
 * target. Looks for the target first. */
enum stopped stop_look(const struct stop *stop, struct stop_watch *watch, double value);

/* Whether it needs a look after every epoch. */
int stop_is_watchful(const struct stop *stop);

#endif
