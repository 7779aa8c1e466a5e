/* The hand-written 2-2-1 kernel for many runs, in vectors of eight, for processors with AVX-512. */
#include "tests/bench/hand_221.h"

#ifdef __x86_64__
#define LANES 8
#define LANES_AVX512
#define LANES_TARGET __attribute__((target("avx512f,avx512vl,avx512dq")))
#include "tests/bench/hand_221_lanes.h"

void hand_221_all_avx512(const struct hand_task *task)
{
    hand_221_all_lanes(task);
}
#endif
