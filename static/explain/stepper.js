// A field for a whole number with buttons to its neighbours, and to some that have a name.

import {element} from "../base/element.js";

/* A field for a whole number from low to high, with buttons to the ones before and after, and for
 * each of `places`, {name: () => its number, or nothing now}. */
export class Stepper {
    constructor(label, {low, high, value, onchange, empty, places = {}}) {
        Object.assign(this, {low, high, onchange, places});
        this.input = element("input", {type: "number", min: low, max: high, step: 1, value,
                                       placeholder: empty ?? "",
                                       onchange: () => this.changed()});
        const button = (text, words, by) => element("button", {type: "button", class: "quiet",
            "aria-label": words, onclick: () => this.move(by)}, text);
        this.host = element("span", {class: "stepper"},
            element("label", {}, label, " ", this.input),
            button("\u2039", `${label} before`, -1), button("\u203a", `next ${label}`, 1),
            Object.keys(places).map((name) => this.place(name, label)));
    }

    place(name, label) {
        return element("button", {type: "button", class: "quiet place", "data-place": name,
            "aria-label": `${name} ${label}`, onclick: () => this.put(this.places[name]()),
            hidden: this.places[name]() === undefined}, name);
    }

    put(number) {
        this.input.value = number;
        this.changed();
    }

    get value() {
        return this.input.value === "" ? null : Number(this.input.value);
    }

    limit(high) {
        this.high = high;
        this.input.max = high;
        for (const button of this.host.querySelectorAll(".place"))
            button.hidden = this.places[button.dataset.place]() === undefined;
    }

    move(by) {
        const now = this.value ?? (by > 0 ? this.low - 1 : this.high + 1);
        this.put(Math.min(Math.max(now + by, this.low), this.high));
    }

    changed() {
        this.onchange(this.value);
    }
}

/* The epoch after which a run is looked at: at first its last, or what the address says. */
export function epochStepper({row, rest: [asked]}, onchange) {
    const last = row().epoch;
    return new Stepper("epoch", {low: 0, high: last, value: asked || last, onchange, places: {
        best: () => row().best?.epoch || undefined,
        end: () => row().epoch,
    }});
}
