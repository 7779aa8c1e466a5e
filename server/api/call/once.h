/* Idempotency-Key: the same request sent again makes nothing twice. */
#ifndef SERVER_API_CALL_ONCE_H
#define SERVER_API_CALL_ONCE_H

#include <pthread.h>

#include "server/base/digest.h"
#include "server/engine/engine.h"

_Static_assert((int)ENGINE_DIGEST_BYTES == (int)DIGEST_BYTES, "the engine keeps whole digests");

struct call;

/* The keys whose requests are being served at this moment. */
struct once_board {
    pthread_mutex_t mutex; /* guards `first` and the list behind it */
    struct once *first;
};
#define ONCE_BOARD_INIT {.mutex = PTHREAD_MUTEX_INITIALIZER}

/* One request's key; on the stack of its handler. */
struct once {
    struct engine_key key; /* key.key NULL: it has none */
    char text[ENGINE_KEY_BYTES];
    struct once_board *board;
    struct once *next;
};

/* Reads the key of the call and digests its body. 0, to be ended with once_end; or -1 after
 * replying: 400 to a key of another form, 409 when a request with the same key is being served. */
int once_begin(struct once *once, struct call *call);
void once_end(struct once *once);

#endif
