/* The one contract for persistence: experiments, their runs, and the log of what happened.
 *
 * Everything a client is ever told was committed here first. An engine stores text (specs,
 * overrides) and bytes (losses, checkpoints) without looking inside. Every write of a run is
 * fenced by the attempt number its claim gave: a worker that was overtaken, cancelled or deleted
 * learns it from ENGINE_FENCED and writes nothing.
 *
 * The log: every committed chunk of epochs and every change of a run's state is an entry with a
 * sequence number, ascending in commit order over all experiments, never used twice (numbers may be
 * skipped). A stream is a reader's position in the log; what is live, what is catch-up and what is
 * resumed read the same entries. A run starts out queued without an entry.
 *
 * Bounded history (core/train/history.h): a run's first epochs are kept one by one, as many as its
 * worker likes; those after them are handed over as buckets, an envelope. When a run has many
 * envelope entries or buckets, all but the newest few entries become one, of cells of the present
 * stride, under the last one's sequence number; the other numbers are gone. A reader whose position
 * lies between the merged ones finds that by the entry's `since`.
 *
 * Series: an epoch of a run is a record, a number for each series (core/train/series.h) that the
 * run records: its loss and perhaps others, the same for all its epochs. Records stand epoch by
 * epoch, each with its series in ascending order; and where this says a bucket, there is a row of
 * them, one for each series. A set of series has the bit 1u << series of each.
 *
 * Resuming: until a run has ended, its checkpoint stands at its committed epoch, always; whoever
 * claims it goes on there.
 *
 * Threads: all functions may be called from any thread; reads wait for nobody, writers are served
 * in order of arrival. Each read sees one moment of the store. A callback may read from the engine,
 * but not write to it, and should be brief: the store keeps its moment alive meanwhile.
 *
 * Functions return 0, or -1 with the error filled, unless said otherwise. A write that fails leaves
 * nothing behind, and the engine goes on: the same call succeeds once the cause is gone (a full
 * disk, say). A process that may meet a file size limit should ignore SIGXFSZ. */
#ifndef SERVER_ENGINE_ENGINE_H
#define SERVER_ENGINE_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/train/history.h"
#include "core/train/series.h"

enum {
    ENGINE_ID_BYTES = 24,           /* with the NUL: an id has 1 to 23 bytes */
    ENGINE_ENTRY_NUMBERS_MAX = 65536, /* epochs times series; a longer chunk becomes several
                                         entries of the log */
    ENGINE_ENTRY_BUCKETS_MAX = HISTORY_BUCKETS,
    ENGINE_CHUNK_BUCKETS_MAX = 1024,
    ENGINE_VERDICT_BYTES_MAX = 8192, /* of the text of an entry of the log, with its NUL */
    ENGINE_STOPPED_BYTES = 16 /* with the NUL */
};

enum run_state { RUN_QUEUED, RUN_RUNNING, RUN_DONE, RUN_DIVERGED, RUN_CANCELLED, RUN_FAILED };
enum { RUN_STATES = 6 };

const char *run_state_name(enum run_state state); /* "queued", ..., the words of the API */
int run_state_find(const char *name);             /* or -1 */
int run_state_is_final(enum run_state state);     /* done, diverged, cancelled, failed */

/* How far a run that has ended is explained. */
enum engine_depth { ENGINE_NOT_EXPLAINED, ENGINE_END_EXPLAINED, ENGINE_FULLY_EXPLAINED };

struct engine;

/* Opens or creates the embedded store in the file `path` (SQLite, WAL), brings its schema up to
 * date and takes the file for this engine alone: ERROR_CONFLICT when another server has it,
 * ERROR_STORAGE when it cannot be used (the text says why and what to do). The directory must
 * exist; beside the file stand <file>-lock and, while open, <file>-wal and <file>-shm. Runs that
 * were running when the last server ended are queued again, each with a log entry; their log and
 * checkpoint stay, so they go on from there. Needs 6 file descriptors and 2 for each read at the
 * same time; some of them are kept for the next ones. It has a thread of its own. */
struct engine *engine_open(const char *path, struct error *error);
void engine_close(struct engine *engine); /* no call may be under way; NULL is fine */

/* Whether it can be written to now: commits something of no consequence. Waits for its turn. */
int engine_check(struct engine *engine, struct error *error);

/* What it holds, and what it has done since it was opened. */
struct engine_totals {
    int64_t n_experiments;
    int64_t n_in_state[RUN_STATES]; /* runs */
    int64_t n_commits, n_epochs;    /* committed since it was opened */
};
int engine_totals(struct engine *engine, struct engine_totals *out, struct error *error);

