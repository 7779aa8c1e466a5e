/* Runs sorted by what their overrides say. */
#include "server/api/sweep/grid.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/number.h"
#include "server/base/json.h"

enum { NAME_BYTES_MAX = 160 };

static int is_start(const char *pointer)
{
    size_t n = strlen(pointer);
    return strncmp(pointer, "/network/init", 13) == 0 ||
           (n >= 5 && strcmp(pointer + n - 5, "/seed") == 0);
}

/* The overrides of one kind; a new reference, NULL on memory failure. */
static json_t *part_of(json_t *overrides, int of_start)
{
    json_t *part = json_object(), *value;
    const char *pointer;
    json_object_foreach (overrides, pointer, value)
        if (is_start(pointer) == of_start && json_object_set(part, pointer, value) != 0) {
            json_decref(part);
            return NULL;
        }
    return part;
}

/* Where `part` (taken) stands in the list `all`, put at its end if it is new; -1 on memory
 * failure. */
static int place_of(json_t *all, json_t *part)
{
    size_t i;
    json_t *known;
    json_array_foreach (all, i, known)
        if (json_equal(known, part)) {
            json_decref(part);
            return (int)i;
        }
    if (part == NULL || json_array_append_new(all, part) != 0)
        return -1;
    return (int)json_array_size(all) - 1;
}

/* Row and column of every run, rows[n], columns[n]. */
static int place_runs(struct grid *grid, const struct spec *spec, int *rows, int *columns)
{
    for (int run = 0; run < spec_n_runs(spec); run++) {
        json_t *overrides = spec_overrides(spec, run);
        if (overrides == NULL)
            return -1;
        rows[run] = place_of(grid->settings, part_of(overrides, 0));
        columns[run] = place_of(grid->starts, part_of(overrides, 1));
        json_decref(overrides);
        if (rows[run] < 0 || columns[run] < 0)
            return -1;
    }
    return 0;
}

const char *grid_axis(const struct grid *grid)
{
    return json_object_iter_key(json_object_iter(json_array_get(grid->settings, 0)));
}

double grid_value(const struct grid *grid, size_t setting)
{
    return json_number_value(json_object_get(json_array_get(grid->settings, setting),
                                             grid_axis(grid)));
}

static int has_one_axis_of_numbers(const struct grid *grid)
{
    size_t i;
    json_t *setting;
    json_array_foreach (grid->settings, i, setting)
        if (json_object_size(setting) != 1 ||
            !json_is_number(json_object_iter_value(json_object_iter(setting))))
            return 0;
    return 1;
}

/* Puts the settings in the order of their values: insertion, for there are few. Sharing a setting
 * needs no memory. */
static void sort_settings(struct grid *grid)
{
    size_t n = grid->n_starts;
    for (size_t i = 1; i < grid->n_settings; i++)
        for (size_t s = i; s > 0 && grid_value(grid, s) < grid_value(grid, s - 1); s--) {
            json_t *above = json_incref(json_array_get(grid->settings, s - 1));
            json_array_set(grid->settings, s - 1, json_array_get(grid->settings, s));
            json_array_set_new(grid->settings, s, above);
            for (size_t k = 0; k < n; k++) {
                int run = grid->runs[(s - 1) * n + k];
                grid->runs[(s - 1) * n + k] = grid->runs[s * n + k];
                grid->runs[s * n + k] = run;
            }
        }
}

int grid_init(struct grid *grid, const struct spec *spec, struct error *error)
{
    int n = spec_n_runs(spec), result = -1;
    *grid = (struct grid){.settings = json_array(), .starts = json_array()};
    int *rows = memory_array((size_t)n, sizeof *rows, error);
    int *columns = memory_array((size_t)n, sizeof *columns, error);
    if (rows == NULL || columns == NULL || place_runs(grid, spec, rows, columns) != 0)
        goto out;
    grid->n_settings = json_array_size(grid->settings);
    grid->n_starts = json_array_size(grid->starts);
    grid->runs = memory_array(grid->n_settings * grid->n_starts, sizeof *grid->runs, error);
    if (grid->runs == NULL)
        goto out;
    for (size_t i = 0; i < grid->n_settings * grid->n_starts; i++)
        grid->runs[i] = -1;
    for (int run = 0; run < n; run++)
        grid->runs[(size_t)rows[run] * grid->n_starts + (size_t)columns[run]] = run;
    grid->is_ordered = has_one_axis_of_numbers(grid);
    if (grid->is_ordered)
        sort_settings(grid);
    result = 0;
out:
    free(rows);
    free(columns);
    if (result != 0) {
        error_set(error, ERROR_MEMORY, "not enough memory to sort %d runs", n);
        grid_clear(grid);
    }
    return result;
}

void grid_clear(struct grid *grid)
{
    json_decref(grid->settings);
    json_decref(grid->starts);
    free(grid->runs);
    *grid = (struct grid){0};
}

/* The shortest end of a pointer that no other one of the setting has: "learning_rate". */
static const char *short_pointer(const json_t *setting, const char *pointer)
{
    const char *last = strrchr(pointer, '/');
    for (void *at = json_object_iter((json_t *)setting); at != NULL;
         at = json_object_iter_next((json_t *)setting, at)) {
        const char *other = json_object_iter_key(at);
        if (strcmp(other, pointer) != 0 && strcmp(strrchr(other, '/'), last) == 0)
            return pointer;
    }
    return last + 1;
}

/* Four digits, where no other value on the axis has the same. */
static void print_number(const struct grid *grid, const char *pointer, double value,
                         struct text *text)
{
    char digits[NUMBER_TEXT_BYTES], others[NUMBER_TEXT_BYTES];
    size_t n = number_print_rounded(digits, value, 4);
    for (size_t s = 0; s < grid->n_settings; s++) {
        double other = json_number_value(json_object_get(json_array_get(grid->settings, s),
                                                         pointer));
        number_print_rounded(others, other, 4);
        if (other != value && strcmp(digits, others) == 0)
            n = number_print(digits, value);
    }
    text_add(text, digits, n);
}

char *grid_print(const struct grid *grid, size_t setting)
{
    const json_t *values = json_array_get(grid->settings, setting);
    struct text text = {0};
    for (void *at = json_object_iter((json_t *)values); at != NULL;
         at = json_object_iter_next((json_t *)values, at)) {
        const json_t *value = json_object_iter_value(at);
        text_printf(&text, "%s%s ", text.n_bytes == 0 ? "" : ", ",
                    short_pointer(values, json_object_iter_key(at)));
        if (json_is_string(value))
            text_printf(&text, "%s", json_string_value(value));
        else if (json_is_real(value))
            print_number(grid, json_object_iter_key(at), json_real_value(value), &text);
        else
            text_json(&text, value);
    }
    if (text.n_bytes == 0 || text.n_bytes > NAME_BYTES_MAX) {
        text_clear(&text);
        text_printf(&text, "setting %zu", setting);
    }
    return text_take(&text, NULL);
}
