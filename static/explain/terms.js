// The short names of a verdict's evidence, in words, and how their values are counted.

const TERMS = {
    L0: "loss at the start", R2: "share of the variance explained",
    dL_rel: "change of the loss, as a share of it",
    after_lr_div10: "loss after a tenth of the learning rate",
    after_same_lr: "loss after the same learning rate",
    all_samples: "limit with all samples in one step",
    anova_p: "chance of such group means by luck (p)", ols_p: "chance of such a plane by luck (p)",
    lof_p: "chance of such bends by luck (p)", permutation_p: "the same by shuffled targets (p)",
    neighbour_p: "chance of neighbours so much alike (p)",
    b_before: "bias before", b_after: "bias after", w_before: "incoming weights before",
    w_after: "incoming weights after", v_before: "outgoing weights before",
    b_out: "output bias", b_out_limit: "output bias, its limit",
    b_out_recursion: "output bias, by its own formula",
    dead_with_lr_div10: "dead with a tenth of the learning rate",
    drawn_mean_square: "limit for samples drawn at random",
    drawn_trace: "an upper bound of that limit",
    is_sure: "sure of one value, or of two neighbours",
    lies: "this rate lies", own_sample: "limit by a step's own sample",
    lr_div10_epochs: "epochs tried at that rate",
    lr_bound: "learning rate below which steps stay short",
    lr_limit: "limit of the learning rate", eta_epochs: "learning rate × epochs",
    eta_times_sharpness: "learning rate × largest curvature", lam_min: "smallest curvature",
    max_rho: "largest overshoot", rel_gain: "gain, as a share of the loss",
    sigma2: "variance of the noise",
    slowest_active_tau: "epochs of the slowest direction, sample by sample",
    smallest_detectable_R2: "smallest share of the variance that would be noticed",
    z_min: "least weighted sum", z_max: "greatest weighted sum",
};

/* Units and layers: from 0 in the evidence, here from 1, as in the verdicts' words. */
const COUNTED = new Set(["units", "unit", "layers", "layer", "groups"]);

const fromOne = (value) => Array.isArray(value) ? value.map(fromOne)
    : typeof value === "number" ? value + 1 : value;

/* A value of that name as it is shown. */
export const shownAs = (name, value) => COUNTED.has(name) ? fromOne(value) : value;

export const termOf = (name) => TERMS[name] ?? name.replaceAll("_", " ");
