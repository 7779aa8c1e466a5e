/* Floors: what is known of a data set before any training.
 *
 * DESIGN. Everything that training can be measured against is here a list of values, each with a
 * reason where there is none: nothing is left out silently. What takes long is in files of its own,
 * and bounded by a count of operations, never by time, so that the same data give the same floors
 * everywhere. */
#include "core/explain/floors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/statistics.h"
#include "core/base/memory.h"
#include "core/explain/floors/constant.h"
#include "core/explain/floors/groups.h"
#include "core/explain/floors/logistic.h"
#include "core/explain/floors/plane.h"
#include "core/explain/floors/robust.h"

/* About 100 ms. */
#define LOGISTIC_WORK_MAX 1e8

static int is_entropy(enum loss loss)
{
    return loss == LOSS_BINARY_CROSS_ENTROPY || loss == LOSS_CATEGORICAL_CROSS_ENTROPY;
}

static void set(struct floors *floors, enum floor floor, double value, const char *why)
{
    int is_lost = !isfinite(value) && !why;
    floors->value[floor] = isfinite(value) ? value : NAN;
    floors->why[floor] = is_lost ? "the numbers are too large to be squared and added" : why;
}

/* --- the training part ---------------------------------------------------------------------- */

static int find_constant(struct floors *floors, const struct dataset *dataset, struct error *error)
{
    size_t n = dataset->n_samples, n_outputs = dataset->n_targets;
    double *values = memory_array(n, sizeof *values, error);
    double sum = 0.0;
    if (!values) {
        return -1;
    }
    for (size_t j = 0; j < n_outputs; j++) {
        for (size_t i = 0; i < n; i++) {
            values[i] = dataset->targets[i * n_outputs + j];
        }
        floors->mean[j] = statistics_mean(values, n);
        floors->deviation = fmax(floors->deviation, sqrt(statistics_variance(values, n)));
        sum += constant_sum(floors->loss, values, n);
    }
    double n_mean = loss_is_mean(floors->loss) ? (double)n_outputs : 1.0;
    set(floors, FLOOR_CONSTANT, sum / n_mean / (double)n, NULL);
    free(values);
    return 0;
}

static double find_longest(const struct dataset *dataset)
{
    const double *x = dataset->features;
    double longest = 0.0;
    for (size_t i = 0; i < dataset->n_samples; i++, x += dataset->n_features) {
        double sum = 0.0;
        for (size_t k = 0; k < dataset->n_features; k++) {
            sum += x[k] * x[k];
        }
        longest = longest > sum ? longest : sum;
    }
    return longest;
}

static int find_pure_error(struct floors *floors, const struct dataset *dataset,
                           struct error *error)
{
    struct groups groups;
    double value = 0.0;
    int result = groups_find(&groups, dataset, error);
    if (result == 0 && groups.n < dataset->n_samples) {
        result = groups_loss(&groups, dataset, floors->loss, &value, error);
    }
    if (result == 0) {
        floors->n_groups = groups.n;
        set(floors, FLOOR_PURE_ERROR, value,
            groups.n < dataset->n_samples
                ? NULL
                : "no inputs come twice, so a function could give every sample its own target: "
                  "this says nothing");
    }
    groups_clear(&groups);
    return result;
}

static int find_logistic(struct floors *floors, const struct plane *plane,
                         const struct dataset *dataset, struct error *error)
{
    enum logistic_end end;
    double value;
    if (logistic_work(dataset, floors->loss) > LOGISTIC_WORK_MAX) {
        set(floors, FLOOR_LINEAR, NAN,
            "logistic regression of so many samples, inputs and classes takes too long here");
        return 0;
    }
    if (logistic_fit(plane, dataset, floors->loss, &value, &end, error) != 0) {
        return -1;
    }
    set(floors, FLOOR_LINEAR, end == LOGISTIC_LOST ? NAN : value,
        end == LOGISTIC_LOST ? "Newton's method did not settle"
        : end == LOGISTIC_SEPARABLE
            ? "planes separate the classes: growing weights come as near to "
              "0 as one likes, and none reaches it"
            : NULL);
    return 0;
}

/* The plane by least squares: the sum of the squares that are left. */
static double fit_squares(struct floors *floors, struct plane *plane, const struct dataset *dataset)
{
    size_t n_columns = dataset->n_features + 1;
    double sum = 0.0;
    for (size_t j = 0; j < dataset->n_targets; j++) {
        sum += plane_fit(plane, dataset, j, floors->coefficients + j * n_columns);
    }
    return sum;
}

static int find_robust(struct floors *floors, struct plane *plane, const struct dataset *dataset,
                       struct error *error)
{
    double value;
    if (robust_fit(plane, dataset, floors->loss, &value, floors->coefficients, error) != 0) {
        return -1;
    }
    if (isnan(value)) {
        fit_squares(floors, plane, dataset);
    }
    /* a constant is a plane, too, without its rounding */
    value = isnan(value) ? value : fmin(value, floors->value[FLOOR_CONSTANT]);
    set(floors, FLOOR_LINEAR, value,
        isnan(value) ? "no plane could be proved to be the best" : NULL);
    return 0;
}

