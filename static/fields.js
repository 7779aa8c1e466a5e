// The fields of the form, made from the server's table of options: their kinds, choices, limits,
// defaults and meanings are the server's; which stand where is decided here.

import {element} from "./element.js";
import {plural, short} from "./format.js";
import {escape, get, isTwoTwoOne, numbersText, set, setNumbers, value, values, words}
    from "./spec.js";

const SCALARS = ["choice", "integer", "number", "formula", "text"];
const CONVENTIONS = ["/dataset/draws", "/training/loss", "/training/gradient",
                     "/training/optimizer/name", "/training/reduction"];
// A line for each unit: its weights and its bias.
const NAMES = {w1: [0, 0, 0], w2: [0, 0, 1], bias1: [0, 0], w3: [0, 1, 0], w4: [0, 1, 1],
               bias2: [0, 1], w5: [1, 0, 0], w6: [1, 0, 1], bias3: [1, 0]};

/* All groups of fields for a spec. hooks.changed() is called after a field has written to the spec,
 * hooks.reshaped() when other fields must be shown; hooks.init is explicit start values to offer. */
export function groups(spec, options, hooks) {
    const fields = new Fields(spec, options, hooks);
    return [fields.name(), fields.data(), fields.network(), fields.start(), fields.training(),
            fields.conventions(), fields.predict()];
}

class Fields {
    constructor(spec, options, hooks) {
        this.spec = spec;
        this.hooks = hooks;
        this.options = new Map(options.fields.map((option) => [option.pointer, option]));
    }

    // --- groups ----------------------------------------------------------------------------

    name() {
        return this.group("", null, this.field("/name", "Name"));
    }

    data() {
        const isTable = get(this.spec, "/dataset/kind") === "table";
        return this.group("/dataset", "Data",
            element("div", {class: "pairs"}, this.field("/dataset/kind")),
            isTable ? element("p", {class: "note"}, `A table of ${plural(
                get(this.spec, "/dataset/rows")?.length ?? 0, "sample")}; its rows stand in the JSON.`)
                : [this.map("/dataset/features", "Inputs", "an input"),
                   get(this.spec, "/dataset/targets") ? this.map("/dataset/targets", "Targets",
                                                                 "a target")
                       : this.field("/dataset/target")],
            this.below("/dataset", ["/dataset/kind", "/dataset/target"]));
    }

    network() {
        const layers = get(this.spec, "/network/layers");
        const list = Array.isArray(layers) ? layers : [];
        const add = () => {
            const hidden = {units: 2, activation: "relu"};
            set(this.spec, "/network/layers", [...list.slice(0, -1), hidden, ...list.slice(-1)]);
            this.hooks.reshaped();
        };
        return this.group("/network", "Network", this.slot("/network/layers", "layers", {},
            list.map((_, i) => this.layer(list, i)),
            this.button("Add a hidden layer", add)));
    }

    layer(layers, i) {
        const remove = () => {
            set(this.spec, "/network/layers", layers.filter((_, j) => j !== i));
            this.hooks.reshaped();
        };
        const last = i === layers.length - 1;
        const at = `/network/layers/${i}`;
        return this.slot(at, `layer ${i + 1}`, {class: "slot line"},
            element("span", {class: "line-name"}, last ? "output" : `hidden ${i + 1}`),
            this.field(`${at}/units`, "units", {brief: true, reshapes: true}),
            this.field(`${at}/activation`, "activation", {brief: true, last}),
            last ? null : this.button("Remove", remove, `Remove hidden layer ${i + 1}`));
    }

    start() {
        const explicit = get(this.spec, "/network/init/scheme") === "explicit";
        const named = get(this.spec, "/network/init/named") !== undefined;
        const nine = named || isTwoTwoOne(this.spec);
        const pointer = (name) => named ? `/network/init/named/${name}`
            : `/network/init/${name.startsWith("w") ? "weights" : "biases"}/${NAMES[name].join("/")}`;
        return this.group("/network/init", "Start values", this.below("/network/init", []),
            explicit && nine && [element("div", {class: "nine"}, Object.keys(NAMES).map((name) =>
                this.field(pointer(name), name, {brief: true,
                    meaning: this.options.get(`/network/init/named/${name}`)?.description}))),
                element("p", {class: "hint"}, "A line for each unit: the first and the second " +
                    "hidden unit, then the output.")],
            explicit && !nine && element("p", {class: "note"},
                "The weights and biases of this network stand in the JSON."));
    }

