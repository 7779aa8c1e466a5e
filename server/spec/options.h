/* The one table of every field a spec may have: type, limits, default, meaning. The parser checks
 * by it, the page builds its form from it, GET /api/v1/options serves it. */
#ifndef SERVER_SPEC_OPTIONS_H
#define SERVER_SPEC_OPTIONS_H

#include <jansson.h>

/* The table as JSON: {"fields": [{"pointer", "type", "default", "minimum", "maximum", "choices",
 * "description", ...}], "limits": {...}}. A new reference; NULL on memory failure. */
json_t *options_json(void);

#endif
