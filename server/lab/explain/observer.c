/* An observer: what the parameters of runs in training prove, told while they train.
 *
 * DESIGN: it looks with the core's live explanation, which takes about as long as an epoch or two.
 * A look at all runs of a block gets 2 % of a second, so training never waits noticeably; one that
 * takes longer ends the observing of that block: its runs are explained when they have
 * ended. */
#include "server/lab/explain/observer.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/explain.h"
#include "server/base/clock.h"
#include "server/base/json.h"
#include "server/base/json_teller.h"
#include "server/engine/engine.h"
#include "server/lab/explain/explanation.h"

/* FLOORS_WORK: samples times inputs squared, some milliseconds. LOOKS_NS: for a look at every run
 * of the block, 2 % of the time until the next. */
enum { EVERY_NS = 1000000000, LOOKS_NS = 20000000, FLOORS_WORK = 1000000 };

struct observed {
    struct training training;
    double *start; /* owned */
    int64_t looked_ns;
    char *codes; /* as told last, JSON text; owned; NULL: nothing was */
    struct text told;
};

struct observer {
    struct network network;
    const struct dataset *dataset;
    struct floors *floors; /* NULL until the first look */
    double *parameters;    /* room for a run's */
    int64_t until_ns;      /* of the present look */
    int is_off;            /* a look took too long */
    int n;
    struct observed runs[BLOCK_RUNS_MAX];
};

static int is_long(const struct dataset *dataset)
{
    double inputs = (double)dataset->n_features + 1;
    return (double)dataset->n_samples * inputs * inputs > FLOORS_WORK;
}

struct observer *observer_create(struct candidate *candidates, int n, const struct dataset *dataset,
                                 struct error *error)
{
    if (is_long(dataset))
        return NULL;
    struct observer *observer = memory_array(1, sizeof *observer, error);
    if (observer == NULL)
        return NULL;
    observer->network = candidates[0].plan.network;
    observer->dataset = dataset;
    observer->n = n;
    int64_t now_ns = clock_monotonic_ns();
    for (int i = 0; i < n; i++) {
        observer->runs[i].training = candidates[i].plan.training;
        observer->runs[i].start = candidates[i].plan.parameters;
        observer->runs[i].looked_ns = now_ns;
        candidates[i].plan.parameters = NULL;
    }
    observer->parameters = memory_array(network_n_parameters(&observer->network),
                                        sizeof *observer->parameters, error);
    if (observer->parameters != NULL)
        return observer;
    observer_destroy(observer);
    return NULL;
}

void observer_destroy(struct observer *observer)
{
    if (observer == NULL)
        return;
    for (int i = 0; i < observer->n; i++) {
        free(observer->runs[i].start);
        free(observer->runs[i].codes);
        text_clear(&observer->runs[i].told);
    }
    floors_destroy(observer->floors);
    free(observer->parameters);
    free(observer);
}

static int is_too_long(void *context)
{
    struct observer *observer = context;
    observer->is_off = observer->is_off || clock_monotonic_ns() > observer->until_ns;
    return observer->is_off;
}

/* The verdicts as they are told; NULL: it took too long, or there is no memory for them. */
static json_t *explain(struct observer *observer, int i, const struct block_state *state,
                       double printed_loss)
{
    const struct observed *run = &observer->runs[i];
    const struct subject subject = {.network = &observer->network, .dataset = observer->dataset,
                                    .training = &run->training, .start = run->start,
                                    .parameters = observer->parameters, .state = *state,
                                    .printed_loss = printed_loss, .stop = is_too_long,
                                    .context = observer};
    if (observer->floors == NULL)
        observer->floors = floors_create(observer->dataset, run->training.loss, NULL, NULL);
    if (observer->floors == NULL)
        return NULL;
    struct json_teller teller;
    json_teller_init(&teller);
    observer->until_ns = clock_monotonic_ns() + LOOKS_NS / observer->n;
    int result = explain_run(&subject, observer->floors, EXPLAIN_LIVE, &teller.teller, NULL);
    json_t *json = json_teller_take(&teller);
    if (result == 0)
        return json;
    json_decref(json);
    return NULL;
}

static json_t *codes_of(const json_t *verdicts)
{
    const json_t *list = json_object_get(verdicts, "verdicts");
    json_t *codes = json_array();
    for (size_t i = 0; i < json_array_size(list); i++)
        json_array_append(codes, json_object_get(json_array_get(list, i), "code"));
    return codes;
}

/* The text of what is told; NULL without memory for it, and if it is too long for the log. */
static const char *print(struct observed *run, const json_t *verdicts, json_t *codes,
                         const struct block_state *state)
{
    static const char *const states[] = {"running", "done", "diverged"};
    json_t *json = json_pack("{s:I, s:s, s:o, s:O}", "epoch", (json_int_t)state->epoch, "state",
                             states[state->status], "headline", explanation_headline(verdicts),
                             "codes", codes);
    text_clear(&run->told);
    if (json != NULL)
        text_json(&run->told, json);
    json_decref(json);
    size_t n_bytes = run->told.failed ? 0 : run->told.n_bytes;
    return n_bytes > 0 && n_bytes < ENGINE_VERDICT_BYTES_MAX ? run->told.bytes : NULL;
}

/* What is told of the verdicts, unless nothing of it is new. */
static const char *tell(struct observed *run, const json_t *verdicts,
                        const struct block_state *state)
{
    size_t n_bytes;
    json_t *list = codes_of(verdicts);
    char *codes = list != NULL ? json_text(list, &n_bytes) : NULL;
    const char *before = run->codes != NULL ? run->codes : "[]", *told = NULL;
    if (codes != NULL && (state->status != BLOCK_RUNNING || strcmp(codes, before) != 0)) {
        told = print(run, verdicts, list, state);
        free(run->codes);
        run->codes = codes;
        codes = NULL;
    }
    free(codes);
    json_decref(list);
    return told;
}

const char *observer_look(struct observer *observer, const struct block *block, int i,
                          double printed_loss, int64_t now_ns)
{
    struct observed *run = &observer->runs[i];
    struct block_state state = block_state(block, i);
    if (observer->is_off ||
        (state.status == BLOCK_RUNNING && now_ns - run->looked_ns < EVERY_NS))
        return NULL;
    run->looked_ns = now_ns;
    block_parameters(block, i, observer->parameters);
    json_t *verdicts = explain(observer, i, &state, printed_loss);
    const char *told = verdicts != NULL ? tell(run, verdicts, &state) : NULL;
    json_decref(verdicts);
    return told;
}

void observer_repeat(struct observer *observer)
{
    for (int i = 0; observer != NULL && i < observer->n; i++) {
        free(observer->runs[i].codes);
        observer->runs[i].codes = NULL;
    }
}
