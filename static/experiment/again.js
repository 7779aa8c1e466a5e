// What can be made of a run: another one with some fields changed, or more epochs of it.

import * as api from "../base/api.js";
import {append, element, refill} from "../base/element.js";
import {plural} from "../base/format.js";
import {fieldOf, value} from "../base/spec.js";
import * as view from "../base/view.js";

const EPOCHS = "/training/epochs";
const RATE = "/training/optimizer/learning_rate";

const CONTINUED = ["done", "diverged", "cancelled"];

/* A line of actions on one run of an experiment, chosen where there are several: a link to the form
 * with the run's spec, and for a run that has ended a button that asks how it is to go on. */
export class Again {
    constructor(host, {experiment, labels}) {
        this.experiment = experiment;
        this.labels = labels;
        this.rows = experiment.runs;
        this.run = 0;
        const choice = labels.length > 1 && element("label", {class: "check"}, "With",
            element("select", {"aria-label": "Run to go on with",
                                onchange: (event) => this.choose(event)},
                labels.map(({title}, i) => element("option", {value: i}, title))));
        this.fork = element("a", {class: "button"}, "Fork");
        this.more = element("button", {type: "button", onclick: () => this.ask()}, "Continue");
        append(host, [element("p", {class: "actions again"}, choice, this.fork, this.more)]);
        this.fill();
    }

    /* New rows from the server: a run goes on once it has ended. */
    update(rows) {
        this.rows = rows;
        this.fill();
    }

    choose(event) {
        this.run = Number(event.target.value);
        this.fill();
    }

    fill() {
        this.fork.href = view.address({fork: this.experiment.id, run: this.run});
        const {state, epoch} = this.rows[this.run];
        this.more.hidden = !CONTINUED.includes(state) || epoch === 0;
    }

    ask() {
        ask(this.experiment, this.rows[this.run], this.labels[this.run].title);
    }
}

/* A dialog with how many epochs and which learning rate. */
function ask(experiment, row, title) {
    const field = (id, label, pointer) => element("div", {class: "field"},
        element("label", {for: id}, label),
        element("input", {id, type: "text", inputmode: "decimal", autocomplete: "off",
                          "data-pointer": pointer,
                          value: String(fieldOf(experiment.spec, row.overrides, pointer))}));
    const faults = element("ul", {class: "fault", role: "alert", hidden: true});
    const close = () => dialog.close();
    const dialog = element("dialog", {class: "continue", "aria-labelledby": "continue-title",
                                      onclose: () => dialog.remove()},
        element("form", {novalidate: true, onsubmit: (event) => submit(event)},
            element("h2", {id: "continue-title"}, "Continue ", element("bdi", {}, title)),
            element("p", {class: "hint"}, `After ${plural(row.epoch, "epoch")} it goes on as if ` +
                "it had never ended: weights, what the optimizer remembers, the order of the " +
                "samples. Its epochs count from 1; a schedule begins anew."),
            field("continue-epochs", "more epochs", EPOCHS),
            field("continue-rate", "learning rate", RATE),
            faults,
            element("p", {class: "actions"},
                element("button", {type: "submit", class: "primary"}, "Start"),
                element("button", {type: "button", onclick: close}, "Close"))));

    async function submit(event) {
        event.preventDefault();
        const changes = Object.fromEntries([...dialog.querySelectorAll("input")].map((input) =>
            [input.dataset.pointer, value(input.value) ?? ""]));
        const body = {fork: {experiment: experiment.id, run: row.run, at: "end"}, changes};
        try {
            const made = await api.start(body);
            dialog.close();
            view.go({experiment: made.id});
        } catch (problem) {
            faults.hidden = false;
            const told = problem.errors?.length ? problem.errors.map(tell) : [problem.message];
            refill(faults, told.map((text) => element("li", {}, text)));
        }
    }

    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("input").select();
}

/* A fault, with the field that it is about. */
function tell({pointer, detail}) {
    const names = {"/changes/~1training~1epochs": "more epochs",
                   "/changes/~1training~1optimizer~1learning_rate": "learning rate"};
    return names[pointer] ? `${names[pointer]}: ${detail}` : detail;
}
