/* Many clients that each post an experiment at once and follow its events to the last one.
 *
 *   posters PORT CLIENTS BODY...
 *
 * Client i posts the i-th body (JSON), the bodies in turn; on the same connection it then asks for
 * the events of what it made. The result is a line of JSON: for each client the milliseconds from
 * dialling to the answer of the POST and to the last event, and the experiments' ids. Ends by
 * itself after LONGEST_S; the exit status is 1 if a client did not get its last event. */
#include "tests/load/loopback.h"

#include <sys/epoll.h>

enum { LINE_BYTES = 256, EVENTS_MAX = 512, LONGEST_S = 900 };

/* AGAIN: not connected, until due_us; BODY: of the answer to the POST; SIZE, CHUNK, CHUNK_END: of
 * the chunked stream. */
enum place { AGAIN, CONNECTING, HEAD, BODY, STREAM_HEAD, SIZE, CHUNK, CHUNK_END, ENDED, LOST };

struct line {
    size_t n;
    char bytes[LINE_BYTES];
};

struct poster {
    int fd;
    enum place place;
    const char *body;
    char location[LINE_BYTES]; /* /api/v1/experiments/ID */
    struct line line;          /* of a head, or between chunks; what does not fit is dropped */
    struct line event;         /* of an event; may go on in the next chunk */
    size_t left;               /* bytes of the body or the chunk to come */
    int is_last;               /* in the last event */
    int is_refused;            /* the head being read is a 503's */
    int n_refused;
    int64_t due_us;
    int64_t dialled_us, answered_us, ended_us;
};

static int epoll_fd, port, n_ended;

static void hang_up(struct poster *poster, enum place place)
{
    poster->place = place;
    close(poster->fd);
    n_ended++;
}

static void say(struct poster *poster, const char *request, size_t n, enum place next)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = poster};
    poster->place = next;
    if (send(poster->fd, request, n, MSG_NOSIGNAL) != (ssize_t)n ||
        epoll_ctl(epoll_fd, EPOLL_CTL_MOD, poster->fd, &event) != 0) {
        perror("posters: send");
        hang_up(poster, LOST);
    }
}

static void post(struct poster *poster)
{
    char request[16384];
    int n = snprintf(request, sizeof request,
                     "POST /api/v1/experiments HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                     "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     port, strlen(poster->body), poster->body);
    if (n < 0 || (size_t)n >= sizeof request) {
        fprintf(stderr, "posters: a body is too long\n");
        exit(2);
    }
    say(poster, request, (size_t)n, HEAD);
}

static void follow(struct poster *poster)
{
    char path[LINE_BYTES + 16], request[1024];
    poster->answered_us = now_us();
    snprintf(path, sizeof path, "%s/events", poster->location);
    say(poster, request, loopback_request(request, sizeof request, port, path), STREAM_HEAD);
}

/* Told to come later, after the present head's "Retry-After". */
static void try_again(struct poster *poster)
{
    close(poster->fd);
    poster->is_refused = 0;
    poster->n_refused++;
    poster->place = AGAIN;
}

/* A line of either head, "\r\n" and all. */
static void take_head_line(struct poster *poster, const char *line)
{
    int is_stream = poster->place == STREAM_HEAD;
    const char *wanted = is_stream ? "HTTP/1.1 200" : "HTTP/1.1 201";
    if (strncmp(line, "HTTP/1.1 503", 12) == 0) {
        poster->is_refused = 1;
        poster->due_us = now_us() + 1000000;
    } else if (poster->is_refused && strncasecmp(line, "Retry-After: ", 13) == 0) {
        poster->due_us = now_us() + strtoll(line + 13, NULL, 10) * 1000000;
    } else if (poster->is_refused && line[0] == '\r') {
        try_again(poster);
    } else if (strncmp(line, "HTTP/", 5) == 0 && strncmp(line, wanted, 12) != 0) {
        fprintf(stderr, "posters: %s", line);
        hang_up(poster, LOST);
    } else if (strncasecmp(line, "Content-Length: ", 16) == 0) {
        poster->left = strtoul(line + 16, NULL, 10);
    } else if (strncasecmp(line, "Location: ", 10) == 0) {
        snprintf(poster->location, sizeof poster->location, "%.*s", (int)strcspn(line + 10, "\r\n"),
                 line + 10);
    } else if (line[0] == '\r') {
        poster->place = is_stream ? SIZE : BODY;
    }
}

static void take_event_line(struct poster *poster, const char *line)
{
    if (strncmp(line, "id: ", 4) == 0) {
        poster->is_last = strstr(line, ".done") != NULL;
    } else if (poster->is_last && strncmp(line, "data: ", 6) == 0) {
        poster->ended_us = now_us();
        hang_up(poster, ENDED);
    }
}

