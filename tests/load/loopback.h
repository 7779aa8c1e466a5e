/* Connections to a server on 127.0.0.1, and the clock, for the load clients. */
#ifndef TESTS_LOAD_LOOPBACK_H
#define TESTS_LOAD_LOOPBACK_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Monotonic: the same clock in every process of the machine. */
static inline int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* A non-blocking socket that is connecting; -1 with errno. */
static inline int loopback_dial(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0 &&
        errno != EINPROGRESS) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

/* A GET of `path` in out[size]; its length. */
static inline size_t loopback_request(char *out, size_t size, int port, const char *path)
{
    int n = snprintf(out, size, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", path, port);
    if (n < 0 || (size_t)n >= size) {
        fprintf(stderr, "the path is too long\n");
        exit(2);
    }
    return (size_t)n;
}

/* As many descriptors as this machine allows. */
static inline void loopback_raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* A number of the command line in lowest..highest, or the end. */
static inline int loopback_number(const char *text, long lowest, long highest)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value < lowest || value > highest) {
        fprintf(stderr, "got '%s', expected a number of %ld to %ld\n", text, lowest, highest);
        exit(2);
    }
    return (int)value;
}

#endif
