// The series of a run's epochs: their names, their lines, and the choice of what is drawn.

import {element, svg} from "../base/element.js";
import * as view from "../base/view.js";

/* In the order of the server's columns. Lines of one run have its colour and differ in dashes. */
const SERIES = {
    loss: {title: "loss", dash: [],
           hint: "As printed: each sample scored just before its own update."},
    end_loss: {title: "end loss", dash: [2, 3],
               hint: "Of the weights at the end of the epoch, on what is trained on."},
    accuracy: {title: "accuracy", dash: [], isAccuracy: true,
               hint: "Of the weights at the end of the epoch, on what is trained on."},
    validation_loss: {title: "validation loss", dash: [7, 4],
                      hint: "Of the weights at the end of the epoch, on the validation part."},
    validation_accuracy: {title: "validation accuracy", dash: [7, 4], isAccuracy: true,
                          hint: "Of the weights at the end of the epoch, on the validation part."},
};

export const titleOf = (name) => SERIES[name].title;
export const dashOf = (name) => SERIES[name].dash;
export const isAccuracy = (name) => SERIES[name].isAccuracy === true;

/* What any of the rows of runs records; the loss comes first. */
export const recorded = (rows) => Object.keys(SERIES).filter((name) =>
    name === "loss" || rows.some((row) => row.series?.includes(name)));

/* The numbers of a series among an answer's columns, {loss, min, max}; null when it has none. */
export function columnsOf(columns, name) {
    const [low, high] = name === "loss" ? ["min", "max"] : [`${name}_min`, `${name}_max`];
    const loss = columns[name];
    return loss ? {loss, min: columns[low] ?? loss, max: columns[high] ?? loss} : null;
}

/* Those that are drawn: what the address says, or the losses of both parts. Losses and accuracies
 * have no axis in common. */
export function shownOf(names) {
    const asked = (view.read().series ?? []).filter((name) => names.includes(name));
    const alike = asked.filter((name) => isAccuracy(name) === isAccuracy(asked[0]));
    return alike.length > 0 ? alike
        : names.filter((name) => ["loss", "validation_loss"].includes(name));
}

/* Boxes to choose them by; `host` is the element to place. */
export class SeriesSwitch {
    constructor(names, onChange) {
        this.names = names;
        this.onChange = onChange;
        this.boxes = names.map((name) => element("input", {
            type: "checkbox", value: name, onchange: (event) => this.choose(name, event.target)}));
        this.host = element("fieldset", {class: "switch series", hidden: names.length < 2},
            element("legend", {}, "Lines"),
            names.map((name, i) => element("label", {title: SERIES[name].hint}, this.boxes[i],
                stroke(name), titleOf(name))));
    }

    /* The other kind takes the place of this one; the last one of all stays. */
    choose(name, box) {
        const now = shownOf(this.names);
        const kin = this.names.filter((other) => isAccuracy(other) === isAccuracy(name));
        const next = isAccuracy(now[0]) !== isAccuracy(name) ? kin
            : kin.filter((other) => other === name ? box.checked : now.includes(other));
        if (next.length > 0)
            this.onChange({series: next, zoom: null});
        else
            box.checked = true;
    }

    draw(shown) {
        this.boxes.forEach((box) => {
            box.checked = shown.includes(box.value);
        });
    }
}

const stroke = (name) => svg("svg", {class: "swatch", viewBox: "0 0 26 8", width: 26, height: 8,
                                     "aria-hidden": "true"},
    svg("line", {x1: 1, x2: 25, y1: 4, y2: 4, stroke: "currentColor", "stroke-width": 2,
                 "stroke-dasharray": dashOf(name).join(" ") || null}));
