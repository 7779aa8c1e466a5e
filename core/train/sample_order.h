/* The order in which an epoch visits the samples: fixed, or drawn anew every epoch.
 *
 * Epoch e (0-based here) uses the (e+1)-th np.random.permutation(n) after
 * np.random.seed(order_seed), or with replacement the (e+1)-th np.random.randint(0, n, size=n): n
 * draws, in which a sample may come never or more than once. Orders are drawn ahead for a window of
 * epochs. */
#ifndef CORE_TRAIN_SAMPLE_ORDER_H
#define CORE_TRAIN_SAMPLE_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/math/rng.h"
#include "core/train/training.h"

struct sample_order {
    size_t n_samples;
    enum order order;
    int64_t window_epochs; /* orders in the window; a fixed one serves all */
    int64_t first_epoch;   /* of the window */
    struct rng start;      /* the generator before the window's first draws */
    struct rng next;       /* and after its last */
    uint32_t *rows;        /* [window_epochs][n_samples] */
    uint32_t *spare;       /* [n_samples] */
};

/* Stands at epoch 0. n_samples 1..UINT32_MAX. -1 with ERROR_MEMORY, and then nothing to clear. */
int sample_order_init(struct sample_order *order, const struct training *training, size_t n_samples,
                      struct error *error);
void sample_order_clear(struct sample_order *order); /* also one that is all zero */

/* Moves the window forward until `epoch` is in it. */
void sample_order_seek(struct sample_order *order, int64_t epoch);

/* Rows of an epoch in the window, [n_samples]; the next epoch's follow `sample_order_stride`
 * entries later. Valid until the window moves. */
const uint32_t *sample_order_rows(const struct sample_order *order, int64_t epoch);
size_t sample_order_stride(const struct sample_order *order);

/* Epochs from `epoch` on that are in the window. */
int64_t sample_order_ahead(const struct sample_order *order, int64_t epoch);

/* The generator just before it draws the order of `epoch`, which is in the window or the
 * first after it; and a window that starts there. */
void sample_order_save(const struct sample_order *order, int64_t epoch, struct rng *out_generator);
void sample_order_load(struct sample_order *order, int64_t epoch, const struct rng *generator);

#endif
