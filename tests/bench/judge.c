/* The demands on the core, and what was reached. */
#include "tests/bench/judge.h"

#include <string.h>

enum measure {
    SHARE,    /* of work `a`, of the peak, in percent */
    RATIO,    /* time of work a in units of b's */
    OVERHEAD, /* the same less one, in percent */
    PYTHON,   /* times as fast as the plain Python loop */
    MILLION   /* seconds of a million epochs where that loop needs a minute */
};

struct demand {
    const char *what;
    enum measure measure;
    const char *a, *b;
    double must, aim;
    int is_most; /* 1: at most so much is asked, 0: at least */
    const char *unit;
};

static const struct demand demands[] = {
    {"one run, against a plain Python loop", PYTHON, "one_run", NULL, 35, 50, 0, "x"},
    {"1,000,000 epochs x 100 where Python needs 60 s", MILLION, "one_run", NULL, 1.5, 1.0, 1, "s"},
    {"256 rates, exact: share of the FMA peak", SHARE, "256_runs", NULL, 30, 45, 0, "%"},
    {"256 rates, fast: share of the FMA peak", SHARE, "256_runs_fast", NULL, 40, 70, 0, "%"},
    {"256 rates against as many single runs, per core", RATIO, "one_run", "256_runs", 4, 8, 0, "x"},
    {"generic core, one run, in the time by hand", RATIO, "one_run", "one_run_by_hand", 2, 1.2, 1,
     "x"},
    {"generic core, 16 runs, in the time by hand", RATIO, "16_runs", "16_runs_by_hand", 2, 1.2, 1,
     "x"},
    {"recording, 100 samples, one run", OVERHEAD, "one_run", "one_run_silent", 5, 5, 1, "%"},
    {"recording, 100 samples, 16 runs", OVERHEAD, "16_runs", "16_runs_silent", 5, 5, 1, "%"},
    {"recording, 4 samples, one run", OVERHEAD, "one_run_4_samples", "one_run_4_samples_silent", 10,
     10, 1, "%"},
    {"recording, 4 samples, 16 runs", OVERHEAD, "16_runs_4_samples", "16_runs_4_samples_silent", 10,
     10, 1, "%"},
    {"end losses, 100 samples, one run", OVERHEAD, "one_run_end_loss", "one_run", 50, 35, 1, "%"},
    {"end losses, 100 samples, 16 runs", OVERHEAD, "16_runs_end_loss", "16_runs", 80, 60, 1, "%"},
};
enum { N_DEMANDS = sizeof demands / sizeof demands[0] };

static struct spread scaled(struct spread s, double factor, double added)
{
    return (struct spread){factor * s.median + added, factor * s.p10 + added,
                           factor * s.p90 + added};
}

/* 0, or -1 if it was not measured here. */
static int reach(const struct figures *figures, const struct demand *demand, struct spread *out)
{
    int a = figures_find(figures, demand->a);
    int b = demand->b ? figures_find(figures, demand->b) : 0;
    int needs_python = demand->measure == PYTHON || demand->measure == MILLION;
    if (a < 0 || b < 0 || (needs_python && figures->n_anchors == 0)) {
        return -1;
    }
    switch (demand->measure) {
    case SHARE:
        *out = scaled(figures_share(figures, a), 100, 0);
        return out->median > 0 ? 0 : -1;
    case RATIO:
        *out = figures_ratio(figures, a, b);
        break;
    case OVERHEAD:
        *out = scaled(figures_ratio(figures, a, b), 100, -100);
        break;
    case PYTHON:
        *out = figures_spread(figures->anchor_ratio, figures->n_anchors);
        break;
    case MILLION: {
        struct spread python = figures_spread(figures->anchor_s, figures->n_anchors);
        double per_minute = 60 / (1e8 * python.median);
        *out = (struct spread){figures->million_s * per_minute,
                               figures->million_s * 60 / (1e8 * python.p90),
                               figures->million_s * 60 / (1e8 * python.p10)};
        break;
    }
    }
    return 0;
}

static const char *verdict(const struct demand *demand, double reached)
{
    double sign = demand->is_most ? -1 : 1;
    return sign * reached < sign * demand->must  ? "NOT MET"
           : sign * reached < sign * demand->aim ? "must met"
                                                 : "aim met";
}

void judge_print(const struct figures *figures)
{
    printf("\n%-50s %9s %9s %9s %17s\n", "demand", "must", "aim", "reached", "p10..p90");
    for (int i = 0; i < N_DEMANDS; i++) {
        const struct demand *demand = &demands[i];
        struct spread s;
        const char *sign = demand->is_most ? "<=" : ">=";
        if (reach(figures, demand, &s) != 0) {
            printf("%-50s %2s%6g%-1s %2s%6g%-1s   not measured on this machine\n", demand->what,
                   sign, demand->must, demand->unit, sign, demand->aim, demand->unit);
            continue;
        }
        printf("%-50s %2s%6g%-1s %2s%6g%-1s %8.2f%s %8.2f..%-8.2f %s\n", demand->what, sign,
               demand->must, demand->unit, sign, demand->aim, demand->unit, s.median, demand->unit,
               s.p10, s.p90, verdict(demand, s.median));
    }
}

void judge_write(const struct figures *figures, FILE *file)
{
    fprintf(file, "[");
    for (int i = 0, n = 0; i < N_DEMANDS; i++) {
        struct spread s;
        const struct demand *demand = &demands[i];
        if (reach(figures, demand, &s) == 0) {
            fprintf(file,
                    "%s\n {\"demand\": \"%s\", \"at_most\": %s, \"must\": %g, \"aim\": %g, "
                    "\"unit\": \"%s\", \"reached\": %.6g, \"p10\": %.6g, \"p90\": %.6g, "
                    "\"verdict\": \"%s\"}",
                    n++ > 0 ? "," : "", demand->what, demand->is_most ? "true" : "false",
                    demand->must, demand->aim, demand->unit, s.median, s.p10, s.p90,
                    verdict(demand, s.median));
        }
    }
    fprintf(file, "\n]");
}
