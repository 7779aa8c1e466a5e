/* The HTTP layer where threads meet: desks, wakes and stops from anywhere. For ThreadSanitizer
 * above all; what clients see in detail is tested from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/http/http.h"

enum { N_DESKS = 3, N_HELD = 8, N_THREADS = 4, N_EACH = 50, N_NEWS = N_THREADS * N_EACH };
enum { DRAIN_MS = 60000 };

/* As assert_true, on any thread: cmocka's own jump back to where the test began. */
static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "test_http_threads: %s\n", what);
    abort();
}

static atomic_int news, n_ends;
static struct http_server *server;
static pthread_t loop;

/* --- what is served ------------------------------------------------------------------------- */

/* The number of news, whenever it has changed. */
struct reader {
    int seen;
};

static ssize_t read_news(void *source, char *out, size_t size)
{
    struct reader *reader = source;
    int now = atomic_load(&news);
    if (now == reader->seen)
        return 0;
    reader->seen = now;
    return snprintf(out, size, "data: %d\n\n", now);
}

/* While `publishes_late`, the next news come just after somebody was told that there are none. */
static atomic_int publishes_late;

static int has_news(void *source)
{
    int result = atomic_load(&news) != ((struct reader *)source)->seen;
    if (!result && atomic_exchange(&publishes_late, 0)) {
        atomic_fetch_add(&news, 1);
        http_wake(server);
    }
    return result;
}

static void end_reader(void *source)
{
    free(source);
    atomic_fetch_add(&n_ends, 1);
}

static void reply_twice(void *context, struct http_request *request)
{
    char *body = malloc(2);
    (void)context;
    must(body != NULL, "no memory");
    memcpy(body, "ok", 2);
    http_reply_header(request, "X-Path", http_path(request));
    http_reply(request, 200, "text/plain", body, 2);
    http_reply_problem(request, 500, "the second reply is dropped", NULL);
}

/* --- work that is held at its desk ----------------------------------------------------------- */

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_moved = PTHREAD_COND_INITIALIZER;
static int n_at_gate, gate_is_open;

static void wait_at_gate(void *context, struct http_request *request)
{
    pthread_mutex_lock(&gate_lock);
    n_at_gate++;
    pthread_cond_broadcast(&gate_moved);
    while (!gate_is_open)
        pthread_cond_wait(&gate_moved, &gate_lock);
    pthread_mutex_unlock(&gate_lock);
    reply_twice(context, request);
}

static void move_to_gate(void *context, struct http_request *request)
{
    http_reply_header(request, "X-Forgotten", "yes");
    must(http_effort(request) == HTTP_QUICK, "moved already");
    http_move(request, HTTP_LONG, wait_at_gate, context);
}

/* n desks are taken, and stay so until the gate opens. */
static void await_at_gate(int n)
{
    pthread_mutex_lock(&gate_lock);
    while (n_at_gate < n)
        pthread_cond_wait(&gate_moved, &gate_lock);
    must(n_at_gate == n, "more work is done than there are desks");
    pthread_mutex_unlock(&gate_lock);
}

static void move_gate(int is_open)
{
    pthread_mutex_lock(&gate_lock);
    gate_is_open = is_open;
    n_at_gate = is_open ? n_at_gate : 0;
    pthread_cond_broadcast(&gate_moved);
    pthread_mutex_unlock(&gate_lock);
}

static int dispatch_by_effort(struct http_request *request)
{
    static const struct {
        const char *path;
        enum http_effort effort;
        http_work_fn work;
    } works[] = {
        {"/later", HTTP_LONG, reply_twice},         {"/quick", HTTP_QUICK, reply_twice},
        {"/medium", HTTP_MEDIUM, reply_twice},      {"/held", HTTP_LONG, wait_at_gate},
        {"/held-quick", HTTP_QUICK, wait_at_gate},  {"/held-medium", HTTP_MEDIUM, wait_at_gate},
        {"/moved", HTTP_QUICK, move_to_gate},
    };
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++)
        if (strcmp(http_path(request), works[i].path) == 0) {
            http_later(request, works[i].effort, works[i].work, NULL);
            return 1;
        }
    return 0;
}

static void dispatch(void *context, struct http_request *request)
{
    static const struct http_stream_source source = {read_news, has_news, end_reader};
    (void)context;
    if (dispatch_by_effort(request))
        return;
    struct reader *reader = calloc(1, sizeof *reader);
    must(reader != NULL, "no memory");
    http_reply_stream(request, &source, reader);
}

