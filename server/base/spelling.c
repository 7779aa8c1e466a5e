/* Spelling: how far a word is from the one that was meant. */
#include "server/base/spelling.h"

#include <string.h>

enum { SPELLING_BYTES = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t spelling_distance(const char *a, const char *b)
{
    size_t rows[3][SPELLING_BYTES]; /* of the table, the last three */
    size_t n_a = strlen(a), n_b = strlen(b);

    if (n_a >= SPELLING_BYTES || n_b >= SPELLING_BYTES)
        return SPELLING_BYTES;
    for (size_t j = 0; j <= n_b; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t *now = rows[i % 3], *above = rows[(i + 2) % 3], *higher = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = least(replaced, least(above[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], higher[j - 2] + 1);
        }
    }
    return rows[n_a % 3][n_b];
}

size_t spelling_slips(const char *text)
{
    return (strlen(text) + 2) / 3;
}
