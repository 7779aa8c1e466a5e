/* For whoever runs the server: is it ready, and what does it do all day. */
#include "server/api/call/call.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "server/base/clock.h"
#include "server/base/metric.h"

/* --- /readyz -------------------------------------------------------------------------------- */

/* At a desk: asks the disk. A server that is stopping answers 503 to everything already. */
void operations_ready(struct call *call)
{
    struct lab *lab = call->api->lab;
    struct error error = ERROR_INIT;
    int n_missing = lab_n_workers(lab) - lab_n_at_work(lab);
    if (http_is_stopping(http_request_server(call->request)))
        error_set(&error, ERROR_BUSY, "the server is stopping");
    else if (n_missing > 0)
        error_set(&error, ERROR_BUSY, "%d of %d workers are not at work", n_missing,
                  lab_n_workers(lab));
    else
        engine_check(lab_engine(lab), &error);
    if (error.kind != ERROR_NONE)
        http_reply_problem(call->request, 503, error.text, NULL);
    else
        call_reply_json(call, 200, json_pack("{s:s}", "status", "ready"));
}

/* --- /metrics ------------------------------------------------------------------------------- */

/* Made in two rooms: on the loop thread what the HTTP layer counts, at a desk the rest. */
struct report {
    struct api *api;
    struct text text;
};

static void print_lab(struct text *text, struct lab *lab, const struct engine_totals *totals)
{
    int n_experiments, n_runs;
    lab_load(lab, &n_experiments, &n_runs);
    metric_head(text, "descent_runs", "gauge", "Runs stored, by state.");
    for (int state = 0; state < RUN_STATES; state++)
        text_printf(text, "descent_runs{state=\"%s\"} %lld\n",
                    run_state_name((enum run_state)state), (long long)totals->n_in_state[state]);
    metric_print(text, "descent_experiments", "gauge", "Experiments stored.",
                 (double)totals->n_experiments);
    metric_print(text, "descent_queue_experiments", "gauge", "Experiments with work to do.",
                 n_experiments);
    metric_print(text, "descent_queue_runs", "gauge", "Runs that no worker has begun.", n_runs);
    metric_print(text, "descent_workers", "gauge", "Worker threads at work.", lab_n_at_work(lab));
    metric_print(text, "descent_epochs_committed_total", "counter",
                 "Epochs committed since the start.", (double)totals->n_epochs);
    metric_print(text, "descent_commits_total", "counter",
                 "Transactions committed since the start.", (double)totals->n_commits);
}

/* Of this process, from /proc; -1 when that cannot be read. */
static double resident_bytes(void)
{
    long long total, resident = -1;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return -1;
    int n = fscanf(file, "%lld %lld", &total, &resident);
    fclose(file);
    return n == 2 ? (double)resident * (double)sysconf(_SC_PAGESIZE) : -1;
}

static double open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int n = -3; /* ".", ".." and the directory's own */
    if (directory == NULL)
        return -1;
    while (readdir(directory) != NULL)
        n++;
    closedir(directory);
    return n;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void print_process(struct text *text, const struct api *api)
{
    struct rusage usage = {0};
    struct rlimit limit = {0};
    getrusage(RUSAGE_SELF, &usage);
    getrlimit(RLIMIT_NOFILE, &limit);
    metric_head(text, "descent_build_info", "gauge", "The version that runs.");
    text_printf(text, "descent_build_info{version=\"%s\"} 1\n", api->version);
    metric_print(text, "process_start_time_seconds", "gauge", "When the server started.",
                 (double)api->started_ms / 1e3);
    metric_print(text, "descent_uptime_seconds", "gauge", "Since then.",
                 (double)(clock_monotonic_ns() - api->started_ns) / 1e9);
    metric_print(text, "process_cpu_seconds_total", "counter", "Processor time used.",
                 seconds(usage.ru_utime) + seconds(usage.ru_stime));
    metric_print(text, "process_resident_memory_bytes", "gauge", "Resident memory.",
                 resident_bytes());
    metric_print(text, "process_open_fds", "gauge", "Open file descriptors.", open_descriptors());
    metric_print(text, "process_max_fds", "gauge", "Most open file descriptors.",
                 (double)limit.rlim_cur);
}

/* At a desk. */
static void finish(void *context, struct http_request *request)
{
    struct report *report = context;
    struct error error = ERROR_INIT;
    struct engine_totals totals;
    size_t n_bytes = 0;
    char *body = NULL;
    if (engine_totals(lab_engine(report->api->lab), &totals, &error) == 0) {
        print_lab(&report->text, report->api->lab, &totals);
        print_process(&report->text, report->api);
        if ((body = text_take(&report->text, &n_bytes)) == NULL)
            error_set(&error, ERROR_MEMORY, "not enough memory to answer");
    }
    if (body == NULL)
        http_reply_error(request, &error);
    else
        http_reply(request, 200, METRIC_CONTENT_TYPE, body, n_bytes);
    text_clear(&report->text);
    free(report);
}

void operations_metrics(struct call *call)
{
    struct error error = ERROR_INIT;
    struct report *report = memory_array(1, sizeof *report, &error);
    if (report == NULL) {
        http_reply_error(call->request, &error);
        return;
    }
    report->api = call->api;
    http_print_metrics(http_request_server(call->request), &report->text);
    if (http_later(call->request, HTTP_QUICK, finish, report) != 0) {
        text_clear(&report->text);
        free(report);
    }
}
