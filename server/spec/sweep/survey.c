/* The survey of a spec's runs.
 *
 * DESIGN. A sweep may have a thousand runs of which each changes one number. So a run's JSON shares
 * all but the way to its values with the base; what is shared is known to be right and not walked
 * again; a data set is made once for each different one, not once a run. */
#include "server/spec/sweep/survey.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "server/base/json.h"
#include "server/spec/option/check.h"
#include "server/spec/sweep/ledger.h"
#include "server/spec/section/sections.h"

struct survey {
    struct sweep *sweep;
    struct library *library;
    const json_t *base;
    const json_t *posted;
    json_t *runs; /* those looked at */
    struct ledger ledger;
    struct faults found; /* of one look; only its count is cleared between looks */
    int is_out_of_memory;
    double n_parameters, n_predictions; /* of all runs */
    double n_values;                              /* of all different data sets */
};

/* --- a run's JSON -------------------------------------------------------------------------- */

int survey_default_output(const json_t *posted, json_t *normalised, struct library *library)
{
    const json_t *dataset = json_object_get(normalised, "dataset");
    json_t *output = json_at(normalised, "/network/layers/1");

    if (json_at(posted, "/network/layers") != NULL || dataset == NULL || output == NULL)
        return 0;
    json_int_t n_targets = (json_int_t)section_shape(dataset, library).n_targets;
    return json_object_set_new(output, "units", json_integer(n_targets > 0 ? n_targets : 1));
}

/* Adds the section `name` of `applied` to `out` unless it is at fault. 0, or -1 for memory. */
static int add_section(json_t *out, const char *name, const json_t *applied, const json_t *base,
                       struct check check)
{
    struct place place = {NULL, name, 0};
    char pointer[FAULT_POINTER_BYTES] = "";
    const json_t *section = json_object_get(applied, name);

    if (section == NULL)
        return 0;
    place_add_token(pointer, name);
    check.known = json_object_get(base, name);
    json_t *normalised = check_value(&check, option_find(pointer), &place, section);
    return normalised != NULL ? json_object_set_new(out, name, normalised) : 0;
}

/* The sections of a run, without those that are at fault; a new reference, NULL with faults in
 * survey->found. */
static json_t *run_json(struct survey *survey, int run)
{
    const json_t *base = survey->base;
    struct check check = {.faults = &survey->found, .sweep = survey->posted};
    json_t *applied = sweep_apply(survey->sweep, run, base, &survey->found);
    json_t *out = json_object();

    if (applied == NULL || out == NULL || add_section(out, "dataset", applied, base, check) < 0 ||
        add_section(out, "network", applied, base, check) < 0 ||
        add_section(out, "training", applied, base, check) < 0 ||
        survey_default_output(applied, out, survey->library) < 0) {
        json_decref(out);
        out = NULL;
        if (survey->found.n_found == 0)
            faults_add_memory(&survey->found);
    }
    json_decref(applied);
    return out;
}

/* --- judging ------------------------------------------------------------------------------- */

/* Whether a look at these sections of a run says anything new and sure. */
static int is_due(const struct survey *survey, int run, unsigned sections)
{
    return sweep_is_first(survey->sweep, run, sections) &&
           !sweep_is_unsure(survey->sweep, sections);
}

/* Enters the faults of the look that was taken, and makes ready for the next one. */
static void enter(struct survey *survey, int run, unsigned sections)
{
    survey->is_out_of_memory |= survey->found.no_memory;
    if (!survey->found.no_memory)
        ledger_enter(&survey->ledger, survey->sweep, run, sections, &survey->found);
    survey->found.n_found = survey->found.no_memory = 0;
}

static void judge_dataset(struct survey *survey, int run, const json_t *dataset,
                          const struct shape *shape)
{
    survey->n_values += (double)shape->n_samples * (double)(shape->n_features + shape->n_targets);
    if (survey->n_values > OPTIONS_VALUES_MAX && run > 0) /* said at the end, not waited for */
        return;
    section_check_dataset(dataset, survey->library, &survey->found);
    enter(survey, run, SWEEP_DATASET);
}

static void judge_network(struct survey *survey, int run, const json_t *section,
                          const struct shape *shape)
{
    struct network network;

    section_network(section, shape, &network);
    section_check_network(section, shape, &survey->found);
    section_check_init(json_object_get(section, "init"), &network, &survey->found);
    enter(survey, run, SWEEP_DATASET | SWEEP_NETWORK);
}

