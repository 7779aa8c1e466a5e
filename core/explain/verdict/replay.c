/* Training again by the same blocks, a few milliseconds at a time. */
#include "core/explain/verdict/replay.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/train/block/block_next.h"
#include "core/train/checkpoint/checkpoint.h"
#include "core/train/checkpoint/restart.h"

/* Values of one call of block_train: about a millisecond, whatever the network. */
enum { CALL_WORK = 1 << 20, CALL_EPOCHS = 4096 };

/* The run's training without what is only recorded, and without an end of its own. */
static struct training bare(const struct training *of)
{
    struct training training = *of;
    training.record = 0;
    training.stop = (struct stop){0};
    return training;
}

/* The training of a variant. */
static struct training variant(const struct subject *subject, double pace, int64_t epochs)
{
    struct training training = bare(subject->training);
    training.learning_rate *= pace;
    training.schedule.min_learning_rate *= pace;
    if (training.schedule.kind == SCHEDULE_COSINE ||
        training.schedule.kind == SCHEDULE_RANGE_TEST) {
        training.schedule.final *= pace;
    } else {
        training.epochs = epochs > training.epochs ? epochs : training.epochs;
    }
    return training;
}

/* Puts other parameters into a checkpoint. */
static int move_checkpoint(const struct network *network, void *bytes, size_t n_bytes,
                           const double *parameters, struct error *error)
{
    struct checkpoint checkpoint;
    size_t n = network_n_parameters(network);
    double *memory =
        memory_array(OPTIMIZER_SLOTS_MAX * n + OPTIMIZER_POWERS, sizeof *memory, error);
    int status = memory ? checkpoint_read(network, bytes, n_bytes, &checkpoint, NULL, memory, error)
                        : -1;
    if (status == 0) {
        checkpoint_write(&checkpoint, network, parameters, memory, bytes);
    }
    free(memory);
    return status;
}

/* Runs of a subject that went on from another's state begin with what it had beside its
 * parameters, whatever their own are. */
static int begin(const struct replay *replay, const struct training *trainings,
                 const double *const *parameters, struct error *error)
{
    const struct subject *subject = replay->subject;
    void *begins[BLOCK_RUNS_MAX] = {NULL};
    const void *loaded[BLOCK_RUNS_MAX];
    size_t bytes[BLOCK_RUNS_MAX];
    int status = 0;
    if (!subject->begin) {
        return 0;
    }
    for (int i = 0; i < replay->n_runs && status == 0; i++) {
        begins[i] = checkpoint_restart(subject->network, &trainings[i], subject->dataset->n_samples,
                                       subject->begin, subject->begin_bytes, &bytes[i], error);
        loaded[i] = begins[i];
        status = begins[i] ? 0 : -1;
        if (status == 0 && parameters[i] != subject->start) {
            status = move_checkpoint(subject->network, begins[i], bytes[i], parameters[i], error);
        }
    }
    if (status == 0) {
        status = block_load(replay->block, loaded, bytes, error);
    }
    for (int i = 0; i < replay->n_runs; i++) {
        free(begins[i]);
    }
    return status;
}

/* Where a series stands among those that a block records. */
static int find_series(const struct training *training, int has_validation, enum series series)
{
    enum series all[SERIES_COUNT];
    int n = training_series(training, has_validation, all), at = 0;
    while (at < n - 1 && all[at] != series) {
        at++;
    }
    return at;
}

/* `validation`: what is looked at besides, or NULL. */
static int open_block(struct replay *replay, const struct training *trainings,
                      const double *const *parameters, const struct dataset *validation,
                      struct error *error)
{
    const struct subject *subject = replay->subject;
    struct block_run runs[BLOCK_RUNS_MAX];
    for (int i = 0; i < replay->n_runs; i++) {
        runs[i] = (struct block_run){&trainings[i], parameters[i]};
    }
    int is_followed = schedule_is_watchful(&trainings[0].schedule) &&
                      series_is_of_validation(trainings[0].monitor);
    struct block_parts parts = {.network = subject->network, .dataset = subject->dataset,
                                .validation = is_followed ? subject->validation : validation,
                                .runs = runs, .n_runs = replay->n_runs};
    replay->block = block_create_of(&parts, error);
    if (replay->block) {
        size_t numbers = (size_t)block_n_series(replay->block) * (size_t)replay->n_runs;
        replay->records = memory_array(CALL_EPOCHS * numbers, sizeof(double), error);
    }
    if (!replay->records || begin(replay, trainings, parameters, error) != 0) {
        replay_close(replay);
        return -1;
    }
    return 0;
}

