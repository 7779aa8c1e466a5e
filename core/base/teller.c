/* Handing named values to whoever takes them down. */
#include "core/base/teller.h"

#include <stdarg.h>
#include <stdio.h>

void tell_object(struct teller *teller, const char *name)
{
    teller->open(teller->context, name, 0);
}

void tell_list(struct teller *teller, const char *name)
{
    teller->open(teller->context, name, 1);
}

void tell_end(struct teller *teller)
{
    teller->close(teller->context);
}

void tell_number(struct teller *teller, const char *name, double value)
{
    teller->number(teller->context, name, value);
}

void tell_integer(struct teller *teller, const char *name, int64_t value)
{
    teller->integer(teller->context, name, value);
}

void tell_flag(struct teller *teller, const char *name, int value)
{
    teller->flag(teller->context, name, value);
}

void tell_text(struct teller *teller, const char *name, const char *value)
{
    teller->text(teller->context, name, value);
}

void tell_format(struct teller *teller, const char *name, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tell_text(teller, name, text);
}

void tell_numbers(struct teller *teller, const char *name, const double *values, size_t n)
{
    tell_list(teller, name);
    for (size_t i = 0; i < n; i++)
        tell_number(teller, NULL, values[i]);
    tell_end(teller);
}

void tell_texts(struct teller *teller, const char *name, const char *const *values, size_t n)
{
    tell_list(teller, name);
    for (size_t i = 0; i < n; i++)
        tell_text(teller, NULL, values[i]);
    tell_end(teller);
}
