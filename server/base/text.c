/* Growing texts: doubling storage, one sticky failure. */
#include "server/base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"

enum { TEXT_FIRST_BYTES = 256 };

/* Room for n_bytes more and a NUL; 0, or -1 and the text has failed. */
static int reserve(struct text *text, size_t n_bytes)
{
    if (text->failed)
        return -1;
    if (n_bytes < text->capacity - text->n_bytes)
        return 0;
    size_t capacity = text->capacity > 0 ? text->capacity : TEXT_FIRST_BYTES;
    while (capacity - text->n_bytes <= n_bytes && capacity <= PTRDIFF_MAX / 2)
        capacity *= 2;
    char *bytes = capacity - text->n_bytes > n_bytes ? realloc(text->bytes, capacity) : NULL;
    if (bytes == NULL) {
        text->failed = 1;
        return -1;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return 0;
}

void text_add(struct text *text, const char *bytes, size_t n_bytes)
{
    if (n_bytes == 0 || reserve(text, n_bytes) < 0)
        return;
    memcpy(text->bytes + text->n_bytes, bytes, n_bytes);
    text->n_bytes += n_bytes;
    text->bytes[text->n_bytes] = '\0';
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (n <= 0 || reserve(text, (size_t)n) < 0) {
        text->failed |= n < 0;
        return;
    }
    va_start(arguments, format);
    vsnprintf(text->bytes + text->n_bytes, (size_t)n + 1, format, arguments);
    va_end(arguments);
    text->n_bytes += (size_t)n;
}

void text_integer(struct text *text, int64_t value)
{
    char digits[20], *end = digits + sizeof digits, *at = end; /* a sign and 19 digits */
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        *--at = '-';
    text_add(text, at, (size_t)(end - at));
}

void text_number(struct text *text, double value)
{
    char digits[NUMBER_TEXT_BYTES];
    if (!isfinite(value))
        text_add(text, "null", 4);
    else
        text_add(text, digits, number_print(digits, value));
}

/* The escape of a character, or NULL if it stands for itself. */
static const char *escape_of(unsigned code, char out[8])
{
    switch (code) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        if (!text_is_hidden(code))
            return NULL;
        snprintf(out, 8, "\\u%04x", code & 0xffff); /* there is none beyond */
        return out;
    }
}

#define EIGHT(byte) (UINT64_MAX / 255 * (byte))

/* Whether eight bytes at once stand for themselves: none is below ' ', above '~', a quotation mark
 * or a backslash. (x - 1) & ~x has the highest bit of every byte of x that is 0, and so, by what is
 * borrowed, of some that are not: then they are looked at one by one. */
static int are_plain(const char *at)
{
    uint64_t bytes, quote, slash, last;
    memcpy(&bytes, at, sizeof bytes);
    quote = bytes ^ EIGHT('"');
    slash = bytes ^ EIGHT('\\');
    last = bytes ^ EIGHT(0x7f);
    return ((bytes | ((bytes - EIGHT(' ')) & ~bytes) | ((quote - EIGHT(1)) & ~quote) |
             ((slash - EIGHT(1)) & ~slash) | ((last - EIGHT(1)) & ~last)) & EIGHT(0x80)) == 0;
}

/* Behind the letters, digits and so on that stand for themselves, one byte each, before `end`. */
static const char *skip_plain(const char *at, const char *end)
{
    while (end - at >= 8 && are_plain(at))
        at += 8;
    while (*at >= ' ' && *at <= '~' && *at != '"' && *at != '\\')
        at++;
    return at;
}

void text_json_string(struct text *text, const char *utf8)
{
    char buffer[8];
    const char *plain = utf8; /* start of what has not been added yet */
    const char *end = utf8 + strlen(utf8);
    unsigned code;

    text_add(text, "\"", 1);
    for (const char *at = skip_plain(utf8, end); at < end; at = skip_plain(at, end)) {
        size_t n = text_character(at, &code);
        const char *escape = escape_of(code, buffer);
        if (escape != NULL) {
            text_add(text, plain, (size_t)(at - plain));
            text_add(text, escape, strlen(escape));
            plain = at + n;
        }
        at += n;
    }
    text_add(text, plain, (size_t)(end - plain));
    text_add(text, "\"", 1);
}

char *text_take(struct text *text, size_t *out_n_bytes)
{
    char *bytes = NULL;
    size_t n_bytes = 0;

    if (reserve(text, 0) == 0) { /* an empty text still gives "" */
        bytes = text->bytes;
        n_bytes = text->n_bytes;
        bytes[n_bytes] = '\0';
        text->bytes = NULL;
    }
    text_clear(text);
    if (out_n_bytes != NULL)
        *out_n_bytes = n_bytes;
    return bytes;
}

void text_clear(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

/* Bytes of the valid UTF-8 sequence (RFC 3629) at `at`, or 0. */
static size_t sequence_bytes(const unsigned char *at, size_t n_left)
{
    static const unsigned char lead[][4] = {
        /* lead bytes from, to; the second byte from, to */
        {0xc2, 0xdf, 0x80, 0xbf}, {0xe0, 0xe0, 0xa0, 0xbf}, {0xe1, 0xec, 0x80, 0xbf},
        {0xed, 0xed, 0x80, 0x9f}, {0xee, 0xef, 0x80, 0xbf}, {0xf0, 0xf0, 0x90, 0xbf},
        {0xf1, 0xf3, 0x80, 0xbf}, {0xf4, 0xf4, 0x80, 0x8f},
    };
    if (at[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof lead / sizeof lead[0]; i++) {
        if (at[0] < lead[i][0] || at[0] > lead[i][1])
            continue;
        size_t n = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
        if (n > n_left || at[1] < lead[i][2] || at[1] > lead[i][3])
            return 0;
        for (size_t k = 2; k < n; k++)
            if ((at[k] & 0xc0) != 0x80)
                return 0;
        return n;
    }
    return 0;
}

size_t text_utf8_prefix(const char *bytes, size_t n_bytes)
{
    size_t at = 0;
    while (at < n_bytes) {
        size_t n = sequence_bytes((const unsigned char *)bytes + at, n_bytes - at);
        if (n == 0)
            break;
        at += n;
    }
    return at;
}

size_t text_character(const char *utf8, unsigned *out_code)
{
    const unsigned char *at = (const unsigned char *)utf8;
    size_t n = at[0] < 0x80 ? 1 : sequence_bytes(at, strnlen(utf8, 4));
    if (n < 2) {
        *out_code = n == 1 ? at[0] : 0xfffd;
        return 1;
    }
    *out_code = at[0] & (0xffu >> (n + 1));
    for (size_t k = 1; k < n; k++)
        *out_code = *out_code << 6 | (at[k] & 0x3f);
    return n;
}

int text_is_hidden(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) ||      /* control characters */
           code == 0x2028 || code == 0x2029 ||                  /* ends of line, of paragraph */
           code == 0x061c || code == 0x200e || code == 0x200f || /* marks of direction */
           (code >= 0x202a && code <= 0x202e) ||                /* embedding, override */
           (code >= 0x2066 && code <= 0x2069);                  /* isolates */
}

unsigned text_hidden(const char *utf8)
{
    unsigned code;
    while (*utf8 != '\0') {
        utf8 += text_character(utf8, &code);
        if (text_is_hidden(code))
            return code;
    }
    return 0;
}
