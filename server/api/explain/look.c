/* A look: a run's parameters after some epoch, with its data. */
#include "server/api/explain/look.h"

#include <stdlib.h>

#include "server/api/route/parameter.h"

int look_integer(const struct look *look, const char *name, int64_t low, int64_t high,
                 int64_t missing, int64_t *out, struct error *error)
{
    const char *text = http_query(look->call->request, name);
    *out = missing;
    return text == NULL
               ? 0
               : parameter_integer(call_parameter(look->call, name), text, low, high, out, error);
}

static json_t *compute_at(struct look *look, look_fn compute, struct error *error)
{
    json_t *json = NULL;
    look->replay = call_replay(look->call, look->study);
    if (replay_parameters(&look->replay, look->epoch, &look->plan, &look->parameters, error) != 0)
        return NULL;
    if (spec_plan_data(look->study->spec, look->call->run, &look->plan, error) == 0)
        json = compute(look, error);
    free(look->parameters);
    run_plan_clear(&look->plan);
    return json;
}

void look_answer(struct call *call, look_fn compute)
{
    struct error error = ERROR_INIT;
    struct engine_run record = {0};
    struct look look = {.call = call};
    struct shelf *shelf = lab_shelf(call->api->lab);
    json_t *json = NULL;
    if (engine_find_run(lab_engine(call->api->lab), call->name, call->run, &record, &error) != 0) {
        http_reply_error(call->request, &error);
        return;
    }
    int result = call_query_epoch(call, &record, record.epoch, record.epoch, &look.epoch);
    engine_run_clear(&record);
    if (result != 0)
        return;
    look.study = shelf_take(shelf, call->name, &error);
    if (look.study != NULL) {
        json = compute_at(&look, compute, &error);
        shelf_release(shelf, look.study);
    }
    if (json == NULL && error.kind != ERROR_NONE)
        call_reply_replay_error(call, &error);
    else
        call_reply_json(call, 200, json);
}