    training() {
        const shuffled = get(this.spec, "/training/order") === "shuffle";
        return this.group("/training", "Training",
            this.field("/training/optimizer/learning_rate"),
            this.below("/training/optimizer", ["/training/optimizer/learning_rate"]),
            this.below("/training", shuffled ? [] : ["/training/seed"], ["/training/epochs"]));
    }

    conventions() {
        return element("details", {class: "more"},
            element("summary", {}, "Conventions that change the numbers"),
            element("div", {class: "pairs"}, CONVENTIONS.map((pointer) => this.field(pointer))));
    }

    predict() {
        const rows = get(this.spec, "/predict");
        const names = Object.keys(get(this.spec, "/dataset/features") ?? {}).join(", ");
        const write = (event) => {
            const lines = event.target.value.split("\n").filter((line) => line.trim());
            set(this.spec, "/predict", lines.length ? lines.map(values) : undefined);
            this.hooks.changed();
        };
        const text = Array.isArray(rows)
            ? rows.map((row) => Array.isArray(row) ? row.join(", ") : String(row)).join("\n") : "";
        return this.group("", "Prediction", this.labelled("/predict", "Predict for", {
            meaning: `A line for each question${names ? `: ${names}` : ""}.`,
        }, (attributes) => element("textarea", {...attributes, rows: 2, value: text,
                                                oninput: write})));
    }

    // --- fields ----------------------------------------------------------------------------

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

    option(pointer) {
        return this.options.get(pointer) ?? this.options.get(pointer.replace(/\/\d+/g, "/*")) ??
            this.options.get(pointer.replace(/\/[^/]*$/, "/*"));
    }

    /* One field, or nothing where it does not apply or leaves no choice. */
    field(pointer, label = words(pointer, this.spec), {brief, reshapes, last, meaning} = {}) {
        const option = this.option(pointer);
        if (!option || !this.applies(option) || option.choices?.length === 1)
            return null;
        const hint = meaning ?? [option.description, limitsOf(option)].filter(Boolean).join(" ");
        const make = option.type === "choice" ? this.choice : option.type === "integer" ||
            option.type === "number" ? this.numbers : this.text;
        return this.labelled(pointer, label, {brief, meaning: hint}, (attributes) =>
            make.call(this, pointer, option, attributes, {reshapes, last}));
    }

    applies({pointer, when}) {
        if (!when)
            return true;
        const sibling = pointer.replace(/[^/]*$/, when.field);
        return when.values.includes(get(this.spec, sibling) ?? this.options.get(sibling)?.default);
    }

    choice(pointer, option, attributes, {last}) {
        const write = (event) => {
            set(this.spec, pointer, event.target.value);
            if (pointer === "/network/init/scheme")
                this.cleanStart(event.target.value);
            this.hooks.reshaped();
        };
        const present = get(this.spec, pointer) ?? (last && option.default_last || option.default);
        const choices = option.choices.includes(present) ? option.choices
            : [...option.choices, String(present)];
        return element("select", {...attributes, onchange: write}, choices.map((choice) =>
            element("option", {value: choice, selected: choice === present},
                choice.replaceAll("_", " "))));
    }

    /* Another scheme knows other values: only those of the new one are kept. */
    cleanStart(scheme) {
        if (scheme === "explicit" && isTwoTwoOne(this.spec))
            set(this.spec, "/network/init", structuredClone(this.hooks.init));
        else
            set(this.spec, "/network/init", {scheme});
        for (const pointer of Object.keys(this.spec.sweep ?? {})) {
            if (pointer.startsWith("/network/init/"))
                setNumbers(this.spec, pointer, "");
        }
    }

    numbers(pointer, option, attributes, {reshapes}) {
        const swept = this.spec.sweep?.[pointer];
        if (swept && !Array.isArray(swept))
            return element("input", {...attributes, readonly: true,
                value: `${swept.from} to ${swept.to}, as the JSON says`});
        const write = (event) => {
            setNumbers(this.spec, pointer, event.target.value);
            this.hooks.changed();
        };
        return element("input", {
            ...attributes, type: "text", inputmode: "text", autocomplete: "off",
            value: numbersText(this.spec, pointer), placeholder: placeholder(option),
            oninput: write, onchange: reshapes ? () => this.hooks.reshaped() : null});
    }

