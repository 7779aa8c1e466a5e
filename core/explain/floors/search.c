/* The best network of a shape that can be found: descents from many starts.
 *
 * DESIGN. A start places its kinks among the data: weights of a size that fits the spread of what
 * the layer sees, and a bias that puts the unit's middle near one of the samples. The output layer,
 * where it is linear, is then the best one for those units, by least squares (of the
 * cross-entropies one that gives the classes' sums 2 and -2). So nearly every start
 * begins below the best plane, and all that a descent has to do is move the kinks. Starts are
 * numbered, each with a generator of its own, and their number comes from a count of operations:
 * the result does not depend on the machine. */
#include "core/explain/floors.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/base/math/rng.h"
#include "core/base/memory.h"
#include "core/explain/levenberg.h"

enum { STARTS_MAX = 200, STARTS_LEAST = 10, STEPS = 80, STEPS_AT_END = 400 };

/* Half a second at most, on the machine this was written on. */
#define SEARCH_WORK_MAX 1.5e9

/* A run that was this far below what the search found, as a share of it, is told so. */
#define WORTH_TELLING 1e-4

static int is_entropy(enum loss loss)
{
    return loss_activation(loss) != ACTIVATION_COUNT;
}

struct search {
    struct levenberg levenberg;
    const struct network *network; /* its: of the cross-entropies the last layer is linear */
    double *layer;       /* [n_points][widest]: what the next layer sees */
    double *next;        /* [n_points][widest] */
    double *parameters;  /* [n_parameters] of the start under way */
    double *best;        /* [n_parameters] */
    struct linalg_qr qr; /* of the last layer's inputs and ones */
    double *right;       /* [n_points] */
    double *solution;    /* [widest + 1] */
    struct rng rng;
};

static size_t widest_of(const struct network *network)
{
    size_t widest = (size_t)network->n_inputs;
    for (int l = 0; l < network->n_layers; l++) {
        size_t units = (size_t)network->layers[l].units;
        widest = units > widest ? units : widest;
    }
    return widest;
}

static void clear(struct search *it)
{
    levenberg_clear(&it->levenberg);
    free(it->layer);
    free(it->next);
    free(it->parameters);
    free(it->best);
    free(it->qr.matrix);
    free(it->qr.diagonal);
    free(it->qr.column);
    free(it->right);
    free(it->solution);
}

static int init(struct search *it, const struct network *network, const struct dataset *dataset,
                enum loss loss, struct error *error)
{
    size_t widest = widest_of(network), p = network_n_parameters(network);
    *it = (struct search){.network = &it->levenberg.network};
    if (levenberg_init(&it->levenberg, network, dataset, loss, error) != 0) {
        return -1;
    }
    size_t n = it->levenberg.n_points;
    it->layer = memory_array(n, widest * sizeof(double), error);
    it->next = memory_array(n, widest * sizeof(double), error);
    it->parameters = memory_array(p, sizeof(double), error);
    it->best = memory_array(p, sizeof(double), error);
    it->qr.matrix = memory_array(n, (widest + 1) * sizeof(double), error);
    it->qr.diagonal = memory_array(widest + 1, sizeof(double), error);
    it->qr.column = memory_array(widest + 1, sizeof *it->qr.column, error);
    it->right = memory_array(n, sizeof(double), error);
    it->solution = memory_array(widest + 1, sizeof(double), error);
    return it->layer && it->next && it->parameters && it->best && it->qr.matrix &&
                   it->qr.diagonal && it->qr.column && it->right && it->solution
               ? 0
               : -1;
}

/* --- a start -------------------------------------------------------------------------------- */

/* The standard deviation over the points of what input k of a layer is; 1 when it never changes. */
static double spread(const struct search *it, size_t n_inputs, size_t k)
{
    size_t n = it->levenberg.n_points;
    double mean = 0.0, sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        mean += it->layer[i * n_inputs + k] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double away = it->layer[i * n_inputs + k] - mean;
        sum += away * away / (double)n;
    }
    return sum > 0.0 ? sqrt(sum) : 1.0;
}

/* Weights and biases of layer l, which sees `layer`. */
static void draw_layer(struct search *it, int l)
{
    size_t n_inputs = (size_t)network_layer_inputs(it->network, l);
    for (int unit = 0; unit < it->network->layers[l].units; unit++) {
        double *weights = it->parameters + network_weight(it->network, l, unit, 0);
        size_t point = (size_t)rng_randint(&it->rng, 0, (int64_t)it->levenberg.n_points);
        double bias = 0.3 * rng_normal_fixed(&it->rng);
        for (size_t k = 0; k < n_inputs; k++) {
            weights[k] =
                rng_normal_fixed(&it->rng) / spread(it, n_inputs, k) / sqrt((double)n_inputs);
            bias -= weights[k] * it->layer[point * n_inputs + k];
        }
        it->parameters[network_bias(it->network, l, unit)] = bias;
    }
}

