/* Steps: the arithmetic of one update or one epoch of a run, and a student's numbers marked. */
#include "server/api/call/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/step/epoch_rows.h"
#include "core/explain/step/mark.h"
#include "core/explain/step/step.h"
#include "server/api/call/refuse.h"
#include "server/api/explain/verdicts.h"
#include "server/api/present.h"
#include "server/base/json.h"
#include "server/base/json_teller.h"

/* Which step is asked for, and what of it. */
struct wish {
    struct call *call;
    int64_t epoch, sample;
    int64_t diverged; /* position at which the run ended in that epoch; -1: not, or unknown */
    json_t *divergence; /* of an epoch in which it did, as the run tells it; else null */
    int has_sample;
    const json_t *body; /* a student's numbers; NULL: the step itself */
    struct faults *faults;
};

/* Which epoch is asked for; the last one that has steps is, of a diverged run, the one it diverged
 * in. -1 after replying. */
static int read_epoch(struct wish *wish)
{
    struct call *call = wish->call;
    struct error error = ERROR_INIT;
    struct engine_run record = {0};
    if (engine_find_run(lab_engine(call->api->lab), call->name, call->run, &record, &error) != 0) {
        http_reply_error(call->request, &error);
        return -1;
    }
    int64_t last = record.epoch + (record.state == RUN_DIVERGED);
    int result = last > 0 ? call_query_epoch(call, &record, last, 1, &wish->epoch) : -1;
    if (last == 0)
        http_reply_problem(call->request, 409,
                           "the run has no finished epoch yet; steps are worked out of finished "
                           "ones",
                           NULL);
    int is_last = wish->epoch > record.epoch;
    wish->diverged = is_last ? record.diverged_position : -1;
    wish->divergence = is_last ? present_divergence(&record) : json_null();
    engine_run_clear(&record);
    return result;
}

static int read_query(struct wish *wish)
{
    struct call *call = wish->call;
    if (read_epoch(wish) != 0)
        return -1;
    wish->has_sample = http_query(call->request, "sample") != NULL || wish->body != NULL;
    return call_query_integer(call, "sample", &wish->sample);
}

/* --- a student's numbers --------------------------------------------------------------------- */

struct answers {
    const json_t *body;
    size_t n_asked; /* of the posted ones */
    struct faults *faults;
};

/* The number posted under that name. Names of parameters may hold a slash: they are members, not
 * pointers. */
static int ask(void *context, const char *group, const char *name, double *out)
{
    struct answers *answers = context;
    const json_t *object = group ? json_object_get(answers->body, group) : answers->body;
    const json_t *value = json_object_get(object, name);
    char pointer[128], got[FAULT_GOT_BYTES];
    if (value == NULL)
        return 0;
    answers->n_asked++;
    if (json_is_number(value)) {
        *out = json_number_value(value);
        return 1;
    }
    snprintf(pointer, sizeof pointer, "/%s%s%.40s", group ? group : "", group ? "/" : "", name);
    faults_add(answers->faults, pointer, "got %s, expected a number", fault_got(got, value));
    return 0;
}

static int is_setting(const char *name)
{
    return strcmp(name, "tolerance") == 0 || strcmp(name, "digits") == 0;
}

static int is_group(const char *name)
{
    return strcmp(name, "gradients") == 0 || strcmp(name, "new") == 0;
}

/* Numbers posted, however they are called. */
static size_t count_answers(const json_t *body)
{
    size_t n = 0;
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)body, name, value)
        n += is_setting(name) ? 0 : is_group(name) ? json_object_size(value) : 1;
    return n;
}

