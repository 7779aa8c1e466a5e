/* Claims: the curves they are held against, and what comes of it in words. */
#include "server/api/sweep/claim.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/train/history.h"
#include "server/base/clock.h"
#include "server/base/json.h"
#include "server/base/numeral.h"
#include "server/base/text.h"

/* The curves, and whose they are. */
struct sheaf {
    size_t n;
    struct time_curve *curves; /* [n], owned, each with its losses */
    int *runs;                 /* [n], owned */
    int64_t *trained;          /* [n], owned: samples to train on again for each */
};

static void sheaf_clear(struct sheaf *sheaf)
{
    for (size_t i = 0; i < sheaf->n; i++)
        free((double *)sheaf->curves[i].losses);
    free(sheaf->curves);
    free(sheaf->runs);
    free(sheaf->trained);
}

int claim_read(const char *text, struct time_claim *out)
{
    double epochs;
    if (numeral_number(&text, &out->rate) != 0 || *text++ != ',' || !(out->rate > 0.0))
        return -1;
    if (numeral_number(&text, &epochs) != 0 || *text++ != ',' || !(epochs >= 1.0) ||
        epochs > 1e9 || epochs != floor(epochs))
        return -1;
    out->epochs = (int64_t)epochs;
    return numeral_number(&text, &out->loss) == 0 && *text == '\0' ? 0 : -1;
}

/* Adds a run's curve, still without its losses, if it is one of plain SGD with one rate that did
 * not diverge. */
static int add_curve(struct sheaf *sheaf, struct call *call, const struct study *study, int run,
                     struct error *error)
{
    struct run_plan plan;
    struct engine_run record = {0};
    spec_outline(study->spec, run, &plan);
    if (!training_is_plain(&plan.training) || !schedule_is_constant(&plan.training.schedule))
        return 0;
    if (engine_find_run(lab_engine(call->api->lab), study->id, run, &record, error) != 0)
        return -1;
    int64_t n = record.state == RUN_DIVERGED ? 0 : record.epoch, exact = record.exact;
    engine_run_clear(&record);
    n = n < HISTORY_REPLAY_EPOCHS ? n : HISTORY_REPLAY_EPOCHS;
    if (n == 0)
        return 0;
    sheaf->curves[sheaf->n] = (struct time_curve){plan.training.learning_rate, NULL, (size_t)n};
    sheaf->trained[sheaf->n] = n > exact ? (n - exact) * (int64_t)plan.n_samples : 0;
    sheaf->runs[sheaf->n++] = run;
    return 0;
}

/* Fills in the losses. Those that are not kept are trained again, in the time of one replay for all
 * of them. */
static int read_losses(struct sheaf *sheaf, struct call *call, const struct study *study,
                       struct error *error)
{
    struct replay_wish wish = call_replay(call, study);
    int result = 0;
    wish.until_ns = clock_monotonic_ns() + (int64_t)REPLAY_MS * 1000000;
    for (size_t c = 0; c < sheaf->n; c++)
        wish.n_samples_after += sheaf->trained[c];
    for (size_t c = 0; c < sheaf->n && result == 0; c++) {
        struct time_curve *curve = &sheaf->curves[c];
        double *losses = memory_array(curve->n, sizeof *losses, error);
        curve->losses = losses;
        wish.run = sheaf->runs[c];
        wish.n_samples_after -= sheaf->trained[c];
        result = losses == NULL ? -1
                                : replay_records(&wish, 1u << SERIES_LOSS, 1, (int64_t)curve->n,
                                                 losses, error);
    }
    return result;
}

