/* The rows of the table of options. Private to server/spec/option; others ask options.h. */
#ifndef SERVER_SPEC_OPTION_TABLE_H
#define SERVER_SPEC_OPTION_TABLE_H

#include "server/spec/option/options.h"

/* The first one is the whole spec; ends with a pointer of NULL. */
extern const struct option option_table[];

#endif
