/* Checkpoints to and from bytes.
 *
 * DESIGN. One walk over the fields serves both directions: a cursor either writes a value or reads
 * it. So the two can't drift apart, and the size is the length of a walk that does neither. */
#include "core/train/checkpoint/checkpoint.h"

#include <math.h>
#include <string.h>

#include "core/train/checkpoint/cursor.h"

enum { VERSION_PLAIN = 1, VERSION_MEMORY = 2, VERSION = 3 };
enum { KEY_WORDS = 624, SUM_BYTES = 8 };
enum { IS_SHUFFLED = 1, IS_FAST = 2, IS_REPLACED = 4 }; /* flags */

static const uint32_t magic = 'D' | 'S' << 8 | 'C' << 16 | (uint32_t)'K' << 24;

static int walk_network(struct cursor *cursor, const struct network *network)
{
    int is_same = cursor_number_of(cursor, (uint32_t)network->n_inputs);
    is_same &= cursor_number_of(cursor, (uint32_t)network->n_layers);
    for (int l = 0; is_same && l < network->n_layers; l++) {
        is_same &= cursor_number_of(cursor, (uint32_t)network->layers[l].units);
        is_same &= cursor_name(cursor, activation_name(network->layers[l].activation));
    }
    return is_same;
}

static void walk_state(struct cursor *cursor, struct block_state *state)
{
    uint32_t status = (uint32_t)state->status;
    cursor_u32(cursor, &status);
    cursor->is_odd |= status > BLOCK_DIVERGED;
    state->status = status <= BLOCK_DIVERGED ? (enum block_status)status : BLOCK_RUNNING;
    cursor_i64(cursor, &state->epoch);
    cursor_i64(cursor, &state->diverged_epoch);
    cursor_i64(cursor, &state->diverged_sample);
    if (cursor->in != NULL)
        state->diverged_position = status == BLOCK_DIVERGED ? -1 : 0;
}

static void walk_training(struct cursor *cursor, struct checkpoint *checkpoint)
{
    static const uint32_t order_flags[ORDER_COUNT] = {
        [ORDER_SHUFFLE] = IS_SHUFFLED, [ORDER_WITH_REPLACEMENT] = IS_REPLACED};
    uint32_t flags = order_flags[checkpoint->order];
    flags |= checkpoint->arithmetic == ARITHMETIC_FAST ? IS_FAST : 0;
    cursor_u64(cursor, &checkpoint->n_samples);
    cursor_u32(cursor, &flags);
    cursor_u32(cursor, &checkpoint->order_seed);
    checkpoint->order = flags & IS_REPLACED   ? ORDER_WITH_REPLACEMENT
                        : flags & IS_SHUFFLED ? ORDER_SHUFFLE
                                              : ORDER_FIXED;
    checkpoint->arithmetic = flags & IS_FAST ? ARITHMETIC_FAST : ARITHMETIC_EXACT;
    cursor->is_odd |= (flags & ~(uint32_t)IS_FAST) != order_flags[checkpoint->order];
    cursor->is_odd |= checkpoint->order == ORDER_FIXED && checkpoint->order_seed != 0;
}

static void walk_generator(struct cursor *cursor, struct rng *generator)
{
    for (int i = 0; i < KEY_WORDS; i++) {
        cursor_u32(cursor, &generator->key[i]);
    }
    cursor_i32(cursor, &generator->position);
    cursor_i32(cursor, &generator->has_normal);
    cursor_double(cursor, &generator->normal);
}

/* What versions before 3 don't have. */
static void walk_watch(struct cursor *cursor, struct checkpoint *checkpoint)
{
    uint32_t stopped = (uint32_t)checkpoint->state.stopped;
    cursor_u32(cursor, &stopped);
    cursor->is_odd |= stopped >= STOPPED_COUNT;
    checkpoint->state.stopped = stopped < STOPPED_COUNT ? (enum stopped)stopped : STOPPED_NOT;
    cursor_double(cursor, &checkpoint->watch.stop.best);
    cursor_i64(cursor, &checkpoint->watch.stop.waited);
    cursor_double(cursor, &checkpoint->watch.plateau.best);
    cursor_i64(cursor, &checkpoint->watch.plateau.waited);
    cursor_double(cursor, &checkpoint->watch.plateau.rate);
}

