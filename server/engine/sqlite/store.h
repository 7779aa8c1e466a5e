/* The inside of the SQLite engine: its connections, and who may use which. Private to it.
 *
 * DESIGN. One connection writes, others read. Writers take turns in order of arrival (a turn is not
 * a lock: nothing is locked while SQLite runs). A read takes an idle reader or opens one, so it
 * waits for nobody and a callback may read in turn; SQLite's write-ahead log gives each its own
 * snapshot. The write-ahead log is synced to the disk at a durable commit and when it is folded
 * into the file (fold.c); other commits are in the operating system's hands, which outlive
 * this process but not a power cut.
 *
 * Nobody holds two of the mutexes, or calls SQLite with one. */
#ifndef SERVER_ENGINE_SQLITE_STORE_H
#define SERVER_ENGINE_SQLITE_STORE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "server/engine/engine.h"
#include "server/engine/sqlite/query.h"

enum { READERS_KEPT = 8, READER_BUSY_MS = 1000, WRITER_BUSY_MS = 5000 };

/* Of a bucket in the file; and how much an entry can have. */
enum {
    BUCKET_FIELDS = 5,
    ENTRY_BUCKETS_OF_ALL = ENGINE_ENTRY_BUCKETS_MAX * SERIES_COUNT,
    ENTRY_FIELDS_MAX = BUCKET_FIELDS * ENTRY_BUCKETS_OF_ALL
};

/* Belongs to the thread that took it. */
struct reader {
    struct connection connection;
    struct reader *next;                    /* while idle */
    union {                                 /* of the entry being read */
        double records[ENGINE_ENTRY_NUMBERS_MAX];
        struct history_bucket buckets[ENTRY_BUCKETS_OF_ALL];
    };
};

struct engine {
    char *path; /* absolute */
    int lock;   /* descriptor of the locked <path>-lock */

    pthread_mutex_t turn_mutex;
    pthread_cond_t turn_changed;
    uint64_t next_turn; /* guarded by turn_mutex: the ticket to give out next */
    uint64_t turn;      /* guarded by turn_mutex: the ticket being served */

    /* Whoever has the turn. */
    struct connection writer;
    int writer_sync;                   /* enum write_sync, or -1: not known */
    uint64_t packed[ENTRY_FIELDS_MAX]; /* records or buckets on their way into the log */
    int64_t epochs_begun;              /* in the present transaction */
    struct settled *settled;           /* likewise: who is to be told (share.c) */

    engine_settled_fn listener; /* set before there are writers */
    void *listener_context;

    atomic_int_fast64_t n_commits, n_epochs; /* since it was opened */

    struct connection folder; /* the fold thread's */
    pthread_t fold_thread;
    int has_fold_thread;
    pthread_mutex_t fold_mutex;
    pthread_cond_t fold_changed;
    int fold_is_due, fold_is_over; /* guarded by fold_mutex */

    pthread_mutex_t readers_mutex;
    struct reader *idle; /* guarded by readers_mutex */
    int n_idle;          /* guarded by readers_mutex */
};

/* --- schema.c ------------------------------------------------------------------------------- */

/* Called once, by engine_open. Refuses a file that is another program's, or of a newer version;
 * brings an older or empty one up to date. *out_is_new: it was empty. */
int schema_prepare(struct connection *connection, int *out_is_new, struct error *error);

/* Writes what the file's header says already: a write that changes nothing. In a turn. */
int schema_touch(struct connection *connection, struct error *error);

/* --- lock.c --------------------------------------------------------------------------------- */

/* Takes the store `path` for the caller; the descriptor that holds it, to be closed, or -1. */
int store_lock(const char *path, struct error *error);

/* --- turn.c --------------------------------------------------------------------------------- */

enum write_sync { WRITE_NORMAL, WRITE_DURABLE };

/* The writer's turn without a transaction. */
void turn_take(struct engine *engine);
void turn_give(struct engine *engine);

/* Waits for the turn and begins a transaction. -1 leaves nothing to end. */
int write_begin(struct engine *engine, enum write_sync sync, struct error *error);

/* Commits if `result` is 0, else rolls back, and gives the turn on. `result`, or -1 when the commit
 * failed. */
int write_end(struct engine *engine, int result, struct error *error);

/* --- fold.c --------------------------------------------------------------------------------- */

/* From now on the write-ahead log is folded into the file when it is long. */
int folding_start(struct engine *engine, struct error *error);
void folding_end(struct engine *engine); /* not started is fine; no write may be under way */

/* --- reader.c ------------------------------------------------------------------------------- */

/* A reader whose queries see one moment of the store. NULL on failure. */
struct reader *reader_take(struct engine *engine, struct error *error);
/* One that has found the experiment whose rows hold the data of `id`. */
struct reader *reader_take_data(struct engine *engine, const char *id, int64_t *out_data,
                                struct error *error);
void reader_give(struct engine *engine, struct reader *reader);
void readers_close(struct engine *engine); /* all must be idle */

/* --- log.c ---------------------------------------------------------------------------------- */

/* A run as a write finds it. `experiment` is the key of its experiment: never used twice. */
struct run_key {
    int64_t experiment;
    int run;
    int64_t epoch;
    int64_t exact; /* epochs kept one by one; find_run and a chunk set it */
    unsigned series; /* likewise: what the run records */
};

/* Adds a log entry for the run's new state; *out_sequence may be NULL. In a turn. */
int log_add_state(struct engine *engine, const struct run_key *key, enum run_state state,
                  int64_t *out_sequence, struct error *error);

/* Adds one for a verdict on the run at its epoch. In a turn. */
int log_add_verdict(struct engine *engine, const struct run_key *key, const char *verdict,
                    struct error *error);

