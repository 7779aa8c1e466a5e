/* Prefer: wait=N (RFC 7240): an answer held until the experiment has ended, or a run is explained.
 *
 * DESIGN: a waiter is awake for a moment whenever something of its experiment ended; it asks the
 * engine whether that was the last, and otherwise sleeps on (http_when). What it has seen is noted
 * before it asks, so no ending can fall between. */
#include "server/api/call/wait.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "server/api/present.h"
#include "server/base/clock.h"

/* Experiments that show another's results are not told when those are explained. */
enum { EXPLANATION_NAP_MS = 500 };

struct waiter {
    struct call call;
    int status;
    int (*is_over)(const struct call *call); /* what is waited for */
    int nap_ms; /* it looks at least so often */
    wait_reply_fn reply;
    int wait_s;
    int64_t until_ms;
    struct watch *watch;
    uint64_t seen; /* endings */
};

/* --- the header ----------------------------------------------------------------------------- */

/* The whole number at `text`, perhaps quoted, at most WAIT_S_MAX; 0 for anything else. */
static int read_seconds(const char *text)
{
    int seconds = 0, is_quoted = *text == '"';
    text += is_quoted;
    if (!isdigit((unsigned char)*text))
        return 0;
    for (; isdigit((unsigned char)*text); text++)
        if (seconds <= WAIT_S_MAX)
            seconds = seconds * 10 + (*text - '0');
    if (is_quoted && *text++ != '"')
        return 0;
    text += strspn(text, " \t");
    if (*text != '\0' && *text != ',' && *text != ';')
        return 0;
    return seconds < WAIT_S_MAX ? seconds : WAIT_S_MAX;
}

int wait_read_preference(const char *prefer)
{
    while (prefer != NULL && *prefer != '\0') {
        prefer += strspn(prefer, " \t,");
        size_t n_name = strcspn(prefer, " \t,;=");
        const char *value = prefer + n_name + strspn(prefer + n_name, " \t");
        if (n_name == 4 && strncasecmp(prefer, "wait", 4) == 0 && *value == '=')
            return read_seconds(value + 1 + strspn(value + 1, " \t"));
        prefer += strcspn(prefer, ",");
    }
    return 0;
}

/* --- waiting -------------------------------------------------------------------------------- */

/* 1 too when the experiment is gone or cannot be read: the reply will say so. */
static int has_ended(const struct call *call)
{
    struct engine_experiment record = {0};
    if (engine_find(lab_engine(call->api->lab), call->name, &record, NULL) != 0)
        return 1;
    int is_done = strcmp(present_state(&record), "done") == 0;
    engine_experiment_clear(&record);
    return is_done;
}

static int has_news(void *context)
{
    const struct waiter *waiter = context;
    return watch_endings(waiter->watch) != waiter->seen;
}

/* `is_applied`: the preference was honoured, if only in part. */
static void finish(struct waiter *waiter, int is_applied)
{
    char applied[32];
    snprintf(applied, sizeof applied, "wait=%d", waiter->wait_s);
    if (is_applied)
        http_reply_header(waiter->call.request, "Preference-Applied", applied);
    waiter->reply(&waiter->call, waiter->status);
    watch_close(lab_watches(waiter->call.api->lab), waiter->watch);
    free(waiter);
}

static void look(void *context, struct http_request *request)
{
    struct waiter *waiter = context;
    waiter->seen = watch_endings(waiter->watch);
    int64_t left_ms = waiter->until_ms - clock_monotonic_ns() / 1000000;
    int nap_ms = left_ms < waiter->nap_ms ? (int)left_ms : waiter->nap_ms;
    if (left_ms <= 0 || waiter->is_over(&waiter->call))
        finish(waiter, 1);
    else if (http_when(request, has_news, nap_ms, look, waiter) != 0)
        finish(waiter, 0);
}

static struct waiter *waiter_create(const struct call *call, int status, wait_reply_fn reply,
                                    int wait_s)
{
    struct waiter *waiter = memory_array(1, sizeof *waiter, NULL);
    if (waiter == NULL)
        return NULL;
    waiter->call = *call;
    waiter->status = status;
    waiter->reply = reply;
    waiter->wait_s = wait_s;
    waiter->until_ms = clock_monotonic_ns() / 1000000 + wait_s * 1000LL;
    waiter->watch = watch_open(lab_watches(call->api->lab), call->name, NULL);
    if (waiter->watch != NULL)
        return waiter;
    free(waiter);
    return NULL;
}

static void wait_for(struct call *call, int status, int (*is_over)(const struct call *call),
                     int nap_ms, wait_reply_fn reply)
{
    int wait_s = wait_read_preference(http_header(call->request, "Prefer"));
    struct waiter *waiter = wait_s == 0 ? NULL : waiter_create(call, status, reply, wait_s);
    if (waiter == NULL) {
        reply(call, status); /* without memory for waiting, too */
        return;
    }
    waiter->is_over = is_over;
    waiter->nap_ms = nap_ms;
    look(waiter, call->request);
}

void wait_for_end(struct call *call, int status, wait_reply_fn reply)
{
    wait_for(call, status, has_ended, WAIT_S_MAX * 1000, reply);
}

/* 1 too when there is nothing to wait for: it failed, is gone, or cannot be read. */
static int is_explained(const struct call *call)
{
    struct engine_run record = {0};
    if (engine_find_run(lab_engine(call->api->lab), call->name, call->run, &record, NULL) != 0)
        return 1;
    int is_done = record.explained == ENGINE_FULLY_EXPLAINED || record.state == RUN_FAILED;
    engine_run_clear(&record);
    return is_done;
}

void wait_for_explanation(struct call *call, int status, wait_reply_fn reply)
{
    wait_for(call, status, is_explained, EXPLANATION_NAP_MS, reply);
}