static void take_line(struct poster *poster, const char *line)
{
    switch (poster->place) {
    case HEAD:
    case STREAM_HEAD:
        take_head_line(poster, line);
        break;
    case SIZE:
        poster->left = strtoul(line, NULL, 16);
        poster->place = CHUNK;
        if (poster->left == 0) {
            fprintf(stderr, "posters: a stream ended before its last event\n");
            hang_up(poster, LOST);
        }
        break;
    case CHUNK:
        take_event_line(poster, line);
        break;
    case CHUNK_END:
        poster->place = SIZE;
        break;
    default:
        break;
    }
}

/* Adds bytes up to the end of a line; how many. A line that is whole is taken. */
static size_t add_to_line(struct poster *poster, struct line *line, const char *bytes, size_t n)
{
    const char *stop = memchr(bytes, '\n', n);
    size_t taken = stop ? (size_t)(stop - bytes) + 1 : n, room = LINE_BYTES - 1 - line->n;
    size_t kept = taken < room ? taken : room;
    memcpy(line->bytes + line->n, bytes, kept);
    line->n += kept;
    line->bytes[line->n] = '\0';
    if (stop) {
        take_line(poster, line->bytes);
        line->n = 0;
    }
    return taken;
}

static void take_bytes(struct poster *poster, const char *bytes, size_t n)
{
    while (n > 0 && poster->place != AGAIN && poster->place < ENDED) {
        size_t taken, most = poster->left < n ? poster->left : n;
        if (poster->place == BODY) {
            taken = most;
            poster->left -= taken;
        } else if (poster->place == CHUNK) {
            taken = add_to_line(poster, &poster->event, bytes, most);
            poster->left -= taken;
            if (poster->left == 0 && poster->place == CHUNK) {
                poster->place = CHUNK_END;
            }
        } else {
            taken = add_to_line(poster, &poster->line, bytes, n);
        }
        bytes += taken;
        n -= taken;
        if (poster->place == BODY && poster->left == 0) {
            follow(poster);
        }
    }
}

static void receive(struct poster *poster)
{
    static char bytes[1 << 16];
    ssize_t n = recv(poster->fd, bytes, sizeof bytes, 0);
    if (n > 0) {
        take_bytes(poster, bytes, (size_t)n);
    } else if (n == 0 || errno != EAGAIN) {
        fprintf(stderr, "posters: a connection was closed\n");
        hang_up(poster, LOST);
    }
}

static void dial(struct poster *poster)
{
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = poster};
    poster->place = CONNECTING;
    poster->line.n = 0;
    if (poster->dialled_us == 0) {
        poster->dialled_us = now_us();
    }
    poster->fd = loopback_dial(port);
    if (poster->fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, poster->fd, &event) != 0) {
        perror("posters: connect");
        exit(1);
    }
}

static void run(struct poster *posters, int n)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t end_us = now_us() + LONGEST_S * INT64_C(1000000);
    while (n_ended < n && now_us() < end_us) {
        for (int i = 0; i < n; i++) {
            if (posters[i].place == AGAIN && posters[i].due_us <= now_us()) {
                dial(&posters[i]);
            }
        }
        int n_ready = epoll_wait(epoll_fd, events, EVENTS_MAX, 10);
        for (int i = 0; i < n_ready; i++) {
            struct poster *poster = events[i].data.ptr;
            if (poster->place == CONNECTING) {
                post(poster);
            } else if (poster->place != AGAIN && poster->place < ENDED) {
                receive(poster);
            }
        }
    }
}

/* 0 if all had their last event. */
static int report(const struct poster *posters, int n)
{
    int n_lost = 0;
    printf("{\"clients\":[");
    for (int i = 0; i < n; i++) {
        const struct poster *poster = &posters[i];
        n_lost += poster->place != ENDED;
        printf("%s{\"location\":\"%s\",\"answered_ms\":%.3f,\"ended_ms\":%.3f,"
               "\"refused\":%d}",
               i > 0 ? "," : "", poster->location,
               (double)(poster->answered_us - poster->dialled_us) / 1e3,
               (double)(poster->ended_us - poster->dialled_us) / 1e3, poster->n_refused);
    }
    printf("],\"lost\":%d}\n", n_lost);
    return n_lost > 0;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: posters PORT CLIENTS BODY...\n");
        return 2;
    }
    port = loopback_number(argv[1], 1, 65535);
    int n = loopback_number(argv[2], 1, 10000);
    struct poster *posters = calloc((size_t)n, sizeof *posters);
    loopback_raise_limit();
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!posters || epoll_fd < 0) {
        perror("posters");
        return 1;
    }
    for (int i = 0; i < n; i++) {
        posters[i].body = argv[3 + i % (argc - 3)];
    }
    run(posters, n);
    int status = report(posters, n);
    free(posters);
    close(epoll_fd);
    return status;
}
