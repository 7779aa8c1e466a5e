/* The core's explanations as a filter: each line of standard input is a run in JSON, each line of
 * standard output what explain_run tells of it. It trains the run itself, with a block.
 *
 * A run: {"x": [[...]], "y": [...] or [[...]], "layers": [[units, activation], ...], "start": [...],
 *   "learning_rate", "epochs", "batch_size": 1, "reduction": "mean",
 *   "order": "fixed", "gradient": "full",
 *   "loss": "mse", "optimizer": "sgd", "settings": {...}, "order_seed": 0, "depth": "full",
 *   "best": the best known loss, or left out: searched for if the depth is full,
 *   "vx", "vy": the validation part, or left out,
 *   "noise": variance, "points": [[...]], "weights": [...], "means": [...]: the population}
 * With "descend": steps, instead of all that, {"parameters", "loss"} of the minimum below the start.
 * Added to the answer: "first_printed", "parameters", "epoch", "seconds" the
 * explanation took of the thread's time. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/memory.h"
#include "core/explain/explain.h"
#include "core/explain/levenberg.h"
#include "server/base/json_teller.h"

struct run {
    struct network network;
    struct training training;
    struct dataset *dataset, *validation; /* the latter NULL: none */
    struct population population;
    double *start, *parameters;
    double first_loss;
    struct subject subject;
};

static void end_badly(const char *what)
{
    fprintf(stderr, "explain_probe: %s\n", what);
    exit(2);
}

static void *take(size_t count, size_t size)
{
    void *memory = memory_array(count, size, NULL);
    if (!memory) {
        end_badly("out of memory");
    }
    return memory;
}

static double number(const json_t *object, const char *name, double fallback)
{
    const json_t *value = json_object_get(object, name);
    return value ? json_number_value(value) : fallback;
}

static const char *text(const json_t *object, const char *name, const char *fallback)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : fallback;
}

/* A list of numbers, or of lists of them, one after the other; NULL if there is none. */
static double *numbers(const json_t *list, size_t *out_n)
{
    size_t rows = json_array_size(list), n = 0;
    const json_t *first = json_array_get(list, 0);
    size_t columns = json_is_array(first) ? json_array_size(first) : 1;
    double *values = rows > 0 ? take(rows * columns, sizeof *values) : NULL;
    for (size_t i = 0; i < rows; i++) {
        const json_t *row = json_array_get(list, i);
        for (size_t k = 0; k < columns; k++) {
            values[n++] = json_number_value(json_is_array(row) ? json_array_get(row, k) : row);
        }
    }
    *out_n = n;
    return values;
}

static void read_network(struct run *run, const json_t *spec, int n_inputs)
{
    const json_t *layers = json_object_get(spec, "layers");
    run->network.n_inputs = n_inputs;
    run->network.n_layers = (int)json_array_size(layers);
    for (int l = 0; l < run->network.n_layers; l++) {
        const json_t *layer = json_array_get(layers, (size_t)l);
        run->network.layers[l].units = (int)json_integer_value(json_array_get(layer, 0));
        run->network.layers[l].activation =
            (enum activation)activation_find(json_string_value(json_array_get(layer, 1)));
    }
}

static struct dataset *read_data(const json_t *spec, const char *x_name, const char *y_name)
{
    size_t n_features, n_targets;
    const json_t *x = json_object_get(spec, x_name);
    double *features = numbers(x, &n_features);
    double *targets = numbers(json_object_get(spec, y_name), &n_targets);
    size_t n = json_array_size(x);
    struct dataset *dataset = n > 0 ? dataset_create(n, n_features / n, n_targets / n, NULL) : NULL;
    if (!dataset || !features || !targets) {
        end_badly("no data");
    }
    memcpy(dataset->features, features, n_features * sizeof *features);
    memcpy(dataset->targets, targets, n_targets * sizeof *targets);
    free(features);
    free(targets);
    return dataset;
}

