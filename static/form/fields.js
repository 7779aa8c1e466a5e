// The fields of the form, made from the server's table of options: their kinds, choices, limits,
// defaults and meanings are the server's.

import {element, setText} from "../base/element.js";
import {plural, setting} from "../base/format.js";
import {get, isAmbiguous, numbersText, set, setNumbers, setSweep, values, words}
    from "../base/spec.js";

const HINT_MAX = 160; // characters
const LISTED_MAX = 8; // values
const AMBIGUOUS = "One number has no commas: 1000, 0.125. Several have a space after each comma: " +
    "1, 500.";

export class Fields {
    /* hooks.changed() is called after a field has written to the spec, hooks.reshaped() when other
     * fields must be shown; hooks.example is a spec to take start values and formulas from. */
    constructor(spec, options, hooks) {
        this.spec = spec;
        this.hooks = hooks;
        this.options = new Map(options.fields.map((option) => [option.pointer, option]));
    }

    option(pointer) {
        return this.options.get(pointer) ?? this.options.get(pointer.replace(/\/\d+/g, "/*")) ??
            this.options.get(pointer.replace(/\/[^/]*$/, "/*"));
    }

    /* One field, or nothing where it does not apply or leaves no choice. */
    field(pointer, label = words(pointer, this.spec), {brief, after, last, meaning} = {}) {
        const option = this.option(pointer);
        if (!option || !this.applies(option) || option.choices?.length === 1)
            return null;
        const hint = meaning ?? [option.description, limitsOf(option)].filter(Boolean).join(" ");
        const make = this.isFixed(pointer, option) ? this.fixed
            : {choice: this.choice, boolean: this.boolean, integer: this.numbers,
               number: this.numbers}[option.type] ?? this.text;
        const name = brief ? words(pointer, this.spec) : label; // for the list of all faults
        return this.labelled(pointer, label, {name, brief, meaning: hint}, (attributes) =>
            make.call(this, pointer, option, attributes, {after, last}));
    }

    /* Whether the field is one of some run's. */
    applies({pointer, when}) {
        return !when || this.sibling(pointer, when).some((word) => when.values.includes(word));
    }

    /* What the field has that a condition is about: one value, or those it is swept over. */
    sibling(pointer, {field}) {
        const at = pointer.replace(/[^/]*$/, field);
        const swept = this.spec.sweep?.[at];
        return Array.isArray(swept) ? swept : [get(this.spec, at) ?? this.option(at)?.default];
    }

    /* The defaults that a field has when it is left out, one unless a sibling is swept. */
    defaults(pointer, option) {
        const {when, default_when: but} = option;
        const words = when ? this.sibling(pointer, when).filter((word) =>
            when.values.includes(word)) : but ? this.sibling(pointer, but) : [null];
        return [...new Set(words.map((word) =>
            but?.values.includes(word) ? but.default : option.default))];
    }

    /* Shown in an empty field: what the server takes in its place. */
    placeholder(pointer, option) {
        if (option.required)
            return null;
        return this.defaults(pointer, option)
            .map((value) => value === undefined ? "none" : String(value)).join(" or ");
    }

    /* A sweep that is more than numbers one after the other is changed in the JSON. */
    isFixed(pointer, {type}) {
        const swept = this.spec.sweep?.[pointer];
        return swept !== undefined &&
            !(Array.isArray(swept) && ["integer", "number", "choice"].includes(type));
    }

    fixed(pointer, option, attributes) {
        const swept = this.spec.sweep[pointer];
        const text = Array.isArray(swept) ? swept.join(", ") : `${swept.from} to ${swept.to}`;
        return element("input", {...attributes, readonly: true,
                                 value: `${text}, as the JSON says`});
    }

    choice(pointer, option, attributes, {last}) {
        const write = (event) => {
            this.chose(pointer, event.target.value || undefined);
            this.hooks.reshaped();
        };
        const present = get(this.spec, pointer) ??
            (last && option.default_last || option.default) ?? "";
        const choices = [...option.default === undefined ? [""] : [], ...option.choices];
        if (!choices.includes(present))
            choices.push(String(present));
        const swept = this.spec.sweep?.[pointer]?.map(setting);
        const list = swept?.join(", ");
        return [element("select", {...describedBy(attributes, pointer), onchange: write},
            swept && element("option", {value: list, selected: true, disabled: true}, list),
            choices.map((choice) =>
                element("option", {value: choice, selected: !swept && choice === present},
                    choice.replaceAll("_", " ") || "not set"))),
            swept && element("p", {class: "hint", id: `understood-${pointer}`},
                `${understood(swept)} Choosing one ends that.`)];
    }

    boolean(pointer, option, attributes) {
        const present = get(this.spec, pointer) ?? option.default;
        const write = (event) => {
            const chosen = event.target.value;
            set(this.spec, pointer, chosen === "" ? undefined : chosen === "yes");
            this.hooks.changed();
        };
        const choices = option.default === undefined ? ["", "yes", "no"] : ["yes", "no"];
        const selected = present === undefined ? "" : present ? "yes" : "no";
        return element("select", {...attributes, onchange: write}, choices.map((choice) =>
            element("option", {value: choice, selected: choice === selected},
                choice || "not set")));
    }

