/* A look: a run's parameters after some epoch, with its data, for routes that compute from them. */
#ifndef SERVER_API_EXPLAIN_LOOK_H
#define SERVER_API_EXPLAIN_LOOK_H

#include "core/base/error.h"
#include "server/api/call/call.h"
#include "server/spec/plan.h"

struct look {
    struct call *call;
    const struct study *study;
    struct run_plan plan; /* with its data */
    double *parameters;   /* [n_parameters] after `epoch` epochs */
    int64_t epoch;
    struct replay_wish replay;
};

/* What a route computes; NULL with the error filled. */
typedef json_t *(*look_fn)(struct look *look, struct error *error);

/* Answers the call: ?epoch= (0 to the finished ones, or best; missing: all) is replayed, `compute`
 * makes the answer. At a desk. */
void look_answer(struct call *call, look_fn compute);

/* The query's argument as an integer within low..high, `missing` when absent. -1 with
 * ERROR_INVALID. */
int look_integer(const struct look *look, const char *name, int64_t low, int64_t high,
                 int64_t missing, int64_t *out, struct error *error);

/* ?points= of a line, and along each side of a plane. */
enum { LOOK_LINE = 201, LOOK_LINE_MAX = 2001, LOOK_PLANE = 41, LOOK_PLANE_MAX = 201 };

#endif
