/* An intake: what a block has trained and nobody has committed yet. */
#ifndef SERVER_LAB_TRAIN_INTAKE_H
#define SERVER_LAB_TRAIN_INTAKE_H

#include "core/base/error.h"
#include "core/train/block/block.h"
#include "server/engine/engine.h"

/* What is taken in, of the block's runs. To be filled in before intake_init. */
struct intake_shape {
    int n_lanes;         /* runs of the block */
    int n_recorded;      /* series of the block */
    unsigned series;     /* the set of those that are committed, the first ones of the block's */
    enum series monitor; /* of these; the best epoch is that with the lowest value */
    int64_t keep;        /* epochs kept one by one */
    int64_t reached;     /* epochs finished */
};

struct intake_lane {
    struct engine_record best; /* of the epochs so far */
    size_t n_buckets;
    struct history_bucket *buckets; /* [ENGINE_CHUNK_BUCKETS_MAX][n_series]; NULL: none can come */
    int is_open;                    /* the last bucket's cell has room */
};

struct intake {
    struct intake_shape shape;
    int n_series;     /* of shape.series */
    int64_t reached;  /* finished epochs of the runs that are left */
    int64_t first;    /* the epoch of records[0], 1-based */
    int64_t capacity; /* epochs that fit in records */
    int64_t n_epochs; /* in records, all of them to be kept */
    double *records;  /* [capacity][n_recorded][n_lanes] */
    struct intake_lane lanes[BLOCK_RUNS_MAX];
};

/* Room for runs of so many epochs. -1 with ERROR_MEMORY; to be cleared in any case. */
int intake_init(struct intake *intake, const struct intake_shape *shape, int64_t epochs,
                struct error *error);
void intake_clear(struct intake *intake); /* zeroed is fine */

/* How many epochs the next call of the block may finish, and where it writes their records. */
int64_t intake_room(const struct intake *intake);
double *intake_next(const struct intake *intake);

/* Takes in the n epochs that the block has finished there: those that are not to be kept one by one
 * become buckets, and their place is used again. */
void intake_take(struct intake *intake, const struct block *block, int64_t n);

/* A lane's epochs behind the `committed` ones. The chunk borrows them; its checkpoint is not filled
 * in. */
struct engine_chunk intake_chunk(const struct intake *intake, int lane, int64_t committed,
                                 const struct block_state *state);

/* All of it has been committed. */
void intake_empty(struct intake *intake);

#endif
