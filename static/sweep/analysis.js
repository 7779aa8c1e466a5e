// What a sweep shows, as the server finds it: settings over their starts, the best, the limits.

import * as api from "../base/api.js";
import {append, element, refill} from "../base/element.js";
import {actionsOf, tryOut} from "../explain/verdict.js";
import {exact, settings as write, short} from "../base/format.js";
import {scrolling} from "../base/scroll.js";
import {bands} from "./bands.js";

const WORDS = {diverged: "diverged", collapsed: "collapsed", affine: "a plane",
               partly_dead: "partly dead", bends: "bend"};
const RATE = "/training/optimizer/learning_rate", EPOCHS = "/training/epochs";
const last = (pointer) => pointer.split("/").at(-1).replaceAll("_", " ");

export class Analysis {
    constructor(host, id) {
        this.host = host;
        this.id = id;
        this.body = element("div", {class: "analysis"});
        this.fault = element("p", {class: "fault", role: "alert", hidden: true});
        append(host, [element("header", {class: "tools"},
            element("h2", {}, "What the sweep shows")), this.body]);
        host.hidden = true;
        this.resized = new ResizeObserver(() => this.draw());
    }

    /* Asks the server, once all runs have ended. */
    async fetch() {
        if (this.told)
            return;
        this.told = await api.sweep(this.id).catch(() => null);
        if (!this.told || this.told.settings.length * this.told.starts.length < 2)
            return;
        this.host.hidden = false;
        this.figure = element("div", {class: "figure"});
        refill(this.body, [this.told.best?.text, this.told.boundary?.text].filter(Boolean)
            .map((text) => element("p", {}, text)),
            this.actions(this.told.verdicts, "BEST", "COLLAPSE"), this.fault, this.figure,
            this.table(), this.comparing());
        this.resized.observe(this.figure);
    }

    close() {
        this.resized.disconnect();
    }

    /* What the figure goes over, [name, value of a setting]: the sweep's one axis, or, of a grid of
     * rates and epochs, their product, how far the runs have come. Null: neither. */
    axis() {
        const {best, settings} = this.told;
        if (best?.axis)
            return [last(best.axis), ({values}) => values[best.axis]];
        const pointers = Object.keys(settings[0].values);
        const isGrid = pointers.sort().join() === [EPOCHS, RATE].join();
        return isGrid && settings.every((row) => row.effective_time > 0)
            ? ["learning rate × epochs", (row) => row.effective_time] : null;
    }

    draw() {
        const {told, figure} = this;
        const [name, value] = this.axis() ?? [];
        if (!name || told.settings.length < 3)
            return;
        const settings = told.settings.map((row) => ({...row, value: value(row)}))
            .sort((a, b) => a.value - b.value);
        refill(figure, bands({settings, best: told.best, boundary: told.boundary, name,
                              what: this.losses(), width: Math.max(280, figure.clientWidth)}) ?? [],
            element("p", {class: "note"}, this.isOne ? ""
                : "Line: the median over the starts. Band: four of five starts, 10 to 90 %. ",
                told.best ? "Shaded: within 5 % of the lowest."
                    : "With small rates, those with one rate × epochs have come equally far."));
    }

    /* Without several starts the losses are just those. */
    get isOne() {
        return this.told.settings.every(({n}) => n === 1);
    }

    losses() {
        return this.isOne ? "loss" : "median loss";
    }

    /* Each setting in words, as short as tells them apart. */
    names() {
        const {settings} = this.told;
        const pointers = Object.keys(settings[0].values);
        const columns = pointers.map((pointer) =>
            write(settings.map(({values}) => values[pointer])).short);
        return settings.map((_, i) => columns.map((column) => column[i]).join(", ") || "all runs");
    }

    table() {
        const {settings, starts} = this.told;
        const heading = Object.keys(settings[0].values).map(last).join(", ") || "setting";
        const names = this.names();
        const seen = Object.keys(WORDS).filter((fate) =>
            settings.some(({fates}) => fates[fate] > 0));
        const number = (value) => element("td", {title: exact(value)}, short(value));
        return scrolling("The settings", element("table", {},
            element("thead", {}, element("tr", {}, element("th", {scope: "col"}, heading),
                (this.isOne ? [this.losses()] : ["runs", this.losses(), "10 %", "90 %"])
                    .map((word) => element("th", {scope: "col"}, word)),
                seen.map((fate) => element("th", {scope: "col"}, WORDS[fate])))),
            element("tbody", {}, settings.map(({n, loss, fates}, i) => element("tr", {},
                element("th", {scope: "row"}, names[i]), !this.isOne && element("td", {}, n),
                number(loss.median), !this.isOne && [number(loss.q10), number(loss.q90)],
                seen.map((fate) => element("td", {}, fates[fate])))))),
            starts.length > 1 ? "what became of the runs" : "more");
    }

    /* What to try next, by the verdicts whose codes begin so. */
    actions(verdicts, ...codes) {
        const meant = verdicts.filter(({code}) => codes.some((word) => code.startsWith(word)));
        return actionsOf(meant.flatMap(({actions}) => actions), async (action, edit, button) => {
            this.fault.textContent = await tryOut(action, edit, button) ?? "";
            this.fault.hidden = this.fault.textContent === "";
        });
    }

    /* Two settings, start by start. */
    comparing() {
        const names = this.names();
        if (names.length < 2 || this.told.starts.length < 2)
            return null;
        const choice = (label, chosen) => element("select", {"aria-label": label,
            onchange: () => compare()},
            names.map((name, i) => element("option", {value: i, selected: i === chosen}, name)));
        const a = choice("One setting", 0), b = choice("The other setting", 1);
        const answer = element("div", {"aria-live": "polite"});
        const compare = async () => {
            const told = a.value === b.value
                ? {compared: {text: "Choose two different settings."}}
                : await api.sweep(this.id, [a.value, b.value]).catch((problem) => (
                    {compared: {text: problem.message}}));
            refill(answer, element("p", {}, told.compared.text),
                this.actions(told.verdicts ?? [], "DIFFERENCE"));
        };
        return element("div", {class: "compare"}, element("p", {class: "tools"},
            element("label", {class: "check"}, "Compare", a), element("label", {class: "check"},
                "with", b), element("button", {type: "button", onclick: compare}, "Compare")),
            answer);
    }
}
