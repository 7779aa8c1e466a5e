/* An explanation that is stopped or runs out of memory tells nothing and leaks nothing; and it is
 * quick. (What the verdicts say is compared in tests/outside/test_verdicts.py.) */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/explain.h"
#include "core/train/block/block.h"
#include "tests/core/failing_memory.h"
#include "tests/core/golden_samples.h"

/* A teller that counts what it is told, and keeps the headline and the codes. */
struct count {
    int n, n_open;
    char headline[64];
    char codes[512];
};

static void open_value(void *context, const char *name, int is_list)
{
    struct count *count = context;
    (void)name;
    (void)is_list;
    count->n++;
    count->n_open++;
}

static void close_value(void *context)
{
    ((struct count *)context)->n_open--;
}

static void take_number(void *context, const char *name, double value)
{
    (void)name;
    (void)value;
    ((struct count *)context)->n++;
}

static void take_integer(void *context, const char *name, int64_t value)
{
    (void)name;
    (void)value;
    ((struct count *)context)->n++;
}

static void take_flag(void *context, const char *name, int value)
{
    (void)name;
    (void)value;
    ((struct count *)context)->n++;
}

static void take_text(void *context, const char *name, const char *value)
{
    struct count *count = context;
    count->n++;
    if (name && value && strcmp(name, "headline") == 0) {
        snprintf(count->headline, sizeof count->headline, "%s", value);
    }
    if (name && value && strcmp(name, "code") == 0) {
        size_t n = strlen(count->codes);
        snprintf(count->codes + n, sizeof count->codes - n, "%s ", value);
    }
}

static struct teller teller_of(struct count *count)
{
    *count = (struct count){0};
    return (struct teller){count,        open_value, close_value, take_number,
                           take_integer, take_flag,  take_text};
}

/* The report's run at a learning rate of 0.025, both of whose units die in its first epoch. */
struct scene {
    struct network network;
    struct training training;
    struct dataset *dataset;
    struct floors *floors;
    double start[9], parameters[9], losses[64];
    struct subject subject;
};

static void scene_init(struct scene *scene, double learning_rate, int64_t epochs)
{
    static const double START[9] = {.57, -.76, .36, .01, 1, -.35, -.03, .01, .5};
    *scene = (struct scene){
        .network = {2, 2, {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}},
        .training = {.learning_rate = learning_rate, .batch_size = 1, .epochs = epochs},
        .dataset = dataset_create(GOLDEN_SAMPLES, 2, 1, NULL)};
    memcpy(scene->dataset->features, golden_inputs, sizeof golden_inputs);
    memcpy(scene->dataset->targets, golden_report_targets, sizeof golden_report_targets);
    memcpy(scene->start, START, sizeof START);
    scene->floors = floors_create(scene->dataset, LOSS_MSE, NULL, NULL);
    struct block_run run = {&scene->training, scene->start};
    struct block *block = block_create(&scene->network, scene->dataset, &run, 1, NULL);
    block_train(block, INT64_MAX / 2, epochs, scene->losses);
    block_parameters(block, 0, scene->parameters);
    scene->subject = (struct subject){.network = &scene->network,
                                      .dataset = scene->dataset,
                                      .validation = scene->dataset, /* as if: to be looked at */
                                      .training = &scene->training,
                                      .start = scene->start,
                                      .parameters = scene->parameters,
                                      .state = block_state(block, 0),
                                      .printed_loss = scene->losses[epochs - 1]};
    block_destroy(block);
}

static void scene_clear(struct scene *scene)
{
    floors_destroy(scene->floors);
    dataset_destroy(scene->dataset);
}

static int explain(const struct scene *scene, enum explain_depth depth, struct count *count,
                   struct error *error)
{
    struct teller teller = teller_of(count);
    return explain_run(&scene->subject, scene->floors, depth, &teller, error);
}

static void what_is_told_is_whole_at_every_depth(void **state)
{
    (void)state;
    struct scene scene;
    struct count count;
    scene_init(&scene, 0.025, 40);
    for (int depth = EXPLAIN_LIVE; depth <= EXPLAIN_FULL; depth++) {
        assert_int_equal(explain(&scene, (enum explain_depth)depth, &count, NULL), 0);
        assert_int_equal(count.n_open, 0);
        assert_string_equal(count.headline, "COLLAPSED_TO_CONSTANT");
        assert_non_null(strstr(count.codes, "DEAD_UNITS"));
        assert_int_equal(strstr(count.codes, "STEP_OVERSHOOTS_IN_EPOCH_1") != NULL,
                         depth != EXPLAIN_LIVE);
    }
    scene_clear(&scene);
}

static void without_memory_nothing_is_told(void **state)
{
    (void)state;
    static const double RATES[] = {0.025, 0.0004};
    for (size_t i = 0; i < sizeof RATES / sizeof *RATES; i++) {
        struct scene scene;
        struct count count;
        int result = -1, n = 1;
        scene_init(&scene, RATES[i], 40);
        for (; result != 0; n++) {
            struct error error = ERROR_INIT;
            memory_fail_from(n);
            result = explain(&scene, EXPLAIN_FULL, &count, &error);
            memory_fail_from(0);
            assert_int_equal(error.kind, result == 0 ? ERROR_NONE : ERROR_MEMORY);
            assert_true(result == 0 ? count.n > 50 : count.n == 0);
            assert_true(n < 1000);
        }
        assert_true(n > 20);
        scene_clear(&scene);
    }
}

