// The page of one experiment: its story, its curves, its runs, its files; live while it trains.

import * as api from "../base/api.js";
import {copyButton, copyable} from "../base/copy.js";
import {append, element, refill, setText} from "../base/element.js";
import {ago, isolated, plural, settings} from "../base/format.js";
import {labels, pretty, within} from "../base/spec.js";
import {badge, standing, tally} from "../base/state.js";
import * as view from "../base/view.js";
import {Curves} from "../chart/curves.js";
import {Detail} from "../chart/detail.js";
import {Losses} from "../chart/losses.js";
import {recorded} from "../chart/series.js";
import {Source} from "../chart/source.js";
import {floorLines} from "../explain/floors.js";
import {Inside} from "../explain/inside.js";
import {Explain} from "../explain/panel.js";
import {Analysis} from "../sweep/analysis.js";
import {Again} from "./again.js";
import {Metrics} from "./metrics.js";
import {originOf} from "./origin.js";
import {question} from "./question.js";
import {Runs, STOPPED} from "./runs.js";
import {follow} from "./stream.js";

const TABLE_MS = 250;      // the live figures in the table change this often
const EXPLAINED_MS = 1000; // ended runs are asked for their explanations; then less and less often
const EXPLAINED_MS_MAX = 15000;

/* Builds the page of the view's experiment in `host`; `say` announces changes of state. Throws a
 * Problem when there is no such experiment. */
export async function open(host, {experiment: id}, say) {
    const [experiment, presets] = await Promise.all([api.experiment(id), api.presets(),
                                                    api.findAccess()]);
    const page = new Page(host, experiment, presets, say);
    return {shown: () => page.open(), leave: () => page.close()};
}

/* The preset this experiment was made from unchanged, if it was. */
function storyOf(experiment, {groups}) {
    return groups.flatMap((group) => group.presets)
        .find(({spec}) => within(spec, experiment.spec) && !spec.sweep === !experiment.spec.sweep);
}

/* Why an experiment has no loss to draw, as long as none is there. */
function lack({state, runs, cached_from: source}) {
    if (state !== "done")
        return source ? "The losses are shown here when that experiment has ended."
            : "Waiting for the first epoch.";
    if (runs.some((row) => row.epoch > 0))
        return "Fetching the losses \u2026";
    const n = runs.filter((row) => row.state === "diverged").length;
    const hint = n > 0 ? " A smaller learning rate may help." : "";
    return n === runs.length && n === 1
        ? `The run diverged in its first epoch: there is no loss to draw.${hint}`
        : `No run came to the end of its first epoch: there is no loss to draw.${hint}`;
}

class Page {
    constructor(host, experiment, presets, say) {
        this.experiment = experiment;
        this.say = say;
        this.labels = labels(experiment, settings);
        this.losses = new Losses(experiment.runs.length, recorded(experiment.runs));
        this.epochs = Math.max(...experiment.runs.map((row) => row.epochs));
        this.detail = new Detail(experiment.id, this.losses, () => this.curves.draw());
        this.leave = () => {};
        this.closed = false;
        document.title = `${isolated(experiment.name || "Experiment")} \u00b7 Descent`;
        const curves = element("section", {class: "panel", "aria-label": "Losses"});
        const runs = element("section", {class: "panel"});
        const metrics = element("section", {class: "panel"});
        const analysis = element("section", {class: "panel"});
        const inside = element("section", {class: "panel inside"});
        const explain = element("section", {class: "panel explain"});
        append(host, [this.head(storyOf(experiment, presets)), curves, explain, runs, analysis,
                      metrics, inside, this.papers()]);
        this.analysis = new Analysis(analysis, experiment.id);
        this.curves = new Curves(curves, {
            losses: this.losses, runs: this.labels.runs, heading: this.labels.heading,
            epochs: this.epochs, detail: this.detail});
        this.runs = new Runs(runs, {
            rows: experiment.runs, labels: this.labels.runs, heading: this.labels.heading,
            predict: experiment.spec.predict ?? [], onDigits: () => this.digits()});
        this.again = new Again(runs, {experiment, labels: this.labels.runs});
        this.metrics = new Metrics(metrics, {id: experiment.id, labels: this.labels.runs});
        this.explain = new Explain(explain, {
            id: experiment.id, rows: experiment.runs, labels: this.labels.runs,
            heading: this.labels.heading, say, onFloors: (floors) => this.drawFloors(floors)});
        this.inside = new Inside(inside, {id: experiment.id, spec: experiment.spec,
                                          labels: this.labels.runs, rows: experiment.runs});
        this.show(experiment);
    }

