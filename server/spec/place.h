/* A place in a JSON text, written as a pointer only when there is something to say about it. */
#ifndef SERVER_SPEC_PLACE_H
#define SERVER_SPEC_PLACE_H

#include <stddef.h>

#include "server/spec/faults.h"

/* On the caller's stack, chained to the place it is in, which must outlive it. A NULL place is the
 * whole. */
struct place {
    const struct place *parent;
    const char *name; /* member of an object, borrowed; NULL: an element of a list */
    size_t index;     /* element */
};

/* Its RFC 6901 pointer, cut before a token that does not fit. */
void place_print(const struct place *place, char out[FAULT_POINTER_BYTES]);

/* Appends "/token", escaped, to the pointer in `out`, or nothing when it does not fit. */
void place_add_token(char out[FAULT_POINTER_BYTES], const char *token);

/* As faults_add, at this place. */
void place_fault(const struct place *place, struct faults *faults, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
