/* Any bytes on a connection: the whole HTTP layer takes them, answers and lets go of everything.
 *
 * The connection is one end of a socket pair, and this thread is the loop's. The first byte says
 * in pieces of which length the rest arrives (0: at once), and, when odd, that the client leaves
 * without a word instead of waiting for its replies. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/text.h"
#include "server/http/reply/assets.h"
#include "server/http/server.h"
#include "tests/fuzz/fuzz.h"

enum { BODY_BYTES_MAX = 3000, ENOUGH_MS = 10000, REPLY_BYTES_MAX = 1 << 20 };

static struct http_server *server;

/* --- every kind of reply -------------------------------------------------------------------- */

struct digits {
    int n_left;
};

static ssize_t digits_read(void *source, char *out, size_t size)
{
    struct digits *digits = source;
    size_t n = 0;
    while (n < size && digits->n_left > 0)
        out[n++] = (char)('0' + digits->n_left-- % 10);
    return (ssize_t)n;
}

static ssize_t events_read(void *source, char *out, size_t size)
{
    struct digits *left = source;
    return left->n_left-- <= 0 ? -1 : snprintf(out, size, "data: %d\n\n", left->n_left);
}

static int events_ready(void *source)
{
    (void)source;
    return 1;
}

static struct digits *digits_create(int n)
{
    struct digits *digits = malloc(sizeof *digits);
    FUZZ_CHECK(digits != NULL);
    digits->n_left = n;
    return digits;
}

/* What was understood. Texts of a checked request are printed as they are. */
static void reply_echo(struct http_request *request)
{
    static const char *const headers[] = {"Accept", "If-None-Match", "Range", "Last-Event-ID",
                                          "Prefer", "Cookie",        "Host"};
    struct text text = {0};
    size_t n_body, n_bytes;
    const char *body = http_body(request, &n_body), *value = http_query(request, "value");
    FUZZ_CHECK(n_body <= BODY_BYTES_MAX && body[n_body] == '\0');
    FUZZ_CHECK(http_path(request)[0] == '/');
    text_printf(&text, "%s %s %s %zu\n", http_method_name(http_method(request)), http_path(request),
                http_request_id(request), n_body);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        const char *header = http_header(request, headers[i]);
        text_printf(&text, "%s\n", header == NULL ? "" : header);
    }
    text_printf(&text, "%s\n", value == NULL ? "" : value);
    http_reply_header(request, "X-Value", value == NULL ? "" : value);
    char *bytes = text_take(&text, &n_bytes);
    http_reply(request, 200, "text/plain", bytes, n_bytes);
}

static void echo_at_desk(void *context, struct http_request *request)
{
    (void)context;
    reply_echo(request);
}

static void move_to_desk(void *context, struct http_request *request)
{
    http_move(request, HTTP_LONG, echo_at_desk, context);
}

static int is_never_ready(void *context)
{
    (void)context;
    return 0;
}

static void hold_at_desk(void *context, struct http_request *request)
{
    if (http_when(request, is_never_ready, 5, echo_at_desk, context) != 0)
        reply_echo(request);
}

static void dispatch(void *context, struct http_request *request)
{
    static const struct http_stream_source events = {events_read, events_ready, free};
    const char *path = http_path(request);
    (void)context;
    if (strcmp(path, "/later") == 0)
        http_later(request, HTTP_LONG, echo_at_desk, NULL);
    else if (strcmp(path, "/move") == 0)
        http_later(request, HTTP_QUICK, move_to_desk, NULL);
    else if (strcmp(path, "/hold") == 0)
        http_later(request, HTTP_MEDIUM, hold_at_desk, NULL);
    else if (strcmp(path, "/slices") == 0)
        http_reply_slices(request, 200, "text/plain", digits_read, free, digits_create(40000));
    else if (strcmp(path, "/events") == 0)
        http_reply_stream(request, &events, digits_create(3));
    else if (strcmp(path, "/problem") == 0)
        http_reply_problem(request, 404, path, NULL);
    else if (http_method(request) == HTTP_OTHER)
        http_allow(request, "GET, HEAD");
    else if (strcmp(path, "/nothing") != 0 && !assets_reply(request))
        reply_echo(request);
}

