/* Bytes as text: base64 with padding (RFC 4648, section 4). */
#ifndef SERVER_BASE_BASE64_H
#define SERVER_BASE_BASE64_H

#include <stddef.h>

#include "core/base/error.h"

/* malloc'ed, NUL-terminated; NULL with ERROR_MEMORY. */
char *base64_encode(const void *bytes, size_t n_bytes, struct error *error);

/* malloc'ed. NULL with ERROR_INVALID for a text that is not what base64_encode gives (the padding
 * is part of it, white space is not), or ERROR_MEMORY. */
void *base64_decode(const char *text, size_t *out_n_bytes, struct error *error);

#endif
