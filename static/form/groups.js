// The groups of the form: which fields stand where, and the lists that grow: inputs and layers.

import {element} from "../base/element.js";
import {escape, get, isTwoTwoOne, set, setSweep} from "../base/spec.js";
import {boxes} from "./boxes.js";
import {Fields} from "./fields.js";
import {upload} from "./upload.js";

const SCALARS = ["choice", "boolean", "integer", "number", "formula", "text"];
const CONVENTIONS = ["/dataset/draws", "/training/gradient", "/training/reduction",
                     "/training/arithmetic"];
const HELD_DOWN = ["weight_decay", "l1", "clip_value", "clip_norm"]
    .map((name) => `/training/optimizer/${name}`);
// A line for each unit: its weights and its bias.
const NAMES = {w1: [0, 0, 0], w2: [0, 0, 1], bias1: [0, 0], w3: [0, 1, 0], w4: [0, 1, 1],
               bias2: [0, 1], w5: [1, 0, 0], w6: [1, 0, 1], bias3: [1, 0]};

/* All groups of fields for a spec; `hooks` as in fields.js. */
export function groups(spec, options, hooks) {
    const all = new Groups(spec, options, hooks);
    return [all.name(), all.data(), all.network(), all.start(), all.training(),
            all.conventions(), all.predict()];
}

class Groups extends Fields {
    name() {
        return this.group("", null, this.field("/name", "Name"));
    }

    data() {
        const kind = get(this.spec, "/dataset/kind") ?? "formula";
        return this.group("/dataset", "Data",
            this.field("/dataset/kind"),
            kind === "table" && this.lines("/dataset/rows", "Samples",
                "A line for each sample: its inputs, then its target.", 8),
            kind === "upload" && upload(this),
            kind === "formula" && [this.map("/dataset/features", "Inputs", "an input"),
                get(this.spec, "/dataset/targets") ? this.map("/dataset/targets", "Targets",
                                                              "a target")
                    : this.field("/dataset/target")],
            this.below("/dataset", ["/dataset/kind", "/dataset/id", "/dataset/target"]),
            this.split());
    }

    split() {
        return this.more("Keep samples apart from training", ["/dataset/split"],
                         this.below("/dataset/split", []));
    }

    network() {
        const list = this.layers();
        const add = () => {
            const hidden = {units: 2, activation: "relu"};
            set(this.spec, "/network/layers", [...list.slice(0, -1), hidden, ...list.slice(-1)]);
            this.hooks.reshaped();
        };
        return this.group("/network", "Network", this.slot("/network/layers", "layers", {},
            list.map((_, i) => this.layer(list, i)),
            this.button("Add a hidden layer", add)));
    }

    layers() {
        const layers = get(this.spec, "/network/layers");
        return Array.isArray(layers) ? layers : [];
    }

    layer(layers, i) {
        const remove = () => {
            set(this.spec, "/network/layers", layers.filter((_, j) => j !== i));
            this.hooks.reshaped();
        };
        const last = i === layers.length - 1;
        const at = `/network/layers/${i}`;
        return this.slot(at, `layer ${i + 1}`, {class: "slot line layer"},
            element("span", {class: "line-name"}, last ? "output" : `hidden ${i + 1}`),
            this.field(`${at}/units`, "units", {brief: true, after: () => this.restart()}),
            this.field(`${at}/activation`, "activation", {brief: true, last}),
            last ? null : this.button("Remove", remove, `Remove hidden layer ${i + 1}`));
    }

