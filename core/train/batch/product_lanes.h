/* A matrix product whose sums have a fixed order, over vectors of doubles.
 *
 * A template; include core/base/math/lanes.h before it. Every element of the result is a sum over
 * ascending steps, one product after the other, whatever the sizes: how the work is cut below
 * changes which elements are summed side by side, never the order within one. A vector holds
 * neighbouring elements of a row, so its lanes never meet.
 *
 * DESIGN. A tile of PRODUCT_ROWS x PRODUCT_VECTORS sums stays in registers while it takes its
 * steps: per step it loads that many vectors of b and as many numbers of a, and multiplies each
 * with each. Long sums are cut into stretches of steps, so that what a tile reads of b is in the
 * nearest cache when the next rows' tile reads it again. */
#ifndef CORE_TRAIN_BATCH_PRODUCT_LANES_H
#define CORE_TRAIN_BATCH_PRODUCT_LANES_H

#include <stddef.h>

#include "core/base/math/lanes.h"

/* A tile of sums, the factors of a step and a product must fit the registers: 32, else 16. */
#if LANES == 8
enum { PRODUCT_ROWS = 6, PRODUCT_VECTORS = 4, PRODUCT_STEPS = 256 };
#else
enum { PRODUCT_ROWS = 4, PRODUCT_VECTORS = 2, PRODUCT_STEPS = 256 };
#endif

/* c[row][vector] = the sum over the steps of a(row, step) * b[step][vector]; strides are counted in
 * elements. */
struct product {
    const double *a; /* a(row, step) = a[row * a_row + step * a_step] */
    size_t a_row, a_step;
    const lanes *b; /* [n_steps][b_step] */
    size_t b_step;
    lanes *c; /* [n_rows][c_row] */
    size_t c_row;
    int n_rows, n_vectors, n_steps;
    int is_added; /* the sums go on from what c holds */
};

/* *a * b + c, with the number *a in every lane.
 *
 * AVX-512 takes such a number from memory within a multiplication, for nothing; copying it to all
 * lanes beforehand costs the arithmetic units a turn. Compilers do that when the copies are used
 * more than once, so the instructions are written out. Measured on a Zen 4: 59 instead of 47
 * GFLOP/s, of the 59 that the processor can do. */
LANES_FN lanes product_add(const double *a, lanes b, lanes c)
{
#if LANES == 8 && defined(LANES_AVX512) && defined(LANES_FUSED)
    __asm__("vfmadd231pd %2%{1to8%}, %1, %0" : "+v"(c) : "v"(b), "m"(*a));
    return c;
#elif LANES == 8 && defined(LANES_AVX512)
    __asm__("vmulpd %1%{1to8%}, %0, %0" : "+v"(b) : "m"(*a));
    return b + c;
#else
    return lanes_multiply_add(lanes_set(*a), b, c);
#endif
}

/* One tile, for the steps from `step` to `end`. Sums start from -0.0, to which anything can be
 * added without changing a bit of it. */
LANES_FN void product_tile(const struct product *product, const int row, const int vector,
                           const int step, const int end, const int n_rows, const int n_vectors)
{
    lanes sums[PRODUCT_ROWS][PRODUCT_VECTORS];
    const size_t a_row = product->a_row, a_step = product->a_step, b_step = product->b_step;
    const double *a = product->a + (size_t)row * a_row + (size_t)step * a_step;
    const lanes *b = product->b + (size_t)step * b_step + vector;
    lanes *c = product->c + (size_t)row * product->c_row + vector;
    const int is_added = product->is_added || step > 0;
    LANES_UNROLL
    for (int r = 0; r < n_rows; r++) {
        LANES_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            sums[r][v] = is_added ? c[(size_t)r * product->c_row + v] : lanes_set(-0.0);
        }
    }
    for (int k = step; k < end; k++, a += a_step, b += b_step) {
        LANES_UNROLL
        for (int r = 0; r < n_rows; r++) {
            LANES_UNROLL
            for (int v = 0; v < n_vectors; v++) {
                sums[r][v] = product_add(&a[(size_t)r * a_row], b[v], sums[r][v]);
            }
        }
    }
    LANES_UNROLL
    for (int r = 0; r < n_rows; r++) {
        LANES_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            c[(size_t)r * product->c_row + v] = sums[r][v];
        }
    }
}

/* All rows of n_vectors (a constant) neighbouring vectors. */
LANES_FN void product_rows(const struct product *product, const int vector, const int step,
                           const int end, const int n_vectors)
{
    int row = 0;
    for (; row + PRODUCT_ROWS <= product->n_rows; row += PRODUCT_ROWS) {
        product_tile(product, row, vector, step, end, PRODUCT_ROWS, n_vectors);
    }
    for (; row + 2 <= product->n_rows; row += 2) {
        product_tile(product, row, vector, step, end, 2, n_vectors);
    }
    if (row < product->n_rows) {
        product_tile(product, row, vector, step, end, 1, n_vectors);
    }
}

LANES_TARGET static __attribute__((noinline, unused)) void multiply(const struct product *product)
{
    for (int step = 0; step < product->n_steps; step += PRODUCT_STEPS) {
        int left = product->n_steps - step;
        int end = step + (left < PRODUCT_STEPS ? left : PRODUCT_STEPS), vector = 0;
        for (; vector + PRODUCT_VECTORS <= product->n_vectors; vector += PRODUCT_VECTORS) {
            product_rows(product, vector, step, end, PRODUCT_VECTORS);
        }
        for (; vector < product->n_vectors; vector++) {
            product_rows(product, vector, step, end, 1);
        }
    }
}

#endif
