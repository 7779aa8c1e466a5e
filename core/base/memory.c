/* Checked allocation: the one door through which the core gets memory. */
#include "core/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 }; /* a cache line, and the widest vector register */

void *memory_array(size_t count, size_t size, struct error *error)
{
    size_t n_bytes;
    if (__builtin_mul_overflow(count, size, &n_bytes) || n_bytes > PTRDIFF_MAX - ALIGNMENT) {
        error_set(error, ERROR_MEMORY, "out of memory: %zu items of %zu bytes", count, size);
        return NULL;
    }
    /* aligned_alloc wants a multiple of the alignment, and no 0. */
    size_t rounded = (n_bytes / ALIGNMENT + (n_bytes % ALIGNMENT != 0 || n_bytes == 0)) * ALIGNMENT;
    void *bytes = aligned_alloc(ALIGNMENT, rounded);
    if (!bytes) {
        error_set(error, ERROR_MEMORY, "out of memory: %zu bytes", n_bytes);
        return NULL;
    }
    return memset(bytes, 0, rounded);
}

char *memory_text(const char *text, struct error *error)
{
    size_t n_bytes = strlen(text) + 1;
    char *copy = memory_array(n_bytes, 1, error);
    return copy ? memcpy(copy, text, n_bytes) : NULL;
}
