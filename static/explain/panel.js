// What happened: the headline of every run in words, and one run's verdicts with their proof.

import * as api from "../base/api.js";
import {append, element, refill, setText} from "../base/element.js";
import {plural} from "../base/format.js";
import {FloorList} from "./floors.js";
import {severityOf, titleOf, tryOut, verdictOf} from "./verdict.js";

const ASK_MS = 300;       // the first wait for what is still being made; each is longer
const ASK_MS_MAX = 10000;
const SHOWN = 6;          // so many headlines are listed, the rest on demand
const NAMED = 6;          // of a headline so many runs are named

export class Explain {
    /* `id` is the experiment, `labels` [{label, name, title}] of its runs, `heading` what they are;
     * onFloors(floors) gets the floors of the run that is looked at. */
    constructor(host, {id, rows, labels, heading, onFloors, say}) {
        Object.assign(this, {id, rows, labels, heading, onFloors, say});
        this.live = new Map();   // run: headline, while it trains
        this.run = 0;
        this.state = element("p", {class: "note"}, "Nothing stands out so far.");
        this.headlines = element("ul", {class: "headlines"});
        this.choice = element("select", {onchange: () => this.look(Number(this.choice.value))},
            labels.map(({title}, run) => element("option", {value: run}, title)));
        this.fault = element("p", {class: "fault", role: "alert", hidden: true});
        this.verdicts = element("div", {class: "verdicts"});
        this.missing = element("details", {class: "not-run", hidden: true});
        this.floors = new FloorList();
        append(host, [
            element("header", {class: "tools"}, element("h2", {}, "What happened?")),
            this.headlines,
            labels.length > 1 && element("label", {class: "which"}, "The proof for ", this.choice),
            this.state, this.fault, this.verdicts, this.missing, this.floors.host]);
    }

    close() {
        this.closed = true;
        clearTimeout(this.asking);
    }

    /* New rows from the server. */
    update(rows) {
        this.rows = rows;
        this.drawHeadlines();
        if (rows[this.run].ended && !this.isFull && !this.isAsking)
            this.ask();
    }

    /* What the stream says of a run that trains. */
    hear({run, headline}) {
        this.live.set(run, headline);
        this.drawHeadlines();
        if (run === this.run && !this.isAsking)
            this.ask();
    }

    /* The proof of another run. */
    look(run) {
        this.run = run;
        this.choice.value = run;
        this.isFull = false;
        clearTimeout(this.asking);
        this.ask();
    }

    // --- asking ----------------------------------------------------------------------------

    async ask(wait = ASK_MS) {
        const {run} = this;
        clearTimeout(this.asking);
        this.isAsking = true;
        const record = await api.run(this.id, run).catch(() => null);
        if (this.closed || run !== this.run)
            return;
        this.isAsking = false;
        if (record)
            this.draw(record);
        if (!record || (record.ended && record.verdicts.state !== "full" &&
                        record.state !== "failed"))
            this.asking = setTimeout(() => this.ask(Math.min(wait * 1.6, ASK_MS_MAX)), wait);
    }

    // --- drawing ---------------------------------------------------------------------------

    draw({verdicts, floors, state, ended, headline, explained}) {
        this.isFull = verdicts.state === "full";
        this.rows[this.run] = {...this.rows[this.run], headline, explained};
        const shown = (verdict) =>
            verdictOf(verdict, (action, edit, button) => this.start(action, edit, button));
        const asides = verdicts.verdicts.filter(({aside}) => aside);
        const others = verdicts.verdicts.filter(({aside}) => !aside);
        this.headlines.hidden = this.rows.length === 1 && others.length > 0;
        refill(this.verdicts, others.map(shown), asides.length > 0 &&
            element("details", {class: "asides"},
                element("summary", {}, plural(asides.length, "more fact")), asides.map(shown)));
        setText(this.state, standing(verdicts, state, ended, explained !== "not yet"));
        this.state.hidden = this.state.textContent === "";
        this.missing.hidden = verdicts.not_run.length === 0;
        refill(this.missing, element("summary", {}, "What was not looked at"),
            element("ul", {}, verdicts.not_run.map(({code, why}) =>
                element("li", {}, `${titleOf(code)}: ${why}`))));
        this.floors.draw(floors);
        this.onFloors(floors);
        this.drawHeadlines();
    }

    headlineOf(row) {
        return row.ended ? row.headline : this.live.get(row.run) ?? null;
    }

    /* Runs with the same headline stand together. One run's is the first of its verdicts, and shown
     * here until those are there. */
    drawHeadlines() {
        const groups = new Map();
        for (const row of this.rows) {
            const headline = this.headlineOf(row);
            const key = headline ? headline.code : row.ended ? row.explained : "";
            if (!groups.has(key))
                groups.set(key, {headline, row, runs: []});
            groups.get(key).runs.push(row.run);
        }
        const told = [...groups.values()].filter(({headline, row}) => headline || row.ended);
        const many = this.rows.length > 1;
        const lines = told.map((group) => this.line(group, many));
        const key = JSON.stringify(told);
        if (key === this.drawn)
            return;
        this.drawn = key;
        refill(this.headlines, lines.slice(0, SHOWN), lines.length > SHOWN &&
            element("li", {}, element("details", {}, element("summary", {},
                `${plural(lines.length - SHOWN, "more headline")}`),
                element("ul", {}, lines.slice(SHOWN)))));
    }

    line({headline, row, runs}, many) {
        const names = many && element("p", {class: "which-runs"},
            element("bdi", {}, this.heading), ": ",
            runs.slice(0, NAMED).map((run, i, named) => [i > 0 && " ", element("span", {},
                element("button", {type: "button", class: "quiet",
                                   title: `Show the proof for ${this.labels[run].title}`,
                                   onclick: () => this.look(run)},
                    element("bdi", {}, this.labels[run].label)), i + 1 < named.length && ",")]),
            runs.length > NAMED && ` and ${plural(runs.length - NAMED, "more run")}`);
        if (!headline)
            return element("li", {}, names, element("p", {class: "says"},
                silence(row)));
        const whose = runs.length > 1 && ["With ",
            element("bdi", {}, this.labels[row.run].name), ": "];
        return element("li", {class: headline.severity}, names,
            element("p", {class: "says"}, severityOf(headline.severity), " ", whose,
                headline.text));
    }

    // --- trying ----------------------------------------------------------------------------

    async start(action, edit, button) {
        const message = await tryOut(action, edit, button);
        if (message === null)
            return;
        this.fault.hidden = false;
        setText(this.fault, message);
        this.say(message);
    }
}

/* What is said where there is no headline. */
function silence({state, explained}) {
    if (state === "failed")
        return "Could not be trained; see the message above.";
    if (explained === "not yet")
        return "Explaining \u2026";
    return "Nothing stands out" +
        (explained === "full" ? "." : " so far; the re-runs are still being made.");
}

/* How far the explanation has come. */
function standing({state, why}, runState, ended, isStored) {
    if (state === "not run")
        return ended && runState !== "failed" && !isStored
            ? "Explaining \u2026 this takes a little longer." : `Not run: ${why}.`;
    if (state === "live")
        return "While it trains: what the present weights prove.";
    if (state === "end")
        return "Explaining \u2026 the trainings that test each cause are still to be run.";
    return "";
}