static int find_linear(struct floors *floors, const struct dataset *dataset, struct error *error)
{
    struct plane plane;
    if (!plane_is_cheap(dataset)) {
        set(floors, FLOOR_LINEAR, NAN,
            "least squares of so many samples and inputs takes too long here");
        return 0;
    }
    floors->coefficients =
        memory_array(dataset->n_targets, (dataset->n_features + 1) * sizeof(double), error);
    int result = plane_factor(&plane, dataset, error);
    if (!floors->coefficients || result != 0) {
        plane_clear(&plane);
        return -1;
    }
    floors->rank = plane.qr.rank;
    double squares = fit_squares(floors, &plane, dataset);
    if (floors->loss == LOSS_MSE) {
        set(floors, FLOOR_LINEAR, squares / (double)dataset->n_samples / (double)dataset->n_targets,
            NULL);
    } else if (is_entropy(floors->loss)) {
        result = find_logistic(floors, &plane, dataset, error);
    } else {
        result = find_robust(floors, &plane, dataset, error);
    }
    plane_clear(&plane);
    return result;
}

/* The tail of F = (more / n) / (rest / m): what n more parameters explain beside what is left. */
static double test(double more, double n, double rest, double m)
{
    if (!(n > 0.0 && m > 0.0) || rest < 0.0 || !(more > 0.0 || rest > 0.0)) {
        return NAN;
    }
    return statistics_f_tail(more > 0.0 ? more / n / (rest / m) : 0.0, n, m);
}

static void run_tests(struct floors *floors)
{
    double n = (double)floors->n_samples, rank = (double)floors->rank, g = (double)floors->n_groups;
    double total = n * floors->value[FLOOR_CONSTANT], linear = n * floors->value[FLOOR_LINEAR];
    double pure = n * floors->value[FLOOR_PURE_ERROR];
    int has_plane = floors->rank > 0, has_pure = floors->n_groups < floors->n_samples;
    if (floors->loss != LOSS_MSE || floors->n_outputs != 1 || !(total > 0.0)) {
        return;
    }
    if (has_plane) {
        floors->r2 = 1.0 - linear / total;
        floors->linear_p = test(total - linear, rank - 1.0, linear, n - rank);
    }
    if (has_pure) {
        floors->noise_estimate = pure / (n - g);
    }
    if (has_pure && pure > 0.0) {
        floors->anova_p = test(total - pure, g - 1.0, pure, n - g);
        floors->lack_of_fit_p = has_plane ? test(linear - pure, g - rank, pure, n - g) : NAN;
    }
}

/* The smallest R^2 of a plane that the F-test would have noticed at 5 %, by bisection. */
static double find_smallest_r2(const struct floors *floors)
{
    double n = (double)floors->n_samples, slopes = (double)floors->rank - 1.0;
    double low = 0.0, high = 1.0, rest = n - slopes - 1.0;
    if (!(slopes >= 1.0) || !(rest >= 1.0)) {
        return NAN;
    }
    for (int i = 0; i < 60; i++) {
        double r2 = 0.5 * (low + high);
        double f = r2 / slopes / ((1.0 - r2) / rest);
        if (statistics_f_tail(f, slopes, rest) > 0.05) {
            low = r2;
        } else {
            high = r2;
        }
    }
    return high;
}

/* --- the population ------------------------------------------------------------------------- */

/* The lowest expected loss of any function, from the points' expected targets: of a cross-entropy,
 * which is linear in the targets, the entropy of what is expected. */
static double expected_entropy(enum loss loss, const double *means, size_t n_outputs)
{
    double sum = 0.0;
    for (size_t j = 0; j < n_outputs; j++) {
        sum += loss == LOSS_BINARY_CROSS_ENTROPY ? constant_entropy(means[j])
                                                 : constant_entropy_part(means[j]);
    }
    return loss_is_mean(loss) ? sum / (double)n_outputs : sum;
}

/* The mean of output j over the population. */
static double population_mean(const struct population *population, size_t j)
{
    double sum = 0.0;
    for (size_t i = 0; i < population->n_points; i++) {
        sum += population->weights[i] * population->means[i * population->n_outputs + j];
    }
    return sum;
}

