/* Marking: a student's own numbers of a step, compared with the worked one.
 *
 * DESIGN. A slip is recognised by computing what it would give: a line names the few that apply to
 * its number, and the first whose value is the student's is told. */
#include "core/explain/step/mark.h"

#include <math.h>
#include <stdio.h>

#include "core/explain/step/formula.h"
#include "core/explain/step/step_inside.h"

enum { SLIPS_MAX = 8 };

/* One number of the step. */
struct line {
    const char *group; /* or NULL */
    char name[NAMING_BYTES];
    double expected;
    struct tex tex;
    int n_slips;
    struct {
        const char *what;
        double gives;
    } slips[SLIPS_MAX];
};

struct marking {
    const struct step *step;
    const struct mark_tolerance *tolerance;
    mark_ask_fn ask;
    void *context;
    struct teller *teller;
    int n_right, n_wrong;
    struct line line;       /* the present one */
    struct line first_wrong;
    double first_wrong_got;
};

/* What should be 0 is right within what rounding leaves. */
#define ZERO_WITHIN 1e-12

static int is_close(const struct mark_tolerance *tolerance, double got, double expected)
{
    double allowed = tolerance->relative * fabs(expected);
    if (expected == 0) {
        allowed = ZERO_WITHIN;
    } else if (tolerance->digits > 0) { /* half a unit of the last digit, and a double's rounding */
        double last = floor(log10(fabs(expected))) - (tolerance->digits - 1);
        allowed = 0.5 * pow(10.0, last) * (1.0 + 1e-9) + 1e-16 * fabs(expected);
    }
    return fabs(got - expected) <= allowed;
}

static void start_line(struct marking *marking, const char *group, double expected)
{
    marking->line = (struct line){.group = group, .expected = expected};
}

/* A slip that changes nothing is none. */
static void add_slip(struct line *line, const char *what, double gives)
{
    if (line->n_slips < SLIPS_MAX && isfinite(gives) && gives != line->expected) {
        line->slips[line->n_slips].what = what;
        line->slips[line->n_slips++].gives = gives;
    }
}

static const char *find_slip(const struct marking *marking, double got)
{
    const struct line *line = &marking->line;
    for (int i = 0; i < line->n_slips; i++) {
        if (is_close(marking->tolerance, got, line->slips[i].gives)) {
            return line->slips[i].what;
        }
    }
    return NULL;
}

static void tell_line(const struct marking *marking, const struct line *line, const char *name,
                      double got, int is_right, const char *slip)
{
    struct teller *teller = marking->teller;
    tell_object(teller, name);
    if (line->group) {
        tell_format(teller, "name", "%s/%s", line->group, line->name);
    } else {
        tell_text(teller, "name", line->name);
    }
    tell_number(teller, "got", got);
    tell_number(teller, "expected", line->expected);
    tell_flag(teller, "right", is_right);
    tell_text(teller, "tex", line->tex.text);
    tell_text(teller, "slip", slip);
    tell_end(teller);
}

/* Compares the line, now that it is known, with the student's number, if there is one. */
static void end_line(struct marking *marking)
{
    struct line *line = &marking->line;
    double got;
    if (!marking->ask(marking->context, line->group, line->name, &got)) {
        return;
    }
    add_slip(line, "the sign is turned", -line->expected);
    int is_right = is_close(marking->tolerance, got, line->expected);
    tell_line(marking, line, NULL, got, is_right, is_right ? NULL : find_slip(marking, got));
    if (!is_right && marking->n_wrong++ == 0) {
        marking->first_wrong = *line;
        marking->first_wrong_got = got;
    }
    marking->n_right += is_right;
}

/* --- forward --------------------------------------------------------------------------------- */

static void mark_unit(struct marking *marking, int layer, int unit, size_t inputs)
{
    const struct step *step = marking->step;
    const struct network *network = step->walk->network;
    double sum = step_sum(step, layer, unit, inputs);
    double bias = step->walk->before[network_bias(network, layer, unit)];
    size_t at = inputs + (size_t)network_layer_inputs(network, layer) + (size_t)unit;
    start_line(marking, NULL, sum);
    naming_unit(network, layer, unit, 1, marking->line.name);
    formula_sum(network, layer, unit, &marking->line.tex);
    add_slip(&marking->line, "the bias is missing", sum - bias);
    end_line(marking);
    if (!naming_is_linear(network, layer)) {
        start_line(marking, NULL, step->before.units[at]);
        naming_unit(network, layer, unit, 0, marking->line.name);
        formula_output(network, layer, unit, &marking->line.tex);
        add_slip(&marking->line, "the activation was left out", sum);
        end_line(marking);
    }
}

static void mark_forward(struct marking *marking)
{
    const struct network *network = marking->step->walk->network;
    size_t inputs = 0;
    for (int l = 0; l < network->n_layers; l++) {
        for (int j = 0; j < network->layers[l].units; j++) {
            mark_unit(marking, l, j, inputs);
        }
        inputs += (size_t)network_layer_inputs(network, l);
    }
}

static void mark_loss(struct marking *marking)
{
    const struct step *step = marking->step;
    double error = derivative_outputs(&step->before)[0] - step->targets[0];
    if (network_n_outputs(step->walk->network) == 1) {
        start_line(marking, NULL, error);
        snprintf(marking->line.name, NAMING_BYTES, "error");
        tex_add(&marking->line.tex, "e=f-y");
        end_line(marking);
    }
    start_line(marking, NULL, step->loss);
    snprintf(marking->line.name, NAMING_BYTES, "loss");
    formula_loss(step->walk->network, step->before.loss, &marking->line.tex);
    if (step->before.loss == LOSS_MSE) {
        add_slip(&marking->line, "this is half of it: the printed loss has no factor 1/2",
                 step->loss / 2);
        add_slip(&marking->line, "the square is missing", error);
        add_slip(&marking->line, "the square is missing", -error);
    }
    end_line(marking);
}

