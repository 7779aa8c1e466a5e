/* Terrain: the printed loss as a function of the parameters. */
#include "core/explain/landscape/terrain.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/floors/groups.h"

/* A group's mean target stands for its samples. */
static int is_groupable(enum loss loss)
{
    return loss == LOSS_MSE || loss == LOSS_BINARY_CROSS_ENTROPY ||
           loss == LOSS_CATEGORICAL_CROSS_ENTROPY;
}

static void take_samples(struct terrain *terrain, const struct dataset *dataset)
{
    size_t n = dataset->n_samples;
    memcpy(terrain->features, dataset->features, n * dataset->n_features * sizeof(double));
    memcpy(terrain->targets, dataset->targets, n * dataset->n_targets * sizeof(double));
    for (size_t i = 0; i < n; i++) {
        terrain->weights[i] = 1.0 / (double)n;
    }
    terrain->n_points = n;
}

/* The squares within the groups, over samples and outputs. */
static double squares_within(const struct groups *groups, const struct dataset *dataset,
                             const double *means)
{
    double sum = 0.0;
    size_t n_targets = dataset->n_targets;
    for (size_t i = 0; i < dataset->n_samples; i++) {
        for (size_t k = 0; k < n_targets; k++) {
            double e = dataset->targets[i * n_targets + k] - means[groups->of[i] * n_targets + k];
            sum += e * e;
        }
    }
    return sum / (double)(dataset->n_samples * n_targets);
}

static void take_groups(struct terrain *terrain, const struct groups *groups,
                        const struct dataset *dataset)
{
    size_t n_features = dataset->n_features;
    groups_means(groups, dataset, terrain->targets);
    for (size_t g = 0; g < groups->n; g++) {
        memcpy(terrain->features + g * n_features,
               dataset->features + groups->first[g] * n_features, n_features * sizeof(double));
        terrain->weights[g] = (double)groups->counts[g] / (double)dataset->n_samples;
    }
    terrain->n_points = groups->n;
    if (terrain->loss == LOSS_MSE) {
        terrain->least = squares_within(groups, dataset, terrain->targets);
    }
}

int terrain_init(struct terrain *terrain, const struct network *network,
                 const struct dataset *dataset, enum loss loss, enum gradient gradient,
                 struct error *error)
{
    size_t n = dataset->n_samples;
    struct groups groups = {0};
    *terrain = (struct terrain){.network = network, .loss = loss};
    terrain->features = memory_array(n * dataset->n_features, sizeof(double), error);
    terrain->targets = memory_array(n * dataset->n_targets, sizeof(double), error);
    terrain->weights = memory_array(n, sizeof(double), error);
    terrain->at = memory_array(network_n_parameters(network), sizeof(double), error);
    int result = terrain->features && terrain->targets && terrain->weights && terrain->at ? 0 : -1;
    if (result == 0 && is_groupable(loss)) {
        result = groups_find(&groups, dataset, error);
        if (result == 0) {
            take_groups(terrain, &groups, dataset);
        }
        groups_clear(&groups);
    } else if (result == 0) {
        take_samples(terrain, dataset);
    }
    if (result != 0 ||
        derivative_init(&terrain->work, network, loss, gradient, error) != 0) {
        terrain_clear(terrain);
        return -1;
    }
    return 0;
}

void terrain_clear(struct terrain *terrain)
{
    free(terrain->features);
    free(terrain->targets);
    free(terrain->weights);
    free(terrain->at);
    derivative_clear(&terrain->work);
    *terrain = (struct terrain){0};
}

double terrain_loss(struct terrain *terrain, const double *parameters)
{
    size_t n_inputs = (size_t)terrain->network->n_inputs;
    size_t n_outputs = (size_t)network_n_outputs(terrain->network);
    double sum = 0.0;
    for (size_t i = 0; i < terrain->n_points; i++) {
        sum += terrain->weights[i] *
               derivative_forward(&terrain->work, parameters, terrain->features + i * n_inputs,
                                  terrain->targets + i * n_outputs);
    }
    return terrain->least + sum;
}

double terrain_place(const struct terrain_grid *grid, int axis, int i)
{
    if (grid->n[axis] < 2) {
        return grid->from[axis];
    }
    double share = (double)i / (double)(grid->n[axis] - 1);
    return grid->from[axis] * (1.0 - share) + grid->to[axis] * share;
}

int terrain_losses(struct terrain *terrain, const struct terrain_grid *grid, double *losses,
                   struct error *error)
{
    size_t n = terrain->work.n_parameters;
    for (int j = 0; j < grid->n[1]; j++) {
        double b = grid->axes[1] ? terrain_place(grid, 1, j) : 0.0;
        for (int i = 0; i < grid->n[0]; i++) {
            double a = terrain_place(grid, 0, i);
            if (grid->stop && grid->stop(grid->context)) {
                return error_set(error, ERROR_BUSY, "the landscape was given up");
            }
            for (size_t p = 0; p < n; p++) {
                double second = grid->axes[1] ? b * grid->axes[1][p] : 0.0;
                terrain->at[p] = grid->origin[p] + a * grid->axes[0][p] + second;
            }
            *losses++ = terrain_loss(terrain, terrain->at);
        }
    }
    return 0;
}
