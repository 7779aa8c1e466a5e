/* A walk over bytes, value by value. */
#include "core/train/checkpoint/cursor.h"

#include <assert.h>
#include <string.h>

uint64_t cursor_bytes(struct cursor *cursor, int n_bytes, uint64_t value)
{
    uint64_t found = 0;
    for (int i = 0; i < n_bytes; i++) {
        if (cursor->out) {
            cursor->out[cursor->at + (size_t)i] = (unsigned char)(value >> (8 * i));
        }
        if (cursor->in && cursor->at + (size_t)i < cursor->n_bytes) {
            found |= (uint64_t)cursor->in[cursor->at + (size_t)i] << (8 * i);
        }
    }
    cursor->at += (size_t)n_bytes;
    return cursor->in ? found : value;
}

void cursor_u32(struct cursor *cursor, uint32_t *value)
{
    *value = (uint32_t)cursor_bytes(cursor, 4, *value);
}

void cursor_i32(struct cursor *cursor, int32_t *value)
{
    *value = (int32_t)(uint32_t)cursor_bytes(cursor, 4, (uint32_t)*value);
}

void cursor_u64(struct cursor *cursor, uint64_t *value)
{
    *value = cursor_bytes(cursor, 8, *value);
}

void cursor_i64(struct cursor *cursor, int64_t *value)
{
    *value = (int64_t)cursor_bytes(cursor, 8, (uint64_t)*value);
}

void cursor_double(struct cursor *cursor, double *value)
{
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    bits = cursor_bytes(cursor, 8, bits);
    memcpy(value, &bits, sizeof bits);
}

/* Written out, because compilers make one load or store of it on a little-endian machine. */
static uint64_t get_eight(const unsigned char *b)
{
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

static void put_eight(unsigned char *b, uint64_t value)
{
    b[0] = (unsigned char)value;
    b[1] = (unsigned char)(value >> 8);
    b[2] = (unsigned char)(value >> 16);
    b[3] = (unsigned char)(value >> 24);
    b[4] = (unsigned char)(value >> 32);
    b[5] = (unsigned char)(value >> 40);
    b[6] = (unsigned char)(value >> 48);
    b[7] = (unsigned char)(value >> 56);
}

void cursor_doubles(struct cursor *cursor, double *values, size_t n)
{
    size_t n_bytes = n * sizeof *values;
    if (!values) {
        cursor->at += n_bytes;
        return;
    }
    int is_whole = cursor->at <= cursor->n_bytes && n_bytes <= cursor->n_bytes - cursor->at;
    if (cursor->in && !is_whole) {
        for (size_t i = 0; i < n; i++) {
            cursor_double(cursor, &values[i]);
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        if (cursor->in) {
            bits = get_eight(cursor->in + cursor->at + i * sizeof bits);
            memcpy(&values[i], &bits, sizeof bits);
        } else if (cursor->out) {
            memcpy(&bits, &values[i], sizeof bits);
            put_eight(cursor->out + cursor->at + i * sizeof bits, bits);
        }
    }
    cursor->at += n_bytes;
}

int cursor_number_of(struct cursor *cursor, uint32_t value)
{
    return (uint32_t)cursor_bytes(cursor, 4, value) == value;
}

int cursor_name(struct cursor *cursor, const char *expected)
{
    char name[CURSOR_NAME_BYTES] = "";
    int is_same = 1;
    assert(strlen(expected) <= CURSOR_NAME_BYTES); /* test_training tries every one */
    memcpy(name, expected, strlen(expected));
    for (int i = 0; i < CURSOR_NAME_BYTES; i++) {
        unsigned char letter = (unsigned char)name[i];
        is_same &= cursor_bytes(cursor, 1, letter) == letter;
    }
    return is_same;
}
