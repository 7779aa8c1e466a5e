// Floors: the losses that a class of predictors cannot beat, by the names a first course knows.

import {append, element, refill} from "../base/element.js";
import {exact, short} from "../base/format.js";

const NAMES = {
    constant: "best constant",
    prior_entropy: "best guess without inputs",
    linear: "linear regression",
    logistic: "logistic regression",
    pure_error: "no function can go below",
    label_conflict: "no function can go below",
    best_known: "best known for this network",
    noise: "noise of the data\u2019s formula",
    population_constant: "best constant for all data",
};

/* Lines for the chart, highest first: {value, label}. What holds for all data that could be drawn
 * is no floor of these samples, and not drawn. */
export function floorLines(lines) {
    return lines.filter((line) => line.of === "train" && line.value > 0).map((line) => ({
        value: line.value, label: `${NAMES[line.code] ?? line.code} ${short(line.value, 4)}`}));
}

/* The list below the verdicts: every floor with its value and what it means. */
export class FloorList {
    constructor() {
        this.list = element("dl", {class: "floors"});
        this.host = element("details", {hidden: true},
            element("summary", {}, "How low can the loss get on these data?"), this.list);
    }

    draw(floors) {
        const lines = floors?.lines ?? [], missing = floors?.not_known ?? [];
        this.host.hidden = lines.length + missing.length === 0;
        refill(this.list);
        append(this.list, lines.map((line) => element("div", {},
            element("dt", {}, NAMES[line.code] ?? line.code, " ",
                element("span", {class: "value", title: exact(line.value)},
                    short(line.value, 5))),
            element("dd", {}, line.text,
                line.formula && element("code", {class: "formula-note"}, line.formula)))));
        append(this.list, missing.map(({code, why}) => element("div", {},
            element("dt", {}, NAMES[code] ?? code), element("dd", {}, `Not known: ${why}.`))));
    }
}
