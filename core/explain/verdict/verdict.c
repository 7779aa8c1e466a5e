/* The words for a verdict's code, kind, severity and scope. */
#include "core/explain/verdict/verdict.h"

static const char *const CODES[CODE_COUNT] = {
    [CODE_NONFINITE] = "NONFINITE",
    [CODE_ZERO_INIT_SADDLE] = "ZERO_INIT_SADDLE",
    [CODE_COLLAPSED_TO_CONSTANT] = "COLLAPSED_TO_CONSTANT",
    [CODE_DEAD_UNITS] = "DEAD_UNITS",
    [CODE_SATURATED_UNITS] = "SATURATED_UNITS",
    [CODE_SYMMETRIC_UNITS] = "SYMMETRIC_UNITS",
    [CODE_AFFINE_ON_DATA] = "AFFINE_ON_DATA",
    [CODE_FP_STALL] = "FP_STALL",
    [CODE_OVERFITTING] = "OVERFITTING",
    [CODE_UNDERTRAINED] = "UNDERTRAINED",
    [CODE_STOPPED_AS_ASKED] = "STOPPED_AS_ASKED",
    [CODE_LR_NOISE_FLOOR] = "LR_NOISE_FLOOR",
    [CODE_NO_SIGNAL] = "NO_SIGNAL",
    [CODE_WORSE_LOCAL_MINIMUM] = "WORSE_LOCAL_MINIMUM",
    [CODE_STEP_OVERSHOOTS_AT_INIT] = "STEP_OVERSHOOTS_AT_INIT",
    [CODE_STEP_OVERSHOOTS_IN_EPOCH_1] = "STEP_OVERSHOOTS_IN_EPOCH_1",
    [CODE_ABOVE_GD_LIMIT_AT_INIT] = "ABOVE_GD_LIMIT_AT_INIT",
    [CODE_SENSITIVE_DEPENDENCE] = "SENSITIVE_DEPENDENCE",
    [CODE_PLATEAU_SCALING] = "PLATEAU_SCALING",
    [CODE_BELOW_NOISE_FLOOR] = "BELOW_NOISE_FLOOR",
    [CODE_PRINTED_LOSS_IS_MOVING] = "PRINTED_LOSS_IS_MOVING",
    [CODE_NEAR_BEST_KNOWN] = "NEAR_BEST_KNOWN",
    [CODE_BALANCE_DRIFT] = "BALANCE_DRIFT",
    [CODE_LR_WINDOW] = "LR_WINDOW",
    [CODE_GRADIENT_CHECK] = "GRADIENT_CHECK",
};

static const char *const KINDS[] = {
    [KIND_THEOREM] = "theorem",
    [KIND_EXACT] = "exact",
    [KIND_LOCAL] = "local",
    [KIND_COUNTERFACTUAL] = "counterfactual",
    [KIND_STATISTICAL] = "statistical",
    [KIND_NUMERICAL] = "numerical",
};

static const char *const SEVERITIES[] = {
    [SEVERITY_ERROR] = "error", [SEVERITY_BLOCK] = "block", [SEVERITY_WARN] = "warn",
    [SEVERITY_NOTE] = "note",   [SEVERITY_OK] = "ok",
};

static const char *const SCOPES[SCOPE_COUNT] = {
    "first layer",        "plain SGD",     "fixed data",     "any optimizer without weight decay",
    "any optimizer",      "present parameters", "these samples", "to first order",
    "this start",         "a whole layer",
};

const char *verdict_code(enum code code)
{
    return CODES[code];
}

int verdict_is_aside(enum code code)
{
    return code >= CODE_BALANCE_DRIFT;
}

const char *verdict_kind(enum kind kind)
{
    return KINDS[kind];
}

const char *verdict_severity(enum severity severity)
{
    return SEVERITIES[severity];
}

const char *verdict_scope(int bit)
{
    return SCOPES[bit];
}
