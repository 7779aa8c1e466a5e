/* The analysis of a sweep: settings over their starts, the best ones, where training breaks down,
 * and whether two of them differ by more than luck. */
#include "server/api/call/call.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/statistics.h"
#include "core/explain/sweep/comparison.h"
#include "server/api/sweep/along.h"
#include "server/api/sweep/claim.h"
#include "server/api/sweep/findings.h"
#include "server/base/json.h"
#include "server/base/numeral.h"
#include "server/base/text.h"

/* --- settings --- */

/* Runs that collapsed or diverged, with Wilson's interval for their share. */
static json_t *failed_json(const struct summary *summary)
{
    double low, high;
    size_t n = summary->fates[FATE_COLLAPSED] + summary->fates[FATE_DIVERGED];
    statistics_wilson((int64_t)n, (int64_t)summary->n, &low, &high);
    double share = summary->n == 0 ? NAN : (double)n / (double)summary->n;
    return json_pack("{s:o, s:[f, f]}", "share", json_number(share), "interval", low, high);
}

static json_t *fates_json(const struct summary *summary)
{
    json_t *json = json_object();
    for (int f = 0; f < FATE_COUNT; f++)
        json = json_put(json, fate_name(f), json_integer((json_int_t)summary->fates[f]));
    return json;
}

static json_t *runs_json(const struct grid *grid, size_t setting)
{
    json_t *json = json_array();
    for (size_t i = 0; i < grid->n_starts; i++) {
        int run = grid->runs[setting * grid->n_starts + i];
        json = json_push(json, run < 0 ? json_null() : json_integer(run));
    }
    return json;
}

/* Learning rate times epochs, where every epoch has the same rate: how far plain SGD of small steps
 * gets along its path. */
static json_t *effective_time_json(const struct analysis *it, size_t setting)
{
    struct run_plan plan;
    spec_outline(it->study->spec, it->grid.runs[setting * it->grid.n_starts], &plan);
    if (plan.training.optimizer != OPTIMIZER_SGD || !schedule_is_constant(&plan.training.schedule))
        return json_null();
    return json_number(plan.training.learning_rate * (double)plan.training.epochs);
}

static json_t *setting_json(const struct analysis *it, size_t setting, struct error *error)
{
    struct summary summary;
    if (summary_of(&it->table, setting, &summary, error) != 0)
        return NULL;
    return json_pack("{s:i, s:o, s:o, s:i, s:{s:o, s:o, s:o, s:o, s:o}, s:o, s:o, s:o}",
                     "setting", (int)setting,
                     "values", json_private(json_array_get(it->grid.settings, setting)),
                     "runs", runs_json(&it->grid, setting), "n", (int)summary.n,
                     "loss", "lowest", json_number(summary.lowest), "q10", json_number(summary.q10),
                     "median", json_number(summary.median), "q90", json_number(summary.q90),
                     "mean", json_number(summary.mean), "fates", fates_json(&summary),
                     "failed", failed_json(&summary), "effective_time",
                     effective_time_json(it, setting));
}

static json_t *settings_json(const struct analysis *it, struct error *error)
{
    json_t *json = json_array();
    for (size_t s = 0; s < it->grid.n_settings; s++)
        json = json_push(json, setting_json(it, s, error));
    return json;
}

/* --- two settings --- */

static void print_comparison(const struct comparison *c, const char *a, const char *b,
                             struct text *text)
{
    if (c->n == 0) {
        text_printf(text, "No start ended with a finite loss under both, %s and %s.", a, b);
        return;
    }
    if (c->n_above + c->n_below == 0) {
        text_printf(text, "For every start %s and %s ended with the same loss.", a, b);
        return;
    }
    int is_higher = c->n_above >= c->n_below;
    const char *side = is_higher ? "higher" : "lower";
    if (c->n == 1) {
        text_printf(text, "With the one start that ended under both, %s ended %s than %s, by %.3g. "
                          "One start proves little: no verdict below %d.", a, side, b,
                    c->median_size, COMPARISON_STARTS_MIN);
        return;
    }
    text_printf(text, "For %zu of %zu starts %s ended %s than %s; half of the differences are "
                      "smaller than %.3g. ", is_higher ? c->n_above : c->n_below, c->n, a, side, b,
                c->median_size);
    if (!c->is_enough)
        text_printf(text, "Fewer than %d starts: no verdict. ", COMPARISON_STARTS_MIN);
    else if (c->is_significant && c->other_side == 0.0)
        text_printf(text, "That is more than luck (sign test, p = %.2g), and for no start is it "
                          "the other way round. ", c->sign_p);
    else if (c->is_significant)
        text_printf(text, "That is more than luck (sign test, p = %.2g), yet for %.3g %% of the "
                          "starts it is the other way round. ", c->sign_p, 100.0 * c->other_side);
    else
        text_printf(text, "That may be luck (sign test, p = %.2g): so many starts cannot tell the "
                          "two apart. ", c->sign_p);
    text_printf(text, "The mean of the differences, which a few runs may decide, is %.3g (%s "
                      "%s); 95 %% of resamples lie from %.3g to %.3g.",
                c->mean, a, c->mean < 0.0 ? "lower" : "higher", c->low, c->high);
}