    start() {
        const explicit = get(this.spec, "/network/init/scheme") === "explicit";
        const continued = get(this.spec, "/network/init/scheme") === "continue";
        const named = get(this.spec, "/network/init/named") !== undefined;
        const nine = named || isTwoTwoOne(this.spec);
        const array = (name) => name.startsWith("w") ? "weights" : "biases";
        const pointer = (name) => named ? `/network/init/named/${name}`
            : `/network/init/${array(name)}/${NAMES[name].join("/")}`;
        this.nine = nine;
        this.startGroup = this.group("/network/init", "Start values",
            continued ? this.continued() : this.below("/network/init", []),
            explicit && nine && [element("div", {class: "nine"}, Object.keys(NAMES).map((name) =>
                this.field(pointer(name), name, {brief: true,
                    meaning: this.options.get(`/network/init/named/${name}`)?.description}))),
                element("p", {class: "hint"}, "A line for each unit: the first and the second " +
                    "hidden unit, then the output.")],
            explicit && !nine && element("p", {class: "note"},
                "The weights and biases of this network stand in the JSON."),
            get(this.spec, "/network/init/scheme") === "layers" && element("p", {class: "note"},
                "How each layer starts stands in the JSON."));
        return this.startGroup;
    }

    /* The state that a run goes on from, which nobody types. */
    continued() {
        const {run, epoch, state} = get(this.spec, "/network/init");
        return [element("div", {class: "pairs"}, this.field("/network/init/scheme")),
            element("p", {class: "note"}, state === undefined
                ? "Press Continue at a run on its experiment's page: that gives the state to go on "
                    + "from."
                : `Goes on from the state of run ${run} after epoch ${epoch}, which stands in the `
                    + "JSON.")];
    }

    /* The start values anew, when the network has come to have or lost its nine names. All other
     * fields stay as they are: the reader may be on the way to one of them. */
    restart() {
        const old = this.startGroup;
        if (this.nine !== isTwoTwoOne(this.spec))
            old.replaceWith(this.start());
    }

    training() {
        const shuffled = (get(this.spec, "/training/order") ?? "fixed") !== "fixed";
        return this.group("/training", "Training",
            this.below("/training/optimizer", HELD_DOWN,
                       ["/training/optimizer/name", "/training/optimizer/learning_rate"]),
            this.below("/training", shuffled ? [] : ["/training/seed"],
                       ["/training/loss", "/training/epochs"]),
            this.more("Change the learning rate on the way", ["/training/schedule"],
                      this.below("/training/schedule", [])),
            this.more("Stop early, record more", ["/training/stop", "/training/record"],
                      [this.below("/training/stop", []),
                       boxes(this, "/training/record", "Also record of every epoch")]),
            this.more("Hold weights and slopes down", HELD_DOWN,
                      element("div", {class: "pairs"},
                              HELD_DOWN.map((pointer) => this.field(pointer)))));
    }

    conventions() {
        return element("details", {class: "more"},
            element("summary", {}, "Conventions that change the numbers"),
            element("div", {class: "pairs"}, CONVENTIONS.map((pointer) => this.field(pointer))));
    }

    predict() {
        const features = get(this.spec, "/dataset/features") ?? {};
        const names = (Array.isArray(features) ? features : Object.keys(features)).join(", ");
        return this.group("", "Prediction", this.lines("/predict", "Predict for",
            `A line for each question${names ? `: ${names}` : ""}.`, 2));
    }

    // --- parts -----------------------------------------------------------------------------

    /* Fields that few specs have, folded away unless this one has a value at one of `pointers`. */
    more(title, pointers, fields) {
        const present = pointers.some((pointer) => get(this.spec, pointer) !== undefined ||
            Object.keys(this.spec.sweep ?? {}).some((swept) =>
                `${swept}/`.startsWith(`${pointer}/`)));
        return fields && element("details", {class: "more", open: present},
            element("summary", {}, title), fields);
    }

