/* A sweep along its only axis: the best values, and where training breaks down. */
#ifndef SERVER_API_SWEEP_ALONG_H
#define SERVER_API_SWEEP_ALONG_H

#include "server/api/sweep/analysis.h"

/* {"axis", "setting", "value", "median", "within", "interval", "likely", "is_sure", "text"}, as
 * struct best has them (core/explain/sweep/best.h): sure are one value or two neighbours; or null
 * where there is no axis of numbers or no finite loss. NULL on memory failure (also below). */
json_t *along_best(const struct analysis *it, struct error *error);

/* {"baseline", "between", "at", "limits", "text"}, or null. */
json_t *along_boundary(const struct analysis *it, struct error *error);

#endif
