/* The server's program: wires engine, lab, API and HTTP, and owns their start and stop order. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/api/api.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/engine/engine.h"
#include "server/http/http.h"
#include "server/lab/lab.h"
#include "server/spec/option/options.h"
#include "server/spec/preset/presets.h"
#include "server/start/settings.h"
#include "server/start/token.h"

#define VERSION "0.1.0"

enum { DESKS = 2, DRAIN_MS = 1500, STOP_MS = 400 };

/* For the signal handler and the workers' notify, set before either can run. */
static struct http_server *http;

static void on_signal(int signal_number)
{
    (void)signal_number;
    http_stop(http);
}

static void catch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL); /* a file size limit is an error of a write, not our end */
}

static void notify(void *context)
{
    (void)context;
    http_wake(http);
}

/* `token` may be "": none. */
static struct http_server *open_http(const struct settings *settings, const char *token,
                                     struct api *api, struct error *error)
{
    api->is_closed = token[0] != '\0';
    struct http_config config = {
        .address = settings->address,
        .port = settings->port,
        .hosts = settings->hosts,
        .token = api->is_closed ? token : NULL,
        .open_path = api->open_path,
        .body_bytes_max = OPTIONS_BODY_BYTES_MAX,
        .desks = DESKS,
        .dispatch = api_dispatch,
        .context = api,
    };
    return http_create(&config, error);
}

/* The link for those who may use the server: with the first name that others know it by, since an
 * address that stands for all is none to visit. */
static void print_link(const struct settings *settings, const char *address, const char *token)
{
    const char *name = settings->hosts[0];
    int is_any = strcmp(settings->address, "0.0.0.0") == 0 || strcmp(settings->address, "::") == 0;
    if (name != NULL)
        address = name;
    else if (is_any)
        address = "127.0.0.1";
    printf("the link to share: http://%s", address);
    if (name == NULL || strchr(name, ':') == NULL)
        printf(":%d", http_port(http));
    printf("/?token=%s\n", token);
    if (is_any && name == NULL)
        printf("for others to reach it, add --host NAME: the name or address they will use\n");
}

static void announce(const struct settings *settings, const char *token)
{
    char address[sizeof settings->address + 2];
    int is_ipv6 = strchr(settings->address, ':') != NULL;
    snprintf(address, sizeof address, is_ipv6 ? "[%s]" : "%s", settings->address);
    printf("listening on http://%s:%d/\n", address, http_port(http));
    if (token[0] != '\0')
        print_link(settings, address, token);
    fflush(stdout);
}

/* A worker is in the middle of a batch that takes seconds. All that was told to anyone is
 * committed, and the next start goes on from there, as after a kill. */
static void leave_at_once(void)
{
    log_line(LOG_LEVEL_WARNING,
             "left_at_once reason=\"a long batch or an explanation has not ended\"");
    _exit(0);
}

/* Serves until a signal; 0, or -1 with the error filled. */
static int serve(const struct settings *settings, struct error *error)
{
    char path[SETTINGS_PATH_BYTES + 16], token[TOKEN_BYTES_MAX + 1];
    struct api api = {.version = VERSION, .open_path = "/healthz", .started_ms = clock_wall_ms(),
                      .started_ns = clock_monotonic_ns(),
                      .once = ONCE_BOARD_INIT,
                      .answers = ANSWER_BOARD_INIT,
                      .floors = FLOORS_BOARD_INIT};
    struct engine *engine = NULL;
    int result = -1;
    snprintf(path, sizeof path, "%s/descent.db", settings->data);
    if (presets_json() == NULL) {
        error_set(error, ERROR_MEMORY, "not enough memory to start");
        goto out;
    }
    /* The engine first: the data directory is then ours alone. */
    if (settings_make_data(settings, error) != 0 || (engine = engine_open(path, error)) == NULL ||
        token_choose(settings, token, error) != 0 ||
        (http = open_http(settings, token, &api, error)) == NULL)
        goto out;
    struct lab_config config = {engine, settings->n_workers, notify, NULL};
    if ((api.lab = lab_create(&config, error)) == NULL)
        goto out;
    catch_signals();
    announce(settings, token);
    http_run(http, DRAIN_MS);
    if (!lab_stop(api.lab, STOP_MS))
        leave_at_once();
    result = 0;
out:
    /* Replies hold studies and watches of the lab, the lab's workers notify http: the workers have
     * ended, now http lets go of its replies, then the lab and the engine. */
    http_destroy(http);
    echo_clear(&api.echo);
    floors_board_clear(&api.floors);
    answer_board_clear(&api.answers);
    lab_destroy(api.lab);
    engine_close(engine);
    return result;
}

int main(int argc, char **argv)
{
    struct error error = ERROR_INIT;
    struct settings settings;
    if (settings_read(&settings, argc, argv, &error) == 0) {
        if (settings.wants_help || settings.wants_version) {
            printf("%s", settings.wants_help ? SETTINGS_USAGE : "descent " VERSION "\n");
            return 0;
        }
        log_set_level(settings.log);
        if (serve(&settings, &error) == 0)
            return 0;
    }
    fprintf(stderr, "descent: %s\n", error.text);
    return error.kind == ERROR_INVALID ? 2 : 1;
}
