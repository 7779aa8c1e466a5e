/* Idempotency-Key: the same request sent again makes nothing twice.
 *
 * The engine remembers keys together with what they made. Here is only what it cannot know: that a
 * request is still being served, in a list as long as there are desks. */
#include "server/api/call/once.h"

#include <string.h>

#include "server/api/call/call.h"
#include "server/base/digest.h"

/* A key as it is, or quoted as in the draft; 1 to 64 visible characters. 0, or -1. */
static int read_key(const char *given, char out[ENGINE_KEY_BYTES])
{
    size_t n = strlen(given);
    if (n >= 2 && given[0] == '"' && given[n - 1] == '"') {
        given++;
        n -= 2;
    }
    if (n == 0 || n >= ENGINE_KEY_BYTES)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (given[i] <= ' ' || given[i] >= 0x7f || given[i] == '"')
            return -1;
    memcpy(out, given, n);
    out[n] = '\0';
    return 0;
}

/* 0 when another has the key. */
static int enter(struct once *once)
{
    struct once_board *board = once->board;
    int is_free = 1;
    pthread_mutex_lock(&board->mutex);
    for (struct once *other = board->first; other != NULL; other = other->next)
        is_free = is_free && strcmp(other->text, once->text) != 0;
    if (is_free) {
        once->next = board->first;
        board->first = once;
    }
    pthread_mutex_unlock(&board->mutex);
    return is_free;
}

int once_begin(struct once *once, struct call *call)
{
    const char *given = http_header(call->request, "Idempotency-Key");
    memset(once, 0, sizeof *once);
    if (given == NULL)
        return 0;
    if (read_key(given, once->text) != 0) {
        http_reply_problem(call->request, 400,
                           "Idempotency-Key: expected 1 to 64 visible ASCII characters", NULL);
        return -1;
    }
    once->board = &call->api->once;
    if (!enter(once)) {
        http_reply_header(call->request, "Retry-After", "1");
        http_reply_problem(call->request, 409,
                           "a request with this Idempotency-Key is being served, try again soon",
                           NULL);
        return -1;
    }
    size_t n_bytes;
    const char *body = http_body(call->request, &n_bytes);
    once->key.key = once->text;
    digest_of(body, n_bytes, once->key.digest);
    return 0;
}

void once_end(struct once *once)
{
    if (once->key.key == NULL)
        return;
    pthread_mutex_lock(&once->board->mutex);
    struct once **link = &once->board->first;
    while (*link != once)
        link = &(*link)->next;
    *link = once->next;
    pthread_mutex_unlock(&once->board->mutex);
}
