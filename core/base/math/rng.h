/* NumPy's legacy random generator (np.random.RandomState, MT19937), bit for bit.
 *
 * Source: Matsumoto & Nishimura, "Mersenne Twister" (1998); NumPy's legacy seeding, masked
 * rejection for integers, polar method with a cached second value for normals. */
#ifndef CORE_BASE_MATH_RNG_H
#define CORE_BASE_MATH_RNG_H

#include <stddef.h>
#include <stdint.h>

/* Caller's memory; a plain value: copying it copies the stream's position. */
struct rng {
    uint32_t key[624];
    int32_t position;  /* 0..624, next word of key */
    int32_t has_normal; /* 1: `normal` is the next value rng_normal returns */
    double normal;
};

/* As np.random.seed(seed). */
void rng_seed(struct rng *rng, uint32_t seed);

/* As np.random.rand(): uniform in [0, 1), 53 bits. */
double rng_uniform(struct rng *rng);

/* As np.random.randint(low, high): low <= result < high; needs low < high. A range of one value
 * draws nothing, as in NumPy. */
int64_t rng_randint(struct rng *rng, int64_t low, int64_t high);

/* As np.random.randn(), with libm's log and sqrt as NumPy. glibc's log has another last bit on
 * processors without FMA: there about 1 normal in 20,000 differs by an ulp or two, NumPy's too. */
double rng_normal(struct rng *rng);

/* The same draws with this project's own logarithm (elementary.h): the same bits on every machine,
 * which may differ from NumPy's by a few ulp. */
double rng_normal_fixed(struct rng *rng);

/* As np.random.permutation(n): fills out[0..n-1] with a permutation of 0..n-1; n <= UINT32_MAX. */
void rng_permutation(struct rng *rng, uint32_t *out, size_t n);

#endif
