// The curvatures of the loss at a run's parameters: the eigenvalues of its Hessian, the largest
// beside the learning rate, and a way to look along each.

import * as api from "../base/api.js";
import {element, refill} from "../base/element.js";
import {count, exact, listed, setting, short} from "../base/format.js";
import {scrolling} from "../base/scroll.js";
import {fieldOf} from "../base/spec.js";
import * as view from "../base/view.js";
import {epochStepper} from "./stepper.js";

const EACH_END = 16; // of more eigenvalues than twice this, so many of either end have a line

const written = (value) => view.read().allDigits ? exact(value).replaceAll("-", "\u2212")
    : short(value);

export class Curvature {
    /* context: {id, run, rest, row, spec, ask, note, look}; look(tab, ...rest) opens another
     * tab. */
    constructor(context) {
        this.context = context;
        this.epoch = epochStepper(context, () => this.show());
        this.body = element("div", {class: "curvature"});
        this.host = element("div", {}, element("div", {class: "pickers"}, this.epoch.host),
            this.body);
    }

    update() {
        this.epoch.limit(this.context.row().epoch);
    }

    async show() {
        const {id, run, note, ask} = this.context, epoch = this.epoch.value;
        note(epoch ?? "");
        const answer = await ask(api.hessian(id, run, {epoch}));
        if (!answer)
            return;
        this.answer = answer;
        this.draw();
    }

    draw() {
        const {answer} = this;
        if (answer instanceof Error)
            refill(this.body, element("p", {class: "fault"}, answer.message));
        else if (answer)
            refill(this.body, summary(answer), this.rates(), this.spectrum(),
                element("p", {class: "note"}, answer.zeros.text));
    }

    field(pointer) {
        return fieldOf(this.context.spec, this.context.row().overrides, pointer);
    }

    /* The largest curvature says how long a step may be. */
    rates() {
        const {eigenvalues: [largest], gradient_norm: slope} = this.answer;
        const rate = this.field("/training/optimizer/learning_rate");
        const limit = largest > 0 ? 2 / largest : null;
        const line = (name, value, word, write = written) => element("tr", {},
            element("th", {scope: "row", class: "word"}, name),
            element("td", {title: exact(value)}, write(value)),
            element("td", {class: "word note"}, word));
        return [scrolling("The largest curvature and the learning rate",
            element("table", {class: "rates"}, element("tbody", {},
                line("length of the gradient", slope, "0 where the run could rest"),
                line("largest curvature \u03bb", largest),
                limit && line("2 / \u03bb", limit, "the limit of plain steps"),
                line("learning rate", rate, limit && this.isPlain() &&
                    (rate > limit ? "above the limit" : "below the limit"), setting)))),
            element("p", {class: "note"}, this.meaning(limit))];
    }

    /* Whether the run steps by its learning rate times a mean gradient. */
    isPlain() {
        return this.field("/training/optimizer/name") === "sgd" &&
            (this.field("/training/reduction") === "mean" ||
             this.field("/training/batch_size") === 1);
    }

    /* For which steps the limit holds. */
    meaning(limit) {
        const training = (name) => this.field(`/training/${name}`);
        const optimizer = training("optimizer/name"), size = training("batch_size");
        if (!limit)
            return "Nowhere does the loss bend up, so nothing here limits the learning rate.";
        return ["Above 2 / \u03bb plain steps by all samples at once (their average) would grow " +
            "to and fro in that direction, as long as the curvature stays what it is here.",
            optimizer !== "sgd" && `The steps of ${optimizer} are others.`,
            optimizer === "sgd" && size === 1 && "Single samples may have larger curvatures: " +
                "see the overshoot \u03c1 in a step by hand.",
            training("reduction") === "sum" && size > 1 && "This run adds its samples up in " +
                "place of averaging them, so its steps are that many times as long.",
            training("schedule/kind") && "The learning rate is that before its schedule."]
            .filter(Boolean).join(" ");
    }

    spectrum() {
        const {eigenvalues: values} = this.answer;
        const ranks = [...values.keys()];
        const between = values.length - 2 * EACH_END;
        const head = between > 0 ? ranks.slice(0, EACH_END) : ranks;
        const tail = between > 0 ? ranks.slice(-EACH_END) : [];
        return scrolling("Curvatures", element("table", {class: "spectrum"},
            element("thead", {}, element("tr", {}, ["no.", "curvature", "the loss", ""]
                .map((text, k) => element("th", {scope: "col", class: k > 1 && "word"}, text)))),
            element("tbody", {}, head.map((rank) => this.line(rank)),
                between > 0 && element("tr", {}, element("td", {}, "\u2026"),
                    element("td", {colspan: 3, class: "word note"},
                        `${count(between)} between these`)),
                tail.map((rank) => this.line(rank)))), "the slices");
    }

    line(rank) {
        const {eigenvalues, zero_within: zero, epoch} = this.answer;
        const value = eigenvalues[rank];
        const [sign, word] = value > zero ? ["positive", "bends up"]
            : value < -zero ? ["negative", "bends down"] : ["", "does not bend"];
        return element("tr", {},
            element("th", {scope: "row"}, count(rank)),
            element("td", {class: sign, title: exact(value)}, written(value)),
            element("td", {class: "word"}, word),
            element("td", {class: "word"}, element("button", {type: "button", class: "quiet",
                "aria-label": `The loss along eigenvector ${rank}`,
                onclick: () => this.context.look("landscape", epoch, "eigenvectors", rank)},
                "Slice")));
    }
}

/* How many directions bend which way, and what of. */
function summary({epoch, eigenvalues, positive, zero, negative, of, zero_within: within}) {
    const ways = [[positive, "bends up"], [negative, "bends down"], [zero, "does not bend"]]
        .filter(([n]) => n > 0)
        .map(([n, how], i) => `along ${count(n)} ${i === 0 ? "the loss" : "it"} ${how}`);
    return element("p", {class: "facts"},
        `The Hessian of ${of}${of.includes(",") ? "," : ""} after epoch ${count(epoch)} has ` +
        `${count(eigenvalues.length)} eigenvalues, the curvatures in as many directions: ` +
        `${listed(ways)}` +
        `${zero > 0 ? ` (within \u00b1${short(within, 2)}, which is rounding)` : ""}.` +
        (negative > 0 ? " So this is no bottom of a valley." : ""));
}
