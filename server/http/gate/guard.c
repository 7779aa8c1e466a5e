/* The guard: a request that another reader could understand differently is refused.
 *
 * DESIGN: header lines are collected one by one, then checked as a whole in the order in which
 * faults matter: what makes the framing ambiguous first, then whom it is for, then what it may do.
 * No allocation, no connection: a plain function of the head, tested by tables. */
#include "server/http/gate/guard.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SHOWN_MAX = 80 };

/* --- collecting ----------------------------------------------------------------------------- */

static int is_token(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= 0x20 || c >= 0x7f || strchr("()<>@,;:\\\"/[]?={}", c) != NULL)
            return 0;
    }
    return n > 0;
}

static int has_control(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return 1;
    }
    return 0;
}

static struct guard_value trim(const char *bytes, size_t n_bytes)
{
    while (n_bytes > 0 && (*bytes == ' ' || *bytes == '\t'))
        bytes++, n_bytes--;
    while (n_bytes > 0 && (bytes[n_bytes - 1] == ' ' || bytes[n_bytes - 1] == '\t'))
        n_bytes--;
    return (struct guard_value){bytes, n_bytes};
}

static int is(struct guard_value value, const char *text)
{
    return value.n_bytes == strlen(text) && strncasecmp(value.bytes, text, value.n_bytes) == 0;
}

void guard_header(struct guard *guard, const char *name, size_t n_name, const char *value,
                  size_t n_value)
{
    guard->head_bytes += n_name + n_value + GUARD_LINE_BYTES;
    if (!is_token(name, n_name))
        guard->fault = "a header name may hold letters, digits and a few signs, and no space "
                       "before the ':'";
    else if (has_control(value, n_value))
        guard->fault = "a header value may not hold control characters";
    struct guard_value field = {name, n_name}, content = trim(value, n_value);
    if (is(field, "Host")) {
        guard->host = content;
        guard->n_hosts++;
    } else if (is(field, "Content-Length")) {
        guard->length = content;
        guard->n_lengths++;
    } else if (is(field, "Transfer-Encoding")) {
        /* Untrimmed: libmicrohttpd takes "chunked " for something else and waits for ever. */
        guard->coding = (struct guard_value){value, n_value};
        guard->n_codings++;
    } else if (is(field, "Content-Type")) {
        guard->content_type = content;
    } else if (is(field, "Content-Encoding")) {
        guard->content_coding = content;
    } else if (is(field, "Origin")) {
        guard->origin = content;
    } else if (is(field, "Sec-Fetch-Site")) {
        guard->site = content;
    } else if (is(field, "Cookie")) {
        guard->head_bytes += n_value; /* kept a second time, taken apart */
        for (size_t i = 0; i < n_value; i++)
            guard->head_bytes += value[i] == ';' || value[i] == ',' ? GUARD_LINE_BYTES : 0;
    }
}

/* --- refusing ------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static int refuse(char detail[GUARD_DETAIL_BYTES], int status,
                                                        const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, GUARD_DETAIL_BYTES, format, arguments);
    va_end(arguments);
    for (char *c = detail; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
            *c = '?';
    return status;
}

static int shown(struct guard_value value)
{
    return value.n_bytes > SHOWN_MAX ? SHOWN_MAX : (int)value.n_bytes;
}

/* For "%.*s". */
#define SHOW(value) shown(value), (value).n_bytes > 0 ? (value).bytes : ""

/* --- framing -------------------------------------------------------------------------------- */

static int is_version(const struct guard *guard, const char *version)
{
    return strcmp(guard->version, version) == 0;
}

/* The announced length; 0, or -1 when it is not a plain number. SIZE_MAX when it is too large for
 * one. */
static int parse_length(struct guard_value value, size_t *out_bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < value.n_bytes; i++) {
        if (value.bytes[i] < '0' || value.bytes[i] > '9')
            return -1;
        n = n > (SIZE_MAX - 9) / 10 ? SIZE_MAX : n * 10 + (size_t)(value.bytes[i] - '0');
    }
    *out_bytes = n;
    return value.n_bytes > 0 ? 0 : -1;
}

