/* The plain second training, and random cases for it. */
#include "tests/core/reference.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/elementary.h"

static double value_of(enum activation activation, double z)
{
    switch (activation) {
    case ACTIVATION_RELU:
        return z > 0 ? z : 0.0;
    case ACTIVATION_LEAKY_RELU:
        return z > 0 ? z : 0.01 * z;
    case ACTIVATION_TANH:
        return elementary_tanh(z);
    case ACTIVATION_SIGMOID:
        return elementary_sigmoid(z);
    case ACTIVATION_ELU:
        return z > 0 ? z : elementary_expm1(z);
    case ACTIVATION_GELU:
        return z * elementary_normal_cdf(z);
    case ACTIVATION_SOFTPLUS:
        return elementary_softplus(z);
    default:
        return z;
    }
}

static double through_slope(enum activation activation, double z, double h, double delta)
{
    switch (activation) {
    case ACTIVATION_RELU:
        return z > 0 ? delta : 0.0;
    case ACTIVATION_LEAKY_RELU:
        return z > 0 ? delta : 0.01 * delta;
    case ACTIVATION_TANH:
        return delta * (1 - h * h);
    case ACTIVATION_SIGMOID:
        return delta * (h * (1 - h));
    case ACTIVATION_ELU:
        return z > 0 ? delta : delta * (h + 1);
    case ACTIVATION_GELU:
        return delta * (elementary_normal_cdf(z) + z * elementary_normal_density(z));
    case ACTIVATION_SOFTPLUS:
        return delta * -elementary_expm1(-h);
    default:
        return delta;
    }
}

/* h: the softmax of z; returns the logarithm of the sum of e^(z - largest), and the largest. */
static double softmax(const double *z, double *h, int n, double *out_largest)
{
    double largest = z[0], sum = 0;
    for (int j = 1; j < n; j++) {
        largest = z[j] > largest ? z[j] : largest;
    }
    for (int j = 0; j < n; j++) {
        h[j] = elementary_exp(z[j] - largest);
        sum += h[j];
    }
    for (int j = 0; j < n; j++) {
        h[j] /= sum;
    }
    *out_largest = largest;
    return elementary_log(sum);
}

/* The loss of one output, and minus its slope by h (of the cross-entropies by z). */
static double loss_of(enum loss loss, double t, double h, double z, double log_h, double *descent)
{
    double e = t - h, sign = e > 0 ? 1 : e < 0 ? -1 : 0;
    *descent = e;
    switch (loss) {
    case LOSS_MAE:
        *descent = sign;
        return fabs(e);
    case LOSS_HUBER:
        *descent = fabs(e) < 1 ? e : sign;
        return fabs(e) < 1 ? 0.5 * e * e : fabs(e) - 0.5;
    case LOSS_BINARY_CROSS_ENTROPY:
        return elementary_softplus(z > 0 ? -z : z) + (z > 0 ? (1 - t) * z : -t * z);
    case LOSS_CATEGORICAL_CROSS_ENTROPY:
        return t > 0 ? -t * log_h : 0;
    default:
        return e * e;
    }
}

/* sum + a * b, the product rounded by itself or fused by the C library. */
static double plus_product(enum arithmetic arithmetic, double sum, double a, double b)
{
    return arithmetic == ARITHMETIC_FAST ? fma(a, b, sum) : sum + a * b;
}

