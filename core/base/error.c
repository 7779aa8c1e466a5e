/* What a failed call says: the first error set stays. */
#include "core/base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

/* What a UTF-8 lead byte promises, 0 if it is none. */
static int promised_length(unsigned char lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* Length of the UTF-8 sequence at `at`, 0 if it is none (cut off, overlong, a surrogate, above
 * U+10FFFF). Never reads past a NUL. */
static int sequence_length(const unsigned char *at)
{
    unsigned char lead = at[0], second_low = 0x80, second_high = 0xBF;
    int length = promised_length(lead);
    if (length < 2) {
        return length;
    }
    if (lead == 0xE0) {
        second_low = 0xA0;
    } else if (lead == 0xED) {
        second_high = 0x9F;
    } else if (lead == 0xF0) {
        second_low = 0x90;
    } else if (lead == 0xF4) {
        second_high = 0x8F;
    }
    if (at[1] < second_low || at[1] > second_high) {
        return 0;
    }
    for (int i = 2; i < length; i++) {
        if (at[i] < 0x80 || at[i] > 0xBF) {
            return 0;
        }
    }
    return length;
}

/* Texts end up in JSON, logs and HTTP: one line of valid UTF-8, whatever was quoted in them and
 * wherever the size cut them. */
static void make_plain(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at != '\0';) {
        int length = sequence_length(at);
        if (length == 0) {
            *at = '?';
        } else if (*at < 0x20 || *at == 0x7F) {
            *at = ' ';
        }
        at += length == 0 ? 1 : length;
    }
}

int error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
    assert(kind != ERROR_NONE);
    if (!error || error->kind != ERROR_NONE) {
        return -1;
    }
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(error->text, sizeof error->text, format, arguments) < 0) {
        error->text[0] = '\0';
    }
    va_end(arguments);
    make_plain(error->text);
    error->kind = kind;
    return -1;
}
