/* What this machine can do at best: its clock and its fused multiply-add peak. */
#ifndef TESTS_BENCH_PROBE_H
#define TESTS_BENCH_PROBE_H

/* Processor seconds of this thread. */
double probe_clock_s(void);

/* Clock in Hz, from a chain of additions of one cycle each; 0 where that is not known. */
double probe_clock_hz(void);

/* Runs twelve independent chains of fused multiply-adds for about a millisecond, in vectors of four
 * doubles and, where there are such, of eight; flops per second of the better. 0 where there are
 * none (no x86, no FMA). */
double probe_fma_peak(void);

/* Name of the processor, "unknown processor" if it can't be read. Static. */
const char *probe_processor(void);

#endif
