/* Specs: reading them, and what they say.
 *
 * DESIGN. The normalised JSON is the spec, and all that is stored. Beside it stands the JSON of
 * every run, sharing with it all but the way to the run's own values, so that a thousand runs take
 * little more room than one. After spec_parse nothing is changed and no reference is taken any
 * more, only read; that needs no lock. */
#include "server/spec/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/base/json.h"
#include "server/spec/content.h"
#include "server/spec/option/check.h"
#include "server/spec/plan.h"
#include "server/spec/source/library.h"
#include "server/spec/section/sections.h"
#include "server/spec/spec_inside.h"
#include "server/spec/sweep/survey.h"

/* Whether the sweep changes the field at `pointer`, or all that it is in. */
static int is_swept(const struct sweep *sweep, const char *pointer)
{
    for (int i = 0; i < sweep->n_axes; i++) {
        const char *axis = sweep->axes[i].pointer;
        size_t n = strlen(axis);
        if (strncmp(axis, pointer, n) == 0 && (pointer[n] == '/' || pointer[n] == '\0'))
            return 1;
    }
    return 0;
}

/* Whether runs may differ in the sizes of their layers. */
static int has_swept_shape(const struct sweep *sweep)
{
    static const char layers[] = "/network/layers/";

    for (int i = 0; i < sweep->n_axes; i++)
        if (strncmp(sweep->axes[i].pointer, layers, strlen(layers)) == 0)
            return 1;
    return is_swept(sweep, "/network/layers") || is_swept(sweep, "/dataset/features") ||
           is_swept(sweep, "/dataset/rows") || is_swept(sweep, "/dataset/kind") ||
           is_swept(sweep, "/dataset/classes") || is_swept(sweep, "/dataset/one_hot") ||
           is_swept(sweep, "/dataset/id") || is_swept(sweep, "/dataset/targets");
}

/* A name from what all runs have in common: "2-2-1, sgd, 1000 epochs, 8 runs". */
static void print_name(struct text *text, const struct spec *spec)
{
    const struct shape shape = section_shape(json_object_get(spec->json, "dataset"), spec->library);
    struct network network;
    struct training training;

    section_network(json_object_get(spec->json, "network"), &shape, &network);
    section_training(json_object_get(spec->json, "training"), &shape, &training);
    if (!has_swept_shape(&spec->sweep)) {
        text_printf(text, "%d", network.n_inputs);
        for (int l = 0; l < network.n_layers; l++)
            text_printf(text, "-%d", network.layers[l].units);
        text_printf(text, ", ");
    }
    text_printf(text, "%s", optimizer_name(training.optimizer));
    if (!is_swept(&spec->sweep, "/training/epochs"))
        text_printf(text, ", %lld epoch%s", (long long)training.epochs,
                    training.epochs == 1 ? "" : "s");
    if (spec->sweep.n_runs > 1)
        text_printf(text, ", %d runs", spec->sweep.n_runs);
}

static json_t *default_name(const struct spec *spec)
{
    struct text text = {0};
    print_name(&text, spec);
    char *name = text_take(&text, NULL);
    json_t *json = json_string(name);
    free(name);
    return json;
}

/* Fills spec->json: `base` with a name first and the sweep in its normalised form. 0, or -1 for
 * memory. */
static int complete(struct spec *spec, json_t *base)
{
    static const char *const names[] = {"name",     "forked_from", "dataset", "network",
                                        "training", "sweep",       "predict", "cache"};
    const char *given = json_string_value(json_object_get(base, "name"));
    int failed = 0;

    spec->json = json_incref(base); /* for default_name */
    if (given == NULL || given[0] == '\0')
        failed |= json_object_set_new(base, "name", default_name(spec));
    if (spec->sweep.n_axes > 0)
        failed |= json_object_set_new(base, "sweep", sweep_json(&spec->sweep));
    else
        json_object_del(base, "sweep");
    json_t *ordered = json_object();
    for (size_t i = 0; i < sizeof names / sizeof names[0] && ordered != NULL; i++) {
        json_t *member = json_object_get(base, names[i]);
        failed |= member != NULL && json_object_set(ordered, names[i], member) < 0;
    }
    json_decref(spec->json);
    spec->json = ordered;
    return failed || ordered == NULL ? -1 : 0;
}

/* Fits what standardises each different data set: a plan needs it for predictions, without data. */
static int fit_scalings(struct spec *spec, struct error *error)
{
    int n_runs = spec->sweep.n_runs;
    spec->scalings = memory_array((size_t)n_runs, sizeof *spec->scalings, error);
    spec->target_scalings = memory_array((size_t)n_runs, sizeof *spec->target_scalings, error);
    if (spec->scalings == NULL || spec->target_scalings == NULL)
        return -1;
    for (int run = 0; run < n_runs; run++) {
        const json_t *dataset = spec_section(spec, run, "dataset");
        struct spec_data data;
        if (!section_is_standardised(dataset) ||
            !sweep_is_first(&spec->sweep, run, SWEEP_DATASET))
            continue;
        if (section_data(dataset, spec->library, &data, error) < 0)
            return -1;
        spec->scalings[run] = data.scaling;
        spec->target_scalings[run] = data.target_scaling;
        data.scaling = data.target_scaling = NULL;
        spec_data_clear(&data);
    }
    return 0;
}

