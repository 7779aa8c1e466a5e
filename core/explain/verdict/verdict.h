/* A verdict: one coded statement about a run, with the kind of proof behind it.
 *
 * The codes stand in the order of their rank: of those that fire, the first that blocks is the
 * headline. What each means, its formula and its limits stand where it is found.
 *
 * The last ones are asides: true of most runs, healthy or not, so no headline unless they block. */
#ifndef CORE_EXPLAIN_VERDICT_VERDICT_H
#define CORE_EXPLAIN_VERDICT_VERDICT_H

enum code {
    CODE_NONFINITE,
    CODE_ZERO_INIT_SADDLE,
    CODE_COLLAPSED_TO_CONSTANT,
    CODE_DEAD_UNITS,
    CODE_SATURATED_UNITS,
    CODE_SYMMETRIC_UNITS,
    CODE_AFFINE_ON_DATA,
    CODE_FP_STALL,
    CODE_OVERFITTING,
    CODE_UNDERTRAINED,
    CODE_STOPPED_AS_ASKED, /* in its place where a target or patience ended the run */
    CODE_LR_NOISE_FLOOR,
    CODE_NO_SIGNAL,
    CODE_WORSE_LOCAL_MINIMUM,
    CODE_STEP_OVERSHOOTS_AT_INIT,
    CODE_STEP_OVERSHOOTS_IN_EPOCH_1,
    CODE_ABOVE_GD_LIMIT_AT_INIT,
    CODE_SENSITIVE_DEPENDENCE,
    CODE_PLATEAU_SCALING,
    CODE_BELOW_NOISE_FLOOR,
    CODE_PRINTED_LOSS_IS_MOVING,
    CODE_NEAR_BEST_KNOWN,
    CODE_BALANCE_DRIFT, /* the first aside */
    CODE_LR_WINDOW,
    CODE_GRADIENT_CHECK,
    CODE_COUNT
};

enum kind {
    KIND_THEOREM,        /* the condition is checked exactly, the conclusion follows for ever */
    KIND_EXACT,          /* arithmetic on the numbers at hand */
    KIND_LOCAL,          /* to first order around the parameters named */
    KIND_COUNTERFACTUAL, /* the run was trained again with one thing changed */
    KIND_STATISTICAL,    /* with an error rate */
    KIND_NUMERICAL       /* compared with the best that a search found */
};

/* A true fact is a note. It blocks only where the loss is clearly above the best known and what is
 * left can be told from noise. */
enum severity { SEVERITY_ERROR, SEVERITY_BLOCK, SEVERITY_WARN, SEVERITY_NOTE, SEVERITY_OK };

/* What a statement is restricted to: any of these together. */
enum scope {
    SCOPE_FIRST_LAYER = 1,    /* "first layer" */
    SCOPE_PLAIN_SGD = 2,      /* "plain SGD" */
    SCOPE_FIXED_DATA = 4,     /* "fixed data" */
    SCOPE_NO_DECAY = 8,       /* "any optimizer without weight decay" */
    SCOPE_ANY_OPTIMIZER = 16, /* "any optimizer" */
    SCOPE_PRESENT = 32,       /* "present parameters" */
    SCOPE_THESE_SAMPLES = 64, /* "these samples" */
    SCOPE_FIRST_ORDER = 128,  /* "to first order" */
    SCOPE_THIS_START = 256,   /* "this start" */
    SCOPE_WHOLE_LAYER = 512,  /* "a whole layer" */
    SCOPE_COUNT = 10
};

struct verdict {
    int has_fired;
    enum kind kind;
    enum severity severity;
    int is_certain;      /* the whole text holds as it stands, within the scope */
    unsigned scope;
    enum code because;   /* a verdict that implies this one, or its own code */
};

const char *verdict_code(enum code code);
int verdict_is_aside(enum code code);
const char *verdict_kind(enum kind kind);
const char *verdict_severity(enum severity severity);
const char *verdict_scope(int bit); /* 0..SCOPE_COUNT - 1 */

#endif
