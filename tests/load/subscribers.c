/* Many readers of one event stream: when each frame came, and that none is missing or came twice.
 *
 *   subscribers PORT PATH SUBSCRIBERS DATABASE
 *
 * Says "open" once every subscriber has its opening, then follows until all streams have ended, or
 * until standard input ends. The result is a line of JSON.
 *
 * DESIGN: a frame's latency counts from the commit of its log entry, which a thread of this program
 * sees in the server's database itself, asking a thousand times a second for the last sequence
 * number. A commit is dated to the last time it was *not* there yet, so that a latency can only be
 * told too long: by the millisecond between two looks, and by whatever keeps this program from its
 * core. Only entries committed after "open" are timed; before it, readers catch up.
 *
 * The observer writes commits[] and n_seen; the others are read when it has ended. */
#include "tests/load/loopback.h"

#include <poll.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/epoll.h>

/* LINE: what is kept of a line, enough for its from and to. */
enum {
    LINE_BYTES = 160,
    EVENTS_MAX = 512,
    CONNECTING_MAX = 256,
    SEQUENCES_MAX = 1 << 18,
    SAMPLES_MAX = 1 << 23,
    LOOK_US = 1000,
    LONGEST_S = 300
};

enum place { CONNECTING, HEAD, SIZE, BODY, BODY_END, ENDED, LOST };

/* The beginning of a line; an event's may go on in the next chunk. */
struct line {
    size_t n;
    char bytes[LINE_BYTES];
};

struct subscriber {
    int fd;
    enum place place;
    size_t chunk;         /* bytes of it to come */
    struct line protocol; /* of the head, and of what stands between chunks */
    struct line event;
    int64_t sequence;      /* of the event being read; 0: it has none */
    int64_t next;          /* the epoch that is due */
    int is_open, is_done;  /* got the opening; the terminal event */
};

struct sample {
    uint32_t sequence;
    uint32_t at_us; /* since the program's start */
};

static struct {
    int epoll_fd, n_connecting, n_open, n_ended, n_lost;
    struct sample *samples;
    size_t n_samples;
    long n_frames, n_gaps, n_repeats;
    int64_t begin_us, open_us;
} load;

static struct {
    const char *path;
    atomic_int is_stopping, is_watching;
    uint32_t commits[SEQUENCES_MAX]; /* microseconds since begin_us; 0: not seen committed */
    long n_looks, longest_us;
} observer;

/* --- the commits ---------------------------------------------------------------------------- */

static int64_t last_sequence(sqlite3_stmt *query)
{
    int64_t last = sqlite3_step(query) == SQLITE_ROW ? sqlite3_column_int64(query, 0) : -1;
    sqlite3_reset(query);
    return last;
}

static void look_on(sqlite3_stmt *query)
{
    int64_t seen = last_sequence(query), before_us = now_us();
    atomic_store(&observer.is_watching, seen >= 0);
    while (!atomic_load(&observer.is_stopping)) {
        struct timespec pause = {0, LOOK_US * 1000};
        nanosleep(&pause, NULL);
        int64_t this_us = now_us(), last = last_sequence(query);
        for (; seen < last && seen + 1 < SEQUENCES_MAX; seen++)
            observer.commits[seen + 1] = (uint32_t)(before_us - load.begin_us);
        observer.n_looks++;
        if (this_us - before_us > observer.longest_us)
            observer.longest_us = this_us - before_us;
        before_us = this_us;
    }
}

static void *observe(void *nothing)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *query = NULL;
    (void)nothing;
    if (sqlite3_open_v2(observer.path, &database, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(database, 1000) == SQLITE_OK &&
        sqlite3_prepare_v2(database, "SELECT max(sequence) FROM log", -1, &query, NULL) ==
            SQLITE_OK)
        look_on(query);
    if (!atomic_load(&observer.is_watching)) {
        fprintf(stderr, "subscribers: %s: %s\n", observer.path, sqlite3_errmsg(database));
        exit(1);
    }
    sqlite3_finalize(query);
    sqlite3_close(database);
    return NULL;
}

/* --- reading -------------------------------------------------------------------------------- */

static int64_t number_after(const char *line, const char *name)
{
    const char *at = strstr(line, name);
    return at == NULL ? -1 : strtoll(at + strlen(name), NULL, 10);
}