/* --- experiments --------------------------------------------------------------------------- */

struct engine_experiment {
    char id[ENGINE_ID_BYTES];
    char *name;         /* owned by whoever got the record; may be "" */
    char *spec;         /* JSON text; owned likewise */
    int64_t created_ms; /* since 1970-01-01 UTC */
    int n_runs;
    int n_in_state[RUN_STATES];
    char source[ENGINE_ID_BYTES]; /* whose results it shows or waits for; "" when its own. That one
                                     may be deleted since */
};
void engine_experiment_clear(struct engine_experiment *experiment);

/* A record with its place. */
struct engine_record {
    int64_t epoch;               /* 0: there is none yet */
    double values[SERIES_COUNT]; /* by enum series; NaN where the run does not record it */
};

struct engine_run {
    int run; /* 0..n_runs-1 */
    enum run_state state;
    char *overrides; /* JSON text; owned by whoever got the record */
    char *message;   /* why it failed or where it diverged; "" otherwise; owned likewise */
    int64_t epoch;   /* committed epochs */
    int64_t exact;   /* of these, the first ones, whose records are kept one by one */
    unsigned series; /* the set of those recorded; before the first epoch the loss alone */
    struct engine_record last, best; /* of committed epochs; the worker said which is best; epoch 0:
                                        there is none */
    double loss, first_loss, best_loss; /* of committed epochs; NaN before the first */
    int64_t best_epoch;                 /* the first one with best_loss; 0 while there is none */
    int64_t diverged_epoch, diverged_sample; /* 0, -1 unless diverged; a row of the data set */
    int64_t diverged_position; /* of that sample in its epoch's order; -1: unless diverged, or not
                                  known */
    int64_t started_ms, ended_ms;            /* first claim, final state; 0 when not yet */
    enum engine_depth explained;             /* how far */
    char *headline;                          /* of its explanation, "" without; owned likewise */
    int64_t trained_ms; /* the time its committed epochs took, as its workers said */
    char stopped[ENGINE_STOPPED_BYTES]; /* why it was done before its last epoch; "" otherwise */
};
void engine_run_clear(struct engine_run *run);

/* Stores the experiment and its runs (at least one), all queued, in one durable transaction (it
 * survives a power cut once this returns). overrides[n_runs] are copied. Fails with ERROR_CONFLICT
 * if the id exists. */
int engine_submit(struct engine *engine, const char *id, const char *name, const char *spec,
                  int64_t created_ms, const char *const *overrides, int n_runs,
                  struct error *error);

/* The same for a sender that may send again. The first submission with a key is stored together
 * with it and a digest of what was sent; later ones store nothing, within ENGINE_KEY_LIFE_MS and
 * while no ENGINE_KEYS_MAX newer keys came, also after a restart. */
enum {
    ENGINE_KEY_BYTES = 65, /* with the NUL: a key has 1 to 64 bytes */
    ENGINE_DIGEST_BYTES = 32,
    ENGINE_KEYS_MAX = 10000,
    ENGINE_KEY_LIFE_MS = 24 * 60 * 60 * 1000
};

struct engine_key {
    const char *key;
    unsigned char digest[ENGINE_DIGEST_BYTES];
};

struct engine_submission { /* as engine_submit's arguments */
    const char *id, *name, *spec;
    int64_t created_ms;
    const char *const *overrides;
    int n_runs;
    const unsigned char *content; /* [ENGINE_DIGEST_BYTES]: stands for all that determines what the
                                     runs come to; or NULL: it shares with none */
    const char *const *datasets; /* [n_datasets]: the uploaded ones that its spec needs, which stay
                                    as long as it does; ERROR_CONFLICT when one is gone */
    int n_datasets;
};

/* ONCE_AGAIN: the key stands for this digest already; ONCE_OTHER: for another. */
enum engine_once { ONCE_NEW = 0, ONCE_ERROR = -1, ONCE_AGAIN = 1, ONCE_OTHER = 2, ONCE_SHARED = 3 };

/* ONCE_NEW: it is stored, and its runs wait to be trained. ONCE_SHARED: it is stored, and nobody
 * need train its runs: an experiment of the same content has ended well, and it shows that one's
 * runs and log; or one is being trained, and it waits, its runs queued, to do so then. If that one
 * is cancelled, fails or is deleted before, the oldest that waits is trained (engine_listen). What
 * is shown stays while any experiment shows it. ONCE_AGAIN fills out_id with the id of the
 * experiment that the key made; it may have been deleted since. */
