/* Sample orders, drawn ahead in windows. */
#include "core/train/sample_order.h"

#include <stdlib.h>

#include "core/base/memory.h"

/* Small data sets get several epochs a window, so that a kernel is not called for each of them. */
enum { WINDOW_ROWS = 4096 };

static void draw(enum order kind, struct rng *rng, uint32_t *rows, size_t n)
{
    if (kind == ORDER_SHUFFLE) {
        rng_permutation(rng, rows, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        rows[i] = (uint32_t)rng_randint(rng, 0, (int64_t)n);
    }
}

static void draw_window(struct sample_order *order)
{
    order->start = order->next;
    for (int64_t e = 0; e < order->window_epochs; e++) {
        draw(order->order, &order->next, order->rows + (size_t)e * order->n_samples,
             order->n_samples);
    }
}

int sample_order_init(struct sample_order *order, const struct training *training, size_t n_samples,
                      struct error *error)
{
    size_t window_epochs = 1;
    int is_drawn = training->order != ORDER_FIXED;
    if (is_drawn && n_samples < WINDOW_ROWS) {
        window_epochs = WINDOW_ROWS / n_samples;
    }
    *order = (struct sample_order){.n_samples = n_samples,
                                   .order = training->order,
                                   .window_epochs = (int64_t)window_epochs};
    order->rows = memory_array(window_epochs * n_samples, sizeof *order->rows, error);
    order->spare = memory_array(is_drawn ? n_samples : 0, sizeof *order->spare, error);
    if (!order->rows || !order->spare) {
        sample_order_clear(order);
        return -1;
    }
    if (is_drawn) {
        rng_seed(&order->next, training->order_seed);
        draw_window(order);
    } else {
        for (size_t i = 0; i < n_samples; i++) {
            order->rows[i] = (uint32_t)i;
        }
    }
    return 0;
}

void sample_order_clear(struct sample_order *order)
{
    free(order->rows);
    free(order->spare);
    order->rows = order->spare = NULL;
}

void sample_order_seek(struct sample_order *order, int64_t epoch)
{
    while (order->order != ORDER_FIXED && epoch >= order->first_epoch + order->window_epochs) {
        order->first_epoch += order->window_epochs;
        draw_window(order);
    }
}

const uint32_t *sample_order_rows(const struct sample_order *order, int64_t epoch)
{
    size_t epochs_in = order->order != ORDER_FIXED ? (size_t)(epoch - order->first_epoch) : 0;
    return order->rows + epochs_in * order->n_samples;
}

size_t sample_order_stride(const struct sample_order *order)
{
    return order->order != ORDER_FIXED ? order->n_samples : 0;
}

int64_t sample_order_ahead(const struct sample_order *order, int64_t epoch)
{
    int is_drawn = order->order != ORDER_FIXED;
    return is_drawn ? order->first_epoch + order->window_epochs - epoch : INT64_MAX;
}

void sample_order_save(const struct sample_order *order, int64_t epoch, struct rng *out_generator)
{
    if (epoch == order->first_epoch + order->window_epochs) {
        *out_generator = order->next;
        return;
    }
    *out_generator = order->start;
    for (int64_t e = order->first_epoch; e < epoch; e++) {
        draw(order->order, out_generator, order->spare, order->n_samples);
    }
}

void sample_order_load(struct sample_order *order, int64_t epoch, const struct rng *generator)
{
    order->first_epoch = epoch;
    order->next = *generator;
    draw_window(order);
}
