/* Explanations: a run's plan and its last checkpoint, made into a subject for the core. */
#include "server/lab/explain/explanation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/base/json_teller.h"
#include "server/spec/plan.h"

static const char *const states[] = {"live", "end", "full"};

void explanation_memo_clear(struct explanation_memo *memo)
{
    floors_destroy(memo->floors);
    memset(memo, 0, sizeof *memo);
}

/* --- the subject --------------------------------------------------------------------------- */

struct scene {
    struct run_plan plan;
    double *parameters;
    struct population *population;
    struct subject subject;
};

/* Puts the run where its checkpoint is; without one it stands at its start. */
static int read_checkpoint(struct scene *scene, const struct explanation_wish *wish,
                           struct error *error)
{
    struct subject *subject = &scene->subject;
    void *bytes = NULL;
    size_t n_bytes = 0;
    int64_t epoch;
    if (engine_checkpoint(wish->engine, wish->study->id, wish->run, &bytes, &n_bytes, &epoch,
                          error) != 0)
        return -1;
    int result = 0;
    if (bytes != NULL)
        result = block_read_checkpoint(&scene->plan.network, bytes, n_bytes, &subject->state,
                                       scene->parameters, error);
    else
        memcpy(scene->parameters, scene->plan.parameters,
               network_n_parameters(&scene->plan.network) * sizeof *scene->parameters);
    free(bytes);
    return result;
}

/* What the checkpoint does not have: the loss, which goes with that of a run that has ended; of one
 * that goes on it may be of a later epoch, and is then not known; and where a run diverged. */
static int read_record(struct scene *scene, const struct explanation_wish *wish,
                       struct error *error)
{
    struct engine_run record = {0};
    if (engine_find_run(wish->engine, wish->study->id, wish->run, &record, error) != 0)
        return -1;
    scene->subject.printed_loss =
        record.epoch == scene->subject.state.epoch ? record.loss : (double)NAN;
    if (scene->subject.state.status == BLOCK_DIVERGED)
        scene->subject.state.diverged_position = record.diverged_position;
    engine_run_clear(&record);
    return 0;
}

static void scene_clear(struct scene *scene)
{
    free(scene->parameters);
    population_destroy(scene->population);
    run_plan_clear(&scene->plan);
}

static int scene_load(struct scene *scene, const struct explanation_wish *wish,
                      struct error *error)
{
    *scene = (struct scene){.subject = {.no_replay = wish->no_replay, .stop = wish->stop,
                                        .context = wish->context}};
    if (spec_plan(wish->study->spec, wish->run, 1, &scene->plan, error) != 0)
        return -1;
    scene->parameters = memory_array(network_n_parameters(&scene->plan.network),
                                     sizeof *scene->parameters, error);
    if (scene->parameters == NULL ||
        spec_population(wish->study->spec, wish->run, &scene->population, error) != 0 ||
        read_checkpoint(scene, wish, error) != 0 ||
        read_record(scene, wish, error) != 0) {
        scene_clear(scene);
        return -1;
    }
    scene->subject.network = &scene->plan.network;
    scene->subject.dataset = scene->plan.dataset;
    scene->subject.validation = scene->plan.validation;
    scene->subject.training = &scene->plan.training;
    scene->subject.start = scene->plan.parameters;
    scene->subject.begin = scene->plan.start;
    scene->subject.begin_bytes = scene->plan.start_bytes;
    scene->subject.parameters = scene->parameters;
    scene->subject.population = scene->population;
    return 0;
}

/* --- floors -------------------------------------------------------------------------------- */

/* Whether two runs of a study have all in common that floors depend on. */
static int same_floors(const struct spec *spec, int a, int b)
{
    struct run_plan first, second;
    if (!spec_same_dataset(spec, a, b))
        return 0;
    spec_outline(spec, a, &first);
    spec_outline(spec, b, &second);
    return first.training.loss == second.training.loss &&
           network_same(&first.network, &second.network);
}

static int is_remembered(const struct explanation_wish *wish)
{
    const struct explanation_memo *memo = wish->memo;
    return memo != NULL && memo->floors != NULL && strcmp(memo->id, wish->study->id) == 0 &&
           same_floors(wish->study->spec, memo->run, wish->run);
}

static void remember(const struct explanation_wish *wish, const struct floors *floors)
{
    if (wish->memo == NULL)
        return;
    explanation_memo_clear(wish->memo);
    memcpy(wish->memo->id, wish->study->id, sizeof wish->memo->id);
    wish->memo->run = wish->run;
    wish->memo->floors = floors_copy(floors, NULL); /* without memory it is searched again */
}

