/* The loop: one thread, one epoll set, libmicrohttpd in the middle.
 *
 * DESIGN: each turn waits on our own epoll set, which holds libmicrohttpd's, the listening socket,
 * the bell (an eventfd), and the sockets of clients, for their end. What they tell is acted on
 * first: connections are accepted, resumed, cut. Only then MHD_run serves all that
 * is ready, so every resume takes effect at once (trap T10), and nothing that an event points to is
 * freed before it was looked at (T18). libmicrohttpd's own ways of waiting hang (T1).
 *
 * Threads: others touch is_stopping, is_woken and the bell, nothing else; a desk hands requests
 * back under its own lock and rings. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "server/base/clock.h"
#include "server/http/connection/client.h"
#include "server/http/connection/farewell.h"
#include "server/http/connection/listener.h"
#include "server/http/later/desk.h"
#include "server/http/later/hold.h"
#include "server/http/reply/stream.h"
#include "server/http/request.h"
#include "server/http/server.h"

/* MEMORY: a connection's, for the request's head (GUARD_HEAD_BYTES_MAX of it), the reply's, and
 * chunks; a sleeping stream keeps up to all of it resident.
 * LEFT: after which it looks again at clients that left. CUT: for connections that were cut to be
 * noticed as such. */
enum {
    MEMORY_BYTES = 14 * 1024,
    WAKE_MS = 50,
    LEFT_MS = 20,
    CUT_MS = 250,
    EVENTS_MAX = 128,
    LINGER_MS = 5000,
    DESK_QUEUE_MAX = 512,
    STREAM_RESERVE = 64
};

/* --- one turn ------------------------------------------------------------------------------- */

int server_watch(struct http_server *server, int fd, uint32_t events, struct watch *watch)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

