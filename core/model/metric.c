/* Scoring of a network's parameters on samples. */
#include "core/model/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

#define LANES 1
#include "core/base/math/lanes.h"
#include "core/model/forward_lanes.h"
#include "core/model/hit_lanes.h"
#include "core/model/loss_lanes.h"

/* One measurement under way. */
struct measurement {
    const struct network *network;
    enum loss loss;
    const double *parameters;
    const struct metric_samples *samples;
    struct metric *metric;
    double *space;   /* [2][network_scratch]: units and sums, see forward_lanes.h */
    double *squares; /* [n_outputs] SSE of each output */
    size_t n_right;
};

int metric_is_of_classes(enum loss loss)
{
    return loss == LOSS_BINARY_CROSS_ENTROPY || loss == LOSS_CATEGORICAL_CROSS_ENTROPY;
}

double metric_work(const struct network *network, size_t n_samples)
{
    return (double)n_samples * (double)network_n_parameters(network);
}

void metric_clear(struct metric *metric)
{
    free(metric->confusion);
    free(metric->r2_by_output);
    *metric = (struct metric){0};
}

/* --- one sample ---------------------------------------------------------------------------- */

/* Mean or sum over the outputs, as `score` of the training core; `units` NULL: as trained on. */
static double sample_loss(enum loss loss, int n, const double *targets, const double *outputs,
                          const double *sums, const double *units)
{
    double total = 0.0, descent;
    for (int j = 0; j < n; j++) {
        double unit = units ? units[j] : 1.0;
        double value = loss_value(loss, unit * targets[j], unit * outputs[j], sums[j], &descent);
        total = j == 0 ? value : total + value;
    }
    return n > 1 && loss_is_mean(loss) ? total / (double)n : total;
}

/* The class that targets or outputs stand for; of several yeses and noes none. */
static int class_of(enum loss loss, const double *values, int n)
{
    return loss == LOSS_BINARY_CROSS_ENTROPY ? values[0] > 0.5
                                               : (int)hit_place(n, values, 1, 0);
}

static void count_classes(struct measurement *m, const double *targets, const double *outputs,
                          int n)
{
    m->n_right += (size_t)hit(m->loss, n, outputs, targets, 1, 0);
    if (m->metric->n_classes > 0) {
        size_t row = (size_t)class_of(m->loss, targets, n) * (size_t)m->metric->n_classes;
        m->metric->confusion[row + (size_t)class_of(m->loss, outputs, n)]++;
    }
}

static void add_squares(struct measurement *m, const double *targets, const double *outputs, int n)
{
    for (int j = 0; j < n; j++) {
        double error = targets[j] - outputs[j];
        m->squares[j] += error * error;
    }
}

static void measure_sample(struct measurement *m, size_t i)
{
    const struct network *network = m->network;
    int n = network_n_outputs(network);
    size_t n_inputs = (size_t)network->n_inputs;
    const double *targets = m->samples->targets + i * (size_t)n;
    double *sums = m->space + network_scratch(network);
    memcpy(m->space, m->samples->features + i * n_inputs, n_inputs * sizeof *m->space);
    const double *outputs = forward(network, m->parameters, m->space, sums);
    sums += outputs - m->space;
    m->metric->loss += sample_loss(m->loss, n, targets, outputs, sums, NULL);
    if (metric_is_of_classes(m->loss)) {
        count_classes(m, targets, outputs, n);
        return;
    }
    m->metric->loss_original_units +=
        sample_loss(m->loss, n, targets, outputs, sums, m->samples->units);
    add_squares(m, targets, outputs, n);
}

/* --- all samples --------------------------------------------------------------------------- */

/* SST of an output's targets, 0 exactly when they are all the same. */
static double spread(const struct metric_samples *samples, size_t n_outputs, size_t j)
{
    const double *targets = samples->targets + j;
    double sum = 0.0, squares = 0.0;
    int is_constant = 1;
    for (size_t i = 0; i < samples->n_samples; i++) {
        sum += targets[i * n_outputs];
        is_constant &= targets[i * n_outputs] == targets[0];
    }
    double mean = sum / (double)samples->n_samples;
    for (size_t i = 0; i < samples->n_samples && !is_constant; i++) {
        double difference = targets[i * n_outputs] - mean;
        squares += difference * difference;
    }
    return squares;
}

static double r2_of(double squares, double spread_of_all)
{
    double r2 = spread_of_all > 0.0 ? 1.0 - squares / spread_of_all : NAN;
    return isfinite(r2) ? r2 : NAN;
}

static void finish_r2(struct measurement *m)
{
    int n = m->metric->n_outputs;
    double squares = 0.0, spreads = 0.0;
    for (int j = 0; j < n; j++) {
        double unit = m->samples->units ? m->samples->units[j] : 1.0;
        double own_spread = spread(m->samples, (size_t)n, (size_t)j);
        m->metric->r2_by_output[j] = r2_of(m->squares[j], own_spread);
        squares += own_spread > 0.0 ? unit * unit * m->squares[j] : 0.0;
        spreads += unit * unit * own_spread;
    }
    m->metric->r2 = n == 1 ? m->metric->r2_by_output[0] : r2_of(squares, spreads);
}

static void finish(struct measurement *m)
{
    struct metric *metric = m->metric;
    double n = (double)metric->n_samples;
    metric->loss /= n;
    metric->loss_original_units =
        m->loss == LOSS_MSE || m->loss == LOSS_MAE ? metric->loss_original_units / n : NAN;
    metric->accuracy = metric_is_of_classes(m->loss) ? (double)m->n_right / n : NAN;
    metric->r2 = NAN;
    if (metric->n_outputs > 0) {
        finish_r2(m);
    }
}

/* How many classes have a matrix. */
static int matrix_size(enum loss loss, int n_outputs)
{
    int n = n_outputs;
    if (loss == LOSS_BINARY_CROSS_ENTROPY) {
        n = n_outputs == 1 ? 2 : 0;
    }
    return metric_is_of_classes(loss) && n <= METRIC_CLASSES_MAX ? n : 0;
}

int metric_measure(const struct network *network, enum loss loss, const double *parameters,
                   const struct metric_samples *samples, struct metric *out, struct error *error)
{
    int n_outputs = network_n_outputs(network);
    size_t n_classes = (size_t)matrix_size(loss, n_outputs);
    struct metric metric = {.n_samples = samples->n_samples,
                            .n_classes = (int)n_classes,
                            .n_outputs = metric_is_of_classes(loss) ? 0 : n_outputs};
    struct measurement m = {network, loss, parameters, samples, &metric, NULL, NULL, 0};
    m.space = memory_array(2 * network_scratch(network), sizeof *m.space, error);
    m.squares = memory_array((size_t)n_outputs, sizeof *m.squares, error);
    metric.confusion = memory_array(n_classes * n_classes, sizeof *metric.confusion, error);
    metric.r2_by_output = memory_array((size_t)n_outputs, sizeof *metric.r2_by_output, error);
    int failed = !m.space || !m.squares || !metric.confusion || !metric.r2_by_output;
    if (failed) {
        metric_clear(&metric);
    } else {
        for (size_t i = 0; i < samples->n_samples; i++) {
            measure_sample(&m, i);
        }
        finish(&m);
    }
    free(m.space);
    free(m.squares);
    *out = metric;
    return failed ? -1 : 0;
}
