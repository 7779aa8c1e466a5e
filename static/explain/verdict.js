// One verdict as it is shown: how serious, how sure, why, and what one can try at once.

import * as api from "../base/api.js";
import {append, element} from "../base/element.js";
import {exact, setting, short} from "../base/format.js";
import * as view from "../base/view.js";
import {shownAs, termOf} from "./terms.js";

const SIGNS = {error: "\u2715", block: "\u25a0", warn: "\u25b2", note: "\u25cf", ok: "\u2713"};
const WORDS = {error: "Broken off", block: "In the way", warn: "Careful", note: "Good to know",
               ok: "Fine"};
const KINDS = {
    theorem: "a theorem, its conditions checked here",
    exact: "exact arithmetic",
    local: "a local approximation",
    counterfactual: "another training, done to find out",
    statistical: "a statistical test",
    numerical: "a numerical search",
};

/* How serious, by sign and word. */
export function severityOf(severity) {
    return element("span", {class: `severity ${severity}`},
        element("span", {"aria-hidden": "true"}, `${SIGNS[severity] ?? "\u00b7"} `),
        WORDS[severity] ?? severity);
}

const SHORT = {nonfinite: "no longer finite", init: "the start", lr: "learning rate",
               fp: "rounding", gd: "gradient descent"};

/* "DEAD_UNITS" as "dead units", "LR_NOISE_FLOOR" as "learning rate noise floor". */
export const titleOf = (code) => code.toLowerCase().split("_").map((word) => SHORT[word] ?? word)
    .join(" ");

/* `onTry(action, isEdited)` starts an action's experiment, or opens it in the form. */
export function verdictOf(verdict, onTry) {
    const {code, kind, severity, certain, scope, evidence, text, actions} = verdict;
    const facts = evidenceOf(evidence);
    return element("article", {class: `verdict ${severity}`, "data-code": code},
        element("header", {}, severityOf(severity), element("h3", {}, titleOf(code))),
        element("p", {class: "says"}, text),
        element("p", {class: "note"}, certain ? "Certain: " : "Found by ", KINDS[kind] ?? kind,
            ".", scope?.length > 0 && ` Holds for: ${scope.join(", ")}.`),
        actionsOf(actions, onTry),
        facts && element("details", {}, element("summary", {}, "Evidence"), facts));
}

/* A paragraph with a button for each action; none, where there are none. */
export const actionsOf = (actions, onTry) => actions?.length > 0 &&
    element("p", {class: "actions"}, actions.map((action) => actionOf(action, onTry)));

/* Starts an action's experiment, or opens it in the form; what stood in the way, or null. */
export async function tryOut(action, isEdited, button) {
    button.disabled = true;
    try {
        if (isEdited) {
            const {spec} = await api.check(action.post);
            view.goForm(spec);
        } else {
            const made = await api.start(action.post);
            view.go({experiment: made.id});
        }
        return null;
    } catch (problem) {
        button.disabled = false;
        return problem.message;
    }
}

function actionOf(action, onTry) {
    const label = action.label[0].toUpperCase() + action.label.slice(1);
    const start = element("button", {type: "button", onclick: () => onTry(action, false, start)},
        label);
    return element("span", {class: "pair"}, start, element("button", {type: "button",
        class: "quiet", "aria-label": `Change first: ${label}`,
        onclick: () => onTry(action, true, start)}, "Change first"));
}

/* Nested evidence as nested lists; numbers with five digits, all of them in the tip. */
function evidenceOf(evidence) {
    const entries = Object.entries(evidence ?? {});
    if (entries.length === 0)
        return null;
    const list = element("dl", {class: "evidence"});
    append(list, entries.map(([name, value]) => element("div", {},
        element("dt", {}, termOf(name)), element("dd", {}, valueOf(shownAs(name, value))))));
    return list;
}

/* Such as a learning rate that was typed: 0.025 is that, and not 0.025000. */
const isRound = (value) => Number(value.toPrecision(4)) === value;

function valueOf(value) {
    if (typeof value === "number")
        return element("span", {class: "value", title: exact(value)},
            Number.isInteger(value) || isRound(value)
                ? setting(value).replace("-", "\u2212") : short(value));
    if (Array.isArray(value))
        return value.every((one) => typeof one !== "object")
            ? value.map((one, i) => [i > 0 && ", ", valueOf(one)])
            : value.map((one) => element("div", {class: "nested"}, valueOf(one)));
    if (value !== null && typeof value === "object")
        return evidenceOf(value) ?? "none";
    return value === null ? "not known" : value === true ? "yes" : value === false ? "no" : value;
}
