/* Forks as whole specs. */
#include "server/lab/fork.h"

#include <stdlib.h>
#include <string.h>

#include "core/train/checkpoint/checkpoint.h"
#include "core/train/checkpoint/restart.h"
#include "server/base/base64.h"
#include "server/base/json.h"
#include "server/lab/fork_name.h"
#include "server/spec/changes.h"
#include "server/spec/difference.h"
#include "server/spec/option/options.h"
#include "server/spec/place.h"
#include "server/spec/plan.h"

/* What is asked for, found. */
struct source {
    const struct study *study;
    int run;
    int64_t epoch;
    int is_continued; /* 0: from the start */
};

int fork_is_asked(const json_t *posted)
{
    return json_object_get(posted, "fork") != NULL;
}

/* --- reading ------------------------------------------------------------------------------- */

/* Faults for members of `object` that are none of the words. */
static void refuse_others(const json_t *object, const struct place *above, const char *words,
                          const char *expected, struct faults *faults)
{
    for (void *at = json_object_iter((json_t *)object); at != NULL;
         at = json_object_iter_next((json_t *)object, at)) {
        struct place place = {above, json_object_iter_key(at), 0};
        if (!option_has_word(words, place.name))
            place_fault(&place, faults, "unknown field, expected %s", expected);
    }
}

/* The experiment's study, to be released; NULL with a fault or an error. */
static const struct study *find_study(const struct fork_desk *desk, const json_t *fork,
                                      struct faults *faults, struct error *error)
{
    const json_t *id = json_object_get(fork, "experiment");
    char got[FAULT_GOT_BYTES];

    if (!json_is_string(id)) {
        faults_add(faults, "/fork/experiment", "%s%s, expected the id of an experiment",
                   id == NULL ? "missing" : "got ", id == NULL ? "" : fault_got(got, id));
        return NULL;
    }
    const struct study *study = shelf_take(desk->shelf, json_string_value(id), error);
    if (study == NULL && error->kind == ERROR_NOT_FOUND) {
        *error = (struct error)ERROR_INIT;
        faults_add(faults, "/fork/experiment", "got %s, but there is no such experiment",
                   fault_got(got, id));
    }
    return study;
}

/* The run's number; -1 with a fault. */
static int find_run(const json_t *fork, const struct study *study, struct faults *faults)
{
    const json_t *run = json_object_get(fork, "run");
    int n = spec_n_runs(study->spec);
    json_int_t number = json_integer_value(run);
    char got[FAULT_GOT_BYTES];

    if (run == NULL && n == 1)
        return 0;
    if (json_is_integer(run) && number >= 0 && number < n)
        return (int)number;
    if (n == 1)
        faults_add(faults, "/fork/run", "got %s, expected 0, the experiment's only run",
                   fault_got(got, run));
    else
        faults_add(faults, "/fork/run", "%s%s, expected the number of a run, 0 to %d",
                   run == NULL ? "missing" : "got ", run == NULL ? "" : fault_got(got, run),
                   n - 1);
    return -1;
}

static void find_end(const struct engine_run *record, struct source *out, struct faults *faults)
{
    out->epoch = record->epoch;
    if (!run_state_is_final(record->state))
        faults_add(faults, "/fork/at",
                   "got \"end\", but the run is %s, at epoch %lld: give an epoch up to that one, "
                   "or wait for its end",
                   run_state_name(record->state), (long long)record->epoch);
    else if (record->state == RUN_FAILED)
        faults_add(faults, "/fork/at",
                   "got \"end\", but the run failed (%s): fork it at \"start\", or at an epoch up "
                   "to %lld",
                   record->message, (long long)record->epoch);
}

static void find_best(const struct engine_run *record, struct source *out, struct faults *faults)
{
    out->epoch = record->best.epoch;
    if (out->epoch == 0)
        faults_add(faults, "/fork/at",
                   "got \"best\", but the run has no epoch whose monitored loss is finite");
}

static void find_number(const json_t *at, const struct engine_run *record, struct source *out,
                        struct faults *faults)
{
    char got[FAULT_GOT_BYTES];

    out->epoch = json_integer_value(at);
    if (out->epoch < 0 || out->epoch > record->epoch)
        faults_add(faults, "/fork/at", "got %s, expected 0 to %lld, the epochs that the run %s",
                   fault_got(got, at), (long long)record->epoch,
                   run_state_is_final(record->state) ? "has" : "has reached so far");
}

