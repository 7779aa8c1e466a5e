/* Makes allocations of the core fail on purpose.
 *
 * The core allocates through aligned_alloc alone; the tests' own one stands in for libc's. */
#ifndef TESTS_CORE_FAILING_MEMORY_H
#define TESTS_CORE_FAILING_MEMORY_H

/* The n-th allocation from now, counted from 1, fails, and so do all after it; 0: none does. */
void memory_fail_from(int n);

/* Allocations, failed or not, since the last memory_fail_from. */
int memory_count(void);

#endif
