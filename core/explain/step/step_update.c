/* A worked step, told: the batch's gradient, and what the optimizer makes of it. */
#include "core/explain/step/formula.h"
#include "core/explain/step/step_inside.h"

/* Samples of a batch whose shares in the gradient are told, in numbers. */
enum { SHARES_MAX = 20000 };

/* Each sample's share in the batch's gradient, in the order they are added. */
static void tell_shares(const struct step *step, struct derivative *it, double *share,
                        struct teller *teller)
{
    const struct walk *walk = step->walk;
    tell_list(teller, "samples");
    for (size_t i = walk->position - walk->n_batch; i < walk->position; i++) {
        for (size_t p = 0; p < walk->n_parameters; p++) {
            share[p] = 0.0;
        }
        double loss = derivative_forward(it, walk->before, step_features(walk, i),
                                         step_targets(walk, i));
        derivative_backward(it, walk->before, step_targets(walk, i), walk_scale(walk, it->scale),
                            share);
        tell_object(teller, NULL);
        tell_integer(teller, "sample", (int64_t)i);
        tell_integer(teller, "row", (int64_t)dataset_row(walk->dataset, walk->rows[i]));
        tell_numbers(teller, "outputs", derivative_outputs(it),
                     (size_t)network_n_outputs(walk->network));
        tell_number(teller, "loss", loss);
        tell_numbers(teller, "share", share, walk->n_parameters);
        tell_end(teller);
    }
    tell_end(teller);
}

int step_tell_batch(const struct step *step, struct teller *teller, struct error *error)
{
    const struct walk *walk = step->walk;
    struct derivative it;
    tell_object(teller, "batch");
    tell_integer(teller, "first", (int64_t)(walk->position - walk->n_batch));
    tell_integer(teller, "size", (int64_t)walk->n_batch);
    tell_text(teller, "reduction", training_reduction_name(walk->training->reduction));
    tell_text(teller, "tex",
              walk->training->reduction == REDUCTION_MEAN
                  ? "g=\\frac{1}{n}\\sum_{i}\\partial\\ell_{i}/\\partial p"
                  : "g=\\sum_{i}\\partial\\ell_{i}/\\partial p");
    if (walk->n_batch * walk->n_parameters <= SHARES_MAX) {
        if (derivative_init(&it, walk->network, walk->training->loss, walk->training->gradient,
                            error) != 0) {
            return -1;
        }
        tell_shares(step, &it, it.direction, teller);
        derivative_clear(&it);
    } else {
        tell_format(teller, "not_told", "the shares of %zu samples in %zu parameters",
                    walk->n_batch, walk->n_parameters);
    }
    tell_end(teller);
    return 0;
}

void step_zero_text(const struct step *step, size_t p, struct tex *out)
{
    const struct network *network = step->walk->network;
    struct naming_place place = naming_place(network, p);
    unsigned zeros = step->zeros[p];
    int n = 0, is_hidden = place.layer < network->n_layers - 1;
    char name[NAMING_BYTES];
    *out = (struct tex){.n = 0};
    if (step->walk->n_batch > 1 && zeros != STEP_ZERO_CANCELLED) {
        tex_add(out, "in each of the batch's %zu samples ", step->walk->n_batch);
    }
    if (zeros & STEP_ZERO_ERROR) {
        tex_add(out, "%sthe error is 0", n++ ? " and " : "");
    }
    if (zeros & STEP_ZERO_OUTGOING && is_hidden) {
        naming_parameter(network, network_weight(network, place.layer + 1, 0, place.unit), name);
        if (network->layers[place.layer + 1].units == 1) {
            tex_add(out, "%soutgoing weight %s is 0", n++ ? " and " : "", name);
        } else {
            tex_add(out, "%sall outgoing weights are 0", n++ ? " and " : "");
        }
    }
    if (zeros & STEP_ZERO_SLOPE) {
        enum activation activation = network->layers[place.layer].activation;
        naming_unit(network, place.layer, place.unit, 1, name);
        tex_add(out, "%sunit %d is %s: the slope at %s is 0", n++ ? " and " : "", place.unit + 1,
                activation == ACTIVATION_RELU ? "off" : "saturated", name);
    }
    if (zeros & STEP_ZERO_ABOVE) {
        tex_add(out, "%severy unit it feeds has slope 0 here", n++ ? " and " : "");
    }
    if (zeros & (STEP_ZERO_HIDDEN | STEP_ZERO_INPUT)) {
        naming_unit(network, place.layer - 1, place.input, 0, name);
        tex_add(out, "%s%s %s is 0", n++ ? " and " : "",
                zeros & STEP_ZERO_INPUT ? "input" : "hidden output", name);
    }
    if (zeros & STEP_ZERO_CANCELLED && n == 0) {
        tex_add(out, "no single factor is 0: terms cancel or are too small for a double");
    }
}

