/* Restarts: a training from another's checkpoint goes on as if it had never ended. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/explain/verdict/replay.h"
#include "core/train/checkpoint/checkpoint.h"
#include "core/train/checkpoint/restart.h"
#include "tests/core/reference.h"

enum { EPOCHS = 24, CUT = 10, SAMPLES = 7, PARAMETERS = 17 };

static const struct network network = {
    .n_inputs = 2, .n_layers = 2, .layers = {{3, ACTIVATION_TANH}, {2, ACTIVATION_LINEAR}}};

struct saved {
    void *bytes;
    size_t n_bytes;
};

/* Trains `n` epochs from `start` (NULL: from parameters), writes their losses and the checkpoint
 * after them. */
static struct saved train(const struct training *training, const struct dataset *dataset,
                          const double *parameters, const struct saved *start, int64_t n,
                          double *losses)
{
    struct error error = ERROR_INIT;
    struct block_run run = {training, parameters};
    struct block *block = block_create(&network, dataset, &run, 1, &error);
    assert_non_null(block);
    const void *bytes = start ? start->bytes : NULL;
    if (start && block_load(block, &bytes, &start->n_bytes, &error) != 0) {
        fail_msg("%s", error.text);
    }
    block_train(block, INT64_MAX, n, losses);
    struct saved saved = {malloc(block_checkpoint_bytes(block)), block_checkpoint_bytes(block)};
    block_save(block, 0, saved.bytes);
    block_destroy(block);
    return saved;
}

static struct saved restart(const struct training *training, const struct dataset *dataset,
                            const struct saved *from)
{
    struct error error = ERROR_INIT;
    struct saved start;
    start.bytes = checkpoint_restart(&network, training, dataset->n_samples, from->bytes,
                                     from->n_bytes, &start.n_bytes, &error);
    if (!start.bytes) {
        fail_msg("%s", error.text);
    }
    return start;
}

static struct training training_of(enum optimizer optimizer, enum order order,
                                   enum arithmetic arithmetic, size_t batch_size)
{
    struct training training = {.arithmetic = arithmetic,
                                .optimizer = optimizer,
                                .learning_rate = 0.01,
                                .batch_size = batch_size,
                                .reduction = REDUCTION_MEAN,
                                .order = order,
                                .order_seed = 8,
                                .epochs = EPOCHS};
    training.settings[SETTING_MOMENTUM] = 0.9;
    training.settings[SETTING_ALPHA] = 0.99;
    training.settings[SETTING_BETA1] = 0.9;
    training.settings[SETTING_BETA2] = 0.999;
    training.settings[SETTING_EPSILON] = 1e-8;
    return training;
}

static void goes_on(const struct training *whole)
{
    struct rng rng;
    double losses[EPOCHS], parts[EPOCHS], ends[2][PARAMETERS];
    struct block_state state;
    rng_seed(&rng, 51);
    struct dataset *dataset = reference_dataset(&rng, &network, SAMPLES);
    double *parameters = reference_parameters(&rng, &network, 1.0);
    struct training first = *whole, second = *whole;
    first.epochs = CUT;
    second.epochs = EPOCHS - CUT;
    struct saved undisturbed = train(whole, dataset, parameters, NULL, EPOCHS, losses);
    struct saved cut = train(&first, dataset, parameters, NULL, CUT, parts);
    struct saved start = restart(&second, dataset, &cut);
    struct saved end = train(&second, dataset, parameters, &start, EPOCHS - CUT, parts + CUT);
    assert_same_doubles(parts, losses, EPOCHS, "losses");
    assert_int_equal(block_read_checkpoint(&network, undisturbed.bytes, undisturbed.n_bytes, &state,
                                           ends[0], NULL),
                     0);
    assert_int_equal(
        block_read_checkpoint(&network, end.bytes, end.n_bytes, &state, ends[1], NULL), 0);
    assert_true(state.status == BLOCK_DONE && state.epoch == EPOCHS - CUT);
    assert_same_doubles(ends[1], ends[0], PARAMETERS, "parameters");
    free(undisturbed.bytes);
    free(cut.bytes);
    free(start.bytes);
    free(end.bytes);
    free(parameters);
    dataset_destroy(dataset);
}

static void two_halves_are_the_whole(void **state)
{
    (void)state;
    for (int optimizer = 0; optimizer < OPTIMIZER_COUNT; optimizer++) {
        for (int order = 0; order < ORDER_COUNT; order++) {
            for (int arithmetic = 0; arithmetic < ARITHMETIC_COUNT; arithmetic++) {
                for (size_t batch_size = 1; batch_size <= SAMPLES; batch_size += 3) {
                    struct training whole =
                        training_of((enum optimizer)optimizer, (enum order)order,
                                    (enum arithmetic)arithmetic, batch_size);
                    goes_on(&whole);
                }
            }
        }
    }
}

