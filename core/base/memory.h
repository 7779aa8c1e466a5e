/* Checked allocation: sizes are multiplied with an overflow check, failure fills an error. */
#ifndef CORE_BASE_MEMORY_H
#define CORE_BASE_MEMORY_H

#include <stddef.h>

#include "core/base/error.h"

/* `count` zeroed items of `size` bytes, aligned to 64 bytes; NULL and ERROR_MEMORY on failure or
 * overflow. count 0 gives a valid pointer. The caller owns it; free with free(). */
void *memory_array(size_t count, size_t size, struct error *error);

/* A copy of the NUL-terminated `text`, or NULL and ERROR_MEMORY. The caller frees it. */
char *memory_text(const char *text, struct error *error);

#endif
