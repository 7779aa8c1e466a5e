/* The answer's parts, each told as a verdict. */
#include "server/api/sweep/findings.h"

#include <string.h>

#include "core/explain/verdict/verdict.h"
#include "server/api/sweep/further.h"
#include "server/base/json.h"

/* One verdict; `evidence` and `actions` are taken. */
struct finding {
    const char *code;
    enum kind kind;
    enum severity severity;
    const char *scope[4];
    json_t *evidence, *actions;
};

static json_t *scope_json(const char *const *scope)
{
    json_t *json = json_array();
    for (int i = 0; i < 4 && scope[i] != NULL; i++)
        json = json_push(json, json_string(scope[i]));
    return json;
}

/* None is certain: starts of the same kind, or other runs, stand behind each. */
static json_t *push(json_t *list, const struct finding *finding, const json_t *part)
{
    json_t *json = json_put(json_object(), "code", json_string(finding->code));
    json = json_put(json, "kind", json_string(verdict_kind(finding->kind)));
    json = json_put(json, "severity", json_string(verdict_severity(finding->severity)));
    json = json_put(json, "certain", json_false());
    json = json_put(json, "scope", scope_json(finding->scope));
    json = json_put(json, "evidence", finding->evidence);
    json = json_put(json, "text", json_private(json_object_get(part, "text")));
    return json_push(list, json_put(json, "actions", finding->actions));
}

/* A part's numbers: all but its words. */
static json_t *evidence_of(const json_t *part)
{
    json_t *evidence = json_private(part);
    json_object_del(evidence, "text");
    json_object_del(evidence, "verdict");
    return evidence;
}

static const char *verdict_of(const json_t *part)
{
    const char *verdict = json_string_value(json_object_get(part, "verdict"));
    return verdict == NULL ? "none" : verdict;
}

/* --- effective time ------------------------------------------------------------------------- */

static json_t *push_time(const struct analysis *it, const struct findings *from, json_t *list)
{
    const char *verdict = verdict_of(from->claim);
    int fits = strcmp(verdict, "fits") == 0;
    if (strcmp(verdict, "none") == 0)
        return list;
    json_t *claimed = json_pack("{s:o, s:I, s:o}", "learning_rate", json_number(from->stated->rate),
                                "epochs", (json_int_t)from->stated->epochs, "loss",
                                json_number(from->stated->loss));
    struct finding finding = {
        .code = fits ? "EFFECTIVE_TIME_CONSISTENT" : "EFFECTIVE_TIME_INCONSISTENT",
        .kind = KIND_COUNTERFACTUAL, .severity = fits ? SEVERITY_OK : SEVERITY_WARN,
        .scope = {"plain SGD", "small steps", "the same start and data"},
        .evidence = json_put(evidence_of(from->claim), "claimed", claimed),
        .actions = further_run(it, (int)json_integer_value(json_object_get(from->claim, "run")),
                               from->stated->rate, from->stated->epochs, json_array())};
    return push(list, &finding, from->claim);
}

/* --- two settings --------------------------------------------------------------------------- */

/* Of each of the two: its values, its median, its runs' fates. */
static json_t *side_json(const struct analysis *it, size_t setting, struct error *error)
{
    struct summary summary;
    if (summary_of(&it->table, setting, &summary, error) != 0)
        return NULL;
    json_t *fates = json_object();
    for (int f = 0; f < FATE_COUNT; f++)
        fates = json_put(fates, fate_name(f), json_integer((json_int_t)summary.fates[f]));
    json_t *json = json_put(json_object(), "values",
                            json_private(json_array_get(it->grid.settings, setting)));
    json = json_put(json, "median", json_number(summary.median));
    return json_put(json, "fates", fates);
}

static json_t *push_difference(const struct analysis *it, const struct findings *from, json_t *list,
                               struct error *error)
{
    const char *verdict = verdict_of(from->compared);
    int differs = strcmp(verdict, "different") == 0;
    if (strcmp(verdict, "none") == 0)
        return list;
    json_t *sides = json_push(json_push(json_array(), side_json(it, from->a, error)),
                              side_json(it, from->b, error));
    json_t *actions = json_array();
    const size_t pair[2] = {from->a, from->b};
    struct finding finding = {
        .code = differs ? "DIFFERENCE_SIGNIFICANT" : "DIFFERENCE_NOT_SIGNIFICANT",
        .kind = KIND_STATISTICAL, .severity = SEVERITY_NOTE,
        .scope = {"these settings", "starts of the same kind", "this data"},
        .evidence = json_put(evidence_of(from->compared), "sides", sides),
        .actions = differs ? actions : further_starts(it, pair, actions)};
    return push(list, &finding, from->compared);
}

/* --- along the axis ------------------------------------------------------------------------- */

/* Where on the axis a value of an interval stands. */
static size_t setting_at(const struct analysis *it, const json_t *part, const char *name, size_t i)
{
    double value = json_number_value(json_array_get(json_object_get(part, name), i));
    size_t setting = 0;
    while (setting + 1 < it->grid.n_settings && grid_value(&it->grid, setting) < value)
        setting++;
    return setting;
}

static json_t *push_best(const struct analysis *it, const struct findings *from, json_t *list)
{
    int is_sure = json_is_true(json_object_get(from->best, "is_sure"));
    if (!json_is_object(from->best))
        return list;
    size_t first = setting_at(it, from->best, "interval", 0);
    size_t last = setting_at(it, from->best, "interval", 1);
    json_t *actions = is_sure ? json_array() : further_starts(it, NULL, json_array());
    if (it->grid.n_settings > 1 && first == 0)
        actions = further_beyond(it, first, actions);
    if (it->grid.n_settings > 1 && last + 1 == it->grid.n_settings)
        actions = further_beyond(it, last, actions);
    first -= first > 0;
    last += last + 1 < it->grid.n_settings;
    struct finding finding = {
        .code = is_sure ? "BEST_INTERVAL" : "BEST_UNSURE",
        .kind = KIND_STATISTICAL, .severity = SEVERITY_NOTE,
        .scope = {"the values tried", "starts of the same kind", "this data", "so many epochs"},
        .evidence = evidence_of(from->best),
        .actions = further_values(it, first, last, actions)};
    return push(list, &finding, from->best);
}

static json_t *push_boundary(const struct analysis *it, const struct findings *from, json_t *list)
{
    if (!json_is_array(json_object_get(from->boundary, "between")))
        return list;
    struct finding finding = {
        .code = "COLLAPSE_BOUNDARY", .kind = KIND_STATISTICAL, .severity = SEVERITY_NOTE,
        .scope = {"the values tried", "starts of the same kind", "this data", "so many epochs"},
        .evidence = evidence_of(from->boundary),
        .actions = further_values(it, setting_at(it, from->boundary, "between", 0),
                                  setting_at(it, from->boundary, "between", 1), json_array())};
    return push(list, &finding, from->boundary);
}

json_t *findings_json(const struct analysis *it, const struct findings *from, struct error *error)
{
    json_t *list = push_time(it, from, json_array());
    list = push_difference(it, from, list, error);
    list = push_boundary(it, from, push_best(it, from, list));
    if (list == NULL)
        error_set(error, ERROR_MEMORY, "not enough memory to answer");
    return list;
}
