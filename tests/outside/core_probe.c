/* The core's data room as a calculator, so that Python can compare it with NumPy and itself.
 *
 * Reads commands from standard input, one a line, and answers each asking one with a line; doubles
 * are exact (%a):
 *   seed S · randint LOW HIGH N · uniform N · normal N · permutation N    the generator
 *   print BITS                                     a double's 64 bits, in hexadecimal, as text
 *   let NAME VALUE · forget                        variables of the formulas to come
 *   formula TEXT                                   "= VALUE", or "! MESSAGE"
 *   feature NAME TEXT · target NAME TEXT           columns of the data set to come
 *   dataset N SEED row|column                      "= VALUES...", sample by sample, or "! MESSAGE"
 *   pattern KIND N SEED NOISE FACTOR CLASSES SD SLOPE INTERCEPT ONE_HOT     the same
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/rng.h"
#include "core/base/memory.h"
#include "core/base/number.h"
#include "core/data/formula/formula.h"
#include "core/data/generate.h"
#include "core/data/pattern.h"

enum { ITEMS_MAX = 16, LINE_BYTES = 4096 };

/* Columns, features or targets, with memory of their own. */
struct columns {
    size_t n;
    struct generate_column items[ITEMS_MAX];
};

struct probe {
    struct rng rng;
    size_t n_variables;
    const char *names[ITEMS_MAX];
    double values[ITEMS_MAX];
    struct columns features;
    struct columns targets;
};

static void end_badly(const char *what, const char *line)
{
    fprintf(stderr, "core_probe: %s: %s\n", what, line);
    exit(2);
}

