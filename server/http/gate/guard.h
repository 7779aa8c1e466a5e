/* What a request must be before anything else sees it: framing, Host, size, type, origin. Private.
 *
 * libmicrohttpd 0.9.75 reads leniently: it would take Content-Length and Transfer-Encoding at once,
 * the first of two lengths or hosts, "Name : value", a bare CR inside a value, chunked bodies of
 * HTTP/1.0, and lets any Host in. What it hides from us and therefore stays allowed: a bare LF for
 * CRLF, folded header lines, a value cut at a NUL, spaces around the target, chunk extensions; and
 * a line that begins with ':' ends the head. Its own refusals (head over 16 KiB, Content-Length
 * that is no number, no target) are plain 4xx without a problem body. Shared servers stand behind a
 * strict proxy. */
#ifndef SERVER_HTTP_GATE_GUARD_H
#define SERVER_HTTP_GATE_GUARD_H

#include <stddef.h>
#include <stdint.h>

/* HEAD: of the memory of a connection, so that the rest holds the head of any reply. LINE: what
 * libmicrohttpd keeps for a header, a cookie or an argument beside its text. */
enum { GUARD_DETAIL_BYTES = 320, GUARD_HEAD_BYTES_MAX = 11 * 1024, GUARD_LINE_BYTES = 64 };

/* What holds for all requests of a server. Everything borrowed. */
struct guard_rules {
    uint16_t port;
    const char *const *hosts; /* as in struct http_config; may be NULL */
    size_t body_bytes_max;
    const char *own_host; /* the address bound, "192.0.2.1" or "[2001:db8::1]"; "" or NULL */
};

/* A text that is not NUL-terminated, trimmed of spaces and tabs at both ends; NULL when absent. */
struct guard_value {
    const char *bytes;
    size_t n_bytes;
};

/* The head of one request. Starts zeroed; method, version, authority and the target's part of
 * head_bytes are set by the caller, the rest by guard_header. Everything is borrowed. */
struct guard {
    const char *method, *version;
    struct guard_value authority; /* of an absolute target; absent otherwise */
    struct guard_value host, length, coding, content_type, content_coding, origin, site;
    int n_hosts, n_lengths, n_codings;
    size_t
        head_bytes; /* what libmicrohttpd keeps of it: the target, set by the caller, and lines */
    const char *fault; /* the first thing wrong with a header line as such, or NULL */
};

/* Takes one header line into account. `name` and `value` are NUL-terminated. */
void guard_header(struct guard *guard, const char *name, size_t n_name, const char *value,
                  size_t n_value);

/* 0 when the request may go on; otherwise the status of its refusal, with a sentence in `detail`
 * saying what was found and what is allowed (printable ASCII). A refused request must not be read
 * further: its framing cannot be trusted. */
int guard_check(const struct guard *guard, const struct guard_rules *rules,
                char detail[GUARD_DETAIL_BYTES]);

/* 1 if the checked request announces a body. *out_bytes: its length; SIZE_MAX when it will only be
 * known at its end (chunked). */
int guard_has_body(const struct guard *guard, size_t *out_bytes);

/* 1 if `host` ("name", "name:port") is one the server answers to. */
int guard_host_is_allowed(const struct guard_rules *rules, struct guard_value host);

#endif
