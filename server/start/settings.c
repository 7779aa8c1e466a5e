/* What the server was told at its start: command line and environment. */
#include "server/start/settings.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char SETTINGS_USAGE[] =
    "usage: descent [serve] [options]\n"
    "A lab server for experimenting with the mathematics of small neural networks.\n\n"
    "  --listen ADDR:PORT  where to listen (default 127.0.0.1:8080; port 0 picks a free one)\n"
    "  --data DIR          where the database is kept (default: the user's state directory,\n"
    "                      $XDG_STATE_HOME/descent or ~/.local/state/descent)\n"
    "  --workers N         threads that train (default: one a core)\n"
    "  --host NAME         a further Host name to answer to, as behind a proxy; may be repeated\n"
    "  --token             admit only who has a token: one is made, kept in the data directory,\n"
    "                      and shown as a link; needed for every address but loopback ones\n"
    "  --token-file FILE   the same with the token in FILE; the environment's DESCENT_TOKEN also\n"
    "                      gives one\n"
    "  --log LEVEL         what is written to standard error: off, error, warning (default) or\n"
    "                      info, which has a line for every request\n"
    "  --version, --help\n";

static int read_listen(struct settings *settings, const char *text, struct error *error)
{
    const char *colon = strrchr(text, ':');
    char *end = NULL;
    size_t n = colon == NULL ? 0 : (size_t)(colon - text);
    long port = colon == NULL ? -1 : strtol(colon + 1, &end, 10);
    if (n == 0 || n >= sizeof settings->address || colon[1] == '\0' || *end != '\0' || port < 0 ||
        port > 65535)
        return error_set(error, ERROR_INVALID,
                         "--listen: got '%.60s', expected ADDRESS:PORT, as 127.0.0.1:8080", text);
    if (text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    }
    memcpy(settings->address, text, n);
    settings->address[n] = '\0';
    if (strcmp(settings->address, "localhost") == 0)
        snprintf(settings->address, sizeof settings->address, "127.0.0.1");
    settings->port = (uint16_t)port;
    return 0;
}

static int read_workers(struct settings *settings, const char *text, struct error *error)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || *end != '\0' || n < 1 || n > SETTINGS_WORKERS_MAX)
        return error_set(error, ERROR_INVALID, "--workers: got '%.60s', expected 1 to %d", text,
                         SETTINGS_WORKERS_MAX);
    settings->n_workers = (int)n;
    return 0;
}

static int read_data(struct settings *settings, const char *text, struct error *error)
{
    int n = snprintf(settings->data, sizeof settings->data, "%s", text);
    if (n <= 0 || (size_t)n >= sizeof settings->data - 32)
        return error_set(error, ERROR_INVALID, "--data: got %s, expected a directory",
                         n <= 0 ? "nothing" : "a path that is too long");
    return 0;
}

static int read_log(struct settings *settings, const char *text, struct error *error)
{
    int level = log_level_find(text);
    if (level < 0)
        return error_set(error, ERROR_INVALID,
                         "--log: got '%.60s', expected off, error, warning or info", text);
    settings->log = (enum log_level)level;
    return 0;
}

static int add_host(struct settings *settings, const char *name, struct error *error)
{
    int n = 0;
    while (settings->hosts[n] != NULL)
        n++;
    if (n == SETTINGS_HOSTS_MAX)
        return error_set(error, ERROR_INVALID, "--host: at most %d names", SETTINGS_HOSTS_MAX);
    settings->hosts[n] = name;
    return 0;
}

/* systemd's state directory, or the user's. */
static int default_data(struct settings *settings, struct error *error)
{
    const char *state = getenv("STATE_DIRECTORY");
    const char *xdg = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    char path[SETTINGS_PATH_BYTES];
    if (state != NULL && state[0] == '/')
        snprintf(path, sizeof path, "%s", state);
    else if (xdg != NULL && xdg[0] == '/')
        snprintf(path, sizeof path, "%s/descent", xdg);
    else if (home != NULL && home[0] == '/')
        snprintf(path, sizeof path, "%s/.local/state/descent", home);
    else
        return error_set(error, ERROR_INVALID, "no home directory is known: say --data DIR");
    return read_data(settings, path, error);
}

static int set_defaults(struct settings *settings, struct error *error)
{
    long n_cores = sysconf(_SC_NPROCESSORS_ONLN);
    memset(settings, 0, sizeof *settings);
    settings->n_workers = n_cores < 1                      ? 1
                          : n_cores > SETTINGS_WORKERS_MAX ? SETTINGS_WORKERS_MAX
                                                           : (int)n_cores;
    settings->log = LOG_LEVEL_WARNING;
    return read_listen(settings, "127.0.0.1:8080", error);
}

static int read_option(struct settings *settings, int option, struct error *error)
{
    switch (option) {
    case 'l':
        return read_listen(settings, optarg, error);
    case 'd':
        return read_data(settings, optarg, error);
    case 'w':
        return read_workers(settings, optarg, error);
    case 'n':
        return add_host(settings, optarg, error);
    case 'o':
        return read_log(settings, optarg, error);
    case 't':
        settings->wants_token = 1;
        return 0;
    case 'f':
        settings->token_file = optarg;
        return 0;
    case 'v':
        settings->wants_version = 1;
        return 0;
    case 'h':
        settings->wants_help = 1;
        return 0;
    default:
        return error_set(error, ERROR_INVALID, "see descent --help");
    }
}

int settings_read(struct settings *settings, int argc, char **argv, struct error *error)
{
    static const struct option options[] = {
        {"listen", required_argument, NULL, 'l'}, {"data", required_argument, NULL, 'd'},
        {"workers", required_argument, NULL, 'w'}, {"host", required_argument, NULL, 'n'},
        {"log", required_argument, NULL, 'o'},
        {"token", no_argument, NULL, 't'}, {"token-file", required_argument, NULL, 'f'},
        {"version", no_argument, NULL, 'v'},      {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    if (set_defaults(settings, error) != 0)
        return -1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (read_option(settings, option, error) != 0)
            return -1;
    if (optind < argc && strcmp(argv[optind], "serve") == 0)
        optind++;
    if (optind < argc)
        return error_set(error, ERROR_INVALID, "unknown argument '%.60s'; see descent --help",
                         argv[optind]);
    if (settings->wants_token && settings->token_file != NULL)
        return error_set(error, ERROR_INVALID, "--token and --token-file exclude each other");
    return settings->data[0] != '\0' ? 0 : default_data(settings, error);
}

int settings_make_data(const struct settings *settings, struct error *error)
{
    char path[SETTINGS_PATH_BYTES];
    snprintf(path, sizeof path, "%s", settings->data);
    for (char *end = path + 1;; end++) {
        if (*end != '/' && *end != '\0')
            continue;
        char was = *end;
        *end = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return error_set(error, ERROR_STORAGE, "cannot make the data directory %.200s: %s",
                             path, strerror(errno));
        if (was == '\0')
            return 0;
        *end = was;
    }
}
