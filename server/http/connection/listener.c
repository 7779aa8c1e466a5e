/* The listener: accepting in moderation.
 *
 * DESIGN: the last RESERVE places are never left taken: whoever comes then pushes out the
 * connection that has been idle longest, so that idle ones cannot lock out the others. When every
 * place is in use by a request, the new one is told so (503) instead of being left to wait. */
#include "server/http/connection/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http/connection/client.h"
#include "server/http/connection/farewell.h"

/* SPARE: descriptors for the database, the farewells and ourselves. ACCEPTS: in one turn. */
enum {
    BACKLOG = 1024,
    SPARE_DESCRIPTORS = 160,
    CONNECTIONS_MAX = 16384,
    RESERVE = 16,
    ACCEPTS_MAX = RESERVE,
    PAUSE_MS = 100
};

int listener_connections_max(int wanted)
{
    struct rlimit limit = {1024, 1024};
    int most = CONNECTIONS_MAX;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < CONNECTIONS_MAX + SPARE_DESCRIPTORS)
        most = (int)limit.rlim_cur - SPARE_DESCRIPTORS;
    if (most < 2 * RESERVE)
        most = 2 * RESERVE;
    return wanted > 0 && wanted < most ? wanted : most;
}

/* --- accepting ------------------------------------------------------------------------------ */

/* Tells a client that there is no place for it. */
static void refuse(struct http_server *server, int fd)
{
    server->counts.connections_refused++;
    farewell_say(fd, NULL, 503, "all connections are in use, try again soon");
    shutdown(fd, SHUT_WR);
    farewell_linger(server, fd);
}

static void welcome(struct http_server *server, int fd, const struct sockaddr *from, socklen_t size)
{
    int max = server->config.connections_max, reserve = max / 4 < RESERVE ? max / 4 : RESERVE;
    if (server->counts.connections >= max - reserve)
        clients_shed(server);
    if (server->counts.connections >= max)
        refuse(server, fd);
    else
        MHD_add_connection(server->daemon, fd, from, size); /* closes fd on failure */
}

/* Stops accepting for a while: trying again at once would only fail again. */
static void pause_accepting(struct http_server *server)
{
    epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, server->listen_fd, NULL);
    server->listen_again_ms = server->now_ms + PAUSE_MS;
}

static void accept_some(struct http_server *server, struct watch *watch, uint32_t events)
{
    (void)watch, (void)events;
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        struct sockaddr_storage from;
        socklen_t size = sizeof from;
        int fd = accept4(server->listen_fd, (struct sockaddr *)&from, &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            welcome(server, fd, (struct sockaddr *)&from, size);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_accepting(server);
        if (fd < 0 && errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

void listener_go_on(struct http_server *server)
{
    if (server->listen_again_ms == 0 || server->now_ms < server->listen_again_ms ||
        server->listen_fd < 0)
        return;
    server->listen_again_ms =
        server_watch(server, server->listen_fd, EPOLLIN, &server->listen_watch) == 0
            ? 0
            : server->now_ms + PAUSE_MS;
}

/* --- opening -------------------------------------------------------------------------------- */

static int parse_address(const char *text, uint16_t port, struct sockaddr_storage *out,
                         socklen_t *out_size)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *out_size = sizeof *v4;
        return 0;
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        *out_size = sizeof *v6;
        return 0;
    }
    return -1;
}

static int is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (address->ss_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return IN6_IS_ADDR_LOOPBACK(v6) ||
           (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == IN_LOOPBACKNET);
}

/* Spells the bound address as a Host header does; one that stands for all is nobody's name. */
static void name_host(const struct sockaddr_storage *bound, char *out, size_t size)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)bound;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)bound;
    char text[INET6_ADDRSTRLEN] = "";
    out[0] = '\0';
    if (bound->ss_family == AF_INET && v4->sin_addr.s_addr != htonl(INADDR_ANY))
        snprintf(out, size, "%s", inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text));
    else if (bound->ss_family == AF_INET6 && !IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr))
        snprintf(out, size, "[%s]", inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text));
}

/* What the kernel bound the socket to. */
static void note_bound(struct http_server *server)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof bound;
    if (getsockname(server->listen_fd, (struct sockaddr *)&bound, &size) != 0)
        return;
    server->port = ntohs(bound.ss_family == AF_INET ? ((struct sockaddr_in *)&bound)->sin_port
                                                    : ((struct sockaddr_in6 *)&bound)->sin6_port);
    name_host(&bound, server->own_host, sizeof server->own_host);
}

static int report(const struct http_config *config, struct error *error)
{
    if (errno == EADDRINUSE)
        return error_set(error, ERROR_CONFLICT,
                         "%s:%u is in use already: another server may be running; choose another "
                         "port, or port 0 for any free one",
                         config->address, config->port);
    return error_set(error, ERROR_STORAGE, "cannot listen on %s:%u: %s", config->address,
                     config->port, strerror(errno));
}

int listener_open(struct http_server *server, struct error *error)
{
    const struct http_config *config = &server->config;
    struct sockaddr_storage address;
    socklen_t size;
    int one = 1;
    if (parse_address(config->address, config->port, &address, &size) != 0)
        return error_set(error, ERROR_INVALID,
                         "listen address: got %.60s, expected a numeric one, as 127.0.0.1 or ::1",
                         config->address);
    if (config->token == NULL && !is_loopback(&address))
        return error_set(error, ERROR_INVALID,
                         "%s can be reached from other machines, so the server needs a token: add "
                         "--token to have one made, or --token-file FILE, or set DESCENT_TOKEN; "
                         "or listen on 127.0.0.1",
                         config->address);
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    server->listen_fd = fd;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, BACKLOG) != 0)
        return report(config, error);
    note_bound(server);
    server->listen_watch.act = accept_some;
    if (server_watch(server, fd, EPOLLIN, &server->listen_watch) != 0)
        return report(config, error);
    return 0;
}

void listener_close(struct http_server *server)
{
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    server->listen_fd = -1;
}