    async open() {
        await this.curves.open();
        if (this.experiment.state === "done")
            await this.fetch();
        else
            this.follow();
    }

    close() {
        this.closed = true;
        this.detail.close();
        clearTimeout(this.refreshing);
        clearTimeout(this.figures);
        clearTimeout(this.explaining);
        this.leave();
        this.analysis.close();
        this.curves.close();
        this.explain.close();
    }

    // --- what stands above and below -------------------------------------------------------

    head(story) {
        const {experiment} = this;
        this.state = element("p", {class: "facts"});
        this.progress = element("progress", {"aria-label": "Epochs trained", max: 1, value: 0});
        this.cancel = element("button", {type: "button", onclick: () => this.stop()}, "Cancel");
        this.messages = element("ul", {class: "messages"});
        this.broken = element("p", {class: "broken", hidden: true},
            "The connection to the server is lost. Trying again \u2026");
        return element("header", {class: "headline"},
            element("div", {class: "headline-row"},
                element("h1", {}, element("bdi", {}, experiment.name ||
                    "Experiment without a name")),
                element("p", {class: "actions"}, this.cancel,
                    element("a", {class: "button", href: view.address({like: experiment.id})},
                        "Edit and run again"))),
            this.state,
            experiment.forked_from && element("p", {class: "facts origin"},
                originOf(experiment, settings, (run) => this.offer(run))),
            this.progress, this.broken,
            story && element("dl", {class: "story"},
                story.saw && [element("dt", {}, "The report saw"), element("dd", {}, story.saw)],
                element("dt", {}, "Look for"), element("dd", {}, story.look_for),
                story.question && [element("dt", {}, "Question"),
                    element("dd", {}, question(story))]),
            this.messages);
    }

    /* The run that these come from is still there: its losses can be drawn with theirs. */
    offer(found) {
        if (!this.closed)
            this.curves.offer(new Source(found, this.losses.names));
    }

    papers() {
        const {experiment} = this;
        const spec = {...experiment.spec};
        const file = (href, text) => element("a", {href, download: true}, text);
        this.csv = file(api.lossesCsv(experiment.id), "Losses (CSV)");
        return element("section", {class: "papers"},
            element("h2", {}, "To take away"),
            element("p", {class: "files"},
                this.csv,
                file(api.dataCsv(experiment.id), "Data (CSV)"),
                element("a", {href: api.experimentJson(experiment.id), target: "_blank",
                              rel: "noopener"}, "Everything (JSON)"),
                copyButton("Copy link", () => location.href, "to what is shown now")),
            element("details", {},
                element("summary", {}, "The exact spec, and the same from a shell"),
                copyable("The spec", pretty(spec)),
                copyable(`Start it again${api.curlHint()}`, api.curlStart(spec)),
                copyable(`Watch its losses${api.curlHint()}`, api.curlEvents(experiment.id))));
    }

    /* What the server says about the experiment and its runs. */
    show(experiment) {
        this.experiment = experiment;
        const {state, states, runs, created, cached_from: source} = experiment;
        const even = runs.every((row) => row.epochs === this.epochs && !row.stopped);
        const facts = [`${plural(runs.length, "run")} of ${even ? "" : "up to "}` +
                       plural(this.epochs, "epoch"),
                       experiment.spec.dataset.standardize_target &&
                       "losses in units of the standardised targets",
                       state === "running" && runs.length > 1 && tally(states),
                       ago(created)].filter(Boolean);
        refill(this.state, standing(experiment), ...facts.map((fact) => ` \u00b7 ${fact}`),
            source && [" \u00b7 ", this.origin(experiment)]);
        this.cancel.hidden = state === "done";
        this.progress.hidden = state === "done";
        this.progress.value = this.share();
        const told = runs.filter((row) => row.message);
        refill(this.messages, told.map((row) => element("li", {}, badge(row.state),
            " ", element("bdi", {}, this.labels.runs[row.run].title), `: ${row.message}`)));
        this.curves.ended = state === "done";
        this.curves.lack = lack(experiment);
        this.curves.isBarren = state === "done" && runs.every((row) => row.epoch === 0);
        this.curves.diverged = runs.filter((row) => row.diverged)
            .map((row) => ({run: row.run, epoch: row.diverged.epoch}));
        this.runs.update(runs);
        this.again.update(runs);
        this.explain.update(runs);
        this.metrics.update(runs);
        this.inside.update(runs);
        if (state === "done")
            this.analysis.fetch();
        this.curves.draw();
        this.await(runs);
    }

