/* The server: one loop, its clocks and its counts. Private to server/http.
 *
 * In connection/: who comes, how long each may take, how they go. In gate/: what a request must
 * pass before it is dispatched. In reply/: what is said. In later/: what takes long.
 *
 * Everything here belongs to the loop thread but the two atomics and the desk, which locks itself.
 *
 *   listener ─► client ─► request ─► reply ─► libmicrohttpd
 *                            │         └─► stream (asleep until a wake)
 *                            └─► desk (threads) ─► back through the bell
 */
#ifndef SERVER_HTTP_SERVER_H
#define SERVER_HTTP_SERVER_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdint.h>

#include "server/http/connection/deadline.h"
#include "server/http/gate/access.h"
#include "server/http/gate/guard.h"
#include "server/http/http.h"
#include "server/http/metrics.h"

/* Something in the loop's epoll set; part of what it watches. `act` is called with the epoll events
 * before libmicrohttpd runs; it may free what it belongs to, nothing else that is watched. */
struct watch {
    void (*act)(struct http_server *server, struct watch *watch, uint32_t events);
};

/* The `struct type` whose `member` is at `pointer`. */
#define PART_OF(type, member, pointer)                                                             \
    ((struct type *)(void *)((char *)(pointer)-offsetof(struct type, member)))

struct client;
struct desk;

struct http_server {
    struct http_config config; /* with every default filled in */
    struct guard_rules rules;
    struct access access;
    char **hosts; /* copies; NULL-terminated */

    struct MHD_Daemon *daemon;
    int epoll_fd;
    struct watch daemon_watch;
    int bell_fd; /* eventfd: another thread, or a signal, has something to tell */
    struct watch bell_watch;
    int listen_fd; /* -1 once closed */
    struct watch listen_watch;
    int64_t listen_again_ms; /* accepting is paused until then; 0: it is not */
    uint16_t port;
    char own_host[64]; /* the address bound, as a Host header spells it; "" for any address */

    atomic_int is_stopping; /* set by http_stop */
    atomic_int is_woken;    /* set by http_wake, cleared before streams are asked */
    int is_draining;        /* the loop has seen is_stopping */
    int64_t now_ms;         /* monotonic, as of this turn */
    int64_t woken_ms;       /* the last time streams were asked */

    struct deadline_queue heads, bodies, idle; /* of clients */
    struct deadline_queue left;                /* of clients that closed their side */
    struct deadline_queue sleeping;            /* of streams: the next heartbeat */
    struct deadline_queue gathering;           /* of streams: the next time they may speak */
    struct deadline_queue lingering;           /* of connections closed softly */
    struct deadline_queue held;                /* of requests (hold.h), by when each is due */

    struct client *clients; /* all of them */
    struct desk *desk;
    int n_requests_open; /* their line was read, they are not complete */
    int n_at_desk;       /* suspended for a desk, or held between two */
    int desks_are_closed;
    size_t body_bytes; /* allocated for bodies, all together */

    struct http_counts counts;
    struct metrics metrics;
    uint32_t boot;                   /* random: makes request ids differ between processes */
    uint32_t jitter;                 /* state of a small generator */
    char scratch[HTTP_STREAM_BYTES]; /* for what is read or written within one call */
};

/* Adds fd to the epoll set. 0 or -1. */
int server_watch(struct http_server *server, int fd, uint32_t events, struct watch *watch);

/* One round of the loop, waiting at most until end_ms: for http_run, and for tests that bring their
 * connections themselves (MHD_add_connection). Loop thread. */
void server_take_turn(struct http_server *server, int64_t end_ms);

/* Takes the loop out of its wait. Any thread, any signal handler. */
void server_ring(struct http_server *server);

#endif