double reference_sample(const struct network *network, const double *parameters,
                        const struct reference_step *step, const double *base, double *sums)
{
    enum arithmetic arithmetic = step->arithmetic;
    enum loss kind = step->loss;
    static double z[NETWORK_LAYERS_MAX][NETWORK_UNITS_MAX],
        h[NETWORK_LAYERS_MAX][NETWORK_UNITS_MAX];
    static double delta[NETWORK_LAYERS_MAX][NETWORK_UNITS_MAX];
    int last = network->n_layers - 1, n_outputs = network_n_outputs(network);
    double log_sum = 0, largest = 0;
    for (int l = 0; l <= last; l++) {
        const double *in = l == 0 ? step->features : h[l - 1];
        for (int j = 0; j < network->layers[l].units; j++) {
            double sum = parameters[network_weight(network, l, j, 0)] * in[0];
            for (int i = 1; i < network_layer_inputs(network, l); i++) {
                double weight = parameters[network_weight(network, l, j, i)];
                sum = plus_product(arithmetic, sum, weight, in[i]);
            }
            z[l][j] = sum + parameters[network_bias(network, l, j)];
            h[l][j] = value_of(network->layers[l].activation, z[l][j]);
        }
    }
    enum activation output = network->layers[last].activation;
    if (output == ACTIVATION_SOFTMAX) {
        log_sum = softmax(z[last], h[last], n_outputs, &largest);
    }
    for (int j = 0; step->outputs && j < n_outputs; j++) {
        step->outputs[j] = h[last][j];
    }
    int is_by_sum = kind == LOSS_BINARY_CROSS_ENTROPY || kind == LOSS_CATEGORICAL_CROSS_ENTROPY;
    double loss = 0, dot = 0;
    for (int j = 0; j < n_outputs; j++) {
        double log_h = (z[last][j] - largest) - log_sum, descent;
        double value = loss_of(kind, step->targets[j], h[last][j], z[last][j], log_h, &descent);
        loss = j == 0 ? value : loss + value;
        descent *= step->scale;
        delta[last][j] =
            is_by_sum ? descent : through_slope(output, z[last][j], h[last][j], descent);
        dot = j == 0 ? delta[last][j] * h[last][j] : dot + delta[last][j] * h[last][j];
    }
    for (int j = 0; output == ACTIVATION_SOFTMAX && !is_by_sum && j < n_outputs; j++) {
        delta[last][j] = h[last][j] * (delta[last][j] - dot);
    }
    for (int l = last; sums && l >= 0; l--) {
        const double *in = l == 0 ? step->features : h[l - 1];
        for (int i = 0; l > 0 && i < network_layer_inputs(network, l); i++) {
            double sum = delta[l][0] * parameters[network_weight(network, l, 0, i)];
            for (int j = 1; j < network->layers[l].units; j++) {
                double weight = parameters[network_weight(network, l, j, i)];
                sum = plus_product(arithmetic, sum, delta[l][j], weight);
            }
            delta[l - 1][i] =
                through_slope(network->layers[l - 1].activation, z[l - 1][i], h[l - 1][i], sum);
        }
        for (int j = 0; j < network->layers[l].units; j++) {
            for (int i = 0; i < network_layer_inputs(network, l); i++) {
                size_t p = network_weight(network, l, j, i);
                sums[p] = base ? plus_product(arithmetic, base[p], delta[l][j], in[i])
                               : delta[l][j] * in[i];
            }
            size_t p = network_bias(network, l, j);
            sums[p] = base ? base[p] + delta[l][j] : delta[l][j];
        }
    }
    return kind == LOSS_CATEGORICAL_CROSS_ENTROPY ? loss : loss / n_outputs;
}

/* Whether a sample's class is told right, said as plainly as can be. */
static int is_hit(enum loss loss, const double *targets, const double *outputs, int n)
{
    int is_right = 1, place = 0, wanted = 0;
    for (int j = 0; j < n; j++) {
        is_right &= (targets[j] > 0.5) == (outputs[j] > 0.5);
        place = outputs[j] > outputs[place] ? j : place;
        wanted = targets[j] > targets[wanted] ? j : wanted;
    }
    return loss == LOSS_CATEGORICAL_CROSS_ENTROPY ? place == wanted : is_right;
}

double reference_score(const struct network *network, const struct dataset *dataset,
                       const struct training *training, const double *parameters,
                       double *out_accuracy)
{
    double outputs[NETWORK_UNITS_MAX], total = 0, n = (double)dataset->n_samples;
    int n_right = 0;
    for (size_t i = 0; i < dataset->n_samples; i++) {
        const double *targets = dataset->targets + i * dataset->n_targets;
        const struct reference_step step = {.arithmetic = training->arithmetic,
                                            .loss = training->loss,
                                            .features = dataset->features + i * dataset->n_features,
                                            .targets = targets,
                                            .outputs = outputs};
        total += reference_sample(network, parameters, &step, NULL, NULL);
        n_right += is_hit(training->loss, targets, outputs, (int)dataset->n_targets);
    }
    *out_accuracy = n_right / n;
    return total / n;
}