void server_ring(struct http_server *server)
{
    uint64_t one = 1;
    while (write(server->bell_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void hear_bell(struct http_server *server, struct watch *watch, uint32_t events)
{
    uint64_t n;
    (void)watch, (void)events;
    while (read(server->bell_fd, &n, sizeof n) < 0 && errno == EINTR)
        ;
}

/* libmicrohttpd runs in every turn, whatever happened. */
static void leave_to_daemon(struct http_server *server, struct watch *watch, uint32_t events)
{
    (void)server, (void)watch, (void)events;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How long this turn may wait: until anything is due, at most until end_ms. */
static int wait_ms(struct http_server *server, int64_t end_ms)
{
    MHD_UNSIGNED_LONG_LONG daemon_ms;
    int64_t due_ms = end_ms;
    if (MHD_get_timeout(server->daemon, &daemon_ms) == MHD_YES)
        due_ms = earlier(due_ms, server->now_ms + (int64_t)earlier((int64_t)daemon_ms, 60000));
    due_ms = earlier(due_ms, deadline_next_ms(&server->heads));
    due_ms = earlier(due_ms, deadline_next_ms(&server->bodies));
    due_ms = earlier(due_ms, deadline_next_ms(&server->idle));
    due_ms = earlier(due_ms, deadline_next_ms(&server->left));
    due_ms = earlier(due_ms, deadline_next_ms(&server->sleeping));
    due_ms = earlier(due_ms, deadline_next_ms(&server->gathering));
    due_ms = earlier(due_ms, deadline_next_ms(&server->lingering));
    due_ms = earlier(due_ms, deadline_next_ms(&server->held));
    if (server->listen_again_ms != 0)
        due_ms = earlier(due_ms, server->listen_again_ms);
    if (atomic_load(&server->is_woken))
        due_ms = earlier(due_ms, server->woken_ms + WAKE_MS);
    int64_t now_ms = clock_monotonic_ns() / 1000000;
    return due_ms <= now_ms ? 0 : (int)earlier(due_ms - now_ms, 60000);
}

/* Lets requests whose work is done at a desk go on, or wait. */
static void resume_done(struct http_server *server)
{
    struct http_request *request = desk_take_done(server->desk), *after;
    for (; request != NULL; request = after) {
        after = request->next;
        if (request->hold.is_asked) {
            hold_begin(request);
            continue;
        }
        server->n_at_desk--;
        MHD_resume_connection(request->connection);
    }
}

/* Asks those asleep, if anybody called http_wake and the last time is long enough ago. The
 * flag is cleared first: a call that comes while they are asked counts for the next time. */
static void wake_ready(struct http_server *server)
{
    if (server->now_ms < server->woken_ms + WAKE_MS || !atomic_exchange(&server->is_woken, 0))
        return;
    server->woken_ms = server->now_ms;
    streams_wake_ready(server);
    holds_end_ready(server);
}

void server_take_turn(struct http_server *server, int64_t end_ms)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(server->epoll_fd, events, EVENTS_MAX, wait_ms(server, end_ms));
    int64_t began_ns = clock_monotonic_ns();
    server->now_ms = began_ns / 1000000;
    for (int i = 0; i < n; i++) {
        struct watch *watch = events[i].data.ptr;
        watch->act(server, watch, events[i].events);
    }
    listener_go_on(server);
    clients_cut_late(server);
    farewell_end_late(server);
    resume_done(server);
    holds_end_due(server);
    streams_wake_due(server);
    wake_ready(server);
    MHD_run(server->daemon);
    metrics_count_turn(&server->metrics, began_ns, clock_monotonic_ns());
}

/* --- running and stopping ------------------------------------------------------------------- */

/* No new connections, no idle ones; streams say goodbye; what is under way goes on. */
static void begin_draining(struct http_server *server)
{
    server->is_draining = 1;
    listener_close(server);
    farewell_end_all(server);
    clients_cut_idle(server);
    holds_end_all(server);
    streams_wake_all(server);
    MHD_run(server->daemon); /* for the resumes to take effect */
}

void http_run(struct http_server *server, int drain_ms)
{
    while (!atomic_load(&server->is_stopping))
        server_take_turn(server, INT64_MAX);
    begin_draining(server);
    int64_t end_ms = server->now_ms + drain_ms;
    while (server->n_requests_open > 0 && server->now_ms < end_ms)
        server_take_turn(server, end_ms);
    clients_cut_all(server);
    end_ms = server->now_ms + CUT_MS;
    while (server->counts.connections > server->n_at_desk && server->now_ms < end_ms)
        server_take_turn(server, end_ms);
}

void http_stop(struct http_server *server)
{
    atomic_store(&server->is_stopping, 1);
    server_ring(server);
}

int http_is_stopping(const struct http_server *server)
{
    return atomic_load(&server->is_stopping);
}

void http_wake(struct http_server *server)
{
    if (!atomic_exchange(&server->is_woken, 1))
        server_ring(server);
}

uint16_t http_port(const struct http_server *server)
{
    return server->port;
}

struct http_counts http_counts(const struct http_server *server)
{
    struct http_counts counts = server->counts;
    counts.desk_waiting = desk_n_waiting(server->desk);
    counts.held = server->held.n_armed;
    return counts;
}

/* --- creating and destroying ---------------------------------------------------------------- */

static int or_default(int value, int otherwise)
{
    return value > 0 ? value : otherwise;
}

static void fill_config(struct http_server *server, const struct http_config *config)
{
    struct http_config *own = &server->config;
    *own = *config;
    own->connections_max = listener_connections_max(config->connections_max);
    int most_streams = own->connections_max > 2 * STREAM_RESERVE
                           ? own->connections_max - STREAM_RESERVE
                           : own->connections_max / 2;
    own->streams_max = (int)earlier(or_default(config->streams_max, most_streams), most_streams);
    own->desks = or_default(config->desks, 1);
    own->desk_queue_max = or_default(config->desk_queue_max, DESK_QUEUE_MAX);
    own->idle_s = or_default(config->idle_s, 30);
    own->heartbeat_s = or_default(config->heartbeat_s, 15);
    own->head_ms = or_default(config->head_ms, 10000);
    own->body_ms = or_default(config->body_ms, 30000);
    server->heads.wait_ms = own->head_ms;
    server->bodies.wait_ms = own->body_ms;
    /* libmicrohttpd closes what is idle; this is for who then sends a byte at a time. */
    server->idle.wait_ms = own->idle_s * 1000LL + own->head_ms;
    server->left.wait_ms = LEFT_MS;
    server->sleeping.wait_ms = own->heartbeat_s * 1000LL;
    server->gathering.wait_ms = WAKE_MS;
    server->lingering.wait_ms = LINGER_MS;
}

/* Copies the names, so that the config need not stay. */
static int copy_hosts(struct http_server *server, struct error *error)
{
    const char *const *hosts = server->config.hosts;
    size_t n = 0;
    while (hosts != NULL && hosts[n] != NULL)
        n++;
    server->hosts = memory_array(n + 1, sizeof *server->hosts, error);
    for (size_t i = 0; server->hosts != NULL && i < n; i++) {
        server->hosts[i] = memory_text(hosts[i], error);
        if (server->hosts[i] == NULL)
            return -1;
    }
    return server->hosts == NULL ? -1 : 0;
}

static int open_loop(struct http_server *server, struct error *error)
{
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    server->bell_watch.act = hear_bell;
    if (server->epoll_fd < 0 || server->bell_fd < 0 ||
        server_watch(server, server->bell_fd, EPOLLIN, &server->bell_watch) != 0)
        return error_set(error, ERROR_STORAGE, "cannot set up the event loop: %s", strerror(errno));
    return 0;
}

static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text); /* targets are decoded by target_parse */
}

/* libmicrohttpd neither listens nor limits: the listener does. */
static int start_daemon(struct http_server *server, struct error *error)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET;
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, request_handle, server, MHD_OPTION_URI_LOG_CALLBACK, request_begin,
        server, MHD_OPTION_NOTIFY_COMPLETED, request_end, server, MHD_OPTION_NOTIFY_CONNECTION,
        client_notify, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)server->config.connections_max + 1, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)server->config.idle_s, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
    if (server->daemon == NULL)
        return error_set(error, ERROR_STORAGE, "libmicrohttpd cannot start: %s", strerror(errno));
    server->daemon_watch.act = leave_to_daemon;
    int fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    if (server_watch(server, fd, EPOLLIN, &server->daemon_watch) != 0)
        return error_set(error, ERROR_STORAGE, "cannot watch libmicrohttpd: %s", strerror(errno));
    return 0;
}

