/* One run after the other; the samples are made once for all that have the same. */
#include "server/api/sweep/outcomes.h"

#include <math.h>
#include <stdlib.h>

#include "core/model/metric.h"
#include "server/api/present.h"

/* The samples of a run, kept for those after it. */
struct samples {
    int run; /* whose they are; -1: none */
    struct run_plan plan;
};

static const struct dataset *dataset_of(const struct run_plan *plan, enum part part)
{
    return part == PART_TRAIN ? plan->dataset
                              : part == PART_VALIDATION ? plan->validation : plan->test;
}

static int take_samples(struct samples *samples, const struct study *study, int run,
                        struct error *error)
{
    if (samples->run >= 0 && spec_same_dataset(study->spec, samples->run, run))
        return 0;
    if (samples->run >= 0)
        run_plan_clear(&samples->plan);
    samples->run = -1;
    if (spec_plan(study->spec, run, 1, &samples->plan, error) != 0)
        return -1;
    samples->run = run;
    return 0;
}

static int score(const struct run_plan *plan, const double *parameters,
                 const struct dataset *dataset, struct outcome *out, struct error *error)
{
    struct metric metric;
    struct metric_samples samples = {dataset->n_samples, dataset->features, dataset->targets, NULL};
    if (metric_measure(&plan->network, plan->training.loss, parameters, &samples, &metric,
                       error) != 0)
        return -1;
    out->loss = isfinite(metric.loss) ? metric.loss : INFINITY;
    metric_clear(&metric);
    return 0;
}

/* Scores a run that came to its end; *work grows by what that takes. */
static int find_one(struct engine *engine, const struct study *study, int run, enum part part,
                    struct samples *samples, double *work, struct outcome *out,
                    struct error *error)
{
    struct run_plan plan;
    double *parameters;
    int64_t epoch;
    int result = -1;
    if (take_samples(samples, study, run, error) != 0)
        return -1;
    const struct dataset *dataset = dataset_of(&samples->plan, part);
    if (dataset == NULL)
        return error_set(error, ERROR_INVALID, "run %d has no samples for %s: "
                         "the spec's /dataset/split keeps none", run, part_name(part));
    if (present_load(engine, study, run, &plan, &parameters, &epoch, error) != 0)
        return -1;
    *work += metric_work(&plan.network, dataset->n_samples + samples->plan.dataset->n_samples);
    if (*work > OUTCOMES_WORK_MAX)
        error_set(error, ERROR_TOO_LARGE, "the runs are too large to be scored in one answer: "
                  "take fewer samples, smaller networks or fewer runs");
    else if (score(&plan, parameters, dataset, out, error) == 0)
        result = fate_find(&plan.network, parameters, samples->plan.dataset, &out->fate, error);
    free(parameters);
    run_plan_clear(&plan);
    return result;
}

struct finding {
    struct engine *engine;
    const struct study *study;
    enum part part;
    struct outcome *outcomes;
    struct error *error;
};

static int note_state(void *context, const struct engine_run *run)
{
    struct outcome *outcome = &((struct finding *)context)->outcomes[run->run];
    *outcome = (struct outcome){.has_ended = run->state == RUN_DONE || run->state == RUN_DIVERGED,
                                .loss = INFINITY, .fate = FATE_DIVERGED};
    if (run->state == RUN_DONE)
        outcome->fate = FATE_COUNT; /* to be found */
    return 0;
}

int outcomes_find(struct engine *engine, const struct study *study, enum part part,
                  struct outcome *outcomes, struct error *error)
{
    int n = spec_n_runs(study->spec), result = 0;
    double work = 0.0;
    struct samples samples = {.run = -1};
    struct finding finding = {engine, study, part, outcomes, error};
    if (engine_each_run(engine, study->id, 0, n, note_state, &finding, error) != 0)
        return -1;
    for (int run = 0; run < n && result == 0; run++)
        if (outcomes[run].has_ended && outcomes[run].fate == FATE_COUNT)
            result = find_one(engine, study, run, part, &samples, &work, &outcomes[run], error);
    if (samples.run >= 0)
        run_plan_clear(&samples.plan);
    return result;
}
