/* Metrics as Prometheus reads them: text format 0.0.4. */
#ifndef SERVER_BASE_METRIC_H
#define SERVER_BASE_METRIC_H

#include "server/base/text.h"

#define METRIC_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The HELP and TYPE lines. `type` is "counter", "gauge", ...; `help` without newline or backslash.
 */
void metric_head(struct text *text, const char *name, const char *type, const char *help);

/* A metric of one series without labels. */
void metric_print(struct text *text, const char *name, const char *type, const char *help,
                  double value);

#endif