static int check_framing(const struct guard *guard, char *detail)
{
    size_t n_bytes;
    if (guard->n_lengths > 0 && guard->n_codings > 0)
        return refuse(detail, 400, "Content-Length and Transfer-Encoding exclude each other");
    if (guard->n_lengths > 1)
        return refuse(detail, 400, "Content-Length is given %d times, expected once",
                      guard->n_lengths);
    if (guard->n_lengths == 1 && parse_length(guard->length, &n_bytes) != 0)
        return refuse(detail, 400, "Content-Length: got \"%.*s\", expected a number",
                      SHOW(guard->length));
    if (guard->n_codings > 1)
        return refuse(detail, 400, "Transfer-Encoding is given %d times, expected once",
                      guard->n_codings);
    if (guard->n_codings == 1 && !is(guard->coding, "chunked"))
        return refuse(detail, 400, "Transfer-Encoding: got \"%.*s\", expected chunked",
                      SHOW(guard->coding));
    if (guard->n_codings == 1 && !is_version(guard, "HTTP/1.1"))
        return refuse(detail, 400, "Transfer-Encoding needs HTTP/1.1, got %.20s", guard->version);
    return 0;
}

static int check_form(const struct guard *guard, char *detail)
{
    if (!is_version(guard, "HTTP/1.1") && !is_version(guard, "HTTP/1.0"))
        return refuse(detail, 505, "got %.20s, expected HTTP/1.1 or HTTP/1.0", guard->version);
    if (!is_token(guard->method, strlen(guard->method)))
        return refuse(detail, 400, "the method may hold letters, digits and a few signs");
    if (guard->fault != NULL)
        return refuse(detail, 400, "%s", guard->fault);
    if (guard->head_bytes > GUARD_HEAD_BYTES_MAX)
        return refuse(detail, 431, "the head takes %zu bytes (cookies twice), at most %d are kept",
                      guard->head_bytes, GUARD_HEAD_BYTES_MAX);
    return check_framing(guard, detail);
}

/* --- for whom ------------------------------------------------------------------------------- */

/* Splits "name", "name:port", "[::1]:port". *out_port: -1 when there is none. 0, or -1 when it is
 * none of these. */
static int split_host(struct guard_value host, struct guard_value *out_name, long *out_port)
{
    size_t n_name = 0;
    if (host.n_bytes > 0 && host.bytes[0] == '[') {
        const char *end = memchr(host.bytes, ']', host.n_bytes);
        n_name = end == NULL ? 0 : (size_t)(end - host.bytes) + 1;
    } else {
        while (n_name < host.n_bytes && host.bytes[n_name] != ':')
            n_name++;
    }
    *out_name = (struct guard_value){host.bytes, n_name};
    *out_port = -1;
    if (n_name == 0 || n_name == host.n_bytes)
        return n_name == 0 ? -1 : 0;
    struct guard_value digits = {host.bytes + n_name + 1, host.n_bytes - n_name - 1};
    size_t port;
    if (host.bytes[n_name] != ':' || parse_length(digits, &port) != 0 || port > 65535)
        return -1;
    *out_port = (long)port;
    return 0;
}

int guard_host_is_allowed(const struct guard_rules *rules, struct guard_value host)
{
    static const char *const loopback[] = {"localhost", "127.0.0.1", "[::1]"};
    struct guard_value name;
    long port;
    if (split_host(host, &name, &port) != 0)
        return 0;
    for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++)
        if (is(name, loopback[i]) && (port == -1 ? 80 : port) == rules->port)
            return 1;
    if (rules->own_host != NULL && is(name, rules->own_host) &&
        (port == -1 ? 80 : port) == rules->port)
        return 1;
    for (size_t i = 0; rules->hosts != NULL && rules->hosts[i] != NULL; i++)
        if (is(host, rules->hosts[i]) || is(name, rules->hosts[i]))
            return 1;
    return 0;
}

static int check_host(const struct guard *guard, const struct guard_rules *rules, char *detail)
{
    if (guard->n_hosts > 1)
        return refuse(detail, 400, "Host is given %d times, expected once", guard->n_hosts);
    if (guard->n_hosts == 0 && is_version(guard, "HTTP/1.1"))
        return refuse(detail, 400, "the Host header is missing");
    struct guard_value hosts[] = {guard->host, guard->authority};
    int is_given[] = {guard->n_hosts > 0, guard->authority.bytes != NULL};
    for (int i = 0; i < 2; i++)
        if (is_given[i] && !guard_host_is_allowed(rules, hosts[i]))
            return refuse(detail, 421,
                          "Host: got \"%.*s\", expected localhost:%u, 127.0.0.1:%u, [::1]:%u or a "
                          "name the server was started with (--host)",
                          SHOW(hosts[i]), rules->port, rules->port, rules->port);
    return 0;
}

