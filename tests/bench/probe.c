/* Clock and FMA peak, measured; the processor's name, read. */
#include "tests/bench/probe.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

double probe_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#ifdef __x86_64__

double probe_clock_hz(void)
{
    enum { ADDITIONS = 10000000 };
    unsigned long sum = 1;
    double started = probe_clock_s();
    for (int i = 0; i < ADDITIONS; i += 10) {
        __asm__ volatile(".rept 10\n add $1, %0\n .endr" : "+r"(sum));
    }
    return ADDITIONS / (probe_clock_s() - started);
}

/* Twelve chains in registers of a kind; flops per second. */
#define FMA(kind, i) "vfmadd231pd %0, %0, %%" kind i "\n "
#define FMA_4(kind, a, b, c, d) FMA(kind, a) FMA(kind, b) FMA(kind, c) FMA(kind, d)
#define FMA_12(kind)                                                                               \
    FMA_4(kind, "0", "1", "2", "3")                                                                \
    FMA_4(kind, "4", "5", "6", "7") FMA_4(kind, "8", "9", "10", "11")
#define FMA_PEAK(function, needs, kind, doubles)                                                   \
    __attribute__((target(needs))) static double function(void)                                    \
    {                                                                                              \
        enum { STEPS = 4000, CHAINS = 12 };                                                        \
        typedef double vector __attribute__((vector_size(8 * (doubles))));                         \
        vector some = {1};                                                                         \
        double started = probe_clock_s();                                                          \
        for (int i = 0; i < STEPS; i++) {                                                          \
            __asm__ volatile(FMA_12(kind)                                                          \
                             :                                                                     \
                             : "x"(some)                                                           \
                             : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",     \
                               "xmm8", "xmm9", "xmm10", "xmm11");                                  \
        }                                                                                          \
        return 2.0 * STEPS * CHAINS * (doubles) / (probe_clock_s() - started);                     \
    }

FMA_PEAK(fma_peak_avx2, "avx2,fma", "ymm", 4)
FMA_PEAK(fma_peak_avx512, "avx512f", "zmm", 8)

double probe_fma_peak(void)
{
    double peak = 0, wider;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        peak = fma_peak_avx2();
    }
    if (__builtin_cpu_supports("avx512f") && (wider = fma_peak_avx512()) > peak) {
        peak = wider;
    }
    return peak;
}

#else

double probe_clock_hz(void)
{
    return 0;
}

double probe_fma_peak(void)
{
    return 0;
}

#endif

const char *probe_processor(void)
{
    static char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    const char *found = NULL;
    while (file && !found && fgets(line, sizeof line, file)) {
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            line[strcspn(line, "\n")] = '\0';
            found = strchr(line, ':') + 2;
        }
    }
    if (file) {
        fclose(file);
    }
    return found ? found : "unknown processor";
}