static void find_entropies(struct floors *floors, const struct population *population)
{
    size_t n_outputs = population->n_outputs;
    double noise = 0.0, constant = 0.0;
    for (size_t i = 0; i < population->n_points; i++) {
        noise += population->weights[i] *
                 expected_entropy(floors->loss, population->means + i * n_outputs, n_outputs);
    }
    for (size_t j = 0; j < n_outputs; j++) {
        double mean = population_mean(population, j);
        constant += expected_entropy(floors->loss, &mean, 1);
    }
    set(floors, FLOOR_NOISE, noise, NULL);
    set(floors, FLOOR_POPULATION_CONSTANT,
        loss_is_mean(floors->loss) ? constant / (double)n_outputs : constant, NULL);
}

static void find_variances(struct floors *floors, const struct population *population)
{
    size_t n_outputs = population->n_outputs;
    double noise = 0.0, spread = 0.0, n = (double)floors->n_samples;
    for (size_t j = 0; j < n_outputs; j++) {
        double mean = population_mean(population, j);
        noise += population->noise[j] / (double)n_outputs;
        for (size_t i = 0; i < population->n_points; i++) {
            double away = population->means[i * n_outputs + j] - mean;
            spread += population->weights[i] * away * away / (double)n_outputs;
        }
    }
    if (!isnan(noise)) {
        set(floors, FLOOR_NOISE, noise, NULL);
        floors->expected_pure_error =
            floors->n_groups > 0 ? noise * (n - (double)floors->n_groups) / n : NAN;
    }
    if (!isnan(noise) && population->n_points > 0) {
        set(floors, FLOOR_POPULATION_CONSTANT, noise + spread, NULL);
    }
}

static void find_population(struct floors *floors, const struct population *population)
{
    const char *unknown = population && !is_entropy(floors->loss) && floors->loss != LOSS_MSE
                              ? "of these data known for the squared error and cross-entropies only"
                              : "how these data come about is not known exactly";
    set(floors, FLOOR_NOISE, NAN, unknown);
    set(floors, FLOOR_POPULATION_CONSTANT, NAN, unknown);
    if (!population) {
        return;
    }
    if (floors->loss == LOSS_MSE) {
        find_variances(floors, population);
    } else if (is_entropy(floors->loss) && population->n_points > 0) {
        find_entropies(floors, population);
    }
}

/* --- all ------------------------------------------------------------------------------------ */

static struct floors *make(const struct dataset *dataset, enum loss loss, struct error *error)
{
    struct floors *floors = memory_array(1, sizeof *floors, error);
    if (!floors) {
        return NULL;
    }
    *floors = (struct floors){.loss = loss,
                              .n_samples = dataset->n_samples,
                              .n_inputs = dataset->n_features,
                              .n_outputs = dataset->n_targets,
                              .r2 = NAN,
                              .linear_p = NAN,
                              .anova_p = NAN,
                              .lack_of_fit_p = NAN,
                              .noise_estimate = NAN,
                              .permutation_p = NAN,
                              .permutation_why = FLOORS_NOT_COUNTED,
                              .neighbour_p = NAN,
                              .neighbour_why = FLOORS_NOT_COUNTED,
                              .expected_pure_error = NAN};
    set(floors, FLOOR_BEST_KNOWN, NAN, "not searched for yet");
    floors->mean = memory_array(dataset->n_targets, sizeof *floors->mean, error);
    if (!floors->mean) {
        floors_destroy(floors);
        return NULL;
    }
    return floors;
}

struct floors *floors_create(const struct dataset *dataset, enum loss loss,
                             const struct population *population, struct error *error)
{
    struct floors *floors = make(dataset, loss, error);
    if (!floors || find_constant(floors, dataset, error) != 0 ||
        find_pure_error(floors, dataset, error) != 0 || find_linear(floors, dataset, error) != 0) {
        floors_destroy(floors);
        return NULL;
    }
    floors->longest = find_longest(dataset);
    run_tests(floors);
    floors->smallest_r2 = floors->linear_p <= 0.05 ? NAN : find_smallest_r2(floors);
    find_population(floors, population);
    return floors;
}

void floors_destroy(struct floors *floors)
{
    if (floors) {
        free(floors->mean);
        free(floors->coefficients);
        free(floors);
    }
}

struct floors *floors_copy(const struct floors *floors, struct error *error)
{
    size_t n_coefficients = floors->n_outputs * (floors->n_inputs + 1);
    struct floors *copy = memory_array(1, sizeof *copy, error);
    if (!copy) {
        return NULL;
    }
    *copy = *floors;
    copy->mean = memory_array(floors->n_outputs, sizeof *copy->mean, error);
    copy->coefficients = floors->coefficients
                             ? memory_array(n_coefficients, sizeof *copy->coefficients, error)
                             : NULL;
    if (!copy->mean || (floors->coefficients && !copy->coefficients)) {
        floors_destroy(copy);
        return NULL;
    }
    memcpy(copy->mean, floors->mean, floors->n_outputs * sizeof *copy->mean);
    if (copy->coefficients) {
        memcpy(copy->coefficients, floors->coefficients,
               n_coefficients * sizeof *copy->coefficients);
    }
    return copy;
}
