/* The elementary functions and the positive part in vectors of 4. */
#ifdef __x86_64__
#define LANES 4
#define LANES_TARGET __attribute__((target("avx2")))
#endif
#include "tests/core/wide_elementary.h"

WIDE_DEFINE(wide_elementary_4)
