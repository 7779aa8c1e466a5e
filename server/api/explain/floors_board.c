/* The floors of experiments as the first events of their streams, kept where they are quickly
 * found.
 */
#include "server/api/explain/floors_board.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/api/stream/frame.h"
#include "server/base/json.h"
#include "server/lab/explain/explanation.h"
#include "server/spec/plan.h"

/* So many data sets of a sweep have a frame, the others' floors stand in their runs' records; and
 * of large ones fewer: of so many samples times inputs squared together. */
enum { FRAMES_MAX = 16, WORK_MAX = 4000000 };

void floors_board_clear(struct floors_board *board)
{
    for (int i = 0; i < FLOORS_BOARD_PLACES; i++)
        free(board->places[i].frames);
    memset(board->places, 0, sizeof board->places);
}

int floors_board_find(struct floors_board *board, const char *id, struct text *out)
{
    int found = 0;
    pthread_mutex_lock(&board->mutex);
    for (int i = 0; i < FLOORS_BOARD_PLACES && !found; i++) {
        found = strcmp(board->places[i].id, id) == 0;
        if (found)
            text_add(out, board->places[i].frames, strlen(board->places[i].frames));
    }
    pthread_mutex_unlock(&board->mutex);
    return found;
}

/* Takes `frames`. */
static void put(struct floors_board *board, const char id[ENGINE_ID_BYTES], char *frames)
{
    pthread_mutex_lock(&board->mutex);
    struct floors_place *place = &board->places[board->next++ % FLOORS_BOARD_PLACES];
    free(place->frames);
    place->frames = frames;
    memcpy(place->id, id, sizeof place->id);
    pthread_mutex_unlock(&board->mutex);
}

/* --- frames -------------------------------------------------------------------------------- */

static int has_same(const struct spec *spec, int a, int b)
{
    struct run_plan first, second;
    spec_outline(spec, a, &first);
    spec_outline(spec, b, &second);
    return first.training.loss == second.training.loss && spec_same_dataset(spec, a, b);
}

/* Takes from the runs those that have the same floors as runs[0], the rest moved together. */
static json_t *take_alike(const struct spec *spec, int *runs, int *n_runs)
{
    json_t *list = json_array();
    int n_left = 0, first = runs[0];
    for (int i = 0; i < *n_runs; i++) {
        if (has_same(spec, first, runs[i]))
            list = json_push(list, json_integer(runs[i]));
        else
            runs[n_left++] = runs[i];
    }
    *n_runs = n_left;
    return list;
}

/* The frame of run `run` and those like it; takes `alike`. */
static int print_frame(struct text *text, const struct study *study, int run, json_t *alike,
                       struct error *error)
{
    struct text data = {0};
    json_t *floors = explanation_floors(study->spec, run, error);
    json_t *json = NULL;
    if (floors != NULL)
        json = json_pack("{s:s, s:O, s:O}", "experiment", study->id, "runs", alike, "lines",
                         json_object_get(floors, "lines"));
    if (json != NULL)
        text_json(&data, json);
    if (data.n_bytes > 0 && data.n_bytes < FRAME_BYTES_MAX - 64)
        text_printf(text, "event: floors\ndata: %s\n\n", data.bytes);
    int has_failed = json == NULL || data.failed;
    text_clear(&data);
    json_decref(json);
    json_decref(floors);
    json_decref(alike);
    if (has_failed && floors != NULL)
        error_set(error, ERROR_MEMORY, "not enough memory for the floors");
    return has_failed ? -1 : 0;
}

static double work_of(const struct spec *spec, int run, struct error *error)
{
    struct run_plan plan;
    if (spec_plan(spec, run, 1, &plan, error) != 0)
        return 0;
    double inputs = (double)plan.dataset->n_features + 1;
    double work = (double)plan.dataset->n_samples * inputs * inputs;
    run_plan_clear(&plan);
    return work;
}

int floors_board_fill(struct floors_board *board, const struct study *study, struct error *error)
{
    struct text text = {0};
    int n_runs = spec_n_runs(study->spec), result = 0;
    double work = 0;
    int *runs = memory_array((size_t)n_runs, sizeof *runs, error);
    if (runs == NULL)
        return -1;
    for (int run = 0; run < n_runs; run++)
        runs[run] = run;
    for (int n = 0; n < FRAMES_MAX && n_runs > 0 && result == 0 && work < WORK_MAX; n++) {
        int first = runs[0];
        result = print_frame(&text, study, first, take_alike(study->spec, runs, &n_runs), error);
        if (n_runs > 0)
            work += work_of(study->spec, first, error);
    }
    free(runs);
    size_t n_bytes;
    char *frames = result == 0 ? text_take(&text, &n_bytes) : NULL;
    if (frames != NULL)
        put(board, study->id, frames);
    text_clear(&text);
    return frames != NULL ? 0 : -1;
}
