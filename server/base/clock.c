/* The time: monotonic for durations, wall clock for records. */
#include "server/base/clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_thread_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_print(char out[CLOCK_TEXT_BYTES], int64_t wall_ms)
{
    int ms = (int)((wall_ms % 1000 + 1000) % 1000); /* of a clock before 1970, too */
    time_t seconds = (time_t)((wall_ms - ms) / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    size_t n = strftime(out, CLOCK_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + n, CLOCK_TEXT_BYTES - n, ".%03dZ", ms);
}
