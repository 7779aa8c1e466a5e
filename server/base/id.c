/* Unguessable names for experiments. */
#include "server/base/id.h"

#include <sys/random.h>

static const char ALPHABET[] = "abcdefghijklmnopqrstuvwxyz234567";

int id_create(char out[ID_BYTES], struct error *error)
{
    unsigned char random[ID_BYTES - 1];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return error_set(error, ERROR_STORAGE, "the kernel gave no random bytes for an id");
    for (size_t i = 0; i < sizeof random; i++)
        out[i] = ALPHABET[random[i] % 32];
    out[ID_BYTES - 1] = '\0';
    return 0;
}
