/* An epoch, told row by row. */
#include "core/explain/step/epoch_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/derivative.h"
#include "core/explain/step/naming.h"
#include "core/explain/step/step.h"

/* The digits of so many units are told. */
enum { DIGITS_MAX = 63 };

/* What is known of a sample when it is visited. */
struct row {
    double loss, rho, step_norm, error;
    char on[DIGITS_MAX + 1];
    const char *zero_because;
};

struct epoch_rows {
    struct walk *walk; /* whose `position` is how many rows were visited */
    struct derivative it;
    struct row *rows;   /* [n_samples] */
    double *outputs;    /* [n_samples][n_outputs] */
    double *gradient; /* [n_parameters]: J's at the epoch's start, times the rate, of all batches */
    double *spare;      /* [n_outputs][n_parameters] */
};

static int is_plain_squared_error(const struct walk *walk)
{
    return walk->training->loss == LOSS_MSE && network_n_outputs(walk->network) == 1 &&
           walk->training->batch_size == 1 && training_is_plain(walk->training);
}

/* The digits of the units with a kink; what they add up to. */
static void note_units(const struct epoch_rows *epoch, struct row *row, int *out_n, int *out_n_off)
{
    const struct network *network = epoch->walk->network;
    size_t unit = (size_t)network->n_inputs;
    int n = 0, n_off = 0;
    for (int l = 0; l + 1 < network->n_layers; l++) {
        enum activation activation = network->layers[l].activation;
        int has_kink = activation == ACTIVATION_RELU || activation == ACTIVATION_LEAKY_RELU ||
                       activation == ACTIVATION_ELU;
        for (int j = 0; j < network->layers[l].units; j++, unit++) {
            int is_on = epoch->it.sums[unit] > 0;
            if (has_kink && n < DIGITS_MAX) {
                row->on[n++] = is_on ? '1' : '0';
            }
            n_off += activation == ACTIVATION_RELU && !is_on;
        }
    }
    *out_n = (int)(unit - (size_t)network->n_inputs);
    *out_n_off = n_off;
}

static const char *why_zero(const struct epoch_rows *epoch, const double *targets, int n_hidden,
                            int n_off)
{
    const struct network *network = epoch->walk->network;
    size_t first = epoch->it.n_units - (size_t)network_n_outputs(network), n_zero = 0;
    for (size_t i = first; i < epoch->it.n_units; i++) {
        n_zero += epoch->it.deltas[i] == 0;
    }
    if (n_zero == epoch->it.n_units - first) {
        int is_error = derivative_outputs(&epoch->it)[0] == targets[0];
        return is_error ? "the error is 0" : "the output's slope is 0";
    }
    if (n_hidden > 0 && n_off == n_hidden) {
        return "every hidden unit is off: only the output's bias gets a slope";
    }
    return n_off > 0 ? "the units that are off get no slope" : NULL;
}

static void visit(struct epoch_rows *epoch, size_t position, const double *parameters)
{
    struct walk *walk = epoch->walk;
    struct row *row = &epoch->rows[position];
    const double *targets = step_targets(walk, position);
    size_t n_outputs = (size_t)network_n_outputs(walk->network);
    int n_hidden, n_off;
    row->loss = derivative_forward(&epoch->it, parameters, step_features(walk, position), targets);
    derivative_backward(&epoch->it, parameters, targets, epoch->it.scale, NULL);
    memcpy(epoch->outputs + position * n_outputs, derivative_outputs(&epoch->it),
           n_outputs * sizeof(double));
    row->error = derivative_outputs(&epoch->it)[0] - targets[0];
    row->step_norm = row->rho = NAN;
    note_units(epoch, row, &n_hidden, &n_off);
    row->zero_because = why_zero(epoch, targets, n_hidden, n_off);
    if (is_plain_squared_error(walk)) {
        double square = 0.0;
        derivative_jacobian(&epoch->it, parameters, step_features(walk, position), epoch->spare);
        for (size_t p = 0; p < walk->n_parameters; p++) {
            square += epoch->spare[p] * epoch->spare[p];
        }
        row->rho = walk->pace[PACE_RATE] * epoch->it.scale * square;
    }
}

/* Adds what one sample's step would be at the epoch's start. */
static void add_gradient(struct epoch_rows *epoch, size_t position)
{
    struct walk *walk = epoch->walk;
    const double *targets = step_targets(walk, position);
    derivative_forward(&epoch->it, walk->start, step_features(walk, position), targets);
    derivative_backward(&epoch->it, walk->start, targets,
                        walk->pace[PACE_RATE] * walk_scale(walk, epoch->it.scale),
                        epoch->gradient);
}

static void go_through(struct epoch_rows *epoch)
{
    struct walk *walk = epoch->walk;
    while (walk_next_batch(walk) > 0 && walk_is_finite(walk)) {
        double square = 0.0;
        walk_batch(walk);
        for (size_t i = walk->position - walk->n_batch; i < walk->position; i++) {
            visit(epoch, i, walk->before);
            add_gradient(epoch, i);
        }
        for (size_t p = 0; p < walk->n_parameters; p++) {
            double step = walk->parameters[p] - walk->before[p];
            square += step * step;
        }
        epoch->rows[walk->position - 1].step_norm = sqrt(square);
    }
}

/* --- telling --------------------------------------------------------------------------------- */

static void tell_column(const struct epoch_rows *epoch, const char *name, size_t offset,
                        struct teller *teller)
{
    tell_list(teller, name);
    for (size_t i = 0; i < epoch->walk->position; i++) {
        tell_number(teller, NULL, *(const double *)((const char *)&epoch->rows[i] + offset));
    }
    tell_end(teller);
}

