/* Worked steps are the training core's own bits; zero slopes name their zero factors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/explain/step/mark.h"
#include "core/explain/step/naming.h"
#include "core/explain/step/step.h"
#include "tests/core/reference.h"

static struct block *block_of(const struct reference_case *it)
{
    struct block_run run = {&it->training, it->parameters};
    struct block *block = block_create(&it->network, it->dataset, &run, 1, NULL);
    assert_non_null(block);
    return block;
}

/* Works out every step of the epoch that the block would train next, and lets the block train the
 * same samples: after every batch both have the same parameters. */
static int follow(const struct reference_case *it, struct block *block)
{
    struct walk walk;
    size_t n = network_n_parameters(&it->network), n_samples = it->dataset->n_samples;
    double *parameters = calloc(n, sizeof *parameters), loss;
    int n_steps = 0;
    assert_int_equal(walk_init(&walk, &it->network, it->dataset, &it->training, block, NULL), 0);
    for (size_t position = 0; position < n_samples; position = walk.position, n_steps++) {
        struct step step;
        assert_int_equal(step_init(&step, &walk, position, NULL), 0);
        block_train(block, (int64_t)walk.n_batch, 1, &loss);
        block_parameters(block, 0, parameters);
        if (block_state(block, 0).status == BLOCK_DIVERGED) {
            step_clear(&step);
            break;
        }
        assert_same_doubles(walk.parameters, parameters, n, "the block's");
        for (size_t p = 0; p < n && it->training.arithmetic == ARITHMETIC_EXACT; p++) {
            double sum = step.kept[p] + step.moved[p] + 0.0; /* no minus zero */
            assert_same_double(sum, parameters[p] + 0.0, "old + step");
        }
        step_clear(&step);
    }
    if (walk.position == n_samples && block_state(block, 0).status != BLOCK_DIVERGED) {
        assert_same_double(walk_printed_loss(&walk), loss, "the printed loss");
    }
    walk_clear(&walk);
    free(parameters);
    return n_steps;
}

static void new_parameters_are_the_blocks_own_bits(void **state)
{
    (void)state;
    struct rng rng;
    int n_steps = 0, seen[OPTIMIZER_COUNT] = {0}, n_batches = 0;
    rng_seed(&rng, 17);
    for (int i = 0; i < 300; i++) {
        struct reference_case it;
        double losses[3];
        reference_case_init(&it, &rng, 4);
        if (i % 4 != 0) {
            reference_case_vary(&it, &rng);
        }
        struct block *block = block_of(&it);
        block_train(block, INT64_MAX, i % 3, losses);
        if (i % 3 == 0 || block_state(block, 0).status == BLOCK_RUNNING) {
            n_steps += follow(&it, block);
            seen[it.training.optimizer]++;
            n_batches += it.training.batch_size > 1;
        }
        block_destroy(block);
        reference_case_clear(&it);
    }
    for (int optimizer = 0; optimizer < OPTIMIZER_COUNT; optimizer++) {
        assert_true(seen[optimizer] > 3);
    }
    print_message("%d steps, %d of 300 cases in batches\n", n_steps, n_batches);
    assert_true(n_steps > 1000 && n_batches > 30);
}

/* --- a 2-2-1 network on one sample ----------------------------------------------------------- */

struct small {
    struct reference_case it;
    struct block *block;
    struct walk walk;
    struct step step;
};