static json_t *comparison_json(const struct analysis *it, size_t a, size_t b, struct error *error)
{
    struct comparison c;
    struct text text = {0};
    if (comparison_of(&it->table, a, b, &c, error) != 0)
        return NULL;
    char *names[2] = {grid_print(&it->grid, a), grid_print(&it->grid, b)};
    if (names[0] != NULL && names[1] != NULL)
        print_comparison(&c, names[0], names[1], &text);
    free(names[0]);
    free(names[1]);
    if (text.n_bytes == 0) {
        error_set(error, ERROR_MEMORY, "not enough memory to answer");
        return NULL;
    }
    json_t *json = json_pack(
        "{s:[i, i], s:i, s:i, s:o, s:[o, o], s:o, s:o, s:i, s:i, s:o, s:o, s:s, s:s%}", "settings",
        (int)a, (int)b, "n", (int)c.n, "left_out", (int)c.n_left_out, "mean_difference",
        json_number(c.mean), "interval", json_number(c.low), json_number(c.high),
        "median_difference", json_number(c.median), "median_size", json_number(c.median_size),
        "higher", (int)c.n_above, "lower", (int)c.n_below, "sign_test_p", json_number(c.sign_p),
        "other_side", json_number(c.other_side), "verdict",
        !c.is_enough ? "none" : c.is_significant ? "different" : "DIFFERENCE_NOT_SIGNIFICANT",
        "text", text.bytes, text.n_bytes);
    text_clear(&text);
    return json;
}

/* --- the answer --- */

/* What is asked beside the analysis. */
struct asked {
    enum part part;
    size_t a, b;             /* settings to compare; the same: none */
    int has_claim;
    struct time_claim claim;
};

static int read_pair(const char *text, int64_t n_settings, struct asked *asked)
{
    int64_t a, b;
    if (numeral_integer(&text, &a) != 0 || *text++ != ',' || numeral_integer(&text, &b) != 0 ||
        *text != '\0' || a >= n_settings || b >= n_settings || a == b)
        return -1;
    asked->a = (size_t)a;
    asked->b = (size_t)b;
    return 0;
}

/* The two settings of ?compare=A,B. -1 after replying. */
static int read_compare(struct call *call, size_t n_settings, struct asked *asked)
{
    const char *value = http_query(call->request, "compare");
    if (value == NULL || read_pair(value, (int64_t)n_settings, asked) == 0)
        return 0;
    struct error error = ERROR_INIT;
    if (n_settings < 2)
        error_set(&error, ERROR_INVALID, "compare: got %.40s, but this experiment has one setting "
                  "and no other to compare it with", value);
    else
        error_set(&error, ERROR_INVALID, "compare: got %.40s, expected two different settings "
                  "like 0,%zu, from 0 to %zu", value, n_settings - 1, n_settings - 1);
    http_reply_error(call->request, &error);
    return -1;
}

/* ?part= and ?claim=. -1 after replying. */
static int read_asked(struct call *call, struct asked *asked)
{
    struct error error = ERROR_INIT;
    int part;
    if (call_query_choice(call, "part", PART_TRAIN, &part) != 0)
        return -1;
    asked->part = (enum part)part;
    const char *claim = http_query(call->request, "claim");
    asked->has_claim = claim != NULL;
    if (claim != NULL && claim_read(claim, &asked->claim) != 0)
        error_set(&error, ERROR_INVALID, "claim: got %.60s, expected a learning rate above 0, a "
                  "number of epochs from 1 and a loss, like 0.000001,1000,167", claim);
    if (error.kind == ERROR_NONE)
        return 0;
    http_reply_error(call->request, &error);
    return -1;
}

static json_t *sweep_json_of(struct call *call, const struct analysis *it,
                             const struct asked *asked, struct error *error)
{
    json_t *claim = json_null();
    if (asked->has_claim)
        claim = claim_json(call, it->study, &it->grid, &asked->claim, error);
    if (claim == NULL)
        return NULL;
    json_t *settings = settings_json(it, error), *best = along_best(it, error);
    json_t *boundary = along_boundary(it, error);
    json_t *compared = asked->a == asked->b ? json_null()
                                            : comparison_json(it, asked->a, asked->b, error);
    struct findings from = {best, boundary, compared, claim, asked->a, asked->b, &asked->claim};
    json_t *verdicts = findings_json(it, &from, error);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "experiment", it->study->id,
                     "part", part_name(asked->part), "starts", json_private(it->grid.starts),
                     "settings", settings, "best", best, "boundary", boundary, "compared", compared,
                     "claim", claim, "verdicts", verdicts);
}

void sweep_get(struct call *call)
{
    struct error error = ERROR_INIT;
    struct shelf *shelf = lab_shelf(call->api->lab);
    struct analysis it = {0};
    struct asked asked = {.part = PART_TRAIN};
    json_t *json = NULL;
    if (read_asked(call, &asked) != 0)
        return;
    const struct study *study = shelf_take(shelf, call->name, &error);
    if (study == NULL) {
        http_reply_error(call->request, &error);
        return;
    }
    int result = analysis_init(&it, lab_engine(call->api->lab), study, asked.part, &error);
    if (result == 0 && read_compare(call, it.grid.n_settings, &asked) != 0)
        goto out;
    if (asked.a == asked.b && it.grid.n_settings == 2)
        asked.b = 1; /* there is nothing else to compare */
    if (result == 0)
        json = sweep_json_of(call, &it, &asked, &error);
    if (json == NULL && error.kind != ERROR_NONE)
        call_reply_replay_error(call, &error);
    else
        call_reply_json(call, 200, json);
out:
    analysis_clear(&it);
    shelf_release(shelf, study);
}