/* Adds the chunk's records. In a turn. */
int log_add_records(struct engine *engine, const struct run_key *key,
                    const struct engine_chunk *chunk, struct error *error);

/* Adds an entry of n epochs (below 0: of an envelope) from `first` on, with n_bytes of what is
 * packed. In a turn. */
int log_add_packed(struct engine *engine, const struct run_key *key, int64_t first, int64_t n,
                   size_t n_bytes, struct error *error);

/* --- envelope.c ----------------------------------------------------------------------------- */

/* How much of a run's envelope stands in the log. */
struct envelope_size {
    int64_t n_entries, n_buckets;
};

/* Adds the chunk's buckets, the first epoch of which is `first`. In a turn. */
int envelope_add(struct engine *engine, const struct run_key *key, int64_t first,
                 const struct engine_chunk *chunk, struct envelope_size *size,
                 struct error *error);

/* Merges older entries when there are many; key->epoch counts what was added. In a turn. */
int envelope_merge(struct engine *engine, const struct run_key *key, struct envelope_size *size,
                   struct error *error);

/* Buckets of the row's n (below 0) and bytes, checked, into
 * out[ENGINE_ENTRY_BUCKETS_MAX][n_series]; how many, 0 when they cannot be. */
size_t envelope_unpack(struct query *query, int64_t n, int column, int n_series,
                       struct history_bucket *out);

/* --- claim.c -------------------------------------------------------------------------------- */

/* A claimed run as its next chunk finds and leaves it. */
struct progress {
    struct run_key key;
    double loss, first_loss, best_loss;
    int64_t best_epoch, trained_ms;
    struct engine_record last, best; /* epoch 0: none, or of a run that records its loss
                                      alone, what the numbers above say */
    struct envelope_size envelope;
};

/* The run the claim holds, or ENGINE_FENCED. In a turn. */
enum engine_result find_claimed(struct engine *engine, const struct engine_claim *claim,
                                struct progress *out, struct error *error);

/* The counts of the experiment follow one run from a state to another. In a turn. */
int count_move(struct engine *engine, const struct run_key *key, enum run_state from,
               enum run_state to, struct error *error);

/* --- record.c ------------------------------------------------------------------------------- */

enum { RECORD_BYTES_MAX = (1 + SERIES_COUNT) * sizeof(uint64_t) };

/* A record as a run's row keeps it: epoch and the numbers of `series`. Binds NULL for one of epoch
 * 0; `bytes` is where they are until the query's end. */
void record_bind(struct query *query, const struct engine_record *record, unsigned series,
                 unsigned char bytes[RECORD_BYTES_MAX]);

/* The column's record; of epoch 0 if it is NULL. Fails when it cannot be. */
struct engine_record record_read(struct query *query, int column, unsigned series);

/* A set of series as a column has it (NULL: the loss alone). Fails when it cannot be. */
unsigned record_read_series(struct query *query, int column);

/* --- checkpoint.c --------------------------------------------------------------------------- */

/* Makes the chunk's checkpoint the run's latest, and keeps it too where it is due. In a turn. */
int checkpoint_store(struct engine *engine, const struct run_key *key,
                     const struct engine_chunk *chunk, struct error *error);

/* --- once.c --------------------------------------------------------------------------------- */

/* Looks for the key, ONCE_AGAIN fills out_id; if it is new, forgets those that are too old or too
 * many. In a turn. */
enum engine_once once_look(struct engine *engine, const struct engine_key *key, int64_t now_ms,
                           char out_id[ENGINE_ID_BYTES], struct error *error);

/* Notes that the key made the experiment. In a turn. */
int once_note(struct engine *engine, const struct engine_key *key,
              const struct engine_submission *submission, struct error *error);

/* --- share.c -------------------------------------------------------------------------------- */

/* Whose results a new experiment gets. */
struct share {
    char source[ENGINE_ID_BYTES]; /* "": it is trained itself */
    int64_t data;                 /* 0: it waits for the source to end */
};

/* Looks for an experiment of that content (NULL: none) that was or is being trained. In a turn. */
int share_find(struct engine *engine, const unsigned char *content, struct share *out,
               struct error *error);

/* The experiment `key` gets them. In a turn. */
int share_use(struct engine *engine, int64_t key, const struct share *share, struct error *error);

/* Something of `id` has ended: looks after those that wait for it. In a turn. */
int share_settle(struct engine *engine, const char *id, struct error *error);

/* Tells the listener of the settled if they are, and frees the list. Out of the turn. */
void share_tell(struct engine *engine, struct settled *first, int is_committed);

/* Whether an experiment shows the rows under that key. In a turn. */
int share_is_shown(struct engine *engine, int64_t data, int *out_is_shown, struct error *error);

/* --- dataset.c ------------------------------------------------------------------------------ */

/* The experiment `key` uses that data set; ERROR_CONFLICT when there is none. In a turn. */
int dataset_use(struct engine *engine, int64_t key, const char *id, struct error *error);

/* --- delete.c ------------------------------------------------------------------------------- */

/* Gives back what deleted experiments still occupy, a little at a time. */
int delete_remains(struct engine *engine, struct error *error);

/* --- find.c --------------------------------------------------------------------------------- */

/* The experiment's key; -1 with ERROR_NOT_FOUND, or another failure. */
int find_experiment(struct connection *connection, const char *id, int64_t *out_key,
                    struct error *error);

/* Likewise the key under which what it shows stands: for reading. */
int find_data(struct connection *connection, const char *id, int64_t *out_data,
              struct error *error);

/* Likewise for one run of it. */
int find_run(struct connection *connection, const char *id, int run, struct run_key *out_key,
             struct error *error);

#endif
