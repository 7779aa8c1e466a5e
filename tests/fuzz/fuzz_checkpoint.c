/* Any bytes as a checkpoint: refused, or a block goes on from it and saves the same again.
 *
 * The first byte says for which block; the rest is the checkpoint. Unless that byte says not to,
 * its sum is made right, since no search finds a right sum by itself. */
#include <string.h>

#include "core/train/block/block.h"
#include "tests/fuzz/fuzz.h"

enum { IS_SHUFFLED = 1, IS_DEEP = 2, KEEPS_SUM = 4, IS_WATCHED = 8 };
enum { SUM_BYTES = 8, N_SAMPLES = 3, EPOCHS = 9, PARAMETERS_MAX = 64 };

static const struct network shallow = {
    .n_inputs = 2, .n_layers = 2, .layers = {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
static const struct network deep = {
    .n_inputs = 2,
    .n_layers = 3,
    .layers = {{3, ACTIVATION_TANH}, {2, ACTIVATION_SIGMOID}, {1, ACTIVATION_LEAKY_RELU}}};

static const struct dataset *dataset(void)
{
    static double features[2 * N_SAMPLES] = {0, 1, 2, -1, 0.25, 3}, targets[N_SAMPLES] = {1, -2, 3};
    static const struct dataset whole = {.n_samples = N_SAMPLES, .n_features = 2, .n_targets = 1,
                                         .features = features, .targets = targets};
    return &whole;
}

/* A watched one remembers its best losses, and draws with replacement. */
static struct block *make_block(const struct network *network, int flags)
{
    struct training training = {.gradient = GRADIENT_HALF,
                                .learning_rate = 0.01,
                                .batch_size = 1,
                                .order = flags & IS_SHUFFLED ? ORDER_SHUFFLE : ORDER_FIXED,
                                .order_seed = flags & (IS_SHUFFLED | IS_WATCHED) ? 5 : 0,
                                .epochs = EPOCHS};
    if (flags & IS_WATCHED) {
        training.order = ORDER_WITH_REPLACEMENT;
        training.monitor = SERIES_END_LOSS;
        training.stop = (struct stop){.patience = 3, .has_target = 1, .target = 0.5};
        training.schedule =
            (struct schedule){.kind = SCHEDULE_REDUCE_ON_PLATEAU, .factor = 0.5, .patience = 1};
    }
    double parameters[PARAMETERS_MAX];
    struct error error = ERROR_INIT;
    for (int i = 0; i < PARAMETERS_MAX; i++)
        parameters[i] = 0.1 * (i % 7) - 0.25;
    struct block_run run = {&training, parameters};
    struct block *block = block_create(network, dataset(), &run, 1, &error);
    FUZZ_CHECK(block != NULL);
    return block;
}

/* FNV-1a, as checkpoint.h says. */
static void make_sum_right(uint8_t *bytes, size_t n_bytes)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    if (n_bytes < SUM_BYTES)
        return;
    for (size_t i = 0; i < n_bytes - SUM_BYTES; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < SUM_BYTES; i++)
        bytes[n_bytes - SUM_BYTES + i] = (uint8_t)(sum >> (8 * i));
}

static int load(struct block *block, const void *bytes, size_t n_bytes)
{
    struct error error = ERROR_INIT;
    if (block_load(block, &bytes, &n_bytes, &error) == 0)
        return 0;
    FUZZ_CHECK(error.kind == ERROR_INVALID && error.text[0] != '\0');
    return -1;
}

static uint8_t *save(const struct block *block, size_t *out_n_bytes)
{
    *out_n_bytes = block_checkpoint_bytes(block);
    uint8_t *bytes = malloc(*out_n_bytes);
    FUZZ_CHECK(bytes != NULL);
    block_save(block, 0, bytes);
    return bytes;
}

/* Whether a run is done is for the block to say: it knows for how many epochs it trains. */
static void check_same_state(struct block_state a, struct block_state b)
{
    FUZZ_CHECK((a.status == BLOCK_DIVERGED) == (b.status == BLOCK_DIVERGED));
    FUZZ_CHECK(a.stopped == b.stopped);
    FUZZ_CHECK(a.epoch == b.epoch);
    FUZZ_CHECK(a.diverged_epoch == b.diverged_epoch && a.diverged_sample == b.diverged_sample);
}

/* What it loaded, it saves; what it saved, it loads to the same; and it trains to its end. */
static void check_goes_on(struct block *block)
{
    double records[EPOCHS * SERIES_COUNT];
    size_t n_first, n_second;
    struct block_state state = block_state(block, 0);
    FUZZ_CHECK(state.epoch >= 0 && state.epoch <= EPOCHS && block_at_epoch_end(block));
    uint8_t *first = save(block, &n_first);
    FUZZ_CHECK(load(block, first, n_first) == 0);
    check_same_state(state, block_state(block, 0));
    uint8_t *second = save(block, &n_second);
    FUZZ_CHECK(n_first == n_second && memcmp(first, second, n_first) == 0);
    int64_t n = block_train(block, INT64_MAX, EPOCHS, records);
    FUZZ_CHECK(n >= 0 && n <= EPOCHS - state.epoch);
    FUZZ_CHECK(block_state(block, 0).status != BLOCK_RUNNING);
    free(first);
    free(second);
}

/* Whatever is refused leaves the block as it was. */
static void check_untouched(struct block *block, const uint8_t *before)
{
    size_t n;
    uint8_t *after = save(block, &n);
    FUZZ_CHECK(memcmp(before, after, n) == 0);
    free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    if (n_bytes == 0)
        return 0;
    int flags = bytes[0];
    size_t n = n_bytes - 1, n_before;
    uint8_t *copy = malloc(n > 0 ? n : 1); /* of exactly this size: reading beyond is noticed */
    FUZZ_CHECK(copy != NULL);
    memcpy(copy, bytes + 1, n);
    if (!(flags & KEEPS_SUM))
        make_sum_right(copy, n);
    const struct network *network = flags & IS_DEEP ? &deep : &shallow;
    struct block *block = make_block(network, flags);
    uint8_t *before = save(block, &n_before);
    struct block_state state;
    struct error error = ERROR_INIT;
    double parameters[PARAMETERS_MAX];
    int is_read = block_read_checkpoint(network, copy, n, &state, parameters, &error) == 0;
    FUZZ_CHECK(is_read || error.kind == ERROR_INVALID);
    if (load(block, copy, n) != 0) {
        check_untouched(block, before);
    } else {
        FUZZ_CHECK(is_read);
        check_same_state(state, block_state(block, 0));
        check_goes_on(block);
    }
    free(before);
    block_destroy(block);
    free(copy);
    return 0;
}