    /* A choice was made: fields beside it that it has no use for go. Groups does more. */
    chose(pointer, choice) {
        set(this.spec, pointer, choice);
        setSweep(this.spec, pointer, undefined);
        const above = pointer.replace(/[^/]*$/, "");
        const beside = [...this.options.values()].filter((option) =>
            option.pointer.replace(/[^/]*$/, "") === above && !this.applies(option));
        for (const option of beside)
            set(this.spec, option.pointer, undefined);
    }

    numbers(pointer, option, attributes, {after}) {
        const note = element("p", {class: "hint", id: `understood-${pointer}`});
        const tell = (text) => {
            setText(note, isAmbiguous(text) ? AMBIGUOUS : understood(values(text)));
            note.hidden = note.textContent === "";
        };
        const write = (event) => {
            setNumbers(this.spec, pointer, event.target.value);
            tell(event.target.value);
            this.hooks.changed();
        };
        const text = numbersText(this.spec, pointer);
        tell(text);
        return [element("input", {
            ...describedBy(attributes, pointer), type: "text", inputmode: "text",
            autocomplete: "off", value: text, placeholder: this.placeholder(pointer, option),
            oninput: write, onchange: after ?? null}), note];
    }

    text(pointer, option, attributes) {
        const write = (event) => {
            set(this.spec, pointer, event.target.value === "" && !option.required
                ? undefined : event.target.value);
            this.hooks.changed();
        };
        return element("input", {...attributes, type: "text", autocomplete: "off", dir: "auto",
                                 spellcheck: "false", value: get(this.spec, pointer) ?? "",
                                 class: option.type === "formula" ? "formula" : null,
                                 placeholder: option.default ?? null, oninput: write});
    }

    /* Lists of numbers, a line for each. */
    lines(pointer, label, meaning, rows) {
        const list = get(this.spec, pointer);
        const text = Array.isArray(list)
            ? list.map((row) => Array.isArray(row) ? row.join(", ") : String(row)).join("\n") : "";
        const write = (event) => {
            const written = event.target.value.split("\n").filter((line) => line.trim());
            set(this.spec, pointer, written.length ? written.map(values) : undefined);
            this.hooks.changed();
        };
        return this.labelled(pointer, label, {meaning}, (attributes) =>
            element("textarea", {...attributes, rows, value: text, oninput: write}));
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

    labelled(pointer, label, {name = label, brief, silent, meaning}, make) {
        const id = `field-${pointer}`;
        const described = brief ? `fault-${pointer}` : `hint-${pointer} fault-${pointer}`;
        return element("div", {class: brief ? "field brief" : "field", "data-pointer": pointer,
                               "data-name": name, title: brief ? meaning : null},
            element("label", {for: id, class: silent ? "unseen" : null}, label),
            make({id, "aria-describedby": described}),
            !brief && hint(pointer, meaning),
            faultLine(pointer));
    }

    button(text, onclick, label = null) {
        return element("button", {type: "button", class: "quiet", id: `button-${label ?? text}`,
                                  "aria-label": label, onclick}, text);
    }
}

const describedBy = (attributes, pointer) => ({...attributes,
    "aria-describedby": `understood-${pointer} ${attributes["aria-describedby"]}`});

/* "2 values, a run for each: 0 and 3."; of one value nothing. */
function understood(list) {
    if (list.length < 2)
        return "";
    const shown = list.length > LISTED_MAX ? [...list.slice(0, LISTED_MAX - 2), "\u2026"]
        : list.slice(0, -1);
    return `${plural(list.length, "value")}, a run for each: ${shown.join(", ")} and ` +
        `${list[list.length - 1]}.`;
}

/* What a field means; a long text shows its first sentence, the rest when asked for. */
function hint(pointer, meaning) {
    const end = meaning.length > HINT_MAX ? meaning.indexOf(". ") + 1 : 0;
    return element("div", {class: "hint", id: `hint-${pointer}`},
        end > 0 ? meaning.slice(0, end) : meaning,
        end > 0 && element("details", {}, element("summary", {}, "More"), meaning.slice(end)));
}

const faultLine = (pointer) =>
    element("p", {class: "fault", id: `fault-${pointer}`, hidden: true});

/* "1 to 4096", "Above 0." */
function limitsOf({type, minimum, maximum, above}) {
    if (type !== "integer" && type !== "number")
        return "";
    const far = Math.abs(maximum ?? Infinity) >= 1e99;
    if (above)
        return `Above ${minimum}.`;
    return minimum === undefined || far ? "" : `${bound(minimum)} to ${bound(maximum)}.`;
}

const bound = (limit) => Number.isInteger(limit) ? limit.toLocaleString("en") : String(limit);
