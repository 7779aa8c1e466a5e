/* Numerals: numbers in text as JSON has them. */
#include "server/base/numeral.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static const char *skip_digits(const char *text)
{
    while (*text >= '0' && *text <= '9')
        text++;
    return text;
}

int numeral_integer(const char **text, int64_t *out)
{
    const char *end = skip_digits(*text);
    if (end == *text)
        return -1;
    errno = 0;
    *out = strtoll(*text, NULL, 10);
    *text = end;
    return errno == 0 ? 0 : -1;
}

/* Behind the number that `text` begins with; `text` itself where it begins with none. */
static const char *skip_number(const char *text)
{
    const char *start = text + (*text == '-'), *end = skip_digits(start);
    if (end == start)
        return text;
    if (end[0] == '.')
        end = skip_digits(end + 1);
    if (end[0] == 'e' || end[0] == 'E') {
        const char *power = end + 1 + (end[1] == '-' || end[1] == '+');
        const char *behind = skip_digits(power);
        end = behind > power ? behind : end;
    }
    return end;
}

int numeral_number(const char **text, double *out)
{
    const char *end = skip_number(*text);
    char *read;
    if (end == *text || end[-1] == '.')
        return -1;
    errno = 0;
    *out = strtod(*text, &read);
    *text = end;
    return read == end && (errno == 0 || (*out != 0.0 && isfinite(*out))) ? 0 : -1;
}
