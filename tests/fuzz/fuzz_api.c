/* Any request on the real API over a real store: no answer is 5xx, what says it is JSON is.
 *
 * An input is the line "METHOD TARGET", header lines, an empty line and a body, with bare LF. In the
 * target and the headers {id} stands for an experiment that has ended (for one that waits, when the
 * method may change it). The framing is ours: HTTP/1.0, so that a reply ends with its connection.
 *
 * The lab trains that one experiment and is stopped: what an input posts is stored, queued, and
 * removed after it, so no input takes long or changes what the next one meets. */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/api/api.h"
#include "server/base/clock.h"
#include "server/base/json.h"
#include "server/base/log.h"
#include "server/base/text.h"
#include "server/http/server.h"
#include "server/spec/preset/presets.h"
#include "tests/fuzz/fuzz.h"

enum { ENOUGH_MS = 15000, WAIT_MS = 20, OTHERS_MAX = 16, PATH_BYTES = 128 };

static char directory[PATH_BYTES];
static struct engine *engine;
static struct http_server *server;
static struct api api = {.version = "fuzz", .once = ONCE_BOARD_INIT,
                         .answers = ANSWER_BOARD_INIT};
static char ended[ENGINE_ID_BYTES];

/* --- the server ----------------------------------------------------------------------------- */

static void notify(void *context)
{
    (void)context;
    http_wake(server);
}

/* Stores an experiment of two runs. */
static void submit(char out_id[ENGINE_ID_BYTES])
{
    static const char posted[] = "{\"preset\":\"all_zero\",\"training\":{\"epochs\":30},\"sweep\":{"
                                 "\"/training/optimizer/learning_rate\":[0.001,0.0004]}}";
    struct error error = ERROR_INIT;
    struct faults faults = {0};
    json_t *body = json_read(posted, sizeof posted - 1, &error);
    json_t *expanded = presets_expand(body, &faults);
    struct spec *spec = spec_parse(expanded, &faults);
    FUZZ_CHECK(spec != NULL);
    FUZZ_CHECK(lab_submit(api.lab, spec, NULL, out_id, &error) != ONCE_ERROR);
    json_decref(expanded);
    json_decref(body);
}

static void train(void)
{
    int64_t end_ms = clock_monotonic_ns() / 1000000 + ENOUGH_MS;
    struct engine_experiment record;
    struct error error = ERROR_INIT;
    int is_done = 0;
    submit(ended);
    while (!is_done) {
        FUZZ_CHECK(clock_monotonic_ns() / 1000000 < end_ms);
        server_take_turn(server, clock_monotonic_ns() / 1000000 + WAIT_MS);
        FUZZ_CHECK(engine_find(engine, ended, &record, &error) == 0);
        is_done = record.n_in_state[RUN_DONE] == 2;
        engine_experiment_clear(&record);
    }
    FUZZ_CHECK(lab_stop(api.lab, ENOUGH_MS));
}

