/* All samples that a data set's generator can draw.
 *
 * DESIGN. First the features: every combination of their draws, counted, then written down, and the
 * same points added up. Then, at each point, each target by itself: by the moments of its draws
 * where it is a sum of them, else by every combination of them. The features' probabilities and the
 * targets' do not touch: once its features are known, a sample's targets depend on their own draws
 * alone. */
#include "core/data/population.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/data/distinct.h"
#include "core/data/formula/formula_chance.h"

struct enumeration {
    const struct generate_recipe *recipe;
    size_t n_inputs, n_outputs;
    const char **names;        /* [n_inputs + n_outputs], borrowed */
    struct formula **formulas; /* [n_inputs + n_outputs] */
    double *values;            /* [n_inputs + n_outputs]: the sample under way */
    double *rows;              /* [n_rows][n_inputs]: a point for each combination */
    double *chances;           /* [n_rows] */
    size_t n_rows;
    long n_left; /* combinations that may still be gone through */
    struct population *population;
};

void population_destroy(struct population *population)
{
    if (population) {
        free(population->noise);
        free(population->points);
        free(population->weights);
        free(population->means);
        free(population);
    }
}

/* Nothing known of it yet. */
static struct population *make(size_t n_inputs, size_t n_outputs, struct error *error)
{
    struct population *population = memory_array(1, sizeof *population, error);
    if (!population) {
        return NULL;
    }
    *population = (struct population){.n_inputs = n_inputs, .n_outputs = n_outputs};
    population->noise = memory_array(n_outputs, sizeof *population->noise, error);
    if (!population->noise) {
        population_destroy(population);
        return NULL;
    }
    for (size_t j = 0; j < n_outputs; j++) {
        population->noise[j] = NAN;
    }
    return population;
}

static void clear(struct enumeration *it)
{
    for (size_t k = 0; it->formulas && k < it->n_inputs + it->n_outputs; k++) {
        formula_destroy(it->formulas[k]);
    }
    free(it->formulas);
    free(it->names);
    free(it->values);
    free(it->rows);
    free(it->chances);
    population_destroy(it->population);
}

static int init(struct enumeration *it, const struct generate_recipe *recipe, struct error *error)
{
    size_t n_columns = recipe->n_features + recipe->n_targets;
    *it = (struct enumeration){.recipe = recipe,
                               .n_inputs = recipe->n_features,
                               .n_outputs = recipe->n_targets,
                               .n_left = POPULATION_COMBINATIONS_MAX};
    it->names = memory_array(n_columns, sizeof *it->names, error);
    it->formulas = memory_array(n_columns, sizeof *it->formulas, error);
    it->values = memory_array(n_columns, sizeof *it->values, error);
    it->population = make(it->n_inputs, it->n_outputs, error);
    if (!it->names || !it->formulas || !it->values || !it->population) {
        return -1;
    }
    for (size_t k = 0; k < n_columns; k++) {
        const struct generate_column *column =
            k < it->n_inputs ? &recipe->features[k] : &recipe->targets[k - it->n_inputs];
        it->formulas[k] = formula_compile(column->formula, it->names, k, error);
        if (!it->formulas[k]) {
            return -1;
        }
        it->names[k] = column->name;
    }
    return 0;
}

/* --- the points ----------------------------------------------------------------------------- */

/* Every combination of the features' draws; with `keep` they are written down. 0 if they can be
 * gone through and every one has values. */
static int visit_features(struct enumeration *it, int keep)
{
    struct choices choices = {0};
    size_t n = 0;
    do {
        choices_rewind(&choices);
        for (size_t k = 0; k < it->n_inputs; k++) {
            if (formula_choose(it->formulas[k], it->values, &choices, &it->values[k]) !=
                CHANCE_VALUE) {
                return 0;
            }
        }
        if (keep) {
            memcpy(it->rows + n * it->n_inputs, it->values, it->n_inputs * sizeof *it->rows);
            it->chances[n] = choices_probability(&choices);
        } else if (it->n_left-- == 0) {
            return 0;
        }
        n++;
    } while (choices_next(&choices));
    it->n_rows = n;
    return 1;
}

/* The rows become points, each once. */
static int gather_points(struct enumeration *it, struct error *error)
{
    struct population *population = it->population;
    size_t n = 0, result = (size_t)-1;
    size_t *of = memory_array(it->n_rows, sizeof *of, error);
    size_t *first = memory_array(it->n_rows, sizeof *first, error);
    if (!of || !first ||
        distinct_rows(it->rows, it->n_rows, it->n_inputs, of, first, &n, error) != 0) {
        goto out;
    }
    population->points = memory_array(n, it->n_inputs * sizeof *population->points, error);
    population->weights = memory_array(n, sizeof *population->weights, error);
    population->means = memory_array(n, it->n_outputs * sizeof *population->means, error);
    if (!population->points || !population->weights || !population->means) {
        goto out;
    }
    for (size_t i = 0; i < it->n_rows; i++) {
        population->weights[of[i]] += it->chances[i];
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(population->points + i * it->n_inputs, it->rows + first[i] * it->n_inputs,
               it->n_inputs * sizeof *population->points);
    }
    population->n_points = n;
    result = 0;
out:
    free(of);
    free(first);
    return result == 0 ? 0 : -1;
}

