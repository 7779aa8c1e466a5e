/* The content of a spec: all that determines what its runs are and come to. */
#ifndef SERVER_SPEC_CONTENT_H
#define SERVER_SPEC_CONTENT_H

#include <jansson.h>

#include "server/base/text.h"

/* Prints the content of a normalised spec (borrowed; any thread): everything but the name, where it
 * comes from, `predict`, which asks of the parameters, and `cache`; without the fields that say no
 * more than leaving them out would. Equal texts, equal numbers. */
void content_print(const json_t *spec, struct text *text);

#endif
