/* Checkpoints: resuming gives the undisturbed run's bits in any company; damage is noticed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/train/block/block.h"
#include "tests/core/reference.h"

enum { EPOCHS = 24, SAMPLES = 7, PARAMETERS_MAX = 32 };

static const struct network network = {
    .n_inputs = 2, .n_layers = 2, .layers = {{3, ACTIVATION_TANH}, {2, ACTIVATION_LINEAR}}};

/* What every run of a test has in common, and its sixteen runs. */
struct field {
    struct dataset *dataset;
    struct training trainings[BLOCK_RUNS_MAX];
    double *starts[BLOCK_RUNS_MAX];
    double losses[BLOCK_RUNS_MAX][EPOCHS]; /* undisturbed; NaN after the end */
    double ends[BLOCK_RUNS_MAX][PARAMETERS_MAX];
    struct block_state states[BLOCK_RUNS_MAX];
};

/* Each run is trained as `base`, but for its rate; every fifth one diverges if it can. */
static void field_init_as(struct field *field, const struct training *base)
{
    struct rng rng;
    rng_seed(&rng, 51);
    field->dataset = reference_dataset(&rng, &network, SAMPLES);
    for (int i = 0; i < BLOCK_RUNS_MAX; i++) {
        field->trainings[i] = *base;
        field->trainings[i].learning_rate = i % 5 == 4 ? 1e90 : 0.01 * (i + 1);
        field->starts[i] = reference_parameters(&rng, &network, 1.0);
        size_t bytes = network_n_parameters(&network) * sizeof(double);
        assert_true(bytes <= sizeof field->ends[i]);
        memcpy(field->ends[i], field->starts[i], bytes);
        double losses[EPOCHS];
        field->states[i] =
            reference_train(&network, field->dataset, &field->trainings[i], field->ends[i], losses);
        for (int e = 0; e < EPOCHS; e++) {
            field->losses[i][e] = e < field->states[i].epoch ? losses[e] : NAN;
        }
    }
}

static struct training plain(enum arithmetic arithmetic, size_t batch_size, enum order order)
{
    return (struct training){.arithmetic = arithmetic,
                             .batch_size = batch_size,
                             .reduction = REDUCTION_MEAN,
                             .order = order,
                             .order_seed = 8,
                             .epochs = EPOCHS};
}

static void field_init(struct field *field, enum arithmetic arithmetic, size_t batch_size,
                       enum order order)
{
    struct training base = plain(arithmetic, batch_size, order);
    field_init_as(field, &base);
}

static void field_clear(struct field *field)
{
    dataset_destroy(field->dataset);
    for (int i = 0; i < BLOCK_RUNS_MAX; i++) {
        free(field->starts[i]);
    }
}

static struct block *block_of(const struct field *field, const int *members, int n)
{
    struct block_run runs[BLOCK_RUNS_MAX] = {{NULL, NULL}};
    for (int i = 0; i < n; i++) {
        runs[i] = (struct block_run){&field->trainings[members[i]], field->starts[members[i]]};
    }
    struct block *block = block_create(&network, field->dataset, runs, n, NULL);
    assert_non_null(block);
    return block;
}

/* Checks n_epochs rows of losses from `first` on (0-based) for the members. */
static void check_losses(const struct field *field, const int *members, int n, int64_t first,
                         int64_t n_epochs, const double *losses)
{
    for (int i = 0; i < n; i++) {
        for (int64_t e = 0; e < n_epochs; e++) {
            assert_same_double(losses[e * n + i], field->losses[members[i]][first + e], "loss");
        }
    }
}

/* Trains members from their checkpoints (NULL: from the start) to `epoch`, and saves them. */
static void leg(const struct field *field, const int *members, int n, void **checkpoints,
                int64_t from, int64_t to)
{
    double losses[EPOCHS * BLOCK_RUNS_MAX];
    struct block *block = block_of(field, members, n);
    size_t bytes[BLOCK_RUNS_MAX];
    const void *loaded[BLOCK_RUNS_MAX];
    for (int i = 0; i < n; i++) {
        bytes[i] = block_checkpoint_bytes(block);
        loaded[i] = checkpoints[members[i]];
    }
    struct error error = ERROR_INIT;
    if (loaded[0] && block_load(block, loaded, bytes, &error) != 0) {
        fail_msg("%s", error.text);
    }
    int64_t done = block_train(block, INT64_MAX, to - from, losses);
    check_losses(field, members, n, from, done, losses);
    for (int i = 0; i < n; i++) {
        checkpoints[members[i]] = realloc(checkpoints[members[i]], bytes[i]);
        block_save(block, i, checkpoints[members[i]]);
    }
    block_destroy(block);
}