    /* The fields directly below a pointer that apply now, `first` before the rest, without
     * `others` and the conventions. */
    below(pointer, others, first = []) {
        const rest = [...this.options.values()].filter((option) =>
            option.pointer.startsWith(`${pointer}/`) &&
            !option.pointer.slice(pointer.length + 1).match(/[/*]/) &&
            SCALARS.includes(option.type) && !others.includes(option.pointer) &&
            !CONVENTIONS.includes(option.pointer) && !first.includes(option.pointer))
            .map((option) => option.pointer);
        const fields = [...first, ...rest].map((field) => this.field(field)).filter(Boolean);
        return fields.length > 0 && element("div", {class: "pairs"}, fields);
    }

    /* Another kind of data or start values has other fields: those of the old one go. */
    chose(pointer, choice) {
        const {network} = this.hooks.example;
        if (pointer === "/dataset/kind")
            this.choseData(choice);
        else if (pointer === "/network/init/scheme")
            set(this.spec, "/network/init", choice === "explicit" && isTwoTwoOne(this.spec)
                ? structuredClone(network.init) : choice === "layers"
                    ? {scheme: choice, layers: this.layers().map(() => ({scheme: "uniform"}))}
                    : {scheme: choice});
        else
            super.chose(pointer, choice);
        for (const swept of Object.keys(this.spec.sweep ?? {})) {
            if (get(this.spec, swept) === undefined)
                setSweep(this.spec, swept, undefined);
        }
    }

    /* Data known by name, or a file, have other inputs than the start values and questions fit. */
    choseData(kind) {
        const kinds = {formula: structuredClone(this.hooks.example.dataset),
                       table: {kind, rows: [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]}};
        set(this.spec, "/dataset", kinds[kind] ?? {kind});
        if (!kinds[kind]) {
            set(this.spec, "/network/init", undefined);
            set(this.spec, "/predict", undefined);
        }
    }

    /* Formulas by name, such as the inputs: a line for each. */
    map(pointer, title, noun) {
        const names = Object.keys(get(this.spec, pointer) ?? {});
        const store = (change) => {
            set(this.spec, pointer, Object.fromEntries(change(Object.entries(
                get(this.spec, pointer) ?? {}))));
            this.hooks.reshaped();
        };
        const add = () => store((entries) => [...entries, [freeName(entries), "uniform(0, 1)"]]);
        return this.slot(pointer, title.toLowerCase(), {},
            element("p", {class: "label"}, title),
            names.map((name, i) => this.mapLine(pointer, name, i, store)),
            this.button(`Add ${noun}`, add),
            element("p", {class: "hint"}, this.options.get(`${pointer}/*`)?.description));
    }

    /* A name and its formula. A new name takes effect in place, for the same reason. */
    mapLine(pointer, name, i, store) {
        const at = () => `${pointer}/${escape(name)}`;
        const write = (event) => {
            set(this.spec, at(), event.target.value);
            this.hooks.changed();
        };
        const field = this.labelled(`${pointer}/${i}`, `${name} =`, {brief: true, silent: true},
            (attributes) => element("input", {
                ...attributes, type: "text", class: "formula", autocomplete: "off",
                spellcheck: "false", value: get(this.spec, at()) ?? "", oninput: write}));
        field.dataset.pointer = at();
        const rename = (event) => {
            const fresh = event.target.value.trim();
            if (!fresh || Object.hasOwn(get(this.spec, pointer), fresh)) {
                event.target.value = name;
                return;
            }
            set(this.spec, pointer, Object.fromEntries(Object.entries(get(this.spec, pointer))
                .map(([old, formula]) => [old === name ? fresh : old, formula])));
            name = fresh;
            field.dataset.pointer = at();
            this.hooks.changed();
        };
        const remove = () => store((entries) => entries.filter(([other]) => other !== name));
        return element("div", {class: "line"},
            element("input", {type: "text", class: "formula key", value: name,
                              id: `name-${pointer}/${i}`, "aria-label": `Name ${i + 1}`,
                              autocomplete: "off", spellcheck: "false", onchange: rename}),
            element("span", {"aria-hidden": "true"}, "="), field,
            this.button("Remove", remove, `Remove ${name}`));
    }
}

function freeName(entries) {
    const names = entries.map(([name]) => name);
    let i = 1;
    while (names.includes(`n${i}`))
        i++;
    return `n${i}`;
}