/* Fills where the run is to be taken up, or adds a fault. */
static void find_epoch(const json_t *at, const struct engine_run *record, struct source *out,
                       struct faults *faults)
{
    const char *word = at == NULL ? "start" : json_string_value(at);
    char got[FAULT_GOT_BYTES];

    if (word != NULL && strcmp(word, "start") == 0)
        out->epoch = 0;
    else if (word != NULL && strcmp(word, "end") == 0)
        find_end(record, out, faults);
    else if (word != NULL && strcmp(word, "best") == 0)
        find_best(record, out, faults);
    else if (json_is_integer(at))
        find_number(at, record, out, faults);
    else
        faults_add(faults, "/fork/at",
                   "got %s, expected \"start\", \"end\", \"best\" or the number of an epoch",
                   fault_got(got, at));
    out->is_continued = out->epoch > 0;
}

/* Finds what `posted` is about. 0 and a study to release; -1 with faults or an error, and none. */
static int find_source(const struct fork_desk *desk, const json_t *posted, struct source *out,
                       struct faults *faults, struct error *error)
{
    static const struct place place = {NULL, "fork", 0};
    const json_t *fork = json_object_get(posted, "fork");
    struct engine_run record = {0};
    char got[FAULT_GOT_BYTES];

    refuse_others(posted, NULL, "fork|changes|name|sweep",
                  "fork, changes, name or sweep; other fields are changed by their pointers in "
                  "changes",
                  faults);
    if (!json_is_object(fork)) {
        faults_add(faults, "/fork", "got %s, expected an object such as {\"experiment\": ID, "
                   "\"run\": 0, \"at\": \"end\"}", fault_got(got, fork));
        return -1;
    }
    refuse_others(fork, &place, "experiment|run|at", "experiment, run or at", faults);
    out->study = find_study(desk, fork, faults, error);
    if (out->study == NULL)
        return -1;
    out->run = find_run(fork, out->study, faults);
    if (out->run >= 0 &&
        engine_find_run(desk->engine, out->study->id, out->run, &record, error) == 0)
        find_epoch(json_object_get(fork, "at"), &record, out, faults);
    engine_run_clear(&record);
    if (faults->n_found == 0 && error->kind == ERROR_NONE)
        return 0;
    shelf_release(desk->shelf, out->study);
    return -1;
}

/* --- expanding ----------------------------------------------------------------------------- */

/* The state in base64, malloc'ed: what a continuation starts from, whoever makes one, so that equal
 * states are equal texts. */
static char *take_state(const struct fork_desk *desk, const struct source *source,
                        struct error *error)
{
    const struct replay_wish wish = {.engine = desk->engine, .study = source->study,
                                     .run = source->run, .stop = desk->stop,
                                     .context = desk->context};
    struct run_plan plan;
    struct checkpoint found;
    void *bytes, *start = NULL;
    char *text = NULL;
    size_t n_bytes;

    if (replay_checkpoint(&wish, source->epoch, &bytes, &n_bytes, error) != 0)
        return NULL;
    spec_outline(source->study->spec, source->run, &plan);
    if (checkpoint_read(&plan.network, bytes, n_bytes, &found, NULL, NULL, error) == 0)
        start = checkpoint_restart(&plan.network, &plan.training, found.n_samples, bytes, n_bytes,
                                   &n_bytes, error);
    if (start != NULL)
        text = base64_encode(start, n_bytes, error);
    free(start);
    free(bytes);
    return text;
}

/* Makes the spec start from the run's state; 0, or -1 with a fault or an error. */
static int put_state(const struct fork_desk *desk, const struct source *source, json_t *spec,
                     struct faults *faults, struct error *error)
{
    char *state = take_state(desk, source, error);
    size_t n = state == NULL ? 0 : strlen(state);

    if (state == NULL && error->kind == ERROR_TOO_LARGE) { /* too long a replay */
        faults_add(faults, "/fork/at", "%s", error->text);
        *error = (struct error)ERROR_INIT;
    }
    if (n > OPTIONS_STATE_MAX)
        faults_add(faults, "/fork/at",
                   "the state of this network takes %zu characters, expected at most %d, which "
                   "fit in a spec",
                   n, OPTIONS_STATE_MAX);
    if (state == NULL || n > OPTIONS_STATE_MAX) {
        free(state);
        return -1;
    }
    json_t *init = json_pack("{s:s, s:s, s:i, s:I, s:s}", "scheme", "continue", "experiment",
                             source->study->id, "run", source->run, "epoch",
                             (json_int_t)source->epoch, "state", state);
    free(state);
    if (json_object_set_new(json_object_get(spec, "network"), "init", init) == 0)
        return 0;
    return error_set(error, ERROR_MEMORY, "not enough memory for the fork");
}