/* Takes off the lines told what was posted; what is left has no such number in this step. */
static void name_strangers(const json_t *body, const json_t *lines, const char *group,
                           struct faults *faults)
{
    const char *name;
    json_t *value, *line;
    size_t i;
    json_object_foreach ((json_t *)body, name, value) {
        char whole[128], got[FAULT_GOT_BYTES];
        int is_known = group == NULL && (is_setting(name) || is_group(name));
        snprintf(whole, sizeof whole, "%s%s%.60s", group ? group : "", group ? "/" : "", name);
        json_array_foreach (lines, i, line)
            is_known |= strcmp(json_string_value(json_object_get(line, "name")), whole) == 0;
        if (!is_known) {
            char pointer[130];
            snprintf(pointer, sizeof pointer, "/%s", whole);
            faults_add(faults, pointer,
                       "got the name %s, expected one of this step: its units (z1, h1, f, ...), "
                       "error, loss, its deltas (delta, dz1, ...), and in gradients and new its "
                       "parameters, as GET .../step names them",
                       fault_got_text(got, name));
        }
    }
}

static void read_tolerance(struct wish *wish, struct mark_tolerance *out)
{
    const json_t *relative = json_object_get(wish->body, "tolerance");
    const json_t *digits = json_object_get(wish->body, "digits");
    char got[FAULT_GOT_BYTES];
    *out = (struct mark_tolerance){.relative = 1e-6};
    if (relative != NULL && (!json_is_number(relative) || !(json_number_value(relative) > 0) ||
                             !(json_number_value(relative) <= 0.1)))
        faults_add(wish->faults, "/tolerance", "got %s, expected a number above 0, at most 0.1",
                   fault_got(got, relative));
    else if (relative != NULL)
        out->relative = json_number_value(relative);
    if (digits != NULL && (!json_is_integer(digits) || json_integer_value(digits) < 1 ||
                           json_integer_value(digits) > 17))
        faults_add(wish->faults, "/digits", "got %s, expected 1 to 17 (significant digits)",
                   fault_got(got, digits));
    else if (digits != NULL)
        out->digits = (int)json_integer_value(digits);
    for (int i = 0; i < 2; i++) {
        const char *name = i == 0 ? "gradients" : "new";
        const json_t *group = json_object_get(wish->body, name);
        char pointer[16];
        snprintf(pointer, sizeof pointer, "/%s", name);
        if (group != NULL && !json_is_object(group))
            faults_add(wish->faults, pointer, "got %s, expected an object of numbers by parameter",
                       fault_got(got, group));
    }
}

static json_t *mark(struct wish *wish, const struct step *step, struct error *error)
{
    struct mark_tolerance tolerance;
    struct answers answers = {wish->body, 0, wish->faults};
    struct json_teller teller;
    read_tolerance(wish, &tolerance);
    if (wish->faults->n_found > 0)
        return NULL;
    json_teller_init(&teller);
    tell_integer(&teller.teller, "epoch", step->walk->epoch);
    tell_integer(&teller.teller, "sample", (int64_t)step->position);
    tell_integer(&teller.teller, "row", (int64_t)step->row);
    mark_step(step, &tolerance, ask, &answers, &teller.teller);
    json_t *json = json_teller_take(&teller);
    if (json == NULL) {
        error_set(error, ERROR_MEMORY, "no memory for the marks");
        return NULL;
    }
    if (answers.n_asked < count_answers(wish->body)) {
        const json_t *lines = json_object_get(json, "lines");
        name_strangers(wish->body, lines, NULL, wish->faults);
        for (int i = 0; i < 2; i++) {
            const char *name = i == 0 ? "gradients" : "new";
            name_strangers(json_object_get(wish->body, name), lines, name, wish->faults);
        }
    } else if (answers.n_asked == 0) {
        faults_add(wish->faults, "",
                   "got no number, expected at least one of the step's by its name, such as "
                   "{\"z1\": 0.62} or {\"new\": {\"w1\": 0.74}}, as GET .../step names them");
    }
    if (wish->faults->n_found == 0)
        return json;
    json_decref(json);
    return NULL;
}

/* --- answers --------------------------------------------------------------------------------- */

