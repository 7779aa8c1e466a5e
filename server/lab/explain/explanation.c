/* Explanations: what the core finds out about a run, as JSON. */
#include "server/lab/explain/explanation.h"

#include "core/explain/floors.h"
#include "server/base/json_teller.h"

static json_t *floors_json(const struct floors *floors)
{
    struct json_teller teller;
    json_teller_init(&teller);
    floors_tell(floors, &teller.teller);
    return json_teller_take(&teller);
}

json_t *explanation_floors(const struct spec *spec, int run, struct error *error)
{
    struct run_plan plan;
    json_t *json = NULL;
    if (spec_plan(spec, run, 1, &plan, error) != 0)
        return NULL;
    struct floors *floors = floors_create(plan.dataset, plan.training.loss, NULL, error);
    if (floors != NULL) {
        json = floors_json(floors);
        if (json == NULL)
            error_set(error, ERROR_MEMORY, "not enough memory for the floors");
    }
    floors_destroy(floors);
    run_plan_clear(&plan);
    return json;
}