/* What an optimizer remembers: m and s of its formula, and t. */
struct memory {
    double *m, *s;
    double power1, power2;
};

static double setting(const struct training *training, enum optimizer_setting setting)
{
    return training->settings[setting];
}

/* d, the descent summed over a batch, gets its penalties and limits. */
static void shape_descent(const struct training *training, const double *parameters, double *d,
                          size_t n)
{
    double l1 = setting(training, SETTING_L1), decay = setting(training, SETTING_WEIGHT_DECAY);
    double limit = setting(training, SETTING_CLIP_VALUE), square = 0;
    for (size_t p = 0; training_has_penalty(training) && p < n; p++) {
        d[p] -= parameters[p] > 0 ? l1 : parameters[p] < 0 ? -l1 : 0;
    }
    for (size_t p = 0; limit > 0 && p < n; p++) {
        d[p] = d[p] > limit ? limit : d[p] < -limit ? -limit : d[p];
    }
    for (size_t p = 0; p < n; p++) {
        square += d[p] * d[p];
    }
    limit = setting(training, SETTING_CLIP_NORM);
    if (limit > 0) {
        double factor = limit / (sqrt(square) + 1e-6);
        for (size_t p = 0; p < n; p++) {
            d[p] *= factor > 1 ? 1 : factor;
        }
    }
    for (size_t p = 0; training_has_penalty(training) && p < n; p++) {
        d[p] -= training->optimizer == OPTIMIZER_ADAMW ? 0 : decay * parameters[p];
    }
}

/* One parameter's share in an update at rate `rate`, given its descent. */
static double share_of(const struct training *training, double rate, double d, double *m, double *s,
                       const struct memory *memory)
{
    double momentum = setting(training, SETTING_MOMENTUM), alpha = setting(training, SETTING_ALPHA);
    double beta1 = setting(training, SETTING_BETA1), beta2 = setting(training, SETTING_BETA2);
    double epsilon = setting(training, SETTING_EPSILON);
    switch (training->optimizer) {
    case OPTIMIZER_MOMENTUM:
        *m = momentum * *m + d;
        return rate * *m;
    case OPTIMIZER_NESTEROV:
        *m = momentum * *m + d;
        return rate * (d + momentum * *m);
    case OPTIMIZER_ADAGRAD:
        *m = *m + d * d;
        return rate * d / (sqrt(*m) + epsilon);
    case OPTIMIZER_RMSPROP:
        *m = alpha * *m + (1 - alpha) * (d * d);
        return rate * d / (sqrt(*m) + epsilon);
    case OPTIMIZER_ADAM:
    case OPTIMIZER_ADAMW:
        *m = beta1 * *m + (1 - beta1) * d;
        *s = beta2 * *s + (1 - beta2) * (d * d);
        return rate / (1 - memory->power1) *
               (*m / (sqrt(*s) / sqrt(1 - memory->power2) + epsilon));
    default:
        return rate * d;
    }
}

/* next: the parameters after the update; d is used up. */
static void update(const struct training *training, double rate, const double *parameters,
                   double *d, struct memory *memory, double *next, size_t n)
{
    double decay = setting(training, SETTING_WEIGHT_DECAY);
    int is_own = training->optimizer == OPTIMIZER_ADAMW && training_has_penalty(training);
    if (training_is_plain(training)) {
        for (size_t p = 0; p < n; p++) {
            next[p] = parameters[p] + d[p];
        }
        return;
    }
    shape_descent(training, parameters, d, n);
    memory->power1 *= setting(training, SETTING_BETA1);
    memory->power2 *= setting(training, SETTING_BETA2);
    for (size_t p = 0; p < n; p++) {
        double kept = is_own ? parameters[p] * (1 - rate * decay) : parameters[p];
        next[p] = kept + share_of(training, rate, d[p], &memory->m[p], &memory->s[p], memory);
    }
}

static int all_finite(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i])) {
            return 0;
        }
    }
    return 1;
}

