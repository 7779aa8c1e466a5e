/* The log: lines on standard error. */
#include "server/base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/base/clock.h"

enum { LINE_BYTES = 1024 };

static const char *const names[] = {"off", "error", "warning", "info"};
static atomic_int level_set = LOG_LEVEL_WARNING;

void log_set_level(enum log_level level)
{
    atomic_store(&level_set, (int)level);
}

int log_level_find(const char *name)
{
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

int log_is_on(enum log_level level)
{
    return level != LOG_LEVEL_OFF && (int)level <= atomic_load(&level_set);
}

/* A pipe that poll calls writable takes a line of this length whole, without waiting. */
static void write_line(const char *line, size_t n_bytes)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) && write(STDERR_FILENO, line, n_bytes) < 0)
        return; /* there is nobody left to tell */
}

void log_line(enum log_level level, const char *format, ...)
{
    char line[LINE_BYTES], time[CLOCK_TEXT_BYTES];
    if (!log_is_on(level))
        return;
    clock_print(time, clock_wall_ms());
    int n = snprintf(line, sizeof line, "%s %s ", time, names[level]);
    va_list arguments;
    va_start(arguments, format);
    n += vsnprintf(line + n, sizeof line - (size_t)n, format, arguments);
    va_end(arguments);
    if (n > LINE_BYTES - 2)
        n = LINE_BYTES - 2;
    line[n] = '\n';
    write_line(line, (size_t)n + 1);
}

void log_quote(char *out, size_t size, const char *bytes, size_t n_bytes)
{
    size_t n = 0;
    out[n++] = '"';
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned char c = (unsigned char)bytes[i];
        int is_plain = c >= 0x20 && c < 0x7f;
        if (n + 9 > size) { /* the longest character, "...", the quote and the NUL */
            n += (size_t)snprintf(out + n, size - n, "...");
            break;
        }
        if (is_plain && c != '"' && c != '\\')
            out[n++] = (char)c;
        else
            n += (size_t)snprintf(out + n, size - n, is_plain ? "\\%c" : "\\x%02x", c);
    }
    n = n < size - 2 ? n : size - 2;
    out[n++] = '"';
    out[n] = '\0';
}