int replay_open_to_watch(struct replay *replay, const struct subject *subject,
                         const struct replay_run *runs, int n_runs, int64_t epochs,
                         enum series series, const struct dataset *validation, struct error *error)
{
    struct training trainings[BLOCK_RUNS_MAX];
    const double *parameters[BLOCK_RUNS_MAX];
    *replay = (struct replay){.subject = subject, .n_runs = n_runs, .lowest = INFINITY};
    for (int i = 0; i < n_runs; i++) {
        trainings[i] = variant(subject, runs[i].pace, epochs);
        trainings[i].record = series == SERIES_END_LOSS ? 1U << SERIES_END_LOSS : 0;
        parameters[i] = runs[i].parameters;
    }
    replay->series_at = find_series(&trainings[0], validation != NULL, series);
    return open_block(replay, trainings, parameters, validation, error);
}

int replay_open(struct replay *replay, const struct subject *subject,
                const struct replay_run *runs, int n_runs, int64_t epochs, struct error *error)
{
    return replay_open_to_watch(replay, subject, runs, n_runs, epochs, SERIES_LOSS, NULL, error);
}

void replay_close(struct replay *replay)
{
    block_destroy(replay->block);
    free(replay->records);
    *replay = (struct replay){0};
}

int replay_continue(struct replay *replay, const struct replay *from, const double *paces,
                    int n_runs, int64_t epochs, struct error *error)
{
    const struct subject *subject = from->subject;
    int64_t epoch = replay_epoch(from, 0);
    struct training trainings[BLOCK_RUNS_MAX];
    const double *parameters[BLOCK_RUNS_MAX];
    const void *marks[BLOCK_RUNS_MAX];
    size_t bytes[BLOCK_RUNS_MAX];
    struct replay_mark mark = {NULL};
    *replay = (struct replay){.subject = subject, .n_runs = n_runs, .lowest = INFINITY};
    if (replay_mark(from, &mark, error) != 0) {
        return -1;
    }
    double rate = replay_rate(from);
    for (int i = 0; i < n_runs; i++) {
        trainings[i] = bare(subject->training);
        trainings[i].schedule = (struct schedule){.kind = SCHEDULE_CONSTANT};
        trainings[i].learning_rate = rate * paces[i];
        trainings[i].epochs = epoch + epochs;
        parameters[i] = subject->start;
        marks[i] = mark.bytes;
        bytes[i] = block_checkpoint_bytes(from->block);
    }
    int status = open_block(replay, trainings, parameters, NULL, error);
    if (status == 0 && block_load(replay->block, marks, bytes, error) != 0) {
        replay_close(replay);
        status = -1;
    }
    replay_mark_clear(&mark);
    return status;
}

static int is_left(const struct replay *replay)
{
    for (int i = 0; i < replay->n_runs; i++) {
        if (block_state(replay->block, i).status == BLOCK_RUNNING) {
            return 1;
        }
    }
    return 0;
}

static int64_t furthest(const struct replay *replay)
{
    int64_t epoch = 0;
    for (int i = 0; i < replay->n_runs; i++) {
        int64_t at = block_state(replay->block, i).epoch;
        epoch = at > epoch ? at : epoch;
    }
    return epoch;
}

/* Of the epochs that a call finished behind `before`. */
static void note_lowest(struct replay *replay, int64_t before, int64_t n)
{
    int64_t values = (int64_t)block_n_series(replay->block) * replay->n_runs;
    for (int64_t e = 0; e < n && before + e < replay_epoch(replay, 0); e++) {
        double value = replay->records[e * values + (int64_t)replay->series_at * replay->n_runs];
        if (value < replay->lowest) {
            replay->lowest = value;
            replay->lowest_epoch = before + e + 1;
        }
    }
}

/* One call of a few milliseconds towards `epoch`. Returns the epochs finished, or -1. */
static int64_t train_some(struct replay *replay, int64_t epoch, struct error *error)
{
    const struct subject *subject = replay->subject;
    int64_t steps = CALL_WORK / (int64_t)network_n_parameters(subject->network) + 1;
    int64_t before = furthest(replay), left = epoch - before;
    if (subject->stop && subject->stop(subject->context)) {
        return error_set(error, ERROR_BUSY, "the explanation was stopped");
    }
    int64_t n = block_train(replay->block, steps, left < CALL_EPOCHS ? left : CALL_EPOCHS,
                            replay->records);
    note_lowest(replay, before, n);
    return n;
}

