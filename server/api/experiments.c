/* Experiments: post, list, get, rename, delete, cancel. */
#include "server/api/call/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/api/present.h"
#include "server/api/call/refuse.h"
#include "server/api/call/wait.h"
#include "server/base/clock.h"
#include "server/base/json.h"
#include "server/lab/explain/explanation.h"
#include "server/lab/fork.h"
#include "server/lab/uploads.h"
#include "server/spec/preset/presets.h"

/* --- create --- */

/* The posted body as a spec, a new reference; NULL with faults or an error. */
static json_t *expand(struct call *call, const json_t *body, struct faults *faults,
                      struct error *error)
{
    if (!fork_is_asked(body))
        return presets_expand(body, faults);
    const struct replay_wish wish = call_replay(call, NULL); /* stops as one does */
    const struct fork_desk desk = {wish.engine, lab_shelf(call->api->lab), wish.stop, wish.context};
    return fork_expand(&desk, body, faults, error);
}

/* The posted spec, presets and forks expanded and checked; NULL after replying. */
static struct spec *read_spec(struct call *call)
{
    struct error error = ERROR_INIT;
    json_t *body = call_body(call);
    if (body == NULL)
        return NULL;
    struct spec *spec = NULL;
    struct faults *faults = memory_array(1, sizeof *faults, &error);
    json_t *expanded = faults == NULL ? NULL : expand(call, body, faults, &error);
    if (expanded != NULL)
        spec = spec_parse_with(expanded, uploads_fetch, lab_engine(call->api->lab), faults);
    if (expanded != NULL && fork_is_asked(body))
        fork_place_faults(body, faults);
    if (faults != NULL && faults->no_memory)
        error_set(&error, ERROR_MEMORY, "not enough memory to check the spec");
    if (error.kind != ERROR_NONE)
        http_reply_error(call->request, &error);
    else if (spec == NULL)
        refuse_faults(call, faults);
    json_decref(expanded);
    json_decref(body);
    free(faults);
    return spec;
}

/* `json` (taken) with what the experiment was forked from, if it was; NULL with the error. */
static json_t *with_origin(struct call *call, const struct study *study, json_t *json,
                           struct error *error)
{
    json_t *origin = json == NULL ? NULL : fork_origin(lab_shelf(call->api->lab), study->spec,
                                                       error);
    if (origin != NULL) {
        json = json_put(json, "forked_from", origin);
        if (json == NULL)
            error_set(error, ERROR_MEMORY, "not enough memory to answer");
    } else if (error->kind != ERROR_NONE) {
        json_decref(json);
        json = NULL;
    }
    return json;
}

static void reply_experiment(struct call *call, int status)
{
    struct error error = ERROR_INIT;
    struct shelf *shelf = lab_shelf(call->api->lab);
    json_t *json = NULL;
    const struct study *study = shelf_take(shelf, call->name, &error);
    if (study != NULL) {
        json = present_experiment(lab_engine(call->api->lab), study, &error);
        json = with_origin(call, study, json, &error);
        shelf_release(shelf, study);
    }
    if (json == NULL)
        http_reply_error(call->request, &error);
    else if (http_method(call->request) == HTTP_GET)
        call_reply_record(call, json, present_is_final(json));
    else
        call_reply_json(call, status, json);
}

static void reply_created(struct call *call)
{
    char location[64 + ENGINE_ID_BYTES];
    snprintf(location, sizeof location, "/api/v1/experiments/%.*s", ENGINE_ID_BYTES - 1,
             call->name);
    http_reply_header(call->request, "Location", location);
    wait_for_end(call, 201, reply_experiment);
}

/* What was stored for this call, now or by an earlier one with the same key. */
static void reply_submitted(struct call *call, enum engine_once result, const struct error *error)
{
    if (result == ONCE_AGAIN)
        http_reply_header(call->request, "Idempotent-Replayed", "true");
    if (result == ONCE_ERROR)
        http_reply_error(call->request, error);
    else if (result == ONCE_OTHER)
        http_reply_problem(call->request, 422,
                           "this Idempotency-Key came with another body before: use a new key for "
                           "a new experiment",
                           NULL);
    else
        reply_created(call);
}

/* For the readers who come now. */
static void post_floors(struct call *call)
{
    struct shelf *shelf = lab_shelf(call->api->lab);
    const struct study *study = shelf_take(shelf, call->name, NULL);
    if (study == NULL)
        return;
    floors_board_fill(&call->api->floors, study, NULL);
    shelf_release(shelf, study);
}

