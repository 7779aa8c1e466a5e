/* The sweep again, with more starts or other values. */
#include "server/api/sweep/further.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/base/json.h"
#include "server/spec/option/options.h"

#define SEED "/network/init/seed"
#define SEED_MAX 4294967295.0

/* The posted sweep with one axis more, or in the place of one. `axis` is taken. */
static json_t *sweep_with(const struct analysis *it, const char *pointer, json_t *axis)
{
    const json_t *given = json_object_get(spec_json(it->study->spec), "sweep");
    json_t *sweep = json_is_object(given) ? json_private(given) : json_object();
    return json_put(sweep, pointer, axis);
}

/* {"label", "post"} of a fork at its run's start with `name` (a sweep or changes, taken). */
static json_t *put_fork(const struct analysis *it, int run, const char *label, const char *name,
                        json_t *value, json_t *actions)
{
    json_t *fork = json_pack("{s:s, s:i, s:s}", "experiment", it->study->id, "run", run, "at",
                             "start");
    json_t *post = json_put(json_put(json_object(), "fork", fork), name, value);
    json_t *action = json_put(json_object(), "label", json_string(label));
    return json_push(actions, json_put(action, "post", post));
}

/* --- starts --------------------------------------------------------------------------------- */

/* The seed that alone tells the starts apart, or could: of a start that is drawn. NULL: none. */
static const char *seed_of(const struct analysis *it)
{
    json_t *start = json_array_get(it->grid.starts, 0);
    if (json_object_size(start) == 0)
        return json_is_integer(json_at(spec_json(it->study->spec), SEED)) ? SEED : NULL;
    const char *pointer = json_object_iter_key(json_object_iter(start));
    size_t n = strlen(pointer);
    return json_object_size(start) == 1 && n >= 5 && strcmp(pointer + n - 5, "/seed") == 0
               ? pointer : NULL;
}

static json_t *seed_at(const struct analysis *it, size_t start, const char *pointer)
{
    return json_object_get(json_array_get(it->grid.starts, start), pointer);
}

static double greatest_seed(const struct analysis *it, const char *pointer)
{
    double greatest = 0.0;
    for (size_t i = 0; i < it->grid.n_starts; i++)
        greatest = fmax(greatest, json_number_value(seed_at(it, i, pointer)));
    return greatest;
}

/* The seeds that there are, and FURTHER_STARTS more behind the greatest. */
static json_t *more_seeds(const struct analysis *it, const char *pointer)
{
    json_t *seeds = json_array();
    for (size_t i = 0; i < it->grid.n_starts; i++)
        if (seed_at(it, i, pointer) != NULL)
            seeds = json_push(seeds, json_private(seed_at(it, i, pointer)));
    for (int k = 1; k <= FURTHER_STARTS; k++)
        seeds = json_push(seeds, json_integer((json_int_t)greatest_seed(it, pointer) + k));
    return seeds;
}

static json_t *pair_json(const struct analysis *it, const size_t *pair)
{
    json_t *values = json_array();
    for (int i = 0; i < 2; i++)
        values = json_push(values, json_private(json_object_get(
                                       json_array_get(it->grid.settings, pair[i]),
                                       grid_axis(&it->grid))));
    return values;
}

json_t *further_starts(const struct analysis *it, const size_t *pair, json_t *actions)
{
    const char *pointer = seed_of(it);
    int is_pair = pair != NULL && it->grid.is_ordered;
    size_t n = (is_pair ? 2 : it->grid.n_settings) * (it->grid.n_starts + FURTHER_STARTS);
    char label[64];
    if (pointer == NULL || n > OPTIONS_RUNS_MAX ||
        greatest_seed(it, pointer) + FURTHER_STARTS > SEED_MAX)
        return actions;
    snprintf(label, sizeof label, "again with %d%s starts", FURTHER_STARTS,
             it->grid.n_starts > 1 ? " more" : "");
    json_t *sweep = sweep_with(it, pointer, more_seeds(it, pointer));
    if (is_pair)
        sweep = json_put(sweep, grid_axis(&it->grid), pair_json(it, pair));
    return put_fork(it, 0, label, "sweep", sweep, actions);
}