enum engine_once engine_submit_once(struct engine *engine,
                                    const struct engine_submission *submission,
                                    const struct engine_key *key, char out_id[ENGINE_ID_BYTES],
                                    struct error *error);

/* What engine_submit_once would say of the key at the time now_ms; stores nothing. */
enum engine_once engine_find_key(struct engine *engine, const struct engine_key *key,
                                 int64_t now_ms, char out_id[ENGINE_ID_BYTES],
                                 struct error *error);

/* Called, after the commit and on the thread that made it, for every experiment that waited for
 * another and waits no more. n_runs 0: it has ended, with the other's results; otherwise its runs
 * 0..n_runs-1 are to be trained now. To be set before anything is written; NULL: nobody listens. */
typedef void (*engine_settled_fn)(void *context, const char *id, int n_runs);
void engine_listen(struct engine *engine, engine_settled_fn settled, void *context);

/* ERROR_NOT_FOUND when there is no such experiment or run (also below, wherever an id is taken). */
int engine_find(struct engine *engine, const char *id, struct engine_experiment *out,
                struct error *error);
int engine_find_run(struct engine *engine, const char *id, int run, struct engine_run *out,
                    struct error *error);

/* Calls `each` for the runs first..first+limit-1 by ascending number; stops when it returns
 * non-zero. The record is valid during the call. */
typedef int (*engine_run_fn)(void *context, const struct engine_run *run);
int engine_each_run(struct engine *engine, const char *id, int first, int limit, engine_run_fn each,
                    void *context, struct error *error);

/* Newest first, from the newest (cursor 0) or after the one whose cursor is given; at most
 * `limit`. `spec` is NULL in these records. *out_cursor: what to pass for the next page, 0 at the
 * end. */
typedef int (*engine_experiment_fn)(void *context, const struct engine_experiment *experiment);
int engine_list(struct engine *engine, int64_t cursor, int limit, engine_experiment_fn each,
                void *context, int64_t *out_cursor, struct error *error);

int engine_rename(struct engine *engine, const char *id, const char *name, struct error *error);

/* Durable. Removes the experiment with runs, log and checkpoints; a running attempt is fenced. It
 * is gone at once; giving back the space of a long log takes a while and lets other writers in. */
int engine_delete(struct engine *engine, const char *id, struct error *error);

/* Durable. Every queued or running run becomes cancelled (a running attempt is fenced), each with
 * a log entry. *out_n: how many were; 0 when all had ended. */
int engine_cancel(struct engine *engine, const char *id, int *out_n, struct error *error);

/* Every run that is queued and to be trained, oldest experiment first: for filling the scheduler at
 * start. */
typedef int (*engine_queued_fn)(void *context, const char *id, int run);
int engine_each_queued(struct engine *engine, engine_queued_fn each, void *context,
                       struct error *error);

/* --- uploaded data sets -------------------------------------------------------------------- */

enum { ENGINE_DATASETS_MAX = 1000 };

struct engine_dataset { /* texts are valid during the call */
    const char *id;     /* the caller's, the same for the same bytes */
    const char *about;  /* any text to be kept with it */
    int64_t created_ms, n_bytes;
};

/* Stores bytes[n_bytes] durably, unless they are stored already (*out_is_new 0). ERROR_CONFLICT
 * when there are ENGINE_DATASETS_MAX. */
int engine_add_dataset(struct engine *engine, const struct engine_dataset *dataset,
                       const void *bytes, int *out_is_new, struct error *error);

/* The bytes, which the caller frees; ERROR_NOT_FOUND when there is no such set (also below). */
int engine_read_dataset(struct engine *engine, const char *id, void **out_bytes,
                        size_t *out_n_bytes, struct error *error);

/* Calls `each` for the data set of that id. */
typedef int (*engine_dataset_fn)(void *context, const struct engine_dataset *dataset);
int engine_find_dataset(struct engine *engine, const char *id, engine_dataset_fn each,
                        void *context, struct error *error);

/* Newest first and in pages, as engine_list. */
int engine_list_datasets(struct engine *engine, int64_t cursor, int limit, engine_dataset_fn each,
                         void *context, int64_t *out_cursor, struct error *error);

/* Durable. ERROR_CONFLICT while an experiment was submitted with it and is there. */
int engine_delete_dataset(struct engine *engine, const char *id, struct error *error);

/* --- explanations ------------------------------------------------------------------------- */

