/* A cursor: writes values to bytes or reads them, by the same calls. Numbers are little-endian,
 * doubles the bits of IEEE 754. */
#ifndef CORE_TRAIN_CHECKPOINT_CURSOR_H
#define CORE_TRAIN_CHECKPOINT_CURSOR_H

#include <stddef.h>
#include <stdint.h>

enum { CURSOR_NAME_BYTES = 12 };

/* Where a walk stands. Without `out` and `in` it only measures. */
struct cursor {
    unsigned char *out;
    const unsigned char *in;
    size_t n_bytes; /* of `in`; a walk beyond them reads zeros */
    size_t at;
    int version; /* of what is walked over */
    int is_odd;  /* a value was read that is never written */
};

/* A number of so many bytes; returns it, or the one that is read. */
uint64_t cursor_bytes(struct cursor *cursor, int n_bytes, uint64_t value);

/* Writes *value, or reads it. */
void cursor_u32(struct cursor *cursor, uint32_t *value);
void cursor_i32(struct cursor *cursor, int32_t *value);
void cursor_u64(struct cursor *cursor, uint64_t *value);
void cursor_i64(struct cursor *cursor, int64_t *value);
void cursor_double(struct cursor *cursor, double *value);

/* n doubles, at once where they are all there: a large network has a million. NULL: they are passed
 * over. */
void cursor_doubles(struct cursor *cursor, double *values, size_t n);

/* Writes what is expected. Reading, returns whether the bytes say the same: a u32, or a name of at
 * most CURSOR_NAME_BYTES, padded with zeros. */
int cursor_number_of(struct cursor *cursor, uint32_t value);
int cursor_name(struct cursor *cursor, const char *expected);

#endif
