// The chart's twin: the same losses as a table, at epochs 1, 2, 5, 10, 20, ... and the last.

import {element, refill} from "../base/element.js";
import {count, exact, short} from "../base/format.js";
import {scrolling} from "../base/scroll.js";
import * as view from "../base/view.js";
import {reading} from "./legend.js";
import {shownOf, titleOf} from "./series.js";

export class Twin {
    /* `losses` is the store, `runs` is [{label, exact, title}]. `host` is the element to place. */
    constructor(losses, runs) {
        this.losses = losses;
        this.runs = runs;
        this.source = null;
        this.table = element("table");
        this.host = element("details", {ontoggle: () => this.draw()},
            element("summary", {}, "The losses as a table"),
            scrolling("Losses at some epochs", this.table, "more runs"));
    }

    /* Writes the table anew, when it is open, with what was going on in the `source` of the runs,
     * if one is given. */
    draw(source = this.source) {
        this.source = source;
        if (!this.host.open)
            return;
        const digits = view.read().allDigits ? exact : short;
        const shown = shownOf(this.losses.names);
        const also = (name) => shown.length > 1 || name !== "loss" ? ` ${titleOf(name)}` : "";
        const head = element("tr", {}, element("th", {scope: "col"}, "epoch"),
            this.runs.map((run) => shown.map((name) =>
                element("th", {scope: "col", title: run.title},
                    element("bdi", {}, digits === exact ? run.exact : run.label), also(name)))),
            source && shown.map((name) => element("th", {scope: "col"},
                element("bdi", {}, source.title), also(name))));
        const rows = someEpochs(this.losses.reached())
            .map((epoch) => this.row(epoch, shown, digits));
        refill(this.table, element("thead", {}, head), element("tbody", {}, rows));
    }

    row(epoch, shown, digits) {
        const cells = this.runs.map((_, run) => shown.map((name) => {
            const point = this.losses.at(run, epoch, name);
            return element("td", {}, point ? reading(point, epoch, digits) : "");
        }));
        const then = epoch + (this.source?.shift ?? 0);
        const before = this.source && shown.map((name) => {
            const point = this.source.at(then, name);
            return element("td", {}, point ? reading(point, then, digits) : "");
        });
        return element("tr", {}, element("th", {scope: "row"}, count(epoch)), cells, before);
    }
}

function someEpochs(last) {
    const epochs = [];
    for (let power = 1; power <= last; power *= 10)
        epochs.push(...[power, 2 * power, 5 * power].filter((epoch) => epoch < last));
    return last > 0 ? [...epochs, last] : [];
}
