/* Doubles as text: the fewest digits that read back as the same double. */
#ifndef CORE_BASE_NUMBER_H
#define CORE_BASE_NUMBER_H

#include <stddef.h>

enum { NUMBER_TEXT_BYTES = 32 };

/* Writes `value` (finite) as the shortest decimal that strtod reads back to the same bits
 * ("0.0004", "33.414362506", "1e-07" never "1e-7.0"); integers below 1e15 have no point or
 * exponent. Valid JSON. Needs the C locale. Returns the length; NUL-terminated. */
size_t number_print(char out[NUMBER_TEXT_BYTES], double value);

#endif
