/* The elementary functions and the positive part in vectors of 2, by what AVX-512 has. */
#ifdef __x86_64__
#define LANES 2
#define LANES_AVX512
#define LANES_TARGET __attribute__((target("avx512f,avx512vl,avx512dq")))
#endif
#include "tests/core/wide_elementary.h"

WIDE_DEFINE(wide_elementary_2_avx512)