static void check_ends(const struct field *field, void **checkpoints, size_t bytes)
{
    for (int i = 0; i < BLOCK_RUNS_MAX; i++) {
        double end[PARAMETERS_MAX];
        struct block_state state;
        struct error error = ERROR_INIT;
        if (block_read_checkpoint(&network, checkpoints[i], bytes, &state, end, &error) != 0) {
            fail_msg("%s", error.text);
        }
        assert_int_equal(state.status, field->states[i].status);
        assert_int_equal(state.epoch, field->states[i].epoch);
        assert_int_equal(state.diverged_epoch, field->states[i].diverged_epoch);
        assert_int_equal(state.diverged_sample, field->states[i].diverged_sample);
        assert_same_doubles(end, field->ends[i], network_n_parameters(&network), "parameters");
        free(checkpoints[i]);
    }
}

/* Sixteen together, then in fours that are strangers to each other, then one by one, then all. */
static void regroup(const struct training *base)
{
    struct field field;
    void *checkpoints[BLOCK_RUNS_MAX] = {NULL};
    int all[BLOCK_RUNS_MAX];
    field_init_as(&field, base);
    for (int i = 0; i < BLOCK_RUNS_MAX; i++) {
        all[i] = i;
    }
    leg(&field, all, BLOCK_RUNS_MAX, checkpoints, 0, 5);
    for (int i = 0; i < 4; i++) {
        const int strangers[] = {12 + i, i, 8 + i, 4 + i};
        leg(&field, strangers, 4, checkpoints, 5, 11);
    }
    for (int i = 0; i < BLOCK_RUNS_MAX; i++) {
        leg(&field, &all[i], 1, checkpoints, 11, 12);
    }
    leg(&field, all, 9, checkpoints, 12, EPOCHS);
    leg(&field, all + 9, BLOCK_RUNS_MAX - 9, checkpoints, 12, EPOCHS);
    struct block *any = block_of(&field, all, 1);
    check_ends(&field, checkpoints, block_checkpoint_bytes(any));
    block_destroy(any);
    field_clear(&field);
}

static void resumed_in_other_company_every_run_keeps_its_bits(void **state)
{
    (void)state;
    static const size_t batch_sizes[] = {1, 3, SAMPLES};
    for (int i = 0; i < 12; i++) {
        struct training base =
            plain((enum arithmetic)(i / 6), batch_sizes[i / 2 % 3], (enum order)(i % 2));
        regroup(&base);
    }
}

static void every_optimizer_and_schedule_goes_on_with_its_bits(void **state)
{
    (void)state;
    static const double settings[SETTING_COUNT] = {0.9, 0.99, 0.9, 0.999, 1e-8, 0.01, 0.001, 0.5, 1};
    for (int i = 0; i < 2 * OPTIMIZER_COUNT; i++) {
        struct training base = plain((enum arithmetic)(i / 3 % 2), i % 2 ? 1 : 4, ORDER_SHUFFLE);
        base.optimizer = (enum optimizer)(i / 2);
        memcpy(base.settings, settings, sizeof settings);
        for (int k = SETTING_WEIGHT_DECAY; i % 2 && k < SETTING_COUNT; k++) {
            base.settings[k] = 0; /* no penalty, no limit */
        }
        base.schedule = (struct schedule){.kind = (enum schedule_kind)(i % SCHEDULE_COUNT),
                                          .every = 2,
                                          .factor = 0.9,
                                          .final = 0.001,
                                          .patience = 1,
                                          .threshold = 0.01,
                                          .warmup_epochs = i % 3};
        regroup(&base);
    }
}

static int is_running_before(const struct block *block, int64_t epoch)
{
    struct block_state state = block_state(block, 0);
    return state.status == BLOCK_RUNNING && state.epoch < epoch;
}

