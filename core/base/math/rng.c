/* NumPy's legacy random generator.
 *
 * DESIGN. Every function consumes exactly the 32-bit words that NumPy's consumes, in its order, so
 * any mixture of calls stays in step with a RandomState. Sources: key recurrence and tempering from
 * Matsumoto & Nishimura (1998); seeding is their init_genrand (2002); the rest was read off NumPy
 * 1.24's behaviour, which its own compatibility promise has frozen. */
#include "core/base/math/rng.h"

#include <math.h>
#include <string.h>

#include "core/base/math/elementary.h"

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

/* Four words of the key. */
typedef uint32_t quad __attribute__((vector_size(16)));

static quad load_quad(const uint32_t *from)
{
    quad words;
    memcpy(&words, from, sizeof words);
    return words;
}

/* The recurrence: the word `shift` behind, and the matrix step on the top bit of `high` and the low
 * 31 bits of `low`. */
static uint32_t twist(uint32_t behind, uint32_t high, uint32_t low)
{
    uint32_t mixed = (high & UINT32_C(0x80000000)) | (low & UINT32_C(0x7fffffff));
    return behind ^ (mixed >> 1) ^ (-(mixed & 1) & UINT32_C(0x9908b0df));
}

/* The same for four words from key[i] on, key[i + shift] behind them. */
static void twist_quad(uint32_t *key, int i, int shift)
{
    quad high = load_quad(&key[i]), low = load_quad(&key[i + 1]);
    quad mixed = (high & UINT32_C(0x80000000)) | (low & UINT32_C(0x7fffffff));
    quad words = load_quad(&key[i + shift]) ^ (mixed >> 1);
    words ^= -(mixed & 1) & UINT32_C(0x9908b0df);
    memcpy(&key[i], &words, sizeof words);
}

static void refill(struct rng *rng)
{
    enum { TURN = KEY_WORDS - KEY_SHIFT }; /* from here on, what is behind was made in this call */
    uint32_t *key = rng->key;
    int i = 0;
    for (; i + 4 <= TURN; i += 4) {
        twist_quad(key, i, KEY_SHIFT);
    }
    for (; i < TURN; i++) {
        key[i] = twist(key[i + KEY_SHIFT], key[i], key[i + 1]);
    }
    for (; i + 4 < KEY_WORDS; i += 4) {
        twist_quad(key, i, -TURN);
    }
    key[i] = twist(key[i - TURN], key[i], key[0]);
    rng->position = 0;
}

static uint32_t temper(uint32_t word)
{
    word ^= word >> 11;
    word ^= (word << 7) & UINT32_C(0x9d2c5680);
    word ^= (word << 15) & UINT32_C(0xefc60000);
    return word ^ (word >> 18);
}

static uint32_t next_32(struct rng *rng)
{
    if (rng->position == KEY_WORDS) {
        refill(rng);
    }
    return temper(rng->key[rng->position++]);
}

_Static_assert((KEY_SHIFT - 1) % 4 == 0, "quads from the turn on end just before the last word");

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
    return value == 0 ? 0 : UINT64_MAX >> __builtin_clzll(value);
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

/* Swaps out[i] with any of out[0..i], then out[i - 1], and so on while i > stop; the same mask goes
 * over all of these i. Goes no further than the words at hand; returns the i to go on with.
 *
 * Masked rejection without a branch, since none could be foretold: a word that is refused swaps
 * out[i] with itself. */
static size_t shuffle_some(struct rng *rng, uint32_t *out, size_t i, size_t stop)
{
    const uint32_t mask = (uint32_t)mask_over(i);
    int position = rng->position;
    for (; i > stop && position < KEY_WORDS; position++) {
        size_t drawn = temper(rng->key[position]) & mask;
        size_t j = drawn <= i ? drawn : i;
        uint32_t kept = out[i];
        out[i] = out[j];
        out[j] = kept;
        i -= drawn <= i;
    }
    rng->position = position;
    return i;
}

/* Fisher-Yates from the end; the draws are those of draw_up_to. */
void rng_permutation(struct rng *rng, uint32_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint32_t)i;
    }
    for (size_t i = n - (n > 0); i > 0;) {
        if (rng->position == KEY_WORDS) {
            refill(rng);
        }
        i = shuffle_some(rng, out, i, (size_t)(mask_over(i) >> 1));
    }
}