static void take_frame(struct subscriber *subscriber, int64_t from, int64_t to, int64_t at_us)
{
    load.n_frames++;
    load.n_gaps += from > subscriber->next;
    load.n_repeats += from < subscriber->next;
    subscriber->next = to + 1;
    if (load.open_us == 0 || subscriber->sequence <= 0 || load.n_samples == SAMPLES_MAX)
        return;
    load.samples[load.n_samples++] =
        (struct sample){(uint32_t)subscriber->sequence, (uint32_t)(at_us - load.begin_us)};
}

static void take_event_line(struct subscriber *subscriber, int64_t at_us)
{
    const char *line = subscriber->event.bytes;
    if (line[0] == ':' && !subscriber->is_open) {
        subscriber->is_open = 1;
        load.n_open++;
        load.n_connecting--;
    } else if (strncmp(line, "id: ", 4) == 0) {
        subscriber->sequence = strtoll(line + 4, NULL, 10);
        subscriber->is_done = strstr(line, ".done") != NULL;
    } else if (strncmp(line, "data: ", 6) == 0) {
        int64_t from = number_after(line, "\"from\":"), to = number_after(line, "\"to\":");
        if (from > 0 && to >= from)
            take_frame(subscriber, from, to, at_us);
    }
}

static void take_protocol_line(struct subscriber *subscriber)
{
    const char *line = subscriber->protocol.bytes;
    if (subscriber->place == BODY_END) {
        subscriber->place = SIZE;
    } else if (subscriber->place == SIZE) {
        subscriber->chunk = strtoul(line, NULL, 16);
        subscriber->place = subscriber->chunk > 0 ? BODY : ENDED;
    } else if (strncmp(line, "HTTP/", 5) == 0 && strncmp(line, "HTTP/1.1 200", 12) != 0) {
        subscriber->place = LOST;
    } else if (line[0] == '\r') {
        subscriber->place = SIZE;
    }
}

/* Moves bytes into the line, as many as it keeps; 1 if they end it. */
static int line_add(struct line *line, const char *bytes, size_t n)
{
    int is_whole = bytes[n - 1] == '\n';
    size_t room = LINE_BYTES - 1 - line->n, kept = n - (size_t)is_whole;
    kept = kept < room ? kept : room;
    memcpy(line->bytes + line->n, bytes, kept);
    line->n += kept;
    line->bytes[line->n] = '\0';
    return is_whole;
}

static void take_bytes(struct subscriber *subscriber, const char *bytes, size_t n, int64_t at_us)
{
    const char *end = bytes + n;
    while (bytes < end && subscriber->place != ENDED && subscriber->place != LOST) {
        int is_body = subscriber->place == BODY;
        struct line *line = is_body ? &subscriber->event : &subscriber->protocol;
        size_t left = (size_t)(end - bytes);
        left = is_body && subscriber->chunk < left ? subscriber->chunk : left;
        const char *stop = memchr(bytes, '\n', left);
        size_t n_taken = stop == NULL ? left : (size_t)(stop - bytes) + 1;
        if (line_add(line, bytes, n_taken)) {
            if (is_body)
                take_event_line(subscriber, at_us);
            else
                take_protocol_line(subscriber);
            line->n = 0;
        }
        bytes += n_taken;
        if (is_body && (subscriber->chunk -= n_taken) == 0)
            subscriber->place = BODY_END;
    }
}

static void hang_up(struct subscriber *subscriber)
{
    if (subscriber->place == ENDED)
        load.n_ended++;
    else
        load.n_lost++;
    load.n_connecting -= !subscriber->is_open;
    close(subscriber->fd);
    subscriber->fd = -1;
}

static void receive(struct subscriber *subscriber)
{
    static char bytes[1 << 16];
    ssize_t n = recv(subscriber->fd, bytes, sizeof bytes, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        subscriber->place = LOST;
    else
        take_bytes(subscriber, bytes, (size_t)n, now_us());
    if (subscriber->place == ENDED || subscriber->place == LOST)
        hang_up(subscriber);
}

/* --- connecting and following --------------------------------------------------------------- */

static void dial(struct subscriber *subscriber, int port)
{
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = subscriber};
    subscriber->next = 1;
    subscriber->fd = loopback_dial(port);
    load.n_connecting++;
    if (subscriber->fd < 0 ||
        epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, subscriber->fd, &event) != 0) {
        perror("subscribers: connect");
        hang_up(subscriber);
    }
}

