/* Any bytes as the head of a request: target, header lines, and what the guard makes of them.
 *
 * The first line is "METHOD TARGET VERSION", every other one a header "name: value". */
#include <string.h>

#include "server/http/gate/guard.h"
#include "server/http/gate/target.h"
#include "tests/fuzz/fuzz.h"

static const char *const hosts[] = {"lab.example", "lab.example:8443", NULL};
static const struct guard_rules rules = {8080, hosts, 1000, "192.0.2.1"};

/* Cuts the text at its next `end`; returns what was before, and moves on. */
static char *take(char **text, char end)
{
    char *word = *text, *at = strchr(word, end);
    *text = at == NULL ? word + strlen(word) : at + 1;
    if (at != NULL)
        *at = '\0';
    return word;
}

static void print_escaped(char **out, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (; *text != '\0'; text++) {
        *(*out)++ = '%';
        *(*out)++ = digits[(unsigned char)*text >> 4];
        *(*out)++ = digits[(unsigned char)*text & 15];
    }
}

/* "/" and the rest of the path and every argument, all of it escaped. */
static char *escape_target(const struct target *target)
{
    char *text = malloc(3 * (2 * target->raw_bytes + 8) + 1), *out = text;
    FUZZ_CHECK(text != NULL);
    *out++ = *target->path;
    print_escaped(&out, target->path + 1);
    for (const char *at = target->query; at < target->query + target->query_bytes;) {
        *out++ = at == target->query ? '?' : '&';
        print_escaped(&out, at);
        at += strlen(at) + 1;
        *out++ = '=';
        print_escaped(&out, at);
        at += strlen(at) + 1;
    }
    *out = '\0';
    return text;
}

/* A sound target means the same when every character of it is written as an escape. */
static void check_escaped(const struct target *target)
{
    char *raw = escape_target(target), *room = malloc(target_room(strlen(raw)));
    struct target again;
    FUZZ_CHECK(room != NULL);
    target_parse(&again, raw, room);
    FUZZ_CHECK(again.fault == NULL);
    FUZZ_CHECK(strcmp(again.path, target->path) == 0);
    FUZZ_CHECK(again.query_bytes == target->query_bytes);
    FUZZ_CHECK(memcmp(again.query, target->query, again.query_bytes) == 0);
    free(room);
    free(raw);
}

static void check_target(const struct target *target)
{
    if (target->fault != NULL)
        return;
    FUZZ_CHECK(target->path[0] == '/' || strcmp(target->path, "*") == 0);
    for (const char *c = target->path; *c != '\0'; c++)
        FUZZ_CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
    if (target->query_bytes > 0)
        FUZZ_CHECK(target_query(target, target->query) != NULL);
    check_escaped(target);
}

/* Refused with a sentence, or sound: then a body has one length and it is not too long. */
static void check_guard(const struct guard *guard)
{
    char detail[GUARD_DETAIL_BYTES] = "";
    size_t n_bytes;
    int status = guard_check(guard, &rules, detail);
    FUZZ_CHECK(status == 0 || (status >= 400 && status < 600));
    if (status != 0) {
        FUZZ_CHECK(detail[0] != '\0' && memchr(detail, '\0', sizeof detail) != NULL);
        for (const char *c = detail; *c != '\0'; c++)
            FUZZ_CHECK(*c >= 0x20 && *c < 0x7f);
        return;
    }
    FUZZ_CHECK(guard->n_lengths + guard->n_codings <= 1);
    FUZZ_CHECK(guard->n_hosts == 1 || strcmp(guard->version, "HTTP/1.0") == 0);
    if (guard_has_body(guard, &n_bytes))
        FUZZ_CHECK(n_bytes <= rules.body_bytes_max || guard->n_codings == 1);
}

static void take_lines(char *text, struct guard *guard)
{
    while (*text != '\0') {
        char *line = take(&text, '\n');
        char *header = take(&line, ':');
        guard_header(guard, header, strlen(header), line, strlen(line));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    char *text = malloc(n_bytes + 1), *rest = text;
    FUZZ_CHECK(text != NULL);
    if (n_bytes > 0)
        memcpy(text, bytes, n_bytes);
    text[n_bytes] = '\0';
    char *line = take(&rest, '\n');
    char *method = take(&line, ' '), *raw = take(&line, ' ');
    char *room = malloc(target_room(strlen(raw)));
    FUZZ_CHECK(room != NULL);
    struct target target;
    target_parse(&target, raw, room);
    check_target(&target);
    struct guard guard = {.method = method, .version = line};
    guard.authority = (struct guard_value){target.authority, target.authority_bytes};
    guard.head_bytes = target.raw_bytes;
    take_lines(rest, &guard);
    check_guard(&guard);
    free(room);
    free(text);
    return 0;
}
