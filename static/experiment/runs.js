// The table of runs: state, losses, final weights and biases by name, predictions.

import {append, element, refill, setText} from "../base/element.js";
import {brief, count, exact, setting, short} from "../base/format.js";
import * as view from "../base/view.js";
import {swatch} from "../chart/legend.js";

const NAMES = ["w1", "w2", "w3", "w4", "w5", "w6", "bias1", "bias2", "bias3"];
const SIGNS = {queued: "\u25cb", running: "\u25d4", done: "\u2713", diverged: "\u25b2",
               cancelled: "\u2013", failed: "\u2715"};

/* A state as a word with its sign. */
export function badge(state) {
    return element("span", {class: `state ${state}`},
        element("span", {"aria-hidden": "true"}, `${SIGNS[state] ?? "\u00b7"} `), state);
}

export class Runs {
    /* `labels` is [{label, title}] for each run, `heading` what they are; `predict` the rows of the
     * spec's predict. */
    constructor(host, {rows, labels, heading, predict, onDigits}) {
        this.labels = labels;
        this.predict = predict.slice(0, 4);
        this.named = false;
        this.rows = rows;
        this.losses = null;
        this.table = element("table", {class: "runs"});
        this.heading = heading;
        this.onDigits = onDigits;
        append(host, [
            element("header", {class: "tools"}, element("h2", {}, "Runs"),
                element("label", {class: "check"},
                    element("input", {type: "checkbox", checked: view.read().allDigits,
                                      onchange: (event) => this.digits(event.target.checked)}),
                    "All digits")),
            element("div", {class: "scroll", tabindex: 0, role: "region",
                            "aria-label": "Runs"}, this.table)]);
        this.build();
    }

    digits(all) {
        view.note({allDigits: all});
        this.fill();
        this.onDigits();
    }

    /* New rows from the server: the truth about states, weights and predictions. */
    update(rows) {
        this.rows = rows;
        if (!this.named && rows.some((row) => row.named))
            this.build();
        else
            this.fill();
    }

    /* Live figures of the losses, shown while a run has not ended. */
    live(losses) {
        this.losses = losses;
        this.fill();
    }

    build() {
        this.named = this.rows.some((row) => row.named);
        this.cells = [];
        const lines = this.rows.map((_, i) => this.line(i));
        refill(this.table, this.head(), element("tbody", {}, lines));
        this.fill();
    }

    head() {
        const over = (n, text) =>
            element("th", {colspan: n, scope: "colgroup", class: "over"}, text);
        const column = (text) => element("th", {scope: "col"}, text);
        const queries = this.predict.map((row) => row.map(setting).join(", "));
        const groups = element("tr", {},
            element("th", {rowspan: 2, scope: "col", class: "label"}, this.heading),
            element("th", {rowspan: 2, scope: "col", class: "word"}, "state"),
            element("th", {rowspan: 2, scope: "col"}, "epoch"),
            over(3, "loss"),
            this.named && [over(6, "weights"), over(3, "biases")],
            queries.length > 0 && over(queries.length, "prediction for"));
        const columns = element("tr", {}, ["first", "last", "best"].map(column),
            this.named && NAMES.map(column), queries.map(column));
        return element("thead", {}, groups, columns);
    }

    line(i) {
        const cell = () => element("td");
        const cells = {state: element("td", {class: "word"}), epoch: cell(), first: cell(),
                       last: cell(), best: cell(), named: this.named ? NAMES.map(cell) : [],
                       predictions: this.predict.map(cell)};
        this.cells.push(cells);
        const message = element("span", {class: "message"});
        cells.message = message;
        return element("tr", {},
            element("th", {scope: "row", class: "label"}, swatch(i, this.rows.length),
                element("span", {}, this.labels[i].label)),
            cells.state, cells.epoch, cells.first, cells.last, cells.best, cells.named,
            cells.predictions);
    }

    fill() {
        const digits = view.read().allDigits ? exact : short;
        this.rows.forEach((row, i) => this.fillRow(row, this.cells[i], digits,
            row.ended ? null : this.losses?.summary(i)));
    }

    fillRow(row, cells, digits, live) {
        if (cells.shown !== row.state)
            refill(cells.state, badge(row.state));
        cells.shown = row.state;
        const begun = live || row.epoch > 0;
        const loss = (value) => begun && value !== undefined ? digits(finite(value)) : "";
        setText(cells.epoch, count(Math.max(live?.epoch ?? 0, row.epoch)));
        setText(cells.first, loss(live?.first ?? row.first_loss));
        setText(cells.last, loss(live ? live.last : row.loss));
        setText(cells.best, loss(live ? live.best : row.best_loss));
        cells.best.title = !live && row.best_epoch ? `at epoch ${count(row.best_epoch)}` : "";
        cells.named.forEach((cell, k) => signed(cell, row.named?.[NAMES[k]],
            digits === exact ? exact : brief));
        cells.predictions.forEach((cell, k) => {
            const outputs = row.predictions?.[k];
            setText(cell, outputs ? outputs.map((output) => digits(output)).join(", ") : "");
        });
    }
}

const finite = (value) => Number.isFinite(value) ? value : null;

/* Negative is orange and has a minus sign, positive is blue. */
function signed(cell, value, digits) {
    setText(cell, value === undefined ? "" : digits(value));
    cell.className = value < 0 ? "negative" : value > 0 ? "positive" : "";
}