/* --- what it may do ------------------------------------------------------------------------- */

/* Every method that is not known to leave things as they are. */
static int is_change(const struct guard *guard)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS", "TRACE"};
    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
        if (strcmp(guard->method, safe[i]) == 0)
            return 0;
    return 1;
}

static int origin_is_allowed(const struct guard_rules *rules, struct guard_value origin)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t n = strlen(schemes[i]);
        if (origin.n_bytes > n && strncasecmp(origin.bytes, schemes[i], n) == 0)
            return guard_host_is_allowed(
                rules, (struct guard_value){origin.bytes + n, origin.n_bytes - n});
    }
    return 0;
}

/* Pages of other sites may not change anything here; browsers tell where a request comes from. */
static int check_origin(const struct guard *guard, const struct guard_rules *rules, char *detail)
{
    if (!is_change(guard))
        return 0;
    if (guard->origin.bytes != NULL && !origin_is_allowed(rules, guard->origin))
        return refuse(detail, 403,
                      "Origin: got \"%.*s\", changes are taken from this server's own "
                      "pages only",
                      SHOW(guard->origin));
    if (guard->site.bytes != NULL && !is(guard->site, "same-origin") && !is(guard->site, "none"))
        return refuse(detail, 403,
                      "Sec-Fetch-Site: got \"%.*s\", changes are taken from this "
                      "server's own pages only",
                      SHOW(guard->site));
    return 0;
}

/* The media type, alone or with charset=utf-8. */
static int is_type(struct guard_value type, const char *wanted)
{
    size_t n = strlen(wanted);
    if (type.n_bytes < n || strncasecmp(type.bytes, wanted, n) != 0)
        return 0;
    struct guard_value rest = trim(type.bytes + n, type.n_bytes - n);
    if (rest.n_bytes == 0)
        return 1;
    if (rest.bytes[0] != ';')
        return 0;
    rest = trim(rest.bytes + 1, rest.n_bytes - 1);
    return is(rest, "charset=utf-8") || is(rest, "charset=\"utf-8\"");
}

static int check_body(const struct guard *guard, const struct guard_rules *rules, char *detail)
{
    size_t n_bytes;
    if (!guard_has_body(guard, &n_bytes))
        return 0;
    if (n_bytes != SIZE_MAX && n_bytes > rules->body_bytes_max)
        return refuse(detail, 413, "the body has %zu bytes, at most %zu are taken", n_bytes,
                      rules->body_bytes_max);
    if (guard->n_codings == 0 && n_bytes == SIZE_MAX)
        return refuse(detail, 413, "the body has %.*s bytes, at most %zu are taken",
                      SHOW(guard->length), rules->body_bytes_max);
    if (guard->content_coding.bytes != NULL && !is(guard->content_coding, "identity"))
        return refuse(detail, 415,
                      "Content-Encoding: got \"%.*s\", expected none: send it as it is",
                      SHOW(guard->content_coding));
    /* Both are types a page of another site cannot send without being asked first. */
    if (is_change(guard) && !is_type(guard->content_type, "application/json") &&
        !is_type(guard->content_type, "text/csv"))
        return refuse(detail, 415,
                      "Content-Type: got \"%.*s\", expected application/json, of a CSV file "
                      "text/csv; with curl, use --json in place of -d, and for a file "
                      "--data-binary @FILE -H 'Content-Type: text/csv'",
                      SHOW(guard->content_type));
    return 0;
}

int guard_has_body(const struct guard *guard, size_t *out_bytes)
{
    *out_bytes = 0;
    if (guard->n_codings > 0)
        *out_bytes = SIZE_MAX;
    else if (guard->n_lengths > 0)
        parse_length(guard->length, out_bytes);
    return *out_bytes > 0;
}

int guard_check(const struct guard *guard, const struct guard_rules *rules,
                char detail[GUARD_DETAIL_BYTES])
{
    int status = check_form(guard, detail);
    if (status == 0)
        status = check_host(guard, rules, detail);
    if (status == 0)
        status = check_origin(guard, rules, detail);
    if (status == 0)
        status = check_body(guard, rules, detail);
    return status;
}