/* A checkpoint says nothing of its block: the same bytes from every one. */
static void checkpoints_do_not_depend_on_company_or_cuts(void **state)
{
    (void)state;
    struct field field;
    field_init(&field, ARITHMETIC_EXACT, 3, ORDER_SHUFFLE);
    const int all[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct block *together = block_of(&field, all, BLOCK_RUNS_MAX);
    size_t n_bytes = block_checkpoint_bytes(together);
    unsigned char *a = malloc(n_bytes), *b = malloc(n_bytes);
    double losses[EPOCHS * BLOCK_RUNS_MAX];
    block_train(together, INT64_MAX, 9, losses);
    for (int i = 0; i < BLOCK_RUNS_MAX; i++) {
        struct block *alone = block_of(&field, &all[i], 1);
        for (int calls = 0; is_running_before(alone, 9) && calls < 100; calls++) {
            block_train(alone, 2, 1, losses);
        }
        memset(a, 1, n_bytes);
        memset(b, 2, n_bytes);
        block_save(together, i, a);
        block_save(alone, 0, b);
        assert_memory_equal(a, b, n_bytes);
        block_destroy(alone);
    }
    free(a);
    free(b);
    block_destroy(together);
    field_clear(&field);
}

static void fresh_block_can_be_saved_and_a_done_one_loaded(void **state)
{
    (void)state;
    struct field field;
    field_init(&field, ARITHMETIC_EXACT, 1, ORDER_SHUFFLE);
    const int first = 0;
    void *checkpoints[BLOCK_RUNS_MAX] = {NULL};
    leg(&field, &first, 1, checkpoints, 0, 0);
    leg(&field, &first, 1, checkpoints, 0, EPOCHS);
    struct block *block = block_of(&field, &first, 1);
    const void *checkpoint = checkpoints[0];
    size_t bytes = block_checkpoint_bytes(block);
    assert_int_equal(block_load(block, &checkpoint, &bytes, NULL), 0);
    assert_int_equal(block_state(block, 0).status, BLOCK_DONE);
    double loss;
    assert_int_equal(block_train(block, INT64_MAX, 1, &loss), 0);
    free(checkpoints[0]);
    block_destroy(block);
    field_clear(&field);
}

/* Orders are drawn ahead in windows; here every one is short, and the run resumes in a late one. */
static void shuffled_orders_go_on_far_from_the_start(void **state)
{
    (void)state;
    enum { MANY = 2100, LATE = 9 };
    struct rng rng;
    rng_seed(&rng, 52);
    struct dataset *dataset = reference_dataset(&rng, &network, MANY);
    double *start = reference_parameters(&rng, &network, 1.0);
    struct training training = {.learning_rate = 1e-3,
                                .batch_size = 1,
                                .order = ORDER_SHUFFLE,
                                .order_seed = 4,
                                .epochs = LATE};
    const struct block_run run = {&training, start};
    double losses[LATE], resumed[LATE];
    unsigned char bytes[4096];
    struct block *block = block_create(&network, dataset, &run, 1, NULL);
    size_t n_bytes = block_checkpoint_bytes(block);
    assert_true(n_bytes <= sizeof bytes);
    for (int64_t e = 0; e < LATE; e++) {
        struct block *other = block_create(&network, dataset, &run, 1, NULL);
        const void *checkpoint = bytes;
        block_save(block, 0, bytes);
        assert_int_equal(block_load(other, &checkpoint, &n_bytes, NULL), 0);
        assert_int_equal(block_train(block, INT64_MAX, 1, &losses[e]), 1);
        assert_int_equal(block_train(other, INT64_MAX, 1, &resumed[e]), 1);
        block_destroy(other);
    }
    assert_same_doubles(resumed, losses, LATE, "losses");
    reference_train(&network, dataset, &training, start, resumed);
    assert_same_doubles(losses, resumed, LATE, "losses");
    block_destroy(block);
    dataset_destroy(dataset);
    free(start);
}

/* The bytes of a checkpoint of run 0 after one epoch; the caller frees them. */
static unsigned char *one_checkpoint(const struct field *field, size_t *out_bytes)
{
    const int first = 0;
    double loss;
    struct block *block = block_of(field, &first, 1);
    block_train(block, INT64_MAX, 1, &loss);
    *out_bytes = block_checkpoint_bytes(block);
    unsigned char *bytes = malloc(*out_bytes);
    block_save(block, 0, bytes);
    block_destroy(block);
    return bytes;
}

static void assert_refused(const struct network *other, const void *bytes, size_t n_bytes)
{
    struct error error = ERROR_INIT;
    struct block_state found;
    double parameters[PARAMETERS_MAX];
    assert_int_equal(block_read_checkpoint(other, bytes, n_bytes, &found, parameters, &error), -1);
    assert_int_equal(error.kind, ERROR_INVALID);
    assert_true(strlen(error.text) > 10);
}

static void every_damaged_byte_and_length_is_noticed(void **state)
{
    (void)state;
    struct field field;
    size_t n_bytes;
    field_init(&field, ARITHMETIC_EXACT, 1, ORDER_SHUFFLE);
    unsigned char *bytes = one_checkpoint(&field, &n_bytes);
    for (size_t i = 0; i < n_bytes; i++) {
        for (int bit = 0; bit < 8; bit += 3) {
            bytes[i] ^= (unsigned char)(1 << bit);
            assert_refused(&network, bytes, n_bytes);
            bytes[i] ^= (unsigned char)(1 << bit);
        }
    }
    for (size_t n = 0; n < n_bytes; n++) {
        unsigned char *cut = malloc(n);
        memcpy(cut, bytes, n);
        assert_refused(&network, cut, n); /* under ASan: nothing is read beyond */
        free(cut);
    }
    struct block_state found;
    assert_int_equal(block_read_checkpoint(&network, bytes, n_bytes, &found, NULL, NULL), 0);
    assert_int_equal(found.epoch, 1);
    free(bytes);
    field_clear(&field);
}

static void other_networks_checkpoints_are_refused(void **state)
{
    (void)state;
    struct field field;
    size_t n_bytes;
    field_init(&field, ARITHMETIC_EXACT, 1, ORDER_FIXED);
    unsigned char *bytes = one_checkpoint(&field, &n_bytes);
    struct network other = network;
    other.layers[0].activation = ACTIVATION_SIGMOID; /* the same size */
    assert_refused(&other, bytes, n_bytes);
    other = network;
    other.layers[0].units = 2;
    assert_refused(&other, bytes, n_bytes);
    free(bytes);
    field_clear(&field);
}

/* Loads run 0's checkpoint and expects a refusal that leaves the block as it was. */
static void assert_not_loaded(struct block *block, const void *bytes, size_t n_bytes)
{
    struct error error = ERROR_INIT;
    double before[PARAMETERS_MAX], after[PARAMETERS_MAX];
    block_parameters(block, 0, before);
    assert_int_equal(block_load(block, &bytes, &n_bytes, &error), -1);
    assert_int_equal(error.kind, ERROR_INVALID);
    assert_non_null(strstr(error.text, "run 0"));
    block_parameters(block, 0, after);
    assert_same_doubles(after, before, network_n_parameters(&network), "parameters");
    assert_int_equal(block_state(block, 0).epoch, 0);
    block_destroy(block);
}

static void checkpoints_of_other_trainings_are_refused(void **state)
{
    (void)state;
    struct field field;
    size_t n_bytes;
    const int first = 0;
    field_init(&field, ARITHMETIC_EXACT, 1, ORDER_SHUFFLE);
    unsigned char *bytes = one_checkpoint(&field, &n_bytes);
    field.trainings[0].epochs = 1; /* as far as it goes: fine */
    const void *checkpoint = bytes;
    struct block *block = block_of(&field, &first, 1);
    assert_int_equal(block_load(block, &checkpoint, &n_bytes, NULL), 0);
    assert_int_equal(block_state(block, 0).status, BLOCK_DONE);
    block_destroy(block);
    field.trainings[0].order_seed = 9;
    assert_not_loaded(block_of(&field, &first, 1), bytes, n_bytes);
    field.trainings[0].order_seed = 8;
    field.trainings[0].order = ORDER_FIXED;
    assert_not_loaded(block_of(&field, &first, 1), bytes, n_bytes);
    field.trainings[0].order = ORDER_SHUFFLE;
    field.trainings[0].arithmetic = ARITHMETIC_FAST;
    assert_not_loaded(block_of(&field, &first, 1), bytes, n_bytes);
    field.trainings[0].arithmetic = ARITHMETIC_EXACT;
    field.dataset->n_samples--;
    assert_not_loaded(block_of(&field, &first, 1), bytes, n_bytes);
    field.dataset->n_samples++;
    free(bytes);
    field_clear(&field);
}

static void checkpoints_beyond_the_last_epoch_are_refused(void **state)
{
    (void)state;
    struct field field;
    const int first = 0;
    void *checkpoints[BLOCK_RUNS_MAX] = {NULL};
    field_init(&field, ARITHMETIC_EXACT, 1, ORDER_FIXED);
    leg(&field, &first, 1, checkpoints, 0, 3);
    field.trainings[0].epochs = 2;
    struct block *block = block_of(&field, &first, 1);
    assert_not_loaded(block, checkpoints[0], block_checkpoint_bytes(block));
    free(checkpoints[0]);
    field_clear(&field);
}

static void runs_of_different_epochs_are_not_loaded_together(void **state)
{
    (void)state;
    struct field field;
    const int pair[] = {0, 1};
    void *checkpoints[BLOCK_RUNS_MAX] = {NULL};
    field_init(&field, ARITHMETIC_EXACT, 1, ORDER_FIXED);
    leg(&field, &pair[0], 1, checkpoints, 0, 2);
    leg(&field, &pair[1], 1, checkpoints, 0, 3);
    struct block *block = block_of(&field, pair, 2);
    const size_t bytes[] = {block_checkpoint_bytes(block), block_checkpoint_bytes(block)};
    struct error error = ERROR_INIT;
    assert_int_equal(block_load(block, (const void *const *)checkpoints, bytes, &error), -1);
    assert_string_equal(error.text,
                        "run 1: the checkpoint is of epoch 3, expected 2 as the others");
    block_destroy(block);
    free(checkpoints[0]);
    free(checkpoints[1]);
    field_clear(&field);
}

static void put_sum(unsigned char *bytes, size_t n)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < n; i++) {
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    for (int i = 0; i < 8; i++) {
        bytes[n + (size_t)i] = (unsigned char)(sum >> (8 * i));
    }
}