/* Explanations train runs again: also one that went on. */
static void it_is_trained_again_for_its_verdicts(void **state)
{
    (void)state;
    for (int optimizer = 0; optimizer < OPTIMIZER_COUNT; optimizer++) {
        struct rng rng;
        double losses[EPOCHS], start[PARAMETERS], end[PARAMETERS], found[PARAMETERS];
        struct block_state where;
        struct replay replay;
        struct error error = ERROR_INIT;
        struct training training =
            training_of((enum optimizer)optimizer, ORDER_SHUFFLE, ARITHMETIC_EXACT, 2);
        rng_seed(&rng, 51);
        struct dataset *dataset = reference_dataset(&rng, &network, SAMPLES);
        double *parameters = reference_parameters(&rng, &network, 1.0);
        struct saved cut = train(&training, dataset, parameters, NULL, CUT, losses);
        struct saved begin = restart(&training, dataset, &cut);
        struct saved last = train(&training, dataset, parameters, &begin, 5, losses);
        block_read_checkpoint(&network, begin.bytes, begin.n_bytes, &where, start, NULL);
        block_read_checkpoint(&network, last.bytes, last.n_bytes, &where, end, NULL);
        struct subject subject = {.network = &network, .dataset = dataset, .training = &training,
                                  .start = start, .begin = begin.bytes,
                                  .begin_bytes = begin.n_bytes, .parameters = end};
        struct replay_run run = {start, 1.0};
        assert_int_equal(replay_open(&replay, &subject, &run, 1, 5, &error), 0);
        assert_int_equal(replay_to(&replay, 5, &error), 0);
        replay_present(&replay, 0, found);
        assert_same_doubles(found, end, PARAMETERS, "parameters");
        replay_close(&replay);
        free(cut.bytes);
        free(begin.bytes);
        free(last.bytes);
        free(parameters);
        dataset_destroy(dataset);
    }
}

/* Nudged starts, too: the optimizer remembers what the run's own did. */
static void another_start_has_the_same_memory(void **state)
{
    (void)state;
    for (int optimizer = 0; optimizer < OPTIMIZER_COUNT; optimizer++) {
        struct rng rng;
        double losses[EPOCHS], start[PARAMETERS], copy[PARAMETERS], ends[2][PARAMETERS];
        struct block_state where;
        struct replay replay;
        struct error error = ERROR_INIT;
        struct training training =
            training_of((enum optimizer)optimizer, ORDER_SHUFFLE, ARITHMETIC_EXACT, 2);
        rng_seed(&rng, 52);
        struct dataset *dataset = reference_dataset(&rng, &network, SAMPLES);
        double *parameters = reference_parameters(&rng, &network, 1.0);
        struct saved cut = train(&training, dataset, parameters, NULL, CUT, losses);
        struct saved begin = restart(&training, dataset, &cut);
        block_read_checkpoint(&network, begin.bytes, begin.n_bytes, &where, start, NULL);
        memcpy(copy, start, sizeof copy);
        struct subject subject = {.network = &network, .dataset = dataset, .training = &training,
                                  .start = start, .begin = begin.bytes,
                                  .begin_bytes = begin.n_bytes, .parameters = start};
        struct replay_run own = {start, 1.0}, other = {copy, 1.0};
        for (int i = 0; i < 2; i++) {
            assert_int_equal(replay_open(&replay, &subject, i ? &other : &own, 1, 5, &error), 0);
            assert_int_equal(replay_to(&replay, 5, &error), 0);
            replay_present(&replay, 0, ends[i]);
            replay_close(&replay);
        }
        assert_same_doubles(ends[1], ends[0], PARAMETERS, "parameters");
        copy[0] += 0.5;
        assert_int_equal(replay_open(&replay, &subject, &other, 1, 5, &error), 0);
        replay_present(&replay, 0, ends[1]);
        assert_same_doubles(ends[1], copy, PARAMETERS, "start values");
        replay_close(&replay);
        free(cut.bytes);
        free(begin.bytes);
        free(parameters);
        dataset_destroy(dataset);
    }
}

/* A rate that was reduced on a plateau, by the training part or the validation part: going on is at
 * the rate that came of it. */
