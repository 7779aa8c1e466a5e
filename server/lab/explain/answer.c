/* Answers: rehearsed runs, explained, and sentences filled from them. */
#include "server/lab/explain/answer.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/base/blanks.h"
#include "server/base/json.h"
#include "server/lab/explain/explanation.h"
#include "server/lab/explain/rehearsal.h"

enum { SUPPORTING_MAX = 3 }; /* verdicts told beside the headline */

/* Beyond so many samples seen a run is not trained again to explain it. */
static const double REPLAY_SAMPLES_MAX = 2e7;

struct asking {
    int (*stop)(void *context);
    void *context;
    struct error *error;
};

/* --- one run ------------------------------------------------------------------------------- */

static json_t *named_json(const struct rehearsal *it)
{
    json_t *json = json_object();
    for (int i = 0; i < NETWORK_NAMES; i++) {
        double value = it->parameters[network_named_offset(&it->plan.network, i)];
        json = json_put(json, network_name(i), json_number(value));
    }
    return json;
}

static json_t *run_json(const struct rehearsal *it)
{
    const struct training *training = &it->plan.training;
    json_t *json = json_pack(
        "{s:I, s:f, s:I, s:o, s:o, s:f}", "epochs", (json_int_t)training->epochs, "learning_rate",
        training->learning_rate, "epoch", (json_int_t)it->subject.state.epoch, "first_loss",
        json_number(it->first_loss), "loss", json_number(it->subject.printed_loss),
        "effective_time", training->learning_rate * (double)training->epochs);
    return network_is_named(&it->plan.network) ? json_put(json, "named", named_json(it)) : json;
}

/* Adds "floors" and "verdicts" to the run's JSON, which is taken. */
static json_t *explain(const struct subject *subject, enum explain_depth depth, json_t *json,
                       struct error *error)
{
    struct floors *floors = explanation_find_floors(subject, depth, error);
    if (floors == NULL) {
        json_decref(json);
        return NULL;
    }
    json = json_put(json, "verdicts", explanation_verdicts_json(subject, floors, depth, error));
    json = json_put(json, "floors", explanation_floors_json(floors));
    floors_destroy(floors);
    return json;
}

/* {"run", "floors", "verdicts"} of a run, the last two only if `is_explained`. */
static json_t *rehearse(const struct asking *asking, const struct spec *spec, int run,
                        int is_explained)
{
    struct rehearsal it;
    if (rehearsal_init(&it, spec, run, asking->stop, asking->context, asking->error) != 0)
        return NULL;
    json_t *json = json_pack("{s:o}", "run", run_json(&it));
    double n_seen = (double)it.subject.state.epoch * (double)it.plan.dataset->n_samples;
    enum explain_depth depth = n_seen > REPLAY_SAMPLES_MAX ? EXPLAIN_LIVE : EXPLAIN_FULL;
    if (is_explained)
        json = explain(&it.subject, depth, json, asking->error);
    rehearsal_clear(&it);
    return json;
}

/* --- the preset's runs --------------------------------------------------------------------- */

/* Parses a preset's spec, which has no faults. */
static struct spec *parse(const json_t *json, struct error *error)
{
    struct faults *faults = memory_array(1, sizeof *faults, error);
    struct spec *spec = faults == NULL ? NULL : spec_parse(json, faults);
    if (spec == NULL)
        error_set(error, ERROR_MEMORY, "not enough memory to read a preset");
    free(faults);
    return spec;
}

/* Adds a run of a sweep to the others: {"runs": [...], "lowest": one's "run"}. Both taken. */
static json_t *add_run(json_t *all, json_t *one)
{
    json_t *run = json_object_get(one, "run"), *lowest = json_object_get(all, "lowest");
    double loss = json_number_value(json_object_get(run, "loss"));
    if (run != NULL && (lowest == NULL ||
                        loss < json_number_value(json_object_get(lowest, "loss"))))
        all = json_put(all, "lowest", json_incref(run));
    if (one != NULL && json_array_append_new(json_object_get(all, "runs"), one) == 0)
        return all;
    json_decref(all);
    return NULL;
}

