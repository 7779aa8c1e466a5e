/* NumPy's legacy generator: values of NumPy 1.24 for four seeds, and what must hold for any. The
 * wide comparison with NumPy itself is tests/outside/test_core_against_numpy.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/math/rng.h"

/* After np.random.seed(seed), in this order: three randint(0, 2**32), two rand(), three randn(),
 * randint(-10**12, 10**12), permutation(8), randint(5, 6), randint(-2**63, 2**63 - 1),
 * randint(0, 100). The last three show where the stream stands. */
struct expected {
    uint32_t seed;
    int64_t words[3];
    double uniforms[2];
    double normals[3];
    int64_t wide;
    uint32_t permutation[8];
    int64_t widest;
    int64_t small;
};

static const struct expected expectations[] = {
    {0, {2357136044, 2546248239, 3071714933}, {0x1.b04399a693acdp-1, 0x1.b744a5e2df5dbp-1},
     {0x1.7b243a4566207p-2, 0x1.0a603929b3643p+0, -0x1.8458fb01617fap+0}, 702453918010,
     {5, 2, 3, 4, 7, 0, 6, 1}, -2999511391426176247, 20},
    {42, {1608637542, 3421126067, 4083286876}, {0x1.77aca8bb63f44p-3, 0x1.8f33a8a6506bap-1},
     {-0x1.32a37124fce4cp+0, 0x1.1221dd0ec9578p+1, -0x1.83914fcaaa298p-4}, 600309603427,
     {0, 6, 3, 1, 4, 5, 2, 7}, -9209006362606168897, 59},
    {134551, {4074013842, 1026576538, 1734582318}, {0x1.f85923cce3beep-2, 0x1.81a83c498b254p-3},
     {-0x1.4e771c14534fap-3, -0x1.61f33908d4ae2p+0, -0x1.f0a2195e82c78p+0}, 281238195969,
     {5, 7, 0, 2, 6, 4, 3, 1}, -7876679713474930518, 48},
    {UINT32_MAX, {419326371, 479346978, 3918654476}, {0x1.201958b27f8dep-1, 0x1.0d79fcb1eb943p-1},
     {-0x1.8349d42929b6fp-1, 0x1.e43ae43b845e6p-1, 0x1.eff605e72868cp+0}, -128510869989,
     {2, 0, 3, 4, 1, 7, 6, 5}, 7997286161143689584, 24},
};

static void assert_same_bits(double got, double expected)
{
    if (memcmp(&got, &expected, sizeof got) != 0) {
        fail_msg("got %a, expected %a", got, expected);
    }
}

static void draws_what_numpy_draws(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++) {
        const struct expected *expected = &expectations[i];
        struct rng rng;
        rng_seed(&rng, expected->seed);
        for (int k = 0; k < 3; k++) {
            assert_true(rng_randint(&rng, 0, INT64_C(1) << 32) == expected->words[k]);
        }
        for (int k = 0; k < 2; k++) {
            assert_same_bits(rng_uniform(&rng), expected->uniforms[k]);
        }
        for (int k = 0; k < 3; k++) {
            assert_same_bits(rng_normal(&rng), expected->normals[k]);
        }
        assert_true(rng_randint(&rng, -1000000000000, 1000000000000) == expected->wide);
        uint32_t permutation[8];
        rng_permutation(&rng, permutation, 8);
        assert_memory_equal(permutation, expected->permutation, sizeof permutation);
        assert_true(rng_randint(&rng, 5, 6) == 5);
        assert_true(rng_randint(&rng, INT64_MIN, INT64_MAX) == expected->widest);
        assert_true(rng_randint(&rng, 0, 100) == expected->small);
    }
}

static void draws_64_bits_beyond_a_range_of_32(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 7); /* np.random.seed(7) */
    const int64_t wide = (INT64_C(1) << 32) + 1, narrow = (INT64_C(1) << 32) - 1;
    assert_int_equal(rng_randint(&rng, 0, wide), 1322904761);
    assert_int_equal(rng_randint(&rng, 0, wide), 1133316631);
    assert_int_equal(rng_randint(&rng, 0, narrow), 2152296008);
    assert_int_equal(rng_randint(&rng, 0, narrow), 372560217);
}

static void one_value_draws_nothing(void **state)
{
    (void)state;
    struct rng rng, untouched;
    rng_seed(&rng, 5);
    untouched = rng;
    uint32_t only;
    assert_int_equal(rng_randint(&rng, -3, -2), -3);
    rng_permutation(&rng, &only, 1);
    rng_permutation(&rng, NULL, 0);
    assert_int_equal(only, 0);
    assert_memory_equal(&rng, &untouched, sizeof rng);
}

static void copy_continues_the_same_stream(void **state)
{
    (void)state;
    struct rng rng, copy;
    rng_seed(&rng, 99);
    for (int i = 0; i < 333; i++) {
        rng_uniform(&rng);
    }
    rng_normal(&rng); /* leaves its second value in the copy, too */
    copy = rng;
    for (int i = 0; i < 1000; i++) {
        assert_same_bits(rng_normal(&copy), rng_normal(&rng));
    }
}

static void seed_forgets_the_kept_normal(void **state)
{
    (void)state;
    struct rng used, fresh;
    rng_seed(&used, 1);
    rng_normal(&used);
    rng_seed(&used, 3);
    rng_seed(&fresh, 3);
    assert_same_bits(rng_normal(&used), rng_normal(&fresh));
}

static void every_value_of_a_range_comes_up(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 11);
    int seen[5] = {0};
    for (int i = 0; i < 500; i++) {
        int64_t value = rng_randint(&rng, -2, 3);
        assert_in_range(value + 2, 0, 4);
        seen[value + 2]++;
    }
    for (int k = 0; k < 5; k++) {
        assert_in_range(seen[k], 60, 140); /* 100 expected, standard deviation 9 */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_what_numpy_draws),
        cmocka_unit_test(draws_64_bits_beyond_a_range_of_32),
        cmocka_unit_test(one_value_draws_nothing),
        cmocka_unit_test(copy_continues_the_same_stream),
        cmocka_unit_test(seed_forgets_the_kept_normal),
        cmocka_unit_test(every_value_of_a_range_comes_up),
    };
    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
