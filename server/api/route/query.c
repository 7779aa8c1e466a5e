/* Queries: only what a route knows is taken; an option that is not heard is a wrong answer. */
#include "server/api/route/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/spelling.h"
#include "server/base/text.h"

enum { NAME_SHOWN = 40, FAULT_BYTES = 192 };

/* Shown to whoever asked for a page or for JSON, whether the server wants it or not: see access.h
 * of server/http, which has looked at it before. */
static const char token[] = "token";

static int is_known(const struct route *route, const char *name)
{
    for (const struct parameter *const *known = route->query; *known != NULL; known++)
        if (strcmp((*known)->name, name) == 0)
            return 1;
    return strcmp(name, token) == 0;
}

/* The known name that this one nearly spells, or NULL. */
static const char *find_near(const struct route *route, const char *name)
{
    const char *best = NULL;
    size_t best_distance = spelling_slips(name) + 1;
    for (const struct parameter *const *known = route->query; *known != NULL; known++) {
        size_t distance = spelling_distance(name, (*known)->name);
        if (distance < best_distance) {
            best = (*known)->name;
            best_distance = distance;
        }
    }
    return best;
}

/* What is wrong with the n-th name; 0, or -1 when something is. */
static int check_name(const struct call *call, int n, char fault[FAULT_BYTES])
{
    const char *name = http_query_name(call->request, n), *near;
    if (!is_known(call->route, name)) {
        near = find_near(call->route, name);
        snprintf(fault, FAULT_BYTES,
                 near == NULL ? "unknown here" : "unknown here, did you mean %s?", near);
        return -1;
    }
    for (int before = 0; before < n; before++)
        if (strcmp(http_query_name(call->request, before), name) == 0) {
            snprintf(fault, FAULT_BYTES, "given again, expected once");
            return -1;
        }
    return 0;
}

/* `name` as far as it is UTF-8 and not too long. */
static void copy_name(char out[NAME_SHOWN + 1], const char *name)
{
    size_t n = strlen(name);
    n = text_utf8_prefix(name, n < NAME_SHOWN ? n : NAME_SHOWN);
    memcpy(out, name, n);
    out[n] = '\0';
}

/* Behind what is wrong: "; POST /api/v1/experiments takes validate". */
static void print_allowed(struct text *text, const struct route *route)
{
    const struct parameter *const *row = route->query;
    int asks = text->n_bytes > 0 && text->bytes[text->n_bytes - 1] == '?';
    text_printf(text, "%s %s %s takes", asks ? "" : ";", http_method_name(route->method),
                route->pattern);
    if (*row == NULL)
        text_printf(text, " no query");
    for (; *row != NULL; row++)
        text_printf(text, row == route->query ? " %s" : ", %s", (*row)->name);
}

static void print_member(struct text *errors, const char *name, const char *fault)
{
    text_printf(errors, "%s{\"parameter\":", errors->n_bytes == 0 ? "\"errors\":[" : ",");
    text_json_string(errors, name);
    text_printf(errors, ",\"detail\":");
    text_json_string(errors, fault);
    text_printf(errors, "}");
}

static void refuse(struct call *call, struct text *detail, struct text *errors)
{
    print_allowed(detail, call->route);
    text_printf(errors, "]");
    char *sentence = text_take(detail, NULL), *members = text_take(errors, NULL);
    http_reply_problem(call->request, 400,
                       sentence == NULL ? "the query has a name that is unknown here" : sentence,
                       members);
    free(sentence);
    free(members);
}

int query_check(struct call *call)
{
    struct text detail = {0}, errors = {0};
    char fault[FAULT_BYTES], shown[NAME_SHOWN + 1];
    const char *name;
    for (int n = 0; (name = http_query_name(call->request, n)) != NULL; n++) {
        if (check_name(call, n, fault) == 0)
            continue;
        copy_name(shown, name);
        if (errors.n_bytes == 0)
            text_printf(&detail, "?%s: %s", shown, fault);
        print_member(&errors, shown, fault);
    }
    if (errors.n_bytes == 0 && !errors.failed)
        return 0;
    refuse(call, &detail, &errors);
    return -1;
}