static void a_reduced_rate_is_gone_on_with(void **state)
{
    (void)state;
    for (int is_watching_others = 0; is_watching_others < 2; is_watching_others++) {
        struct rng rng;
        double expected[PARAMETERS], found[PARAMETERS], records[2 * EPOCHS];
        const double pace = 1.0;
        struct replay replay, on;
        struct error error = ERROR_INIT;
        struct training training = training_of(OPTIMIZER_SGD, ORDER_SHUFFLE, ARITHMETIC_EXACT, 2);
        training.schedule = (struct schedule){.kind = SCHEDULE_REDUCE_ON_PLATEAU, .factor = 0.5,
                                              .patience = 0, .threshold = 0.9};
        training.monitor = is_watching_others ? SERIES_VALIDATION_LOSS : SERIES_LOSS;
        rng_seed(&rng, 53);
        struct dataset *dataset = reference_dataset(&rng, &network, SAMPLES);
        struct dataset *validation = reference_dataset(&rng, &network, SAMPLES);
        double *parameters = reference_parameters(&rng, &network, 1.0);
        struct block_run run = {&training, parameters};
        struct block_parts parts = {.network = &network, .dataset = dataset, .runs = &run,
                                    .validation = validation, .n_runs = 1};
        struct block *block = block_create_of(&parts, &error);
        struct subject subject = {.network = &network, .dataset = dataset,
                                  .validation = validation, .training = &training,
                                  .start = parameters, .parameters = parameters};
        struct replay_run again = {parameters, 1.0};
        block_train(block, INT64_MAX / 2, CUT + 1, records);
        block_parameters(block, 0, expected);
        assert_int_equal(replay_open(&replay, &subject, &again, 1, EPOCHS, &error), 0);
        assert_int_equal(replay_to(&replay, CUT, &error), 0);
        assert_true(replay_rate(&replay) < 0.5 * training.learning_rate);
        assert_int_equal(replay_continue(&on, &replay, &pace, 1, 1, &error), 0);
        assert_int_equal(replay_to(&on, CUT + 1, &error), 0);
        replay_present(&on, 0, found);
        assert_same_doubles(found, expected, PARAMETERS, "parameters");
        replay_close(&replay);
        replay_close(&on);
        block_destroy(block);
        free(parameters);
        dataset_destroy(validation);
        dataset_destroy(dataset);
    }
}

/* What one test of a changed training compares: from the same state, on the same data. */
struct scene {
    struct training before;
    struct dataset *dataset;
    double *parameters; /* the start's */
    struct saved cut;
};

static void scene_init(struct scene *scene, enum optimizer optimizer, enum order order)
{
    struct rng rng;
    double losses[EPOCHS];
    rng_seed(&rng, 51);
    scene->before = training_of(optimizer, order, ARITHMETIC_EXACT, 2);
    scene->dataset = reference_dataset(&rng, &network, SAMPLES);
    scene->parameters = reference_parameters(&rng, &network, 1.0);
    scene->cut = train(&scene->before, scene->dataset, scene->parameters, NULL, CUT, losses);
}

static void scene_clear(struct scene *scene)
{
    free(scene->cut.bytes);
    free(scene->parameters);
    dataset_destroy(scene->dataset);
}

/* Another seed, or an order that was fixed, starts from the seed: as a run of plain SGD does from
 * explicit values, which has nothing but parameters to go on from. */
static void another_order_starts_from_its_seed(void **state)
{
    (void)state;
    for (int was_shuffled = 0; was_shuffled <= 1; was_shuffled++) {
        struct scene scene;
        double losses[EPOCHS], expected[EPOCHS], parameters[PARAMETERS];
        struct block_state where;
        scene_init(&scene, OPTIMIZER_SGD, was_shuffled ? ORDER_SHUFFLE : ORDER_FIXED);
        struct training after = scene.before;
        after.order = ORDER_SHUFFLE;
        after.order_seed = 9;
        block_read_checkpoint(&network, scene.cut.bytes, scene.cut.n_bytes, &where, parameters,
                              NULL);
        struct saved start = restart(&after, scene.dataset, &scene.cut);
        struct saved end = train(&after, scene.dataset, scene.parameters, &start, 5, losses);
        struct saved fresh = train(&after, scene.dataset, parameters, NULL, 5, expected);
        assert_same_doubles(losses, expected, 5, "losses");
        free(start.bytes);
        free(end.bytes);
        free(fresh.bytes);
        scene_clear(&scene);
    }
}

