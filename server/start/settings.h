/* What the server was told at its start: command line and environment. */
#ifndef SERVER_START_SETTINGS_H
#define SERVER_START_SETTINGS_H

#include <stdint.h>

#include "core/base/error.h"
#include "server/base/log.h"

enum { SETTINGS_PATH_BYTES = 4096, SETTINGS_HOSTS_MAX = 16, SETTINGS_WORKERS_MAX = 256 };

struct settings {
    int wants_help, wants_version;
    char address[64]; /* numeric */
    uint16_t port;
    char data[SETTINGS_PATH_BYTES]; /* the directory of the database */
    int n_workers;
    const char *hosts[SETTINGS_HOSTS_MAX + 1]; /* further Host names, NULL-terminated, of argv */
    int wants_token;        /* --token: one of our own making */
    const char *token_file; /* --token-file, of argv; or NULL */
    enum log_level log;
};

extern const char SETTINGS_USAGE[];

/* Reads argv (borrowed). -1 with ERROR_INVALID naming the option, what was found, what is
 * allowed. */
int settings_read(struct settings *settings, int argc, char **argv, struct error *error);

/* Makes the data directory, parents included, for this user alone. -1 with ERROR_STORAGE. */
int settings_make_data(const struct settings *settings, struct error *error);

#endif
