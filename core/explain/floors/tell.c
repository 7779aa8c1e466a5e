/* Floors in words, formulas and numbers. */
#include "core/explain/floors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 400, COEFFICIENTS_TOLD_MAX = 100 };

/* How a floor is computed; of the losses that have it. */
struct formula_text {
    const char *code, *plain, *tex;
};

#define GROUPS "\\frac{1}{N}\\sum_g \\sum_{i \\in g} "
#define BEST_KNOWN                                                                                 \
    "best_known", "lowest loss that Levenberg-Marquardt found from its starts, or the run had",    \
        "\\min_s L(\\theta_s)"
#define PLANES "\\min_{a, b} \\frac{1}{N}\\sum_i "

static const struct formula_text formulas[FLOOR_COUNT][LOSS_COUNT] = {
    [FLOOR_CONSTANT] =
        {[LOSS_MSE] = {"constant", "the variance: mean over the samples of (y - mean of y)^2",
                       "\\frac{1}{N}\\sum_i (y_i - \\bar y)^2"},
         [LOSS_MAE] = {"constant", "mean over the samples of |y - median of y|",
                       "\\frac{1}{N}\\sum_i |y_i - \\tilde y|"},
         [LOSS_HUBER] = {"constant",
                         "lowest mean over the samples of the Huber loss of y - c, over all c",
                         "\\min_c \\frac{1}{N}\\sum_i \\ell(y_i - c)"},
         [LOSS_BINARY_CROSS_ENTROPY] = {"prior_entropy",
                                        "-p log p - (1 - p) log(1 - p), p the mean of y",
                                        "-p \\log p - (1 - p) \\log(1 - p),\\; p = \\bar y"},
         [LOSS_CATEGORICAL_CROSS_ENTROPY] = {"prior_entropy",
                                             "-(sum over the classes of p log p), p the class's "
                                             "share of the samples",
                                             "-\\sum_c p_c \\log p_c"}},
    [FLOOR_LINEAR] =
        {[LOSS_MSE] = {"linear",
                       "least squares: lowest mean over the samples of (y - a x - b)^2, over all a "
                       "and b",
                       PLANES "(y_i - a \\cdot x_i - b)^2"},
         [LOSS_MAE] = {"linear",
                       "least absolute deviations: lowest mean over the samples of |y - a x - b|, "
                       "over all a and b",
                       PLANES "|y_i - a \\cdot x_i - b|"},
         [LOSS_HUBER] = {"linear",
                         "lowest mean over the samples of the Huber loss of y - a x - b, over all "
                         "a and b",
                         PLANES "\\ell(y_i - a \\cdot x_i - b)"},
         [LOSS_BINARY_CROSS_ENTROPY] =
             {"logistic",
              "logistic regression: lowest loss of sigmoid(a x + b), over "
              "all a and b",
              PLANES "\\ell(y_i, \\sigma(a \\cdot x_i + b))"},
         [LOSS_CATEGORICAL_CROSS_ENTROPY] = {"logistic",
                                             "multinomial logistic regression: lowest loss of "
                                             "softmax(a x + b), over all a and b",
                                             PLANES
                                             "\\ell(y_i, \\operatorname{softmax}(a x_i + b))"}},
    [FLOOR_PURE_ERROR] =
        {[LOSS_MSE] = {"pure_error",
                       "mean over the samples of (y - mean of y among the samples with the same "
                       "inputs)^2",
                       GROUPS "(y_i - \\bar y_g)^2"},
         [LOSS_MAE] = {"pure_error",
                       "mean over the samples of |y - median of y among the samples with the same "
                       "inputs|",
                       GROUPS "|y_i - \\tilde y_g|"},
         [LOSS_HUBER] =
             {"pure_error",
              "mean over the samples of the Huber loss of y - c, with the best c for all "
              "samples with the same inputs",
              "\\frac{1}{N}\\sum_g \\min_c \\sum_{i \\in g} \\ell(y_i - c)"},
         [LOSS_BINARY_CROSS_ENTROPY] = {"label_conflict",
                                        "mean over the samples of -p log p - (1 - p) log(1 - p), p "
                                        "the mean of y among the samples with the same inputs",
                                        "\\frac{1}{N}\\sum_g n_g H(p_g)"},
         [LOSS_CATEGORICAL_CROSS_ENTROPY] = {"label_conflict",
                                             "mean over the samples of the entropy of the classes "
                                             "among the samples with the same inputs",
                                             "\\frac{1}{N}\\sum_g n_g H(p_g)"}},
    [FLOOR_BEST_KNOWN] =
        {[LOSS_MSE] = {BEST_KNOWN},
         [LOSS_MAE] = {BEST_KNOWN},
         [LOSS_HUBER] = {BEST_KNOWN},
         [LOSS_BINARY_CROSS_ENTROPY] = {BEST_KNOWN},
         [LOSS_CATEGORICAL_CROSS_ENTROPY] = {BEST_KNOWN}},
    [FLOOR_NOISE] = {[LOSS_MSE] = {"noise", "expected (y - mean of y given x)^2",
                                   "\\mathbb{E}\\,(y - \\mathbb{E}[y \\mid x])^2"},
                     [LOSS_BINARY_CROSS_ENTROPY] = {"noise", "expected entropy of y given x",
                                                    "\\mathbb{E}\\, H(y \\mid x)"},
                     [LOSS_CATEGORICAL_CROSS_ENTROPY] = {"noise",
                                                         "expected entropy of the class given x",
                                                         "\\mathbb{E}\\, H(y \\mid x)"}},
    [FLOOR_POPULATION_CONSTANT] =
        {[LOSS_MSE] = {"population_constant", "variance of y", "\\operatorname{Var} y"},
         [LOSS_BINARY_CROSS_ENTROPY] = {"population_constant", "entropy of y", "H(y)"},
         [LOSS_CATEGORICAL_CROSS_ENTROPY] = {"population_constant", "entropy of the class",
                                             "H(y)"}},
};

