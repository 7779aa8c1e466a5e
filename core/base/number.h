/* Doubles as text: the fewest digits that read back as the same double. */
#ifndef CORE_BASE_NUMBER_H
#define CORE_BASE_NUMBER_H

#include <stddef.h>

enum { NUMBER_TEXT_BYTES = 32 };

/* Writes `value` as the shortest decimal that strtod reads back to the same bits, of those the one
 * nearest to it: Python's repr, but for "33" instead of "33.0" and "1e-7" instead of "1e-07".
 * From 1e-4 up to 1e16 without an exponent ("0.0004", "33.414362506"). Valid JSON. Minus zero is
 * "-0.0", because many readers would drop the sign of the integer "-0". A value that is not finite
 * gives "inf", "-inf" or "nan", for messages; that is not JSON. Needs the C locale. Returns the
 * length; NUL-terminated. Any thread. */
size_t number_print(char out[NUMBER_TEXT_BYTES], double value);

/* The same for `value` rounded to that many digits, 1 to 15; halfway, to the even one. Zeros at the
 * end of a fraction are left out. */
size_t number_print_rounded(char out[NUMBER_TEXT_BYTES], double value, int digits);

#endif
