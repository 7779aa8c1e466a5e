/* The series of an epoch's end: the plain sums, in every kernel, cut and company; and numbers that
 * are not finite. test_stop.c has what they stop. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/train/kernel/kernel.h"
#include "tests/core/watched.h"

enum { CASES = 40 };

static void names_are_found_again(void **state)
{
    (void)state;
    for (int i = 0; i < SERIES_COUNT; i++) {
        assert_int_equal(series_find(series_name((enum series)i)), i);
    }
    assert_int_equal(series_find("test_loss"), -1);
    assert_string_equal(series_name(SERIES_LOSS), "loss");
    assert_string_equal(series_name(SERIES_VALIDATION_ACCURACY), "validation_accuracy");
}

static void a_run_has_what_was_asked_and_what_there_is(void **state)
{
    (void)state;
    struct training training = {.loss = LOSS_MSE};
    enum series series[SERIES_COUNT];
    assert_int_equal(training_series(&training, 0, series), 1);
    assert_int_equal(series[0], SERIES_LOSS);
    assert_int_equal(training_series(&training, 1, series), 2);
    assert_int_equal(series[1], SERIES_VALIDATION_LOSS);
    training.monitor = SERIES_END_LOSS; /* what is monitored is recorded */
    assert_int_equal(training_series(&training, 1, series), 3);
    assert_int_equal(series[1], SERIES_END_LOSS);
    training.record = 1u << SERIES_ACCURACY | 1u << SERIES_END_LOSS;
    assert_int_equal(training_series(&training, 0, series), 2); /* accuracy is of classes */
    training.loss = LOSS_CATEGORICAL_CROSS_ENTROPY;
    assert_int_equal(training_series(&training, 1, series), SERIES_COUNT);
    for (int i = 0; i < SERIES_COUNT; i++) {
        assert_int_equal(series[i], i);
    }
}

/* How many samples were told right, so that a comparison of zeros is noticed. */
static double sum_of(const struct watched *it, enum series series)
{
    double sum = 0;
    for (int run = 0; run < it->n_runs; run++) {
        for (int64_t e = 0; e < it->epochs[run]; e++) {
            sum += it->values[run][e][series];
        }
    }
    return sum;
}

static void every_kernel_and_cut_scores_the_plain_sums(void **state)
{
    (void)state;
    static const int64_t cuts[] = {1, 7, 64, INT64_MAX};
    struct rng rng;
    double accuracies = 0;
    int n_kernels = 0;
    rng_seed(&rng, 81);
    for (int i = 0; i < CASES; i++) {
        struct watched it;
        watched_init(&it, &rng, i % 3 == 0 ? 1 : i % 3 == 1 ? 3 : BLOCK_RUNS_MAX,
                     i % 2 ? ARITHMETIC_EXACT : ARITHMETIC_FAST);
        watched_learn(&it);
        accuracies += it.base.loss >= LOSS_BINARY_CROSS_ENTROPY
                          ? sum_of(&it, SERIES_VALIDATION_ACCURACY)
                          : 0;
        const struct kernel *kernel;
        for (int k = 0; (kernel = kernel_at(k)); k++) {
            if (kernel_runs_here(kernel) && kernel_suits(kernel, &it.network, &it.base)) {
                watched_check(&it, kernel, cuts[(i + k) % 4], &rng);
                n_kernels++;
            }
        }
        watched_check(&it, NULL, cuts[i % 4], &rng);
        watched_clear(&it);
    }
    assert_true(accuracies > 0);
    assert_true(n_kernels > 3 * CASES);
}

/* The small sizes have kernels of their own, which score by themselves too. */
static void kernels_of_small_sizes_score_the_plain_sums(void **state)
{
    (void)state;
    struct rng rng;
    const struct kernel *kernel;
    int n_small = 0;
    rng_seed(&rng, 82);
    for (int k = 0; (kernel = kernel_at(k)); k++) {
        struct watched it;
        if (!kernel->shape || !kernel_runs_here(kernel)) {
            continue;
        }
        for (size_t batch_size = 1; batch_size <= 4; batch_size += 3) {
            watched_init_of(&it, &rng, kernel->shape, kernel->arithmetic, batch_size);
            watched_learn(&it);
            watched_check(&it, kernel, INT64_MAX, &rng);
            watched_check(&it, kernel, 5, &rng);
            watched_clear(&it);
            n_small++;
        }
    }
    assert_true(n_small > 0);
}