/* The first fields; a reader goes on only if they are its own. */
static int walk_head(struct cursor *cursor, const struct network *network, enum optimizer optimizer)
{
    int is_ours = cursor_number_of(cursor, magic);
    is_ours &= cursor_number_of(cursor, (uint32_t)cursor->version);
    if (cursor->version != VERSION_PLAIN) {
        is_ours = is_ours && cursor_name(cursor, optimizer_name(optimizer));
    }
    return is_ours && walk_network(cursor, network);
}

/* A name, whichever it is. */
static void read_name(struct cursor *cursor, char out[CURSOR_NAME_BYTES + 1])
{
    for (int i = 0; i < CURSOR_NAME_BYTES; i++) {
        out[i] = (char)cursor_bytes(cursor, 1, 0);
    }
    out[CURSOR_NAME_BYTES] = '\0';
}

/* A layer; 0 if there is none like that. */
static int read_layer(struct cursor *cursor, struct layer *out)
{
    char name[CURSOR_NAME_BYTES + 1];
    uint32_t units = (uint32_t)cursor_bytes(cursor, 4, 0);
    read_name(cursor, name);
    int activation = activation_find(name);
    *out = (struct layer){(int)units, (enum activation)activation};
    return activation >= 0 && units >= 1 && units <= NETWORK_UNITS_MAX;
}

/* The head of any network's; returns the version, 0 if it is none of these. */
static int read_head(const void *bytes, size_t n_bytes, struct network *out_network,
                     enum optimizer *out_optimizer)
{
    struct cursor cursor = {.in = bytes, .n_bytes = n_bytes};
    char name[CURSOR_NAME_BYTES + 1];
    int is_ours = cursor_number_of(&cursor, magic);
    uint32_t version = (uint32_t)cursor_bytes(&cursor, 4, 0);
    enum optimizer optimizer = OPTIMIZER_SGD;
    if (version != VERSION_PLAIN) {
        read_name(&cursor, name);
        int found = optimizer_find(name);
        is_ours &= found >= 0;
        optimizer = found >= 0 ? (enum optimizer)found : OPTIMIZER_SGD;
        is_ours &= version == VERSION || (version == VERSION_MEMORY && optimizer_slots(optimizer));
    }
    uint32_t n_inputs = (uint32_t)cursor_bytes(&cursor, 4, 0);
    uint32_t n_layers = (uint32_t)cursor_bytes(&cursor, 4, 0);
    is_ours &= n_inputs >= 1 && n_inputs <= NETWORK_UNITS_MAX && n_layers >= 1 &&
               n_layers <= NETWORK_LAYERS_MAX;
    *out_network = (struct network){.n_inputs = (int)n_inputs, .n_layers = (int)n_layers};
    for (uint32_t l = 0; is_ours && l < n_layers; l++) {
        is_ours = read_layer(&cursor, &out_network->layers[l]);
    }
    *out_optimizer = optimizer;
    return is_ours && cursor.at <= n_bytes ? (int)version : 0;
}

int checkpoint_read_head(const void *bytes, size_t n_bytes, struct network *out_network,
                         enum optimizer *out_optimizer, struct error *error)
{
    if (read_head(bytes, n_bytes, out_network, out_optimizer) == 0) {
        return error_set(error, ERROR_INVALID,
                         "checkpoint: it is of another version, expected version %d to %d",
                         VERSION_PLAIN, VERSION);
    }
    return 0;
}

/* The rest up to the sum; parameters or memory NULL: they are passed over. */
static int walk_body(struct cursor *cursor, struct checkpoint *checkpoint, size_t n_parameters,
                     double *parameters, double *memory)
{
    uint64_t n = n_parameters;
    walk_training(cursor, checkpoint);
    walk_state(cursor, &checkpoint->state);
    cursor_u64(cursor, &n);
    cursor_doubles(cursor, parameters, n_parameters);
    cursor_doubles(cursor, memory, optimizer_memory(checkpoint->optimizer, n_parameters));
    if (checkpoint->order != ORDER_FIXED) {
        walk_generator(cursor, &checkpoint->generator);
    }
    if (cursor->version == VERSION) {
        walk_watch(cursor, checkpoint);
    }
    return n == n_parameters;
}

static uint64_t sum_of(const unsigned char *bytes, size_t n_bytes)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n_bytes; i++) {
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return sum;
}

