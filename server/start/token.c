/* The token of a shared server: given, found in the data directory, or made there. */
#include "server/start/token.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RANDOM_BYTES = 32 };

/* Whether it can stand in a URL and in a header as it is. `where` is for the error. */
static int check(const char *token, const char *where, struct error *error)
{
    size_t n = strlen(token);
    size_t n_good = strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "-._~");
    if (n_good != n)
        return error_set(error, ERROR_INVALID,
                         "%.200s: a token holds letters, digits and -._~ only, but its character "
                         "%zu is another",
                         where, n_good + 1);
    if (n < TOKEN_BYTES_MIN || n > TOKEN_BYTES_MAX)
        return error_set(
            error, ERROR_INVALID, "%.200s: a token has %d to %d characters, this one has %s%zu",
            where, TOKEN_BYTES_MIN, TOKEN_BYTES_MAX, n > TOKEN_BYTES_MAX ? "at least " : "", n);
    return 0;
}

/* Reads it from the open file, without the line's end. */
static int read_file(int file, const char *path, char out[TOKEN_BYTES_MAX + 1], struct error *error)
{
    char line[TOKEN_BYTES_MAX + 3]; /* CR, LF or one character too many */
    ssize_t n = read(file, line, sizeof line - 1);
    if (n < 0)
        return error_set(error, ERROR_STORAGE, "cannot read the token in %.200s: %s", path,
                         strerror(errno));
    line[n] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    int result = check(line, path, error);
    if (result == 0)
        memcpy(out, line, strlen(line) + 1);
    sodium_memzero(line, sizeof line);
    return result;
}

static int read_path(const char *path, char out[TOKEN_BYTES_MAX + 1], struct error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return error_set(error, ERROR_STORAGE, "cannot open the token file %.200s: %s", path,
                         strerror(errno));
    int result = read_file(file, path, out, error);
    close(file);
    return result;
}

/* Under another name first, so that a crash never leaves half a token behind. */
static int write_path(const char *path, const char *token, struct error *error)
{
    char unfinished[SETTINGS_PATH_BYTES + 32];
    size_t n = strlen(token);
    snprintf(unfinished, sizeof unfinished, "%s.new", path);
    unlink(unfinished);
    int file = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int is_written = file >= 0 && write(file, token, n) == (ssize_t)n &&
                     write(file, "\n", 1) == 1 && fsync(file) == 0;
    int cause = errno;
    if (file >= 0)
        close(file);
    if (is_written && rename(unfinished, path) == 0)
        return 0;
    cause = is_written ? errno : cause;
    unlink(unfinished);
    return error_set(error, ERROR_STORAGE, "cannot write the token file %.200s: %s", path,
                     strerror(cause));
}

/* The one in the data directory, made at first. */
static int keep(const struct settings *settings, char out[TOKEN_BYTES_MAX + 1], struct error *error)
{
    char path[SETTINGS_PATH_BYTES + 16];
    unsigned char random[RANDOM_BYTES];
    snprintf(path, sizeof path, "%s/token", settings->data);
    if (access(path, F_OK) == 0)
        return read_path(path, out, error);
    if (sodium_init() < 0)
        return error_set(error, ERROR_INTERNAL, "libsodium cannot start");
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(out, TOKEN_BYTES_MAX + 1, random, sizeof random,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(random, sizeof random);
    return write_path(path, out, error);
}

int token_choose(const struct settings *settings, char out[TOKEN_BYTES_MAX + 1],
                 struct error *error)
{
    const char *given = getenv("DESCENT_TOKEN");
    out[0] = '\0';
    if (settings->token_file != NULL)
        return read_path(settings->token_file, out, error);
    if (settings->wants_token)
        return keep(settings, out, error);
    if (given == NULL)
        return 0;
    if (check(given, "DESCENT_TOKEN", error) != 0)
        return -1;
    snprintf(out, TOKEN_BYTES_MAX + 1, "%s", given);
    return 0;
}