static void ask(struct subscriber *subscriber, const char *request, size_t n)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = subscriber};
    if (send(subscriber->fd, request, n, MSG_NOSIGNAL) != (ssize_t)n ||
        epoll_ctl(load.epoll_fd, EPOLL_CTL_MOD, subscriber->fd, &event) != 0)
        hang_up(subscriber);
    subscriber->place = HEAD;
}

static int input_has_ended(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;
    return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

static void follow(struct subscriber *subscribers, int n, int port, const char *request,
                   size_t request_bytes)
{
    struct epoll_event events[EVENTS_MAX];
    int n_dialled = 0;
    while (load.n_ended + load.n_lost < n && !input_has_ended() &&
           now_us() - load.begin_us < LONGEST_S * INT64_C(1000000)) {
        while (n_dialled < n && load.n_connecting < CONNECTING_MAX)
            dial(&subscribers[n_dialled++], port);
        int n_ready = epoll_wait(load.epoll_fd, events, EVENTS_MAX, 100);
        for (int i = 0; i < n_ready; i++) {
            struct subscriber *subscriber = events[i].data.ptr;
            if (subscriber->place == CONNECTING)
                ask(subscriber, request, request_bytes);
            else
                receive(subscriber);
        }
        if (load.open_us == 0 && load.n_open + load.n_lost >= n) {
            load.open_us = now_us();
            printf("open\n");
            fflush(stdout);
        }
    }
}

/* --- the result ----------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Latencies in place of the samples, sorted; how many there are. */
static size_t measure(uint32_t *latencies)
{
    size_t n = 0;
    for (size_t i = 0; i < load.n_samples; i++) {
        uint32_t sequence = load.samples[i].sequence;
        uint32_t commit = sequence < SEQUENCES_MAX ? observer.commits[sequence] : 0;
        if (commit > (uint32_t)(load.open_us - load.begin_us))
            latencies[n++] = load.samples[i].at_us > commit ? load.samples[i].at_us - commit : 0;
    }
    qsort(latencies, n, sizeof *latencies, compare);
    return n;
}

static void report(const struct subscriber *subscribers, int n)
{
    int64_t least = INT64_MAX, most = 0;
    int n_done = 0;
    for (int i = 0; i < n; i++) {
        least = subscribers[i].next - 1 < least ? subscribers[i].next - 1 : least;
        most = subscribers[i].next - 1 > most ? subscribers[i].next - 1 : most;
        n_done += subscribers[i].is_done;
    }
    uint32_t *latencies = malloc((load.n_samples + 1) * sizeof *latencies);
    if (latencies == NULL)
        exit(1);
    size_t timed = measure(latencies);
    printf("{\"subscribers\":%d,\"open\":%d,\"open_s\":%.3f,\"ended\":%d,\"done\":%d,"
           "\"lost\":%d,\"frames\":%ld,\"gaps\":%ld,\"repeats\":%ld,\"first_end\":%lld,"
           "\"last_end\":%lld,\"timed\":%zu,\"looks\":%ld,\"longest_look_ms\":%.3f",
           n, load.n_open,
           load.open_us == 0 ? -1 : (double)(load.open_us - load.begin_us) / 1e6, load.n_ended,
           n_done, load.n_lost, load.n_frames, load.n_gaps, load.n_repeats, (long long)least,
           (long long)most, timed, observer.n_looks, (double)observer.longest_us / 1e3);
    if (timed > 0)
        printf(",\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f", latencies[timed / 2] / 1e3,
               latencies[timed * 99 / 100] / 1e3, latencies[timed - 1] / 1e3);
    printf("}\n");
    free(latencies);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: subscribers PORT PATH SUBSCRIBERS DATABASE\n");
        return 2;
    }
    int port = loopback_number(argv[1], 1, 65535), n = loopback_number(argv[3], 1, 100000);
    char request[1024];
    size_t request_bytes = loopback_request(request, sizeof request, port, argv[2]);
    pthread_t thread;
    loopback_raise_limit();
    load.begin_us = now_us();
    load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    load.samples = malloc(SAMPLES_MAX * sizeof *load.samples);
    struct subscriber *subscribers = calloc((size_t)n, sizeof *subscribers);
    observer.path = argv[4];
    if (load.epoll_fd < 0 || load.samples == NULL || subscribers == NULL ||
        pthread_create(&thread, NULL, observe, NULL) != 0) {
        perror("subscribers");
        return 1;
    }
    follow(subscribers, n, port, request, request_bytes);
    atomic_store(&observer.is_stopping, 1);
    pthread_join(thread, NULL);
    report(subscribers, n);
    return 0;
}