/* parameters: w1, w2, w3, w4, bias1, bias2, w5, w6, bias3. */
static void small_init(struct small *small, enum activation activation, const double *parameters,
                       double x1, double target)
{
    small->it = (struct reference_case){
        .network = {2, 2, {{2, activation}, {1, ACTIVATION_LINEAR}}},
        .training = {.batch_size = 1, .epochs = 1, .learning_rate = 0.01}};
    small->it.dataset = dataset_create(1, 2, 1, NULL);
    small->it.dataset->features[0] = x1;
    small->it.dataset->features[1] = 3.0;
    small->it.dataset->targets[0] = target;
    small->it.parameters = calloc(9, sizeof(double));
    memcpy(small->it.parameters, parameters, 9 * sizeof(double));
    small->block = block_of(&small->it);
    assert_int_equal(walk_init(&small->walk, &small->it.network, small->it.dataset,
                               &small->it.training, small->block, NULL),
                     0);
    assert_int_equal(step_init(&small->step, &small->walk, 0, NULL), 0);
}

static void small_clear(struct small *small)
{
    step_clear(&small->step);
    walk_clear(&small->walk);
    block_destroy(small->block);
    reference_case_clear(&small->it);
}

static void zero_slopes_name_their_zero_factors(void **state)
{
    (void)state;
    struct small small;
    enum { W1, W2, W3, W4, B1, B2, W5, W6, B3 };
    const double zeros[9] = {0}, off[9] = {1, 1, -1, -1, 0, 0, 1, 1, 0};
    const double no_outgoing[9] = {1, 1, 1, 1, 0, 0, 0, 1, 0};
    small_init(&small, ACTIVATION_RELU, zeros, 2.0, 6.0);
    assert_int_equal(small.step.zeros[W1], STEP_ZERO_OUTGOING | STEP_ZERO_SLOPE);
    assert_int_equal(small.step.zeros[W5], STEP_ZERO_HIDDEN);
    assert_int_equal(small.step.zeros[B3], 0);
    small_clear(&small);
    small_init(&small, ACTIVATION_TANH, zeros, 2.0, 6.0);
    assert_int_equal(small.step.zeros[W1], STEP_ZERO_OUTGOING); /* tanh has slope 1 at 0 */
    small_clear(&small);
    small_init(&small, ACTIVATION_RELU, off, 2.0, 6.0);
    assert_int_equal(small.step.zeros[W3], STEP_ZERO_SLOPE);
    assert_int_equal(small.step.zeros[W6], STEP_ZERO_HIDDEN);
    assert_int_equal(small.step.zeros[W1], 0);
    small_clear(&small);
    small_init(&small, ACTIVATION_RELU, no_outgoing, 0.0, 6.0);
    assert_int_equal(small.step.zeros[W1], STEP_ZERO_OUTGOING | STEP_ZERO_INPUT);
    assert_int_equal(small.step.zeros[W3], STEP_ZERO_INPUT);
    assert_int_equal(small.step.zeros[W4], 0);
    small_clear(&small);
    small_init(&small, ACTIVATION_RELU, off, 2.0, 5.0); /* f = 5 */
    for (int p = 0; p < 9; p++) {
        assert_true(small.step.zeros[p] & (STEP_ZERO_ERROR | STEP_ZERO_SLOPE));
    }
    assert_int_equal(small.step.zeros[B3], STEP_ZERO_ERROR);
    small_clear(&small);
}

static void names_are_those_of_the_api(void **state)
{
    (void)state;
    const struct network named = {2, 2, {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
    const struct network deep = {2, 3, {{3, 0}, {2, 0}, {2, 0}}};
    const char *const expected[9] = {"w1",    "w2", "w3", "w4",   "bias1",
                                     "bias2", "w5", "w6", "bias3"};
    char name[NAMING_BYTES];
    for (size_t p = 0; p < 9; p++) {
        naming_parameter(&named, p, name);
        assert_string_equal(name, expected[p]);
    }
    naming_parameter(&deep, network_weight(&deep, 1, 1, 2), name);
    assert_string_equal(name, "weights/1/1/2");
    naming_parameter(&deep, network_bias(&deep, 2, 1), name);
    assert_string_equal(name, "biases/2/1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_parameters_are_the_blocks_own_bits),
        cmocka_unit_test(zero_slopes_name_their_zero_factors),
        cmocka_unit_test(names_are_those_of_the_api),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
