// The table of runs: state, losses, final weights and biases by name, predictions.

import {copyButton} from "../base/copy.js";
import {append, element, refill, setText} from "../base/element.js";
import {brief, count, exact, listed, setting, short} from "../base/format.js";
import {scrolling} from "../base/scroll.js";
import {badge} from "../base/state.js";
import * as view from "../base/view.js";
import {swatch} from "../chart/legend.js";
import {recorded, titleOf} from "../chart/series.js";

const NAMES = ["w1", "w2", "w3", "w4", "w5", "w6", "bias1", "bias2", "bias3"];
const PREDICTIONS = 4; // so many have a column, the CSV has all
const COLUMNS = ["state", "stopped", "epoch", "first_loss", "loss", "best_loss", "best_epoch"];

/* Why a run was done before its last epoch. */
export const STOPPED = {target: "stopped at its target", patience: "stopped by patience",
                        time: "stopped by its time"};

export class Runs {
    /* `labels` is [{label, exact, title}] for each run, `heading` what they are; `predict` the rows
     * of the spec's predict. */
    constructor(host, {rows, labels, heading, predict, onDigits}) {
        this.labels = labels;
        this.predict = predict;
        this.nPredictions = Math.min(predict.length, PREDICTIONS);
        this.named = false;
        this.rows = rows;
        this.others = recorded(rows).slice(1); // series beside the loss
        this.losses = null;
        this.table = element("table", {class: "runs"});
        this.beyond = element("span");
        this.heading = heading;
        this.onDigits = onDigits;
        append(host, [
            element("header", {class: "tools"}, element("h2", {}, "Runs"),
                copyButton("Copy as CSV", () => this.csv(), "the runs with all digits"),
                element("label", {class: "check"},
                    element("input", {type: "checkbox", checked: view.read().allDigits,
                                      onchange: (event) => this.digits(event.target.checked)}),
                    "All digits")),
            scrolling("Runs", this.table, this.beyond)]);
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

    csv() {
        return csvOf(this.rows, this.predict);
    }

    build() {
        this.named = this.rows.some((row) => row.named);
        this.cells = [];
        const lines = this.rows.map((_, i) => this.line(i));
        refill(this.table, this.head(), element("tbody", {}, lines));
        setText(this.beyond, listed(["losses", ...this.named ? ["weights", "biases"] : [],
                                     ...this.nPredictions > 0 ? ["predictions"] : []]));
        this.fill();
    }

    head() {
        const over = (n, text) =>
            element("th", {colspan: n, scope: "colgroup", class: "over"}, text);
        const column = (text) => element("th", {scope: "col"}, text);
        const queries = this.predict.slice(0, this.nPredictions)
            .map((row) => row.map(setting).join(", "));
        const some = queries.length < this.predict.length &&
            ` (${queries.length} of ${this.predict.length}; the copy has all)`;
        const groups = element("tr", {},
            element("th", {rowspan: 2, scope: "col", class: "label"},
                element("bdi", {}, this.heading)),
            element("th", {rowspan: 2, scope: "col", class: "word"}, "state"),
            element("th", {rowspan: 2, scope: "col"}, "epoch"),
            over(3, "loss"),
            this.others.length > 0 && [over(this.others.length, "after the last epoch"),
                element("th", {rowspan: 2, scope: "col"}, "best epoch")],
            this.named && [over(6, "weights"), over(3, "biases")],
            queries.length > 0 && over(queries.length, `prediction for${some || ""}`));
        const columns = element("tr", {}, ["first", "last", "best"].map(column),
            this.others.map((name) => column(titleOf(name))),
            this.named && NAMES.map(column), queries.map(column));
        return element("thead", {}, groups, columns);
    }

    line(i) {
        const cell = () => element("td");
        const cells = {label: element("bdi"), state: element("td", {class: "word"}),
                       epoch: cell(), first: cell(),
                       last: cell(), best: cell(), others: this.others.map(cell),
                       bestEpoch: this.others.length > 0 && cell(),
                       named: this.named ? NAMES.map(cell) : [],
                       predictions: Array.from({length: this.nPredictions}, cell)};
        this.cells.push(cells);
        return element("tr", {},
            element("th", {scope: "row", class: "label", title: this.labels[i].title},
                element("span", {}, swatch(i, this.rows.length), cells.label)),
            cells.state, cells.epoch, cells.first, cells.last, cells.best, cells.others,
            cells.bestEpoch, cells.named, cells.predictions);
    }

    fill() {
        const digits = view.read().allDigits ? exact : short;
        this.rows.forEach((row, i) => {
            const {label, exact: whole} = this.labels[i];
            setText(this.cells[i].label, digits === exact ? whole : label);
            this.fillRow(row, this.cells[i], digits, row.ended ? null : this.losses?.summary(i));
        });
    }

    fillRow(row, cells, digits, live) {
        if (cells.shown !== row.state)
            refill(cells.state, badge(row.state), how(row));
        cells.shown = row.state;
        const begun = live || row.epoch > 0;
        const loss = (value) => begun && value !== undefined ? digits(finite(value)) : "";
        setText(cells.epoch, count(Math.max(live?.epoch ?? 0, row.epoch)));
        setText(cells.first, loss(live?.first ?? row.first_loss));
        setText(cells.last, loss(live ? live.last : row.loss));
        setText(cells.best, loss(live ? live.best : row.best_loss));
        this.fillOthers(row, cells, loss, live);
        cells.named.forEach((cell, k) => signed(cell, row.named?.[NAMES[k]],
            digits === exact ? exact : brief));
        cells.predictions.forEach((cell, k) => {
            const outputs = row.predictions?.[k];
            setText(cell, outputs ? outputs.map((output) => digits(output)).join(", ") : "");
        });
    }

    /* The last values of the other series, and where what is monitored was lowest. */
    fillOthers(row, cells, loss, live) {
        const {best} = row;
        const told = best?.epoch > 0 && !live;
        cells.best.title = told && best.monitor === "loss" ? `at epoch ${count(best.epoch)}` : "";
        cells.others.forEach((cell, k) => {
            const name = this.others[k];
            setText(cell, loss(live ? this.losses.at(row.run, live.epoch, name)?.loss : row[name]));
        });
        if (cells.bestEpoch) {
            setText(cells.bestEpoch, told ? count(best.epoch) : "");
            cells.bestEpoch.title = told
                ? `Lowest ${titleOf(best.monitor)}: ${exact(best[best.monitor])}` : "";
        }
    }
}

/* What else is to be said of its state. */
function how({stopped, epoch, diverged}) {
    return stopped ? `, ${STOPPED[stopped]} at epoch ${count(epoch)}`
        : diverged ? ` in epoch ${count(diverged.epoch)}` : "";
}

/* The rows with all digits, as the server last told them; its own names are the header. */
function csvOf(rows, predict) {
    const pointers = Object.keys(rows[0]?.overrides ?? {});
    const told = [...COLUMNS, ...recorded(rows).slice(1)];
    const columns = ["run", ...pointers, ...told, ...rows.some((row) => row.named) ? NAMES : [],
                     ...predict.map((inputs) => `prediction for ${inputs.join(", ")}`)];
    const lines = rows.map((row) => [row.run, ...pointers.map((at) => setting(row.overrides[at])),
        ...told.map((name) => row[name]),
        ...rows.some((other) => other.named) ? NAMES.map((name) => row.named?.[name]) : [],
        ...predict.map((_, k) => row.predictions?.[k]?.join(" "))]);
    const cell = (value) => /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
    return [columns, ...lines].map((line) =>
        `${line.map((value) => cell(String(value ?? ""))).join(",")}\r\n`).join("");
}

const finite = (value) => Number.isFinite(value) ? value : null;

/* Negative is orange and has a minus sign, positive is blue. */
function signed(cell, value, digits) {
    setText(cell, value === undefined ? "" : digits(value));
    cell.className = value < 0 ? "negative" : value > 0 ? "positive" : "";
}
