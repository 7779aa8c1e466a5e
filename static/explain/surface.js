// What a network of one or two features says all over their plane, with the data on it.

import * as api from "../base/api.js";
import {element, refill} from "../base/element.js";
import {short} from "../base/format.js";
import {epochStepper} from "./stepper.js";
import {classColour, css, heat, paler, Plot, strip} from "./plot.js";

const DOTS = 2000, POINTS = 81;

export class Surface {
    /* context: {id, run, rest, row, ask, note}. */
    constructor(context) {
        this.context = context;
        this.epoch = epochStepper(context, () => this.show());
        this.plot = new Plot("What the network says");
        this.words = element("div");
        this.host = element("div", {}, element("div", {class: "pickers"}, this.epoch.host),
            this.words, this.plot.host);
    }

    update() {
        this.epoch.limit(this.context.row().epoch);
    }

    async show() {
        const {id, run, note, ask} = this.context, epoch = this.epoch.value;
        note(epoch ?? "");
        const answer = await ask(Promise.all([
            api.surface(id, run, {epoch, points: POINTS}), this.data ?? api.dataset(id, run)]));
        if (!answer)
            return;
        this.plot.host.hidden = answer instanceof Error;
        if (answer instanceof Error) {
            refill(this.words, element("p", {class: "fault"}, answer.message));
            return;
        }
        [this.answer, this.data] = answer;
        this.draw();
    }

    draw() {
        if (!this.answer)
            return;
        const {places, loss} = this.answer;
        if (places.length === 1)
            this.curve();
        else if (loss.endsWith("cross_entropy"))
            this.classes();
        else
            this.numbers();
    }

    get rows() {
        return this.data.rows.slice(0, DOTS);
    }

    axis(k) {
        const {places, features} = this.answer;
        return {name: features[k], from: places[k][0], to: places[k][places[k].length - 1]};
    }

    /* The place of the grid nearest to x, y. */
    near(x, y) {
        const share = (k, value) => {
            const {from, to} = this.axis(k), n = this.answer.places[k].length;
            return Math.min(Math.max(Math.round((value - from) / (to - from) * (n - 1)), 0), n - 1);
        };
        return this.answer.outputs[share(1, y) * this.answer.places[0].length + share(0, x)];
    }

    /* Colours of the grid, a row for each place along the second feature. */
    grid(colour) {
        const {outputs, places} = this.answer, n = places[0].length;
        return places[1].map((_, j) => outputs.slice(j * n, (j + 1) * n).map(colour));
    }

    numbers() {
        const {features, targets, outputs} = this.answer, nFeatures = features.length;
        const all = [...outputs.map(([value]) => value), ...this.rows.map((row) => row[nFeatures])]
            .filter((value) => value !== null);
        const low = Math.min(...all), high = Math.max(...all);
        const colour = (value) => heat(high > low ? (value - low) / (high - low) : .5);
        refill(this.words, element("p", {class: "facts"}, "Colours: what the network says of ",
            element("bdi", {}, targets[0]), ". Dots: the data, in the colours of their targets: a ",
            "dot that melts into its ground is predicted well."),
            strip(short(low, 4), short(high, 4)));
        this.plot.show({
            label: `What the network says of ${targets[0]}, from ${short(low)} to ${short(high)}`,
            x: this.axis(0), y: this.axis(1),
            paint: (plot) => {
                plot.cells(this.grid(([value]) => colour(value)));
                for (const row of this.rows)
                    plot.dot(row[0], row[1], css(colour(row[nFeatures])));
            },
            tell: (x, y) => `${features[0]} ${short(x, 4)}, ${features[1]} ${short(y, 4)}: ` +
                `${short(this.near(x, y)[0], 6)}`});
    }

    /* The class of outputs or targets, and how sure it is (from 0 to 1). */
    classOf(values) {
        if (values.length === 1)
            return [values[0] >= .5 ? 1 : 0, Math.abs(values[0] - .5) * 2];
        const best = values.indexOf(Math.max(...values));
        return [best, (values[best] - 1 / values.length) / (1 - 1 / values.length)];
    }

    classes() {
        const {features, targets} = this.answer, n = features.length;
        const names = this.data.classes ?? (targets.length > 1 ? targets : ["0", "1"]);
        refill(this.words, element("p", {class: "facts"}, "Colours: the class the network finds ",
            "likeliest, paler where it is less sure. Dots: the data, in the colours of their own ",
            "class."),
            element("p", {class: "note legend-strip"}, names.map((name, k) => [
                this.sample(k), element("bdi", {}, name)])));
        this.plot.show({
            label: `Classes over ${features[0]} and ${features[1]}`,
            x: this.axis(0), y: this.axis(1),
            paint: (plot) => {
                const dark = matchMedia("(prefers-color-scheme: dark)").matches;
                const ground = dark ? [27, 30, 37] : [255, 255, 255];
                plot.cells(this.grid((values) => {
                    const [k, sure] = this.classOf(values);
                    return paler(classColour(k), .15 + .6 * sure, ground);
                }));
                for (const row of this.rows)
                    plot.dot(row[0], row[1], css(classColour(this.classOf(row.slice(n))[0])));
            },
            tell: (x, y) => {
                const values = this.near(x, y), [k] = this.classOf(values);
                const share = values.length === 1 && k === 0 ? 1 - values[0]
                    : values[values.length === 1 ? 0 : k];
                return `${features[0]} ${short(x, 4)}, ${features[1]} ${short(y, 4)}: ` +
                    `${names[k]} (${(100 * share).toFixed(1)} %)`;
            }});
    }

    /* A square in a class's colour. */
    sample(k) {
        const canvas = element("canvas", {class: "sample", width: 1, height: 1,
                                          "aria-hidden": "true"});
        const pen = canvas.getContext("2d");
        pen.fillStyle = css(classColour(k));
        pen.fillRect(0, 0, 1, 1);
        return canvas;
    }

    curve() {
        const {features, targets, outputs, places} = this.answer;
        const all = [...outputs, ...this.rows.map((row) => row.slice(1))].flat()
            .filter((value) => value !== null);
        const low = Math.min(...all), high = Math.max(...all), margin = (high - low || 1) * .06;
        refill(this.words, element("p", {class: "facts"},
            "Line: what the network says. Dots: the data."));
        this.plot.show({
            label: `What the network says along ${features[0]}`, x: this.axis(0),
            y: {name: targets.join(", "), from: low - margin, to: high + margin},
            paint: (plot) => {
                for (const row of this.rows)
                    plot.dot(row[0], row[1], plot.quiet);
                plot.pen.strokeStyle = plot.accent;
                plot.pen.lineWidth = 2.5;
                targets.forEach((_, k) => plot.line(places[0].map((x, i) => [x, outputs[i][k]])));
            }});
    }
}
