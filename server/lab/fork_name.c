/* Names of forks. */
#include "server/lab/fork_name.h"

#include <string.h>

#include "server/base/json.h"
#include "server/base/text.h"
#include "server/spec/option/options.h"

enum { NAMED_MAX = 3 }; /* so many changes are told */

static int is_word(const char *start, size_t n, const char *word)
{
    return strlen(word) == n && strncmp(start, word, n) == 0;
}

/* The last word of a row's pointer that tells something: "epochs", of "/training/optimizer/name"
 * "optimizer", of "/network/layers/2/units" "units". */
static void add_word(struct text *text, const struct option *option)
{
    const char *end = option->pointer + strlen(option->pointer), *start;
    for (;; end = start - 1) {
        for (start = end; start[-1] != '/';)
            start--;
        size_t n = (size_t)(end - start);
        if (!is_word(start, n, "*") && !is_word(start, n, "name") && !is_word(start, n, "kind"))
            break;
    }
    text_add(text, start, (size_t)(end - start));
}

static int is_told(const struct option *option, const json_t *value)
{
    if (option->type == OPTION_CHOICE)
        return json_is_string(value) && option_has_word(option->choices, json_string_value(value));
    return json_is_number(value) || json_is_boolean(value);
}

/* "learning_rate 0.01", "no target", "init changed". */
static void add_change(struct text *text, const struct option *option, const json_t *value)
{
    text_printf(text, json_is_null(value) ? ", no " : ", ");
    add_word(text, option);
    if (json_is_null(value))
        return;
    text_printf(text, " ");
    if (!is_told(option, value))
        text_printf(text, "changed");
    else if (json_is_string(value))
        text_printf(text, "%s", json_string_value(value));
    else
        text_json(text, value);
}

/* What stands in `changes`, or which fields are swept. */
static void add_fields(struct text *text, const json_t *fields, int is_sweep)
{
    size_t n = 0, n_fields = json_object_size(fields);
    for (void *at = json_object_iter((json_t *)fields); at != NULL && n < NAMED_MAX;
         at = json_object_iter_next((json_t *)fields, at), n++) {
        const struct option *option = option_at(json_object_iter_key(at));
        if (option == NULL)
            continue; /* to be refused */
        if (is_sweep) {
            text_printf(text, ", ");
            add_word(text, option);
            text_printf(text, " swept");
        } else {
            add_change(text, option, json_object_iter_value(at));
        }
    }
    if (n_fields > n)
        text_printf(text, ", %zu other field%s", n_fields - n, n_fields - n == 1 ? "" : "s");
}

json_t *fork_name(const char *source, int run, int64_t epoch, const json_t *posted)
{
    struct text text = {0}, whole = {0};
    if (run >= 0)
        text_printf(&text, ", run %d", run);
    if (epoch > 0)
        text_printf(&text, ", from epoch %lld", (long long)epoch);
    add_fields(&text, json_object_get(posted, "changes"), 0);
    add_fields(&text, json_object_get(posted, "sweep"), 1);
    if (text.n_bytes == 0)
        text_printf(&text, ", again");
    size_t n = strlen(source), n_told = text.n_bytes < FORK_NAME_MAX ? text.n_bytes : FORK_NAME_MAX;
    if (n > FORK_NAME_MAX - n_told)
        n = text_utf8_prefix(source, FORK_NAME_MAX - n_told);
    text_add(&whole, source, n);
    if (!text.failed)
        text_add(&whole, text.bytes, n_told);
    json_t *name = text.failed || whole.failed ? NULL : json_stringn(whole.bytes, whole.n_bytes);
    text_clear(&text);
    text_clear(&whole);
    return name;
}
