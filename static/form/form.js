// The form: a spec to change and start. The spec itself is the only state: every field reads from
// it and writes to it, and the JSON view shows it whole and can be edited too.

import * as api from "../base/api.js";
import {copyable} from "../base/copy.js";
import {append, element, refill, setText} from "../base/element.js";
import {plural} from "../base/format.js";
import {get, pretty} from "../base/spec.js";
import * as view from "../base/view.js";
import * as faults from "./faults.js";
import {groups} from "./groups.js";

const CHECK_MS = 400;
const NO_FILE = {errors: [{pointer: "/dataset/id", detail: "choose one of these, or send one"}]};
const TYPE_MS = 1000; // after this a letter typed in a select begins a new word

/* The spec that the form begins with: the address's, an experiment's, one of its runs', a
 * preset's. */
async function beginning({spec, like, fork, run}, from) {
    if (spec)
        return spec;
    if (fork)
        return (await api.check({fork: {experiment: fork, run}})).spec;
    return like ? (await api.experiment(like)).spec : from.spec;
}

/* An upload before its file is chosen: the server would miss more than the reader has to give. */
const lacksFile = (spec) => get(spec, "/dataset/kind") === "upload" &&
    get(spec, "/dataset/id") === undefined;

/* Opens the form with that spec. */
export async function open(host, now) {
    const {spec, preset, like, fork} = now;
    const [options, {groups: all}, datasets] = await Promise.all([
        api.options(), api.presets(), api.datasets(), api.findAccess()]);
    const presets = all.flatMap((group) => group.presets);
    document.title = "New experiment \u00b7 Descent";
    const from = presets.find(({name}) => name === (preset || presets[0].name));
    if (!spec && !like && !fork && !from) {
        unknown(host, preset, presets);
        return {};
    }
    const form = new Form(host, options, await beginning(now, from), presets[0].spec, datasets);
    if (spec === undefined)
        form.note.after(element("p", {class: "fault", role: "alert"}, "The spec in this address " +
            "is damaged, perhaps cut off when it was copied. This is the one it began with."));
    return {shown: () => form.check(), leave: () => form.close()};
}

/* An address with a preset that is not there: says so, and what there is. */
function unknown(host, preset, presets) {
    append(host, [element("div", {class: "wrong"},
        element("h1", {}, "There is no such preset"),
        element("p", {class: "fault", role: "alert"}, "No preset has the name ",
            element("bdi", {}, preset), ". These are the ones there are:"),
        element("ul", {class: "choices"}, presets.map(({name, title}) => element("li", {},
            element("a", {href: view.address({preset: name})}, name), ` ${title}`))))]);
}

/* The parts of the form that can be folded away, each with what tells it from the others. */
function folds(fields) {
    return [...fields.querySelectorAll("details")].map((fold) => [
        `${fold.closest("[data-pointer]")?.dataset.pointer} ${fold.firstChild.textContent}`, fold]);
}

/* Gives the focus, and what was selected in it, to the field in the place of the `old` one. */
function takeFocus(field, old) {
    field?.focus();
    if (field?.matches("input[type=text]") && old.matches("input[type=text]"))
        field.setSelectionRange(old.selectionStart, old.selectionEnd);
}

class Form {
    /* `example` is a spec to take from what a choice needs, `datasets` the files there are. */
    constructor(host, options, spec, example, datasets) {
        this.datasets = datasets;
        this.options = options;
        this.example = example;
        this.spec = structuredClone(spec);
        this.began = structuredClone(spec);
        this.checks = 0;
        this.typed = -Infinity;
        this.building = null;
        this.fields = element("div", {class: "fields", onkeydown: (event) => this.typing(event),
                                      onfocusout: () => this.typedAll()});
        this.trouble = element("div", {class: "trouble", role: "alert", hidden: true});
        this.start = element("button", {type: "submit", class: "primary"}, "Start");
        this.json = element("textarea", {
            id: "json", rows: 24, spellcheck: "false", autocapitalize: "off",
            "aria-describedby": "json-fault", oninput: () => this.readJson()});
        this.jsonFault = element("p", {class: "fault", id: "json-fault", hidden: true});
        this.curl = copyable(`The same from a shell${api.curlHint()}`, "");
        this.note = element("p", {class: "note"}, "Several numbers in a field, as in 0.001, " +
            "0.0004, make a run for each.");
        append(host, [
            element("h1", {}, "New experiment"),
            this.note,
            element("form", {class: "spec", novalidate: true,
                             onsubmit: (event) => this.submit(event)},
                element("div", {class: "left"}, this.trouble, this.fields,
                    element("p", {class: "actions"}, this.start)),
                element("div", {class: "right"},
                    element("label", {for: "json"}, "The exact spec"), this.json, this.jsonFault,
                    this.curl))]);
        this.build();
    }

