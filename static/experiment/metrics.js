// What a run's parameters are worth on its data: loss, accuracy or R², and confusion matrices.

import * as api from "../base/api.js";
import {append, element, refill} from "../base/element.js";
import {count, exact, short} from "../base/format.js";
import {scrolling} from "../base/scroll.js";
import * as view from "../base/view.js";

const PARTS = ["train", "validation", "test"];
const OUTPUTS = 8; // so many have an R² of their own in the table, the JSON has all

export class Metrics {
    /* `labels` is [{label, exact, title}] for each run of the experiment `id`. */
    constructor(host, {id, labels}) {
        this.id = id;
        this.host = host;
        this.run = 0;
        this.shown = null; // the run whose metrics are here
        this.rows = [];
        this.body = element("div", {class: "metrics"});
        const choice = labels.length > 1 && element("label", {class: "check"}, "of",
            element("select", {"aria-label": "Run", onchange: (event) => this.choose(event)},
                labels.map(({title}, i) => element("option", {value: i}, title))));
        append(host, [element("header", {class: "tools"}, element("h2", {}, "Metrics"), choice),
            this.body]);
        host.hidden = true;
    }

    /* New rows from the server: a run's metrics are asked for once it has ended. */
    update(rows) {
        this.rows = rows;
        this.fetch();
    }

    choose(event) {
        this.run = Number(event.target.value);
        this.fetch();
    }

    async fetch() {
        const {run} = this;
        if (!this.rows[run]?.ended) {
            this.shown = null;
            refill(this.body, element("p", {class: "note"}, "This run has not ended."));
        } else if (this.shown !== run) {
            this.shown = run;
            const told = await api.run(this.id, run).catch((problem) => problem);
            if (this.run !== run)
                return;
            this.metrics = told.metrics ?? {left_out: told.message};
            this.host.hidden = false;
            this.draw();
        }
    }

    /* Writes the tables anew, with as many digits as the view says. */
    draw() {
        const {metrics} = this;
        if (!metrics || this.shown === null)
            return;
        if (metrics.left_out) {
            refill(this.body, element("p", {class: "note"}, `Left out: ${metrics.left_out}.`));
            return;
        }
        const parts = PARTS.filter((part) => metrics[part]);
        refill(this.body, scrolling("Metrics", figures(metrics, parts)),
            element("div", {class: "matrices"}, parts.filter((part) => metrics[part].confusion)
                .map((part) => scrolling(`Confusion matrix, ${part}`,
                    matrix(metrics.classes, metrics[part].confusion, part)))));
    }
}

const digits = (value) => (view.read().allDigits ? exact : short)(value);

/* What a share of right answers is. */
const percent = (value) => view.read().allDigits ? exact(value) : `${(100 * value).toFixed(1)} %`;

/* R² of targets that are all the same is none. */
const r2 = (value) => value === null ? "\u2013" : digits(value);

/* A row for each part. */
function figures(metrics, parts) {
    const outputs = (metrics.outputs ?? []).length > 1 ? metrics.outputs.slice(0, OUTPUTS) : [];
    const scaled = parts.some((part) => metrics[part].loss_original_units !== undefined);
    const head = ["part", "samples", "loss", ...scaled ? ["loss in the targets\u2019 units"] : [],
                  ...metrics.classes || !metrics.outputs ? ["accuracy"] : ["R\u00b2"],
                  ...outputs.map((name) => `R\u00b2 of ${name}`)];
    const line = (part) => {
        const {n_samples: n, loss, loss_original_units: own, accuracy, r2: all,
               r2_by_output: each} = metrics[part];
        return element("tr", {}, element("th", {scope: "row", class: "word"}, part),
            [count(n), digits(loss), ...scaled ? [own === null ? "\u2013" : digits(own)] : [],
             accuracy === undefined ? r2(all) : percent(accuracy),
             ...outputs.map((_, j) => r2(each[j]))].map((text) => element("td", {}, text)));
    };
    return element("table", {},
        element("thead", {}, element("tr", {},
            head.map((text, i) => element("th", {scope: "col", class: i === 0 ? "word" : null},
                text)))),
        element("tbody", {}, parts.map(line)));
}

/* A row for each true class, a column for each predicted one. */
function matrix(classes, confusion, part) {
    const name = (text) => element("bdi", {}, text);
    return element("table", {class: "confusion"},
        element("caption", {}, `${part}: rows true, columns predicted`),
        element("thead", {}, element("tr", {}, element("td"),
            classes.map((text) => element("th", {scope: "col"}, name(text))))),
        element("tbody", {}, confusion.map((counts, i) => element("tr", {},
            element("th", {scope: "row", class: "word"}, name(classes[i])),
            counts.map((n, k) => element("td",
                {class: i === k ? "hit" : n > 0 ? "miss" : "none"}, count(n)))))));
}
