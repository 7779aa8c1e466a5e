/* Bytes as text: base64. */
#include "server/base/base64.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

char *base64_encode(const void *bytes, size_t n_bytes, struct error *error)
{
    size_t n = sodium_base64_ENCODED_LEN(n_bytes, sodium_base64_VARIANT_ORIGINAL);
    char *text = memory_array(n, 1, error);
    if (text != NULL)
        sodium_bin2base64(text, n, bytes, n_bytes, sodium_base64_VARIANT_ORIGINAL);
    return text;
}

void *base64_decode(const char *text, size_t *out_n_bytes, struct error *error)
{
    size_t n_text = strlen(text), n_max = n_text / 4 * 3 + 1;
    const char *end;
    unsigned char *bytes = memory_array(n_max, 1, error);
    if (bytes == NULL)
        return NULL;
    if (sodium_base642bin(bytes, n_max, text, n_text, NULL, out_n_bytes, &end,
                          sodium_base64_VARIANT_ORIGINAL) == 0 &&
        end == text + n_text)
        return bytes;
    free(bytes);
    error_set(error, ERROR_INVALID, "it is no base64 from its character %zu on",
              (size_t)(end - text) + 1);
    return NULL;
}