struct floors *explanation_find_floors(const struct subject *subject, enum explain_depth depth,
                                       struct error *error)
{
    struct floors *floors = floors_create(subject->dataset, subject->training->loss,
                                          subject->population, error);
    if (floors == NULL || depth != EXPLAIN_FULL)
        return floors;
    if (floors_permute(floors, subject->dataset, subject->stop, subject->context, error) == 0 &&
        floors_search(floors, subject->network, subject->dataset, subject->stop, subject->context,
                      error) == 0)
        return floors;
    floors_destroy(floors);
    return NULL;
}

static struct floors *find_floors(const struct explanation_wish *wish, const struct scene *scene,
                                  struct error *error)
{
    if (wish->depth == EXPLAIN_FULL && is_remembered(wish))
        return floors_copy(wish->memo->floors, error);
    struct floors *floors = explanation_find_floors(&scene->subject, wish->depth, error);
    if (floors != NULL && wish->depth == EXPLAIN_FULL)
        remember(wish, floors);
    return floors;
}

json_t *explanation_floors_json(const struct floors *floors)
{
    struct json_teller teller;
    json_teller_init(&teller);
    floors_tell(floors, &teller.teller);
    return json_teller_take(&teller);
}

json_t *explanation_floors(const struct spec *spec, int run, struct error *error)
{
    struct run_plan plan;
    struct population *population = NULL;
    struct floors *floors = NULL;
    json_t *json = NULL;
    if (spec_plan(spec, run, 1, &plan, error) != 0)
        return NULL;
    if (spec_population(spec, run, &population, error) == 0)
        floors = floors_create(plan.dataset, plan.training.loss, population, error);
    if (floors != NULL) {
        json = explanation_floors_json(floors);
        if (json == NULL)
            error_set(error, ERROR_MEMORY, "not enough memory for the floors");
    }
    floors_destroy(floors);
    population_destroy(population);
    run_plan_clear(&plan);
    return json;
}

/* --- verdicts ------------------------------------------------------------------------------ */

json_t *explanation_verdicts_json(const struct subject *subject, struct floors *floors,
                                  enum explain_depth depth, struct error *error)
{
    struct json_teller teller;
    json_teller_init(&teller);
    tell_text(&teller.teller, "state", states[depth]);
    tell_integer(&teller.teller, "epoch", subject->state.epoch);
    int result = explain_run(subject, floors, depth, &teller.teller, error);
    json_t *json = json_teller_take(&teller);
    if (json == NULL)
        error_set(error, ERROR_MEMORY, "not enough memory for the verdicts");
    if (result == 0)
        return json;
    json_decref(json);
    return NULL;
}

json_t *explanation_make(const struct explanation_wish *wish, struct error *error)
{
    struct scene scene;
    json_t *json = NULL, *verdicts = NULL;
    if (scene_load(&scene, wish, error) != 0)
        return NULL;
    struct floors *floors = find_floors(wish, &scene, error);
    if (floors != NULL)
        verdicts = explanation_verdicts_json(&scene.subject, floors, wish->depth, error);
    if (verdicts != NULL) {
        json = json_pack("{s:o, s:o}", "floors", explanation_floors_json(floors), "verdicts",
                         verdicts);
        if (json == NULL)
            error_set(error, ERROR_MEMORY, "not enough memory for the explanation");
    }
    floors_destroy(floors);
    scene_clear(&scene);
    return json;
}

json_t *explanation_not_run(const char *why)
{
    return json_pack("{s:s, s:s, s:n, s:n, s:[], s:[]}", "state", "not run", "why", why, "headline",
                     "text", "verdicts", "not_run");
}

json_t *explanation_headline(const json_t *verdicts)
{
    const char *code = json_string_value(json_object_get(verdicts, "headline"));
    const json_t *list = json_object_get(verdicts, "verdicts");
    for (size_t i = 0; code != NULL && i < json_array_size(list); i++) {
        const json_t *verdict = json_array_get(list, i);
        const char *found = json_string_value(json_object_get(verdict, "code"));
        if (found == NULL || strcmp(found, code) != 0)
            continue;
        return json_pack("{s:s, s:s?, s:s?}", "code", code, "severity",
                         json_string_value(json_object_get(verdict, "severity")), "text",
                         json_string_value(json_object_get(verdict, "text")));
    }
    return json_null();
}