/* --- server and client ---------------------------------------------------------------------- */

static void *run(void *context)
{
    (void)context;
    http_run(server, DRAIN_MS);
    return NULL;
}

static int start(void **state)
{
    struct http_config config = {
        .address = "127.0.0.1", .body_bytes_max = 1000, .desks = N_DESKS, .dispatch = dispatch};
    (void)state;
    move_gate(0);
    atomic_store(&news, 0);
    atomic_store(&n_ends, 0);
    server = http_create(&config, NULL);
    return server == NULL ? -1 : pthread_create(&loop, NULL, run, NULL);
}

static int stop(void **state)
{
    (void)state;
    http_stop(server);
    pthread_join(loop, NULL);
    http_destroy(server);
    return 0;
}

static int open_client(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(http_port(server))};
    struct timeval patience = {10, 0}; /* less than the heartbeat, which would wake everybody */
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    must(connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "cannot connect");
    return fd;
}

static void ask(int fd, const char *path)
{
    char text[128];
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", path,
                     http_port(server));
    must(send(fd, text, (size_t)n, MSG_NOSIGNAL) == n, "cannot send");
}

/* Reads until what came since the last call ends with `end`. */
static void expect(int fd, const char *end)
{
    char text[8192];
    size_t n = 0, n_end = strlen(end);
    while (n < n_end || memcmp(text + n - n_end, end, n_end) != 0) {
        ssize_t n_new = recv(fd, text + n, sizeof text - n, 0);
        must(n_new > 0, "closed or silent before what was expected");
        n += (size_t)n_new;
        if (n > sizeof text / 2) { /* only the end matters */
            memmove(text, text + n - n_end, n_end);
            n = n_end;
        }
    }
}

/* --- tests ---------------------------------------------------------------------------------- */

static void *publish(void *context)
{
    (void)context;
    for (int i = 0; i < N_EACH; i++) {
        atomic_fetch_add(&news, 1);
        http_wake(server);
    }
    return NULL;
}

static void wakes_from_many_threads_reach_every_stream(void **state)
{
    (void)state;
    int readers[8];
    pthread_t threads[N_THREADS];
    for (int i = 0; i < 8; i++) {
        readers[i] = open_client();
        ask(readers[i], "/events");
        expect(readers[i], "\n\n\r\n");
    }
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, publish, NULL), 0);
    char last[32];
    snprintf(last, sizeof last, "data: %d\n\n\r\n", N_NEWS);
    for (int i = 0; i < 8; i++) {
        expect(readers[i], last);
        close(readers[i]);
    }
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void a_wake_while_streams_are_asked_is_not_lost(void **state)
{
    (void)state;
    int reader = open_client();
    ask(reader, "/events");
    expect(reader, "\n\n\r\n");
    for (int i = 1; i <= 3; i++) {
        char text[32];
        snprintf(text, sizeof text, "data: %d\n\n\r\n", i);
        atomic_store(&publishes_late, 1);
        http_wake(server);
        expect(reader, text);
    }
    close(reader);
}

static void *ask_often(void *context)
{
    int fd = open_client();
    (void)context;
    for (int i = 0; i < N_EACH; i++) {
        ask(fd, "/later");
        expect(fd, "\r\n\r\nok");
    }
    close(fd);
    return NULL;
}

