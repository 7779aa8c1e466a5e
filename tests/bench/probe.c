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

__attribute__((target("avx2,fma"))) static double fma_peak(void)
{
    enum { STEPS = 8000, CHAINS = 12, LANES = 4 };
    typedef double quad __attribute__((vector_size(32)));
    quad one = {1, 1, 1, 1};
    double started = probe_clock_s();
    for (int i = 0; i < STEPS; i++) {
        __asm__ volatile("vfmadd231pd %0, %0, %%ymm0\n vfmadd231pd %0, %0, %%ymm1\n"
                         "vfmadd231pd %0, %0, %%ymm2\n vfmadd231pd %0, %0, %%ymm3\n"
                         "vfmadd231pd %0, %0, %%ymm4\n vfmadd231pd %0, %0, %%ymm5\n"
                         "vfmadd231pd %0, %0, %%ymm6\n vfmadd231pd %0, %0, %%ymm7\n"
                         "vfmadd231pd %0, %0, %%ymm8\n vfmadd231pd %0, %0, %%ymm9\n"
                         "vfmadd231pd %0, %0, %%ymm10\n vfmadd231pd %0, %0, %%ymm11\n"
                         :
                         : "x"(one)
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                           "xmm9", "xmm10", "xmm11");
    }
    return 2.0 * STEPS * CHAINS * LANES / (probe_clock_s() - started);
}

double probe_fma_peak(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? fma_peak() : 0;
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
