/* Unguessable names for experiments. */
#ifndef SERVER_BASE_ID_H
#define SERVER_BASE_ID_H

#include "core/base/error.h"

enum { ID_BYTES = 14 };

/* Fills `out` with 13 characters of [a-z2-7], 65 random bits from the kernel, NUL-terminated.
 * -1 with ERROR_STORAGE when the kernel gives none. */
int id_create(char out[ID_BYTES], struct error *error);

#endif