/* --- values --------------------------------------------------------------------------------- */

static int is_whole(const struct analysis *it)
{
    for (size_t s = 0; s < it->grid.n_settings; s++)
        if (!json_is_integer(json_object_get(json_array_get(it->grid.settings, s),
                                             grid_axis(&it->grid))))
            return 0;
    return 1;
}

/* Whole numbers, as evenly as may be by ratio or by difference; *out_n of them. */
static json_t *whole_values(double from, double to, size_t *out_n)
{
    json_t *values = json_array();
    double before = -INFINITY;
    *out_n = 0;
    for (int i = 0; i < FURTHER_VALUES; i++) {
        double part = (double)i / (FURTHER_VALUES - 1);
        double value = round(from > 0.0 ? from * pow(to / from, part) : from + (to - from) * part);
        if (value > before) {
            values = json_push(values, json_integer((json_int_t)value));
            ++*out_n;
        }
        before = value;
    }
    return values;
}

static json_t *range_of(double from, double to)
{
    json_t *range = json_pack("{s:o, s:o, s:i}", "from", json_number(from), "to", json_number(to),
                              "steps", FURTHER_VALUES);
    return from > 0.0 ? json_put(range, "scale", json_string("log")) : range;
}

json_t *further_values(const struct analysis *it, size_t from, size_t to, json_t *actions)
{
    double low = grid_value(&it->grid, from), high = grid_value(&it->grid, to);
    size_t n = FURTHER_VALUES;
    char label[96];
    if (!(low < high))
        return actions;
    json_t *values = is_whole(it) ? whole_values(low, high, &n) : range_of(low, high);
    if (n <= to - from + 1 || n * it->grid.n_starts > OPTIONS_RUNS_MAX) {
        json_decref(values);
        return actions;
    }
    snprintf(label, sizeof label, "look closer, at %zu values from %.4g to %.4g", n, low, high);
    return put_fork(it, 0, label, "sweep", sweep_with(it, grid_axis(&it->grid), values), actions);
}

/* A field that goes with any value of its range, whatever the others are. */
static int is_free(const char *pointer)
{
    return strncmp(pointer, "/training/optimizer/", strlen("/training/optimizer/")) == 0 ||
           strcmp(pointer, "/training/epochs") == 0 ||
           strcmp(option_name(option_at(pointer)), "units") == 0;
}

json_t *further_beyond(const struct analysis *it, size_t end, json_t *actions)
{
    const char *pointer = grid_axis(&it->grid);
    const struct option *option = option_at(pointer);
    double from = grid_value(&it->grid, end), factor = is_whole(it) ? 4.0 : 10.0;
    double to = end > 0 ? from * factor : is_whole(it) ? ceil(from / factor) : from / factor;
    double low = fmin(from, to), high = fmax(from, to);
    size_t n = FURTHER_VALUES;
    char label[96];
    if (!is_free(pointer) || !(low > 0.0) || !(low < high) || low < option->minimum ||
        high > option->maximum)
        return actions;
    json_t *values = is_whole(it) ? whole_values(low, high, &n) : range_of(low, high);
    if (n * it->grid.n_starts > OPTIONS_RUNS_MAX) {
        json_decref(values);
        return actions;
    }
    snprintf(label, sizeof label, "look further, at %zu values from %.4g to %.4g", n, low, high);
    return put_fork(it, 0, label, "sweep", sweep_with(it, pointer, values), actions);
}

/* --- a run ---------------------------------------------------------------------------------- */

json_t *further_run(const struct analysis *it, int run, double rate, int64_t epochs,
                    json_t *actions)
{
    char label[96];
    snprintf(label, sizeof label, "train it: learning rate %.3g, %lld epochs", rate,
             (long long)epochs);
    json_t *changes = json_put(json_object(), "/training/optimizer/learning_rate",
                               json_number(rate));
    changes = json_put(changes, "/training/epochs", json_integer(epochs));
    return put_fork(it, run, label, "changes", changes, actions);
}
