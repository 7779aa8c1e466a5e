/* Clients: connections, their deadlines, and which of them goes when there are too many. */
#include "server/http/connection/client.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http/connection/farewell.h"
#include "server/http/request.h"

/* Whoever connects sends its request within a round trip; a shorter silence is not idleness. */
enum { SHED_AFTER_MS = 250 };

/* Puts its deadline into the queue; of one that has left, into that for looking again. */
static void arm(struct client *client, struct deadline_queue *queue)
{
    struct http_server *server = client->server;
    deadline_arm(&client->deadline, client->has_left ? &server->left : queue, server->now_ms);
}

/* What it sent before is still to be read and answered. */
static void note_end(struct http_server *server, struct watch *watch, uint32_t events)
{
    struct client *client = PART_OF(client, watch, watch);
    (void)events;
    client->has_left = 1;
    if (client->deadline.queue != NULL)
        arm(client, &server->left);
    if (client->request != NULL)
        request_client_left(client->request);
}

static void enter(struct http_server *server, int fd, void **socket_context)
{
    struct client *client = calloc(1, sizeof *client);
    *socket_context = client;
    server->counts.connections++;
    if (client == NULL) {
        shutdown(fd, SHUT_RDWR);
        return;
    }
    client->server = server;
    client->fd = fd;
    client->after = server->clients;
    if (server->clients != NULL)
        server->clients->before = client;
    server->clients = client;
    arm(client, &server->heads);
    client->watch.act = note_end;
    if (server_watch(server, fd, EPOLLRDHUP | EPOLLET, &client->watch) != 0)
        shutdown(fd, SHUT_RDWR);
}

static void leave(struct http_server *server, struct client *client)
{
    server->counts.connections--;
    if (client == NULL)
        return;
    epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, client->fd, NULL);
    if (client->lingers)
        farewell_linger(server, fcntl(client->fd, F_DUPFD_CLOEXEC, 0));
    deadline_disarm(&client->deadline);
    if (client->before != NULL)
        client->before->after = client->after;
    else
        server->clients = client->after;
    if (client->after != NULL)
        client->after->before = client->before;
    free(client);
}

void client_notify(void *context, struct MHD_Connection *connection, void **socket_context,
                   enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        enter(server,
              MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
              socket_context);
    else
        leave(server, *socket_context);
}

struct client *client_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void client_begins_head(struct client *client, struct http_request *request)
{
    if (client == NULL)
        return;
    client->request = request;
    /* The first head of a connection has its deadline since the connection came. */
    if (client->deadline.queue != &client->server->heads)
        arm(client, &client->server->heads);
}

void client_begins_body(struct client *client)
{
    if (client != NULL)
        arm(client, &client->server->bodies);
}

void client_waits(struct client *client)
{
    if (client != NULL)
        deadline_disarm(&client->deadline);
}

void client_is_done(struct client *client)
{
    if (client == NULL)
        return;
    client->request = NULL;
    arm(client, &client->server->idle);
}

void client_cut(struct client *client)
{
    deadline_disarm(&client->deadline);
    shutdown(client->fd, SHUT_RDWR);
}

void client_reset(struct client *client)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    if (client == NULL)
        return;
    deadline_disarm(&client->deadline);
    if (connect(client->fd, &nobody, sizeof nobody) != 0)
        shutdown(client->fd, SHUT_RDWR); /* not TCP */
}

/* Shutting the side that the client has shut changes nothing but makes an event of it again: when
 * libmicrohttpd finds nothing more to read, it closes the connection. */
static void look_again(struct http_server *server)
{
    struct deadline *due;
    while ((due = deadline_take_due(&server->left, server->now_ms)) != NULL) {
        shutdown(PART_OF(client, deadline, due)->fd, SHUT_RD);
        deadline_arm(due, &server->left, server->now_ms);
    }
}

static void cut_late(struct http_server *server, struct deadline_queue *queue, const char *detail)
{
    struct deadline *due;
    while ((due = deadline_take_due(queue, server->now_ms)) != NULL) {
        struct client *client = PART_OF(client, deadline, due);
        if (client->request != NULL)
            farewell_say(client->fd, client->request, 408, detail);
        server->counts.deadlines_missed++;
        client_cut(client);
    }
}

void clients_cut_late(struct http_server *server)
{
    cut_late(server, &server->heads, "the head of the request took too long to arrive");
    cut_late(server, &server->bodies, "the body of the request took too long to arrive");
    cut_late(server, &server->idle, "the head of the request took too long to arrive");
    look_again(server);
}

/* The first of the queue, if it has been there long enough to count as idle. */
static struct deadline *find_idle(const struct http_server *server,
                                  const struct deadline_queue *queue)
{
    struct deadline *first = queue->first;
    int64_t since_ms = first == NULL ? 0 : first->due_ms - queue->wait_ms;
    return first != NULL && server->now_ms - since_ms >= SHED_AFTER_MS ? first : NULL;
}

int clients_shed(struct http_server *server)
{
    struct deadline *oldest = find_idle(server, &server->idle);
    if (oldest == NULL)
        oldest = find_idle(server, &server->heads);
    if (oldest == NULL)
        return -1;
    client_cut(PART_OF(client, deadline, oldest));
    server->counts.connections_shed++;
    return 0;
}

void clients_cut_idle(struct http_server *server)
{
    for (struct client *client = server->clients; client != NULL; client = client->after)
        if (client->request == NULL)
            client_cut(client);
}

void clients_cut_all(struct http_server *server)
{
    for (struct client *client = server->clients; client != NULL; client = client->after)
        client_cut(client);
}
