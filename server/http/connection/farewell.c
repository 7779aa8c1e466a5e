/* Farewells: replying where libmicrohttpd cannot, and lingering until the client has read it. */
#include "server/http/connection/farewell.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/text.h"
#include "server/http/reply/problem.h"
#include "server/http/request.h"

enum { LINGERING_MAX = 64 };

struct farewell {
    struct watch watch;
    struct deadline deadline; /* in the server's lingering */
    int fd;                   /* owned */
};

void farewell_say(int fd, struct http_request *request, int status, const char *detail)
{
    size_t n_body = 0, n_bytes = 0;
    char *body = problem_text(request, status, detail, NULL, &n_body);
    struct text text = {0};
    text_printf(&text,
                "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\n"
                "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n%s"
                "Connection: close\r\nContent-Length: %zu\r\n\r\n",
                status, problem_title(status), status == 503 ? "Retry-After: 2\r\n" : "", n_body);
    if (request == NULL || !request->is_head)
        text_add(&text, body == NULL ? "" : body, n_body);
    char *bytes = text_take(&text, &n_bytes);
    if (bytes != NULL && send(fd, bytes, n_bytes, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        request_was_told(request, status, n_body);
    free(bytes);
    free(body);
}

static void end(struct farewell *farewell)
{
    deadline_disarm(&farewell->deadline);
    close(farewell->fd); /* which takes it out of the epoll set */
    free(farewell);
}

static void drop_input(struct http_server *server, struct watch *watch, uint32_t events)
{
    struct farewell *farewell = PART_OF(farewell, watch, watch);
    (void)events;
    ssize_t n = recv(farewell->fd, server->scratch, sizeof server->scratch, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        end(farewell);
}

void farewell_linger(struct http_server *server, int fd)
{
    if (fd < 0)
        return;
    struct farewell *farewell = NULL;
    if (server->lingering.n_armed < LINGERING_MAX && !server->is_draining)
        farewell = calloc(1, sizeof *farewell);
    if (farewell == NULL) {
        close(fd);
        return;
    }
    *farewell = (struct farewell){.watch = {drop_input}, .fd = fd};
    deadline_arm(&farewell->deadline, &server->lingering, server->now_ms);
    if (server_watch(server, fd, EPOLLIN, &farewell->watch) != 0)
        end(farewell);
}

void farewell_end_late(struct http_server *server)
{
    struct deadline *due;
    while ((due = deadline_take_due(&server->lingering, server->now_ms)) != NULL)
        end(PART_OF(farewell, deadline, due));
}

void farewell_end_all(struct http_server *server)
{
    while (server->lingering.first != NULL)
        end(PART_OF(farewell, deadline, server->lingering.first));
}
