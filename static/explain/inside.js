// Inside a run: one step by hand, what the network says everywhere, the loss around it and its
// curvatures. Nothing is asked of the server before the visitor wants to see it.

import {append, element, refill} from "../base/element.js";
import * as view from "../base/view.js";
import {Curvature} from "./curvature.js";
import {Landscape} from "./landscape.js";
import {Step} from "./step.js";
import {Surface} from "./surface.js";

const TABS = {step: ["A step by hand", Step], surface: ["Surface", Surface],
              landscape: ["Landscape", Landscape], curvature: ["Curvature", Curvature]};
const BUSY_MS = 400;

export class Inside {
    /* `labels` is [{title}] for each run of the experiment `id` with this `spec`, `rows` the
     * runs. */
    constructor(host, {id, spec, labels, rows}) {
        Object.assign(this, {id, spec, labels, rows});
        const [tab, run, ...rest] = view.read().inside ?? [];
        this.run = labels[Number(run)] ? Number(run) : 0;
        this.tab = null;
        this.shown = {};
        this.buttons = Object.entries(TABS).map(([name, [text]]) => element("button",
            {type: "button", "aria-pressed": "false", onclick: () => this.toggle(name)}, text));
        this.choice = labels.length > 1 && element("label", {class: "check"}, "of",
            element("select", {"aria-label": "Run to look into",
                               onchange: (event) => this.choose(Number(event.target.value))},
                labels.map(({title}, i) => element("option",
                    {value: i, selected: i === this.run}, title))));
        this.waits = 0;
        this.busy = element("p", {class: "note", role: "status", hidden: true}, "Computing \u2026");
        this.body = element("div", {class: "inside-body"});
        append(host, [element("header", {class: "tools"}, element("h2", {}, "Inside a run"),
            this.choice, element("p", {class: "actions"}, this.buttons)), this.busy,
            this.body]);
        if (TABS[tab])
            this.open(tab, rest);
    }

    update(rows) {
        this.rows = rows;
        this.shown[this.tab]?.update?.();
    }

    /* More or fewer digits are wanted. */
    draw() {
        this.shown[this.tab]?.draw();
    }

    choose(run) {
        this.run = run;
        this.shown = {};
        if (this.tab)
            this.open(this.tab, []);
    }

    toggle(name) {
        if (this.tab === name)
            this.close();
        else
            this.open(name, []);
    }

    close() {
        this.tab = null;
        this.mark();
        refill(this.body);
        view.note({inside: null});
    }

    /* Shows a tab; `rest` is what the address says of it. */
    open(name, rest) {
        const make = TABS[name][1];
        this.tab = name;
        this.shown[name] ??= new make({
            id: this.id, run: this.run, rest, spec: this.spec,
            row: () => this.rows[this.run],
            ask: this.asker(),
            look: (other, ...parts) => this.look(other, parts),
            note: (...parts) => view.note({inside: [name, this.run, ...parts]})});
        this.mark();
        refill(this.body, this.shown[name].host);
        this.shown[name].show();
    }

    /* Asks for one tab: gives what it is answered, an Error where that failed, and nothing where
     * the tab has asked for something else since. */
    asker() {
        let latest;
        return async (promise) => {
            latest = promise;
            const answer = await this.wait(promise).catch((problem) => problem);
            return promise === latest ? answer : undefined;
        };
    }

    /* Says so when the server takes longer than a moment. */
    async wait(promise) {
        const timer = setTimeout(() => { this.busy.hidden = false; }, BUSY_MS);
        this.waits++;
        try {
            return await promise;
        } finally {
            clearTimeout(timer);
            if (--this.waits === 0)
                this.busy.hidden = true;
        }
    }

    /* A tab looks elsewhere in another one, whose button gets the focus. */
    look(name, rest) {
        delete this.shown[name];
        this.open(name, rest.map(String));
        const button = this.buttons[Object.keys(TABS).indexOf(name)];
        button.focus({preventScroll: true});
        button.scrollIntoView({block: "nearest"});
    }

    mark() {
        Object.keys(TABS).forEach((name, i) =>
            this.buttons[i].setAttribute("aria-pressed", String(name === this.tab)));
    }
}