static int find_points(struct enumeration *it, struct error *error)
{
    if (!visit_features(it, 0)) {
        return 0;
    }
    it->rows = memory_array(it->n_rows, it->n_inputs * sizeof *it->rows, error);
    it->chances = memory_array(it->n_rows, sizeof *it->chances, error);
    if (!it->rows || !it->chances) {
        return -1;
    }
    visit_features(it, 1);
    return gather_points(it, error);
}

/* --- the targets ---------------------------------------------------------------------------- */

/* Target j and those it reads before it, from their own draws: its value. */
static enum chance choose_target(struct enumeration *it, size_t j, struct choices *choices)
{
    for (size_t k = it->n_inputs; k <= it->n_inputs + j; k++) {
        enum chance chance = formula_choose(it->formulas[k], it->values, choices, &it->values[k]);
        if (chance != CHANCE_VALUE) {
            return chance;
        }
    }
    return CHANCE_VALUE;
}

/* Mean and variance of target j over every combination of draws, the features standing in values;
 * of the values less the first, so that little cancels. */
static enum chance visit_target(struct enumeration *it, size_t j, double *out_mean,
                                double *out_variance)
{
    struct choices choices = {0};
    double base = NAN, sum = 0.0, squares = 0.0;
    do {
        choices_rewind(&choices);
        enum chance chance = choose_target(it, j, &choices);
        if (chance != CHANCE_VALUE) {
            return chance;
        }
        if (it->n_left-- <= 0) {
            return CHANCE_ENDLESS;
        }
        double value = it->values[it->n_inputs + j], weight = choices_probability(&choices);
        base = isnan(base) ? value : base;
        sum += weight * (value - base);
        squares += weight * (value - base) * (value - base);
    } while (choices_next(&choices));
    *out_mean = base + sum;
    *out_variance = squares > sum * sum ? squares - sum * sum : 0.0;
    return CHANCE_VALUE;
}

/* Whether target j reads one before it, whose draws it then shares. */
static int reads_target(const struct enumeration *it, size_t j)
{
    for (size_t k = 0; k < j; k++) {
        if (formula_reads(it->formulas[it->n_inputs + j], it->n_inputs + k)) {
            return 1;
        }
    }
    return 0;
}

static enum chance expect_target(struct enumeration *it, size_t j, double *out_mean,
                                 double *out_variance)
{
    enum chance chance = CHANCE_UNKNOWN;
    if (!reads_target(it, j)) {
        chance =
            formula_moments(it->formulas[it->n_inputs + j], it->values, out_mean, out_variance);
    }
    return chance == CHANCE_UNKNOWN ? visit_target(it, j, out_mean, out_variance) : chance;
}

/* Means and noise at the points; without them all, there are no points. The noise is summed as what
 * it differs from the first point's, so that equal ones keep their value to the last bit. */
static void find_targets(struct enumeration *it)
{
    struct population *population = it->population;
    for (size_t j = 0; j < it->n_outputs; j++) {
        double first = 0.0, more = 0.0;
        for (size_t i = 0; i < population->n_points; i++) {
            double *mean = &population->means[i * it->n_outputs + j], variance;
            memcpy(it->values, population->points + i * it->n_inputs,
                   it->n_inputs * sizeof *it->values);
            if (expect_target(it, j, mean, &variance) != CHANCE_VALUE || !isfinite(*mean) ||
                !isfinite(variance)) {
                population->n_points = 0;
                return;
            }
            first = i == 0 ? variance : first;
            more += population->weights[i] * (variance - first);
        }
        population->noise[j] = first + more;
    }
}

/* The noise of targets whose draws are the same whatever the features. */
static void find_common_noise(struct enumeration *it)
{
    for (size_t k = 0; k < it->n_inputs; k++) {
        it->values[k] = NAN;
    }
    for (size_t j = 0; j < it->n_outputs; j++) {
        double mean, variance;
        int is_known =
            !reads_target(it, j) && formula_moments(it->formulas[it->n_inputs + j], it->values,
                                                    &mean, &variance) == CHANCE_VALUE;
        it->population->noise[j] = is_known && isfinite(variance) ? variance : NAN;
    }
}

struct population *population_of_recipe(const struct generate_recipe *recipe, struct error *error)
{
    struct enumeration it;
    struct population *population = NULL;
    if (init(&it, recipe, error) == 0 && find_points(&it, error) == 0) {
        if (it.population->n_points > 0) {
            find_targets(&it);
        }
        if (it.population->n_points == 0) {
            find_common_noise(&it);
        }
        population = it.population;
        it.population = NULL;
    }
    clear(&it);
    return population;
}

struct population *population_of_pattern(const struct pattern *pattern, struct error *error)
{
    struct population *population =
        make(pattern_n_features(pattern), pattern_n_targets(pattern), error);
    if (population && (pattern->kind == PATTERN_SINE || pattern->kind == PATTERN_LINEAR)) {
        population->noise[0] = pattern->noise * pattern->noise;
    }
    return population;
}

void population_scale(struct population *population, const struct scaling *features,
                      const struct scaling *targets)
{
    scaling_apply(features, population->points, population->n_points);
    scaling_apply(targets, population->means, population->n_points);
    for (size_t j = 0; targets && j < population->n_outputs; j++) {
        population->noise[j] /= targets->sd[j] * targets->sd[j];
    }
}
