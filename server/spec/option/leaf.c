/* Numbers, texts and words against their rows of the table. */
#include "server/spec/option/leaf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/number.h"
#include "core/data/dataset.h"
#include "server/base/text.h"

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
        snprintf(out, LEAF_TEXT_BYTES, option->is_above ? "more than %s, at most %s" : "%s to %s",
                 low, high);
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
static void print_number_noun(char out[LEAF_EXPECTED_BYTES], const struct option *option)
{
    char range[LEAF_TEXT_BYTES];
    int has_both =
        isfinite(option->minimum) && isfinite(option->maximum) && !option->is_above;

    leaf_print_range(range, option);
    snprintf(out, LEAF_EXPECTED_BYTES, "%s%s%s",
             option->type == OPTION_INTEGER ? "a whole number" : "a number",
             has_both           ? " from "
             : range[0] != '\0' ? " "
                                : "",
             range);
}

/* `noun` "of 1 to 16", or "of at most 1000". */
static void print_count(char out[LEAF_EXPECTED_BYTES], const struct option *option,
                        const char *noun, const char *unit)
{
    char range[LEAF_TEXT_BYTES];

    if (option->minimum > 0)
        leaf_print_range(range, option);
    else
        snprintf(range, sizeof range, "at most %g", option->maximum);
    snprintf(out, LEAF_EXPECTED_BYTES, "%s of %s%s", noun, range, unit);
}

/* Appends the words that a list may have, where its items are words. */
static void print_items(char out[LEAF_EXPECTED_BYTES], const struct option *list)
{
    char choices[LEAF_TEXT_BYTES];
    size_t n = strlen(out);
    const struct option *item = option_below(list, NULL);

    if (item != NULL && item->type == OPTION_CHOICE)
        snprintf(out + n, LEAF_EXPECTED_BYTES - n, ": %s",
                 leaf_print_choices(choices, item->choices));
}

const char *leaf_print_expected(char out[LEAF_EXPECTED_BYTES], const struct option *option)
{
    char choices[LEAF_TEXT_BYTES];

    switch (option->type) {
    case OPTION_OBJECT:
        snprintf(out, LEAF_EXPECTED_BYTES, "an object");
        break;
    case OPTION_MAP:
        print_count(out, option, "an object", " formulas by name");
        break;
    case OPTION_COLUMNS:
        print_count(out, option, "an object", " formulas by name, or of an upload a list of names");
        break;
    case OPTION_LIST:
        print_count(out, option, "a list", "");
        print_items(out, option);
        break;
    case OPTION_TEXT:
    case OPTION_NAME:
        print_count(out, option, "a text", " characters");
        break;
    case OPTION_FORMULA:
        print_count(out, option, "a formula", " characters");
        break;
    case OPTION_CHOICE:
        snprintf(out, LEAF_EXPECTED_BYTES, "%s", leaf_print_choices(choices, option->choices));
        break;
    case OPTION_INTEGER:
    case OPTION_NUMBER:
        print_number_noun(out, option);
        break;
    case OPTION_BOOLEAN:
        snprintf(out, LEAF_EXPECTED_BYTES, "true or false");
        break;
    case OPTION_SWEEP:
        snprintf(out, LEAF_EXPECTED_BYTES, "an object of values by pointer");
        break;
    }
    return out;
}

/* Whether an integer is not any double: beyond 2^53 only some are. A fault if so, for it would be
 * trained with another number than was written. */
static int refuse_between_doubles(const struct place *place, const json_t *value,
                                  struct faults *faults)
{
    char nearest[NUMBER_TEXT_BYTES];
    double number = json_number_value(value);
    int is_between = json_is_integer(value) && fabs(number) >= 9007199254740992.0 &&
                     (number >= 9223372036854775808.0 ||
                      (json_int_t)number != json_integer_value(value));

    if (!is_between)
        return 0;
    number_print(nearest, number);
    place_fault(place, faults,
                "got %" JSON_INTEGER_FORMAT ", which is between two doubles, expected one of them, "
                "such as %s",
                json_integer_value(value), nearest);
    return 1;
}

/* Numbers have one form each, however they were written: 5, 5.0 and 5e0 are the integer 5. A minus
 * zero that may matter stays a real; as an integer it would lose its sign. */
static json_t *check_number(const struct option *option, const struct place *place,
                            const json_t *value, struct faults *faults)
{
    const double exact = 9007199254740992.0; /* 2^53: below, every integer is a double */
    char expected[LEAF_EXPECTED_BYTES];
    double number = json_number_value(value);
    int must_be_whole = option->type == OPTION_INTEGER;
    int is_whole = number == floor(number) && fabs(number) < exact;
    int is_integer = is_whole && (must_be_whole || number != 0 || !signbit(number));

    if (!json_is_number(value) || (must_be_whole && number != floor(number)))
        return leaf_refuse(place, value, leaf_print_expected(expected, option), faults);
    if (!is_in_range(option, number))
        return leaf_refuse(place, value, leaf_print_range(expected, option), faults);
    if (refuse_between_doubles(place, value, faults))
        return NULL;
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
    unsigned hidden = text != NULL ? text_hidden(text) : 0;
    char expected[LEAF_EXPECTED_BYTES];

    leaf_print_expected(expected, option);
    if (text == NULL || n < option->minimum)
        return leaf_refuse(place, value, expected, faults);
    if (n > option->maximum)
        place_fault(place, faults, "got %zu characters, expected %s", n, expected);
    else if (hidden != 0)
        place_fault(place, faults,
                    "got U+%04X in it, expected one line without control characters and marks of "
                    "direction",
                    hidden);
    else if (option->type == OPTION_TEXT && n > 0 && text[strspn(text, " ")] == '\0')
        place_fault(place, faults, "got nothing but spaces, expected %s", expected);
    else
        return json_incref((json_t *)value);
    return NULL;
}

int leaf_is_name(const struct place *place, const char *text, struct faults *faults)
{
    static const char characters[] = "0123456789_"
                                     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t n = strspn(text, characters);

    if (n > 0 && n < DATASET_NAME_BYTES && text[n] == '\0' && (*text < '0' || *text > '9'))
        return 1;
    char got[FAULT_GOT_BYTES];
    place_fault(place, faults, "got the name %s, expected 1 to %d letters, digits and _, the first "
                "one no digit",
                fault_got_text(got, text), DATASET_NAME_BYTES - 1);
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
