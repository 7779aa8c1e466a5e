/* Schemas of what is posted, for the OpenAPI document. Private to server/api. */
#ifndef SERVER_API_OPENAPI_BODIES_H
#define SERVER_API_OPENAPI_BODIES_H

#include <jansson.h>

/* JSON Schemas, new references; NULL on memory failure. */
json_t *body_experiment(void); /* a spec, a preset or a fork */
json_t *body_name(void);
json_t *body_inputs(void);
json_t *body_answers(void); /* a student's numbers of a step */
json_t *body_file(void);

/* `schemas` (taken; may be NULL) with those that these refer to: of the fields of a spec, preset
 * and fork. */
json_t *bodies_add(json_t *schemas);

#endif
