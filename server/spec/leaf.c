/* Numbers, texts and words against their rows of the table. */
#include "server/spec/leaf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/number.h"
#include "core/data/dataset.h"

json_t *leaf_refuse(const struct place *place, const json_t *value, const char *expected,
                    struct faults *faults)
{
    char got[FAULT_GOT_BYTES];
    place_fault(place, faults, "got %s, expected %s", fault_got(got, value), expected);
    return NULL;
}

/* --- numbers ------------------------------------------------------------------------------- */

const char *leaf_print_range(char out[LEAF_TEXT_BYTES], const struct option *option)
{
    char low[NUMBER_TEXT_BYTES], high[NUMBER_TEXT_BYTES];

    number_print(low, option->minimum);
    number_print(high, option->maximum);
    if (isfinite(option->minimum) && isfinite(option->maximum))
        snprintf(out, LEAF_TEXT_BYTES, "%s to %s", low, high);
    else if (isfinite(option->minimum))
        snprintf(out, LEAF_TEXT_BYTES, "%s %s", option->is_above ? "more than" : "at least", low);
    else
        out[0] = '\0';
    return out;
}

static int is_in_range(const struct option *option, double value)
{
    return (option->is_above ? value > option->minimum : value >= option->minimum) &&
           value <= option->maximum;
}

/* "a whole number from 1 to 4096", "a number more than 0", "a number". */
static void print_noun(char out[2 * LEAF_TEXT_BYTES], const struct option *option)
{
    char range[LEAF_TEXT_BYTES];
    int has_both = isfinite(option->minimum) && isfinite(option->maximum);

    leaf_print_range(range, option);
    snprintf(out, 2 * LEAF_TEXT_BYTES, "%s%s%s",
             option->type == OPTION_INTEGER ? "a whole number" : "a number",
             has_both           ? " from "
             : range[0] != '\0' ? " "
                                : "",
             range);
}

/* Numbers have one form each, however they were written: 5, 5.0 and 5e0 are the integer 5. A minus
 * zero that may matter stays a real; as an integer it would lose its sign. */
static json_t *check_number(const struct option *option, const struct place *place,
                            const json_t *value, struct faults *faults)
{
    const double exact = 9007199254740992.0; /* 2^53: below, every integer is a double */
    char expected[2 * LEAF_TEXT_BYTES];
    double number = json_number_value(value);
    int must_be_whole = option->type == OPTION_INTEGER;
    int is_whole = number == floor(number) && fabs(number) < exact;
    int is_integer = is_whole && (must_be_whole || number != 0 || !signbit(number));

    if (!json_is_number(value) || (must_be_whole && number != floor(number))) {
        print_noun(expected, option);
        return leaf_refuse(place, value, expected, faults);
    }
    if (!is_in_range(option, number))
        return leaf_refuse(place, value, leaf_print_range(expected, option), faults);
    if (json_is_integer(value) == is_integer)
        return json_incref((json_t *)value);
    return is_integer ? json_integer((json_int_t)number) : json_real(number);
}

/* --- texts and words ----------------------------------------------------------------------- */

static size_t count_characters(const char *utf8)
{
    size_t n = 0;
    for (; *utf8 != '\0'; utf8++)
        n += ((unsigned char)*utf8 & 0xc0) != 0x80;
    return n;
}

static json_t *check_text(const struct option *option, const struct place *place,
                          const json_t *value, struct faults *faults)
{
    const char *text = json_string_value(value);
    size_t n = text != NULL ? count_characters(text) : 0;
    char expected[LEAF_TEXT_BYTES];

    snprintf(expected, sizeof expected, "%s of %g to %g characters",
             option->type == OPTION_FORMULA ? "a formula" : "a text", option->minimum,
             option->maximum);
    if (text == NULL || n < option->minimum)
        return leaf_refuse(place, value, expected, faults);
    if (n > option->maximum) {
        place_fault(place, faults, "got %zu characters, expected %s", n, expected);
        return NULL;
    }
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return leaf_refuse(place, value, "one line without control characters", faults);
    return json_incref((json_t *)value);
}

int leaf_is_name(const struct place *place, const char *text, struct faults *faults)
{
    static const char characters[] = "0123456789_"
                                     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t n = strspn(text, characters);

    if (n > 0 && n < DATASET_NAME_BYTES && text[n] == '\0' && (*text < '0' || *text > '9'))
        return 1;
    place_fault(place, faults,
                "expected a name of 1 to %d letters, digits and _, the first one no "
                "digit",
                DATASET_NAME_BYTES - 1);
    return 0;
}

static json_t *check_name(const struct option *option, const struct place *place,
                          const json_t *value, struct faults *faults)
{
    if (!json_is_string(value))
        return check_text(option, place, value, faults);
    return leaf_is_name(place, json_string_value(value), faults) ? json_incref((json_t *)value)
                                                                 : NULL;
}

const char *leaf_print_choices(char out[LEAF_TEXT_BYTES], const char *choices)
{
    size_t n_out = 0;

    for (const char *at = choices; *at != '\0' && n_out < LEAF_TEXT_BYTES;) {
        size_t n = strcspn(at, "|");
        const char *between = at == choices ? "" : at[n] == '|' ? ", " : " or ";
        n_out += (size_t)snprintf(out + n_out, LEAF_TEXT_BYTES - n_out, "%s\"%.*s\"", between,
                                  (int)n, at);
        at += n + (at[n] == '|');
    }
    return out;
}

static json_t *check_choice(const struct option *option, const struct place *place,
                            const json_t *value, struct faults *faults)
{
    const char *word = json_string_value(value);
    char expected[LEAF_TEXT_BYTES];

    if (word != NULL && option_has_word(option->choices, word))
        return json_incref((json_t *)value);
    return leaf_refuse(place, value, leaf_print_choices(expected, option->choices), faults);
}

json_t *leaf_check(const struct option *option, const struct place *place, const json_t *value,
                   struct faults *faults)
{
    int n_before = faults->n_found;
    json_t *checked = NULL;

    if (option->type == OPTION_CHOICE)
        checked = check_choice(option, place, value, faults);
    else if (option->type == OPTION_INTEGER || option->type == OPTION_NUMBER)
        checked = check_number(option, place, value, faults);
    else if (option->type == OPTION_BOOLEAN)
        checked = json_is_boolean(value) ? json_incref((json_t *)value)
                                         : leaf_refuse(place, value, "true or false", faults);
    else if (option->type == OPTION_NAME)
        checked = check_name(option, place, value, faults);
    else
        checked = check_text(option, place, value, faults);
    if (checked == NULL && faults->n_found == n_before)
        faults_add_memory(faults);
    return checked;
}
