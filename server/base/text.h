/* A text that grows, and what it takes to write JSON into it. */
#ifndef SERVER_BASE_TEXT_H
#define SERVER_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Starts zeroed. After a failed allocation it stays failed: further calls do nothing and text_take
 * gives NULL, so only the end needs a check. */
struct text {
    char *bytes; /* NUL-terminated when n_bytes > 0 */
    size_t n_bytes;
    size_t capacity;
    int failed;
};

void text_add(struct text *text, const char *bytes, size_t n_bytes);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As "%lld", in a tenth of the time: streams have an epoch for every loss. */
void text_integer(struct text *text, int64_t value);

/* The fewest digits that read back as the same double; null when not finite. */
void text_number(struct text *text, double value);

/* Quoted and escaped, hidden characters too. `utf8` is valid UTF-8, as everything that came out of
 * a JSON parser is. */
void text_json_string(struct text *text, const char *utf8);

/* The bytes, malloc'ed, NUL-terminated, at least ""; NULL after a failure. The caller frees them;
 * `text` is empty again. */
char *text_take(struct text *text, size_t *out_n_bytes);
void text_clear(struct text *text);

/* Length of the longest start of `bytes` that is valid UTF-8: where to cut a text that was cut
 * blindly. */
size_t text_utf8_prefix(const char *bytes, size_t n_bytes);

/* The character that `utf8` begins with, and its bytes: 1 for the NUL at the end, and for a byte
 * that is no UTF-8, which counts as U+FFFD. */
size_t text_character(const char *utf8, unsigned *out_code);

/* 1 if a character is not one of a line of text: a control character (also of Unicode's second
 * set), an end of line, or an invisible mark that turns the direction of what stands around it. The
 * letters of scripts that run from right to left turn it by themselves. */
int text_is_hidden(unsigned code);

/* The first such character of a text, or 0. */
unsigned text_hidden(const char *utf8);

#endif
