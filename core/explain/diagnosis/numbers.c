/* Numbers that belong to no verdict: they have no threshold beyond which something is wrong. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"

/* The mean length of a sample's step, over that of the parameters. */
static int find_update_ratio(struct examination *it, struct error *error)
{
    size_t p = it->n_parameters;
    double *gradient = memory_array(p, sizeof *gradient, error), sum = 0.0;
    if (!gradient) {
        return -1;
    }
    for (size_t i = 0; i < it->n_samples; i++) {
        memset(gradient, 0, p * sizeof *gradient);
        derivative_sample(&it->derivative, it->subject->parameters, examination_features(it, i),
                          examination_targets(it, i), gradient);
        sum += linalg_norm(gradient, p);
    }
    it->numbers.update_ratio = examination_rate(it, it->subject->state.epoch) * sum /
                               (double)it->n_samples / linalg_norm(it->subject->parameters, p);
    free(gradient);
    return 0;
}

int numbers_find(struct examination *it, struct error *error)
{
    struct numbers *numbers = &it->numbers;
    numbers->sharpness = numbers->update_ratio = NAN;
    numbers->gradient_norm = linalg_norm(it->gradient, it->n_parameters);
    for (size_t i = 0; i < it->n_parameters; i++) {
        numbers->n_frozen += it->subject->parameters[i] == it->subject->start[i];
    }
    if (it->depth == EXPLAIN_LIVE || !it->setting.can_polish) {
        return 0;
    }
    if (it->eigenvalues) {
        numbers->sharpness = it->eigenvalues[it->n_parameters - 1];
        while (numbers->n_negative < (int64_t)it->n_parameters &&
               it->eigenvalues[numbers->n_negative] < -1e-10 * numbers->sharpness) {
            numbers->n_negative++;
        }
    }
    return find_update_ratio(it, error);
}

void numbers_tell(const struct examination *it, struct teller *teller)
{
    const struct numbers *numbers = &it->numbers;
    tell_object(teller, "numbers");
    tell_number(teller, "gradient_norm", numbers->gradient_norm);
    tell_number(teller, "update_ratio", numbers->update_ratio);
    tell_integer(teller, "unchanged_parameters", numbers->n_frozen);
    tell_number(teller, "balance_drift", it->balance.drift);
    tell_number(teller, "largest_curvature", numbers->sharpness);
    tell_integer(teller, "negative_curvatures", numbers->n_negative);
    tell_object(teller, "learning_rate_limits");
    limits_tell(it, teller);
    tell_end(teller);
    tell_object(teller, "gradient_check");
    gradient_check_tell(it, teller);
    tell_end(teller);
    tell_end(teller);
}
