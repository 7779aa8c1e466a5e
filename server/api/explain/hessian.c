/* Hessians: the gradient and the curvatures of what is minimised, at a run's parameters. */
#include "core/explain/landscape/spectrum.h"
#include "server/api/explain/look.h"
#include "server/base/json_teller.h"

static json_t *compute(struct look *look, struct error *error)
{
    const struct training *training = &look->plan.training;
    struct spectrum spectrum;
    struct json_teller teller;
    if (spectrum_init(&spectrum, &look->plan.network, look->plan.dataset, training->loss,
                      training->gradient, look->parameters, error) != 0)
        return NULL;
    json_teller_init(&teller);
    tell_integer(&teller.teller, "epoch", look->epoch);
    int result = spectrum_tell(&spectrum, &look->plan.network, look->plan.dataset, training->loss,
                               training->gradient, look->parameters, &teller.teller, error);
    json_t *json = json_teller_take(&teller);
    spectrum_clear(&spectrum);
    if (result == 0)
        return json;
    json_decref(json);
    return NULL;
}

void hessian_get(struct call *call)
{
    look_answer(call, compute);
}