static const struct network line = {
    .n_inputs = 1, .n_layers = 1, .layers = {{1, ACTIVATION_LINEAR}}};

/* Two samples, and two parameters that were 1.5 and -2. */
static struct block *line_block(const struct training *training, struct dataset **out_dataset)
{
    const double start[] = {1.5, -2.0};
    const struct block_run run = {training, start};
    *out_dataset = dataset_create(2, 1, 1, NULL);
    struct block *block = block_create(&line, *out_dataset, &run, 1, NULL);
    assert_non_null(block);
    return block;
}

/* The bytes are a promise to stored data: a tiny run, written out. */
static void bytes_are_those_of_version_3(void **state)
{
    (void)state;
    /* clang-format off */
    static const unsigned char expected[] = {
        'D', 'S', 'C', 'K', 3, 0, 0, 0,                                   /* version */
        's', 'g', 'd', 0, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 0, 0, 0, 1, 0, 0, 0,                                           /* 1 input, 1 layer */
        1, 0, 0, 0, 'l', 'i', 'n', 'e', 'a', 'r', 0, 0, 0, 0, 0, 0,       /* 1 unit, linear */
        2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                   /* 2 samples, fixed */
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                               /* running, epoch 0 */
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                   /* not diverged */
        2, 0, 0, 0, 0, 0, 0, 0,                                           /* 2 parameters */
        0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0,          /* 1.5, -2.0 */
        0, 0, 0, 0,                                                       /* not stopped */
        0, 0, 0, 0, 0, 0, 0xf0, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0,             /* best inf, waited 0 */
        0, 0, 0, 0, 0, 0, 0xf0, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0,             /* best inf, waited 0 */
        0, 0, 0, 0, 0, 0, 0xf0, 0x3f,                                     /* rate 1 */
    };
    /* clang-format on */
    const struct training training = {.learning_rate = 1, .batch_size = 1, .epochs = 9};
    struct dataset *dataset;
    struct block *block = line_block(&training, &dataset);
    unsigned char bytes[sizeof expected + 8], whole[sizeof bytes];
    assert_int_equal(block_checkpoint_bytes(block), sizeof bytes);
    memcpy(whole, expected, sizeof expected);
    put_sum(whole, sizeof expected);
    block_save(block, 0, bytes);
    assert_memory_equal(bytes, whole, sizeof whole);
    block_destroy(block);
    dataset_destroy(dataset);
}