const char *floor_code(enum floor floor, enum loss loss)
{
    const char *code = formulas[floor][loss].code;
    return code ? code : formulas[floor][LOSS_MSE].code;
}

static int is_entropy(enum loss loss)
{
    return loss == LOSS_BINARY_CROSS_ENTROPY || loss == LOSS_CATEGORICAL_CROSS_ENTROPY;
}

/* --- in words ------------------------------------------------------------------------------- */

static void write_constant(const struct floors *floors, char text[TEXT_BYTES])
{
    double value = floors->value[FLOOR_CONSTANT];
    if (is_entropy(floors->loss)) {
        snprintf(text, TEXT_BYTES,
                 "Always giving the classes the shares they have in the data, whatever the inputs, "
                 "costs %.4g.",
                 value);
    } else if (floors->loss == LOSS_MSE && floors->n_outputs == 1) {
        snprintf(text, TEXT_BYTES, "Guessing the average, %.4g, for every sample gives %.4g.",
                 floors->mean[0], value);
    } else {
        snprintf(text, TEXT_BYTES, "Guessing the same best answer for every sample gives %.4g.",
                 value);
    }
}

static void write_linear(const struct floors *floors, char text[TEXT_BYTES])
{
    const char *shape = floors->n_inputs == 1 ? "line" : "plane";
    double value = floors->value[FLOOR_LINEAR];
    if (is_entropy(floors->loss) && value == 0.0) {
        snprintf(text, TEXT_BYTES,
                 "A straight %s has every class on its own side, so even a network without hidden "
                 "units can come as near to 0 as you like.",
                 shape);
    } else if (is_entropy(floors->loss)) {
        snprintf(
            text, TEXT_BYTES,
            "The best network without hidden units, whose border between classes is a straight "
            "%s, gives %.4g.",
            shape, value);
    } else if (floors->loss == LOSS_MSE) {
        snprintf(text, TEXT_BYTES,
                 "The best straight %s through the data, which is linear regression, gives %.4g.",
                 shape, value);
    } else {
        snprintf(text, TEXT_BYTES, "The straight %s through the data that is best for this loss%s "
                                   "gives %.4g.",
                 shape, floors->loss == LOSS_MAE ? ", that of least absolute deviations," : "",
                 value);
    }
}

