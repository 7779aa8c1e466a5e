/* The lowest median and its neighbours, the boundary, and the limits that theory has. */
#include "server/api/sweep/along.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/explain/sweep/best.h"
#include "server/base/json.h"
#include "server/base/text.h"

static void print_value(const struct analysis *it, size_t setting, char out[32])
{
    snprintf(out, 32, "%.4g", grid_value(&it->grid, setting));
}

/* The last name in a pointer, with spaces: "learning rate". */
static void print_axis(const struct analysis *it, char out[64])
{
    const char *pointer = grid_axis(&it->grid);
    snprintf(out, 64, "%s", strrchr(pointer, '/') + 1);
    for (char *c = out; *c != '\0'; c++)
        if (*c == '_')
            *c = ' ';
}

/* "a learning rate of 0.001 gives", "32 units give", "1 unit gives". */
static void print_choice(const struct analysis *it, size_t setting, struct text *text)
{
    char axis[64], value[32];
    print_axis(it, axis);
    print_value(it, setting, value);
    size_t n = strlen(axis);
    int is_one = strcmp(value, "1") == 0;
    if (n > 1 && axis[n - 1] == 's')
        text_printf(text, "%s %.*s %s", value, (int)n - is_one, axis, is_one ? "gives" : "give");
    else
        text_printf(text, "%s %s of %s gives", strchr("aeiou", axis[0]) == NULL ? "a" : "an", axis,
                    value);
}

static void print_best(const struct analysis *it, const struct best *best, struct text *text)
{
    char first[32], last[32], low[32], high[32];
    print_value(it, best->first, first);
    print_value(it, best->last, last);
    print_value(it, best->low, low);
    print_value(it, best->high, high);
    text_printf(text, "Of the values tried, ");
    print_choice(it, best->lowest, text);
    text_printf(text, " the lowest %sloss, %.6g. ", it->grid.n_starts < 2 ? "" : "median ",
                best->median);
    if (best->first < best->last)
        text_printf(text, "All from %s to %s are within 5 %% of it. ", first, last);
    else if (it->grid.n_settings > 1)
        text_printf(text, "No value next to it comes within 5 %%. ");
    if (it->grid.n_settings > 1 && (best->first == 0 || best->last + 1 == it->grid.n_settings))
        text_printf(text, "That reaches the end of what was tried: values beyond it may be as "
                          "good. ");
    if (it->grid.n_starts < 2)
        text_printf(text, "That is from one start: sweep a seed as well to see whether it holds "
                          "for others.");
    else if (best->low == best->high)
        text_printf(text, "With other starts of the same kind the same value would most likely be "
                          "the best of these.");
    else if (best->is_sure)
        text_printf(text, "With other starts of the same kind %s or %s would most likely be the "
                          "best of these.", low, high);
    else
        text_printf(text, "With other starts of the same kind any from %s to %s may be the best: "
                          "there is no verdict on one value; try more starts.", low, high);
}

json_t *along_best(const struct analysis *it, struct error *error)
{
    struct best best;
    struct text text = {0};
    if (!it->grid.is_ordered)
        return json_null();
    if (best_find(&it->table, &best, error) != 0)
        return NULL;
    if (!best.is_found)
        return json_null();
    print_best(it, &best, &text);
    json_t *json = json_pack(
        "{s:s, s:i, s:f, s:f, s:f, s:[f, f], s:[f, f], s:b, s:s%}", "axis", grid_axis(&it->grid),
        "setting", (int)best.lowest, "value", grid_value(&it->grid, best.lowest), "median",
        best.median, "within", BEST_WITHIN, "interval", grid_value(&it->grid, best.first),
        grid_value(&it->grid, best.last), "likely", grid_value(&it->grid, best.low),
        grid_value(&it->grid, best.high), "is_sure", best.is_sure,
        "text", text.bytes, text.n_bytes);
    text_clear(&text);
    return json;
}

/* --- limits by theory --- */

/* The run that limits are taken from: of the setting with the lowest median, the one nearest to it
 * that still learns; -1: there is none. */
