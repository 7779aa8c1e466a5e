/* A call: one matched request with the parts of its path. Private to server/api. */
#ifndef SERVER_API_CALL_CALL_H
#define SERVER_API_CALL_CALL_H

#include <jansson.h>
#include <stdint.h>

#include "server/api/api.h"
#include "server/engine/engine.h"
#include "server/lab/replay.h"

struct route;
struct parameter;

struct call {
    struct api *api;
    struct http_request *request;
    char name[64]; /* {name} of the path: an experiment's or data set's id, or a preset's name */
    int run;       /* {run} of the path */
    const struct route *route; /* its row in the table of routes */
};

/* Rows of inputs that a call to predict takes. */
enum { CALL_PREDICT_ROWS_MAX = 10000 };

/* A handler replies to call->request exactly once. */
typedef void (*call_fn)(struct call *call);

/* Handlers, by file. */
void experiments_create(struct call *call);
void experiments_list(struct call *call);
void experiments_get(struct call *call);
void experiments_rename(struct call *call);
void experiments_delete(struct call *call);
void experiments_cancel(struct call *call);
void events_get(struct call *call);
void events_of_several(struct call *call);
void runs_get(struct call *call);
void runs_predict(struct call *call);
void runs_parameters(struct call *call);
void step_get(struct call *call);
void step_check(struct call *call);
void landscape_get(struct call *call);
void hessian_get(struct call *call);
void surface_get(struct call *call);
void verdicts_get(struct call *call);
void epochs_of_run(struct call *call);
void epochs_side_by_side(struct call *call);
void sweep_get(struct call *call);
void dataset_get(struct call *call);
void datasets_create(struct call *call);
void datasets_list(struct call *call);
void datasets_get(struct call *call);
void datasets_delete(struct call *call);
void catalog_routes(struct call *call);
void catalog_presets(struct call *call);
void catalog_preset(struct call *call);
void answer_get(struct call *call);
void catalog_labs(struct call *call);
void catalog_lab(struct call *call);
void catalog_options(struct call *call);
void openapi_get(struct call *call);
void health_get(struct call *call);
void operations_ready(struct call *call);
void operations_metrics(struct call *call);

/* --- shared by the handlers --- */

/* For a handler at a desk that finds out, before anything else, that it is more than quick work: 1
 * when it will be called again at a desk for that effort, and shall return now; 0 when it is at
 * one, or without memory, and shall go on. */
int call_move(struct call *call, enum http_effort effort);

/* Replies with `json` (taken; NULL means out of memory). */
void call_reply_json(struct call *call, int status, json_t *json);

/* The same to a GET, with a tag if the answer will never change again (is_final): 304 to a client
 * that has it. */
void call_reply_record(struct call *call, json_t *json, int is_final);

/* Tags an answer to a GET that is a function of `text` and will never change again. 1 when the
 * client has it: 304 has then been replied. n_body: as http_reply_unchanged says. */
int call_is_known(struct call *call, const char *text, size_t n_text, size_t n_body);

/* Says that an answer may be kept but must be asked for again. */
void call_may_be_kept(struct call *call);

/* The posted JSON object, or NULL after replying 400 with line and column. New reference. */
json_t *call_body(struct call *call);

/* The row of a parameter that the call's route has. */
const struct parameter *call_parameter(const struct call *call, const char *name);

/* A query argument as an integer in plain digits, within its row's limits: 0 with *out set (the
 * row's fallback when absent, 0 without), or -1 after replying 400. */
int call_query_integer(struct call *call, const char *name, int64_t *out);

/* The same within low..high too, and `missing` when absent. */
int call_query_within(struct call *call, const char *name, int64_t low, int64_t high,
                      int64_t missing, int64_t *out);

/* ?epoch= of a run, a number up to `high` or "best": otherwise likewise. */
int call_query_epoch(struct call *call, const struct engine_run *run, int64_t high,
                     int64_t missing, int64_t *out);

/* A query argument as its place among its row's choices: likewise. */
int call_query_choice(struct call *call, const char *name, int missing, int *out);

/* The arguments of a list that is given in pages, limit and cursor. 0, or -1 after replying 400. */
int call_query_page(struct call *call, int64_t *out_limit, int64_t *out_cursor);

/* Replies with a page: {name: `list` (taken), "next": the next one's cursor, null for 0}. */
void call_reply_page(struct call *call, const char *name, json_t *list, int64_t next);

/* A query argument as a flag: true by itself ("?name") or as "?name=true", not set when absent or
 * "false". 0, or -1 after replying 400. */
int call_query_flag(struct call *call, const char *name, int *out);

/* A wish to replay the call's run, given up when the server stops. At a desk. */
struct replay_wish call_replay(struct call *call, const struct study *study);

/* As http_reply_error, but for ERROR_TOO_LARGE: 422, too much was asked for. */
void call_reply_replay_error(struct call *call, const struct error *error);

/* How a table is wanted, of those that the route has: by ?format= or Accept. -1 after replying 400
 * or 406. */
enum call_format { FORMAT_JSON, FORMAT_CSV, FORMAT_NDJSON };
int call_format(struct call *call, enum call_format *out);

#endif