/* --- backward -------------------------------------------------------------------------------- */

/* The factor of the squared error, taken for the other one. */
static void add_factor_slips(struct marking *marking)
{
    struct line *line = &marking->line;
    if (marking->step->before.loss == LOSS_MSE && marking->step->before.factor == 1.0) {
        add_slip(line, "the factor 2 is missing", line->expected / 2);
    } else if (marking->step->before.loss == LOSS_MSE) {
        add_slip(line, "a factor 2 too many: the gradient here is that of half the square",
                 line->expected * 2);
    }
}

/* A hidden unit's delta if one thing is done wrong. */
static double wrong_delta(const struct step *step, int layer, int unit, size_t at,
                          int without_slope, const double *weights)
{
    const struct network *network = step->walk->network;
    size_t above = at - (size_t)unit + (size_t)network->layers[layer].units;
    double sum = 0.0;
    for (int k = 0; k < network->layers[layer + 1].units; k++) {
        sum += step->before.deltas[above + (size_t)k] *
               weights[network_weight(network, layer + 1, k, unit)];
    }
    return without_slope ? sum : sum * step_slope(&step->before, layer, at);
}

static void add_delta_slips(struct marking *marking, int layer, int unit, size_t at, double times)
{
    const struct step *step = marking->step;
    int is_last = layer == step->walk->network->n_layers - 1;
    add_factor_slips(marking);
    if (is_last) {
        return;
    }
    add_slip(&marking->line, "the activation's slope was forgotten",
             times * wrong_delta(step, layer, unit, at, 1, step->walk->before));
    add_slip(&marking->line,
             "the outgoing weight was taken AFTER its update; the old one belongs here",
             times * wrong_delta(step, layer, unit, at, 0, step->walk->parameters));
}

static void mark_deltas(struct marking *marking)
{
    const struct step *step = marking->step;
    const struct network *network = step->walk->network;
    size_t first = step->before.n_units;
    for (int l = network->n_layers - 1; l >= 0; l--) {
        first -= (size_t)network->layers[l].units;
        for (int j = 0; j < network->layers[l].units; j++) {
            start_line(marking, NULL, step->before.deltas[first + (size_t)j]);
            naming_delta(network, l, j, marking->line.name);
            if (l == network->n_layers - 1) {
                formula_delta(network, step->before.loss, j, &marking->line.tex);
            } else {
                formula_hidden_delta(network, l, j, &marking->line.tex);
            }
            add_delta_slips(marking, l, j, first + (size_t)j, 1.0);
            end_line(marking);
        }
    }
}

static void mark_gradients(struct marking *marking)
{
    const struct step *step = marking->step;
    const struct network *network = step->walk->network;
    for (size_t p = 0; p < step->walk->n_parameters; p++) {
        struct naming_place place = naming_place(network, p);
        size_t inputs = 0;
        for (int l = 0; l < place.layer; l++) {
            inputs += (size_t)network_layer_inputs(network, l);
        }
        size_t at = inputs + (size_t)network_layer_inputs(network, place.layer) +
                    (size_t)place.unit;
        start_line(marking, "gradients", step->gradient[p]);
        naming_parameter(network, p, marking->line.name);
        formula_gradient(network, p, &marking->line.tex);
        if (step->walk->n_batch == 1) {
            double by = place.input < 0 ? 1.0 : step->before.units[inputs + (size_t)place.input];
            add_delta_slips(marking, place.layer, place.unit, at, by);
            add_slip(&marking->line, "the input was left out", step->before.deltas[at]);
        } else {
            add_factor_slips(marking);
        }
        end_line(marking);
    }
}

static void mark_new(struct marking *marking)
{
    const struct step *step = marking->step;
    const struct walk *walk = step->walk;
    for (size_t p = 0; p < walk->n_parameters; p++) {
        start_line(marking, "new", walk->parameters[p]);
        naming_parameter(walk->network, p, marking->line.name);
        const char *const *row = formula_update(walk->training->optimizer);
        while (row[1]) {
            row++;
        }
        tex_add(&marking->line.tex, "%s", *row);
        add_slip(&marking->line, "the step was added with the wrong sign",
                 step->kept[p] - step->moved[p]);
        add_slip(&marking->line, "the learning rate is missing",
                 walk->before[p] - step->gradient[p]);
        add_slip(&marking->line, "this is the old value", walk->before[p]);
        if (step->before.loss == LOSS_MSE && step->before.factor == 1.0) {
            add_slip(&marking->line, "the factor 2 is missing",
                     step->kept[p] + step->moved[p] / 2);
        }
        end_line(marking);
    }
}

void mark_step(const struct step *step, const struct mark_tolerance *tolerance, mark_ask_fn ask,
               void *context, struct teller *teller)
{
    struct marking marking = {.step = step,
                              .tolerance = tolerance,
                              .ask = ask,
                              .context = context,
                              .teller = teller};
    tell_list(teller, "lines");
    mark_forward(&marking);
    mark_loss(&marking);
    mark_deltas(&marking);
    mark_gradients(&marking);
    mark_new(&marking);
    tell_end(teller);
    tell_integer(teller, "right", marking.n_right);
    tell_integer(teller, "wrong", marking.n_wrong);
    if (marking.n_wrong > 0) {
        marking.line = marking.first_wrong;
        tell_line(&marking, &marking.first_wrong, "first_wrong", marking.first_wrong_got, 0,
                  find_slip(&marking, marking.first_wrong_got));
    } else {
        tell_text(teller, "first_wrong", NULL);
    }
}