/* What layer l makes of the points becomes what the next one sees. */
static void pass_layer(struct search *it, int l)
{
    const struct network *network = it->network;
    size_t first = (size_t)network->n_inputs, units = (size_t)network->layers[l].units;
    for (int k = 0; k < l; k++) {
        first += (size_t)network->layers[k].units;
    }
    for (size_t i = 0; i < it->levenberg.n_points; i++) {
        derivative_forward(&it->levenberg.derivative, it->parameters,
                           it->levenberg.inputs + i * (size_t)network->n_inputs, NULL);
        memcpy(it->next + i * units, it->levenberg.derivative.units + first,
               units * sizeof *it->next);
    }
    double *layer = it->layer;
    it->layer = it->next;
    it->next = layer;
}

/* The linear output layer that is best for what it sees. */
static void fit_outputs(struct search *it)
{
    size_t n = it->levenberg.n_points, n_outputs = it->levenberg.n_outputs;
    int l = it->network->n_layers - 1, is_of_classes = is_entropy(it->levenberg.loss);
    size_t n_inputs = (size_t)network_layer_inputs(it->network, l);
    it->qr.n_rows = n;
    it->qr.n_columns = n_inputs + 1;
    for (size_t i = 0; i < n; i++) {
        double root = sqrt(it->levenberg.weights[i]);
        it->qr.matrix[i] = root;
        for (size_t k = 0; k < n_inputs; k++) {
            it->qr.matrix[(k + 1) * n + i] = root * it->layer[i * n_inputs + k];
        }
    }
    linalg_qr_factor(&it->qr);
    for (size_t j = 0; j < n_outputs; j++) {
        for (size_t i = 0; i < n; i++) {
            double target = it->levenberg.targets[i * n_outputs + j];
            it->right[i] = sqrt(it->levenberg.weights[i]) *
                           (is_of_classes ? 4.0 * target - 2.0 : target);
        }
        linalg_qr_rotate(&it->qr, it->right);
        linalg_qr_solve(&it->qr, it->right, it->solution);
        it->parameters[network_bias(it->network, l, (int)j)] = it->solution[0];
        memcpy(it->parameters + network_weight(it->network, l, (int)j, 0), it->solution + 1,
               n_inputs * sizeof *it->solution);
    }
}

static void draw_start(struct search *it, int start)
{
    int last = it->network->n_layers - 1;
    rng_seed(&it->rng, (uint32_t)start);
    memcpy(it->layer, it->levenberg.inputs,
           it->levenberg.n_points * (size_t)it->network->n_inputs * sizeof *it->layer);
    for (int l = 0; l < last; l++) {
        draw_layer(it, l);
        pass_layer(it, l);
    }
    if (it->network->layers[last].activation == ACTIVATION_LINEAR) {
        fit_outputs(it);
    } else {
        draw_layer(it, last);
    }
}

/* --- the search ----------------------------------------------------------------------------- */

/* How many starts the work allows: 0 when too few. */
static int start_count(const struct network *network, const struct floors *floors)
{
    int is_grouped = floors->loss == LOSS_MSE || is_entropy(floors->loss);
    double starts = SEARCH_WORK_MAX /
                    (levenberg_work(network, floors->loss,
                                    is_grouped ? floors->n_groups : floors->n_samples) * STEPS);
    return starts < STARTS_LEAST ? 0 : starts < STARTS_MAX ? (int)starts : STARTS_MAX;
}

/* Whether it can be any plane and nothing else: linear, and nowhere too narrow. A cross-entropy's
 * last layer counts by its weighted sums, of which softmax leaves one to choose. */
static int is_plane(const struct network *network, enum loss loss)
{
    int n_free = network_n_outputs(network) - (loss == LOSS_CATEGORICAL_CROSS_ENTROPY);
    int rank = network->n_inputs < n_free ? network->n_inputs : n_free;
    for (int l = 0; l < network->n_layers; l++) {
        int is_of_classes = l + 1 == network->n_layers && is_entropy(loss);
        if ((network->layers[l].activation != ACTIVATION_LINEAR && !is_of_classes) ||
            network->layers[l].units < rank) {
            return 0;
        }
    }
    return 1;
}

/* Descends from all starts, up to one that separates the classes, which leaves nothing to be found;
 * the lowest loss, NaN when stopped, infinity when none is finite. losses: [*n_starts], each
 * start's; *n_starts becomes how many there were. */
