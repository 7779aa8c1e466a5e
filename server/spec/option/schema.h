/* The table of options as JSON Schema (2020-12), for the OpenAPI document. */
#ifndef SERVER_SPEC_OPTION_SCHEMA_H
#define SERVER_SPEC_OPTION_SCHEMA_H

#include <jansson.h>

#include "server/spec/option/options.h"

/* Where the document has them. */
#define SCHEMA_PLACE "#/components/schemas/"

/* A schema for every field, by name: a field's is its pointer with dots, "training.batch_size"; an
 * element's ends with ".item"; the whole spec's is "experiment". An object with fields that are
 * there for some words of another only (its kind) is one of several, "dataset-formula",
 * "dataset-table", ..., told apart by that word. Where the sweep changes such a word, any of its
 * fields may be there: that is "experiment-swept", with "dataset-swept" and so on.
 *
 * What depends on more than one word is not said: shapes, formulas, what the sweep makes of a
 * field. A new reference; NULL on memory failure. */
json_t *schema_fields(void);

/* {"$ref": ...} to the schema of the row with this pointer; likewise. */
json_t *schema_reference(const char *pointer);

#endif
