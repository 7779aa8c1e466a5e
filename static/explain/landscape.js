// The loss around a run's parameters: a line with its exact pieces, or a heat map of a plane.

import * as api from "../base/api.js";
import {element, refill} from "../base/element.js";
import {count, plural, short, tick} from "../base/format.js";
import {css, heat, Plot, strip} from "./plot.js";
import {epochStepper} from "./stepper.js";

const KINDS = {parameters: "parameters", eigenvectors: "the Hessian\u2019s eigenvectors",
               path: "the path of the run", between: "other runs", random: "random directions"};
const HINTS = {parameters: ["name, as w1", "none: a line"],
               eigenvectors: ["rank, as 0", "another, as 1"],
               between: ["a run, as 1 or id:0", "none: a line"],
               random: ["a seed, as 1", "another, as 2"]};

/* A tick of a log axis. */
const tenTo = (power) => tick(Number((10 ** power).toPrecision(3)));

export class Landscape {
    /* context: {id, run, rest, row, ask, note}. */
    constructor(context) {
        this.context = context;
        const [, kind, x, y] = context.rest;
        this.epoch = epochStepper(context, () => this.show());
        this.kind = element("select", {onchange: () => this.choose()},
            Object.entries(KINDS).map(([value, text]) =>
                element("option", {value, selected: value === (kind || "path")}, text)));
        this.axes = [x, y].map((value, k) => element("input", {type: "text", size: 14,
            value: value ?? "", "aria-label": k === 0 ? "First axis" : "Second axis",
            onchange: () => this.show()}));
        this.plot = new Plot("The loss around the run");
        this.words = element("div");
        this.host = element("div", {}, element("div", {class: "pickers"}, this.epoch.host,
            element("label", {}, "along ", this.kind), this.axes), this.words, this.plot.host);
        this.hint();
    }

    update() {
        this.epoch.limit(this.context.row().epoch);
    }

    hint() {
        const hints = HINTS[this.kind.value];
        this.axes.forEach((input, k) => {
            input.hidden = !hints;
            input.placeholder = hints?.[k] ?? "";
        });
    }

    /* Names of one kind of axes mean nothing to another. */
    choose() {
        this.axes.forEach((input) => { input.value = ""; });
        this.hint();
        this.show();
    }

    async show() {
        const {id, run, note, ask} = this.context;
        const kind = this.kind.value, [x, y] = this.axes.map((input) => input.value.trim());
        const epoch = this.epoch.value;
        note(epoch ?? "", kind, x, y);
        const answer = await ask(kind === "between" && !x
            ? new Error("Which other run? Its number, or experiment:number.")
            : api.landscape(id, run, {epoch, kind, x, y}));
        if (!answer)
            return;
        if (answer instanceof Error) {
            this.say(answer.message);
            return;
        }
        this.answer = answer;
        this.plot.host.hidden = false;
        this.draw();
    }

    say(text) {
        this.plot.host.hidden = true;
        this.answer = null;
        refill(this.words, element("p", {class: "fault"}, text));
    }

    draw() {
        if (this.answer?.y)
            this.plane();
        else if (this.answer)
            this.line();
    }

    axis(name) {
        const {name: text, values} = this.answer[name];
        return {name: text, from: values[0], to: values[values.length - 1]};
    }

    // --- a line ----------------------------------------------------------------------------

    line() {
        const {x, loss, here, exact, not_exact_because: why} = this.answer;
        const finite = loss.filter((value) => value !== null);
        const low = Math.min(...finite), high = Math.max(...finite);
        const isLog = low > 0 && high > 30 * low;
        const y = (value) => isLog ? Math.log10(value) : value;
        const margin = (y(high) - y(low) || 1) * .06;
        const from = y(low) - margin, to = y(high) + margin;
        const points = x.values.map((value, i) => [value, loss[i]])
            .filter(([, value]) => value !== null);
        refill(this.words, element("p", {class: "facts"}, exact
            ? `${plural(exact.pieces.length, "parabola")}, joined where a unit switches on a ` +
              `sample. The lowest point: ${x.name} = ${short(exact.least.at, 6)}, loss ` +
              `${short(exact.least.loss, 6)} (the run has ${short(here, 6)}).`
            : `The loss of the run: ${short(here, 6)}.`, why && ` Not exact: ${why}.`,
            ` ${this.answer.note}`));
        this.plot.show({
            label: `Loss along ${x.name}, from ${short(low)} to ${short(high)}`,
            x: this.axis("x"), y: {name: isLog ? "loss (log scale)" : "loss", from, to,
                                   tick: isLog ? tenTo : tick},
            paint: (plot) => {
                plot.pen.strokeStyle = plot.quiet;
                plot.pen.lineWidth = .4;
                for (const [bend] of exact?.pieces.slice(1) ?? [])
                    plot.line([[bend, from], [bend, to]]);
                plot.pen.strokeStyle = plot.accent;
                plot.pen.lineWidth = 2.5;
                plot.line(points.map(([t, value]) => [t, y(value)]));
                plot.dot(x.here ?? 0, y(here), plot.ink, 5);
                if (exact)
                    plot.dot(exact.least.at, y(exact.least.loss), plot.accent, 5);
            },
            tell: (at) => {
                const near = points.reduce((best, point) =>
                    Math.abs(point[0] - at) < Math.abs(best[0] - at) ? point : best);
                return `${x.name} ${short(near[0], 5)}: loss ${short(near[1], 6)}`;
            }});
    }

    // --- a plane ---------------------------------------------------------------------------

    plane() {
        const {x, y, loss, here, path} = this.answer;
        const finite = loss.flat().filter((value) => value !== null && value > 0);
        const low = Math.log(Math.min(...finite)), high = Math.log(Math.max(...finite));
        const colour = (value) => heat(value === null ? 1 : value <= 0 ? 0
            : high > low ? (Math.log(value) - low) / (high - low) : .5);
        refill(this.words, element("p", {class: "facts"}, `The run (large dot) has loss ` +
            `${short(here, 6)}.`, path && ` Its path: ${count(path.epoch.length)} dots from ` +
            `epoch 0 to ${count(path.epoch[path.epoch.length - 1])}; this plane holds ` +
            `${(100 * (path.shares[0] + path.shares[1])).toFixed(1)} % of it.`,
            ` Colours by the logarithm of the loss. ${this.answer.note}`),
            strip(short(Math.exp(low), 4), short(Math.exp(high), 4)));
        this.plot.show({
            label: `Loss over ${x.name} and ${y.name}, from ${short(Math.exp(low))} to ` +
                `${short(Math.exp(high))}`,
            x: this.axis("x"), y: this.axis("y"),
            paint: (plot) => {
                plot.cells(loss.map((row) => row.map(colour)));
                if (path)
                    this.walk(plot, path);
                plot.dot(x.here ?? 0, y.here ?? 0, css([213, 62, 0]), 6);
            },
            tell: (a, b) => `loss ${short(this.near(a, b), 6)}`});
    }

    walk(plot, path) {
        plot.pen.strokeStyle = "#fff";
        plot.pen.lineWidth = 1.5;
        plot.line(path.x.map((x, i) => [x, path.y[i]]));
        path.x.forEach((x, i) => plot.dot(x, path.y[i], "#fff", 2));
    }

    near(a, b) {
        const index = (value, {from, to}, n) => Math.min(Math.max(
            Math.round((value - from) / (to - from) * (n - 1)), 0), n - 1);
        const {x, y, loss} = this.answer;
        return loss[index(b, this.axis("y"), y.values.length)][
            index(a, this.axis("x"), x.values.length)];
    }
}