/* Outputs that are all equal stay so: features are 0, and the rate changes no bit of an output. */
static void assert_accuracy_of_ties(const struct network *network, enum loss loss,
                                    const double *targets, double expected)
{
    enum { SAMPLES = 4, RUNS = 3 };
    size_t n_targets = (size_t)network_n_outputs(network);
    const double start[16] = {0};
    const struct training training = {.loss = loss,
                                      .learning_rate = 1e-300,
                                      .batch_size = SAMPLES,
                                      .epochs = 1,
                                      .record = 1u << SERIES_ACCURACY};
    struct dataset *dataset = dataset_create(SAMPLES, 1, n_targets, NULL);
    memcpy(dataset->targets, targets, SAMPLES * n_targets * sizeof *targets);
    const struct kernel *kernel;
    for (int k = 0; (kernel = kernel_at(k)); k++) {
        const struct block_run runs[RUNS] = {{&training, start}, {&training, start},
                                             {&training, start}};
        double records[2 * RUNS];
        if (!kernel_runs_here(kernel) || !kernel_suits(kernel, network, &training)) {
            continue;
        }
        struct block *block = block_create_on(kernel, network, dataset, runs, RUNS, NULL);
        assert_int_equal(block_train(block, INT64_MAX, 1, records), 1);
        for (int run = 0; run < RUNS; run++) {
            assert_same_double(records[RUNS + run], expected, kernel->name);
        }
        block_destroy(block);
    }
    dataset_destroy(dataset);
}

static void the_first_of_equals_is_told_and_one_half_is_a_no(void **state)
{
    (void)state;
    static const struct network three = {
        .n_inputs = 1, .n_layers = 1, .layers = {{3, ACTIVATION_SOFTMAX}}};
    static const struct network one = {
        .n_inputs = 1, .n_layers = 1, .layers = {{1, ACTIVATION_SIGMOID}}};
    static const struct network two = {
        .n_inputs = 1, .n_layers = 1, .layers = {{2, ACTIVATION_SIGMOID}}};
    static const double classes[] = {0, 0, 1, 1, 0, 0, 0.4, 0.4, 0.2, 0, 1, 0};
    static const double yes_or_no[] = {1, 0.5, 0, 1};
    static const double pairs[] = {0, 0, 0, 1, 1, 0, 0.5, 0.5};
    assert_accuracy_of_ties(&three, LOSS_CATEGORICAL_CROSS_ENTROPY, classes, 0.5);
    assert_accuracy_of_ties(&one, LOSS_BINARY_CROSS_ENTROPY, yes_or_no, 0.5);
    assert_accuracy_of_ties(&two, LOSS_BINARY_CROSS_ENTROPY, pairs, 0.5); /* all must be right */
}

/* A line y = w x + b by one sample a step. */
static struct block *line_of(const struct training *training, const double *start,
                             const struct dataset *dataset, const struct dataset *validation)
{
    static const struct network line = {
        .n_inputs = 1, .n_layers = 1, .layers = {{1, ACTIVATION_LINEAR}}};
    const struct block_run run = {training, start};
    const struct block_parts parts = {
        .network = &line, .dataset = dataset, .validation = validation, .runs = &run, .n_runs = 1};
    struct error error = ERROR_INIT;
    struct block *block = block_create_of(&parts, &error);
    if (!block) {
        fail_msg("%s", error.text);
    }
    return block;
}

static struct dataset *points(size_t n, const double *x, const double *y)
{
    struct dataset *dataset = dataset_create(n, 1, 1, NULL);
    assert_non_null(dataset);
    memcpy(dataset->features, x, n * sizeof *x);
    memcpy(dataset->targets, y, n * sizeof *y);
    return dataset;
}

static void a_validation_loss_beyond_all_doubles_ends_no_run(void **state)
{
    (void)state;
    const double x[] = {1, 2}, y[] = {1, 1}, far[] = {1e200}, nil[] = {0}, start[] = {0.5, 0};
    struct dataset *dataset = points(2, x, y), *validation = points(1, far, nil);
    const struct training training = {.learning_rate = 0.01, .batch_size = 1, .epochs = 3};
    struct block *block = line_of(&training, start, dataset, validation);
    double records[3][2];
    assert_int_equal(block_n_series(block), 2);
    assert_int_equal(block_train(block, INT64_MAX, INT64_MAX, &records[0][0]), 3);
    for (int e = 0; e < 3; e++) {
        assert_true(isfinite(records[e][0]));
        assert_true(isinf(records[e][1]));
    }
    assert_int_equal(block_state(block, 0).status, BLOCK_DONE);
    block_destroy(block);
    dataset_destroy(dataset);
    dataset_destroy(validation);
}