/* The run as {"run", "floors", "verdicts"}; of a sweep {"runs": [those], "lowest": one's run}. */
static json_t *rehearse_all(const struct asking *asking, const json_t *spec_json)
{
    struct spec *spec = parse(spec_json, asking->error);
    if (spec == NULL)
        return NULL;
    int n = spec_n_runs(spec);
    json_t *all = n == 1 ? rehearse(asking, spec, 0, 1) : json_pack("{s:[]}", "runs");
    for (int run = 0; n > 1 && all != NULL && run < n; run++)
        all = add_run(all, rehearse(asking, spec, run, 1));
    spec_destroy(spec);
    return all;
}

/* {name: run} of the runs to compare with. */
static json_t *rehearse_others(const struct asking *asking, const json_t *preset)
{
    json_t *others = json_object(), *changes;
    const char *name;
    json_object_foreach (json_object_get(preset, "also"), name, changes) {
        json_t *merged = json_merged(json_object_get(preset, "spec"), changes);
        struct spec *spec = merged == NULL ? NULL : parse(merged, asking->error);
        json_t *one = spec == NULL ? NULL : rehearse(asking, spec, 0, 0);
        json_decref(merged);
        spec_destroy(spec);
        if (one == NULL || json_object_set_new(others, name, one) != 0) {
            json_decref(others);
            return NULL;
        }
    }
    return others;
}

/* --- the sentences ------------------------------------------------------------------------- */

static int add_text(json_t *sentences, const json_t *text)
{
    return json_is_string(text) ? json_array_append(sentences, (json_t *)text) : 0;
}

/* The verdicts that stand by themselves and are of this run: what follows from another one, and
 * what is true of most runs, is left out. */
static int add_verdicts(json_t *sentences, const json_t *verdicts)
{
    size_t i, n = 0;
    json_t *verdict;
    json_array_foreach (json_object_get(verdicts, "verdicts"), i, verdict) {
        if (json_object_get(verdict, "implied_by") != NULL ||
            json_is_true(json_object_get(verdict, "aside")) || n++ > SUPPORTING_MAX)
            continue;
        if (add_text(sentences, json_object_get(verdict, "text")) != 0)
            return -1;
    }
    return 0;
}

/* Of a sweep, each run's setting and headline. */
static int add_headlines(json_t *sentences, const json_t *runs)
{
    size_t i;
    json_t *one;
    json_array_foreach (runs, i, one) {
        const char *text = json_string_value(blanks_at(one, "/verdicts/text"));
        double rate = json_number_value(blanks_at(one, "/run/learning_rate"));
        if (text != NULL && json_array_append_new(
                sentences, json_sprintf("Learning rate %g: %s", rate, text)) != 0)
            return -1;
    }
    return 0;
}

static int add_filled(json_t *sentences, const json_t *patterns, const json_t *values)
{
    size_t i;
    json_t *pattern;
    json_array_foreach (patterns, i, pattern) {
        struct text text = {0};
        if (blanks_fill(json_string_value(pattern), values, &text) != 0)
            continue;
        json_t *sentence = text.failed ? NULL : json_stringn(text.bytes, text.n_bytes);
        text_clear(&text);
        if (sentence == NULL || json_array_append_new(sentences, sentence) != 0)
            return -1;
    }
    return 0;
}

json_t *answer_make(const json_t *preset, int (*stop)(void *context), void *context,
                    struct error *error)
{
    struct asking asking = {stop, context, error};
    json_t *values = rehearse_all(&asking, json_object_get(preset, "spec"));
    if (values != NULL)
        values = json_put(values, "also", rehearse_others(&asking, preset));
    json_t *sentences = json_array();
    if (values == NULL || sentences == NULL ||
        add_verdicts(sentences, json_object_get(values, "verdicts")) != 0 ||
        add_headlines(sentences, json_object_get(values, "runs")) != 0 ||
        add_filled(sentences, json_object_get(preset, "answer"), values) != 0) {
        json_decref(sentences);
        sentences = NULL;
    }
    values = json_put(values, "answer", sentences);
    if (values == NULL && error->kind == ERROR_NONE)
        error_set(error, ERROR_MEMORY, "not enough memory to answer");
    return values;
}
