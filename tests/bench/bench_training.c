/* Times the training core, after checking its bits: ratios of paired slices, as a table and JSON.
 *
 *   bench_training DIR      writes DIR.json; run in the repository's root
 *
 * DESIGN. Other programs share the machine, and its clock changes. So every work is run in slices
 * of some milliseconds of this thread's processor time, one after the other, round after round, and
 * what is told is the median over the rounds of ratios within a round: to the first work, and to
 * the machine's fused multiply-add peak measured in the same round. Figures of different runs or
 * machines are not to be compared. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/train/kernel/kernel.h"
#include "tests/bench/check.h"
#include "tests/bench/probe.h"
#include "tests/bench/work.h"

enum { ROUNDS = 101, WORKS_MAX = 32, ANCHORS = 5 };

static const double SLICE_S = 0.003;

/* Middle and spread of a series. */
struct spread {
    double median, p10, p90;
};

struct figures {
    int n_works;
    struct work works[WORKS_MAX];
    double update_s[WORKS_MAX][ROUNDS];
    double peak[ROUNDS]; /* flops per second */
    double hz[ROUNDS];
    int n_anchors;
    double anchor_s[ANCHORS], anchor_ratio[ANCHORS];
    char python[32];
    double million_s, million_loss; /* 1,000,000 epochs of the report's network */
};

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct spread spread_of(const double *values, int n)
{
    double sorted[ROUNDS];
    memcpy(sorted, values, (size_t)n * sizeof *values);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    return (struct spread){sorted[n / 2], sorted[n / 10], sorted[n - 1 - n / 10]};
}

/* Time of work `i` in units of work 0's, over the rounds. */
static struct spread ratio_of(const struct figures *figures, int i)
{
    double ratios[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        ratios[r] = figures->update_s[0][r] / figures->update_s[i][r];
    }
    return spread_of(ratios, ROUNDS);
}

/* Share of the fused multiply-add peak; zeros where that is not known. */
static struct spread share_of(const struct figures *figures, int i)
{
    double shares[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        double rate = figures->works[i].flops / figures->update_s[i][r];
        shares[r] = figures->peak[r] > 0 ? rate / figures->peak[r] : 0;
    }
    return spread_of(shares, ROUNDS);
}

/* The same loop in plain Python, beside a slice of the core's. Without python3: nothing. */
static void run_anchor(struct figures *figures)
{
    double seconds, ours = work_slice(&figures->works[0]);
    char loss[64], python[32];
    FILE *pipe = popen("/usr/bin/python3 tests/bench/anchor.py 2>/dev/null", "r");
    if (!pipe) {
        return;
    }
    int n = fscanf(pipe, "%lf %63s %31s", &seconds, loss, python);
    if (pclose(pipe) == 0 && n == 3 && figures->n_anchors < ANCHORS) {
        memcpy(figures->python, python, sizeof python);
        ours = 0.5 * (ours + work_slice(&figures->works[0]));
        figures->anchor_s[figures->n_anchors] = seconds;
        figures->anchor_ratio[figures->n_anchors++] = seconds / ours;
    }
}

static void run_rounds(struct figures *figures)
{
    for (int r = 0; r < ROUNDS; r++) {
        figures->hz[r] = r % 10 == 0 ? probe_clock_hz() : figures->hz[r - 1];
        figures->peak[r] = probe_fma_peak();
        for (int i = 0; i < figures->n_works; i++) {
            figures->update_s[i][r] = work_slice(&figures->works[i]);
        }
        if (r % (ROUNDS / ANCHORS) == 0) {
            run_anchor(figures);
        }
    }
}

static void print_table(const struct figures *figures)
{
    struct spread peak = spread_of(figures->peak, ROUNDS), hz = spread_of(figures->hz, ROUNDS);
    printf("%s, %.2f GHz, FMA peak %.1f GF/s (%.0f to %.0f); %s\n", probe_processor(),
           hz.median / 1e9, peak.median / 1e9, peak.p10 / 1e9, peak.p90 / 1e9,
#ifdef __clang__
           "clang " __clang_version__);
#else
           "gcc " __VERSION__);
