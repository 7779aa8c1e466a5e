// One update of the parameters with its whole arithmetic, or an epoch row by row.

import * as api from "../base/api.js";
import {append, element, refill} from "../base/element.js";
import {count, exact, plural, setting, short} from "../base/format.js";
import {scrolling} from "../base/scroll.js";
import * as view from "../base/view.js";
import {marking} from "./marking.js";
import {Stepper} from "./stepper.js";
import {formula} from "./tex.js";

const LINES = 12, TERMS = 8; // of a sum, the others are in the answer of the server

/* Whole numbers, such as features, are written as such. */
const digits = (value) => view.read().allDigits || Number.isSafeInteger(value) &&
    Math.abs(value) < 1e6 ? exact(value).replace("-", "\u2212") : short(value);

/* A rate as one would write it. */
const rateOf = (rate) => setting(view.read().allDigits ? rate : Number(rate.toPrecision(6)));

/* A number as a factor: a negative one in brackets. */
const factor = (value) => value < 0 ? `(${digits(value)})` : digits(value);

export class Step {
    /* context: {id, run, rest, row, ask, note}. */
    constructor(context) {
        this.context = context;
        const [epoch, sample] = context.rest;
        this.epoch = new Stepper("epoch", {low: 1, high: this.last(), value: epoch || 1,
                                           onchange: () => this.show()});
        this.sample = new Stepper("sample", {low: 0, high: 0, empty: "all",
                                             value: sample ?? (epoch ? "" : 0),
                                             onchange: () => this.show()});
        this.whole = element("button", {type: "button", class: "quiet",
                                        onclick: () => this.showEpoch()}, "The whole epoch");
        this.body = element("div", {class: "step"});
        this.host = element("div", {}, element("div", {class: "pickers"}, this.epoch.host,
            this.sample.host, this.whole), this.body);
    }

    /* Epochs that have steps: a diverged run's are up to the one it diverged in. */
    last() {
        const {epoch, diverged} = this.context.row();
        return Math.max(diverged?.epoch ?? epoch, 1);
    }

    update() {
        this.epoch.limit(this.last());
    }

    showEpoch() {
        this.sample.input.value = "";
        this.show();
    }

    async show() {
        const {id, run, note, ask} = this.context;
        const epoch = this.epoch.value, sample = this.sample.value;
        note(epoch, sample ?? "");
        const answer = await ask(api.step(id, run, {epoch, sample}));
        if (!answer)
            return;
        this.answer = answer;
        const n = answer.n_samples ?? answer.rows?.row.length;
        if (n)
            this.sample.limit(n - 1);
        this.draw();
    }

    draw() {
        const {answer} = this;
        refill(this.body);
        this.body.classList.remove("unworked");
        if (answer instanceof Error)
            append(this.body, [element("p", {class: "fault"}, answer.message)]);
        else if (answer?.kind === "epoch")
            append(this.body, wholeEpoch(answer, (sample) => {
                this.sample.input.value = sample;
                this.sample.input.focus();
                this.show();
            }));
        else if (answer)
            append(this.body, [...oneStep(answer), marking(this.context, answer,
                (isOpen) => this.body.classList.toggle("unworked", isOpen))]);
    }
}

/* --- one step ------------------------------------------------------------------------------ */

function part(title, ...lines) {
    return element("section", {class: "worked-part"}, element("h3", {}, title), lines);
}

/* Many lines scroll in a place of their own. */
function long(title, lines) {
    return part(title, element("div", {class: "lines", ...lines.length > LINES && {
        tabindex: 0, role: "region", "aria-label": title}}, lines));
}

/* A formula, the same with numbers, and what it comes to. */
function worked(tex, numbers, value, ...more) {
    return element("div", {class: "worked"}, formula(tex),
        numbers && element("span", {class: "numbers"}, `= ${numbers}`),
        element("span", {class: "result"}, `= ${digits(value)}`), more);
}