static void judge_sections(struct survey *survey, int run, const json_t *json,
                           const struct shape *shape)
{
    const json_t *dataset = json_object_get(json, "dataset");
    const json_t *network = json_object_get(json, "network");
    const json_t *training = json_object_get(json, "training");
    const json_t *predict = json_object_get(survey->base, "predict");

    if (dataset != NULL && is_due(survey, run, SWEEP_DATASET))
        judge_dataset(survey, run, dataset, shape);
    if (network != NULL && is_due(survey, run, SWEEP_DATASET | SWEEP_NETWORK))
        judge_network(survey, run, network, shape);
    if (training != NULL && is_due(survey, run, SWEEP_DATASET | SWEEP_TRAINING)) {
        section_check_training(training, shape, &survey->found);
        enter(survey, run, SWEEP_DATASET | SWEEP_TRAINING);
    }
    if (dataset != NULL && network != NULL && training != NULL && is_due(survey, run, SWEEP_ALL)) {
        section_check_loss(json, survey->library, shape, &survey->found);
        section_check_continue(json, shape, &survey->found);
        enter(survey, run, SWEEP_ALL);
    }
    if (predict != NULL && is_due(survey, run, SWEEP_DATASET)) {
        section_check_predict(predict, shape, &survey->found);
        enter(survey, run, SWEEP_DATASET);
    }
}

static void add_up(struct survey *survey, const json_t *json, const struct shape *shape)
{
    const json_t *section = json_object_get(json, "network");
    const json_t *predict = json_object_get(survey->base, "predict");
    struct network network;

    if (section == NULL)
        return;
    section_network(section, shape, &network);
    survey->n_parameters += (double)network_n_parameters(&network);
    survey->n_predictions += (double)json_array_size(predict) * network_n_outputs(&network);
}

static void judge_run(struct survey *survey, int run)
{
    struct shape shape = {0};
    json_t *json = run_json(survey, run);

    enter(survey, run, 0);
    if (json == NULL)
        return;
    const json_t *dataset = json_object_get(json, "dataset");
    if (dataset != NULL)
        shape = section_shape(dataset, survey->library);
    judge_sections(survey, run, json, &shape);
    add_up(survey, json, &shape);
    survey->is_out_of_memory |= sweep_adopt(survey->sweep, run, json) < 0;
    survey->is_out_of_memory |= json_array_append_new(survey->runs, json) < 0;
}

/* --- sums ---------------------------------------------------------------------------------- */

static void judge_sums(const struct survey *survey, struct faults *faults)
{
    int n_runs = survey->sweep->n_runs;
    const char *place = n_runs > 1 ? "/sweep" : "";

    if (survey->n_parameters > OPTIONS_PARAMETERS_MAX)
        faults_add(faults, place, "got %.0f parameters in all runs together, expected at most %d",
                   survey->n_parameters, OPTIONS_PARAMETERS_MAX);
    if (survey->n_predictions > OPTIONS_PREDICTIONS_MAX)
        faults_add(faults, "/predict",
                   "got %.0f predictions in all runs together, expected at most %d",
                   survey->n_predictions, OPTIONS_PREDICTIONS_MAX);
    if (survey->n_values > OPTIONS_VALUES_MAX)
        faults_add(faults, place,
                   "got %.0f values in all data sets together, expected at most %d: each one is "
                   "made once to check it",
                   survey->n_values, OPTIONS_VALUES_MAX);
}

json_t *survey_runs(struct sweep *sweep, const json_t *base, const json_t *posted,
                    struct library *library, struct faults *faults)
{
    struct survey *survey = memory_array(1, sizeof *survey, NULL);
    json_t *runs = json_array();

    if (survey == NULL || runs == NULL) {
        faults_add_memory(faults);
        goto out;
    }
    survey->runs = runs;
    survey->sweep = sweep;
    survey->library = library;
    survey->base = base;
    survey->posted = json_is_object(posted) ? posted : NULL;
    for (int run = 0;
         run < sweep->n_runs && !survey->is_out_of_memory && survey->ledger.n_entries < FAULTS_MAX;
         run++)
        judge_run(survey, run);
    if (survey->is_out_of_memory)
        faults_add_memory(faults);
    ledger_tell(&survey->ledger, sweep, faults);
    judge_sums(survey, faults);
out:
    free(survey);
    if (faults->n_found == 0)
        return runs;
    json_decref(runs);
    return NULL;
}
