/* Floors and verdicts of a run, as answers have them.
 *
 * An action as the core tells it says what to change and from where to go on. Here it becomes a
 * body that can be posted as it is: which experiment and run those are is not the core's to know,
 * and differs between experiments that show the same results. */
#include "server/api/explain/verdicts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/api/call/wait.h"
#include "server/api/present.h"
#include "server/base/clock.h"
#include "server/base/json.h"
#include "server/lab/explain/explanation.h"

/* --- actions ------------------------------------------------------------------------------- */

/* {"label", "at", "changes", "sweep"?} -> {"label", "post": {"fork": {...}, "changes", "sweep"?}},
 * in place. */
static void complete_action(json_t *action, const char *id, int run)
{
    json_t *at = json_object_get(action, "at"), *changes = json_object_get(action, "changes");
    if (at == NULL || changes == NULL)
        return;
    json_t *post = json_pack("{s:{s:s, s:i, s:O}, s:O}", "fork", "experiment", id, "run", run, "at",
                             at, "changes", changes);
    json_t *sweep = json_object_get(action, "sweep");
    if (sweep != NULL)
        json_object_set(post, "sweep", sweep);
    json_object_set_new(action, "post", post);
    json_object_del(action, "at");
    json_object_del(action, "changes");
    json_object_del(action, "sweep");
}

static void complete_actions(json_t *verdicts, const char *id, int run)
{
    size_t i, j;
    json_t *verdict, *action;
    json_array_foreach(json_object_get(verdicts, "verdicts"), i, verdict)
        json_array_foreach(json_object_get(verdict, "actions"), j, action)
            complete_action(action, id, run);
}

/* --- finding ------------------------------------------------------------------------------- */

/* How long a desk may look. */
struct limit {
    struct http_server *server;
    int64_t until_ns; /* of the thread's processor time */
    int is_over;
};

static int is_over(void *context)
{
    struct limit *limit = context;
    limit->is_over = limit->is_over || clock_thread_ns() > limit->until_ns;
    return limit->is_over || http_is_stopping(limit->server);
}

/* 1 when it took too long; otherwise *out_json, NULL with an error. */
static int try(struct call *call, struct explanation_wish *wish, json_t **out_json,
               struct error *error)
{
    struct limit limit = {http_request_server(call->request),
                          clock_thread_ns() + (int64_t)VERDICTS_MS * 1000000, 0};
    wish->stop = is_over;
    wish->context = &limit;
    *out_json = explanation_make(wish, error);
    if (*out_json != NULL || error->kind != ERROR_BUSY || !limit.is_over)
        return 0;
    *error = (struct error)ERROR_INIT;
    return 1;
}

/* Found out now; where that takes too long, all but what needs the run to be trained again; and
 * where that does, it says so. */
static json_t *make(struct call *call, const struct study *study, int has_ended,
                    struct error *error)
{
    struct explanation_wish wish = {.engine = lab_engine(call->api->lab), .study = study,
                                    .run = call->run,
                                    .depth = has_ended ? EXPLAIN_END : EXPLAIN_LIVE};
    char why[160];
    json_t *json;
    if (!try(call, &wish, &json, error))
        return json;
    _Static_assert(VERDICTS_MS == 100, "said below");
    wish.no_replay = "training it again takes more than 100 ms: that is done in the background; "
                     "ask again, or with Prefer: wait=60";
    if (has_ended && !try(call, &wish, &json, error))
        return json;
    snprintf(why, sizeof why, "it takes more than %d ms: %s", VERDICTS_MS,
             has_ended ? "it is being made in the background; ask again, or with Prefer: wait=60"
                       : "it is made when the run has ended");
    return json_pack("{s:o, s:o}", "floors", explanation_floors(study->spec, call->run, error),
                     "verdicts", explanation_not_run(why));
}

int verdicts_are_stored(struct call *call)
{
    struct engine *engine = lab_engine(call->api->lab);
    struct engine_run record = {0};
    enum engine_depth depth;
    char *text = NULL;
    if (engine_find_run(engine, call->name, call->run, &record, NULL) != 0)
        return 1;
    int is_stored = record.state == RUN_FAILED ||
                    engine_read_explanation(engine, call->name, call->run, &depth, &text,
                                            NULL) != 0 ||
                    text != NULL;
    free(text);
    engine_run_clear(&record);
    return is_stored;
}

/* {"floors", "verdicts"} of the call's run. */
static json_t *find(struct call *call, const struct study *study, struct error *error)
{
    struct engine *engine = lab_engine(call->api->lab);
    struct engine_run record = {0};
    enum engine_depth depth;
    char *text = NULL;
    json_t *json = NULL;
    if (engine_find_run(engine, study->id, call->run, &record, error) != 0 ||
        engine_read_explanation(engine, study->id, call->run, &depth, &text, error) != 0)
        goto out;
    if (text != NULL)
        json = json_loads(text, 0, NULL);
    else if (record.state == RUN_FAILED)
        json = json_pack("{s:n, s:o}", "floors", "verdicts",
                         explanation_not_run("the run failed, see its message"));
    else
        json = make(call, study, run_state_is_final(record.state), error);
    if (json == NULL && error->kind == ERROR_NONE)
        error_set(error, ERROR_MEMORY, "not enough memory to answer");
    complete_actions(json_object_get(json, "verdicts"), study->id, call->run);
out:
    free(text);
    engine_run_clear(&record);
    return json;
}

int verdicts_add(struct call *call, const struct study *study, json_t *row, struct error *error)
{
    json_t *json = find(call, study, error);
    if (json == NULL)
        return -1;
    int result = json_object_update(row, json);
    json_decref(json);
    return result == 0 ? 0 : error_set(error, ERROR_MEMORY, "not enough memory to answer");
}

json_t *verdicts_floors(struct call *call, const struct study *study, struct error *error)
{
    enum engine_depth depth;
    char *text = NULL;
    if (engine_read_explanation(lab_engine(call->api->lab), study->id, call->run, &depth, &text,
                                error) != 0)
        return NULL;
    json_t *json = text != NULL ? json_loads(text, 0, NULL) : NULL;
    json_t *floors = json_incref(json_object_get(json, "floors"));
    json_decref(json);
    free(text);
    if (json_is_object(floors))
        return floors;
    json_decref(floors);
    return explanation_floors(study->spec, call->run, error);
}

/* --- the route ----------------------------------------------------------------------------- */

static void reply_verdicts(struct call *call, int status)
{
    struct error error = ERROR_INIT;
    struct shelf *shelf = lab_shelf(call->api->lab);
    json_t *json = NULL, *verdicts = NULL;
    const struct study *study = shelf_take(shelf, call->name, &error);
    (void)status;
    if (study != NULL) {
        json = find(call, study, &error);
        shelf_release(shelf, study);
    }
    if (json == NULL) {
        http_reply_error(call->request, &error);
        return;
    }
    verdicts = json_incref(json_object_get(json, "verdicts"));
    json_decref(json);
    const char *state = json_string_value(json_object_get(verdicts, "state"));
    call_reply_record(call, verdicts, state != NULL && strcmp(state, "full") == 0);
}

void verdicts_get(struct call *call)
{
    if (!verdicts_are_stored(call) && call_move(call, HTTP_MEDIUM))
        return;
    wait_for_explanation(call, 200, reply_verdicts);
}
