/* Schemas of what is posted: a spec's from the table of options, the others as their handlers check
 * them. */
#include "server/api/openapi/bodies.h"

#include <string.h>

#include "server/api/call/call.h"
#include "server/base/json.h"
#include "server/spec/changes.h"
#include "server/spec/option/schema.h"
#include "server/spec/preset/labs.h"
#include "server/spec/preset/presets.h"

static json_t *refer(const char *name)
{
    return json_pack("{s:s+}", "$ref", SCHEMA_PLACE, name);
}

/* --- experiments --------------------------------------------------------------------------- */

json_t *body_experiment(void)
{
    return json_pack("{s:[o, o, o, o]}", "oneOf", refer("experiment"), refer("experiment-swept"),
                     refer("preset"), refer("fork"));
}

/* Of presets, and of the parts of labs. */
static json_t *preset_names(void)
{
    json_t *names = json_array(), *group, *preset, *lab, *part;
    size_t g, p, l;
    json_array_foreach (json_object_get(presets_json(), "groups"), g, group)
        json_array_foreach (json_object_get(group, "presets"), p, preset)
            names = json_push(names, json_private(json_object_get(preset, "name")));
    json_array_foreach (json_object_get(labs_json(), "labs"), l, lab)
        json_array_foreach (json_object_get(lab, "parts"), p, part)
            names = json_push(names, json_private(json_object_get(part, "name")));
    return names;
}

static json_t *preset_schema(void)
{
    json_t *members = json_pack("[s]", "preset");
    const struct option *whole = option_whole(), *row = NULL;
    while ((row = option_below(whole, row)) != NULL)
        members = json_push(members, json_string(option_name(row)));
    return json_pack("{s:s, s:s, s:[s], s:{s:{s:s, s:o}}, s:{s:o}}", "type", "object",
                     "description", "The spec of a preset, or of a part of a lab, with the other "
                     "members merged into it (RFC 7396: null takes a field out).", "required",
                     "preset", "properties", "preset", "type", "string", "enum", preset_names(),
                     "propertyNames", "enum", members);
}

/* What server/lab/fork.h takes in "fork". */
static json_t *source_schema(void)
{
    json_t *at = json_pack("{s:[{s:[s, s, s]}, {s:s, s:i}], s:s, s:s}", "oneOf", "enum", "start",
                           "end", "best", "type", "integer", "minimum", 0, "default", "start",
                           "description", "Where it goes on: from the same start, from the end, "
                           "from its best epoch, or after so many epochs.");
    json_t *run = json_pack("{s:s, s:i, s:i, s:s}", "type", "integer", "minimum", 0, "maximum",
                            OPTIONS_RUNS_MAX - 1, "description",
                            "The run's number; may be left out where there is only one.");
    return json_pack("{s:s, s:[s], s:{s:{s:s, s:s}, s:o, s:o}, s:b}", "type", "object", "required",
                     "experiment", "properties", "experiment", "type", "string", "description",
                     "The experiment's id.", "run", run, "at", at, "additionalProperties", 0);
}

static json_t *fork_schema(void)
{
    json_t *changes = json_pack("{s:s, s:{s:s}, s:i, s:s}", "type", "object", "propertyNames",
                                "pattern", "^/", "maxProperties", CHANGES_MAX, "description",
                                "New values by pointers into the spec; null takes a field out.");
    return json_pack("{s:s, s:s, s:[s], s:{s:o, s:o, s:o, s:o}, s:b}", "type", "object",
                     "description", "A run again, changed or continued.", "required", "fork",
                     "properties", "fork", source_schema(), "changes", changes, "name",
                     schema_reference("/name"), "sweep", schema_reference("/sweep"),
                     "additionalProperties", 0);
}

json_t *bodies_add(json_t *schemas)
{
    json_t *fields = schema_fields(), *schema;
    const char *name;
    json_object_foreach (fields, name, schema)
        schemas = json_put(schemas, name, json_incref(schema));
    if (fields == NULL) {
        json_decref(schemas);
        return NULL;
    }
    json_decref(fields);
    schemas = json_put(schemas, "preset", preset_schema());
    return json_put(schemas, "fork", fork_schema());
}

/* --- others -------------------------------------------------------------------------------- */

json_t *body_name(void)
{
    json_t *name = json_put(schema_reference("/name"), "minLength", json_integer(1));
    return json_pack("{s:s, s:[s], s:{s:o}, s:b}", "type", "object", "required", "name",
                     "properties", "name", name, "additionalProperties", 0);
}

json_t *body_inputs(void)
{
    json_t *rows = json_pack("{s:s, s:i, s:i, s:{s:s, s:o}, s:s}", "type", "array", "minItems", 1,
                             "maxItems", CALL_PREDICT_ROWS_MAX, "items", "type", "array", "items",
                             schema_reference("/predict/*/*"), "description",
                             "For each prediction one number for each feature.");
    return json_pack("{s:s, s:[s], s:{s:o}, s:b}", "type", "object", "required", "inputs",
                     "properties", "inputs", rows, "additionalProperties", 0);
}

/* Numbers by the names of parameters. */
static json_t *group_schema(const char *description)
{
    return json_pack("{s:s, s:{s:s}, s:s}", "type", "object", "additionalProperties", "type",
                     "number", "description", description);
}

json_t *body_answers(void)
{
    json_t *tolerance = json_pack("{s:s, s:i, s:f, s:f, s:s}", "type", "number",
                                  "exclusiveMinimum", 0, "maximum", 0.1, "default", 1e-6,
                                  "description", "How far off a number may be, relatively.");
    json_t *digits = json_pack("{s:s, s:i, s:i, s:s}", "type", "integer", "minimum", 1, "maximum",
                               17, "description", "To how many significant digits they are given.");
    return json_pack("{s:s, s:i, s:{s:o, s:o, s:o, s:o}, s:{s:s}, s:s}", "type", "object",
                     "minProperties", 1, "properties", "tolerance", tolerance, "digits", digits,
                     "gradients", group_schema("Slopes, by parameter."), "new",
                     group_schema("Values after the update, by parameter."),
                     "additionalProperties", "type", "number", "description",
                     "Numbers of the step by their names: units (z1, h1, f), error, loss, deltas.");
}

json_t *body_file(void)
{
    return json_pack("{s:s, s:s}", "type", "string", "description",
                     "A header line with the names of the columns, then a line for each sample.");
}
