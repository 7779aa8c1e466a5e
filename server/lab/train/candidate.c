/* Runs loaded and compared, before any is claimed. */
#include "server/lab/train/candidate.h"

#include <stdlib.h>
#include <string.h>

#include "core/train/block/block.h"
#include "core/train/history.h"

void candidate_clear(struct candidate *candidate)
{
    run_plan_clear(&candidate->plan);
    free(candidate->checkpoint);
}

/* What is there of a run that was begun. One of an older store may have the loss alone, which it
 * goes on with, and have kept more epochs than are kept now. */
static int find_progress(struct candidate *candidate, struct engine *engine,
                         const struct study *study, struct error *error)
{
    struct engine_run record = {0};
    int n_runs = spec_n_runs(study->spec);
    if (candidate->epoch > 0) {
        if (engine_find_run(engine, study->id, candidate->run, &record, error) != 0)
            return -1;
        candidate->series = record.series;
        candidate->best = record.best;
        candidate->trained_ms = record.trained_ms;
        engine_run_clear(&record);
    }
    candidate->keep = history_keep(n_runs, series_n(candidate->series));
    if (candidate->epoch > candidate->keep && record.exact > candidate->keep)
        candidate->keep = record.exact;
    return 0;
}

/* A run that was not begun goes on from another's state, if its plan does. */
static void take_start(struct candidate *candidate)
{
    struct run_plan *plan = &candidate->plan;
    if (candidate->checkpoint != NULL)
        return;
    candidate->checkpoint = plan->start;
    candidate->checkpoint_bytes = plan->start_bytes;
    plan->start = NULL;
}

static int candidate_load(struct candidate *candidate, struct engine *engine,
                          const struct study *study, int run, int with_dataset,
                          struct error *error)
{
    memset(candidate, 0, sizeof *candidate);
    candidate->run = run;
    if (engine_checkpoint(engine, study->id, run, &candidate->checkpoint,
                          &candidate->checkpoint_bytes, &candidate->epoch, error) != 0)
        return -1;
    if (spec_plan(study->spec, run, with_dataset, &candidate->plan, error) == 0) {
        candidate->series = candidate->plan.series;
        take_start(candidate);
        if (find_progress(candidate, engine, study, error) == 0)
            return 0;
    }
    candidate_clear(candidate);
    return -1;
}

static int in_lockstep(const struct study *study, const struct candidate *a,
                       const struct candidate *b)
{
    return a->epoch == b->epoch && a->keep == b->keep && a->series == b->series &&
           network_same(&a->plan.network, &b->plan.network) &&
           training_in_lockstep(&a->plan.training, &b->plan.training) &&
           spec_same_start(study->spec, a->run, b->run) &&
           spec_same_dataset(study->spec, a->run, b->run);
}

int candidates_gather(struct engine *engine, const struct study *study, const int *runs,
                      int n_runs, struct candidate *candidates, struct error *error)
{
    int n = 0;
    for (; n < n_runs; n++) {
        if (candidate_load(&candidates[n], engine, study, runs[n], n == 0,
                           n == 0 ? error : NULL) != 0)
            return n == 0 ? -1 : n;
        const struct run_plan *first = &candidates[0].plan;
        if (n > 0 && (n >= block_runs_best(&first->network, &first->training) ||
                      !in_lockstep(study, &candidates[0], &candidates[n]))) {
            candidate_clear(&candidates[n]);
            return n;
        }
    }
    return n;
}