static json_t *work_out(struct wish *wish, struct walk *walk, struct error *error)
{
    struct step step;
    struct json_teller teller;
    if (step_init(&step, walk, (size_t)wish->sample, error) != 0)
        return NULL;
    if (wish->body != NULL) {
        json_t *json = mark(wish, &step, error);
        step_clear(&step);
        return json;
    }
    json_teller_init(&teller);
    int result = step_tell(&step, &teller.teller, error);
    json_t *json = json_teller_take(&teller);
    step_clear(&step);
    if (result == 0 && json == NULL)
        error_set(error, ERROR_MEMORY, "no memory for the step");
    if (result == 0)
        return json;
    json_decref(json);
    return NULL;
}

/* The epoch's rows, and what its losses can be measured against. */
static json_t *tell_epoch(struct wish *wish, const struct study *study, struct walk *walk,
                          struct error *error)
{
    struct json_teller teller;
    json_teller_init(&teller);
    int result = epoch_rows_tell(walk, &teller.teller, error);
    json_t *json = json_teller_take(&teller);
    json_t *floors = result == 0 ? verdicts_floors(wish->call, study, error) : NULL;
    if (floors == NULL) {
        json_decref(json);
        return NULL;
    }
    json = json_put(json, "floors", floors);
    json = json_put(json, "diverged", json_incref(wish->divergence));
    if (json == NULL)
        error_set(error, ERROR_MEMORY, "no memory for the epoch");
    return json;
}

/* Whether it is of a batch after the one that the run diverged in. */
static int is_beyond_the_end(const struct wish *wish, size_t batch_size)
{
    return wish->diverged >= 0 &&
           wish->sample / (int64_t)batch_size > wish->diverged / (int64_t)batch_size;
}

static json_t *answer(struct wish *wish, const struct study *study, struct error *error)
{
    struct replay_wish replay = call_replay(wish->call, study);
    struct run_plan plan;
    struct walk walk;
    json_t *json = NULL;
    if (replay_walk(&replay, wish->epoch, &plan, &walk, error) != 0)
        return NULL;
    if ((uint64_t)wish->sample >= plan.dataset->n_samples)
        error_set(error, ERROR_INVALID,
                  "?sample: got %lld, expected 0 to %zu: the position in the epoch's order",
                  (long long)wish->sample, plan.dataset->n_samples - 1);
    else if (is_beyond_the_end(wish, plan.training.batch_size))
        error_set(error, ERROR_INVALID,
                  "?sample: got %lld, expected 0 to %lld: the run diverged there, and took no step "
                  "after it",
                  (long long)wish->sample, (long long)wish->diverged);
    else if (wish->has_sample)
        json = work_out(wish, &walk, error);
    else
        json = tell_epoch(wish, study, &walk, error);
    walk_clear(&walk);
    run_plan_clear(&plan);
    return json;
}

static void reply(struct wish *wish)
{
    struct call *call = wish->call;
    struct error error = ERROR_INIT;
    struct shelf *shelf = lab_shelf(call->api->lab);
    json_t *json = NULL;
    const struct study *study = shelf_take(shelf, call->name, &error);
    if (study != NULL) {
        json = answer(wish, study, &error);
        shelf_release(shelf, study);
    }
    if (json != NULL)
        call_reply_json(call, 200, json);
    else if (wish->faults != NULL && wish->faults->n_found > 0 && error.kind == ERROR_NONE)
        refuse_faults(call, wish->faults);
    else if (error.kind == ERROR_INVALID)
        http_reply_problem(call->request, 400, error.text, NULL);
    else
        call_reply_replay_error(call, &error);
}

void step_get(struct call *call)
{
    struct wish wish = {.call = call};
    if (read_query(&wish) == 0)
        reply(&wish);
    json_decref(wish.divergence);
}

void step_check(struct call *call)
{
    struct error error = ERROR_INIT;
    struct wish wish = {.call = call, .body = call_body(call)};
    if (wish.body == NULL)
        return;
    wish.faults = memory_array(1, sizeof *wish.faults, &error);
    if (wish.faults == NULL)
        http_reply_error(call->request, &error);
    else if (read_query(&wish) == 0)
        reply(&wish);
    free(wish.faults);
    json_decref(wish.divergence);
    json_decref((json_t *)wish.body);
}
