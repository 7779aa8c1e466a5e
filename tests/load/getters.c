/* Keep-alive clients that ask for one small answer again and again: how many a second.
 *
 *   getters PORT PATH CLIENTS SECONDS
 *
 * Each connection has one request under way and asks again as soon as the answer is whole. The
 * result is a line of JSON: answers a second, and how long one took. */
#include "tests/load/loopback.h"

#include <sys/epoll.h>

enum { ANSWER_BYTES_MAX = 16384, EVENTS_MAX = 256, SAMPLES_MAX = 1 << 22, START_MS = 10000 };

struct client {
    int fd;
    int64_t asked_us;
    size_t n_bytes; /* of the answer so far */
    char bytes[ANSWER_BYTES_MAX];
};

struct load {
    int epoll_fd;
    char request[1024];
    size_t request_bytes;
    uint32_t *samples; /* [SAMPLES_MAX] microseconds */
    size_t n_samples;
    long n_answers, n_bad;
};

static void ask(struct load *load, struct client *client)
{
    client->n_bytes = 0;
    client->asked_us = now_us();
    if (send(client->fd, load->request, load->request_bytes, MSG_NOSIGNAL) !=
        (ssize_t)load->request_bytes) {
        load->n_bad++;
        close(client->fd);
        client->fd = -1;
    }
}

/* 1 if the answer is whole, 0 if more must come, -1 if it is not the one expected. */
static int is_whole(struct client *client)
{
    static const char field[] = "Content-Length: ";
    client->bytes[client->n_bytes] = '\0';
    char *end = strstr(client->bytes, "\r\n\r\n");
    if (end == NULL)
        return client->n_bytes < ANSWER_BYTES_MAX - 1 ? 0 : -1;
    char *length = strstr(client->bytes, field);
    if (strncmp(client->bytes, "HTTP/1.1 200", 12) != 0 || length == NULL || length > end)
        return -1;
    size_t whole = (size_t)(end + 4 - client->bytes) + strtoul(length + sizeof field - 1, NULL, 10);
    return whole >= ANSWER_BYTES_MAX || client->n_bytes > whole ? -1 : client->n_bytes == whole;
}

static void receive(struct load *load, struct client *client)
{
    ssize_t n = recv(client->fd, client->bytes + client->n_bytes,
                     ANSWER_BYTES_MAX - 1 - client->n_bytes, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    client->n_bytes += n > 0 ? (size_t)n : 0;
    int whole = n <= 0 ? -1 : is_whole(client);
    if (whole < 0) {
        load->n_bad++;
        close(client->fd);
        client->fd = -1;
    } else if (whole) {
        load->n_answers++;
        if (load->n_samples < SAMPLES_MAX)
            load->samples[load->n_samples++] = (uint32_t)(now_us() - client->asked_us);
        ask(load, client);
    }
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Serves events until end_us; the clients' first one, that they can write, lets them begin. */
static void run(struct load *load, int64_t end_us)
{
    struct epoll_event events[EVENTS_MAX];
    while (now_us() < end_us) {
        int n = epoll_wait(load->epoll_fd, events, EVENTS_MAX, 100);
        for (int i = 0; i < n; i++) {
            struct client *client = events[i].data.ptr;
            if (client->fd < 0)
                continue;
            if (client->asked_us == 0) {
                struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = client};
                epoll_ctl(load->epoll_fd, EPOLL_CTL_MOD, client->fd, &wanted);
                ask(load, client);
            } else {
                receive(load, client);
            }
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: getters PORT PATH CLIENTS SECONDS\n");
        return 2;
    }
    int port = loopback_number(argv[1], 1, 65535);
    int n_clients = loopback_number(argv[3], 1, 10000), seconds = loopback_number(argv[4], 1, 600);
    loopback_raise_limit();
    struct load load = {.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    load.request_bytes = loopback_request(load.request, sizeof load.request, port, argv[2]);
    load.samples = malloc(SAMPLES_MAX * sizeof *load.samples);
    struct client *clients = calloc((size_t)n_clients, sizeof *clients);
    if (load.epoll_fd < 0 || load.samples == NULL || clients == NULL) {
        perror("getters");
        return 1;
    }
    for (int i = 0; i < n_clients; i++) {
        struct epoll_event event = {.events = EPOLLOUT, .data.ptr = &clients[i]};
        clients[i].fd = loopback_dial(port);
        if (clients[i].fd < 0 ||
            epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, clients[i].fd, &event) != 0) {
            perror("getters: connect");
            return 1;
        }
    }
    int64_t begin_us = now_us();
    run(&load, begin_us + seconds * INT64_C(1000000));
    double elapsed_s = (double)(now_us() - begin_us) / 1e6;
    qsort(load.samples, load.n_samples, sizeof *load.samples, compare);
    printf("{\"clients\":%d,\"answers\":%ld,\"bad\":%ld,\"per_s\":%.0f,\"p50_ms\":%.3f,"
           "\"p99_ms\":%.3f}\n",
           n_clients, load.n_answers, load.n_bad, (double)load.n_answers / elapsed_s,
           load.n_samples == 0 ? 0 : load.samples[load.n_samples / 2] / 1e3,
           load.n_samples == 0 ? 0 : load.samples[load.n_samples * 99 / 100] / 1e3);
    return load.n_bad == 0 ? 0 : 1;
}
