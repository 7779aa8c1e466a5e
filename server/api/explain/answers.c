/* GET /presets/{name}/answer. */
#include "server/api/explain/answers.h"

#include <stdio.h>
#include <string.h>

#include "server/api/call/call.h"
#include "server/base/json.h"
#include "server/lab/explain/answer.h"
#include "server/spec/preset/presets.h"

void answer_board_clear(struct answer_board *board)
{
    json_decref(board->answers);
    board->answers = NULL;
}

/* The answer's own copy, a new reference; NULL: it is to be found out, by the caller, who ends that
 * with `put`. */
static json_t *take(struct answer_board *board, const char *name)
{
    pthread_mutex_lock(&board->mutex);
    while (board->is_busy)
        pthread_cond_wait(&board->found, &board->mutex);
    const json_t *known = json_object_get(board->answers, name);
    json_t *own = known == NULL ? NULL : json_private(known);
    board->is_busy = own == NULL;
    pthread_mutex_unlock(&board->mutex);
    return own;
}

/* Keeps what was found out (borrowed; NULL: nothing). */
static void put(struct answer_board *board, const char *name, const json_t *answer)
{
    json_t *own = answer == NULL ? NULL : json_private(answer);
    pthread_mutex_lock(&board->mutex);
    if (board->answers == NULL)
        board->answers = json_object();
    if (own != NULL)
        json_object_set_new(board->answers, name, own); /* without memory it is found out again */
    board->is_busy = 0;
    pthread_cond_broadcast(&board->found);
    pthread_mutex_unlock(&board->mutex);
}

static int is_stopping(void *request)
{
    return http_is_stopping(http_request_server(request));
}

static json_t *question_of(const char *name)
{
    size_t g, p;
    json_t *group, *preset;
    json_array_foreach (json_object_get(presets_json(), "groups"), g, group)
        json_array_foreach (json_object_get(group, "presets"), p, preset)
            if (strcmp(json_string_value(json_object_get(preset, "name")), name) == 0)
                return json_private(json_object_get(preset, "question"));
    return json_null();
}

void answer_get(struct call *call)
{
    struct answer_board *board = &call->api->answers;
    struct error error = ERROR_INIT;
    const json_t *preset = presets_answer(call->name);
    if (preset == NULL) {
        char detail[200];
        snprintf(detail, sizeof detail, "no question is left open by %.60s; GET /api/v1/presets "
                 "lists those that have a \"question\"", call->name);
        http_reply_problem(call->request, 404, detail, NULL);
        return;
    }
    json_t *answer = take(board, call->name);
    if (answer == NULL) {
        answer = answer_make(preset, is_stopping, call->request, &error);
        if (answer != NULL)
            answer = json_put(answer, "question", question_of(call->name));
        put(board, call->name, answer);
    }
    if (answer == NULL && error.kind != ERROR_NONE)
        http_reply_error(call->request, &error);
    else
        call_reply_json(call, 200, answer);
}