static void other_data_of_another_size_are_trained_on(void **state)
{
    (void)state;
    struct scene scene;
    struct rng rng;
    double losses[EPOCHS];
    scene_init(&scene, OPTIMIZER_ADAM, ORDER_SHUFFLE);
    rng_seed(&rng, 52);
    struct dataset *other = reference_dataset(&rng, &network, SAMPLES + 4);
    struct saved start = restart(&scene.before, other, &scene.cut);
    struct saved end = train(&scene.before, other, scene.parameters, &start, EPOCHS, losses);
    assert_true(isfinite(losses[EPOCHS - 1]) && losses[EPOCHS - 1] < losses[0]);
    free(start.bytes);
    free(end.bytes);
    dataset_destroy(other);
    scene_clear(&scene);
}

static void refused(const struct network *of, const struct training *training,
                    const struct saved *saved, const char *expected)
{
    struct error error = ERROR_INIT;
    size_t n;
    assert_null(checkpoint_restart(of, training, SAMPLES, saved->bytes, saved->n_bytes, &n, &error));
    assert_int_equal(error.kind, ERROR_INVALID);
    if (!strstr(error.text, expected)) {
        fail_msg("got '%s', expected '%s'", error.text, expected);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct scene scene;
    struct network other = network;
    struct training training;
    scene_init(&scene, OPTIMIZER_MOMENTUM, ORDER_FIXED);
    training = scene.before;
    other.layers[0].units = 4;
    refused(&other, &training, &scene.cut, "another network");
    training.optimizer = OPTIMIZER_NESTEROV;
    refused(&network, &training, &scene.cut, "optimizer momentum, expected nesterov");
    training.optimizer = OPTIMIZER_MOMENTUM;
    ((unsigned char *)scene.cut.bytes)[scene.cut.n_bytes - 20] ^= 1;
    refused(&network, &training, &scene.cut, "damaged");
    scene_clear(&scene);
}

static void what_diverged_is_refused(void **state)
{
    (void)state;
    struct scene scene;
    double losses[EPOCHS];
    scene_init(&scene, OPTIMIZER_SGD, ORDER_FIXED);
    scene.before.learning_rate = 1e90;
    struct saved end = train(&scene.before, scene.dataset, scene.parameters, NULL, EPOCHS, losses);
    refused(&network, &scene.before, &end, "diverged in epoch");
    free(end.bytes);
    scene_clear(&scene);
}

static void parameters_that_are_not_finite_are_refused(void **state)
{
    (void)state;
    struct scene scene;
    struct checkpoint found;
    double parameters[PARAMETERS];
    scene_init(&scene, OPTIMIZER_SGD, ORDER_FIXED);
    assert_int_equal(checkpoint_read(&network, scene.cut.bytes, scene.cut.n_bytes, &found,
                                     parameters, NULL, NULL),
                     0);
    parameters[3] = INFINITY;
    checkpoint_write(&found, &network, parameters, NULL, scene.cut.bytes);
    refused(&network, &scene.before, &scene.cut, "parameter 3 is not finite");
    scene_clear(&scene);
}

static void the_head_tells_network_and_optimizer(void **state)
{
    (void)state;
    for (int i = 0; i < OPTIMIZER_COUNT; i++) {
        struct scene scene;
        struct network found;
        enum optimizer optimizer;
        scene_init(&scene, (enum optimizer)i, ORDER_FIXED);
        assert_int_equal(checkpoint_read_head(scene.cut.bytes, scene.cut.n_bytes, &found,
                                              &optimizer, NULL),
                         0);
        assert_true(network_same(&found, &network));
        assert_int_equal(optimizer, i);
        for (size_t n = 0; n < 40; n++) { /* shorter than any head of two layers */
            assert_int_equal(
                checkpoint_read_head(scene.cut.bytes, n, &found, &optimizer, NULL), -1);
        }
        ((unsigned char *)scene.cut.bytes)[4] = 99;
        assert_int_equal(checkpoint_read_head(scene.cut.bytes, scene.cut.n_bytes, &found,
                                              &optimizer, NULL),
                         -1);
        scene_clear(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_halves_are_the_whole),
        cmocka_unit_test(it_is_trained_again_for_its_verdicts),
        cmocka_unit_test(another_start_has_the_same_memory),
        cmocka_unit_test(a_reduced_rate_is_gone_on_with),
        cmocka_unit_test(another_order_starts_from_its_seed),
        cmocka_unit_test(other_data_of_another_size_are_trained_on),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(what_diverged_is_refused),
        cmocka_unit_test(parameters_that_are_not_finite_are_refused),
        cmocka_unit_test(the_head_tells_network_and_optimizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