static void a_glance_without_memory_says_so(void **state)
{
    (void)state;
    static const double RATES[] = {0.025, 0.0004, 1e-300};
    for (size_t i = 0; i < sizeof RATES / sizeof *RATES; i++) {
        struct scene scene;
        struct glance glance = {0};
        int result = -1, n = 1;
        scene_init(&scene, RATES[i], 40);
        for (; result != 0; n++) {
            struct error error = ERROR_INIT;
            explain_glance_clear(&glance);
            memory_fail_from(n);
            result = explain_glance(&scene.subject, scene.floors, &glance, &error);
            memory_fail_from(0);
            assert_int_equal(error.kind, result == 0 ? ERROR_NONE : ERROR_MEMORY);
            assert_true(n < 1000);
        }
        assert_true(n > 3);
        assert_true(glance.headline != CODE_COUNT && glance.text[0] != '\0');
        explain_glance_clear(&glance);
        scene_clear(&scene);
    }
}

/* One glance is used for all runs of a block. */
static void a_glance_remembers_nothing_of_the_one_before(void **state)
{
    (void)state;
    static const double RATES[] = {0.025, 0.0004, 1e-300};
    for (size_t i = 0; i < sizeof RATES / sizeof *RATES; i++) {
        struct scene scene;
        struct glance fresh = {0}, used = {0};
        scene_init(&scene, RATES[i], 40);
        struct subject first = scene.subject;
        double zeros[64] = {0};
        first.parameters = first.start = zeros;
        assert_int_equal(explain_glance(&first, scene.floors, &used, NULL), 0);
        assert_int_equal(used.headline, CODE_ZERO_INIT_SADDLE);
        assert_int_equal(explain_glance(&scene.subject, scene.floors, &used, NULL), 0);
        assert_int_equal(explain_glance(&scene.subject, scene.floors, &fresh, NULL), 0);
        assert_int_equal(used.codes, fresh.codes);
        assert_int_equal(used.headline, fresh.headline);
        assert_string_equal(used.text, fresh.text);
        explain_glance_clear(&used);
        explain_glance_clear(&fresh);
        scene_clear(&scene);
    }
}

static int stop_at(void *context)
{
    return --*(int *)context <= 0;
}

static void a_stop_ends_it_wherever_it_comes(void **state)
{
    (void)state;
    struct scene scene;
    struct count count;
    int result = -1, n = 1;
    scene_init(&scene, 0.025, 40);
    for (; result != 0; n++) {
        struct error error = ERROR_INIT;
        int left = n;
        scene.subject.stop = stop_at;
        scene.subject.context = &left;
        result = explain(&scene, EXPLAIN_FULL, &count, &error);
        assert_int_equal(error.kind, result == 0 ? ERROR_NONE : ERROR_BUSY);
        assert_true(result == 0 || count.n == 0);
        assert_true(n < 10000);
    }
    assert_true(n > 5); /* it was asked often */
    scene_clear(&scene);
}

static void a_run_without_an_epoch_has_little_to_tell(void **state)
{
    (void)state;
    struct scene scene;
    struct count count;
    scene_init(&scene, 0.0004, 1);
    memcpy(scene.parameters, scene.start, sizeof scene.start);
    scene.subject.state.epoch = 0;
    scene.subject.printed_loss = NAN;
    assert_int_equal(explain(&scene, EXPLAIN_FULL, &count, NULL), 0);
    assert_null(strstr(count.codes, "FP_STALL "));
    assert_null(strstr(count.codes, "PRINTED_LOSS_IS_MOVING "));
    scene_clear(&scene);
}

static void a_wrong_gradient_is_said_to_be_a_fault_of_the_server(void **state)
{
    (void)state;
    struct scene scene;
    struct examination it;
    struct verdict *verdict = &it.verdicts[CODE_GRADIENT_CHECK];
    scene_init(&scene, 0.0004, 40);
    assert_int_equal(examination_init(&it, &scene.subject, scene.floors, EXPLAIN_END, NULL), 0);
    assert_int_equal(gradient_check_find(&it, NULL), 0);
    assert_true(verdict->has_fired);
    assert_int_equal(verdict->severity, SEVERITY_OK);
    static const double FACTORS[] = {1.0 + 1e-7, 1.01, 0.5, -1.0};
    double right = it.gradient[1];
    for (size_t i = 0; i < sizeof FACTORS / sizeof *FACTORS; i++) {
        it.gradient[1] = right * FACTORS[i];
        assert_int_equal(gradient_check_find(&it, NULL), 0);
        assert_int_equal(verdict->severity, SEVERITY_ERROR);
        assert_int_equal(it.check.worst, 1);
    }
    examination_clear(&it);
    scene_clear(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_is_whole_at_every_depth),
        cmocka_unit_test(without_memory_nothing_is_told),
        cmocka_unit_test(a_glance_without_memory_says_so),
        cmocka_unit_test(a_glance_remembers_nothing_of_the_one_before),
        cmocka_unit_test(a_stop_ends_it_wherever_it_comes),
        cmocka_unit_test(a_run_without_an_epoch_has_little_to_tell),
        cmocka_unit_test(a_wrong_gradient_is_said_to_be_a_fault_of_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