    text(pointer, option, attributes) {
        const write = (event) => {
            set(this.spec, pointer, event.target.value === "" && !option.required
                ? undefined : event.target.value);
            this.hooks.changed();
        };
        return element("input", {...attributes, type: "text", autocomplete: "off",
                                 spellcheck: "false", value: get(this.spec, pointer) ?? "",
                                 class: option.type === "formula" ? "formula" : null,
                                 placeholder: placeholder(option), oninput: write});
    }

    /* Formulas by name, such as the inputs: a line for each. */
    map(pointer, title, noun) {
        const entries = Object.entries(get(this.spec, pointer) ?? {});
        const store = (list) => {
            set(this.spec, pointer, Object.fromEntries(list));
            this.hooks.reshaped();
        };
        const add = () => store([...entries, [freeName(entries), "uniform(0, 1)"]]);
        return this.slot(pointer, title.toLowerCase(), {},
            element("p", {class: "label"}, title),
            entries.map(([name], i) => this.mapLine(pointer, entries, i, store)),
            this.button(`Add ${noun}`, add),
            element("p", {class: "hint"}, this.options.get(`${pointer}/*`)?.description));
    }

    mapLine(pointer, entries, i, store) {
        const [name] = entries[i];
        const rename = (event) => store(entries.map(([old, formula], j) =>
            [j === i ? event.target.value.trim() || old : old, formula]));
        const at = `${pointer}/${escape(name)}`;
        return element("div", {class: "line"},
            element("input", {type: "text", class: "formula key", value: name,
                              id: `name-${pointer}-${i}`, "aria-label": `Name of ${name}`,
                              autocomplete: "off", spellcheck: "false", onchange: rename}),
            element("span", {"aria-hidden": "true"}, "="),
            this.labelled(at, `${name} =`, {brief: true, silent: true}, (attributes) =>
                this.text(at, this.option(at), attributes)),
            entries.length > 1 && this.button("Remove",
                () => store(entries.filter((_, j) => j !== i)), `Remove ${name}`));
    }

    // --- parts -----------------------------------------------------------------------------

    /* A fieldset that takes the faults of everything below its pointer that has no field. */
    group(pointer, title, ...content) {
        return element("fieldset", {"data-pointer": pointer || null,
                                    "data-name": title?.toLowerCase()},
            title && element("legend", {}, title), content, faultLine(pointer));
    }

    slot(pointer, name, attributes, ...content) {
        return element("div", {class: "slot", ...attributes, "data-pointer": pointer,
                               "data-name": name}, content, faultLine(pointer));
    }

    labelled(pointer, label, {brief, silent, meaning}, make) {
        const id = `field-${pointer}`;
        const described = brief ? `fault-${pointer}` : `hint-${pointer} fault-${pointer}`;
        return element("div", {class: brief ? "field brief" : "field", "data-pointer": pointer,
                               "data-name": label, title: brief ? meaning : null},
            element("label", {for: id, class: silent ? "unseen" : null}, label),
            make({id, "aria-describedby": described}),
            !brief && element("p", {class: "hint", id: `hint-${pointer}`}, meaning),
            faultLine(pointer));
    }

    button(text, onclick, label = null) {
        return element("button", {type: "button", class: "quiet", "aria-label": label, onclick},
            text);
    }
}

const faultLine = (pointer) =>
    element("p", {class: "fault", id: `fault-${pointer}`, hidden: true});

const placeholder = (option) => option.default === undefined ? null : String(option.default);

/* "1 to 4096", "Above 0." */
function limitsOf({type, minimum, maximum, above}) {
    if (type !== "integer" && type !== "number")
        return "";
    const far = Math.abs(maximum ?? Infinity) >= 1e99;
    if (above)
        return `Above ${minimum}.`;
    return minimum === undefined || far ? "" : `${bound(minimum)} to ${bound(maximum)}.`;
}

const bound = (limit) => Number.isInteger(limit) ? limit.toLocaleString("en") : short(limit);

function freeName(entries) {
    const taken = new Set(entries.map(([name]) => name));
    let i = 1;
    while (taken.has(`n${i}`))
        i++;
    return `n${i}`;
}
