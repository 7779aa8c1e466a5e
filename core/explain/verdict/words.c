/* Sentences piece by piece. */
#include "core/explain/verdict/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/number.h"

enum { LISTED_MAX = 6 };

static void put(struct words *words, const char *bytes, size_t n)
{
    size_t room = WORDS_BYTES - 1 - words->n;
    n = n < room ? n : room;
    memcpy(words->text + words->n, bytes, n);
    words->n += n;
    words->text[words->n] = '\0';
}

void words_add(struct words *words, const char *format, ...)
{
    if (!strchr(format, '%')) {
        put(words, format, strlen(format)); /* in a fraction of printf's time */
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(words->text + words->n, WORDS_BYTES - words->n, format, arguments);
    va_end(arguments);
    size_t room = WORDS_BYTES - 1 - words->n;
    words->n += n >= 0 && (size_t)n < room ? (size_t)n : room;
}

void words_number(struct words *words, double value, int digits)
{
    char text[NUMBER_TEXT_BYTES];
    put(words, text, number_print_rounded(text, value, digits));
}

void words_above(struct words *words, const struct examination *it, double loss, double floor)
{
    double excess = examination_excess(it, loss, floor);
    if (isnan(excess)) {
        words_number(words, loss - floor, 2);
        words_add(words, " above");
    } else if (excess > 10.0) {
        words_number(words, excess + 1.0, 2);
        words_add(words, " times");
    } else {
        words_number(words, 100.0 * excess, 2);
        words_add(words, " %% above");
    }
}

void words_list(struct words *words, const int *items, int n)
{
    int listed = n <= LISTED_MAX ? n : LISTED_MAX - 1;
    for (int i = 0; i < listed; i++) {
        words_add(words, "%s%d", i == 0 ? "" : i == n - 1 ? " and " : ", ", items[i] + 1);
    }
    if (listed < n) {
        words_add(words, " and %d more", n - listed);
    }
}

static int layer_units(const struct examination *it, int layer, int *items,
                       int (*is_meant)(const struct examination *it, int unit))
{
    int n = 0;
    for (int i = 0; i < it->now.n_units; i++) {
        if (it->now.units[i].layer == layer && is_meant(it, i)) {
            if (n < LISTED_MAX) {
                items[n] = it->now.units[i].index;
            }
            n++;
        }
    }
    return n;
}

void words_units(struct words *words, const struct examination *it,
                 int (*is_meant)(const struct examination *it, int unit))
{
    int n_hidden = it->subject->network->n_layers - 1, items[LISTED_MAX], n_before = 0;
    for (int l = 0; l < n_hidden; l++) {
        int n = layer_units(it, l, items, is_meant);
        if (n == 0) {
            continue;
        }
        words_add(words, n_before == 0 ? (n_hidden == 1 ? "Hidden unit%s " : "Unit%s ")
                                       : " and unit%s ", n == 1 ? "" : "s");
        words_list(words, items, n);
        if (n_hidden > 1) {
            words_add(words, " of hidden layer %d", l + 1);
        }
        n_before += n;
    }
}
