/* Digests: 32 bytes that stand for any bytes (BLAKE2b). */
#include "server/base/digest.h"

#include <sodium.h>

void digest_of(const void *bytes, size_t n_bytes, unsigned char out[DIGEST_BYTES])
{
    crypto_generichash(out, DIGEST_BYTES, bytes, n_bytes, NULL, 0);
}