static double descend_all(struct search *it, double *losses, int *n_starts,
                          int (*stop)(void *context), void *context)
{
    double lowest = INFINITY;
    size_t bytes = it->levenberg.n_parameters * sizeof *it->best;
    for (int start = 0; start < *n_starts; start++) {
        if (stop && stop(context)) {
            return NAN;
        }
        draw_start(it, start);
        losses[start] = levenberg_descend(&it->levenberg, it->parameters, STEPS);
        if (losses[start] < lowest) {
            lowest = losses[start];
            memcpy(it->best, it->parameters, bytes);
        }
        *n_starts = lowest < it->levenberg.enough ? start + 1 : *n_starts;
    }
    return isinf(lowest) ? lowest : levenberg_descend(&it->levenberg, it->best, STEPS_AT_END);
}

/* No network is below pure error: there, the best loss is the lowest but for rounding. */
static int is_lowest(const struct floors *floors)
{
    return floors->value[FLOOR_BEST_KNOWN] - floors->value[FLOOR_PURE_ERROR] <=
           1e-10 * floors->value[FLOOR_CONSTANT];
}

static void take_result(struct floors *floors, double lowest, const double *losses, int n_starts)
{
    double first = INFINITY;
    floors->value[FLOOR_BEST_KNOWN] = lowest;
    floors->why[FLOOR_BEST_KNOWN] = NULL;
    floors->n_starts = n_starts;
    floors->n_agreeing = 0;
    for (int start = 0; start < n_starts; start++) { /* before the last, longer descent */
        first = losses[start] < first ? losses[start] : first;
    }
    for (int start = 0; start < n_starts; start++) {
        floors->n_agreeing += losses[start] <= first * (1.0 + 1e-6);
    }
    floors->missed_from = 0.0;
    floors->best_is_lowest = is_lowest(floors);
}

/* Classes that a network of this shape separates have an infimum of 0. */
static void take_infimum(struct floors *floors, int is_separable)
{
    if (is_separable) {
        floors->value[FLOOR_BEST_KNOWN] = 0.0;
        floors->why[FLOOR_BEST_KNOWN] = "a network of this shape separates the classes: growing "
                                        "weights come as near to 0 as one likes, and none reaches "
                                        "it";
        floors->best_is_lowest = 1;
        floors->missed_from = 0.0;
    }
}

static int search(struct floors *floors, const struct network *network,
                  const struct dataset *dataset, int n_starts, int (*stop)(void *context),
                  void *context, struct error *error)
{
    struct search it;
    double *losses = memory_array((size_t)n_starts, sizeof *losses, error);
    int result = init(&it, network, dataset, floors->loss, error);
    if (!losses || result != 0) {
        result = -1;
        goto out;
    }
    double lowest = descend_all(&it, losses, &n_starts, stop, context);
    if (isnan(lowest)) {
        result = error_set(error, ERROR_BUSY, "stopped");
    } else if (isinf(lowest)) {
        floors->why[FLOOR_BEST_KNOWN] = "no start of the search had a finite loss";
    } else {
        take_result(floors, lowest, losses, n_starts);
        take_infimum(floors, lowest < it.levenberg.enough);
    }
out:
    clear(&it);
    free(losses);
    return result;
}

int floors_search(struct floors *floors, const struct network *network,
                  const struct dataset *dataset, int (*stop)(void *context), void *context,
                  struct error *error)
{
    int n_starts = start_count(network, floors);
    if (is_plane(network, floors->loss) && !isnan(floors->value[FLOOR_LINEAR])) {
        floors->value[FLOOR_BEST_KNOWN] = floors->value[FLOOR_LINEAR];
        floors->why[FLOOR_BEST_KNOWN] = floors->why[FLOOR_LINEAR];
        floors->best_is_lowest = 1;
    } else if (n_starts == 0) {
        floors->why[FLOOR_BEST_KNOWN] = "not searched for: the network and its data are too large";
    } else {
        return search(floors, network, dataset, n_starts, stop, context, error);
    }
    return 0;
}

void floors_lower(struct floors *floors, double loss, int is_separating)
{
    double best = floors->value[FLOOR_BEST_KNOWN];
    if (loss < best) {
        floors->value[FLOOR_BEST_KNOWN] = loss;
        floors->missed_from =
            !floors->best_is_lowest && loss < (1.0 - WORTH_TELLING) * best ? best : 0.0;
        floors->best_is_lowest |= is_lowest(floors);
    }
    take_infimum(floors, best > 0.0 && is_separating);
}