static int set_up(struct http_server *server, const struct http_config *config, struct error *error)
{
    uint32_t seeds[2] = {1, 2};
    signal(SIGPIPE, SIG_IGN);
    server->epoll_fd = server->bell_fd = server->listen_fd = -1;
    server->now_ms = clock_monotonic_ns() / 1000000;
    fill_config(server, config);
    if (getrandom(seeds, sizeof seeds, 0) != (ssize_t)sizeof seeds)
        seeds[0] = (uint32_t)server->now_ms;
    server->boot = seeds[0];
    server->jitter = seeds[1];
    if (copy_hosts(server, error) != 0 || open_loop(server, error) != 0 ||
        start_daemon(server, error) != 0 || listener_open(server, error) != 0 ||
        access_init(&server->access, config->token, server->port, error) != 0)
        return -1;
    server->config.address = NULL; /* the caller's; not needed any more */
    server->config.hosts = NULL;
    server->config.token = NULL;
    server->rules = (struct guard_rules){server->port, (const char *const *)server->hosts,
                                         server->config.body_bytes_max, server->own_host};
    server->desk = desk_create(server, server->config.desks, server->config.desk_queue_max, error);
    return server->desk == NULL ? -1 : 0;
}

struct http_server *http_create(const struct http_config *config, struct error *error)
{
    struct http_server *server = memory_array(1, sizeof *server, error);
    if (server == NULL)
        return NULL;
    if (set_up(server, config, error) != 0) {
        http_destroy(server);
        return NULL;
    }
    return server;
}

/* libmicrohttpd aborts when it is stopped with suspended connections (trap T7): none may be at a
 * desk, and none asleep. */
static void stop_daemon(struct http_server *server)
{
    server->is_draining = 1;
    if (server->desk != NULL) {
        desk_close(server->desk);
        server->desks_are_closed = 1;
        holds_end_all(server);
        resume_done(server);
    }
    streams_wake_all(server);
    MHD_run(server->daemon);
    MHD_stop_daemon(server->daemon);
}

void http_destroy(struct http_server *server)
{
    if (server == NULL)
        return;
    listener_close(server);
    if (server->daemon != NULL)
        stop_daemon(server);
    farewell_end_all(server);
    desk_destroy(server->desk);
    if (server->bell_fd >= 0)
        close(server->bell_fd);
    if (server->epoll_fd >= 0)
        close(server->epoll_fd);
    for (char **host = server->hosts; host != NULL && *host != NULL; host++)
        free(*host);
    free(server->hosts);
    free(server);
}