static int run_of_limits(const struct analysis *it, struct error *error)
{
    struct best best;
    if (best_find(&it->table, &best, error) != 0 || !best.is_found)
        return -1;
    size_t first = best.lowest * it->grid.n_starts;
    int run = -1;
    double nearest = INFINITY;
    for (size_t i = first; i < first + it->grid.n_starts; i++) {
        double distance = fabs(it->by_place[i].loss - best.median);
        if (it->by_place[i].has_ended && it->by_place[i].fate != FATE_COLLAPSED &&
            distance < nearest) {
            nearest = distance;
            run = it->grid.runs[i];
        }
    }
    return run;
}

/* {"run", "all_samples", "drawn_mean_square", "drawn_trace", "own_sample"}: learning rates beyond
 * which the run would not hold its place, linearised at its last parameters; null while that run is
 * not explained, or of another axis. */
static json_t *limits_json(const struct analysis *it, struct error *error)
{
    enum engine_depth depth;
    char *text = NULL;
    int is_rate = strcmp(grid_axis(&it->grid), "/training/optimizer/learning_rate") == 0;
    int run = is_rate ? run_of_limits(it, error) : -1;
    if (error->kind != ERROR_NONE ||
        (run >= 0 && engine_read_explanation(it->engine, it->study->id, run, &depth, &text,
                                             error) != 0))
        return NULL;
    json_t *explanation = text == NULL ? NULL : json_loads(text, 0, NULL);
    json_t *limits = json_at(explanation, "/verdicts/numbers/learning_rate_limits");
    json_t *json = limits == NULL ? json_null()
                                  : json_put(json_private(limits), "run", json_integer(run));
    json_decref(explanation);
    free(text);
    return json;
}

static void print_limits(const json_t *limits, struct text *text)
{
    double all = json_number_value(json_object_get(limits, "all_samples"));
    double drawn = json_number_value(json_object_get(limits, "drawn_mean_square"));
    if (all > 0.0 && drawn > 0.0)
        text_printf(text, " By theory, steps from the weights that run %lld ended with are too "
                          "long above %.3g if samples are drawn at random, and above %.3g with all "
                          "samples in one step; an order that is fixed or shuffled may bear a "
                          "little more than the first.",
                    (long long)json_integer_value(json_object_get(limits, "run")), drawn, all);
}

/* Where half of the runs that their start does not doom break down. Between two rates it is
 * interpolated by their ratio, between other numbers by their difference. */
static double boundary_at(const struct boundary *boundary, double below, double above)
{
    return below > 0.0 ? below * pow(above / below, boundary->part)
                       : below + boundary->part * (above - below);
}

static void print_boundary(const struct boundary *boundary, double below, double above,
                           struct text *text)
{
    int has_baseline = boundary->baseline > 0.0;
    if (has_baseline)
        text_printf(text, "At every value at least %.3g %% of the runs collapse or diverge: that "
                          "is their start's doing. ", 100.0 * boundary->baseline);
    if (boundary->is_found)
        text_printf(text, "%s from about %.3g on, somewhere between %.4g and %.4g.",
                    has_baseline ? "Of the others half do so"
                                 : "Half of the runs collapse or diverge",
                    boundary_at(boundary, below, above), below, above);
    else
        text_printf(text, "No value is so high that half of the %s.",
                    has_baseline ? "others do" : "runs collapse or diverge");
}

json_t *along_boundary(const struct analysis *it, struct error *error)
{
    struct boundary boundary;
    struct text text = {0};
    if (!it->grid.is_ordered)
        return json_null();
    boundary_find(&it->table, &boundary);
    double below = grid_value(&it->grid, boundary.below);
    double above = grid_value(&it->grid, boundary.above);
    json_t *limits = limits_json(it, error);
    if (limits == NULL)
        return NULL;
    print_boundary(&boundary, below, above, &text);
    print_limits(limits, &text);
    json_t *json = json_pack("{s:f, s:n, s:n, s:o, s:s%}", "baseline", boundary.baseline,
                             "between", "at", "limits", limits, "text", text.bytes, text.n_bytes);
    text_clear(&text);
    if (!boundary.is_found)
        return json;
    json = json_put(json, "between", json_pack("[f, f]", below, above));
    return json_put(json, "at", json_number(boundary_at(&boundary, below, above)));
}
