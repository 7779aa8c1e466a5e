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
#include "server/base/text.h"
#include "server/engine/engine.h"

/* FLOORS_WORK: samples times inputs squared, some milliseconds. LOOKS_NS: for a look at every run
 * of the block, 2 % of the time until the next. */
enum { EVERY_NS = 1000000000, LOOKS_NS = 20000000, FLOORS_WORK = 1000000 };
#define LASTING_WORK 1e9 /* parameters times samples times epochs: a second at least */

struct observed {
    struct training training;
    double *start; /* owned */
    int64_t looked_ns;
    uint64_t codes; /* as seen last, and told */
    enum code headline;
    struct text told;
};

struct observer {
    struct network network;
    const struct dataset *dataset;
    struct population *population; /* NULL: not known, or not found out */
    struct floors *floors; /* NULL until the first look */
    double *parameters;    /* room for a run's */
    struct glance glance;  /* the present one */
    int64_t until_ns;      /* of the present look */
    int is_off;            /* a look took too long */
    int n;
    struct observed runs[BLOCK_RUNS_MAX];
};

static void forget(struct observed *run)
{
    run->codes = 0;
    run->headline = CODE_COUNT;
}

static int is_long(const struct dataset *dataset)
{
    double inputs = (double)dataset->n_features + 1;
    return (double)dataset->n_samples * inputs * inputs > FLOORS_WORK;
}

/* Whether the runs will train for about a second, so that there will be looks amid it. */
static int is_lasting(const struct run_plan *plan, const struct dataset *dataset)
{
    return (double)plan->training.epochs * (double)dataset->n_samples *
               (double)network_n_parameters(&plan->network) >= LASTING_WORK;
}

struct observer *observer_create(const struct spec *spec, struct candidate *candidates, int n,
                                 const struct dataset *dataset, struct error *error)
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
        forget(&observer->runs[i]);
        candidates[i].plan.parameters = NULL;
    }
    observer->parameters = memory_array(network_n_parameters(&observer->network),
                                        sizeof *observer->parameters, error);
    if (observer->parameters != NULL &&
        (!is_lasting(&candidates[0].plan, dataset) ||
         spec_population(spec, candidates[0].run, &observer->population, error) == 0))
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
        text_clear(&observer->runs[i].told);
    }
    floors_destroy(observer->floors);
    population_destroy(observer->population);
    explain_glance_clear(&observer->glance);
    free(observer->parameters);
    free(observer);
}

static int is_too_long(void *context)
{
    struct observer *observer = context;
    observer->is_off = observer->is_off || clock_monotonic_ns() > observer->until_ns;
    return observer->is_off;
}

/* 0; -1: it took too long, or there is no memory for it. */
static int look_at(struct observer *observer, int i, const struct block_state *state,
                   double printed_loss)
{
    const struct observed *run = &observer->runs[i];
    const struct subject subject = {.network = &observer->network, .dataset = observer->dataset,
                                    .training = &run->training, .start = run->start,
                                    .parameters = observer->parameters, .state = *state,
                                    .printed_loss = printed_loss,
                                    .population = observer->population, .stop = is_too_long,
                                    .context = observer};
    if (observer->floors == NULL)
        observer->floors = floors_create(observer->dataset, run->training.loss,
                                         observer->population, NULL);
    if (observer->floors == NULL)
        return -1;
    observer->until_ns = clock_monotonic_ns() + LOOKS_NS / observer->n;
    return explain_glance(&subject, observer->floors, &observer->glance, NULL);
}

static void add(struct text *text, const char *bytes)
{
    text_add(text, bytes, strlen(bytes));
}

static void print_headline(struct text *text, const struct glance *glance)
{
    add(text, "{\"code\":\"");
    add(text, verdict_code(glance->headline));
    add(text, "\",\"severity\":\"");
    add(text, verdict_severity(glance->severity));
    add(text, "\",\"text\":");
    text_json_string(text, glance->text);
    add(text, "}");
}

/* The headline first, the others in the order of their rank. */
static void print_codes(struct text *text, const struct glance *glance)
{
    int first = glance->headline, is_next = first != CODE_COUNT;
    if (is_next)
        text_json_string(text, verdict_code(glance->headline));
    for (int i = 0; i < CODE_COUNT; i++) {
        if ((glance->codes >> i & 1) == 0 || i == first)
            continue;
        add(text, is_next ? "," : "");
        text_json_string(text, verdict_code((enum code)i));
        is_next = 1;
    }
}

/* The text of what is told; NULL without memory for it, and if it is too long for the log. */
static const char *print(struct text *told, const struct glance *glance,
                         const struct block_state *state)
{
    static const char *const states[] = {"running", "done", "diverged"};
    text_clear(told);
    add(told, "{\"epoch\":");
    text_integer(told, state->epoch);
    add(told, ",\"state\":\"");
    add(told, states[state->status]);
    add(told, "\",\"headline\":");
    if (glance->headline != CODE_COUNT)
        print_headline(told, glance);
    else
        add(told, "null");
    add(told, ",\"codes\":[");
    print_codes(told, glance);
    add(told, "]}");
    return !told->failed && told->n_bytes < ENGINE_VERDICT_BYTES_MAX ? told->bytes : NULL;
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
    if (look_at(observer, i, &state, printed_loss) != 0)
        return NULL;
    const struct glance *glance = &observer->glance;
    int is_new = glance->codes != run->codes || glance->headline != run->headline;
    run->codes = glance->codes;
    run->headline = glance->headline;
    return is_new || state.status != BLOCK_RUNNING ? print(&run->told, glance, &state) : NULL;
}

void observer_repeat(struct observer *observer)
{
    for (int i = 0; observer != NULL && i < observer->n; i++)
        forget(&observer->runs[i]);
}