    close() {
        clearTimeout(this.checking);
        clearTimeout(this.building);
    }

    /* Makes the fields anew: the spec has changed its shape. What was unfolded stays so, and the
     * focus where it was. */
    build() {
        clearTimeout(this.building);
        this.building = null;
        const held = this.fields.contains(document.activeElement) ? document.activeElement : null;
        const open = new Map(folds(this.fields));
        refill(this.fields, groups(this.spec, this.options, {
            example: this.example, datasets: this.datasets, changed: () => this.changed(),
            reshaped: () => this.reshaped()}));
        for (const [key, fold] of folds(this.fields))
            fold.open = open.get(key)?.open ?? fold.open;
        if (held?.id)
            takeFocus(this.fields.querySelector(`#${CSS.escape(held.id)}`), held);
        this.write();
    }

    /* Shows the spec. What is being typed as JSON stays as it is. */
    write() {
        if (document.activeElement !== this.json)
            this.json.value = pretty(this.spec);
        this.curl.replace(api.curlStart(this.spec));
    }

    changed() {
        this.rename();
        this.write();
        this.noted();
    }

    /* A changed spec is not called what the one was that it began with. */
    rename() {
        const {name, ...rest} = this.spec;
        if (name === undefined || name !== this.began.name ||
            JSON.stringify(rest) === JSON.stringify({...this.began, name: undefined}))
            return;
        delete this.spec.name;
        const field = this.fields.querySelector("[id='field-/name']");
        if (field)
            field.value = "";
    }

    reshaped() {
        this.rename();
        if (performance.now() - this.typed < TYPE_MS) {
            this.write();
            clearTimeout(this.building);
            this.building = setTimeout(() => this.build(), TYPE_MS);
        } else {
            this.build();
        }
        this.noted();
    }

    /* In a select a word is typed letter by letter, and each may choose: the fields wait for the
     * whole word, or for the focus to go on. */
    typing(event) {
        if (event.target.matches("select") && event.key.length === 1)
            this.typed = performance.now();
    }

    typedAll() {
        this.typed = -Infinity;
        if (this.building)
            setTimeout(() => this.building && this.build());
    }

    noted() {
        view.noteSpec(this.spec);
        clearTimeout(this.checking);
        this.checking = setTimeout(() => this.check(), CHECK_MS);
    }

    readJson() {
        try {
            const spec = JSON.parse(this.json.value);
            if (spec === null || typeof spec !== "object" || Array.isArray(spec))
                throw new SyntaxError("A spec is an object: { \u2026 }.");
            this.spec = spec;
        } catch (fault) {
            this.jsonFault.hidden = false;
            setText(this.jsonFault, `Not yet JSON: ${fault.message}`);
            this.start.disabled = true;
            return;
        }
        this.jsonFault.hidden = true;
        this.start.disabled = false;
        this.reshaped();
    }

    /* Asks the server what it thinks of the spec, and how many runs it makes; not of an upload
     * whose file the reader is about to choose. */
    async check() {
        const mine = ++this.checks;
        const answer = lacksFile(this.spec) ? null
            : await api.check(this.spec).catch((problem) => problem);
        if (mine !== this.checks)
            return;
        const found = answer instanceof api.Problem ? answer : null;
        faults.show(this.fields, this.trouble, found);
        this.start.textContent = found || !answer ? "Start" : `Start ${plural(answer.runs, "run")}`;
    }

    async submit(event) {
        event.preventDefault();
        clearTimeout(this.checking);
        this.checks++;
        if (lacksFile(this.spec)) {
            faults.show(this.fields, this.trouble, NO_FILE);
            faults.focusFirst(this.fields, this.trouble);
            return;
        }
        this.start.disabled = true;
        try {
            const experiment = await api.start(this.spec);
            view.go({experiment: experiment.id});
        } catch (problem) {
            faults.show(this.fields, this.trouble, problem);
            faults.focusFirst(this.fields, this.trouble);
        } finally {
            this.start.disabled = false;
        }
    }
}
