// A field for a whole number with buttons to its neighbours.

import {element} from "../base/element.js";

/* A field for a whole number from low to high, with buttons to the ones before and after. */
export class Stepper {
    constructor(label, {low, high, value, onchange, empty}) {
        Object.assign(this, {low, high, onchange});
        this.input = element("input", {type: "number", min: low, max: high, step: 1, value,
                                       placeholder: empty ?? "",
                                       onchange: () => this.changed()});
        const button = (text, words, by) => element("button", {type: "button", class: "quiet",
            "aria-label": words, onclick: () => this.move(by)}, text);
        this.host = element("span", {class: "stepper"},
            element("label", {}, label, " ", this.input),
            button("\u2039", `${label} before`, -1), button("\u203a", `next ${label}`, 1));
    }

    get value() {
        return this.input.value === "" ? null : Number(this.input.value);
    }

    limit(high) {
        this.high = high;
        this.input.max = high;
    }

    move(by) {
        const now = this.value ?? (by > 0 ? this.low - 1 : this.high + 1);
        this.input.value = Math.min(Math.max(now + by, this.low), this.high);
        this.changed();
    }

    changed() {
        this.onchange(this.value);
    }
}