    /* Explanations come after the end: the rows are asked for until all have theirs. */
    await(runs) {
        clearTimeout(this.explaining);
        if (this.experiment.state !== "done" ||
            runs.every((row) => row.explained === "full" || row.state === "failed"))
            return;
        this.pause = Math.min((this.pause ?? EXPLAINED_MS / 1.5) * 1.5, EXPLAINED_MS_MAX);
        this.explaining = setTimeout(() => this.refresh(), this.pause);
    }

    /* Of the run whose verdicts are shown; the first, before any are. */
    drawFloors(floors) {
        this.curves.levels = floorLines(floors?.lines ?? []);
        this.curves.draw();
    }

    /* More or fewer digits are wanted. */
    digits() {
        this.curves.draw();
        this.metrics.draw();
        this.inside.draw();
    }

    /* Where the losses of a spec that was posted before come from. */
    origin({state, cached_from: source}) {
        const link = (text) => element("a", {href: view.address({experiment: source})}, text);
        return state === "done"
            ? ["not trained again, but taken from ", link("one with the same spec")]
            : ["waits for ", link("another experiment"),
               ", which is training the same spec: watch it there"];
    }

    // --- live ------------------------------------------------------------------------------

    follow() {
        this.say(`${plural(this.experiment.runs.length, "run")} started.`);
        this.leave = follow(this.experiment.id, {
            onFloors: (floors) => floors.runs.includes(0) && this.drawFloors(floors),
            onEpochs: (frame) => this.take(frame),
            onVerdict: (verdict) => this.explain.hear(verdict),
            onState: (change) => this.hear(change),
            onConnection: (well) => this.connection(well),
            onRetry: () => this.refresh(),
            onEnd: (state) => state === "deleted" ? this.gone() : this.refresh(),
        });
    }

    take(frame) {
        this.losses.append(frame.run, frame);
        this.curves.draw();
        this.figures ??= setTimeout(() => {
            this.figures = null;
            this.runs.live(this.losses);
            this.progress.value = this.share();
        }, TABLE_MS);
    }

    share() {
        const {runs} = this.experiment;
        return runs.reduce((sum, row, i) => sum + (row.ended ? 1
            : Math.max(row.epoch, this.losses.curves[i].last()) / row.epochs), 0) / runs.length;
    }

    hear({run, state, stopped}) {
        if (stopped || ["diverged", "failed"].includes(state))
            this.say(`${this.labels.runs[run].title}: ${stopped ? STOPPED[stopped] : state}.`);
        this.refreshing ??= setTimeout(() => this.refresh(), TABLE_MS);
    }

    connection(well) {
        if (this.broken.hidden === well)
            return;
        this.broken.hidden = well;
        this.say(well ? "Connected again." : "The connection to the server is lost.");
    }

    /* Asks the server how things stand. Trouble is shown by the stream's own state. */
    async refresh() {
        clearTimeout(this.refreshing);
        this.refreshing = null;
        const experiment = await api.experiment(this.experiment.id).catch(() => null);
        if (!experiment || this.closed)
            return;
        const ending = experiment.state === "done" && this.experiment.state !== "done";
        this.show(experiment);
        if (ending)
            this.end();
    }

    gone() {
        setText(this.broken, "This experiment has been deleted.");
        this.broken.hidden = false;
        this.cancel.hidden = true;
        this.say(this.broken.textContent);
    }

    end() {
        this.leave();
        this.broken.hidden = true;
        this.say(`Every run has ended: ${tally(this.experiment.states)}.`);
        if (this.experiment.runs.some((row, i) => this.losses.curves[i].last() < row.epoch))
            this.fetch();
    }

    async fetch() {
        await this.detail.fetch(1, this.epochs);
        this.runs.live(this.losses);
        if (await this.detail.endsInEnvelope())
            setText(this.csv, "Losses (CSV, the late ones as an envelope)");
    }

    async stop() {
        this.cancel.disabled = true;
        try {
            this.show(await api.cancel(this.experiment.id));
        } catch (problem) {
            this.say(problem.message);
            this.cancel.disabled = false;
        }
    }
}