/* A run after 3 epochs as version 1 and, with momentum, version 2 wrote it. */
static size_t old_bytes(int version, unsigned char *bytes)
{
    /* clang-format off */
    static const unsigned char head[] = {'D', 'S', 'C', 'K'};
    static const unsigned char name[] = {'m', 'o', 'm', 'e', 'n', 't', 'u', 'm', 0, 0, 0, 0};
    static const unsigned char body[] = {
        1, 0, 0, 0, 1, 0, 0, 0,
        1, 0, 0, 0, 'l', 'i', 'n', 'e', 'a', 'r', 0, 0, 0, 0, 0, 0,
        2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        2, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0,
    };
    static const unsigned char memory[] = {
        0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 0, 0, 0, 0, 0, 0, 0xd0, 0x3f}; /* 0.5, 0.25 */
    /* clang-format on */
    const unsigned char number[] = {(unsigned char)version, 0, 0, 0};
    size_t n = 0;
    memcpy(bytes + n, head, sizeof head), n += sizeof head;
    memcpy(bytes + n, number, sizeof number), n += sizeof number;
    if (version == 2) {
        memcpy(bytes + n, name, sizeof name), n += sizeof name;
    }
    memcpy(bytes + n, body, sizeof body), n += sizeof body;
    if (version == 2) {
        memcpy(bytes + n, memory, sizeof memory), n += sizeof memory;
    }
    put_sum(bytes, n);
    return n + 8;
}