static void read_training(struct run *run, const json_t *spec)
{
    const json_t *settings = json_object_get(spec, "settings");
    run->training = (struct training){
        .loss = (enum loss)loss_find(text(spec, "loss", "mse")),
        .gradient = (enum gradient)training_gradient_find(text(spec, "gradient", "full")),
        .optimizer = (enum optimizer)optimizer_find(text(spec, "optimizer", "sgd")),
        .learning_rate = number(spec, "learning_rate", 0.001),
        .batch_size = (size_t)number(spec, "batch_size", 1),
        .reduction = (enum reduction)training_reduction_find(text(spec, "reduction", "mean")),
        .order = (enum order)training_order_find(text(spec, "order", "fixed")),
        .order_seed = (uint32_t)number(spec, "order_seed", 0),
        .epochs = (int64_t)number(spec, "epochs", 1),
    };
    for (int i = 0; i < SETTING_COUNT; i++) {
        run->training.settings[i] =
            number(settings, optimizer_setting_name((enum optimizer_setting)i), 0.0);
    }
}

static void read_population(struct run *run, const json_t *spec)
{
    size_t n, n_points;
    const json_t *points = json_object_get(spec, "points");
    struct population *population = &run->population;
    population->n_inputs = run->dataset->n_features;
    population->n_outputs = run->dataset->n_targets;
    population->noise = take(population->n_outputs, sizeof(double));
    for (size_t j = 0; j < population->n_outputs; j++) {
        population->noise[j] = number(spec, "noise", NAN);
    }
    population->points = numbers(points, &n_points);
    population->weights = numbers(json_object_get(spec, "weights"), &population->n_points);
    population->means = numbers(json_object_get(spec, "means"), &n);
    if (json_object_get(spec, "noise")) {
        run->subject.population = population;
    }
}

static void train(struct run *run)
{
    struct error error = ERROR_INIT;
    struct block_run one = {&run->training, run->start};
    struct block *block = block_create(&run->network, run->dataset, &one, 1, &error);
    double losses[256];
    if (!block) {
        end_badly(error.text);
    }
    run->first_loss = run->subject.printed_loss = NAN;
    while (block_state(block, 0).status == BLOCK_RUNNING) {
        int64_t n = block_train(block, 1 << 20, 256, losses);
        if (n > 0) {
            run->first_loss = isnan(run->first_loss) ? losses[0] : run->first_loss;
            run->subject.printed_loss = losses[n - 1];
        }
    }
    run->subject.state = block_state(block, 0);
    run->parameters = take(network_n_parameters(&run->network), sizeof(double));
    block_parameters(block, 0, run->parameters);
    block_destroy(block);
    run->subject.network = &run->network;
    run->subject.dataset = run->dataset;
    run->subject.validation = run->validation;
    run->subject.training = &run->training;
    run->subject.start = run->start;
    run->subject.parameters = run->parameters;
}

static struct run *read_run(const json_t *spec)
{
    struct run *run = take(1, sizeof *run);
    size_t n_start;
    run->dataset = read_data(spec, "x", "y");
    if (json_object_get(spec, "vx")) {
        run->validation = read_data(spec, "vx", "vy");
    }
    read_network(run, spec, (int)run->dataset->n_features);
    read_training(run, spec);
    read_population(run, spec);
    run->start = numbers(json_object_get(spec, "start"), &n_start);
    if (n_start != network_n_parameters(&run->network)) {
        end_badly("start: not as many numbers as parameters");
    }
    return run;
}

static void free_run(struct run *run)
{
    dataset_destroy(run->dataset);
    dataset_destroy(run->validation);
    free(run->population.noise);
    free(run->population.points);
    free(run->population.weights);
    free(run->population.means);
    free(run->start);
    free(run->parameters);
    free(run);
}

