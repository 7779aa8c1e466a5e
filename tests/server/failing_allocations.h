/* Makes every single allocation fail once: those of the core, of JSON values and of growing texts.
 *
 * For one file of a program alone: it takes the places of aligned_alloc and realloc. The program
 * begins with json_allocate_with(json_allocate, json_release). */
#ifndef TESTS_SERVER_FAILING_ALLOCATIONS_H
#define TESTS_SERVER_FAILING_ALLOCATIONS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/json.h"

/* --- allocators ---------------------------------------------------------------------------- */

static int n_calls; /* since arm */
static int failing; /* which of them fails, counted from 1; 0: none */
static int n_live;  /* JSON values' allocations not yet freed */

static void arm(int n)
{
    n_calls = 0;
    failing = n;
}

/* The thread sanitizer calls realloc while a thread begins, before it can watch that thread. */
#define UNWATCHED __attribute__((no_sanitize_thread))

UNWATCHED static int must_fail(void)
{
    return ++n_calls == failing;
}

static void *json_allocate(size_t size)
{
    void *bytes = must_fail() ? NULL : malloc(size);
    n_live += bytes != NULL;
    return bytes;
}

static void json_release(void *bytes)
{
    n_live -= bytes != NULL;
    free(bytes);
}

/* These two take the places of libc's in this program: the core allocates with the one, growing
 * texts with the other. What they give is freed by free() and watched by the leak checker of a
 * sanitizer's build. */
UNWATCHED void *aligned_alloc(size_t alignment, size_t size)
{
    void *bytes;
    return must_fail() || posix_memalign(&bytes, alignment, size) != 0 ? NULL : bytes;
}

UNWATCHED void *realloc(void *old, size_t size)
{
    void *bytes = must_fail() ? NULL : malloc(size);
    if (bytes == NULL)
        return NULL;
    size_t n = old != NULL ? malloc_usable_size(old) : 0;
    if (old != NULL)
        memcpy(bytes, old, n < size ? n : size);
    free(old);
    return bytes;
}

/* --- at every allocation ------------------------------------------------------------------- */

/* The thread sanitizer makes each attempt ten times as long and sees nothing in it: no thread is
 * begun. There a few are enough. */
#ifdef __SANITIZE_THREAD__
enum { NTH = 17 };
#else
enum { NTH = 1 };
#endif

/* What is tried: 0 when it went well, 1 when memory ran out and it said so. */
typedef int (*attempt_fn)(void *context);

/* Lets the 1st, 2nd, ... allocation (each NTH) fail until the attempt gets through. Returns how
 * many there are. */
static int fail_each(attempt_fn attempt, void *context)
{
    int n_before = n_live;

    for (int n = 1;; n += NTH) {
        arm(n);
        int failed = attempt(context);
        int n_made = n_calls, was_reached = n_made >= n;
        arm(0);
        if (n_live != n_before)
            fail_msg("allocation %d: %d values of JSON are left", n, n_live - n_before);
        if (!was_reached) {
            assert_int_equal(failed, 0);
            return n_made;
        }
        if (!failed)
            fail_msg("allocation %d failed unnoticed", n);
    }
}

#endif
