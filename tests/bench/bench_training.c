/* Times the training core, after checking its bits: ratios of paired slices, as a table and JSON.
 *
 *   bench_training DIR      writes DIR.json; run in the repository's root
 *
 * DESIGN. Other programs share the machine, and its clock changes. So every work is run in slices
 * of some milliseconds of this thread's processor time, one after the other, round after round, and
 * what is told is the median over the rounds of ratios within a round: to other works, and to
 * the machine's fused multiply-add peak measured in the same round. Figures of different runs or
 * machines are not to be compared. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/check.h"
#include "tests/bench/figures.h"
#include "tests/bench/judge.h"
#include "tests/bench/probe.h"

static const double SLICE_S = 0.003;

#ifdef __clang__
static const char COMPILER[] = "clang " __clang_version__;
#else
static const char COMPILER[] = "gcc " __VERSION__;
#endif

/* The same loop in plain Python, between two slices of the core's. Without python3: nothing. */
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

static int prepare_works(struct figures *figures)
{
    for (const struct work_spec *spec = work_specs; spec->key; spec++) {
        int status = work_init(&figures->works[figures->n_works], spec, SLICE_S);
        if (status < 0) {
            return -1;
        }
        figures->n_works += status == 0;
    }
    return 0;
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

static void describe(const struct work *work, char *out, size_t size)
{
    const struct work_spec *spec = work->spec;
    snprintf(out, size, "%s %s %dx%zu/%zu%s%s%s", spec->shape, activation_name(spec->hidden),
             spec->n_runs, spec->n_samples, spec->batch_size,
             spec->order == ORDER_SHUFFLE ? " shuffled" : "",
             spec->arithmetic == ARITHMETIC_FAST ? " fast" : "",
             spec->way == WORK_SILENT ? " silent" : "");
}

static void print_table(const struct figures *figures)
{
    struct spread peak = figures_spread(figures->peak, ROUNDS);
    struct spread hz = figures_spread(figures->hz, ROUNDS);
    printf("%s, %.2f GHz, FMA peak %.1f GF/s (%.1f to %.1f); %s; %d rounds\n", probe_processor(),
           hz.median / 1e9, peak.median / 1e9, peak.p10 / 1e9, peak.p90 / 1e9, COMPILER, ROUNDS);
    printf("%-36s %-17s %10s %16s %8s %16s %7s %12s\n", "work, runs x samples / batch", "kernel",
           "ns/update", "p10..p90", "x first", "p10..p90", "% peak", "p10..p90");
    for (int i = 0; i < figures->n_works; i++) {
        struct spread s = figures_spread(figures->update_s[i], ROUNDS);
        struct spread ratio = figures_ratio(figures, 0, i), share = figures_share(figures, i);
        char what[80], which[80];
        describe(&figures->works[i], what, sizeof what);
        work_kernel_name(&figures->works[i], which, sizeof which);
        printf("%-36s %-17s %10.2f %8.2f..%-8.2f %6.3g %8.3g..%-8.3g %7.1f %5.1f..%-5.1f\n", what,
               which, 1e9 * s.median, 1e9 * s.p10, 1e9 * s.p90, ratio.median, ratio.p10, ratio.p90,
               100 * share.median, 100 * share.p10, 100 * share.p90);
    }
}

static void print_anchors(const struct figures *figures)
{
    printf("1,000,000 epochs x 100 samples, 2-2-1, one run: %.2f s, loss %.12g\n",
           figures->million_s, figures->million_loss);
    if (figures->n_anchors > 0) {
        struct spread s = figures_spread(figures->anchor_s, figures->n_anchors);
        printf("plain Python %s loop: %.0f ns/update (%.0f to %.0f)\n", figures->python,
               1e9 * s.median, 1e9 * s.p10, 1e9 * s.p90);
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

static void write_works(const struct figures *figures, FILE *file)
{
    fprintf(file, "\"works\": [");
    for (int i = 0; i < figures->n_works; i++) {
        const struct work *work = &figures->works[i];
        char what[80], which[80];
        describe(work, what, sizeof what);
        work_kernel_name(work, which, sizeof which);
        fprintf(file,
                "%s\n {\"work\": \"%s\", \"what\": \"%s\", \"kernel\": \"%s\", \"flops\": %.0f, ",
                i > 0 ? "," : "", work->spec->key, what, which, work->flops);
        write_spread(file, "update_s", figures_spread(figures->update_s[i], ROUNDS), ", ");
        write_spread(file, "times_first", figures_ratio(figures, 0, i), ", ");
        write_spread(file, "share_of_peak", figures_share(figures, i), "}");
    }
    fprintf(file, "\n],\n");
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
            probe_processor(), COMPILER, ROUNDS);
    write_spread(file, "clock_hz", figures_spread(figures->hz, ROUNDS), ", ");
    write_spread(file, "fma_peak_flops", figures_spread(figures->peak, ROUNDS), ",\n");
    fprintf(file, "\"million_epochs\": {\"seconds\": %.6g, \"loss\": %.17g},\n", figures->million_s,
            figures->million_loss);
    if (figures->n_anchors > 0) {
        int n = figures->n_anchors;
        fprintf(file, "\"python\": {\"version\": \"%s\", ", figures->python);
        write_spread(file, "update_s", figures_spread(figures->anchor_s, n), ", ");
        write_spread(file, "speedup", figures_spread(figures->anchor_ratio, n), "},\n");
    }
    write_works(figures, file);
    fprintf(file, "\"demands\": ");
    judge_write(figures, file);
    fprintf(file, "}\n");
    return fclose(file) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    static struct figures figures;
    int status = 1;
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIR (writes DIR.json)\n", argv[0]);
        return 2;
    }
    int n_checked = check_all(&figures.million_s, &figures.million_loss);
    if (n_checked < 0) {
        return 1;
    }
    printf("%d trainings checked: every kernel has its reference's bits, and that plain Python's\n",
           n_checked);
    if (prepare_works(&figures) != 0) {
        goto out;
    }
    run_rounds(&figures);
    print_table(&figures);
    print_anchors(&figures);
    judge_print(&figures);
    status = write_json(&figures, argv[1]) == 0 ? 0 : 1;
out:
    for (int i = 0; i < figures.n_works; i++) {
        work_clear(&figures.works[i]);
    }
    return status;
}
