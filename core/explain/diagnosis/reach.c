/* What the run itself had: the lowest loss on what it was trained on, of its weights at its start
 * or at an epoch's end. The best loss known for its network is never above that; and where any of
 * these weights have each sample's class on its own side, the infimum is 0. */
#include <math.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"

static void take(struct reach *reach, double loss, int64_t epoch)
{
    if (loss < reach->loss) {
        reach->loss = loss;
        reach->epoch = epoch;
    }
}

/* A diverged run was not replayed for its last epochs. */
static int look_at_epochs(struct examination *it, struct error *error)
{
    struct replay_run run = {it->subject->start, 1.0};
    int64_t epochs = it->subject->state.epoch;
    int status = 0;
    if (!it->end.block && it->setting.can_replay && epochs > 0) {
        status = replay_open_to_watch(&it->end, it->subject, &run, 1, epochs, SERIES_END_LOSS, NULL,
                                      error);
        status = status == 0 ? replay_to(&it->end, epochs, error) : -1;
    }
    if (status == 0 && it->end.block) {
        take(&it->reach, it->end.lowest, it->end.lowest_epoch);
    }
    return status;
}

/* Of the weights of the epoch with the lowest loss, 0: the start. */
static int separates_there(struct examination *it, int *out, struct error *error)
{
    struct replay_run run = {it->subject->start, 1.0};
    struct replay replay = {0};
    double *parameters = memory_array(it->n_parameters, sizeof *parameters, error);
    int status = parameters ? replay_open(&replay, it->subject, &run, 1,
                                          it->subject->state.epoch, error)
                            : -1;
    status = status == 0 ? replay_to(&replay, it->reach.epoch, error) : -1;
    if (status == 0) {
        replay_present(&replay, 0, parameters);
        *out = examination_count_wrong(it, parameters) == 0;
    }
    replay_close(&replay);
    free(parameters);
    return status;
}

int reach_find(struct examination *it, struct floors *floors, struct error *error)
{
    struct reach *reach = &it->reach;
    const struct subject *subject = it->subject;
    int has_classes = loss_activation(floors->loss) != ACTIVATION_COUNT, status = 0;
    if (isnan(floors->value[FLOOR_BEST_KNOWN])) {
        return 0;
    }
    *reach = (struct reach){.loss = INFINITY};
    take(reach, it->first_loss, 0);
    if (look_at_epochs(it, error) != 0) {
        return -1;
    }
    take(reach, it->now.loss, subject->state.epoch);
    if (has_classes && floors->value[FLOOR_BEST_KNOWN] > 0.0) {
        reach->is_separating = examination_count_wrong(it, subject->parameters) == 0;
        if (!reach->is_separating && reach->epoch < subject->state.epoch &&
            it->setting.can_replay) {
            status = separates_there(it, &reach->is_separating, error);
        }
    }
    floors_lower(floors, reach->loss, reach->is_separating);
    examination_compare(it);
    return status;
}
