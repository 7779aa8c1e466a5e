/* A vector of doubles, one run in each lane, and the few operations training needs on it.
 *
 * A template: a source file says how wide its vectors are (LANES: 1, 2, 4 or 8) and for which
 * processor they are compiled (LANES_TARGET, an attribute; nothing: any; LANES_AVX512 if that has
 * AVX-512, LANES_FMA if it has fused multiply-adds), and includes this once, before the other
 * *_lanes.h. With LANES 1 `lanes` is a plain double.
 *
 * + - * / act on each lane by itself, rounded as a plain double is and never fused (the build
 * says -ffp-contract=off). With LANES_FUSED, lanes_multiply_add, and nothing else, is one fused
 * operation. A lane's result depends on that lane's operands alone, so code written over `lanes`
 * gives a run the same bits at every width, on every processor. Nothing here branches on a
 * value, except lanes_positive and lanes_if_positive with LANES_BRANCHES, at one lane. */
#ifndef CORE_BASE_MATH_LANES_H
#define CORE_BASE_MATH_LANES_H

#include <stdint.h>
#include <string.h>

#ifndef LANES
#error "define LANES before including core/base/math/lanes.h"
#endif
#ifndef LANES_TARGET
#define LANES_TARGET
#endif

/* Set by LANES_AVX512: comparisons give mask registers there, which gcc uses only if told to. */
#if defined(LANES_AVX512) && !defined(__clang__)
#define LANES_MASKS
#define LANES_GREATER 30 /* greater, quietly false for NaN */
#endif

/* Under a sanitizer everything inlined and unrolled would take minutes to compile. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LANES_INLINE static inline __attribute__((unused))
#define LANES_UNROLL
#else
/* How every function of a template is declared: inlined, because constant sizes must reach it. */
#define LANES_INLINE static inline __attribute__((always_inline, unused))

/* Stands before a loop of a few steps whose number is a constant: it is to be unrolled away, so
 * that what it touches can live in registers. clang does so by itself. */
#ifdef __clang__
#define LANES_UNROLL
#else
#define LANES_UNROLL _Pragma("GCC unroll 20")
#endif
#endif
#define LANES_FN LANES_INLINE LANES_TARGET

/* Stands before a loop over units or inputs: constants where LANES_CONSTANT_SIZES is defined. */
#ifdef LANES_CONSTANT_SIZES
#define LANES_UNROLL_SIZES LANES_UNROLL
#else
#define LANES_UNROLL_SIZES
#endif

/* Stands in one arm of a branch, which the compiler then can't turn into a mask. */
#ifdef __SSE2__
#define LANES_KEEP_BRANCH(value) __asm__("" : "+x"(value))
#elif defined(__aarch64__)
#define LANES_KEEP_BRANCH(value) __asm__("" : "+w"(value))
#else
#define LANES_KEEP_BRANCH(value) ((void)(value))
#endif

#if LANES == 1
typedef double lanes;
typedef uint64_t lanes_bits;
#else
typedef double lanes __attribute__((vector_size(8 * LANES)));
typedef uint64_t lanes_bits __attribute__((vector_size(8 * LANES)));
#endif

/* `value` in every lane. */
LANES_FN lanes lanes_set(double value)
{
#if LANES == 1
    return value;
#elif LANES == 2
    return (lanes){value, value};
#elif LANES == 4
    return (lanes){value, value, value, value};
#elif LANES == 8
    return (lanes){value, value, value, value, value, value, value, value};
#else
#error "LANES must be 1, 2, 4 or 8"
#endif
}