/* The run's spec, as it is to be changed; NULL with a fault or an error. */
static json_t *take_spec(const struct fork_desk *desk, const struct source *source,
                         const json_t *posted, struct faults *faults, struct error *error)
{
    static const char *const members[] = {"name", "sweep"};
    json_t *spec = spec_of_run(source->study->spec, source->run);
    json_t *from = json_pack("{s:s, s:i, s:I}", "experiment", source->study->id, "run",
                             source->run, "epoch", (json_int_t)source->epoch);
    int failed = spec == NULL || json_object_set_new(spec, "forked_from", from) < 0;

    for (int i = 0; i < 2 && !failed; i++) {
        json_t *member = json_object_get(posted, members[i]);
        failed = member != NULL && json_object_set_new(spec, members[i], json_private(member)) < 0;
    }
    if (failed)
        error_set(error, ERROR_MEMORY, "not enough memory for the fork");
    else if (!source->is_continued || put_state(desk, source, spec, faults, error) == 0)
        return spec;
    json_decref(spec);
    return NULL;
}

/* Names a spec that was given no name; 0, or -1 with the error. */
static int put_name(const struct fork_desk *desk, const struct source *source, const json_t *posted,
                    json_t *spec, struct error *error)
{
    const json_t *given = json_object_get(posted, "name");
    struct engine_experiment record;
    if (given != NULL && !(json_is_string(given) && json_string_length(given) == 0))
        return 0;
    if (engine_find(desk->engine, source->study->id, &record, error) != 0)
        return -1;
    int run = spec_n_runs(source->study->spec) > 1 ? source->run : -1;
    json_t *name = fork_name(record.name, run, source->is_continued ? source->epoch : 0, posted);
    engine_experiment_clear(&record);
    if (name != NULL && json_object_set_new(spec, "name", name) == 0)
        return 0;
    return error_set(error, ERROR_MEMORY, "not enough memory for the fork");
}

json_t *fork_expand(const struct fork_desk *desk, const json_t *posted, struct faults *faults,
                    struct error *error)
{
    struct source source = {0};

    if (find_source(desk, posted, &source, faults, error) != 0)
        return NULL;
    json_t *spec = take_spec(desk, &source, posted, faults, error);
    if (spec != NULL && put_name(desk, &source, posted, spec, error) != 0) {
        json_decref(spec);
        spec = NULL;
    }
    shelf_release(desk->shelf, source.study);
    return spec == NULL ? NULL
                        : changes_make(spec, json_object_get(posted, "changes"),
                                       source.is_continued, faults);
}

/* --- what was forked ------------------------------------------------------------------------ */

/* null when there is no such run any more; NULL with the error filled. */
static json_t *find_changes(struct shelf *shelf, const json_t *origin, const json_t *spec,
                            struct error *error)
{
    const char *id = json_string_value(json_object_get(origin, "experiment"));
    json_int_t run = json_integer_value(json_object_get(origin, "run"));
    int is_continued = json_integer_value(json_object_get(origin, "epoch")) > 0;
    struct error missing = ERROR_INIT;
    json_t *from = NULL, *changes = NULL;

    const struct study *study = shelf_take(shelf, id, &missing);
    if (study == NULL && missing.kind != ERROR_NOT_FOUND) {
        *error = missing;
        return NULL;
    }
    if (study == NULL || run >= spec_n_runs(study->spec))
        changes = json_null();
    else if ((from = spec_of_run(study->spec, (int)run)) != NULL)
        changes = difference_find(from, spec, is_continued);
    json_decref(from);
    if (study != NULL)
        shelf_release(shelf, study);
    if (changes == NULL)
        error_set(error, ERROR_MEMORY, "not enough memory to compare the fork");
    return changes;
}

json_t *fork_origin(struct shelf *shelf, const struct spec *spec, struct error *error)
{
    const json_t *origin = json_object_get(spec_json(spec), "forked_from");

    if (origin == NULL)
        return NULL;
    json_t *changes = find_changes(shelf, origin, spec_json(spec), error);
    json_t *told = changes == NULL ? NULL : json_put(json_private(origin), "changes", changes);
    if (told == NULL && error->kind == ERROR_NONE)
        error_set(error, ERROR_MEMORY, "not enough memory to tell of the fork");
    return told;
}

void fork_place_faults(const json_t *posted, struct faults *faults)
{
    changes_place_faults(json_object_get(posted, "changes"), faults);
}