/* The sample's scale in a batch of `n` samples. */
static double scale_of(const struct network *network, const struct training *training, double rate,
                       size_t n)
{
    double s = training_is_plain(training) ? rate : 1.0;
    s = s * (training->loss == LOSS_MSE && training->gradient == GRADIENT_FULL ? 2.0 : 1.0);
    s = training->loss == LOSS_CATEGORICAL_CROSS_ENTROPY ? s : s / network_n_outputs(network);
    return training->reduction == REDUCTION_MEAN ? s / (double)n : s;
}

/* One epoch; the row at which it diverged, or -1. */
static int64_t train_epoch(const struct network *network, const struct dataset *dataset,
                           const struct training *training, double rate, const uint32_t *order,
                           double *parameters, struct memory *memory, double *out_loss)
{
    size_t n = dataset->n_samples, n_parameters = network_n_parameters(network);
    int is_direct = training->batch_size == 1 && training_is_plain(training);
    double *sum = calloc(n_parameters, sizeof *sum), *next = calloc(n_parameters, sizeof *next);
    double total = 0;
    int64_t diverged = -1;
    for (size_t start = 0; start < n && diverged < 0; start += training->batch_size) {
        size_t end = start + training->batch_size < n ? start + training->batch_size : n;
        struct reference_step step = {.arithmetic = training->arithmetic,
                                      .loss = training->loss,
                                      .scale = scale_of(network, training, rate, end - start)};
        for (size_t k = start; k < end && diverged < 0; k++) {
            const double *base = is_direct ? parameters : k == start ? NULL : sum;
            step.features = dataset->features + order[k] * dataset->n_features;
            step.targets = dataset->targets + order[k] * dataset->n_targets;
            total += reference_sample(network, parameters, &step, base, sum);
            if (is_direct) {
                memcpy(next, sum, n_parameters * sizeof *next);
            } else if (k + 1 == end) {
                update(training, rate, parameters, sum, memory, next, n_parameters);
            }
            if (!isfinite(total) || (k + 1 == end && !all_finite(next, n_parameters))) {
                diverged = order[k];
            }
        }
        if (diverged < 0) {
            memcpy(parameters, next, n_parameters * sizeof *next);
        }
    }
    free(sum);
    free(next);
    *out_loss = total / (double)n;
    return diverged;
}

/* The learning rate of the epochs after those with these losses (PyTorch's ReduceLROnPlateau). */
static double plateau_rate(const struct training *training, const double *losses, int64_t n)
{
    const struct schedule *schedule = &training->schedule;
    double best = INFINITY, rate = training->learning_rate;
    int64_t n_bad = 0;
    for (int64_t e = schedule->warmup_epochs; e < n; e++) {
        int is_better = losses[e] < best * (1 - schedule->threshold);
        best = is_better ? losses[e] : best;
        n_bad = is_better ? 0 : n_bad + 1;
        if (n_bad > schedule->patience) {
            double reduced = fmax(rate * schedule->factor, schedule->min_learning_rate);
            rate = rate - reduced > 1e-8 ? reduced : rate;
            n_bad = 0;
        }
    }
    return rate;
}

struct block_state reference_train(const struct network *network, const struct dataset *dataset,
                                   const struct training *training, double *parameters,
                                   double *losses)
{
    struct block_state state = {.status = BLOCK_DONE};
    uint32_t *order = calloc(dataset->n_samples, sizeof *order);
    size_t n_parameters = network_n_parameters(network);
    struct memory memory = {.m = calloc(n_parameters, sizeof(double)),
                            .s = calloc(n_parameters, sizeof(double)),
                            .power1 = 1,
                            .power2 = 1};
    struct rng rng;
    rng_seed(&rng, training->order_seed);
    for (size_t i = 0; i < dataset->n_samples; i++) {
        order[i] = (uint32_t)i;
    }
    for (int64_t e = 0; e < training->epochs; e++) {
        if (training->order == ORDER_SHUFFLE) {
            rng_permutation(&rng, order, dataset->n_samples);
        }
        for (size_t i = 0; training->order == ORDER_WITH_REPLACEMENT && i < dataset->n_samples;
             i++) {
            order[i] = (uint32_t)rng_randint(&rng, 0, (int64_t)dataset->n_samples);
        }
        double base = training->schedule.kind == SCHEDULE_REDUCE_ON_PLATEAU
                          ? plateau_rate(training, losses, e)
                          : training->learning_rate;
        double rate = schedule_rate(&training->schedule, base, e, training->epochs);
        int64_t row = train_epoch(network, dataset, training, rate, order, parameters, &memory,
                                  &losses[e]);
        if (row >= 0) {
            state = (struct block_state){.status = BLOCK_DIVERGED,
                                         .epoch = e,
                                         .diverged_epoch = e + 1,
                                         .diverged_sample = row};
            break;
        }
        state.epoch = e + 1;
    }
    free(memory.m);
    free(memory.s);
    free(order);
    return state;
}

