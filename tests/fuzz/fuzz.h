/* What a fuzzer is: a function that takes any bytes, and must neither crash nor find a fault.
 *
 * Each fuzz_NAME.c is linked twice: with replay.c, a test that feeds it the inputs kept in
 * corpus/NAME (what is worth starting from) and crashes/NAME (what once broke something), and
 * with libFuzzer, which searches for others (`make fuzz`). */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The name is libFuzzer's. Returns 0; a fault aborts. The same bytes always do the same. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

/* Aborts with the place when `condition` is false. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: found false: %s\n", __FILE__, __LINE__, #condition);           \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