/* What is said of a run that has ended: texts, made again if lost. */
struct engine_explanation {
    enum engine_depth depth; /* not ENGINE_NOT_EXPLAINED */
    const char *headline, *text;
};

/* Stores it in place of one that goes no deeper; a deeper one stays. ERROR_CONFLICT when the run
 * has not ended. Of an experiment that shows another's results, it is that one's too. */
int engine_explain(struct engine *engine, const char *id, int run,
                   const struct engine_explanation *explanation, struct error *error);

/* *out_text is the caller's to free; NULL and ENGINE_NOT_EXPLAINED when there is none. */
int engine_read_explanation(struct engine *engine, const char *id, int run,
                            enum engine_depth *out_depth, char **out_text, struct error *error);

/* A run that ended (not as failed) and is explained so far and no deeper; *out_run -1: none is. The
 * first runs of all experiments come before their second ones, newer experiments before older. */
int engine_find_unexplained(struct engine *engine, enum engine_depth depth,
                            char out_id[ENGINE_ID_BYTES], int *out_run, struct error *error);

/* --- work ---------------------------------------------------------------------------------- */

/* Only ENGINE_ERROR fills the error. ENGINE_FENCED: the run is not (or no longer) this attempt's,
 * because it has ended, was released, cancelled or deleted; nothing was written. */
enum engine_result { ENGINE_OK = 0, ENGINE_ERROR = -1, ENGINE_FENCED = 1 };

struct engine_claim {
    char id[ENGINE_ID_BYTES];
    int run;
    int64_t attempt; /* > 0, never given twice, not even to another experiment of the same id */
};

/* Makes a queued run running under a new attempt; ENGINE_FENCED when it is not queued any more, or
 * does not exist. */
enum engine_result engine_claim(struct engine *engine, const char *id, int run,
                                struct engine_claim *out_claim, struct error *error);

/* The same for several runs of an experiment at once, all or nothing: out_claims[n_runs]; attempt 0
 * stands for fenced. */
int engine_claim_all(struct engine *engine, const char *id, const int *runs, int n_runs,
                     struct engine_claim *out_claims, struct error *error);

/* A run's latest checkpoint: bytes the caller frees (aligned as malloc does), its epoch; NULL and
 * epoch 0 if none. */
int engine_checkpoint(struct engine *engine, const char *id, int run, void **out_bytes,
                      size_t *out_n_bytes, int64_t *out_epoch, struct error *error);

/* The latest of the checkpoints that a run keeps to replay from whose epoch is at most `epoch`;
 * otherwise as engine_checkpoint. */
int engine_kept_checkpoint(struct engine *engine, const char *id, int run, int64_t epoch,
                           void **out_bytes, size_t *out_n_bytes, int64_t *out_epoch,
                           struct error *error);

/* What one append commits, all or nothing: records of the n epochs first..first+n-1, the buckets of
 * the epochs after these, and the checkpoint after the last of all. Records keep every bit, NaN and
 * infinities too. */
struct engine_chunk {
    int64_t first; /* the run's committed epoch + 1, else ERROR_INVALID; not read without epochs */
    size_t n;      /* >= 0; 0 once there are buckets of the run, else ERROR_INVALID */
    unsigned series; /* the set of those recorded; 0 stands for the loss alone. Others than those of
                        the run's epochs before: ERROR_INVALID */
    const double *records; /* [n] records, `stride` doubles (0: one for each series) from one to the
                              next, with their series `apart` doubles (0: 1) from each other */
    size_t stride, apart;
    const void *checkpoint; /* NULL: keep the old one */
    size_t checkpoint_bytes;
    size_t n_buckets; /* at most ENGINE_CHUNK_BUCKETS_MAX */
    const struct history_bucket *buckets; /* [n_buckets][of each series] */
    const struct engine_record *best; /* the run's best one by now; NULL: the one before, if any; of
                                         a run that records its loss alone, that with the lowest */
    int64_t trained_ms;               /* of all committed epochs by now; 0: as before */
    int64_t spacing; /* > 0: the checkpoint is kept to replay from if there is none yet in its cell
                        of so many epochs; of those kept, only the first of each cell stays */
};

/* Commits a chunk (a process kill keeps it; a power cut may lose the last ones, never a middle
 * one). Epochs come with their checkpoint, else ERROR_INVALID: so the two always agree. An empty
 * chunk only asks whether the attempt still holds. */
enum engine_result engine_append(struct engine *engine, const struct engine_claim *claim,
                                 const struct engine_chunk *chunk, struct error *error);