function sum(terms) {
    const told = terms.slice(0, TERMS).map(({value, by}) =>
        by === undefined ? factor(value) : `${factor(value)}\u22c5${factor(by)}`);
    const rest = terms.length - told.length;
    return told.join(" + ") + (rest > 0 ? ` + \u2026 (${plural(rest, "term")} more)` : "");
}

function forward(row) {
    if (row.terms)
        return worked(row.tex, sum(row.terms), row.value);
    const state = row.active === undefined ? "" : row.active ? ", on" : ", off";
    return worked(row.tex, "", row.value, row.derivative !== undefined &&
        element("span", {class: "note result"}, ` slope ${digits(row.derivative)}${state}`));
}

/* `isHalf`: the slope is that of half the square, as "gradient": "half" has it. */
function backward(row, isHalf) {
    const numbers = row.terms ? `(${sum(row.terms)})\u22c5${factor(row.factors[1])}`
        : row.factors ? row.factors.map(factor).join("\u22c5")
        : row.c !== undefined ? `c = ${digits(row.c)}` : "";
    return worked(row.tex, row.c !== undefined && !row.factors ? "" : numbers, row.value,
        row.c !== undefined && element("span", {class: "note"}, ` with c = ${digits(row.c)}`,
            isHalf && ": the 2 of the square is left out"),
        row.uses && element("span", {class: "note"}, ` uses ${row.uses}`));
}

function oneStep(step) {
    const y = [step.y].flat().map(digits).join(", "), {batch} = step;
    return [
        element("p", {class: "facts"}, `Sample ${count(step.sample)} of epoch ` +
            `${count(step.epoch)} is row ${count(step.row)} of the data: x = (` +
            `${step.x.map(digits).join(", ")}), y = ${y}. Learning rate ` +
            `${rateOf(step.learning_rate)}.`,
            batch && ` It is one of ${plural(batch.size, "sample")} of its batch, whose ` +
                `gradients are ${batch.reduction === "mean" ? "averaged" : "added up"}.`),
        long("Forward", step.forward.map(forward)),
        part("Loss", worked(step.loss.tex, "", step.loss.value,
            !Array.isArray(step.loss.error) && element("span", {class: "note result"},
                ` error ${digits(step.loss.error)}`))),
        long("Backward", step.backward.map((row) => backward(row, row.c === 1 &&
            step.loss.tex === "\\ell=(f-y)^2"))),
        part("Update", element("p", {class: "rules"}, step.rule.tex.map((tex) => [formula(tex),
            " "]), batch && formula(batch.tex)), updates(step)),
        element("div", {class: "result"}, part("Afterwards", after(step)))];
}

function updates(step) {
    const used = step.update.some((row) => row.used !== undefined);
    const names = step.update[0]?.memory ? Object.keys(step.update[0].memory) : [];
    const head = ["parameter", "slope", "old", "gradient", ...used ? ["used"] : [],
                  ...names.map((name) => `new ${name}`), "step", "new"];
    const line = (row) => element("tr", {},
        element("th", {scope: "row", class: "label"}, row.param),
        element("td", {class: "word"}, formula(row.tex)),
        [row.old, row.grad, ...used ? [row.used] : [],
         ...names.map((name) => row.memory[name].new), row.step, row.new]
            .map((value, i) => element("td", {title: i === 0 && exact(value)},
                element("span", {class: i > 0 && "result"}, digits(value)))),
        element("td", {class: "word note"}, row.zero_because &&
            element("span", {class: "result"}, `0 because ${row.zero_because}`)));
    return scrolling("Update", element("table", {}, element("thead", {}, element("tr", {},
        head.map((text, i) => element("th", {scope: "col", class: i < 2 ? "word" : null}, text)),
        element("td"))), element("tbody", {}, step.update.map(line))), "the new values");
}