static void write_pure_error(const struct floors *floors, char text[TEXT_BYTES])
{
    double value = floors->value[FLOOR_PURE_ERROR];
    const char *what = is_entropy(floors->loss) ? "classes" : "targets";
    if (value > 0.0) {
        snprintf(
            text, TEXT_BYTES,
            "Nothing that sees only these inputs can get below %.4g on these %zu samples: there "
            "are only %zu different inputs, and samples with identical inputs have different "
            "%s.",
            value, floors->n_samples, floors->n_groups, what);
    } else {
        snprintf(text, TEXT_BYTES,
                 "Samples with identical inputs always have the same %s, so nothing in the data "
                 "stands in the way of 0.",
                 is_entropy(floors->loss) ? "class" : "target");
    }
}

static void write_best_known(const struct floors *floors, char text[TEXT_BYTES])
{
    double value = floors->value[FLOOR_BEST_KNOWN];
    if (is_entropy(floors->loss) && value == 0.0) {
        snprintf(text, TEXT_BYTES,
                 "A network of this shape can have every sample's class on its own side, so "
                 "growing weights can come as near to 0 as you like.");
    } else if (floors->best_is_lowest) {
        snprintf(text, TEXT_BYTES, "No network of this shape can get below %.4g on these samples.",
                 value);
    } else if (floors->missed_from > 0.0) {
        snprintf(text, TEXT_BYTES,
                 "This run itself had weights that give %.4g; the best that a search found, in %d "
                 "of %d searches, gives %.4g. A better network may exist.",
                 value, floors->n_agreeing, floors->n_starts, floors->missed_from);
    } else {
        snprintf(text, TEXT_BYTES,
                 "The best network of this shape that a search found gives %.4g, in %d of %d "
                 "searches. A better one may exist.",
                 value, floors->n_agreeing, floors->n_starts);
    }
}

static void write_text(const struct floors *floors, enum floor floor, char text[TEXT_BYTES])
{
    double value = floors->value[floor];
    switch (floor) {
    case FLOOR_CONSTANT:
        write_constant(floors, text);
        return;
    case FLOOR_LINEAR:
        write_linear(floors, text);
        return;
    case FLOOR_PURE_ERROR:
        write_pure_error(floors, text);
        return;
    case FLOOR_BEST_KNOWN:
        write_best_known(floors, text);
        return;
    case FLOOR_NOISE:
        snprintf(text, TEXT_BYTES,
                 "On new data from the same source, nothing that sees only the inputs can expect "
                 "less than %.4g: that is the noise. A lower loss on these samples means that some "
                 "of their noise was learned by heart.",
                 value);
        return;
    case FLOOR_POPULATION_CONSTANT:
        snprintf(text, TEXT_BYTES,
                 "On new data from the same source, always giving the best single answer costs "
                 "%.4g.",
                 value);
        return;
    case FLOOR_COUNT:
        break;
    }
    text[0] = '\0';
}

/* --- as told -------------------------------------------------------------------------------- */

static int is_line(const struct floors *floors, enum floor floor)
{
    int is_vacuous = floor == FLOOR_PURE_ERROR && floors->n_groups == floors->n_samples;
    return !isnan(floors->value[floor]) && !is_vacuous;
}