static void tell_rows(const struct epoch_rows *epoch, struct teller *teller)
{
    const struct walk *walk = epoch->walk;
    size_t n = walk->position, n_outputs = (size_t)network_n_outputs(walk->network);
    tell_object(teller, "rows");
    tell_list(teller, "sample");
    for (size_t i = 0; i < n; i++) {
        tell_integer(teller, NULL, (int64_t)i);
    }
    tell_end(teller);
    tell_list(teller, "row");
    for (size_t i = 0; i < n; i++) {
        tell_integer(teller, NULL, (int64_t)dataset_row(walk->dataset, walk->rows[i]));
    }
    tell_end(teller);
    tell_list(teller, "outputs");
    for (size_t i = 0; i < n; i++) {
        tell_numbers(teller, NULL, epoch->outputs + i * n_outputs, n_outputs);
    }
    tell_end(teller);
    if (n_outputs == 1) {
        tell_column(epoch, "error", offsetof(struct row, error), teller);
    }
    tell_column(epoch, "loss", offsetof(struct row, loss), teller);
    if (is_plain_squared_error(walk)) {
        tell_column(epoch, "rho", offsetof(struct row, rho), teller);
    }
    tell_list(teller, "on");
    for (size_t i = 0; i < n; i++) {
        tell_text(teller, NULL, epoch->rows[i].on);
    }
    tell_end(teller);
    tell_column(epoch, "step_norm", offsetof(struct row, step_norm), teller);
    tell_list(teller, "zero_because");
    for (size_t i = 0; i < n; i++) {
        tell_text(teller, NULL, epoch->rows[i].zero_because);
    }
    tell_end(teller);
    tell_end(teller);
}

static void tell_parameters(const struct epoch_rows *epoch, struct teller *teller)
{
    const struct walk *walk = epoch->walk;
    int is_plain = training_is_plain(walk->training);
    char name[NAMING_BYTES];
    tell_list(teller, "parameters");
    for (size_t p = 0; p < walk->n_parameters; p++) {
        double moved = walk->parameters[p] - walk->start[p];
        naming_parameter(walk->network, p, name);
        tell_object(teller, NULL);
        tell_text(teller, "param", name);
        tell_number(teller, "start", walk->start[p]);
        tell_number(teller, "end", walk->parameters[p]);
        tell_number(teller, "sum_of_steps", moved);
        if (is_plain) {
            tell_number(teller, "at_start", -epoch->gradient[p]);
            tell_number(teller, "sequential_effect", moved + epoch->gradient[p]);
        }
        tell_end(teller);
    }
    tell_end(teller);
}

static void tell(struct epoch_rows *epoch, struct teller *teller)
{
    struct walk *walk = epoch->walk;
    tell_text(teller, "kind", "epoch");
    tell_integer(teller, "epoch", walk->epoch);
    tell_number(teller, "learning_rate", walk->pace[PACE_RATE]);
    tell_integer(teller, "batch_size", (int64_t)walk->training->batch_size);
    tell_text(teller, "order", training_order_name(walk->training->order));
    tell_rows(epoch, teller);
    tell_parameters(epoch, teller);
    if (training_is_plain(walk->training)) {
        tell_text(teller, "at_start_tex", walk->training->batch_size == 1
                                              ? "-\\eta\\,N\\,\\nabla J(p_{start})"
                                              : "-\\eta\\sum_{batches}\\nabla J_{b}(p_{start})");
    }
    tell_object(teller, "loss");
    tell_number(teller, "printed", walk_printed_loss(walk));
    tell_number(teller, "start",
                derivative_data(&epoch->it, walk->start, walk->dataset, NULL));
    tell_number(teller, "end",
                walk_is_finite(walk)
                    ? derivative_data(&epoch->it, walk->parameters, walk->dataset, NULL)
                    : NAN);
    tell_end(teller);
}

static void clear(struct epoch_rows *epoch)
{
    derivative_clear(&epoch->it);
    free(epoch->rows);
    free(epoch->outputs);
    free(epoch->gradient);
    free(epoch->spare);
}

int epoch_rows_tell(struct walk *walk, struct teller *teller, struct error *error)
{
    size_t n = walk->dataset->n_samples, n_outputs = (size_t)network_n_outputs(walk->network);
    struct epoch_rows epoch = {.walk = walk};
    if (n > EPOCH_ROWS_MAX || n * walk->n_parameters > EPOCH_ROWS_WORK_MAX) {
        return error_set(error, ERROR_TOO_LARGE,
                         "the epoch has %zu samples of %zu parameters; one is told of at most %d "
                         "samples and %d samples times parameters: ask for one sample",
                         n, walk->n_parameters, EPOCH_ROWS_MAX, EPOCH_ROWS_WORK_MAX);
    }
    epoch.rows = memory_array(n, sizeof *epoch.rows, error);
    epoch.outputs = memory_array(n * n_outputs, sizeof(double), error);
    epoch.gradient = memory_array(walk->n_parameters, sizeof(double), error);
    epoch.spare = memory_array(n_outputs * walk->n_parameters, sizeof(double), error);
    int result = -1;
    if (epoch.rows && epoch.outputs && epoch.gradient && epoch.spare &&
        derivative_init(&epoch.it, walk->network, walk->training->loss, walk->training->gradient,
                        error) == 0) {
        go_through(&epoch);
        tell(&epoch, teller);
        result = 0;
    }
    clear(&epoch);
    return result;
}