static int sheaf_init(struct sheaf *sheaf, struct call *call, const struct study *study,
                      const struct grid *grid, struct error *error)
{
    *sheaf = (struct sheaf){
        .curves = memory_array(grid->n_settings, sizeof *sheaf->curves, error),
        .runs = memory_array(grid->n_settings, sizeof *sheaf->runs, error),
        .trained = memory_array(grid->n_settings, sizeof *sheaf->trained, error)};
    int result =
        sheaf->curves == NULL || sheaf->runs == NULL || sheaf->trained == NULL ? -1 : 0;
    for (size_t s = 0; s < grid->n_settings && result == 0; s++)
        if (grid->runs[s * grid->n_starts] >= 0)
            result = add_curve(sheaf, call, study, grid->runs[s * grid->n_starts], error);
    if (result == 0)
        result = read_losses(sheaf, call, study, error);
    if (result != 0)
        sheaf_clear(sheaf);
    return result;
}

/* The curves are one start's: a claim that does not fit them may be another's. */
static void weigh_starts(struct time_check *check, const struct grid *grid)
{
    if (check->verdict == TIME_DOES_NOT_FIT && grid->n_starts > 1)
        check->verdict = TIME_NO_VERDICT;
}

static void print_check(const struct time_check *check, const struct sheaf *sheaf,
                        const struct time_claim *claim, size_t n_starts, struct text *text)
{
    if (sheaf->n == 0 || check->epoch == 0) {
        text_printf(text, "No run here of plain SGD with one learning rate has an epoch within "
                          "that much learning rate x epochs: no verdict.");
        return;
    }
    const struct time_curve *curve = &sheaf->curves[check->curve];
    double time = claim->rate * (double)claim->epochs;
    text_printf(text, "%g x %lld epochs is an effective time of %g. Run %d, with learning rate %g, "
                      "has had %g after epoch %lld, and a loss of %.5g. ", claim->rate,
                (long long)claim->epochs, time, sheaf->runs[check->curve], curve->rate,
                curve->rate * (double)check->epoch, (long long)check->epoch, check->loss);
    if (check->verdict == TIME_NO_VERDICT && check->disagreement <= TIME_SMALL) {
        text_printf(text, "%.5g does not fit that start, the first of %zu here, but it may be that "
                          "of another: no verdict. Sweep the rates of one start.", claim->loss,
                    n_starts);
        return;
    }
    if (check->verdict == TIME_NO_VERDICT) {
        text_printf(text, "No other run confirms it to 2 %% at that time, so its steps may not be "
                          "small: no verdict.");
        return;
    }
    if (check->verdict == TIME_FITS) {
        text_printf(text, "%.5g fits that.", claim->loss);
        return;
    }
    text_printf(text, "%.5g does not fit.", claim->loss);
    if (isfinite(check->fitting_rate))
        text_printf(text, " It would with a learning rate of about %.2g: please check the one you "
                          "typed.", check->fitting_rate);
}

json_t *claim_json(struct call *call, const struct study *study, const struct grid *grid,
                   const struct time_claim *claim, struct error *error)
{
    static const char *const words[] = {"fits", "EFFECTIVE_TIME_INCONSISTENT", "none"};
    struct sheaf sheaf;
    struct time_check check;
    struct text text = {0};
    if (sheaf_init(&sheaf, call, study, grid, error) != 0)
        return NULL;
    time_check(sheaf.curves, sheaf.n, claim, &check);
    weigh_starts(&check, grid);
    print_check(&check, &sheaf, claim, grid->n_starts, &text);
    json_t *json = json_pack(
        "{s:s, s:o, s:I, s:o, s:o, s:o, s:s%}", "verdict", words[check.verdict], "run",
        check.epoch > 0 ? json_integer(sheaf.runs[check.curve]) : json_null(), "epoch",
        (json_int_t)check.epoch, "loss", json_number(check.loss), "disagreement",
        json_number(check.disagreement), "fitting_rate", json_number(check.fitting_rate), "text",
        text.bytes, text.n_bytes);
    text_clear(&text);
    sheaf_clear(&sheaf);
    if (json == NULL)
        error_set(error, ERROR_MEMORY, "not enough memory to answer");
    return json;
}