static void tell_line(const struct floors *floors, enum floor floor, struct teller *teller)
{
    const struct formula_text *formula = &formulas[floor][floors->loss];
    int is_bound = floor == FLOOR_BEST_KNOWN && !floors->best_is_lowest;
    char text[TEXT_BYTES];
    write_text(floors, floor, text);
    tell_object(teller, NULL);
    tell_text(teller, "code", floor_code(floor, floors->loss));
    tell_number(teller, "value", floors->value[floor]);
    tell_text(teller, "of", floor >= FLOOR_NOISE ? "population" : "train");
    tell_text(teller, "kind", is_bound ? "bound" : "exact");
    tell_format(teller, "formula", "%s%s", formula->plain,
                floors->n_outputs > 1 && loss_is_mean(floors->loss) ? ", mean over the outputs"
                                                                    : "");
    tell_text(teller, "tex", formula->tex);
    tell_text(teller, "text", text);
    if (floors->why[floor]) {
        tell_text(teller, "note", floors->why[floor]);
    }
    tell_end(teller);
}

/* The known floors, highest first; of equal ones the earlier. */
static int sort_lines(const struct floors *floors, enum floor lines[FLOOR_COUNT])
{
    int n = 0;
    for (int floor = 0; floor < FLOOR_COUNT; floor++) {
        int at = n;
        if (!is_line(floors, (enum floor)floor)) {
            continue;
        }
        for (; at > 0 && floors->value[lines[at - 1]] < floors->value[floor]; at--) {
            lines[at] = lines[at - 1];
        }
        lines[at] = (enum floor)floor;
        n++;
    }
    return n;
}

static void tell_why(struct teller *teller, const char *code, const char *why)
{
    tell_object(teller, NULL);
    tell_text(teller, "code", code);
    tell_text(teller, "why", why);
    tell_end(teller);
}

static void tell_not_known(const struct floors *floors, struct teller *teller)
{
    tell_list(teller, "not_known");
    for (int floor = 0; floor < FLOOR_COUNT; floor++) {
        if (!is_line(floors, (enum floor)floor)) {
            tell_why(teller, floor_code((enum floor)floor, floors->loss), floors->why[floor]);
        }
    }
    if (floors->permutation_why) {
        tell_why(teller, "permutation_p", floors->permutation_why);
    }
    if (floors->neighbour_why && isnan(floors->anova_p)) {
        tell_why(teller, "neighbour_p", floors->neighbour_why);
    }
    tell_end(teller);
}

static void tell_if_known(struct teller *teller, const char *name, double value)
{
    if (!isnan(value)) {
        tell_number(teller, name, value);
    }
}

static void tell_data(const struct floors *floors, struct teller *teller)
{
    size_t n_columns = floors->n_inputs + 1;
    tell_object(teller, "data");
    tell_integer(teller, "n_samples", (int64_t)floors->n_samples);
    tell_integer(teller, "n_groups", (int64_t)floors->n_groups);
    tell_numbers(teller, "mean", floors->mean, floors->n_outputs);
    if (floors->coefficients && floors->n_outputs * n_columns <= COEFFICIENTS_TOLD_MAX) {
        tell_list(teller, "coefficients");
        for (size_t j = 0; j < floors->n_outputs; j++) {
            tell_numbers(teller, NULL, floors->coefficients + j * n_columns, n_columns);
        }
        tell_end(teller);
    }
    tell_if_known(teller, "r2", floors->r2);
    tell_if_known(teller, "linear_p", floors->linear_p);
    tell_if_known(teller, "anova_p", floors->anova_p);
    tell_if_known(teller, "lack_of_fit_p", floors->lack_of_fit_p);
    tell_if_known(teller, "noise_estimate", floors->noise_estimate);
    tell_if_known(teller, "expected_pure_error", floors->expected_pure_error);
    tell_if_known(teller, "permutation_p", floors->permutation_p);
    tell_if_known(teller, "neighbour_p", floors->neighbour_p);
    if (floors->n_permutations > 0) {
        tell_integer(teller, "n_permutations", floors->n_permutations);
    }
    tell_end(teller);
}

void floors_tell(const struct floors *floors, struct teller *teller)
{
    enum floor lines[FLOOR_COUNT];
    int n = sort_lines(floors, lines);
    tell_list(teller, "lines");
    for (int i = 0; i < n; i++) {
        tell_line(floors, lines[i], teller);
    }
    tell_end(teller);
    tell_not_known(floors, teller);
    tell_data(floors, teller);
}
