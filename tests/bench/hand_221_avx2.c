/* The hand-written 2-2-1 kernel for many runs, in vectors of four, for processors with AVX2. */
#include "tests/bench/hand_221.h"

#ifdef __x86_64__
#define LANES 4
#define LANES_TARGET __attribute__((target("avx2")))
#include "tests/bench/hand_221_lanes.h"

void hand_221_all_avx2(const struct hand_task *task)
{
    hand_221_all_lanes(task);
}
#endif
