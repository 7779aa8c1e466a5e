/* The rows of the table of options. Private to server/spec/option; others ask options.h. */
#ifndef SERVER_SPEC_OPTION_TABLE_H
#define SERVER_SPEC_OPTION_TABLE_H

#include "server/spec/option/options.h"

/* The first one is the whole spec; ends with a pointer of NULL. */
extern const struct option option_table[];

/* A whole number as an integer, so that limits read 4096 and not 4096.0; a new reference. */
json_t *option_limit_json(double value);

#endif