/* What came of it, hidden with the other results. */
function after(step) {
    const {checks} = step, {overshoot, linear} = checks, lines = [];
    const say = (...text) => lines.push(element("p", {}, text));
    say(`The same sample now: f = ${[step.after.f].flat().map(digits).join(", ")}, loss ` +
        `${digits(step.after.value)} (before ${digits(step.loss.value)}).`);
    if (overshoot)
        say(formula(overshoot.tex), ` = ${digits(overshoot.value)}: `, overshot(overshoot.value),
            ` The error was to become ${digits(overshoot.linear_prediction_of_new_error)}, ` +
            `and became ${digits(overshoot.actual_new_error)}.`);
    else
        say("The slopes promised ", formula("J"), ` = ${digits(linear.predicted_new)}, and it ` +
            `became ${digits(linear.actual_new)} (before ${digits(linear.old)}).`);
    const worst = checks.finite_difference_max_rel_error;
    if (worst !== null && worst !== undefined)
        say(worst === 0 ? "Differences of the loss give the same gradient."
            : `The gradient by differences of the loss: off by ${short(worst, 2)} at most` +
              `${checks.finite_difference_agrees ? ", which is rounding" : ""}.`);
    if (checks.not_checkable?.length)
        say("Not checkable that way, because the loss has a kink close by, where a ReLU " +
            `switches: ${checks.not_checkable.join(", ")}.`);
    return lines;
}

const overshot = (rho) => rho > 2
    ? "the step lands further off than it started, to first order."
    : rho > 1 ? "the step jumps past its target, but ends closer, to first order."
    : "the step approaches its target, to first order.";

/* --- a whole epoch ------------------------------------------------------------------------- */

function wholeEpoch(told, choose) {
    const {rows, loss, diverged} = told;
    const columns = [["row", (i) => count(rows.row[i])],
                     ["output", (i) => rows.outputs[i].map(digits).join(", ")],
                     rows.error && ["error", (i) => digits(rows.error[i])],
                     ["loss", (i) => digits(rows.loss[i])],
                     rows.rho && ["overshoot \u03c1", (i) => digits(rows.rho[i])],
                     rows.on.some(Boolean) && ["units (1 is on)", (i) => rows.on[i]],
                     ["step length", (i) => rows.step_norm[i] === null ? "\u2013"
                         : digits(rows.step_norm[i])]].filter(Boolean);
    const line = (i) => element("tr", {},
        element("th", {scope: "row"}, element("button", {type: "button", class: "quiet",
            onclick: () => choose(i)}, `sample ${i}`)),
        columns.map(([, write]) => element("td", {}, write(i))),
        element("td", {class: "word note"}, rows.zero_because[i] ?? ""));
    return [
        element("p", {class: "facts"}, `Epoch ${count(told.epoch)}: printed loss ` +
            `${digits(loss.printed)}, while the weights changed; of the weights at its start ` +
            `${digits(loss.start)}, at its end ${digits(loss.end)}.` +
            `${diverged ? " The run diverged in the last step below." : ""}`),
        scrolling("Samples", element("table", {class: "epoch-rows"}, element("thead", {},
            element("tr", {}, element("td"), columns.map(([text]) =>
                element("th", {scope: "col"}, text)), element("td"))),
            element("tbody", {}, rows.row.slice(0, 500).map((_, i) => line(i)))), "the reasons"),
        rows.row.length > 500 && element("p", {class: "note"},
            `The first 500 of ${count(rows.row.length)} samples.`),
        part("What the steps add up to", moved(told))];
}

function moved({parameters, at_start_tex: tex}) {
    const line = (row) => element("tr", {}, element("th", {scope: "row"}, row.param),
        [row.start, row.end, row.sum_of_steps, ...tex ? [row.at_start, row.sequential_effect] : []]
            .map((value) => element("td", {title: exact(value)}, digits(value))));
    return scrolling("Parameters", element("table", {}, element("thead", {}, element("tr", {},
        element("td"), ["start", "end", "all steps"].map((text) =>
            element("th", {scope: "col"}, text)),
        tex && [element("th", {scope: "col"}, formula(tex)),
                element("th", {scope: "col"}, "difference")])),
        element("tbody", {}, parameters.map(line))), "the differences");
}