static double thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static struct floors *find_floors(const struct run *run, const json_t *spec, struct error *error)
{
    struct floors *floors =
        floors_create(run->dataset, run->training.loss, run->subject.population, error);
    if (!floors) {
        return NULL;
    }
    if (json_object_get(spec, "best")) {
        floors->value[FLOOR_BEST_KNOWN] = number(spec, "best", NAN);
    }
    if (strcmp(text(spec, "depth", "full"), "full") != 0) {
        return floors;
    }
    if (floors_permute(floors, run->dataset, NULL, NULL, error) != 0) {
        end_badly(error->text);
    }
    if (!json_object_get(spec, "best") &&
        floors_search(floors, &run->network, run->dataset, NULL, NULL, error) != 0) {
        end_badly(error->text);
    }
    return floors;
}

static void tell_run(const struct run *run, double seconds, struct teller *teller)
{
    tell_number(teller, "first_printed", run->first_loss);
    tell_integer(teller, "epoch", run->subject.state.epoch);
    tell_numbers(teller, "parameters", run->parameters, network_n_parameters(&run->network));
    tell_number(teller, "seconds", seconds);
}

/* "glance": {"codes", "headline", "severity", "text"}. */
static void tell_glance(const struct run *run, const struct floors *floors, struct teller *teller)
{
    struct glance glance = {0};
    if (explain_glance(&run->subject, floors, &glance, NULL) != 0) {
        end_badly("no glance");
    }
    int has_headline = glance.headline != CODE_COUNT;
    tell_object(teller, "glance");
    tell_list(teller, "codes");
    for (int i = 0; i < CODE_COUNT; i++) {
        if (glance.codes >> i & 1) {
            tell_text(teller, NULL, verdict_code((enum code)i));
        }
    }
    tell_end(teller);
    tell_text(teller, "headline", has_headline ? verdict_code(glance.headline) : NULL);
    tell_text(teller, "severity", has_headline ? verdict_severity(glance.severity) : NULL);
    tell_text(teller, "text", glance.text);
    tell_end(teller);
    explain_glance_clear(&glance);
}

static void print(struct json_teller *json)
{
    json_t *told = json_teller_take(json);
    json_dumpf(told, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
    putchar('\n');
    fflush(stdout);
    json_decref(told);
}

static void descend(const struct run *run, int n_steps)
{
    struct json_teller json;
    struct levenberg levenberg;
    if (levenberg_init(&levenberg, &run->network, run->dataset, LOSS_MSE, NULL) != 0) {
        end_badly("out of memory");
    }
    json_teller_init(&json);
    double loss = levenberg_descend(&levenberg, run->start, n_steps);
    tell_number(&json.teller, "loss", loss);
    tell_numbers(&json.teller, "parameters", run->start, levenberg.n_parameters);
    levenberg_clear(&levenberg);
    print(&json);
}

static void explain(const json_t *spec)
{
    struct error error = ERROR_INIT;
    struct run *run = read_run(spec);
    if (json_object_get(spec, "descend")) {
        descend(run, (int)number(spec, "descend", 0));
        free_run(run);
        return;
    }
    train(run);
    struct floors *floors = find_floors(run, spec, &error);
    const char *depth = text(spec, "depth", "full");
    struct json_teller json;
    struct teller *teller = &json.teller;
    json_teller_init(&json);
    double before = thread_seconds();
    if (!floors || explain_run(&run->subject, floors,
                               strcmp(depth, "live") == 0  ? EXPLAIN_LIVE
                               : strcmp(depth, "end") == 0 ? EXPLAIN_END
                                                           : EXPLAIN_FULL,
                               teller, &error) != 0) {
        end_badly(error.text);
    }
    tell_run(run, thread_seconds() - before, teller);
    if (strcmp(depth, "live") == 0) {
        tell_glance(run, floors, teller);
    }
    print(&json);
    floors_destroy(floors);
    free_run(run);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        json_error_t fault;
        json_t *spec = json_loads(line, 0, &fault);
        if (!spec) {
            end_badly(fault.text);
        }
        explain(spec);
        json_decref(spec);
    }
    free(line);
    return 0;
}