static void start(void)
{
    struct http_config config = {.address = "127.0.0.1", .body_bytes_max = 1 << 20, .desks = 1,
                                 .dispatch = api_dispatch, .context = &api};
    struct error error = ERROR_INIT;
    char path[PATH_BYTES + 16];
    const char *place = getenv("TMPDIR");
    log_set_level(LOG_LEVEL_OFF);
    snprintf(directory, sizeof directory, "%s/descent-fuzz-XXXXXX", place == NULL ? "/tmp" : place);
    FUZZ_CHECK(mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/descent.db", directory);
    FUZZ_CHECK(presets_json() != NULL);
    FUZZ_CHECK((engine = engine_open(path, &error)) != NULL);
    FUZZ_CHECK((server = http_create(&config, &error)) != NULL);
    server->rules.port = 8080; /* inputs must know it */
    api.started_ns = clock_monotonic_ns();
    struct lab_config lab = {engine, 1, notify, NULL};
    FUZZ_CHECK((api.lab = lab_create(&lab, &error)) != NULL);
    train();
}

static void stop(void)
{
    char path[PATH_BYTES + 300];
    http_destroy(server);
    echo_clear(&api.echo);
    answer_board_clear(&api.answers);
    lab_destroy(api.lab);
    engine_close(engine);
    DIR *files = opendir(directory);
    for (struct dirent *file; files != NULL && (file = readdir(files)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", directory, file->d_name);
        unlink(path);
    }
    closedir(files);
    rmdir(directory);
}

/* --- a request ------------------------------------------------------------------------------ */

static int changes(const char *line, size_t n_line)
{
    static const char *const methods[] = {"DELETE", "PATCH", "POST"};
    for (size_t i = 0; i < 3; i++)
        if (n_line > strlen(methods[i]) && memcmp(line, methods[i], strlen(methods[i])) == 0 &&
            memmem(line, n_line, "predict", 7) == NULL)
            return 1;
    return 0;
}

/* Adds a line with the id where it belongs. */
static void add_line(struct text *out, const char *line, size_t n_line, const char *id)
{
    const char *mark;
    while ((mark = memmem(line, n_line, "{id}", 4)) != NULL) {
        text_add(out, line, (size_t)(mark - line));
        text_add(out, id, strlen(id));
        n_line -= (size_t)(mark + 4 - line);
        line = mark + 4;
    }
    text_add(out, line, n_line);
}

static void make_request(struct text *out, const char *input, size_t n_input)
{
    const char *end = input + n_input, *line = input;
    char waiting[ENGINE_ID_BYTES];
    const char *id = ended;
    for (int n_lines = 0; line < end && (n_lines == 0 || *line != '\n'); n_lines++) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t n_line = (size_t)((stop == NULL ? end : stop) - line);
        if (n_lines == 0 && changes(line, n_line)) {
            submit(waiting);
            id = waiting;
        }
        add_line(out, line, n_line, id);
        text_printf(out, n_lines == 0 ? " HTTP/1.0\r\n" : "\r\n");
        line = stop == NULL ? end : stop + 1;
    }
    size_t n_body = line < end ? (size_t)(end - line) - 1 : 0;
    if (n_body > 0)
        text_printf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", n_body);
    text_printf(out, "\r\n");
    text_add(out, end - n_body, n_body);
    FUZZ_CHECK(!out->failed);
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

/* Sends the request and our end, and reads the reply to its own. */
static void ask(const struct text *request, struct text *reply)
{
    char bytes[16384];
    size_t n_sent = 0;
    ssize_t n = 1;
    int fd = join();
    int64_t end_ms = clock_monotonic_ns() / 1000000 + ENOUGH_MS;
    while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) {
        FUZZ_CHECK(clock_monotonic_ns() / 1000000 < end_ms);
        if (n_sent < request->n_bytes) {
            n = send(fd, request->bytes + n_sent, request->n_bytes - n_sent, MSG_NOSIGNAL);
            n_sent += n > 0 ? (size_t)n : 0;
            if (n_sent == request->n_bytes || (n < 0 && errno == EPIPE)) {
                shutdown(fd, SHUT_WR);
                n_sent = request->n_bytes;
            }
        }
        server_take_turn(server, clock_monotonic_ns() / 1000000 + 1);
        n = recv(fd, bytes, sizeof bytes, 0);
        if (n > 0)
            text_add(reply, bytes, (size_t)n);
    }
    close(fd);
    while (server->counts.connections > 0 || server->lingering.n_armed > 0) {
        FUZZ_CHECK(clock_monotonic_ns() / 1000000 < end_ms);
        server_take_turn(server, clock_monotonic_ns() / 1000000 + 1);
    }
}

/* --- the answer ----------------------------------------------------------------------------- */

static int has_line(const char *head, const char *line)
{
    return strstr(head, line) != NULL;
}

static void check_reply(const struct text *reply, int is_head)
{
    FUZZ_CHECK(reply->n_bytes > 16 && memcmp(reply->bytes, "HTTP/1.", 7) == 0);
    int status = (int)strtol(reply->bytes + 9, NULL, 10);
    char *body = memmem(reply->bytes, reply->n_bytes, "\r\n\r\n", 4);
    FUZZ_CHECK(status >= 200 && status < 500);
    FUZZ_CHECK(body != NULL);
    body[2] = '\0'; /* the head is a text of its own */
    body += 4;
    size_t n_body = reply->n_bytes - (size_t)(body - reply->bytes);
    int is_problem = has_line(reply->bytes, "Content-Type: application/problem+json\r\n");
    if (!is_problem && !has_line(reply->bytes, "X-Request-Id: ")) { /* by libmicrohttpd alone */
        FUZZ_CHECK(status >= 400);
        return;
    }
    FUZZ_CHECK(is_problem == (status >= 400));
    FUZZ_CHECK(status != 201 || has_line(reply->bytes, "\r\nLocation: /api/v1/experiments/"));
    if (is_head || (!is_problem && !has_line(reply->bytes, "Content-Type: application/json\r\n")))
        return;
    json_t *json = json_loadb(body, n_body, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(json != NULL);
    FUZZ_CHECK(!is_problem || json_integer_value(json_object_get(json, "status")) == status);
    json_decref(json);
}

/* --- after it ------------------------------------------------------------------------------- */

struct others {
    int n;
    char ids[OTHERS_MAX][ENGINE_ID_BYTES];
};

static int note_other(void *context, const struct engine_experiment *experiment)
{
    struct others *others = context;
    if (strcmp(experiment->id, ended) != 0)
        snprintf(others->ids[others->n++], ENGINE_ID_BYTES, "%s", experiment->id);
    return 0;
}

static void remove_others(void)
{
    struct others others = {0};
    struct error error = ERROR_INIT;
    int64_t next;
    FUZZ_CHECK(engine_list(engine, 0, OTHERS_MAX, note_other, &others, &next, &error) == 0);
    for (int i = 0; i < others.n; i++)
        FUZZ_CHECK(lab_delete(api.lab, others.ids[i], &error) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct text request = {0}, reply = {0};
    if (server == NULL) {
        start();
        atexit(stop);
    }
    make_request(&request, (const char *)bytes, n_bytes);
    ask(&request, &reply);
    if (reply.n_bytes > 0) /* none to what is no request line */
        check_reply(&reply, n_bytes > 4 && memcmp(bytes, "HEAD", 4) == 0);
    remove_others();
    text_clear(&request);
    text_clear(&reply);
    return 0;
}
