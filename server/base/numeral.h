/* Numerals: numbers in text as JSON has them. strtod and strtoll would also take " 1", "+1", "0x1",
 * and "infinity". */
#ifndef SERVER_BASE_NUMERAL_H
#define SERVER_BASE_NUMERAL_H

#include <stdint.h>

/* Read what *text begins with and move it behind that: digits alone; or digits, perhaps with a
 * minus before, a fraction and an exponent behind. -1 where there is none, or one too large. */
int numeral_integer(const char **text, int64_t *out);
int numeral_number(const char **text, double *out);

#endif