/* Commits a last chunk (n may be 0; it may leave out the checkpoint, as nothing goes on from it)
 * and the final state, durably. `message` says why it failed or diverged ("" otherwise);
 * diverged_epoch 0, diverged_sample -1 unless diverged; at which position is left open. */
enum engine_result engine_finish(struct engine *engine, const struct engine_claim *claim,
                                 const struct engine_chunk *chunk, enum run_state state,
                                 const char *message, int64_t diverged_epoch,
                                 int64_t diverged_sample, struct error *error);

/* Both for several runs at once: a block's. All are committed or, for an error, none; durably if
 * one of them ends. A fenced one is left out, which the others need not care about. */
struct engine_handover {
    const struct engine_claim *claim;
    struct engine_chunk chunk;
    enum run_state state; /* RUN_RUNNING: it goes on; otherwise how it ends, and as for */
    const char *message;  /* engine_finish: */
    int64_t diverged_epoch, diverged_sample;
    int64_t diverged_position; /* heard where there is a diverged_sample */
    const char *verdict; /* a text for the log, behind the chunk and before the end; NULL: none */
    const char *stopped; /* RUN_DONE: why before its last epoch; NULL or "": it was not */
    enum engine_result result; /* filled in: ENGINE_OK or ENGINE_FENCED */
};
int engine_hand_over(struct engine *engine, struct engine_handover *handovers, int n,
                     struct error *error);

/* Gives a claimed run back to the queue (shutdown), with a log entry; its chunks and checkpoint
 * stay. */
enum engine_result engine_release(struct engine *engine, const struct engine_claim *claim,
                                  struct error *error);

/* --- reading ------------------------------------------------------------------------------- */

/* Copies the records of the epochs first..first+max-1 (first >= 1), as many as are committed and
 * kept one by one, into out[max][of each of `series`]; *out_n how many. `series` is the set of
 * those wanted; one that the run does not record is NaN. */
int engine_read_records(struct engine *engine, const char *id, int run, unsigned series,
                        int64_t first, size_t max, double *out, size_t *out_n,
                        struct error *error);

/* What is known of the epochs behind those kept one by one: buckets gathered (history_gather) in
 * cells of the run's stride, or of the first doubled one that gives at most max_buckets (>= 1). So
 * they depend on the records alone. *out_exact: the epoch before the first. *out_buckets[n][of each
 * series of the run] is the caller's to free; NULL when there are none. */
int engine_read_envelope(struct engine *engine, const char *id, int run, size_t max_buckets,
                         struct history_bucket **out_buckets, size_t *out_n, int64_t *out_exact,
                         struct error *error);

struct engine_entry {
    int64_t sequence;
    int64_t since; /* the sequence number of the first entry that was merged into this one; its own
                      if none was */
    int run;
    int is_state;         /* 1: a state change, 0: a chunk of epochs or a verdict */
    enum run_state state; /* is_state */
    const char *stopped;  /* RUN_DONE: why before its last epoch, valid in the call; else NULL */
    int64_t first;        /* chunk: its first epoch, 1-based; state: the run's epoch then */
    unsigned series;      /* chunk: the set of those recorded */
    int n_series;         /* how many they are; state: 0 */
    size_t n;             /* records: 1 or more; state and envelope: 0 */
    const double *records; /* [n][n_series], valid during the call */
    size_t n_buckets;     /* envelope: 1..ENGINE_ENTRY_BUCKETS_MAX, else 0 */
    const struct history_bucket *buckets; /* [n_buckets][n_series], valid during the call */
    const char *verdict; /* the text of one, valid during the call; `first` is its epoch; or NULL */
};

/* Calls `each` for the experiment's log entries with a sequence number > after, ascending; stops
 * when it returns non-zero. */
typedef int (*engine_entry_fn)(void *context, const struct engine_entry *entry);
int engine_read_log(struct engine *engine, const char *id, int64_t after, engine_entry_fn each,
                    void *context, struct error *error);

/* Calls `each` for every run of which more than `more_than` epochs stand one by one in entries with
 * a sequence number > after. */
typedef int (*engine_waiting_fn)(void *context, int run, int64_t n_epochs);
int engine_each_waiting(struct engine *engine, const char *id, int64_t after, int64_t more_than,
                        engine_waiting_fn each, void *context, struct error *error);

/* The sequence number of the experiment's last entry, 0 if it has none. */
int engine_last_sequence(struct engine *engine, const char *id, int64_t *out_sequence,
                         struct error *error);

#endif