/* What the optimizer remembers of parameter p: v, s, or m and s, before and now. */
static void tell_memory(const struct walk *walk, size_t p, struct teller *teller)
{
    static const char *const V[] = {"v"}, *const S[] = {"s"}, *const M[] = {"m", "s"};
    enum optimizer optimizer = walk->training->optimizer;
    int n = optimizer_slots(optimizer);
    int has_v = optimizer == OPTIMIZER_MOMENTUM || optimizer == OPTIMIZER_NESTEROV;
    const char *const *names = n == 2 ? M : has_v ? V : S;
    if (n == 0) {
        return;
    }
    tell_object(teller, "memory");
    for (int k = 0; k < n; k++) {
        size_t at = (size_t)k * walk->n_parameters + p;
        double sign = names[k][0] == 's' ? 1.0 : -1.0; /* kept of minus the gradient */
        tell_object(teller, names[k]);
        tell_number(teller, "old", sign * walk->memory_before[at] + 0.0);
        tell_number(teller, "new", sign * walk->memory[at] + 0.0);
        tell_end(teller);
    }
    tell_end(teller);
}

static void tell_rows(const struct step *step, struct teller *teller)
{
    const struct walk *walk = step->walk;
    char name[NAMING_BYTES];
    struct tex text;
    tell_list(teller, "update");
    for (size_t p = 0; p < walk->n_parameters; p++) {
        tell_object(teller, NULL);
        naming_parameter(walk->network, p, name);
        tell_text(teller, "param", name);
        formula_gradient(walk->network, p, &text);
        tell_text(teller, "tex", text.text);
        tell_number(teller, "old", walk->before[p]);
        tell_number(teller, "grad", step->gradient[p] + 0.0); /* no minus zero */
        if (!training_is_plain(walk->training)) {
            tell_number(teller, "used", step->effective[p]);
        }
        if (walk->training->optimizer == OPTIMIZER_ADAMW) {
            tell_number(teller, "decayed", step->kept[p]);
        }
        tell_memory(walk, p, teller);
        tell_number(teller, "step", step->moved[p] + 0.0);
        tell_number(teller, "new", walk->parameters[p]);
        step_zero_text(step, p, &text);
        tell_text(teller, "zero_because", step->zeros[p] ? text.text : NULL);
        tell_end(teller);
    }
    tell_end(teller);
}

static void tell_rule(const struct step *step, struct teller *teller)
{
    const struct training *training = step->walk->training;
    const char *penalties[FORMULA_ROWS];
    int n = formula_penalties(training, penalties);
    tell_object(teller, "rule");
    tell_text(teller, "optimizer", optimizer_name(training->optimizer));
    tell_list(teller, "tex");
    for (int i = 0; i < n; i++) {
        tell_text(teller, NULL, penalties[i]);
    }
    for (const char *const *row = formula_update(training->optimizer); *row; row++) {
        tell_text(teller, NULL, *row);
    }
    tell_end(teller);
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (training->settings[i] > 0) {
            tell_number(teller, optimizer_setting_name((enum optimizer_setting)i),
                        training->settings[i]);
        }
    }
    tell_end(teller);
}

void step_tell_update(const struct step *step, struct teller *teller)
{
    tell_rule(step, teller);
    tell_rows(step, teller);
}