/* --- a connection --------------------------------------------------------------------------- */

static void start_server(void)
{
    struct http_config config = {
        .address = "127.0.0.1",
        .body_bytes_max = BODY_BYTES_MAX,
        .desks = 1,
        .dispatch = dispatch,
    };
    struct error error = ERROR_INIT;
    log_set_level(LOG_LEVEL_OFF);
    server = http_create(&config, &error);
    FUZZ_CHECK(server != NULL);
    server->rules.port = 8080; /* inputs must know it */
}

static void stop_server(void)
{
    http_destroy(server);
    server = NULL;
}

/* Our end of a new connection. */
static int join(void)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    int ends[2];
    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    FUZZ_CHECK(MHD_add_connection(server->daemon, ends[0], (struct sockaddr *)&from, sizeof from) ==
               MHD_YES);
    return ends[1];
}

static void take_turn(int wait_ms)
{
    server_take_turn(server, clock_monotonic_ns() / 1000000 + wait_ms);
}

/* Reads what is there; 0 at the end of the connection. */
static int take_reply(int fd, struct text *reply)
{
    char bytes[16384];
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
        if (reply->n_bytes < REPLY_BYTES_MAX)
            text_add(reply, bytes, (size_t)n);
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Sends all of it as long as the server takes it. */
static void send_pieces(int fd, const uint8_t *bytes, size_t n_bytes, size_t n_piece,
                        struct text *reply)
{
    while (n_bytes > 0) {
        ssize_t n = send(fd, bytes, n_piece < n_bytes ? n_piece : n_bytes, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            return;
        bytes += n < 0 ? 0 : n;
        n_bytes -= n < 0 ? 0 : (size_t)n;
        take_turn(0);
        if (!take_reply(fd, reply))
            return;
    }
}

/* A client that has closed its side gets the replies to all it sent, and then the end. */
static void wait_for_end(int fd, struct text *reply)
{
    int64_t end_ms = clock_monotonic_ns() / 1000000 + ENOUGH_MS;
    while (take_reply(fd, reply)) {
        FUZZ_CHECK(clock_monotonic_ns() / 1000000 < end_ms);
        take_turn(1);
    }
}

static void check_reply(const struct text *reply)
{
    static const char start[] = "HTTP/1.";
    if (reply->n_bytes == 0)
        return;
    FUZZ_CHECK(reply->n_bytes > 12 && memcmp(reply->bytes, start, sizeof start - 1) == 0);
    FUZZ_CHECK(reply->bytes[9] >= '1' && reply->bytes[9] <= '5');
}

/* Until nothing is left of the connection. */
static void see_off(void)
{
    int64_t end_ms = clock_monotonic_ns() / 1000000 + ENOUGH_MS;
    while (server->counts.connections > 0 || server->lingering.n_armed > 0) {
        FUZZ_CHECK(clock_monotonic_ns() / 1000000 < end_ms);
        take_turn(1);
    }
    struct http_counts counts = http_counts(server);
    FUZZ_CHECK(counts.streams == 0 && counts.streams_sleeping == 0 && counts.held == 0);
    FUZZ_CHECK(server->n_requests_open == 0 && server->n_at_desk == 0);
    FUZZ_CHECK(server->body_bytes == 0 && server->clients == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct text reply = {0};
    if (n_bytes == 0)
        return 0;
    if (server == NULL) {
        start_server();
        atexit(stop_server);
    }
    int fd = join();
    send_pieces(fd, bytes + 1, n_bytes - 1, bytes[0] == 0 ? n_bytes : bytes[0], &reply);
    if (bytes[0] % 2 == 0) {
        shutdown(fd, SHUT_WR);
        wait_for_end(fd, &reply);
        check_reply(&reply);
    }
    close(fd);
    see_off();
    text_clear(&reply);
    return 0;
}