static size_t bytes_of(const struct network *network, enum order order, enum optimizer optimizer,
                       int version)
{
    struct cursor cursor = {.version = version};
    struct checkpoint any = {.order = order, .optimizer = optimizer};
    walk_head(&cursor, network, optimizer);
    walk_body(&cursor, &any, network_n_parameters(network), NULL, NULL);
    return cursor.at + SUM_BYTES;
}

size_t checkpoint_bytes(const struct network *network, enum order order, enum optimizer optimizer)
{
    return bytes_of(network, order, optimizer, VERSION);
}

void checkpoint_write(const struct checkpoint *checkpoint, const struct network *network,
                      const double *parameters, const double *memory, void *out_bytes)
{
    struct cursor cursor = {.out = out_bytes, .version = VERSION};
    struct checkpoint fields = *checkpoint;
    walk_head(&cursor, network, checkpoint->optimizer);
    /* A writing walk changes nothing it is given. */
    walk_body(&cursor, &fields, network_n_parameters(network), (double *)parameters,
              (double *)memory);
    uint64_t sum = sum_of(out_bytes, cursor.at);
    cursor_u64(&cursor, &sum);
}

/* What can be remembered: best values are losses, or +inf before the first. */
static int is_sensible_watch(const struct training_watch *watch)
{
    return !isnan(watch->stop.best) && watch->stop.waited >= 0 && !isnan(watch->plateau.best) &&
           watch->plateau.waited >= 0 && watch->plateau.rate > 0 && isfinite(watch->plateau.rate);
}

/* States that a block can be in. */
static int is_sensible(const struct checkpoint *checkpoint)
{
    const struct block_state *state = &checkpoint->state;
    if (state->epoch < 0 || checkpoint->generator.position < 0 ||
        checkpoint->generator.position > KEY_WORDS || checkpoint->generator.has_normal < 0 ||
        checkpoint->generator.has_normal > 1) {
        return 0;
    }
    if (state->stopped != STOPPED_NOT && (state->status != BLOCK_DONE || state->epoch < 1)) {
        return 0;
    }
    if (checkpoint->has_watch && !is_sensible_watch(&checkpoint->watch)) {
        return 0;
    }
    if (state->status != BLOCK_DIVERGED) {
        return state->diverged_epoch == 0 && state->diverged_sample == 0;
    }
    return state->epoch < INT64_MAX && state->diverged_epoch == state->epoch + 1 &&
           state->diverged_sample >= 0 && (uint64_t)state->diverged_sample < checkpoint->n_samples;
}

int checkpoint_read(const struct network *network, const void *bytes, size_t n_bytes,
                    struct checkpoint *out, double *out_parameters, double *out_memory,
                    struct error *error)
{
    *out = (struct checkpoint){.n_samples = 0};
    struct network found_network;
    int version = read_head(bytes, n_bytes, &found_network, &out->optimizer);
    out->has_watch = version == VERSION;
    if (version == 0 || !network_same(&found_network, network)) {
        return error_set(error, ERROR_INVALID,
                         "checkpoint: it is of another network or version, expected version %d to "
                         "%d of this network",
                         VERSION_PLAIN, VERSION);
    }
    size_t fixed = bytes_of(network, ORDER_FIXED, out->optimizer, version);
    size_t drawn = bytes_of(network, ORDER_SHUFFLE, out->optimizer, version);
    if (n_bytes != fixed && n_bytes != drawn) {
        return error_set(error, ERROR_INVALID,
                         "checkpoint: got %zu bytes, expected %zu or %zu for this network", n_bytes,
                         fixed, drawn);
    }
    struct cursor cursor = {.in = bytes, .n_bytes = n_bytes, .version = version};
    uint64_t expected = sum_of(bytes, n_bytes - SUM_BYTES), found = 0;
    struct cursor last = {.in = bytes, .n_bytes = n_bytes, .at = n_bytes - SUM_BYTES};
    cursor_u64(&last, &found);
    if (found != expected) {
        return error_set(error, ERROR_INVALID, "checkpoint: it is damaged, its sum is %016llx, "
                         "expected %016llx", (unsigned long long)found,
                         (unsigned long long)expected);
    }
    int is_whole = walk_head(&cursor, network, out->optimizer) &&
                   walk_body(&cursor, out, network_n_parameters(network), out_parameters,
                             out_memory) &&
                   cursor.at == n_bytes - SUM_BYTES && !cursor.is_odd && is_sensible(out);
    if (!is_whole) {
        return error_set(error, ERROR_INVALID, "checkpoint: no training comes to what it holds");
    }
    return 0;
}