/* In [-scale, scale), or now and then a zero of either sign, which must keep it. */
static double draw_value(struct rng *rng, double scale)
{
    int64_t kind = rng_randint(rng, 0, 16);
    double value = scale * (2 * rng_uniform(rng) - 1);
    return kind == 0 ? 0.0 : kind == 1 ? -0.0 : value;
}

double *reference_parameters(struct rng *rng, const struct network *network, double scale)
{
    size_t n = network_n_parameters(network);
    double *parameters = calloc(n, sizeof *parameters);
    for (size_t p = 0; p < n; p++) {
        parameters[p] = draw_value(rng, scale);
    }
    return parameters;
}

struct dataset *reference_dataset(struct rng *rng, const struct network *network, size_t n_samples)
{
    size_t n_targets = (size_t)network_n_outputs(network);
    struct dataset *dataset = dataset_create(n_samples, (size_t)network->n_inputs, n_targets, NULL);
    if (!dataset) {
        abort();
    }
    for (size_t i = 0; i < n_samples * dataset->n_features; i++) {
        dataset->features[i] = draw_value(rng, 2);
    }
    for (size_t i = 0; i < n_samples * n_targets; i++) {
        dataset->targets[i] = draw_value(rng, 3);
    }
    return dataset;
}

static int draw(struct rng *rng, int from, int to)
{
    return (int)rng_randint(rng, from, (int64_t)to + 1);
}

static void draw_schedule(struct rng *rng, struct schedule *schedule)
{
    schedule->kind = (enum schedule_kind)draw(rng, 0, SCHEDULE_RANGE_TEST);
    schedule->every = draw(rng, 1, 3);
    schedule->factor = 0.5 + 0.5 * rng_uniform(rng);
    schedule->final = 0.01 + 0.01 * rng_uniform(rng);
    schedule->warmup_epochs = draw(rng, 0, 2);
}

static void draw_optimizer(struct rng *rng, struct training *training)
{
    static const double usual[SETTING_COUNT] = {0.9, 0.99, 0.9, 0.999, 1e-8, 0.01, 0.001, 0.5, 1};
    training->optimizer = (enum optimizer)draw(rng, 0, OPTIMIZER_COUNT - 1);
    int has_penalty = draw(rng, 0, 2) == 0, has_clip = draw(rng, 0, 2) == 0;
    for (int i = 0; i < SETTING_COUNT; i++) {
        double value = usual[i] * (0.9 + 0.1 * rng_uniform(rng));
        int is_left_out = draw(rng, 0, 2) == 0;
        if (i == SETTING_WEIGHT_DECAY || i == SETTING_L1) {
            value = has_penalty && !is_left_out ? value : 0;
        }
        if (i == SETTING_CLIP_VALUE || i == SETTING_CLIP_NORM) {
            value = has_clip && !is_left_out ? value : 0;
        }
        training->settings[i] = value;
    }
}

/* A loss, and an output layer and targets for it. */
static void draw_loss(struct rng *rng, struct reference_case *it)
{
    size_t n = it->dataset->n_targets;
    it->training.loss = (enum loss)draw(rng, 0, LOSS_COUNT - 1);
    enum activation needed = loss_activation(it->training.loss);
    if (needed == ACTIVATION_COUNT) {
        return;
    }
    it->network.layers[it->network.n_layers - 1].activation = needed;
    for (size_t i = 0; i < it->dataset->n_samples; i++) {
        size_t class = (size_t)draw(rng, 0, (int)n - 1);
        for (size_t j = 0; j < n; j++) {
            it->dataset->targets[i * n + j] = needed == ACTIVATION_SOFTMAX ? j == class
                                                                           : draw(rng, 0, 1);
        }
    }
}

