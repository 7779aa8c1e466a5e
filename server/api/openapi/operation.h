/* One route as the OpenAPI document has it. Private to server/api. */
#ifndef SERVER_API_OPENAPI_OPERATION_H
#define SERVER_API_OPENAPI_OPERATION_H

#include <jansson.h>

#include "server/api/route/routes.h"

/* What all refusals look like. */
#define OPERATION_PROBLEM "#/components/responses/problem"

/* The operation object. Beside the row's statuses it has those that follow from the row: 400 (every
 * query is checked), 404 of what stands in the path, 406 of several media types, 413, 415 and 422
 * of a body, 401 where `is_closed` asks for a token; and a default for what any server may say. A
 * new reference; NULL on memory failure. */
json_t *operation_json(const struct route *route, int is_closed);

#endif