/* Cuts the first word off. */
static char *next_word(char **line)
{
    char *word = *line;
    char *end = word + strcspn(word, " ");
    *line = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static int64_t next_integer(char **line)
{
    return strtoll(next_word(line), NULL, 10);
}

static char *copy(const char *text)
{
    char *kept = memory_text(text, NULL);
    if (!kept) {
        end_badly("out of memory", text);
    }
    return kept;
}

static void do_seed(struct probe *probe, char *line)
{
    rng_seed(&probe->rng, (uint32_t)strtoul(line, NULL, 10));
}

static void do_randint(struct probe *probe, char *line)
{
    int64_t low = next_integer(&line), high = next_integer(&line);
    for (int64_t n = next_integer(&line); n > 0; n--) {
        printf("%" PRId64 " ", rng_randint(&probe->rng, low, high));
    }
    puts("");
}

static void do_uniform(struct probe *probe, char *line)
{
    for (int64_t n = next_integer(&line); n > 0; n--) {
        printf("%a ", rng_uniform(&probe->rng));
    }
    puts("");
}

static void do_normal(struct probe *probe, char *line)
{
    for (int64_t n = next_integer(&line); n > 0; n--) {
        printf("%a ", rng_normal(&probe->rng));
    }
    puts("");
}

static void do_permutation(struct probe *probe, char *line)
{
    size_t n = (size_t)next_integer(&line);
    uint32_t *order = memory_array(n, sizeof *order, NULL);
    if (!order) {
        end_badly("out of memory", line);
    }
    rng_permutation(&probe->rng, order, n);
    for (size_t i = 0; i < n; i++) {
        printf("%" PRIu32 " ", order[i]);
    }
    puts("");
    free(order);
}

static void do_print(struct probe *probe, char *line)
{
    (void)probe;
    uint64_t bits = strtoull(line, NULL, 16);
    double value;
    memcpy(&value, &bits, sizeof value);
    char text[NUMBER_TEXT_BYTES];
    number_print(text, value);
    puts(text);
}

static void do_let(struct probe *probe, char *line)
{
    if (probe->n_variables == ITEMS_MAX) {
        end_badly("too many variables", line);
    }
    probe->names[probe->n_variables] = copy(next_word(&line));
    probe->values[probe->n_variables++] = strtod(line, NULL);
}

static void do_forget(struct probe *probe, char *line)
{
    (void)line;
    while (probe->n_variables > 0) {
        free((void *)probe->names[--probe->n_variables]);
    }
}

static void do_formula(struct probe *probe, char *line)
{
    struct error error = ERROR_INIT;
    struct formula *formula = formula_compile(line, probe->names, probe->n_variables, &error);
    double value;
    if (formula && formula_evaluate(formula, probe->values, &probe->rng, &value, &error) == 0) {
        printf("= %a\n", value);
    } else {
        printf("! %s\n", error.text);
    }
    formula_destroy(formula);
}

static void add_column(struct columns *columns, char *line)
{
    if (columns->n == ITEMS_MAX) {
        end_badly("too many columns", line);
    }
    const char *name = copy(next_word(&line));
    columns->items[columns->n++] = (struct generate_column){name, copy(line)};
}

static void do_feature(struct probe *probe, char *line)
{
    add_column(&probe->features, line);
}

static void do_target(struct probe *probe, char *line)
{
    add_column(&probe->targets, line);
}

static void forget_columns(struct columns *columns)
{
    while (columns->n > 0) {
        columns->n--;
        free((void *)columns->items[columns->n].name);
        free((void *)columns->items[columns->n].formula);
    }
}

static void print_dataset(const struct dataset *dataset)
{
    printf("=");
    for (size_t i = 0; i < dataset->n_samples; i++) {
        for (size_t k = 0; k < dataset->n_features; k++) {
            printf(" %a", dataset->features[i * dataset->n_features + k]);
        }
        for (size_t k = 0; k < dataset->n_targets; k++) {
            printf(" %a", dataset->targets[i * dataset->n_targets + k]);
        }
    }
    puts("");
}

static void do_dataset(struct probe *probe, char *line)
{
    struct generate_recipe recipe = {.n_features = probe->features.n,
                                     .features = probe->features.items,
                                     .n_targets = probe->targets.n,
                                     .targets = probe->targets.items};
    recipe.n_samples = (size_t)next_integer(&line);
    recipe.seed = (uint32_t)next_integer(&line);
    recipe.draws = strcmp(line, "row") == 0 ? GENERATE_ROW : GENERATE_COLUMN;
    struct error error = ERROR_INIT;
    struct generate_fault fault;
    struct dataset *dataset = generate_dataset(&recipe, &fault, &error);
    if (dataset) {
        print_dataset(dataset);
    } else {
        printf("! %s\n", error.text);
    }
    dataset_destroy(dataset);
    forget_columns(&probe->features);
    forget_columns(&probe->targets);
}

static double next_number(char **line)
{
    return strtod(next_word(line), NULL);
}

static void do_pattern(struct probe *probe, char *line)
{
    (void)probe;
    struct pattern pattern = {.kind = (enum pattern_kind)pattern_find(next_word(&line))};
    pattern.n_samples = (size_t)next_integer(&line);
    pattern.seed = (uint32_t)next_integer(&line);
    pattern.noise = next_number(&line);
    pattern.factor = next_number(&line);
    pattern.n_classes = (int)next_integer(&line);
    pattern.sd = next_number(&line);
    pattern.slope = next_number(&line);
    pattern.intercept = next_number(&line);
    pattern.one_hot = (int)next_integer(&line);
    struct dataset *dataset = pattern_make(&pattern, NULL);
    if (!dataset) {
        end_badly("out of memory", line);
    }
    print_dataset(dataset);
    dataset_destroy(dataset);
}

struct command {
    const char *name;
    void (*run)(struct probe *probe, char *line);
};

static const struct command commands[] = {
    {"seed", do_seed},       {"randint", do_randint}, {"uniform", do_uniform},
    {"normal", do_normal},   {"print", do_print},     {"permutation", do_permutation},
    {"let", do_let},         {"forget", do_forget},   {"formula", do_formula},
    {"feature", do_feature}, {"target", do_target},   {"dataset", do_dataset},
    {"pattern", do_pattern},
};

static void run_line(struct probe *probe, char *line)
{
    const char *name = next_word(&line);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            commands[i].run(probe, line);
            return;
        }
    }
    end_badly("no such command", name);
}

int main(void)
{
    static struct probe probe;
    rng_seed(&probe.rng, 0);
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, stdin)) {
        size_t length = strcspn(line, "\n");
        if (line[length] == '\0') {
            end_badly("a line without an end, or too long", line);
        }
        line[length] = '\0';
        run_line(&probe, line);
    }
    do_forget(&probe, line);
    forget_columns(&probe.features);
    forget_columns(&probe.targets);
    return 0;
}
