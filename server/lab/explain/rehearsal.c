/* Training without a store. */
#include "server/lab/explain/rehearsal.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/memory.h"

enum { CALL_STEPS = 100000, CALL_EPOCHS = 4096 };

/* Trains to the end and notes the first and the last loss. */
static int train(struct rehearsal *it, struct block *block, double *losses, struct error *error)
{
    while (block_state(block, 0).status == BLOCK_RUNNING) {
        if (it->subject.stop != NULL && it->subject.stop(it->subject.context))
            return error_set(error, ERROR_BUSY, "given up");
        int64_t n = block_train(block, CALL_STEPS, CALL_EPOCHS, losses);
        int n_series = block_n_series(block);
        for (int64_t e = 0; e < n; e++) {
            double loss = losses[e * n_series];
            if (isnan(loss))
                continue;
            it->first_loss = isnan(it->first_loss) ? loss : it->first_loss;
            it->subject.printed_loss = loss;
        }
    }
    it->subject.state = block_state(block, 0);
    block_parameters(block, 0, it->parameters);
    return 0;
}

static void point_subject(struct rehearsal *it)
{
    it->subject.network = &it->plan.network;
    it->subject.dataset = it->plan.dataset;
    it->subject.validation = it->plan.validation;
    it->subject.training = &it->plan.training;
    it->subject.start = it->plan.parameters;
    it->subject.parameters = it->parameters;
}

int rehearsal_init(struct rehearsal *it, const struct spec *spec, int run,
                   int (*stop)(void *context), void *context, struct error *error)
{
    struct block *block = NULL;
    double *losses = NULL;
    int result = -1;
    *it = (struct rehearsal){.first_loss = NAN, .subject = {.printed_loss = NAN, .stop = stop,
                                                            .context = context}};
    if (spec_plan(spec, run, 1, &it->plan, error) != 0)
        return -1;
    struct block_run only = {&it->plan.training, it->plan.parameters};
    block = block_create_of(&(struct block_parts){.network = &it->plan.network,
                                                  .dataset = it->plan.dataset,
                                                  .validation = it->plan.validation,
                                                  .runs = &only, .n_runs = 1}, error);
    it->parameters = memory_array(network_n_parameters(&it->plan.network), sizeof *it->parameters,
                                  error);
    if (block == NULL || it->parameters == NULL)
        goto out;
    losses = memory_array(CALL_EPOCHS, (size_t)block_n_series(block) * sizeof *losses, error);
    if (losses != NULL && train(it, block, losses, error) == 0)
        result = 0;
    point_subject(it);
out:
    free(losses);
    block_destroy(block);
    if (result != 0)
        rehearsal_clear(it);
    return result;
}

void rehearsal_clear(struct rehearsal *it)
{
    free(it->parameters);
    run_plan_clear(&it->plan);
    it->parameters = NULL;
}
