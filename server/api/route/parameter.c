/* Parameters: texts of a query against their rows. */
#include "server/api/route/parameter.h"

#include <stdio.h>
#include <string.h>

#include "server/base/numeral.h"

enum { CHOICES_BYTES = 96 };

int parameter_integer(const struct parameter *parameter, const char *text, int64_t low,
                      int64_t high, int64_t *out, struct error *error)
{
    int has_limits = parameter->type != PARAMETER_TEXT;
    const char *end = text;
    int64_t value;
    if (has_limits && low < parameter->minimum)
        low = parameter->minimum;
    if (has_limits && high > parameter->maximum)
        high = parameter->maximum;
    if (numeral_integer(&end, &value) != 0 || *end != '\0' || value < low || value > high)
        return error_set(error, ERROR_INVALID, "?%s=%.40s: expected an integer from %lld to %lld%s",
                         parameter->name, text, (long long)low, (long long)high,
                         parameter->type == PARAMETER_EPOCH ? ", or best" : "");
    *out = value;
    return 0;
}

int parameter_number(const struct parameter *parameter, const char *text, double *out,
                     struct error *error)
{
    const char *end = text;
    double value;
    if (numeral_number(&end, &value) != 0 || *end != '\0' ||
        !(value > (double)parameter->minimum && value <= (double)parameter->maximum))
        return error_set(error, ERROR_INVALID,
                         "?%s=%.40s: expected a number above %lld, at most %lld", parameter->name,
                         text, (long long)parameter->minimum, (long long)parameter->maximum);
    *out = value;
    return 0;
}

/* "json, csv or ndjson" of "json|csv|ndjson". */
static const char *print_choices(char out[CHOICES_BYTES], const char *choices)
{
    size_t n = 0;
    out[0] = '\0';
    while (*choices != '\0' && n < CHOICES_BYTES) {
        size_t n_word = strcspn(choices, "|");
        const char *between = n == 0 ? "" : choices[n_word] == '|' ? ", " : " or ";
        n += (size_t)snprintf(out + n, CHOICES_BYTES - n, "%s%.*s", between, (int)n_word, choices);
        choices += n_word + (choices[n_word] == '|');
    }
    return out;
}

int parameter_choice(const struct parameter *parameter, const char *text, int *out,
                     struct error *error)
{
    char choices[CHOICES_BYTES];
    const char *at = parameter->choices;
    size_t n = strlen(text);
    for (int i = 0; *at != '\0'; i++) {
        size_t n_word = strcspn(at, "|");
        if (n == n_word && strncmp(at, text, n) == 0) {
            *out = i;
            return 0;
        }
        at += n_word + (at[n_word] == '|');
    }
    return error_set(error, ERROR_INVALID, "?%s=%.40s: expected %s", parameter->name, text,
                     print_choices(choices, parameter->choices));
}
