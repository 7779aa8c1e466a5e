/* A teller takes down named values, one after the other: numbers, texts, lists, objects.
 *
 * What the core finds out in words and numbers of many shapes (verdicts, worked steps) it tells;
 * the caller decides what becomes of it, JSON in the server. Inside a list names are NULL. A teller
 * that fails (memory) takes down nothing more, and says so to its owner at the end, so that nobody
 * has to ask after each value. */
#ifndef CORE_BASE_TELLER_H
#define CORE_BASE_TELLER_H

#include <stddef.h>
#include <stdint.h>

/* Filled by whoever takes the values down; `context` is the first argument of each. */
struct teller {
    void *context;
    void (*open)(void *context, const char *name, int is_list); /* an object or a list */
    void (*close)(void *context);
    void (*number)(void *context, const char *name, double value); /* NaN, infinity: not known */
    void (*integer)(void *context, const char *name, int64_t value);
    void (*flag)(void *context, const char *name, int value);
    void (*text)(void *context, const char *name, const char *value); /* NULL: none */
};

void tell_object(struct teller *teller, const char *name); /* until tell_end */
void tell_list(struct teller *teller, const char *name);
void tell_end(struct teller *teller);
void tell_number(struct teller *teller, const char *name, double value);
void tell_integer(struct teller *teller, const char *name, int64_t value);
void tell_flag(struct teller *teller, const char *name, int value);
void tell_text(struct teller *teller, const char *name, const char *value);
void tell_format(struct teller *teller, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4))); /* at most 2047 bytes of it */
void tell_numbers(struct teller *teller, const char *name, const double *values, size_t n);
void tell_texts(struct teller *teller, const char *name, const char *const *values, size_t n);

#endif
