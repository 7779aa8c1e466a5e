/* The target of a request line: checked strictly, decoded once. */
#include "server/http/gate/target.h"

#include <string.h>
#include <strings.h>

size_t target_room(size_t n_raw)
{
    return 2 * n_raw + 4; /* "b&c" becomes "b\0\0c\0\0": at worst two bytes for one */
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The character at *raw, which moves on; -1 for an escape that is none. */
static int decode(const char **raw)
{
    const char *at = *raw;
    int high, low;
    if (*at != '%') {
        *raw = at + 1;
        return (unsigned char)*at;
    }
    if ((high = hex_digit(at[1])) < 0 || (low = hex_digit(at[2])) < 0)
        return -1;
    *raw = at + 3;
    return high * 16 + low;
}

static const char *parse_path(struct target *target, const char *raw, char **room)
{
    target->path = *room;
    while (*raw != '\0' && *raw != '?') {
        int c = decode(&raw);
        if (c < 0)
            target->fault = "the path has a '%' that is not followed by two hexadecimal digits";
        else if (c < 0x20 || c == 0x7f)
            target->fault = "the path has an escaped control character";
        if (target->fault != NULL)
            break;
        *(*room)++ = (char)c;
    }
    *(*room)++ = '\0';
    return raw;
}

/* One name or value, up to any of `ends` or the end of the query. */
static const char *parse_word(struct target *target, const char *raw, const char *ends, char **room)
{
    while (*raw != '\0' && strchr(ends, *raw) == NULL) {
        int c = *raw == '+' ? (raw++, ' ') : decode(&raw);
        if (c <= 0) {
            target->fault = c < 0 ? "the query has a '%' that is not followed by two hexadecimal "
                                    "digits"
                                  : "the query has an escaped NUL";
            return "";
        }
        *(*room)++ = (char)c;
    }
    *(*room)++ = '\0';
    return raw;
}

static void parse_query(struct target *target, const char *raw, char **room)
{
    target->query = *room;
    while (*raw != '\0' && target->fault == NULL) {
        if (*raw == '&') {
            raw++;
            continue;
        }
        raw = parse_word(target, raw, "=&", room);
        raw = parse_word(target, *raw == '=' ? raw + 1 : raw, "&", room);
    }
    target->query_bytes = (size_t)(*room - target->query);
}

/* Where the path begins; takes note of the authority before it. */
static const char *skip_authority(struct target *target, const char *raw)
{
    static const char scheme[] = "http://";
    if (strncasecmp(raw, scheme, sizeof scheme - 1) != 0)
        return raw;
    target->authority = raw + sizeof scheme - 1;
    target->authority_bytes = strcspn(target->authority, "/?");
    return target->authority + target->authority_bytes;
}

static const char *find_fault(const char *raw)
{
    for (const char *at = raw; *at != '\0'; at++)
        if (*at <= 0x20 || *at >= 0x7f || *at == '#')
            return "the target of the request line may hold visible ASCII characters without '#'";
    return NULL;
}

void target_parse(struct target *target, const char *raw, char *room)
{
    *target = (struct target){.path = "", .query = "", .n_arguments = 1};
    for (; raw[target->raw_bytes] != '\0'; target->raw_bytes++)
        target->n_arguments += raw[target->raw_bytes] == '&';
    target->fault = find_fault(raw);
    const char *path = skip_authority(target, raw);
    target->raw_path_bytes = (size_t)(path - raw) + strcspn(path, "?");
    if (target->fault == NULL && *path != '/' && strcmp(path, "*") != 0)
        target->fault = "the target of the request line must be a path that begins with '/'";
    if (target->fault != NULL)
        return;
    path = parse_path(target, path, &room);
    if (*path == '?')
        parse_query(target, path + 1, &room);
}

/* The argument behind the one at `at`; NULL behind the last. For the first, `at` is NULL. */
static const char *next_argument(const struct target *target, const char *at)
{
    const char *end = target->query + target->query_bytes;
    if (at == NULL)
        return target->query_bytes > 0 ? target->query : NULL;
    at += strlen(at) + 1; /* to its value */
    at += strlen(at) + 1;
    return at < end ? at : NULL;
}

const char *target_query(const struct target *target, const char *name)
{
    const char *at = NULL;
    while ((at = next_argument(target, at)) != NULL)
        if (strcmp(at, name) == 0)
            return at + strlen(at) + 1;
    return NULL;
}

const char *target_query_name(const struct target *target, int n)
{
    const char *at = next_argument(target, NULL);
    while (at != NULL && n-- > 0)
        at = next_argument(target, at);
    return at;
}
