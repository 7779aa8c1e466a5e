/* The log: one line an event on standard error.
 *
 *   2026-11-22T10:00:00.000Z warning request id=... method="GET" path="/x" status=404 ...
 *
 * Lines never hold secrets: no query, no header, no body. Any thread; a line is one write, dropped
 * rather than waited for when nobody reads standard error. */
#ifndef SERVER_BASE_LOG_H
#define SERVER_BASE_LOG_H

#include <stddef.h>

enum log_level { LOG_LEVEL_OFF, LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO };

/* Lines above the level are not written. LOG_LEVEL_WARNING until set. */
void log_set_level(enum log_level level);

/* "off", "error", "warning", "info"; -1 for any other name. */
int log_level_find(const char *name);

int log_is_on(enum log_level level);

/* One event: its name, then name=value pairs, without a newline. Cut at about a kilobyte. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Quotes n_bytes of anything for a line: "\x0a" for control and non-ASCII characters, "\"" and "\\"
 * for those two. What does not fit is left out and "..." says so. size >= 8. */
void log_quote(char *out, size_t size, const char *bytes, size_t n_bytes);

#endif