struct spec *spec_parse(const json_t *json, struct faults *faults)
{
    return spec_parse_with(json, NULL, NULL, faults);
}

struct spec *spec_parse_with(const json_t *json, library_fetch_fn fetch, void *context,
                             struct faults *faults)
{
    const json_t *posted = json_object_get(json, "sweep");
    struct check check = {.faults = faults, .sweep = posted};
    struct spec *spec = memory_array(1, sizeof *spec, NULL);
    json_t *base = check_spec(&check, json);
    int failed = 1;

    if (spec != NULL)
        spec->library = library_create(fetch, context, NULL);
    if (spec == NULL || spec->library == NULL || base == NULL ||
        survey_default_output(json, base, spec->library) < 0) {
        if (faults->n_found == 0)
            faults_add_memory(faults);
        goto out;
    }
    sweep_init(&spec->sweep, posted, base, faults);
    spec->runs = survey_runs(&spec->sweep, base, posted, spec->library, faults);
    if (spec->runs == NULL)
        goto out;
    failed = complete(spec, base) < 0 || fit_scalings(spec, NULL) < 0;
    if (failed)
        faults_add_memory(faults);
out:
    json_decref(base);
    if (failed) {
        spec_destroy(spec);
        return NULL;
    }
    return spec;
}

void spec_destroy(struct spec *spec)
{
    if (spec == NULL)
        return;
    for (int run = 0; spec->scalings != NULL && run < spec->sweep.n_runs; run++)
        scaling_destroy(spec->scalings[run]);
    for (int run = 0; spec->target_scalings != NULL && run < spec->sweep.n_runs; run++)
        scaling_destroy(spec->target_scalings[run]);
    free(spec->scalings);
    free(spec->target_scalings);
    library_destroy(spec->library);
    sweep_clear(&spec->sweep);
    json_decref(spec->runs);
    json_decref(spec->json);
    free(spec);
}

int spec_check_name(const json_t *name, struct faults *faults)
{
    struct place place = {NULL, "name", 0};
    struct check check = {.faults = faults};
    json_t *checked = check_value(&check, option_find("/name"), &place, name);
    json_decref(checked);
    return checked != NULL ? 0 : -1;
}

const json_t *spec_json(const struct spec *spec)
{
    return spec->json;
}

const char *spec_name(const struct spec *spec)
{
    return json_string_value(json_object_get(spec->json, "name"));
}

int spec_uses_cache(const struct spec *spec)
{
    for (int run = 0; run < spec->sweep.n_runs; run++)
        if (json_at(spec_section(spec, run, "training"), "/stop/seconds") != NULL)
            return 0;
    return json_is_true(json_object_get(spec->json, "cache"));
}

const char *spec_upload(const struct spec *spec, int i)
{
    return library_upload(spec->library, i);
}

void spec_print_content(const struct spec *spec, struct text *text)
{
    content_print(spec->json, text);
}

int spec_n_runs(const struct spec *spec)
{
    return spec->sweep.n_runs;
}

const json_t *spec_section(const struct spec *spec, int run, const char *name)
{
    return json_object_get(json_array_get(spec->runs, (size_t)run), name);
}

json_t *spec_of_run(const struct spec *spec, int run)
{
    static const char *const whole[] = {"predict", "cache"};
    json_t *own = json_private(json_array_get(spec->runs, (size_t)run));
    int failed = own == NULL;

    for (int i = 0; i < 2 && !failed; i++) {
        const json_t *member = json_object_get(spec->json, whole[i]);
        failed = member != NULL && json_object_set_new(own, whole[i], json_private(member)) < 0;
    }
    if (!failed)
        return own;
    json_decref(own);
    return NULL;
}

json_t *spec_overrides(const struct spec *spec, int run)
{
    return sweep_overrides(&spec->sweep, run);
}

int spec_same_start(const struct spec *spec, int run_a, int run_b)
{
    const json_t *a = json_object_get(spec_section(spec, run_a, "network"), "init");
    const json_t *b = json_object_get(spec_section(spec, run_b, "network"), "init");
    const json_t *state_a = json_object_get(a, "state"), *state_b = json_object_get(b, "state");

    return section_is_continued(a) == section_is_continued(b) &&
           (state_a == state_b || json_equal(state_a, state_b));
}

int spec_same_dataset(const struct spec *spec, int run_a, int run_b)
{
    const struct sweep *sweep = &spec->sweep;

    for (int i = 0; i < sweep->n_axes; i++) {
        const json_t *values = sweep->axes[i].values;
        if (sweep->axes[i].sections != SWEEP_DATASET)
            continue;
        if (!json_equal(json_array_get(values, (size_t)sweep_index(sweep, i, run_a)),
                        json_array_get(values, (size_t)sweep_index(sweep, i, run_b))))
            return 0;
    }
    return 1;
}
