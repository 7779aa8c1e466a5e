// The legend of the chart: what each line is, its loss at the cursor, and whether it is shown.

import {append, element, refill, setText, svg} from "../base/element.js";
import {count, exact, short} from "../base/format.js";
import {scrolling} from "../base/scroll.js";

const DASHES = [[], [9, 4], [2, 3], [12, 4, 2, 4]];
const COLOURS = 12;  // --run-0 to --run-11 in style.css
const ALONE = 2;     // the one for a single run
const MANY = 24;     // so many lines are a field: thin, and told apart by the mouse

/* How run `i` of `n` looks in the chart, the legend and the tables: colours run with the runs, and
 * neighbours also differ in their dashes. */
export function look(i, n) {
    const place = n === 1 ? ALONE : Math.round(i * (COLOURS - 1) / (n - 1));
    return {colour: `--run-${place}`, dash: n === 1 || n > MANY ? [] : DASHES[i % DASHES.length],
            width: n > MANY ? 1.25 : 2};
}

/* And how the run looks that they were forked from. */
export const SOURCE = {colour: "--source", dash: [6, 3, 1, 3], width: 1.5};

/* A short stroke of a run's line. */
export const swatch = (i, n) => stroke(look(i, n));

function stroke({colour, dash}) {
    return svg("svg", {class: "swatch", viewBox: "0 0 26 8", width: 26, height: 8,
                       "aria-hidden": "true"},
        svg("line", {x1: 1, x2: 25, y1: 4, y2: 4, class: colour.slice(2),
                     "stroke-dasharray": dash.join(" ") || null}));
}

/* The loss at `epoch` of the point it lies in: of a thinned point the range of its losses.
 * `digits` writes a number. */
export function reading(point, epoch, digits = short) {
    const write = (loss) => digits(Number.isFinite(loss) ? loss : null);
    const low = write(point.min), high = write(point.max);
    return epoch === point.epoch || low === high ? write(point.loss) : `${low} to ${high}`;
}

export class Legend {
    /* `runs` is [{label, title}], `heading` what the labels are; onToggle(run) is a click,
     * onAll(shown) one that is for all of them. */
    constructor(host, {heading, runs, onToggle, onAll}) {
        this.head = element("p", {class: "legend-head"});
        this.items = runs.map((run, i) => this.item(run, i, runs.length, onToggle));
        this.all = element("button", {type: "button", class: "quiet",
                                      onclick: () => onAll(this.hidden > 0)});
        append(host, [
            element("div", {class: "legend-title"}, element("bdi", {}, heading), this.head),
            scrolling("Runs of the chart", element("ul", {}, this.items.map((item) => item.row))),
            this.source = element("p", {class: "source", hidden: true}),
            runs.length > 1 && this.all]);
    }

    /* The run that these come from, with what is known of it at the cursor; null is not drawn. */
    drawSource(source, points, cursor, digits) {
        this.source.hidden = !source;
        if (!source)
            return;
        refill(this.source, stroke(SOURCE), element("bdi", {class: "name"}, source.title),
            element("span", {class: "value"}, points.map((point) =>
                point ? reading(point, cursor ?? point.epoch, digits) : "\u2013").join(" / ")));
    }

    item(run, i, n, onToggle) {
        const value = element("span", {class: "value"});
        const line = swatch(i, n);
        const button = element("button", {type: "button", title: `Show or hide ${run.title}`,
                                          onclick: () => onToggle(i)},
            line, element("bdi", {class: "name"}, run.label), value);
        return {row: element("li", {}, button), button, value, line};
    }

    /* Writes the losses at the epoch of the cursor, or the last ones (null); `own` is the same
     * epoch as these runs count it. `points` is what is known of each run there, a point (or null)
     * for each series shown; `titles` names these, `hide` is the set of runs not shown, `digits`
     * writes a loss. */
    draw(cursor, own, hide, points, titles, digits) {
        this.hidden = hide.size;
        setText(this.all, hide.size > 0 ? "Show all" : "Hide all");
        const here = own !== cursor && own > 0 ? ` (here ${count(own)})` : "";
        setText(this.head, cursor === null ? `last ${titles.join(" / ")}`
            : `epoch ${count(cursor)}${here}${titles.length > 1 ? `: ${titles.join(" / ")}` : ""}`);
        this.items.forEach(({button, value, line}, i) => {
            const read = (write) => points[i].map((point) =>
                point ? reading(point, own ?? point.epoch, write) : "\u2013").join(" / ");
            setText(value, read(digits));
            value.title = points[i].some((point) => point) ? read(exact) : "";
            line.classList.toggle("plain", titles.length > 1);
            button.setAttribute("aria-pressed", !hide.has(i));
        });
    }

    /* Marks the run nearest to the mouse; null marks none. */
    near(run) {
        this.items.forEach(({row}, i) => row.classList.toggle("near", i === run));
    }
}