static void versions_1_and_2_go_on(void **state)
{
    (void)state;
    for (int version = 1; version <= 2; version++) {
        struct training training = {.learning_rate = 0.5, .batch_size = 1, .epochs = 9};
        unsigned char bytes[300];
        const void *checkpoint = bytes;
        size_t n_bytes = old_bytes(version, bytes);
        struct dataset *dataset;
        double parameters[2], loss;
        if (version == 2) {
            training.optimizer = OPTIMIZER_MOMENTUM;
            training.settings[SETTING_MOMENTUM] = 0.5;
        }
        struct block *block = line_block(&training, &dataset);
        assert_int_equal(block_load(block, &checkpoint, &n_bytes, NULL), 0);
        assert_int_equal(block_state(block, 0).epoch, 3);
        assert_int_equal(block_train(block, INT64_MAX, 1, &loss), 1);
        assert_int_equal(block_state(block, 0).epoch, 4);
        block_parameters(block, 0, parameters);
        double b = -2, v = 0.25; /* features and targets are 0; v of the descent, -2 b */
        for (int i = 0; i < 2; i++) {
            v = version == 2 ? 0.5 * v - 2 * b : -2 * b;
            b += 0.5 * v;
        }
        assert_same_double(parameters[1], b, "bias");
        block_destroy(block);
        dataset_destroy(dataset);
    }
}

static void versions_1_and_2_do_not_tell_what_was_monitored(void **state)
{
    (void)state;
    const struct training training = {
        .learning_rate = 1, .batch_size = 1, .epochs = 9, .stop = {.patience = 3}};
    unsigned char bytes[300];
    const void *checkpoint = bytes;
    size_t n_bytes = old_bytes(1, bytes);
    struct dataset *dataset;
    struct block *block = line_block(&training, &dataset);
    struct error error = ERROR_INIT;
    assert_int_equal(block_load(block, &checkpoint, &n_bytes, &error), -1);
    assert_string_equal(error.text, "run 0: the checkpoint does not tell what was monitored");
    block_destroy(block);
    dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumed_in_other_company_every_run_keeps_its_bits),
        cmocka_unit_test(every_optimizer_and_schedule_goes_on_with_its_bits),
        cmocka_unit_test(checkpoints_do_not_depend_on_company_or_cuts),
        cmocka_unit_test(fresh_block_can_be_saved_and_a_done_one_loaded),
        cmocka_unit_test(shuffled_orders_go_on_far_from_the_start),
        cmocka_unit_test(checkpoints_beyond_the_last_epoch_are_refused),
        cmocka_unit_test(every_damaged_byte_and_length_is_noticed),
        cmocka_unit_test(other_networks_checkpoints_are_refused),
        cmocka_unit_test(checkpoints_of_other_trainings_are_refused),
        cmocka_unit_test(runs_of_different_epochs_are_not_loaded_together),
        cmocka_unit_test(bytes_are_those_of_version_3),
        cmocka_unit_test(versions_1_and_2_go_on),
        cmocka_unit_test(versions_1_and_2_do_not_tell_what_was_monitored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
