/* Digests: 32 bytes that stand for any bytes (BLAKE2b). */
#ifndef SERVER_BASE_DIGEST_H
#define SERVER_BASE_DIGEST_H

#include <stddef.h>

enum { DIGEST_BYTES = 32 };

/* Any thread. */
void digest_of(const void *bytes, size_t n_bytes, unsigned char out[DIGEST_BYTES]);

#endif
