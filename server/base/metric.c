/* Metrics as Prometheus reads them: text format 0.0.4. */
#include "server/base/metric.h"

void metric_head(struct text *text, const char *name, const char *type, const char *help)
{
    text_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metric_print(struct text *text, const char *name, const char *type, const char *help,
                  double value)
{
    metric_head(text, name, type, help);
    text_printf(text, "%s ", name);
    text_number(text, value);
    text_add(text, "\n", 1);
}
