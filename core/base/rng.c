/* NumPy's legacy random generator.
 *
 * DESIGN. Every function consumes exactly the 32-bit words that NumPy's consumes, in its order, so
 * any mixture of calls stays in step with a RandomState. Sources: key recurrence and tempering from
 * Matsumoto & Nishimura (1998); seeding is their init_genrand (2002); the rest was read off NumPy
 * 1.24's behaviour, which its own compatibility promise has frozen. */
#include "core/base/rng.h"

#include <math.h>

#include "core/base/elementary.h"

enum { KEY_WORDS = 624, KEY_SHIFT = 397 };

void rng_seed(struct rng *rng, uint32_t seed)
{
    rng->key[0] = seed;
    for (uint32_t i = 1; i < KEY_WORDS; i++) {
        uint32_t last = rng->key[i - 1];
        rng->key[i] = UINT32_C(1812433253) * (last ^ (last >> 30)) + i;
    }
    rng->position = KEY_WORDS;
    rng->has_normal = 0;
    rng->normal = 0.0;
}

/* The recurrence's matrix step on the top bit of `high` and the low 31 bits of `low`. */
static uint32_t twist(uint32_t high, uint32_t low)
{
    uint32_t mixed = (high & UINT32_C(0x80000000)) | (low & UINT32_C(0x7fffffff));
    return (mixed >> 1) ^ ((mixed & 1) ? UINT32_C(0x9908b0df) : 0);
}

static void refill(struct rng *rng)
{
    uint32_t *key = rng->key;
    int i = 0;
    for (; i < KEY_WORDS - KEY_SHIFT; i++) {
        key[i] = key[i + KEY_SHIFT] ^ twist(key[i], key[i + 1]);
    }
    for (; i < KEY_WORDS - 1; i++) {
        key[i] = key[i + KEY_SHIFT - KEY_WORDS] ^ twist(key[i], key[i + 1]);
    }
    key[i] = key[KEY_SHIFT - 1] ^ twist(key[i], key[0]);
    rng->position = 0;
}

static uint32_t next_32(struct rng *rng)
{
    if (rng->position == KEY_WORDS) {
        refill(rng);
    }
    uint32_t word = rng->key[rng->position++];
    word ^= word >> 11;
    word ^= (word << 7) & UINT32_C(0x9d2c5680);
    word ^= (word << 15) & UINT32_C(0xefc60000);
    return word ^ (word >> 18);
}

static uint64_t next_64(struct rng *rng)
{
    uint64_t high = next_32(rng);
    return high << 32 | next_32(rng);
}

double rng_uniform(struct rng *rng)
{
    uint32_t high = next_32(rng) >> 5; /* 27 bits */
    uint32_t low = next_32(rng) >> 6;  /* 26 bits */
    return (high * 0x1p26 + low) / 0x1p53;
}

/* The smallest 2^k - 1 >= value. */
static uint64_t mask_over(uint64_t value)
{
    for (int shift = 1; shift < 64; shift *= 2) {
        value |= value >> shift;
    }
    return value;
}

/* Uniform in 0..last by masked rejection. A range that fits 32 bits takes one word a try, a wider
 * one two, and a single value none: that is what decides where the stream stands afterwards. */
static uint64_t draw_up_to(struct rng *rng, uint64_t last)
{
    if (last == 0) {
        return 0;
    }
    uint64_t mask = mask_over(last);
    uint64_t value;
    do {
        value = (last <= UINT32_MAX ? next_32(rng) : next_64(rng)) & mask;
    } while (value > last);
    return value;
}

int64_t rng_randint(struct rng *rng, int64_t low, int64_t high)
{
    /* Unsigned, because high - low may exceed INT64_MAX. */
    uint64_t last = (uint64_t)high - 1 - (uint64_t)low;
    return (int64_t)((uint64_t)low + draw_up_to(rng, last));
}

/* Marsaglia's polar method: two values a success; the second is returned first, the first kept. */
static double normal(struct rng *rng, double (*logarithm)(double))
{
    if (rng->has_normal) {
        double kept = rng->normal;
        rng->has_normal = 0;
        rng->normal = 0.0;
        return kept;
    }
    double x1, x2, r2;
    do {
        x1 = 2.0 * rng_uniform(rng) - 1.0;
        x2 = 2.0 * rng_uniform(rng) - 1.0;
        r2 = x1 * x1 + x2 * x2;
    } while (r2 >= 1.0 || r2 == 0.0);
    double factor = sqrt(-2.0 * logarithm(r2) / r2);
    rng->normal = factor * x1;
    rng->has_normal = 1;
    return factor * x2;
}

double rng_normal(struct rng *rng)
{
    return normal(rng, log);
}

double rng_normal_fixed(struct rng *rng)
{
    return normal(rng, elementary_log);
}

/* Fisher-Yates from the end. */
void rng_permutation(struct rng *rng, uint32_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint32_t)i;
    }
    for (size_t i = n; i-- > 1;) {
        size_t j = draw_up_to(rng, i);
        uint32_t kept = out[i];
        out[i] = out[j];
        out[j] = kept;
    }
}