/* The last update overshoots to a weight that is finite, and whose loss is not: the epoch counts,
 * with its printed loss, and the next one diverges as it always did. */
static void an_end_loss_beyond_all_doubles_is_recorded(void **state)
{
    (void)state;
    const double x[] = {1}, y[] = {1}, start[] = {0, 0};
    struct dataset *dataset = points(1, x, y);
    const struct training training = {.learning_rate = 1e200,
                                      .batch_size = 1,
                                      .epochs = 3,
                                      .record = 1u << SERIES_END_LOSS};
    struct block *block = line_of(&training, start, dataset, NULL);
    double records[3][2];
    assert_int_equal(block_train(block, INT64_MAX, INT64_MAX, &records[0][0]), 1);
    assert_true(records[0][0] == 1.0);
    assert_true(isinf(records[0][1]));
    struct block_state found = block_state(block, 0);
    assert_int_equal(found.status, BLOCK_DIVERGED);
    assert_int_equal(found.epoch, 1);
    assert_int_equal(found.diverged_epoch, 2);
    block_destroy(block);
    dataset_destroy(dataset);
}

/* A call's budget is of samples seen, and those that are scored are seen too: a large validation
 * part is no reason to be late. */
static void scoring_is_cut_as_training_is(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    static double x[MANY], y[MANY], whole[3][3], pieces[3][3];
    const double start[] = {0.5, 0};
    for (int i = 0; i < MANY; i++) {
        x[i] = i / (double)MANY;
    }
    struct dataset *dataset = points(10, x, y), *validation = points(MANY, x, y);
    const struct training training = {
        .learning_rate = 0.01, .batch_size = 1, .epochs = 3, .record = 1u << SERIES_END_LOSS};
    struct block *block = line_of(&training, start, dataset, validation);
    struct block *cut = line_of(&training, start, dataset, validation);
    int64_t done = 0;
    int calls = 0;
    assert_int_equal(block_train(block, INT64_MAX, INT64_MAX, &whole[0][0]), 3);
    for (; done < 3; calls++) {
        assert_int_equal(block_at_epoch_end(cut), calls % 11 == 0); /* 10 + 10 + 1000 samples */
        done += block_train(cut, 100, 1, &pieces[done][0]);
    }
    assert_int_equal(calls, 33);
    assert_same_doubles(&pieces[0][0], &whole[0][0], 9, "records");
    block_destroy(block);
    block_destroy(cut);
    dataset_destroy(dataset);
    dataset_destroy(validation);
}

static void refuses_what_cannot_be_watched(void **state)
{
    (void)state;
    const double x[] = {1, 2}, y[] = {1, 1}, start[] = {0.5, 0};
    struct dataset *dataset = points(2, x, y), *wide = dataset_create(2, 2, 1, NULL);
    static const struct network line = {
        .n_inputs = 1, .n_layers = 1, .layers = {{1, ACTIVATION_LINEAR}}};
    struct training training = {.learning_rate = 0.01, .batch_size = 1, .epochs = 3};
    const struct block_run run = {&training, start};
    struct block_parts parts = {
        .network = &line, .dataset = dataset, .validation = wide, .runs = &run, .n_runs = 1};
    struct error error = ERROR_INIT;
    assert_null(block_create_of(&parts, &error));
    assert_string_equal(error.text,
                        "validation part: got 2 features, expected 1, the network's inputs");
    parts.validation = NULL;
    training.monitor = SERIES_VALIDATION_LOSS;
    training.stop.patience = 2;
    error = (struct error)ERROR_INIT;
    assert_null(block_create_of(&parts, &error));
    assert_string_equal(error.text,
                        "monitor: got validation_loss, but there are no validation samples");
    training.monitor = SERIES_ACCURACY;
    error = (struct error)ERROR_INIT;
    assert_null(block_create_of(&parts, &error));
    assert_string_equal(error.text, "training: record or monitor is out of range");
    dataset_destroy(dataset);
    dataset_destroy(wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_again),
        cmocka_unit_test(a_run_has_what_was_asked_and_what_there_is),
        cmocka_unit_test(every_kernel_and_cut_scores_the_plain_sums),
        cmocka_unit_test(kernels_of_small_sizes_score_the_plain_sums),
        cmocka_unit_test(the_first_of_equals_is_told_and_one_half_is_a_no),
        cmocka_unit_test(a_validation_loss_beyond_all_doubles_ends_no_run),
        cmocka_unit_test(an_end_loss_beyond_all_doubles_is_recorded),
        cmocka_unit_test(scoring_is_cut_as_training_is),
        cmocka_unit_test(refuses_what_cannot_be_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
