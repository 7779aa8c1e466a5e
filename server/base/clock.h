/* The time: monotonic for durations, wall clock for records. */
#ifndef SERVER_BASE_CLOCK_H
#define SERVER_BASE_CLOCK_H

#include <stdint.h>

enum { CLOCK_TEXT_BYTES = 32 };

/* Nanoseconds since some fixed moment; never goes back. */
int64_t clock_monotonic_ns(void);

/* Nanoseconds of processor time that this thread has had. */
int64_t clock_thread_ns(void);

/* Milliseconds since 1970-01-01 UTC; may jump when the machine's clock is set. */
int64_t clock_wall_ms(void);

/* RFC 3339 in UTC, "2026-11-22T10:00:00.000Z", NUL-terminated. */
void clock_print(char out[CLOCK_TEXT_BYTES], int64_t wall_ms);

#endif