static void submit(struct call *call, const struct engine_key *key)
{
    struct error error = ERROR_INIT;
    struct engine *engine = lab_engine(call->api->lab);
    enum engine_once result = ONCE_NEW;
    if (key != NULL)
        result = engine_find_key(engine, key, clock_wall_ms(), call->name, &error);
    if (result == ONCE_NEW) {
        struct spec *spec = read_spec(call);
        if (spec == NULL)
            return;
        result = lab_submit(call->api->lab, spec, key, call->name, &error);
        if (result == ONCE_NEW || result == ONCE_SHARED)
            post_floors(call);
    }
    reply_submitted(call, result, &error);
}

static void validate(struct call *call)
{
    struct spec *spec = read_spec(call);
    if (spec == NULL)
        return;
    struct error error = ERROR_INIT;
    json_t *json = NULL, *floors = explanation_floors(spec, 0, &error);
    if (floors != NULL)
        json = json_pack("{s:O, s:i, s:o}", "spec", spec_json(spec), "runs", spec_n_runs(spec),
                         "floors", floors);
    spec_destroy(spec);
    if (floors == NULL) {
        http_reply_error(call->request, &error);
        return;
    }
    call_reply_json(call, 200, json);
}

/* Whether the body may be a fork: known before it is parsed, and a name too many does no harm. */
static int may_replay(struct call *call)
{
    size_t n_bytes;
    return strstr(http_body(call->request, &n_bytes), "\"fork\"") != NULL;
}

void experiments_create(struct call *call)
{
    struct once once;
    int wants_check;
    if (call_query_flag(call, "validate", &wants_check) != 0 ||
        (may_replay(call) && call_move(call, HTTP_LONG)))
        return;
    if (wants_check)
        validate(call);
    else if (once_begin(&once, call) == 0) {
        submit(call, once.key.key == NULL ? NULL : &once.key);
        once_end(&once);
    }
}

/* --- read --- */

static int append_row(void *context, const struct engine_experiment *experiment)
{
    json_t **rows = context; /* lost, NULL, when one of them is */
    *rows = json_push(*rows, present_list_row(experiment));
    return *rows == NULL;
}

void experiments_list(struct call *call)
{
    struct error error = ERROR_INIT;
    int64_t limit, cursor, next = 0;
    if (call_query_page(call, &limit, &cursor) != 0)
        return;
    json_t *rows = json_array();
    if (engine_list(lab_engine(call->api->lab), cursor, (int)limit, append_row, &rows, &next,
                    &error) != 0) {
        json_decref(rows);
        http_reply_error(call->request, &error);
        return;
    }
    call_reply_page(call, "experiments", rows, next);
}

void experiments_get(struct call *call)
{
    wait_for_end(call, 200, reply_experiment);
}

/* --- change --- */

/* A new name is one: an empty one, which a spec may have, would leave none. */
static void check_new_name(const json_t *body, const json_t *name, struct faults *faults)
{
    refuse_others(body, "name", faults);
    if (name == NULL || (json_is_string(name) && json_string_length(name) == 0))
        faults_add(faults, "/name", "%s, expected a text of 1 to 200 characters",
                   name == NULL ? "missing" : "got \"\"");
    else
        spec_check_name(name, faults);
}

void experiments_rename(struct call *call)
{
    struct error error = ERROR_INIT;
    json_t *body = call_body(call);
    if (body == NULL)
        return;
    struct faults *faults = memory_array(1, sizeof *faults, &error);
    const json_t *name = json_object_get(body, "name");
    if (faults != NULL)
        check_new_name(body, name, faults);
    if (faults == NULL)
        http_reply_error(call->request, &error);
    else if (faults->n_found > 0)
        refuse_faults(call, faults);
    else if (lab_rename(call->api->lab, call->name, json_string_value(name), &error) != 0)
        http_reply_error(call->request, &error);
    else
        reply_experiment(call, 200);
    free(faults);
    json_decref(body);
}

void experiments_delete(struct call *call)
{
    struct error error = ERROR_INIT;
    if (lab_delete(call->api->lab, call->name, &error) != 0)
        http_reply_error(call->request, &error);
    else
        http_reply(call->request, 204, NULL, NULL, 0);
}

void experiments_cancel(struct call *call)
{
    struct error error = ERROR_INIT;
    int n_cancelled;
    if (lab_cancel(call->api->lab, call->name, &n_cancelled, &error) != 0)
        http_reply_error(call->request, &error);
    else
        reply_experiment(call, 202);
}