void reference_case_init(struct reference_case *it, struct rng *rng, int64_t epochs)
{
    /* One draw a statement: the order of evaluation within one is the compiler's. */
    *it = (struct reference_case){.training = {.epochs = epochs}};
    it->network.n_inputs = draw(rng, 1, 5);
    it->network.n_layers = draw(rng, 1, 4);
    for (int l = 0; l < it->network.n_layers; l++) {
        int is_last = l == it->network.n_layers - 1;
        it->network.layers[l].units = draw(rng, 1, is_last ? 5 : REFERENCE_UNITS_MAX);
        int may_be_softmax = is_last && it->network.layers[l].units > 1;
        it->network.layers[l].activation =
            (enum activation)draw(rng, 0, ACTIVATION_SOFTMAX - !may_be_softmax);
    }
    size_t n_samples = (size_t)draw(rng, 1, 40);
    size_t batch_size = draw(rng, 0, 1) ? 1 : (size_t)draw(rng, 1, (int)n_samples);
    it->dataset = reference_dataset(rng, &it->network, n_samples);
    it->parameters = reference_parameters(rng, &it->network, 1.0);
    it->training.gradient = (enum gradient)draw(rng, 0, GRADIENT_COUNT - 1);
    it->training.reduction = (enum reduction)draw(rng, 0, REDUCTION_COUNT - 1);
    it->training.order = (enum order)draw(rng, 0, ORDER_SHUFFLE);
    it->training.order_seed = (uint32_t)rng_randint(rng, 0, UINT32_MAX);
    it->training.learning_rate = 0.02 + 0.1 * rng_uniform(rng);
    it->training.batch_size = batch_size;
}

void reference_case_vary(struct reference_case *it, struct rng *rng)
{
    draw_loss(rng, it);
    draw_optimizer(rng, &it->training);
    draw_schedule(rng, &it->training.schedule);
}

static void replace_zeros(double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        values[i] = values[i] == 0 ? 0.7 - 0.01 * (double)i : values[i];
    }
}

static void init_small(struct reference_case *it, struct rng *rng, enum activation activation,
                       enum loss loss, int depth)
{
    enum { UNITS = REFERENCE_SMALL_UNITS, SAMPLES = REFERENCE_SMALL_SAMPLES };
    enum activation output = loss_activation(loss);
    *it = (struct reference_case){.network = {.n_inputs = 2, .n_layers = depth}};
    for (int l = 0; l < depth; l++) {
        it->network.layers[l] = (struct layer){UNITS, activation};
    }
    if (output != ACTIVATION_COUNT) {
        it->network.layers[depth - 1].activation = output;
    }
    it->dataset = reference_dataset(rng, &it->network, SAMPLES);
    for (size_t i = 0; output != ACTIVATION_COUNT && i < SAMPLES * UNITS; i++) {
        it->dataset->targets[i] = i % UNITS == i / UNITS % UNITS;
    }
    it->parameters = reference_parameters(rng, &it->network, 1.0);
    replace_zeros(it->parameters, network_n_parameters(&it->network));
    replace_zeros(it->dataset->features, SAMPLES * it->dataset->n_features);
    if (output == ACTIVATION_COUNT) {
        replace_zeros(it->dataset->targets, SAMPLES * UNITS);
    }
    it->training.loss = loss;
}

int reference_each_small(uint32_t seed, int depth,
                         void (*check)(struct reference_case *it, void *context), void *context)
{
    struct rng rng;
    int n = 0;
    rng_seed(&rng, seed);
    for (int a = 0; a < ACTIVATION_COUNT; a++) {
        for (int l = 0; l < LOSS_COUNT; l++) {
            for (int d = 1; d <= (a == ACTIVATION_SOFTMAX ? 1 : depth); d++) {
                struct reference_case it;
                init_small(&it, &rng, (enum activation)a, (enum loss)l, d);
                check(&it, context);
                reference_case_clear(&it);
                n++;
            }
        }
    }
    return n;
}

void reference_case_clear(struct reference_case *it)
{
    dataset_destroy(it->dataset);
    free(it->parameters);
}
