// The legend of the chart: what each line is, its loss at the cursor, and whether it is shown.

import {append, element, setText, svg} from "../base/element.js";
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

/* A short stroke of a run's line. */
export function swatch(i, n) {
    const {colour, dash} = look(i, n);
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
            runs.length > 1 && this.all]);
    }

    item(run, i, n, onToggle) {
        const value = element("span", {class: "value"});
        const line = swatch(i, n);
        const button = element("button", {type: "button", title: `Show or hide ${run.title}`,
                                          onclick: () => onToggle(i)},
            line, element("bdi", {class: "name"}, run.label), value);
        return {row: element("li", {}, button), button, value, line};
    }

    /* Writes the losses at the epoch of the cursor, or the last ones (null). `points` is what is
     * known of each run there, a point (or null) for each series shown; `titles` names these, `hide`
     * is the set of runs not shown, `digits` writes a loss. */
    draw(cursor, hide, points, titles, digits) {
        this.hidden = hide.size;
        setText(this.all, hide.size > 0 ? "Show all" : "Hide all");
        setText(this.head, cursor === null ? `last ${titles.join(" / ")}`
            : `epoch ${count(cursor)}${titles.length > 1 ? `: ${titles.join(" / ")}` : ""}`);
        this.items.forEach(({button, value, line}, i) => {
            const read = (write) => points[i].map((point) =>
                point ? reading(point, cursor ?? point.epoch, write) : "\u2013").join(" / ");
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
