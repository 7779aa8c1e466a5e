/* Makes allocations of the core fail on purpose. */
#include "tests/core/failing_memory.h"

#include <stdlib.h>

static int n_calls;
static int fails_from;

void memory_fail_from(int n)
{
    n_calls = 0;
    fails_from = n;
}

int memory_count(void)
{
    return n_calls;
}

/* Takes the place of libc's in a test program, because the program's own symbols come first. */
void *aligned_alloc(size_t alignment, size_t size)
{
    n_calls++;
    if (fails_from > 0 && n_calls >= fails_from) {
        return NULL;
    }
    void *bytes;
    return posix_memalign(&bytes, alignment, size) ? NULL : bytes;
}
