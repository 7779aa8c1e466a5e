/* Rows made columns, over vectors of doubles.
 *
 * A template; include core/base/math/lanes.h before it. */
#ifndef CORE_TRAIN_BATCH_TRANSPOSE_LANES_H
#define CORE_TRAIN_BATCH_TRANSPOSE_LANES_H

#include <stddef.h>

#include "core/base/math/lanes.h"

/* Of two rows, `distance` apart: the first with the second's left part of each group of 2 distance
 * lanes in place of its own right part, and the second the other way round. */
#if LANES == 2
#define TRANSPOSE_LEFT_1(a, b) __builtin_shufflevector(a, b, 0, 2)
#define TRANSPOSE_RIGHT_1(a, b) __builtin_shufflevector(a, b, 1, 3)
#elif LANES == 4
#define TRANSPOSE_LEFT_1(a, b) __builtin_shufflevector(a, b, 0, 4, 2, 6)
#define TRANSPOSE_RIGHT_1(a, b) __builtin_shufflevector(a, b, 1, 5, 3, 7)
#define TRANSPOSE_LEFT_2(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define TRANSPOSE_RIGHT_2(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
#elif LANES == 8
#define TRANSPOSE_LEFT_1(a, b) __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define TRANSPOSE_RIGHT_1(a, b) __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#define TRANSPOSE_LEFT_2(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define TRANSPOSE_RIGHT_2(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define TRANSPOSE_LEFT_4(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define TRANSPOSE_RIGHT_4(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#endif

/* One step of the transposition of LANES rows: exchanges between rows `distance` apart. */
#define TRANSPOSE_STEP(rows, distance)                                                             \
    LANES_UNROLL                                                                                   \
    for (int r = 0; r < LANES; r++) {                                                              \
        if ((r & (distance)) == 0) {                                                               \
            lanes a = (rows)[r], b = (rows)[r + (distance)];                                       \
            (rows)[r] = TRANSPOSE_LEFT_##distance(a, b);                                           \
            (rows)[r + (distance)] = TRANSPOSE_RIGHT_##distance(a, b);                             \
        }                                                                                          \
    }

/* to[column][row] = from[row][column], for n_rows and n_columns rounded up to whole vectors; the
 * lengths of rows of both are counted in vectors. */
LANES_FN void transpose(const lanes *from, size_t from_row, int n_rows, int n_columns, lanes *to,
                        size_t to_row)
{
    for (int row = 0; row < n_rows; row += LANES) {
        for (int column = 0; column < n_columns; column += LANES) {
            lanes rows[LANES];
            const lanes *source = from + (size_t)row * from_row + column / LANES;
            lanes *target = to + (size_t)column * to_row + row / LANES;
            LANES_UNROLL
            for (int r = 0; r < LANES; r++) {
                rows[r] = source[(size_t)r * from_row];
            }
            TRANSPOSE_STEP(rows, 1)
#if LANES > 2
            TRANSPOSE_STEP(rows, 2)
#endif
#if LANES > 4
            TRANSPOSE_STEP(rows, 4)
#endif
            LANES_UNROLL
            for (int r = 0; r < LANES; r++) {
                target[(size_t)r * to_row] = rows[r];
            }
        }
    }
}

#endif