int replay_to(struct replay *replay, int64_t epoch, struct error *error)
{
    while (is_left(replay) && furthest(replay) < epoch) {
        if (train_some(replay, epoch, error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Shows the epochs that a call finished behind `before`. */
static int show(const struct replay *replay, int64_t before, int64_t n,
                int (*look)(void *context, int run, int64_t epoch, double value), void *context)
{
    int n_series = block_n_series(replay->block), is_enough = 0;
    for (int64_t e = 0; e < n && !is_enough; e++) {
        const double *of_epoch = replay->records + e * n_series * replay->n_runs;
        for (int run = 0; run < replay->n_runs; run++) {
            if (before + e < replay_epoch(replay, run)) {
                is_enough |= look(context, run, before + e + 1,
                                  of_epoch[replay->series_at * replay->n_runs + run]);
            }
        }
    }
    return is_enough;
}

int replay_watch(struct replay *replay, int64_t epoch,
                 int (*look)(void *context, int run, int64_t epoch, double value), void *context,
                 struct error *error)
{
    int is_enough = 0;
    while (!is_enough && is_left(replay) && furthest(replay) < epoch) {
        int64_t before = furthest(replay), n = train_some(replay, epoch, error);
        if (n < 0) {
            return -1;
        }
        is_enough = show(replay, before, n, look, context);
    }
    return 0;
}

void replay_step(struct replay *replay)
{
    block_train(replay->block, (int64_t)replay->subject->training->batch_size, 1, replay->records);
}

const uint32_t *replay_next_rows(const struct replay *replay)
{
    return block_next_rows(replay->block);
}

double replay_next_rate(const struct replay *replay)
{
    return block_next_rate(replay->block, 0);
}

double replay_rate(const struct replay *replay)
{
    const struct training *training = replay->subject->training;
    int64_t epoch = replay_epoch(replay, 0);
    if (schedule_is_watchful(&training->schedule)) {
        return replay_next_rate(replay);
    }
    return schedule_rate(&training->schedule, training->learning_rate, epoch > 0 ? epoch - 1 : 0,
                         training->epochs);
}

int64_t replay_epoch(const struct replay *replay, int run)
{
    return block_state(replay->block, run).epoch;
}

int replay_is_finite(const struct replay *replay, int run)
{
    return block_state(replay->block, run).status != BLOCK_DIVERGED;
}

void replay_present(const struct replay *replay, int run, double *out_parameters)
{
    block_parameters(replay->block, run, out_parameters);
}

int replay_end_losses(struct replay *replay, struct derivative *derivative, int64_t n,
                      double *out_losses, struct error *error)
{
    double *parameters = memory_array(derivative->n_parameters, sizeof *parameters, error);
    int status = parameters ? 0 : -1;
    for (int64_t i = 0; i < n && status == 0; i++) {
        int64_t before = furthest(replay);
        status = is_left(replay) ? replay_to(replay, before + 1, error) : 0;
        for (int run = 0; run < replay->n_runs && status == 0; run++) {
            double *out = &out_losses[i * replay->n_runs + run];
            *out = INFINITY;
            if (replay_is_finite(replay, run)) {
                replay_present(replay, run, parameters);
                *out = derivative_data(derivative, parameters, replay->subject->dataset, NULL);
            }
        }
    }
    free(parameters);
    return status;
}

int replay_mark(const struct replay *replay, struct replay_mark *mark, struct error *error)
{
    size_t bytes = block_checkpoint_bytes(replay->block);
    mark->bytes = memory_array((size_t)replay->n_runs, bytes, error);
    if (!mark->bytes) {
        return -1;
    }
    for (int i = 0; i < replay->n_runs; i++) {
        block_save(replay->block, i, (char *)mark->bytes + (size_t)i * bytes);
    }
    return 0;
}

int replay_return(struct replay *replay, const struct replay_mark *mark, struct error *error)
{
    const void *marks[BLOCK_RUNS_MAX];
    size_t bytes[BLOCK_RUNS_MAX];
    for (int i = 0; i < replay->n_runs; i++) {
        bytes[i] = block_checkpoint_bytes(replay->block);
        marks[i] = (char *)mark->bytes + (size_t)i * bytes[i];
    }
    return block_load(replay->block, marks, bytes, error);
}

void replay_mark_clear(struct replay_mark *mark)
{
    free(mark->bytes);
    mark->bytes = NULL;
}