LANES_FN lanes_bits lanes_to_bits(lanes value)
{
    lanes_bits bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

LANES_FN lanes lanes_from_bits(lanes_bits bits)
{
    lanes value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* a * b + c: the product is rounded, then the sum; with LANES_FUSED only the sum is. Where the
 * processor can't, the C library's fma computes the same, slowly. */
LANES_FN lanes lanes_multiply_add(lanes a, lanes b, lanes c)
{
#if !defined(LANES_FUSED)
    return a * b + c;
#elif LANES == 1
    return __builtin_fma(a, b, c);
#elif LANES == 4 && defined(LANES_FMA)
    return __builtin_ia32_vfmaddpd256(a, b, c);
#elif LANES == 8 && defined(LANES_FMA)
    return __builtin_ia32_vfmaddpd512_mask(a, b, c, -1, 4);
#else
    for (int i = 0; i < LANES; i++) {
        c[i] = __builtin_fma(a[i], b[i], c[i]);
    }
    return c;
#endif
}

/* The square root, rounded correctly; NaN below 0. */
LANES_FN lanes lanes_sqrt(lanes x)
{
#if LANES == 1
    return __builtin_sqrt(x);
#elif LANES == 2 && defined(__SSE2__)
    return __builtin_ia32_sqrtpd(x);
#elif LANES == 4 && defined(__x86_64__)
    return __builtin_ia32_sqrtpd256(x);
#elif LANES == 8 && defined(__x86_64__) && !defined(__clang__)
    return __builtin_ia32_sqrtpd512_mask(x, x, -1, 4);
#else
    for (int i = 0; i < LANES; i++) {
        x[i] = __builtin_sqrt(x[i]);
    }
    return x;
#endif
}

/* All ones in the lanes where z > 0, else 0; also 0 where z is NaN. */
LANES_FN lanes_bits lanes_where_positive(lanes z)
{
#if LANES == 1 && defined(__SSE2__)
    typedef double pair __attribute__((vector_size(16))); /* a comparison without a branch */
    pair mask = __builtin_ia32_cmpltsd((pair){0.0, 0.0}, (pair){z, 0.0});
    return lanes_to_bits(mask[0]);
#elif LANES == 1
    return -(lanes_bits)(z > 0.0);
#else
    return (lanes_bits)(z > lanes_set(0.0));
#endif
}

/* z > 0 ? a : 0.0 */
LANES_FN lanes lanes_if_positive(lanes z, lanes a)
{
#if defined(LANES_BRANCHES)
    lanes result = 0.0;
    if (z > 0.0) {
        result = a;
        LANES_KEEP_BRANCH(result);
    }
    return result;
#elif LANES == 1 && defined(__SSE2__)
    typedef double pair __attribute__((vector_size(16)));
    typedef uint64_t pair_bits __attribute__((vector_size(16)));
    pair mask = __builtin_ia32_cmpltsd((pair){0.0, 0.0}, (pair){z, 0.0});
    return ((pair)((pair_bits)mask & (pair_bits)(pair){a, 0.0}))[0];
#elif LANES == 2 && defined(LANES_MASKS)
    unsigned char mask = __builtin_ia32_cmppd128_mask(z, lanes_set(0.0), LANES_GREATER, -1);
    return __builtin_ia32_movapd128_mask(a, lanes_set(0.0), mask);
#elif LANES == 4 && defined(LANES_MASKS)
    unsigned char mask = __builtin_ia32_cmppd256_mask(z, lanes_set(0.0), LANES_GREATER, -1);
    return __builtin_ia32_movapd256_mask(a, lanes_set(0.0), mask);
#elif LANES == 8 && defined(LANES_MASKS)
    unsigned char mask = __builtin_ia32_cmppd512_mask(z, lanes_set(0.0), LANES_GREATER, -1, 4);
    return __builtin_ia32_movapd512_mask(a, lanes_set(0.0), mask);
#else
    return lanes_from_bits(lanes_to_bits(a) & lanes_where_positive(z));
#endif
}

/* z > 0 ? a : b */
LANES_FN lanes lanes_choose_positive(lanes z, lanes a, lanes b)
{
#if LANES == 2 && defined(LANES_MASKS)
    unsigned char mask = __builtin_ia32_cmppd128_mask(z, lanes_set(0.0), LANES_GREATER, -1);
    return __builtin_ia32_blendmpd_128_mask(b, a, mask);
#elif LANES == 4 && defined(LANES_MASKS)
    unsigned char mask = __builtin_ia32_cmppd256_mask(z, lanes_set(0.0), LANES_GREATER, -1);
    return __builtin_ia32_blendmpd_256_mask(b, a, mask);
#elif LANES == 8 && defined(LANES_MASKS)
    unsigned char mask = __builtin_ia32_cmppd512_mask(z, lanes_set(0.0), LANES_GREATER, -1, 4);
    return __builtin_ia32_blendmpd_512_mask(b, a, mask);
#else
    lanes_bits where = lanes_where_positive(z);
    return lanes_from_bits((lanes_to_bits(a) & where) | (lanes_to_bits(b) & ~where));
#endif
}

/* z > 0 ? z : 0.0. The processor's maximum is that exactly, NaN and -0.0 included, when 0.0 is its
 * second operand; it is quicker than a comparison and a mask. (Not for one lane: there the compiler
 * takes the builtin for a maximum whose operands it may swap.) */
LANES_FN lanes lanes_positive(lanes z)
{
#if LANES == 2 && defined(__SSE2__)
    return __builtin_ia32_maxpd(z, lanes_set(0.0));
#elif LANES == 4 && defined(__x86_64__)
    return __builtin_ia32_maxpd256(z, lanes_set(0.0));
#elif LANES == 8 && defined(__x86_64__) && !defined(__clang__)
    return __builtin_ia32_maxpd512_mask(z, lanes_set(0.0), z, -1, 4);
#else
    return lanes_if_positive(z, z);
#endif
}

/* limit < x ? limit : x, and x < limit ? limit : x: NaN stays. The processor's minimum and maximum
 * are that exactly when x is their second operand. */
LANES_FN lanes lanes_at_most(lanes x, lanes limit)
{
#if LANES == 2 && defined(__SSE2__)
    return __builtin_ia32_minpd(limit, x);
#elif LANES == 4 && defined(__x86_64__)
    return __builtin_ia32_minpd256(limit, x);
#elif LANES == 8 && defined(__x86_64__) && !defined(__clang__)
    return __builtin_ia32_minpd512_mask(limit, x, x, -1, 4);
#else
    return lanes_choose_positive(x - limit, limit, x);
#endif
}

LANES_FN lanes lanes_at_least(lanes x, lanes limit)
{
#if LANES == 2 && defined(__SSE2__)
    return __builtin_ia32_maxpd(limit, x);
#elif LANES == 4 && defined(__x86_64__)
    return __builtin_ia32_maxpd256(limit, x);
#elif LANES == 8 && defined(__x86_64__) && !defined(__clang__)
    return __builtin_ia32_maxpd512_mask(limit, x, x, -1, 4);
#else
    return lanes_choose_positive(limit - x, limit, x);
#endif
}

/* Adding it to an |x| < 2^51 rounds x to a whole number, which then stands in the low bits. */
#define LANES_ROUND 0x1.8p52

/* x rounded to a whole number, ties to even, for |x| < 2^51. A zero's sign is left open. */
LANES_FN lanes lanes_round(lanes x)
{
#if LANES == 2 && defined(LANES_MASKS)
    return __builtin_ia32_rndscalepd_128_mask(x, 8, x, -1); /* 8: ties to even, quietly */
#elif LANES == 4 && defined(LANES_MASKS)
    return __builtin_ia32_rndscalepd_256_mask(x, 8, x, -1);
#elif LANES == 8 && defined(LANES_MASKS)
    return __builtin_ia32_rndscalepd_mask(x, 8, x, -1, 4);
#else
    return (x + lanes_set(LANES_ROUND)) - lanes_set(LANES_ROUND);
#endif
}

/* c - a * b where the product is exact: then a fused operation gives the same bits. */
LANES_FN lanes lanes_minus_exact(lanes c, lanes a, lanes b)
{
#if LANES == 2 && defined(LANES_MASKS)
    return __builtin_ia32_vfmaddpd128_mask(a, -b, c, -1);
#elif LANES == 4 && defined(LANES_MASKS)
    return __builtin_ia32_vfmaddpd256_mask(a, -b, c, -1);
#elif LANES == 8 && defined(LANES_MASKS)
    return __builtin_ia32_vfmaddpd512_mask(a, -b, c, -1, 4);
#else
    return c - a * b;
#endif
}

#endif