static void many_clients_are_answered_from_desks(void **state)
{
    (void)state;
    pthread_t threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void open_held(int fds[N_HELD], const char *path)
{
    for (int i = 0; i < N_HELD; i++) {
        fds[i] = open_client();
        ask(fds[i], path);
    }
}

static void end_held(int fds[N_HELD])
{
    move_gate(1);
    for (int i = 0; i < N_HELD; i++) {
        expect(fds[i], "\r\n\r\nok");
        close(fds[i]);
    }
}

static void quick_work_is_done_while_every_desk_for_longer_is_held(void **state)
{
    int held[N_HELD], medium[N_HELD], fd = open_client();
    (void)state;
    open_held(held, "/held");
    await_at_gate(N_DESKS);
    for (int i = 0; i < N_EACH; i++) {
        ask(fd, i % 2 ? "/quick" : "/medium");
        expect(fd, "\r\n\r\nok");
    }
    open_held(medium, "/held-medium");
    await_at_gate(N_DESKS + 1);
    for (int i = 0; i < N_EACH; i++) {
        ask(fd, "/quick");
        expect(fd, "\r\n\r\nok");
    }
    close(fd);
    move_gate(1);
    end_held(held);
    end_held(medium);
}

static void desks_for_longer_work_help_with_quick_work(void **state)
{
    int held[N_HELD];
    (void)state;
    open_held(held, "/held-quick");
    await_at_gate(N_DESKS + 2); /* all there are */
    end_held(held);
}

static void work_that_turns_out_long_moves_and_leaves_its_desk(void **state)
{
    int moved[N_HELD], fd = open_client();
    (void)state;
    open_held(moved, "/moved");
    await_at_gate(N_DESKS);
    ask(fd, "/quick");
    expect(fd, "\r\n\r\nok");
    close(fd);
    end_held(moved);
}

static void stopping_ends_every_stream_once_and_soon(void **state)
{
    int readers[16];
    assert_int_equal(start(state), 0);
    assert_false(http_is_stopping(server));
    for (int i = 0; i < 16; i++) {
        readers[i] = open_client();
        ask(readers[i], "/events");
        expect(readers[i], "\n\n\r\n");
    }
    int64_t began_ns = clock_monotonic_ns();
    http_stop(server);
    assert_true(http_is_stopping(server));
    for (int i = 0; i < 16; i++) {
        expect(readers[i], "event: shutdown\ndata: {}\n\n\r\n0\r\n\r\n");
        close(readers[i]);
    }
    stop(state);
    assert_int_equal(atomic_load(&n_ends), 16);
    assert_in_range((clock_monotonic_ns() - began_ns) / 1000000, 0, DRAIN_MS / 3);
}

static void work_at_a_desk_outlives_the_loop(void **state)
{
    assert_int_equal(start(state), 0);
    int fd = open_client();
    for (int i = 0; i < 20; i++)
        ask(fd, "/later");
    stop(state); /* whatever was accepted is done, freed, and nothing is suspended */
    close(fd);
}

static void a_server_that_never_ran_can_be_destroyed(void **state)
{
    struct http_config config = {.address = "::1", .body_bytes_max = 1, .dispatch = dispatch};
    (void)state;
    server = http_create(&config, NULL);
    if (server == NULL) { /* a machine without IPv6 */
        config.address = "127.0.0.1";
        server = http_create(&config, NULL);
    }
    assert_non_null(server);
    assert_true(http_port(server) > 0);
    http_destroy(server);
    http_destroy(NULL);
}

static void what_cannot_be_listened_on_is_named(void **state)
{
    struct error error = ERROR_INIT, taken = ERROR_INIT;
    struct http_config config = {.address = "localhost", .body_bytes_max = 1, .dispatch = dispatch};
    (void)state;
    assert_null(http_create(&config, &error));
    assert_int_equal(error.kind, ERROR_INVALID);
    assert_non_null(strstr(error.text, "localhost"));
    config.address = "127.0.0.1";
    struct http_server *first = http_create(&config, NULL);
    assert_non_null(first);
    config.port = http_port(first);
    assert_null(http_create(&config, &taken));
    assert_int_equal(taken.kind, ERROR_CONFLICT);
    assert_non_null(strstr(taken.text, "in use"));
    http_destroy(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wakes_from_many_threads_reach_every_stream, start, stop),
        cmocka_unit_test_setup_teardown(a_wake_while_streams_are_asked_is_not_lost, start, stop),
        cmocka_unit_test_setup_teardown(many_clients_are_answered_from_desks, start, stop),
        cmocka_unit_test_setup_teardown(quick_work_is_done_while_every_desk_for_longer_is_held,
                                        start, stop),
        cmocka_unit_test_setup_teardown(desks_for_longer_work_help_with_quick_work, start, stop),
        cmocka_unit_test_setup_teardown(work_that_turns_out_long_moves_and_leaves_its_desk, start,
                                        stop),
        cmocka_unit_test(stopping_ends_every_stream_once_and_soon),
        cmocka_unit_test(work_at_a_desk_outlives_the_loop),
        cmocka_unit_test(a_server_that_never_ran_can_be_destroyed),
        cmocka_unit_test(what_cannot_be_listened_on_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