#endif
    printf("%-28s %-18s %12s %15s %8s %15s %10s\n", "work, runs x samples / batch", "kernel",
           "ns/update", "p10..p90", "x first", "p10..p90", "% of peak");
    for (int i = 0; i < figures->n_works; i++) {
        const struct work_spec *spec = figures->works[i].spec;
        const struct kernel *kernel = block_kernel(figures->works[i].block);
        struct spread s = spread_of(figures->update_s[i], ROUNDS);
        struct spread ratio = ratio_of(figures, i), share = share_of(figures, i);
        char what[80], which[80];
        snprintf(what, sizeof what, "%s %s %dx%zu/%zu%s", spec->shape,
                 activation_name(spec->hidden), spec->n_runs, spec->n_samples, spec->batch_size,
                 spec->order == ORDER_SHUFFLE ? " shuffled" : "");
        snprintf(which, sizeof which, "%s x%d", kernel->shape ? "constant" : "any size",
                 kernel->width);
        printf("%-36s %-12s %10.2f %7.2f..%-7.2f %7.2f %7.2f..%-7.2f %8.1f\n", what, which,
               1e9 * s.median, 1e9 * s.p10, 1e9 * s.p90, ratio.median, ratio.p10, ratio.p90,
               100 * share.median);
    }
}

static void print_anchors(const struct figures *figures)
{
    printf("1,000,000 epochs x 100 samples, 2-2-1, one run: %.2f s, loss %.12g\n",
           figures->million_s, figures->million_loss);
    if (figures->n_anchors > 0) {
        struct spread s = spread_of(figures->anchor_s, figures->n_anchors);
        struct spread ratio = spread_of(figures->anchor_ratio, figures->n_anchors);
        printf("plain Python %s loop: %.0f ns/update; one run here is %.1f times as fast "
               "(%.1f to %.1f)\n",
               figures->python, 1e9 * s.median, ratio.median, ratio.p10, ratio.p90);
    } else {
        printf("plain Python loop: not run, there is no /usr/bin/python3\n");
    }
}

static void write_spread(FILE *file, const char *key, struct spread s, const char *end)
{
    fprintf(file, "\"%s\": {\"median\": %.6g, \"p10\": %.6g, \"p90\": %.6g}%s", key, s.median,
            s.p10, s.p90, end);
}

static void write_commit(FILE *file)
{
    char commit[64] = "";
    FILE *pipe = popen("git rev-parse HEAD 2>/dev/null", "r");
    if (pipe && fscanf(pipe, "%63s", commit) != 1) {
        commit[0] = '\0';
    }
    if (pipe) {
        pclose(pipe);
    }
    fprintf(file, "\"commit\": \"%s\", ", commit);
}

static int write_json(const struct figures *figures, const char *directory)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.json", directory);
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return -1;
    }
    fprintf(file, "{");
    write_commit(file);
    fprintf(file, "\"processor\": \"%s\", \"compiler\": \"%s\", \"rounds\": %d,\n",
            probe_processor(), __VERSION__, ROUNDS);
    write_spread(file, "clock_hz", spread_of(figures->hz, ROUNDS), ", ");
    write_spread(file, "fma_peak_flops", spread_of(figures->peak, ROUNDS), ",\n");
    fprintf(file, "\"million_epochs\": {\"seconds\": %.6g, \"loss\": %.17g},\n", figures->million_s,
            figures->million_loss);
    if (figures->n_anchors > 0) {
        fprintf(file, "\"python\": {\"version\": \"%s\", ", figures->python);
        write_spread(file, "update_s", spread_of(figures->anchor_s, figures->n_anchors), ", ");
        write_spread(file, "speedup", spread_of(figures->anchor_ratio, figures->n_anchors), "},\n");
    }
    fprintf(file, "\"works\": [");
    for (int i = 0; i < figures->n_works; i++) {
        const struct work *work = &figures->works[i];
        fprintf(file,
                "%s\n {\"work\": \"%s\", \"kernel\": \"%s\", \"width\": %d, \"flops\": %.0f, ",
                i > 0 ? "," : "", work->spec->key, block_kernel(work->block)->name,
                block_kernel(work->block)->width, work->flops);
        write_spread(file, "update_s", spread_of(figures->update_s[i], ROUNDS), ", ");
        write_spread(file, "times_first", ratio_of(figures, i), ", ");
        write_spread(file, "share_of_peak", share_of(figures, i), "}");
    }
    fprintf(file, "\n]}\n");
    return fclose(file) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    static struct figures figures;
    int status = 1, n_checked;
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIR (writes DIR.json)\n", argv[0]);
        return 2;
    }
    n_checked = check_all(&figures.million_s, &figures.million_loss);
    if (n_checked < 0) {
        return 1;
    }
    printf("%d trainings checked: every kernel has the same bits, and plain Python's\n", n_checked);
    for (const struct work_spec *spec = work_specs; spec->key; spec++) {
        if (work_init(&figures.works[figures.n_works++], spec, SLICE_S) != 0) {
            goto out;
        }
    }
    run_rounds(&figures);
    print_table(&figures);
    print_anchors(&figures);
    status = write_json(&figures, argv[1]) == 0 ? 0 : 1;
out:
    for (int i = 0; i < figures.n_works; i++) {
        work_clear(&figures.works[i]);
    }
    return status;
}
